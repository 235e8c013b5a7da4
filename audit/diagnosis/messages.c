#include "audit/diagnosis/messages.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    LAYER_ENGINE = 1, /* SQL Server's own message */
    LAYER_TCP = 2,
    LAYER_PIPES = 4,
    LAYER_SSL = 8,
    LAYER_SSPI = 16,
    LAYER_INTERFACES = 32, /* "SQL Server Network Interfaces": finding the instance */
    LAYER_MEMORY = 64,
    LAYER_NET = LAYER_TCP | LAYER_PIPES | LAYER_SSL | LAYER_INTERFACES | LAYER_MEMORY
};

#define AGAIN "EXEC sys.sp_testlinkedserver @servername = {link'};   on {source}"
#define MAP_LOGIN                                                                                            \
    "EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = {link'}, @useself = N'False', @locallogin = N'<login>', "   \
    "@rmtuser = N'<remote login>', @rmtpassword = N'<password>';"
#define DOUBLE_HOP                                                                                           \
    "the caller's Windows credential did not reach the target (Kerberos double hop): it saw an anonymous "   \
    "login"
#define SPN "setspn -L <service account of {host}>   and   setspn -Q MSSQLSvc/{host}:{port}"
#define ERROR_LOG "sqlcmd -S {server} -Q \"EXEC sys.sp_readerrorlog 0, 1, N'Login failed'\""

/* clang-format off */
const struct catalogue_row message_catalogue[] = {
    /* The name. */
    {11001, LAYER_NET, NULL, HEARD_NAME, CAUSE_NAME_NOT_FOUND, 60, false, false, 0, "the name does not exist for the instance's machine", NULL},
    {11004, LAYER_NET, NULL, HEARD_NAME, CAUSE_NAME_NOT_FOUND, 60, false, false, 0, "the name exists without an address for the instance's machine", NULL},
    {11002, LAYER_NET, NULL, HEARD_NAME, CAUSE_NAME_SERVICE_FAILED, 60, false, false, 0, "the name servers of the instance's machine did not answer", NULL},
    {11003, LAYER_NET, NULL, HEARD_NAME, CAUSE_NAME_SERVICE_FAILED, 60, false, false, 0, "the name servers of the instance's machine failed", NULL},
    {0, LAYER_NET, "No such host is known", HEARD_NAME, CAUSE_NAME_NOT_FOUND, 59, false, false, 0, "the name does not exist for the instance's machine", NULL},
    {0, 0, "ORA-12154", HEARD_NAME, CAUSE_NAME_NOT_FOUND, 60, false, false, ACTOR_DBA_SOURCE, "the TNS alias is not known on the instance's machine", "tnsping {data-source}   on the machine of {source}; then its tnsnames.ora"},
    {0, 0, "ORA-12545", HEARD_NAME, CAUSE_NAME_NOT_FOUND, 60, false, false, 0, "the Oracle client cannot find the host", NULL},

    /* The network. WinSock codes; the low ones are Linux's, as drivers there print them. */
    {10061, LAYER_NET, NULL, HEARD_NETWORK, CAUSE_PORT_REFUSED, 60, false, false, 0, "the target's machine refused the connection", NULL},
    {111, LAYER_TCP, NULL, HEARD_NETWORK, CAUSE_PORT_REFUSED, 60, false, false, 0, "the target's machine refused the connection", NULL},
    {10060, LAYER_NET, NULL, HEARD_NETWORK, CAUSE_PORT_TIMEOUT, 60, false, false, 0, "nothing answered at that address and port", NULL},
    {110, LAYER_TCP, NULL, HEARD_NETWORK, CAUSE_PORT_TIMEOUT, 60, false, false, 0, "nothing answered at that address and port", NULL},
    {10065, LAYER_NET, NULL, HEARD_NETWORK, CAUSE_NO_ROUTE, 60, false, false, 0, "there is no route to the target", NULL},
    {10051, LAYER_NET, NULL, HEARD_NETWORK, CAUSE_NO_ROUTE, 60, false, false, 0, "the target's network cannot be reached", NULL},
    {10064, LAYER_NET, NULL, HEARD_NETWORK, CAUSE_NO_ROUTE, 60, false, false, 0, "the target's machine is down", NULL},
    {113, LAYER_TCP, NULL, HEARD_NETWORK, CAUSE_NO_ROUTE, 60, false, false, 0, "there is no route to the target", NULL},
    {101, LAYER_TCP, NULL, HEARD_NETWORK, CAUSE_NO_ROUTE, 60, false, false, 0, "the target's network cannot be reached", NULL},
    {10013, LAYER_TCP, NULL, HEARD_NETWORK, CAUSE_PROHIBITED, 60, false, false, 0, "a firewall on the instance's machine forbids the connection", NULL},
    {40615, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_PROHIBITED, 90, false, false, ACTOR_DBA_TARGET, "Azure's firewall does not allow the instance's address", "EXEC sp_set_firewall_rule N'linked server', '<address>', '<address>';   in master of {host}, with the address of {source}"},
    {40914, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_PROHIBITED, 90, false, false, ACTOR_DBA_TARGET, "Azure's virtual network rules do not allow the instance's address", NULL},
    {47073, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_PROHIBITED, 90, false, false, ACTOR_DBA_TARGET, "public network access of the Azure server is off", NULL},
    {121, LAYER_NET, NULL, HEARD_NETWORK, CAUSE_PORT_TIMEOUT, 50, false, true, ACTOR_NETWORK, "the network stalled", NULL},
    {258, LAYER_NET, NULL, HEARD_NETWORK, CAUSE_ACCEPTS_BUT_SILENT, 45, true, true, 0, "the wait for an answer timed out", NULL},
    {17, LAYER_ENGINE | LAYER_NET, "does not exist or access denied", HEARD_NETWORK, CAUSE_PORT_TIMEOUT, 40, true, false, 0, "host, address or port is wrong, or nothing listens there", NULL},
    {53, LAYER_NET, NULL, HEARD_NETWORK, CAUSE_PORT_TIMEOUT, 40, true, false, 0, "the network path was not found: the name is wrong, the host is down, or named pipes are blocked", NULL},
    {1231, LAYER_NET, NULL, HEARD_NETWORK, CAUSE_NO_ROUTE, 40, true, false, 0, "the network location cannot be reached", NULL},
    {2, LAYER_PIPES, NULL, HEARD_NETWORK, CAUSE_PORT_REFUSED, 40, true, false, ACTOR_DBA_SOURCE, "the target has no such named pipe; the data source lets the driver try pipes", "EXEC sys.sp_setnetname @server = {link'}, @netname = {tcp'};"},
    {5, LAYER_PIPES, NULL, HEARD_NETWORK, CAUSE_PROHIBITED, 40, true, false, ACTOR_DBA_SOURCE, "the target's machine refuses named pipes to this account", "EXEC sys.sp_setnetname @server = {link'}, @netname = {tcp'};"},
    {0, 0, "ORA-12541", HEARD_NETWORK, CAUSE_PORT_REFUSED, 60, false, false, 0, "no Oracle listener answers on that port", "lsnrctl status   on {host}"},
    {0, 0, "ORA-12170", HEARD_NETWORK, CAUSE_PORT_TIMEOUT, 60, false, false, 0, "the Oracle listener did not answer in time", NULL},
    {0, 0, "ORA-12535", HEARD_NETWORK, CAUSE_PORT_TIMEOUT, 60, false, false, 0, "the Oracle listener did not answer in time", NULL},

    /* SQL Browser and protocols. */
    {26, LAYER_INTERFACES | LAYER_TCP | LAYER_PIPES, NULL, HEARD_BROWSER, CAUSE_BROWSER_SILENT, 55, false, false, 0, "the port of the target's instance could not be learnt from SQL Browser", NULL},
    {-1, LAYER_INTERFACES, NULL, HEARD_BROWSER, CAUSE_BROWSER_SILENT, 54, false, false, 0, "the port of the target's instance could not be learnt from SQL Browser", NULL},
    {0, 0, "Error Locating Server/Instance Specified", HEARD_BROWSER, CAUSE_BROWSER_SILENT, 54, false, false, 0, "the port of the target's instance could not be learnt from SQL Browser", NULL},
    {28, LAYER_INTERFACES | LAYER_TCP | LAYER_PIPES, NULL, HEARD_BROWSER, CAUSE_INSTANCE_WITHOUT_TCP, 55, false, false, 0, "the target does not offer the protocol that the link asks for", NULL},
    {0, 0, "ORA-12514", HEARD_BROWSER, CAUSE_INSTANCE_NOT_FOUND, 60, false, false, 0, "the Oracle listener does not know the service", "lsnrctl services   on {host}"},
    {0, 0, "ORA-12505", HEARD_BROWSER, CAUSE_INSTANCE_NOT_FOUND, 60, false, false, 0, "the Oracle listener does not know the SID", "lsnrctl services   on {host}"},

    /* TLS. */
    {10054, LAYER_TCP | LAYER_SSL | LAYER_PIPES, NULL, HEARD_TLS, CAUSE_TLS_HANDSHAKE_FAILED, 65, false, false, 0, "the target closed the connection by force, as it does when the two have no TLS version, cipher or hash in common", NULL},
    {104, LAYER_TCP | LAYER_SSL, NULL, HEARD_TLS, CAUSE_TLS_HANDSHAKE_FAILED, 65, false, false, 0, "the target closed the connection by force, as it does when the two have no TLS version, cipher or hash in common", NULL},
    {10053, LAYER_TCP | LAYER_SSL, NULL, HEARD_TLS, CAUSE_TLS_HANDSHAKE_FAILED, 64, false, false, 0, "the connection was given up during the handshake", NULL},
    {64, LAYER_TCP | LAYER_SSL, NULL, HEARD_TLS, CAUSE_TLS_HANDSHAKE_FAILED, 64, false, false, 0, "the connection was lost during the handshake", NULL},
    {-2146893007, 0, NULL, HEARD_TLS, CAUSE_TLS_HANDSHAKE_FAILED, 70, false, false, 0, "the two have no TLS version or cipher in common", NULL},
    {-2146893018, 0, NULL, HEARD_TLS, CAUSE_TLS_HANDSHAKE_FAILED, 70, false, false, 0, "the target's TLS answer was malformed or unexpected", NULL},
    {-2146893048, 0, NULL, HEARD_TLS, CAUSE_NOT_THE_EXPECTED_SERVICE, 70, false, false, 0, "TLS was spoken to something that does not speak TLS", NULL},
    {0, 0, "do not possess a common algorithm", HEARD_TLS, CAUSE_TLS_HANDSHAKE_FAILED, 69, false, false, 0, "the two have no TLS version or cipher in common", NULL},
    {0, 0, "SSL Security error", HEARD_TLS, CAUSE_TLS_HANDSHAKE_FAILED, 62, false, false, ACTOR_DBA_SOURCE, "the link's provider is too old for the TLS versions of the target", NULL},
    {0, 0, "unsupported protocol", HEARD_TLS, CAUSE_TLS_HANDSHAKE_FAILED, 62, false, false, 0, "the two have no TLS version in common", NULL},
    {0, 0, "wrong version number", HEARD_TLS, CAUSE_NOT_THE_EXPECTED_SERVICE, 62, false, false, 0, "TLS was spoken to something that does not speak TLS", NULL},
    {17819, LAYER_ENGINE, NULL, HEARD_TLS, CAUSE_STRICT_ONLY, 80, false, false, 0, "the target takes strict (TDS 8.0) connections only", NULL},
    {0, 0, "only strict", HEARD_TLS, CAUSE_STRICT_ONLY, 79, false, false, 0, "the target takes strict (TDS 8.0) connections only", NULL},
    {17821, LAYER_ENGINE, NULL, HEARD_TLS, CAUSE_TLS_HANDSHAKE_FAILED, 80, false, false, 0, "the target has no certificate of its own, which strict (TDS 8.0) connections need", NULL},
    {0, 0, "Encryption not supported", HEARD_TLS, CAUSE_TLS_NOT_SUPPORTED, 75, false, false, 0, "the link demands encryption and the target offers none", NULL},

    /* The certificate. 0x80090322 is a certificate under SSL and a service principal name under SSPI. */
    {-2146893019, 0, NULL, HEARD_CERTIFICATE, CAUSE_CERTIFICATE_REJECTED, 80, false, false, 0, "the certificate's chain ends in an authority that the instance's machine does not trust", NULL},
    {-2146762487, 0, NULL, HEARD_CERTIFICATE, CAUSE_CERTIFICATE_REJECTED, 80, false, false, 0, "the certificate's chain ends in an authority that the instance's machine does not trust", NULL},
    {-2146893022, LAYER_SSL | LAYER_TCP, NULL, HEARD_CERTIFICATE, CAUSE_CERTIFICATE_REJECTED, 80, false, false, 0, "the certificate is not for the name that the link uses", NULL},
    {-2146762481, 0, NULL, HEARD_CERTIFICATE, CAUSE_CERTIFICATE_REJECTED, 80, false, false, 0, "the certificate is not for the name that the link uses", NULL},
    {-2146893016, 0, NULL, HEARD_CERTIFICATE, CAUSE_CERTIFICATE_REJECTED, 80, false, false, 0, "the certificate has expired", NULL},
    {-2146762495, 0, NULL, HEARD_CERTIFICATE, CAUSE_CERTIFICATE_REJECTED, 80, false, false, 0, "the certificate has expired or is not valid yet", NULL},
    {-2146893017, 0, NULL, HEARD_CERTIFICATE, CAUSE_CERTIFICATE_REJECTED, 80, false, false, 0, "the certificate could not be processed", NULL},
    {0, 0, "certificate chain was issued by an authority that is not trusted", HEARD_CERTIFICATE, CAUSE_CERTIFICATE_REJECTED, 79, false, false, 0, "the certificate's chain ends in an authority that the instance's machine does not trust", NULL},
    {0, 0, "certificate verify failed", HEARD_CERTIFICATE, CAUSE_CERTIFICATE_REJECTED, 79, false, false, 0, "the instance's machine does not accept the certificate", NULL},
    {0, LAYER_SSL, "target principal name is incorrect", HEARD_CERTIFICATE, CAUSE_CERTIFICATE_REJECTED, 79, false, false, 0, "the certificate is not for the name that the link uses", NULL},

    /* The login: the target answered. */
    {18456, LAYER_ENGINE, "ANONYM", HEARD_LOGIN, CAUSE_LOGIN_FAILED, 95, false, false, ACTOR_DIRECTORY, DOUBLE_HOP, SPN},
    {18456, LAYER_ENGINE, "ANONIM", HEARD_LOGIN, CAUSE_LOGIN_FAILED, 95, false, false, ACTOR_DIRECTORY, DOUBLE_HOP, SPN}, /* Italian, Polish */
    {18456, LAYER_ENGINE, "АНОНИМ", HEARD_LOGIN, CAUSE_LOGIN_FAILED, 95, false, false, ACTOR_DIRECTORY, DOUBLE_HOP, SPN},
    {18456, LAYER_ENGINE, "$'", HEARD_LOGIN, CAUSE_LOGIN_FAILED, 94, false, false, ACTOR_DBA_SOURCE, "the target saw the source machine's own account", MAP_LOGIN},
    {18456, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 90, false, false, 0, "the target refused the login: its name or its stored password is wrong; the state in the target's error log tells which (5 name, 8 password, 38 database)", ERROR_LOG},
    {18452, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 90, false, false, ACTOR_DIRECTORY, "the login comes from a domain that the target does not trust", MAP_LOGIN},
    {18470, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 92, false, false, ACTOR_DBA_TARGET, "the remote login is disabled", "ALTER LOGIN {login]} ENABLE;   on {server}, or map another login"},
    {18486, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 92, false, false, ACTOR_DBA_TARGET, "the remote login is locked out", "ALTER LOGIN {login]} WITH PASSWORD = N'<its password>' UNLOCK;   on {server}; and find the link that still has the old password"},
    {18487, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 92, false, false, ACTOR_DBA_TARGET, "the remote login's password has expired", "ALTER LOGIN {login]} WITH PASSWORD = N'<new password>';   on {server}; then the mapping on {source}"},
    {18488, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 92, false, false, ACTOR_DBA_TARGET, "the remote login's password must be changed first", "ALTER LOGIN {login]} WITH PASSWORD = N'<new password>';   on {server}; then the mapping on {source}"},
    {18461, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 91, false, true, ACTOR_DBA_TARGET, "the target is in single-user mode", AGAIN},
    {17187, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 91, false, true, ACTOR_DBA_TARGET, "the target is not ready for client connections yet", AGAIN},
    {17197, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 91, false, true, ACTOR_DBA_TARGET, "the target could not finish the login in time", "sqlcmd -S {server} -Q \"SELECT wait_type, COUNT(*) FROM sys.dm_os_waiting_tasks GROUP BY wait_type ORDER BY 2 DESC\""},
    {17809, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 91, false, true, ACTOR_DBA_TARGET, "the target has reached its number of user connections", "sqlcmd -A -S {admin} -Q \"SELECT host_name, program_name, COUNT(*) FROM sys.dm_exec_sessions GROUP BY host_name, program_name ORDER BY 3 DESC\""},
    {17892, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 91, false, false, ACTOR_DBA_TARGET, "a logon trigger of the target refused the login", "sqlcmd -S {server} -Q \"SELECT name, is_disabled FROM sys.server_triggers\""},
    {17806, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 91, false, false, ACTOR_DIRECTORY, "Windows authentication (SSPI) failed at the target", SPN},
    {0, 0, "SSPI context", HEARD_LOGIN, CAUSE_LOGIN_FAILED, 91, false, false, ACTOR_DIRECTORY, "Windows authentication could not start: the service principal name of the target is missing, duplicate or wrong", SPN},
    {0, 0, "SSPI", HEARD_LOGIN, CAUSE_LOGIN_FAILED, 85, false, false, ACTOR_DIRECTORY, "Windows authentication (SSPI) failed", SPN},
    {-2146893022, LAYER_SSPI, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 91, false, false, ACTOR_DIRECTORY, "the service principal name of the target is missing, duplicate or wrong", SPN},
    {4060, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 88, false, false, ACTOR_DBA_TARGET, "the login worked, and the database that the link asks for cannot be opened by it", NULL},
    {4064, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 88, false, false, ACTOR_DBA_TARGET, "the login worked, and its default database cannot be opened", "ALTER LOGIN {login]} WITH DEFAULT_DATABASE = master;   on {server}"},
    {976, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 88, false, false, ACTOR_DBA_SOURCE, "the login worked, and the database is a secondary replica that may not be read", "EXEC sys.sp_setnetname @server = {link'}, @netname = N'<listener of the availability group>';"},
    {40532, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 90, false, false, ACTOR_DBA_SOURCE, "Azure does not know a server of that name: the data source must be the server's own name and no alias of it", "EXEC sys.sp_setnetname @server = {link'}, @netname = N'<server>.database.windows.net';"},
    {7314, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 88, false, false, ACTOR_DBA_TARGET, "the login worked, and what the link asks for is not there or not visible to it", NULL},
    {7395, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 30, false, false, ACTOR_DBA_SOURCE, "the link works, but its provider cannot nest transactions", "SET XACT_ABORT ON;   in the session on {source}"},
    {7391, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 30, false, false, ACTOR_DBA_SOURCE, "the link works, but a distributed transaction could not begin", "EXEC sys.sp_serveroption @server = {link'}, @optname = 'remote proc transaction promotion', @optvalue = 'false';"},
    {8501, LAYER_ENGINE, NULL, HEARD_LOGIN, CAUSE_LOGIN_FAILED, 30, false, false, ACTOR_DBA_SOURCE, "the link works, but MSDTC cannot be reached", "Get-Service MSDTC   on {source} and on {host}"},
    {0, 0, "ORA-01017", HEARD_LOGIN, CAUSE_LOGIN_FAILED, 90, false, false, 0, "Oracle refused the user name or the password", NULL},
    {0, 0, "ORA-28000", HEARD_LOGIN, CAUSE_LOGIN_FAILED, 92, false, false, ACTOR_DBA_TARGET, "the Oracle account is locked", NULL},
    {0, 0, "ORA-28001", HEARD_LOGIN, CAUSE_LOGIN_FAILED, 92, false, false, ACTOR_DBA_TARGET, "the Oracle password has expired", NULL},
    {0, 0, "password authentication failed", HEARD_LOGIN, CAUSE_LOGIN_FAILED, 90, false, false, 0, "PostgreSQL refused the password", NULL},
    {0, 0, "Access denied for user", HEARD_LOGIN, CAUSE_LOGIN_FAILED, 90, false, false, 0, "MySQL refused the user", NULL},

    /* The mapping: refused on the source, nothing was sent. */
    {7416, LAYER_ENGINE, NULL, HEARD_MAPPING, CAUSE_NO_LOGIN_MAPPING, 90, false, false, 0, "the caller has no login mapping on this link; other logins may have one", NULL},
    {7413, LAYER_ENGINE, NULL, HEARD_MAPPING, CAUSE_NO_LOGIN_MAPPING, 90, false, false, 0, "the caller's Windows credential may not be delegated and no remote login is mapped; other logins may have one", NULL},
    {15466, LAYER_ENGINE, NULL, HEARD_MAPPING, CAUSE_NO_LOGIN_MAPPING, 90, false, false, 0, "the mapping's stored password cannot be decrypted, because the source's service master key is not the one that encrypted it: no mapping with a password works on that instance, for any caller", "RESTORE SERVICE MASTER KEY FROM FILE = N'<its backup>' DECRYPTION BY PASSWORD = N'<password>';   on {source}; without a backup enter the passwords of its mappings again"},
    {7437, LAYER_ENGINE, NULL, HEARD_MAPPING, CAUSE_NO_LOGIN_MAPPING, 90, false, false, 0, "the caller is impersonated and has no mapping of its own; other logins may have one", NULL},

    /* The provider and the options. */
    {7403, LAYER_ENGINE, NULL, HEARD_PROVIDER, CAUSE_PROVIDER_MISSING, 85, false, false, 0, "the provider is not registered on the instance", NULL},
    {7302, LAYER_ENGINE, NULL, HEARD_PROVIDER, CAUSE_PROVIDER_MISSING, 84, false, false, 0, "the provider could not be created: not installed, of the wrong bitness, or not permitted", NULL},
    {7308, LAYER_ENGINE, NULL, HEARD_PROVIDER, CAUSE_PROVIDER_BLOCKED, 85, false, false, 0, "the provider cannot run in the engine's threading mode", NULL},
    {7430, LAYER_ENGINE, NULL, HEARD_PROVIDER, CAUSE_PROVIDER_BLOCKED, 85, false, false, 0, "the provider may run only inside the engine's process, and that is not allowed", NULL},
    {7415, LAYER_ENGINE, NULL, HEARD_PROVIDER, CAUSE_PROVIDER_BLOCKED, 85, false, false, 0, "ad hoc access through this provider is denied", NULL},
    {0, 0, "no default driver specified", HEARD_PROVIDER, CAUSE_PROVIDER_MISSING, 84, false, false, 0, "the ODBC data source or driver does not exist on the instance's machine", "Get-OdbcDsn; Get-OdbcDriver   on the machine of {source}"},
    {7411, LAYER_ENGINE, NULL, HEARD_OPTION, CAUSE_LINK_DISABLED, 85, false, false, 0, "the option that this use of the link needs is off", NULL},
    {7405, LAYER_ENGINE, NULL, HEARD_OPTION, CAUSE_LINK_DISABLED, 85, false, false, 0, "the session that used the link has ANSI_NULLS or ANSI_WARNINGS off", "SET ANSI_NULLS ON; SET ANSI_WARNINGS ON;   in the session on {source}"},
    {7201, LAYER_ENGINE, NULL, HEARD_OPTION, CAUSE_LINK_DISABLED, 85, false, false, 0, "remote access is off on the instance", NULL},
    {7202, LAYER_ENGINE, NULL, HEARD_OPTION, CAUSE_LINK_DISABLED, 85, false, false, 0, "the link no longer exists under this name", "SELECT name, modify_date FROM sys.servers;   on {source}"},

    /* Closed without a word, and wrappers. */
    {233, LAYER_NET, NULL, HEARD_NETWORK, CAUSE_CLOSED_ON_PRELOGIN, 50, false, true, 0, "the target accepted the connection and closed it at once: out of connections or memory, or the protocol is off", NULL},
    {0, LAYER_NET, "pre-login handshake", HEARD_NETWORK, CAUSE_CLOSED_ON_PRELOGIN, 35, true, false, 0, "the conversation broke during the first handshake", NULL},
    {40, LAYER_NET, NULL, HEARD_WRAPPER, CAUSE_PORT_TIMEOUT, 20, true, false, 0, "no connection could be opened", NULL},
    {0, 0, "Login timeout expired", HEARD_WRAPPER, CAUSE_TEST_TIMEOUT, 15, true, false, 0, "the connection did not come about in time", NULL},
    {0, 0, "Could not open a connection to SQL Server", HEARD_WRAPPER, CAUSE_PORT_TIMEOUT, 14, true, false, 0, "no connection could be opened", NULL},
};
/* clang-format on */
const size_t message_catalogue_count = sizeof(message_catalogue) / sizeof(message_catalogue[0]);

/* The names of the network libraries before the first colon, in the languages of Windows: "TCP Provider",
 * "TCP-Anbieter", "Fournisseur TCP", "Proveedor de TCP" … all keep the abbreviation. */
static const struct {
    const char *word;
    unsigned layer;
} layer_words[] = {
    {"SSPI", LAYER_SSPI},
    {"SSL", LAYER_SSL},
    {"TCP", LAYER_TCP},
    {"Pipes", LAYER_PIPES}, /* also Pipes Nomeados */
    {"名前付きパイプ", LAYER_PIPES},
    {"命名管道", LAYER_PIPES},
    {"명명된 파이프", LAYER_PIPES},
    {"именованных каналов", LAYER_PIPES},
    {"canaux nomm", LAYER_PIPES},
    {"canalizaciones con nombre", LAYER_PIPES},
    {"Shared Memory", LAYER_MEMORY},
    {"SQL Server Network Interfaces", LAYER_INTERFACES},
    {"SQL Server-Netzwerkschnittstellen", LAYER_INTERFACES},
    {"Interfacce di rete", LAYER_INTERFACES},
    {"Interfaces de Rede", LAYER_INTERFACES},
    {"ネットワーク インターフェイス", LAYER_INTERFACES},
    {"网络接口", LAYER_INTERFACES},
    {"네트워크 인터페이스", LAYER_INTERFACES},
    {"етевые интерфейсы", LAYER_INTERFACES},
    {"Interfaces r", LAYER_INTERFACES}, /* Interfaces réseau SQL Server */
    {"Interfaces de red de SQL Server", LAYER_INTERFACES},
};

#define CODES_MAX 16

struct reading {
    unsigned layer;
    int64_t codes[CODES_MAX];
    size_t count;
    const char *text;
};

static int64_t as_signed_32(int64_t code)
{
    return code > INT32_MAX && code <= UINT32_MAX ? code - ((int64_t)1 << 32) : code;
}

static void take_code(struct reading *reading, int64_t code)
{
    if (reading->count < CODES_MAX)
        reading->codes[reading->count++] = as_signed_32(code);
}

/* Codes stand in a text as 0x274D, (10061), [10061], "error: 26" or "-2146893019". */
static void take_codes_of_text(struct reading *reading, const char *text)
{
    for (const char *at = text; *at;) {
        bool begins = at == text || !isalnum((unsigned char)at[-1]);
        char *end;
        if (begins && at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && isxdigit((unsigned char)at[2])) {
            take_code(reading, (int64_t)(strtoull(at, &end, 16) & UINT32_MAX));
        } else if (begins && isdigit((unsigned char)*at)) {
            long long value = strtoll(at, &end, 10);
            take_code(reading, at > text && at[-1] == '-' ? -value : value);
        } else {
            at++;
            continue;
        }
        at = end;
    }
}

/* The end of a quotation mark at `at`, straight or typographic; NULL when there is none. */
static const char *quotation_mark(const char *at)
{
    static const char *const marks[] = {"\"", "“", "”", "„", "«", "»", "「", "」"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (strncmp(at, marks[i], strlen(marks[i])) == 0)
            return at + strlen(marks[i]);
    return NULL;
}

static bool has_quotation_mark(const char *text)
{
    for (; *text; text++)
        if (quotation_mark(text))
            return true;
    return false;
}

static unsigned layer_of(const char *text)
{
    const char *colon = strchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : 0;
    if (length == 0 || length > 80)
        return LAYER_ENGINE;
    char before[81];
    memcpy(before, text, length);
    before[length] = '\0';
    if (has_quotation_mark(before)) /* a link's name may hold a colon: "tcp:10.0.0.53,1433" */
        return LAYER_ENGINE;
    for (size_t i = 0; i < sizeof(layer_words) / sizeof(layer_words[0]); i++)
        if (strcasestr(before, layer_words[i].word))
            return layer_words[i].layer;
    return LAYER_ENGINE;
}

/* "[Microsoft][ODBC Driver 18 for SQL Server]" is who reports, not what. */
static const char *without_brackets(const char *text)
{
    while (*text == '[') {
        const char *end = strchr(text, ']');
        if (!end)
            break;
        text = end + 1;
    }
    return text;
}

/* Message 7412 quotes the provider, the link and then what the provider said, in this order in every
 * language. */
static char *without_wrapper(struct arena *arena, const struct message *message, const char *text)
{
    bool wrapped =
        (message->number.known && message->number.value == 7412) || strstr(text, "returned message \"");
    const char *start = NULL, *end = NULL;
    size_t marks = 0;
    for (const char *at = text; wrapped && *at; at++) {
        const char *after = quotation_mark(at);
        if (!after)
            continue;
        marks++;
        if (marks == 5)
            start = after;
        else if (marks > 5)
            end = at;
        at = after - 1;
    }
    return start && end ? arena_text_n(arena, start, (size_t)(end - start)) : arena_text(arena, text);
}

static struct reading read_message(struct arena *arena, const struct message *message)
{
    struct reading reading = {0};
    const char *text = without_brackets(message->text ? message->text : "");
    reading.text = without_brackets(without_wrapper(arena, message, text));
    reading.layer = layer_of(reading.text);
    if (message->number.known)
        take_code(&reading, message->number.value);
    if (reading.layer != LAYER_ENGINE)
        take_codes_of_text(&reading, reading.text);
    return reading;
}

static bool row_matches(const struct catalogue_row *row, const struct reading *reading)
{
    bool coded = row->code == 0;
    for (size_t i = 0; i < reading->count && !coded; i++)
        coded = reading->codes[i] == row->code;
    return coded && (!row->layers || (row->layers & reading->layer)) &&
           (!row->text || strcasestr(reading->text, row->text));
}

static char *shortened(struct arena *arena, const char *text)
{
    size_t length = strlen(text);
    while (length && isspace((unsigned char)text[length - 1]))
        length--;
    if (length <= 300)
        return arena_text_n(arena, text, length);
    for (length = 297; length && ((unsigned char)text[length] & 0xC0) == 0x80;)
        length--;
    return arena_format(arena, "%.*s…", (int)length, text);
}

struct heard hear(struct arena *arena, const message_list *messages)
{
    struct heard heard = {0};
    list_each (struct message, message, messages) {
        struct reading reading = read_message(arena, message);
        const struct catalogue_row *best = NULL;
        for (size_t i = 0; i < message_catalogue_count; i++)
            if (row_matches(&message_catalogue[i], &reading) &&
                (!best || message_catalogue[i].weight > best->weight))
                best = &message_catalogue[i];
        if (heard.message && (!best || (heard.row && best->weight <= heard.row->weight)))
            continue;
        heard.row = best;
        heard.message = message;
        heard.code = best ? best->code : 0;
        heard.pipes = best && reading.layer == LAYER_PIPES;
        heard.said = shortened(arena, reading.text);
    }
    return heard;
}

bool heard_proves_network(const struct heard *heard)
{
    return heard->row && heard->row->phase == HEARD_LOGIN;
}
