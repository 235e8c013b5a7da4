#include "audit/diagnosis/causes.h"

#include "audit/diagnosis/diagnosis.h"
#include "audit/diagnosis/link_encryption.h"
#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/template.h"
#include "audit/diagnosis/tls12_builds.h"
#include "audit/diagnosis/version.h"

#include <string.h>
#include <strings.h>

/* ---- what is said about each cause ------------------------------------------------------------------- */

struct cause_text {
    enum cause cause;
    enum actor actor;
    enum ternary unreachable; /* the expected service does not answer */
    const char *text;         /* of a link or an endpoint: what is wrong */
    const char *next;
};

#define PORT_TEST "Test-NetConnection -ComputerName {host} -Port {port}"
#define ALLOWED_PORT                                                                                         \
    "Get-NetFirewallPortFilter -Protocol TCP | Where-Object LocalPort -eq {port} | Get-NetFirewallRule"
#define ON_SOURCE "   on the machine of {source}"
#define SCHANNEL_EVENTS                                                                                      \
    "Get-WinEvent -FilterHashtable @{LogName='System'; ProviderName='Schannel'} -MaxEvents 20"
#define NEW_STRICT_LINK                                                                                      \
    "EXEC sys.sp_addlinkedserver @server = N'<new name>', @srvproduct = N'', @provider = "                   \
    "N'MSOLEDBSQL19', @datasrc = {data-source'}, @provstr = N'Encrypt=Strict';   on {source}, where OLE "    \
    "DB Driver 19 is installed (in links from SQL Server 2022 on): the link's present driver does not know " \
    "Strict; then its mappings, with their passwords"
#define SET_TCP "EXEC sys.sp_setnetname @server = {link'}, @netname = {tcp'};"
#define TEST_AGAIN "EXEC sys.sp_testlinkedserver @servername = {link'};   on {source}"

/* clang-format off */
static const struct cause_text cause_texts[] = {
    {CAUSE_OK, ACTOR_NOBODY, TERNARY_FALSE, "{it} works.", NULL},
    {CAUSE_NAME_NOT_FOUND, ACTOR_DIRECTORY, TERNARY_TRUE, "The name {host} does not exist.", "Resolve-DnsName {host}" ON_SOURCE},
    {CAUSE_NAME_SERVICE_FAILED, ACTOR_DIRECTORY, TERNARY_UNKNOWN, "Name servers did not answer for {host}, so whether the name exists is not known.", "Get-DnsClientServerAddress; Resolve-DnsName {host}" ON_SOURCE},
    {CAUSE_NO_ROUTE, ACTOR_NETWORK, TERNARY_TRUE, "{host} ({ip}) cannot be reached: its host is down, or there is no route.", "Test-NetConnection -ComputerName {host} -TraceRoute"},
    {CAUSE_PROHIBITED, ACTOR_NETWORK, TERNARY_TRUE, "A firewall forbids the connection to {host} ({ip}), TCP port {port}.", PORT_TEST "   and have TCP {port} to {ip} opened"},
    {CAUSE_PORT_REFUSED, ACTOR_DBA_TARGET, TERNARY_TRUE, "{host} ({ip}) refuses connections on TCP port {port}: the service is stopped, TCP/IP is disabled{rejecting}, or the port is wrong.", "Get-Service 'MSSQL*'; Get-NetTCPConnection -State Listen -LocalPort {port}   on {host}"},
    {CAUSE_PORT_TIMEOUT, ACTOR_NETWORK, TERNARY_TRUE, "Nothing answers at {host} ({ip}), TCP port {port}: a firewall drops the packets, or {dead}.", PORT_TEST ON_SOURCE "; then   " ALLOWED_PORT "   on {host}; and only if that shows no rule   New-NetFirewallRule -DisplayName 'SQL Server' -Direction Inbound -Protocol TCP -LocalPort {port} -RemoteAddress {source-ip} -Action Allow   there"},
    {CAUSE_BROWSER_SILENT, ACTOR_DBA_TARGET, TERNARY_TRUE, "The port of instance {instance} on {host} cannot be learnt: SQL Browser (UDP 1434) does not answer, is stopped or is blocked, or the instance does not exist.", "Get-Service SQLBrowser   on {host}; or give the port:   EXEC sys.sp_setnetname @server = {link'}, @netname = {host,port'};"},
    {CAUSE_INSTANCE_NOT_FOUND, ACTOR_DBA_TARGET, TERNARY_TRUE, "SQL Browser on {host} answers, but knows no instance {instance}: it does not exist, is stopped, or is hidden.", "Get-Service 'MSSQL$*'   on {host}"},
    {CAUSE_INSTANCE_WITHOUT_TCP, ACTOR_DBA_TARGET, TERNARY_TRUE, "Instance {instance} on {host} runs without TCP/IP.", "Restart-Service {service}   on {host}, after SQL Server Configuration Manager was used to enable TCP/IP for the instance"},
    {CAUSE_ACCEPTS_BUT_SILENT, ACTOR_DBA_TARGET, TERNARY_TRUE, "{host} ({ip}) accepts the connection on TCP port {port} and then says nothing: the service hangs or is out of workers, or something else listens there.", "sqlcmd -A -S {admin} -Q \"SELECT wait_type, COUNT(*) FROM sys.dm_os_waiting_tasks GROUP BY wait_type ORDER BY 2 DESC\"   on {host}"},
    {CAUSE_CLOSED_ON_PRELOGIN, ACTOR_DBA_TARGET, TERNARY_TRUE, "{host} ({ip}) accepts the connection on TCP port {port} and closes it at the first message.", "sqlcmd -S {server} -Q \"EXEC sys.sp_readerrorlog 0, 1, N'connection'\"   on {host}"},
    {CAUSE_NOT_THE_EXPECTED_SERVICE, ACTOR_DBA_SOURCE, TERNARY_TRUE, "What listens at {host} ({ip}), TCP port {port}, is not the service that the link expects.", "Get-Process -Id (Get-NetTCPConnection -State Listen -LocalPort {port}).OwningProcess   on {host}"},
    {CAUSE_TLS_NOT_SUPPORTED, ACTOR_DBA_TARGET, TERNARY_FALSE, "{host} answers and offers no encryption: not even the login can be encrypted.", "SELECT encrypt_option FROM sys.dm_exec_connections;   on {host}, and its error log at start-up for the certificate"},
    {CAUSE_TLS_TOO_OLD, ACTOR_DBA_TARGET, TERNARY_FALSE, "{host} answers and speaks no TLS 1.2: only older versions, which current systems turn off.", "SELECT SERVERPROPERTY('ProductVersion');   on {host}, then the update of KB3135244 for its branch, and TLS 1.2 in Schannel"},
    {CAUSE_TLS_HANDSHAKE_FAILED, ACTOR_DBA_TARGET, TERNARY_FALSE, "{host} answers, and the TLS handshake fails.", SCHANNEL_EVENTS "   on {host} and on the machine of {source}"},
    {CAUSE_STRICT_ONLY, ACTOR_DBA_SOURCE, TERNARY_FALSE, "{host} takes strict (TDS 8.0) connections only.", "EXEC sys.sp_serveroption @server = {link'}, @optname = 'provider string', @optvalue = {strict'};   on {source}, SQL Server 2025 or MSOLEDBSQL19"},
    {CAUSE_CERTIFICATE_REJECTED, ACTOR_DBA_TARGET, TERNARY_FALSE, "The link does not accept the certificate of {host}.", "Get-ChildItem Cert:\\LocalMachine\\My | Format-List Subject, DnsNameList, NotAfter, Issuer   on {host}"},
    {CAUSE_LOGIN_FAILED, ACTOR_DBA_SOURCE, TERNARY_FALSE, "{host} answers, network and TLS work; what fails is the login, or what comes after it.", "EXEC sys.sp_helplinkedsrvlogin @rmtsrvname = {link'};   on {source}"},
    {CAUSE_NO_LOGIN_MAPPING, ACTOR_DBA_SOURCE, TERNARY_UNKNOWN, "The link has no usable mapping for the audit login; the instance refuses before anything is sent.", "EXEC sys.sp_helplinkedsrvlogin @rmtsrvname = {link'};   on {source}"},
    {CAUSE_PROVIDER_MISSING, ACTOR_DBA_SOURCE, TERNARY_UNKNOWN, "The provider {provider} cannot be created on the instance.", "EXEC master.sys.xp_enum_oledb_providers;   on {source}"},
    {CAUSE_PROVIDER_BLOCKED, ACTOR_DBA_SOURCE, TERNARY_UNKNOWN, "The provider {provider} is there and may not run as the instance wants to run it.", "EXEC master.sys.xp_enum_oledb_providers;   on {source}, and the provider's options (AllowInProcess)"},
    {CAUSE_LINK_DISABLED, ACTOR_DBA_SOURCE, TERNARY_UNKNOWN, "The link is switched off, or an option forbids this use of it.", "EXEC sys.sp_serveroption @server = {link'}, @optname = 'data access', @optvalue = 'true';   on {source}, where it is wanted"},
    {CAUSE_FAILS_ONLY_FROM_INSTANCE, ACTOR_NETWORK, TERNARY_UNKNOWN, "The instance cannot use {host}, which answers the audit host: what lies between this instance and the target differs.", PORT_TEST ON_SOURCE},
    {CAUSE_FAILS_ONLY_FROM_AUDIT_HOST, ACTOR_NETWORK, TERNARY_UNKNOWN, "The link works from its instance; only the audit host cannot reach {host}.", PORT_TEST "   from the audit host"},
    {CAUSE_TEST_TIMEOUT, ACTOR_DBA_SOURCE, TERNARY_UNKNOWN, "The instance's own test, or its way to the target, did not end in time.", TEST_AGAIN},
    {CAUSE_NOT_A_NETWORK_TARGET, ACTOR_NOBODY, TERNARY_UNKNOWN, "{it} leads to no network target that could be probed.", TEST_AGAIN},
    {CAUSE_NOT_TESTED, ACTOR_NOBODY, TERNARY_UNKNOWN, "{it} was not tested.", TEST_AGAIN},
    {CAUSE_UNEXPLAINED, ACTOR_DBA_SOURCE, TERNARY_UNKNOWN, "The instance's own test failed with messages that are in no list of known ones.", TEST_AGAIN},
};
/* clang-format on */

/* What is typed instead where there is only an endpoint, as with an audited instance or a target of `check`:
 * the command above speaks of a link, or of the machine that a link starts from. A cause without a row here
 * has no next command there. */
static const struct {
    enum cause cause;
    const char *next;
} without_link[] = {
    {CAUSE_NAME_NOT_FOUND, "getent ahosts {host}; dig {host}   on the audit host"},
    {CAUSE_PORT_TIMEOUT, PORT_TEST "   from another machine; then   " ALLOWED_PORT "   on {host}"},
    {CAUSE_BROWSER_SILENT, "Get-Service SQLBrowser   on {host}"},
    {CAUSE_TLS_HANDSHAKE_FAILED, SCHANNEL_EVENTS "   on {host}"},
    {CAUSE_STRICT_ONLY,
     "openssl s_client -connect {host:port} -alpn tds/8.0   on the audit host shows its certificate; "
     "clients connect with Encrypt=Strict, which needs SQL Server 2025, ODBC Driver 18 or "
     "OLE DB Driver 19"},
    {CAUSE_FAILS_ONLY_FROM_INSTANCE, PORT_TEST},
};

static const struct cause_text *text_of(enum cause cause)
{
    for (size_t i = 0; i < sizeof(cause_texts) / sizeof(cause_texts[0]); i++)
        if (cause_texts[i].cause == cause)
            return &cause_texts[i];
    return &cause_texts[sizeof(cause_texts) / sizeof(cause_texts[0]) - 1];
}

enum ternary cause_is_unreachable(enum cause cause)
{
    return text_of(cause)->unreachable;
}

/* ---- from the audit host --------------------------------------------------------------------------- */

static bool no_network(const struct view *v)
{
    return !v->network;
}

static bool no_name(const struct view *v)
{
    return v->resolved == RESOLVE_NO_NAME || v->resolved == RESOLVE_NO_ADDRESS;
}

static bool name_service(const struct view *v)
{
    return v->resolved == RESOLVE_TEMPORARY || v->resolved == RESOLVE_FAILED;
}

static bool strict_only(const struct view *v)
{
    return v->strict && v->prelogin != PRELOGIN_OK;
}

static bool prelogin_silent(const struct view *v)
{
    return v->connected && v->prelogin == PRELOGIN_SILENT;
}

static bool prelogin_closed(const struct view *v)
{
    return v->connected && (v->prelogin == PRELOGIN_CLOSED || v->prelogin == PRELOGIN_RESET);
}

static bool other_service(const struct view *v)
{
    return v->connected && v->prelogin == PRELOGIN_NOT_TDS;
}

static bool no_encryption(const struct view *v)
{
    return v->connected && v->no_encryption;
}

static bool tls_failed(const struct view *v)
{
    return v->connected && v->tls_failed && !v->strict;
}

static bool tls_too_old(const struct view *v)
{
    return v->connected && v->old_tls && !v->modern_tls && !v->strict && v->modern_tls_denied;
}

static bool service_spoke(const struct view *v)
{
    return v->prelogin == PRELOGIN_OK || v->strict || v->modern_tls || v->old_tls;
}

static bool service_answered(const struct view *v)
{
    return v->connected && (service_spoke(v) || v->endpoint->kind != ENDPOINT_SQLSERVER);
}

static bool browser_was(const struct view *v, enum browser_outcome outcome)
{
    return !v->connected && v->named && v->browser == outcome;
}

static bool browser_silent(const struct view *v)
{
    return browser_was(v, BROWSER_SILENT) || browser_was(v, BROWSER_UNREACHABLE) ||
           browser_was(v, BROWSER_INVALID);
}

static bool browser_prohibited(const struct view *v)
{
    return browser_was(v, BROWSER_PROHIBITED);
}

static bool browser_not_found(const struct view *v)
{
    return browser_was(v, BROWSER_INSTANCE_NOT_FOUND);
}

static bool browser_without_tcp(const struct view *v)
{
    return browser_was(v, BROWSER_WITHOUT_TCP);
}

static bool connect_was(const struct view *v, enum connect_outcome outcome)
{
    return !v->connected && v->telling && v->telling->outcome == outcome;
}

static bool refused(const struct view *v)
{
    return connect_was(v, CONNECT_REFUSED) || connect_was(v, CONNECT_RESET);
}

static bool prohibited(const struct view *v)
{
    return connect_was(v, CONNECT_PROHIBITED) || connect_was(v, CONNECT_REJECTED);
}

static bool timed_out(const struct view *v)
{
    return connect_was(v, CONNECT_TIMEOUT);
}

static bool no_route(const struct view *v)
{
    return connect_was(v, CONNECT_HOST_UNREACHABLE) || connect_was(v, CONNECT_NET_UNREACHABLE);
}

static bool always(const struct view *v)
{
    (void)v;
    return true;
}

/* clang-format off */
const struct cause_rule endpoint_cause_rules[] = {
    {CAUSE_NOT_A_NETWORK_TARGET, "The target is a file, an alias or the instance itself.", no_network},
    {CAUSE_NAME_NOT_FOUND, "DNS has no such name, or the name has no address.", no_name},
    {CAUSE_NAME_SERVICE_FAILED, "Name servers did not answer, or answered that they failed.", name_service},
    {CAUSE_STRICT_ONLY, "PRELOGIN is not answered, and TDS 8.0 works.", strict_only},
    {CAUSE_ACCEPTS_BUT_SILENT, "The connection is accepted and the first message (PRELOGIN) is left without an answer.", prelogin_silent},
    {CAUSE_CLOSED_ON_PRELOGIN, "The connection is accepted and closed or reset on PRELOGIN.", prelogin_closed},
    {CAUSE_NOT_THE_EXPECTED_SERVICE, "The connection is accepted and the answer is not TDS.", other_service},
    {CAUSE_TLS_NOT_SUPPORTED, "The service says that it offers no encryption.", no_encryption},
    {CAUSE_TLS_HANDSHAKE_FAILED, "No TLS handshake succeeds, and the audit host's own library is not the limit.", tls_failed},
    {CAUSE_TLS_TOO_OLD, "TLS 1.1 or older works, and TLS 1.2 was refused.", tls_too_old},
    {CAUSE_OK, "The service answers; of a kind that is not asked for an answer, the port accepts connections.", service_answered},
    {CAUSE_INSTANCE_NOT_FOUND, "SQL Browser answers and does not know the instance.", browser_not_found},
    {CAUSE_INSTANCE_WITHOUT_TCP, "SQL Browser knows the instance without TCP.", browser_without_tcp},
    {CAUSE_PROHIBITED, "A firewall's ICMP message forbids UDP 1434 to a named instance.", browser_prohibited},
    {CAUSE_BROWSER_SILENT, "The port of a named instance is asked for, and UDP 1434 is silent, closed or answers nonsense.", browser_silent},
    {CAUSE_PORT_REFUSED, "No address accepts, and the telling one refuses (RST).", refused},
    {CAUSE_PROHIBITED, "No address accepts, and the telling one is rejected by a firewall's ICMP message.", prohibited},
    {CAUSE_PORT_TIMEOUT, "No address accepts, and the telling one is silent.", timed_out},
    {CAUSE_NO_ROUTE, "No address accepts, and every one is reported as unreachable.", no_route},
    {CAUSE_NOT_TESTED, "Nothing was sent, or the audit host itself could not try.", always},
};
/* clang-format on */

const size_t endpoint_cause_rule_count = sizeof(endpoint_cause_rules) / sizeof(endpoint_cause_rules[0]);

static enum cause first_cause(const struct cause_rule *rules, const struct view *view)
{
    while (!rules->when(view))
        rules++;
    return rules->cause;
}

enum cause endpoint_cause(const struct view *view)
{
    return first_cause(endpoint_cause_rules, view);
}

/* ---- from both sides ------------------------------------------------------------------------------- */

/* What the endpoint's cause says about reachability from the audit host: real evidence only. */
static enum ternary seen_by_audit_host(const struct view *v)
{
    if (!v->network)
        return TERNARY_UNKNOWN;
    switch (cause_is_unreachable(endpoint_cause(v))) {
    case TERNARY_TRUE:
        return TERNARY_FALSE;
    case TERNARY_FALSE:
        return TERNARY_TRUE;
    case TERNARY_UNKNOWN:
        break;
    }
    return TERNARY_UNKNOWN;
}

static bool failed(const struct view *v)
{
    return view_test_is(v, TEST_FAILED) || view_test_is(v, TEST_TIMEOUT);
}

/* On the way to the target. A connection that was accepted and closed, or a listener that does not know the
 * service, is more than that; that a login did not come about in time may have happened anywhere. */
static bool is_on_the_way(const struct heard *heard)
{
    if (!heard->row || heard->row->cause == CAUSE_CLOSED_ON_PRELOGIN ||
        heard->row->cause == CAUSE_INSTANCE_NOT_FOUND || heard->row->cause == CAUSE_TEST_TIMEOUT)
        return false;
    return heard->row->phase == HEARD_NAME || heard->row->phase == HEARD_NETWORK ||
           heard->row->phase == HEARD_BROWSER || heard->row->phase == HEARD_WRAPPER;
}

static bool passed_but_unseen(const struct view *v)
{
    return view_test_is(v, TEST_OK) && seen_by_audit_host(v) == TERNARY_FALSE;
}

static bool off(const struct view *v)
{
    return v->link->data_access == TERNARY_FALSE && v->link->rpc_out == TERNARY_FALSE;
}

static bool passed_and_off(const struct view *v)
{
    return view_test_is(v, TEST_OK) && off(v);
}

static bool passed(const struct view *v)
{
    return view_test_is(v, TEST_OK);
}

/* A time-out without a word: where the audit host sees why a client would hang, that is the cause. */
static bool timeout_explained(const struct view *v)
{
    enum cause cause = v->network ? endpoint_cause(v) : CAUSE_NOT_A_NETWORK_TARGET;
    return view_test_is(v, TEST_TIMEOUT) && (!v->heard.row || v->heard.row->phase == HEARD_WRAPPER) &&
           (cause == CAUSE_PORT_TIMEOUT || cause == CAUSE_ACCEPTS_BUT_SILENT);
}

static bool timeout_unexplained(const struct view *v)
{
    return view_test_is(v, TEST_TIMEOUT) && (!v->heard.row || v->heard.row->phase == HEARD_WRAPPER);
}

static bool only_from_instance(const struct view *v)
{
    return failed(v) && is_on_the_way(&v->heard) && seen_by_audit_host(v) == TERNARY_TRUE;
}

/* The instance says only that it failed, the audit host saw why. */
static bool vague_and_seen(const struct view *v)
{
    return failed(v) && (!v->heard.row || v->heard.row->vague) && seen_by_audit_host(v) == TERNARY_FALSE;
}

/* "26" and a silent SQL Browser may be a missing instance: the audit host's answer is the finer one. */
static bool browser_and_seen(const struct view *v)
{
    enum cause cause = v->network ? endpoint_cause(v) : CAUSE_NOT_A_NETWORK_TARGET;
    return failed(v) && v->heard.row && v->heard.row->cause == CAUSE_BROWSER_SILENT &&
           (cause == CAUSE_INSTANCE_NOT_FOUND || cause == CAUSE_INSTANCE_WITHOUT_TCP);
}

/* A reset, or an answer that is no TLS, is all that the instance hears of what the audit host saw better. */
static bool tls_explained(const struct view *v)
{
    enum cause cause = v->network ? endpoint_cause(v) : CAUSE_NOT_A_NETWORK_TARGET;
    return failed(v) && v->heard.row &&
           (v->heard.row->cause == CAUSE_TLS_HANDSHAKE_FAILED ||
            v->heard.row->cause == CAUSE_NOT_THE_EXPECTED_SERVICE) &&
           (cause == CAUSE_TLS_TOO_OLD || cause == CAUSE_TLS_NOT_SUPPORTED || cause == CAUSE_STRICT_ONLY ||
            cause == CAUSE_CLOSED_ON_PRELOGIN || cause == CAUSE_NOT_THE_EXPECTED_SERVICE);
}

/* A strict-only server closes at PRELOGIN, which the instance hears as a reset or as silence. */
static bool closed_explained(const struct view *v)
{
    return failed(v) && v->heard.row && v->heard.row->cause == CAUSE_CLOSED_ON_PRELOGIN && v->network &&
           endpoint_cause(v) == CAUSE_STRICT_ONLY;
}

static bool source_too_old(const struct view *v)
{
    return failed(v) && v->heard.row && v->heard.row->cause == CAUSE_TLS_HANDSHAKE_FAILED && v->network &&
           v->modern_tls && !v->old_tls && v->instance && !instance_is_azure(v->instance) &&
           tls12_capable(v->instance->server_version) == TERNARY_FALSE;
}

/* 7302 also means that a registered provider was not permitted to start. */
static bool registered_but_blocked(const struct view *v)
{
    if (failed(v) && v->heard.row && v->heard.row->code == 7302 && v->instance && v->link->provider)
        list_each (struct provider, provider, &v->instance->providers)
            if (provider->name && strcasecmp(provider->name, v->link->provider) == 0)
                return true;
    return false;
}

static bool heard_it(const struct view *v)
{
    return failed(v) && v->heard.row;
}

static bool failed_unexplained(const struct view *v)
{
    return failed(v);
}

/* A link that asks for TDS 8.0, or whose provider string is hidden and whose driver may: what stops others
 * does not stop it. */
static bool may_speak_strict(const struct view *v)
{
    unsigned major = v->instance ? version_of(v->instance->server_version).part[0] : 0;
    struct link_encryption encryption =
        link_encryption_of(v->arena, v->instance, v->link, v->endpoint, major);
    return (encryption.driver == DRIVER_19 || !link_is_sqlserver(v->link)) &&
           (!encryption.visible || encryption.encrypt == LINK_ENCRYPT_STRICT);
}

static bool untested_and_dead(const struct view *v)
{
    enum cause cause = v->network ? endpoint_cause(v) : CAUSE_NOT_A_NETWORK_TARGET;
    if (cause == CAUSE_STRICT_ONLY && may_speak_strict(v))
        return false;
    return v->network && cause != CAUSE_OK && cause != CAUSE_TLS_TOO_OLD &&
           cause != CAUSE_TLS_NOT_SUPPORTED && cause != CAUSE_NOT_TESTED;
}

/* Rows with the cause 0 take it from the endpoint, those with -1 from the instance's message. */
#define FROM_AUDIT_HOST ((enum cause)0)
#define FROM_INSTANCE ((enum cause)(-1))

/* clang-format off */
const struct cause_rule link_cause_rules[] = {
    {CAUSE_FAILS_ONLY_FROM_AUDIT_HOST, "The instance's test passes, and the audit host has evidence that it cannot reach the target.", passed_but_unseen},
    {CAUSE_LINK_DISABLED, "The test passes, and both data access and RPC out are off.", passed_and_off},
    {CAUSE_OK, "The instance's own test passes.", passed},
    {FROM_AUDIT_HOST, "The test times out without a telling message, and the audit host meets silence as well: its cause.", timeout_explained},
    {CAUSE_TEST_TIMEOUT, "The test times out without a telling message.", timeout_unexplained},
    {CAUSE_FAILS_ONLY_FROM_INSTANCE, "The test fails on the way to the target (name, network, SQL Browser), and the target answers the audit host.", only_from_instance},
    {FROM_AUDIT_HOST, "The test fails with a wrapper or a vague message, and the audit host saw why: its cause.", vague_and_seen},
    {FROM_AUDIT_HOST, "The test could not locate the instance, and SQL Browser tells the audit host that it is absent, hidden or without TCP: its cause.", browser_and_seen},
    {FROM_AUDIT_HOST, "The test fails in the TLS handshake, and the audit host found the target closing at PRELOGIN, another service, without TLS 1.2, without encryption or strict-only: its cause.", tls_explained},
    {CAUSE_STRICT_ONLY, "The test is closed at once, and only TDS 8.0 works from the audit host.", closed_explained},
    {CAUSE_TLS_TOO_OLD, "The test fails in the TLS handshake, the target takes TLS 1.2 and newer only, and the build of the source cannot speak it.", source_too_old},
    {CAUSE_PROVIDER_BLOCKED, "The provider cannot be created, and it is registered.", registered_but_blocked},
    {FROM_INSTANCE, "The test fails with a message of the catalogue: that message's cause.", heard_it},
    {CAUSE_UNEXPLAINED, "The test fails with messages that the catalogue does not know.", failed_unexplained},
    {CAUSE_LINK_DISABLED, "Not tested, and both data access and RPC out are off.", off},
    {CAUSE_NOT_A_NETWORK_TARGET, "Not tested, and it leads to no network target.", no_network},
    {FROM_AUDIT_HOST, "Not tested, and the audit host could not get through: its cause; not where the target takes strict connections only and the link may ask for one.", untested_and_dead},
    {CAUSE_NOT_TESTED, "Not tested; the audit host sees nothing that would stop every client.", always},
};
/* clang-format on */

const size_t link_cause_rule_count = sizeof(link_cause_rules) / sizeof(link_cause_rules[0]);

enum cause link_cause(const struct view *view)
{
    enum cause cause = first_cause(link_cause_rules, view);
    if (cause == FROM_AUDIT_HOST)
        return endpoint_cause(view);
    return cause == FROM_INSTANCE ? view->heard.row->cause : cause;
}

/* ---- sentences ------------------------------------------------------------------------------------- */

/* What is wrong with the certificate of an endpoint that answers; nothing is added where nothing is. */
static void add_certificate(const struct view *v, struct prose *prose)
{
    const struct certificate *certificate = v->certificate;
    const char *fault = certificate_fault(certificate, v->endpoint->probed);
    bool other_name = certificate && certificate->name_match == TERNARY_FALSE;
    if (!fault && !other_name)
        return;
    moment now = v->endpoint->probed, until = certificate->not_after;
    prose_put(prose, "; its certificate does not hold for clients that validate: ");
    if (now.known && until.known && now.value > until.value)
        prose_add(prose, "it expired on %s", date_text(v->arena, until));
    else
        prose_put(prose, fault);
    if (other_name)
        prose_add(prose, "%sit is not for %s", fault ? ", and " : "",
                  v->endpoint->host ? v->endpoint->host : "the host");
}

/* An endpoint whose cause is ok: no more than what was seen of it. */
static char *endpoint_is_well(const struct view *v)
{
    struct prose prose = prose_new(v->arena);
    if (!service_spoke(v)) {
        return fill_template(v, "TCP port {port} accepts connections; the service itself was not asked.");
    }
    struct prose fault = prose_new(v->arena);
    add_certificate(v, &fault);
    prose_put(&prose, fault.length ? "The endpoint answers" : "The endpoint works");
    prose_add(&prose, "%s.", prose_text(&fault));
    return prose_text(&prose);
}

/* What is said instead where a named pipe is what failed: of it, and not of the network, the message tells.
 */
static const struct {
    enum cause cause;
    bool smb; /* the link asks for a pipe; otherwise its driver came to one by itself */
    const char *text;
} pipe_texts[] = {
    {CAUSE_PORT_REFUSED, true,
     "{it} uses named pipes, and {host} ({ip}) refuses SMB (TCP port 445): use TCP instead."},
    {CAUSE_PORT_TIMEOUT, true,
     "{it} uses named pipes, and {host} ({ip}) does not answer on SMB (TCP port 445): use TCP instead."},
    {CAUSE_PROHIBITED, true,
     "{it} uses named pipes, and SMB (TCP port 445) to {host} ({ip}) is forbidden: use TCP instead."},
    {CAUSE_FAILS_ONLY_FROM_INSTANCE, true,
     "The link uses named pipes: {host} accepts SMB (TCP port 445) from the audit host, and the instance "
     "cannot open the pipe: use TCP instead."},
    {CAUSE_FAILS_ONLY_FROM_INSTANCE, false,
     "The instance's test ended at a named pipe, which its driver tries after TCP or instead of it: that "
     "says nothing about TCP port {port} of {host}, which answers the audit host. Use TCP alone."},
};

static const char *pipe_text(const struct view *v, enum cause cause)
{
    if (!v->pipes && !v->heard.pipes)
        return NULL;
    if (cause == CAUSE_FAILS_ONLY_FROM_INSTANCE && !v->heard.pipes)
        return NULL;
    for (size_t i = 0; i < sizeof(pipe_texts) / sizeof(pipe_texts[0]); i++)
        if (pipe_texts[i].cause == cause && pipe_texts[i].smb == v->pipes)
            return pipe_texts[i].text;
    return NULL;
}

/* The instance itself says that its machine cannot resolve the name. */
static bool cannot_resolve(const struct view *v, enum cause cause)
{
    return cause == CAUSE_NAME_NOT_FOUND && v->link && failed(v) && v->network && v->heard.row &&
           v->heard.row->cause == cause && !v->heard.row->remedy;
}

static bool takes_own_name(const struct view *v)
{
    return v->link && v->network && (!v->link->data_source || !*v->link->data_source) && v->link->name &&
           v->endpoint->host && strcasecmp(v->link->name, v->endpoint->host) == 0;
}

/* Both sides in one sentence each: what does not exist for one machine may exist for another. */
static char *name_sentence(const struct view *v)
{
    struct prose prose = prose_new(v->arena);
    prose_put(&prose, fill_template(v, "{source} cannot resolve {host}: "));
    prose_add(&prose, "“%s”", v->heard.said && *v->heard.said ? v->heard.said : v->heard.row->means);
    if (no_name(v))
        prose_put(&prose, " The audit host cannot resolve it either.");
    else if (name_service(v))
        prose_put(&prose, " The audit host's name servers did not answer, so it cannot confirm that.");
    return prose_text(&prose);
}

/* What is forbidden is the question for the port, and not the port: which one it is nobody knows yet. */
static bool is_about_browser(const struct view *v)
{
    return browser_prohibited(v) && !(v->heard.row && v->heard.row->cause == CAUSE_PROHIBITED);
}

/* The sentence about the cause. */
static char *sentence_of(const struct view *v, const struct cause_text *text)
{
    if (text->cause == CAUSE_OK && !v->link)
        return endpoint_is_well(v);
    if (cannot_resolve(v, text->cause))
        return name_sentence(v);
    if (text->cause == CAUSE_PROHIBITED && is_about_browser(v))
        return fill_template(v,
                             "A firewall forbids UDP port 1434 of {host} ({ip}), where SQL Browser tells the "
                             "port of instance {instance}.");
    const char *pipe = pipe_text(v, text->cause);
    return fill_template(v, pipe ? pipe : text->text);
}

/* Whether what the message means stands by the cause, and is more than the sentence about it. Where the audit
 * host saw the cause, the message is read as what that cause does, and not as what it usually means. */
static bool row_adds(const struct view *v, enum cause cause)
{
    const struct catalogue_row *row = v->heard.row;
    if (pipe_text(v, cause) || cannot_resolve(v, cause))
        return false;
    if (row->cause != cause)
        return cause == CAUSE_FAILS_ONLY_FROM_INSTANCE;
    bool same_words = (row->phase == HEARD_NETWORK && cause == CAUSE_PORT_REFUSED) ||
                      (row->phase == HEARD_NETWORK && cause == CAUSE_PORT_TIMEOUT && !row->pressure) ||
                      (row->phase == HEARD_BROWSER && cause == CAUSE_BROWSER_SILENT);
    return !same_words || row->vague || row->remedy;
}

/* What each side saw, after the sentence about the cause. */
static void add_instance_view(const struct view *v, enum cause cause, struct prose *prose)
{
    const struct link_test *test = v->link->test;
    if (!test || test->outcome == TEST_OK)
        return;
    if (test->outcome == TEST_SKIPPED) {
        prose_add(prose, " Its test was skipped%s%s.", test->reason ? ": " : "",
                  test->reason ? test->reason : "");
        return;
    }
    if (v->heard.row && row_adds(v, cause))
        prose_add(prose, " For the instance, %s.", v->heard.row->means);
    if (v->heard.said && *v->heard.said && !cannot_resolve(v, cause))
        prose_add(prose, " Its test says: “%s”", v->heard.said);
}

static void add_audit_host_view(const struct view *v, enum cause cause, struct prose *prose)
{
    enum cause seen = v->network ? endpoint_cause(v) : cause;
    if (seen == cause || seen == CAUSE_NOT_TESTED ||
        (cannot_resolve(v, cause) && seen == CAUSE_NAME_SERVICE_FAILED))
        return;
    prose_put(prose, " From the audit host: ");
    struct view alone = view_of(v->arena, NULL, NULL, v->endpoint);
    prose_put(prose, sentence_of(&alone, text_of(seen)));
}

static void add_build(const struct view *v, enum cause cause, struct prose *prose)
{
    const char *build = v->network && v->endpoint->prelogin ? v->endpoint->prelogin->server_version : NULL;
    const struct tls12_branch *branch = tls12_branch_of(build);
    if ((cause != CAUSE_TLS_TOO_OLD && cause != CAUSE_TLS_HANDSHAKE_FAILED) || !branch ||
        endpoint_may_be_azure(v->endpoint) || tls12_capable(build) != TERNARY_FALSE)
        return;
    prose_add(prose, " Its build %s cannot speak TLS 1.2 (%s).", build, tls12_rule(v->arena, branch));
}

static void add_other_port(const struct view *v, struct prose *prose)
{
    if (v->network && !v->connected && v->browser == BROWSER_ANSWERED &&
        v->endpoint->browser->tcp_port.known && v->telling && v->telling->port.known &&
        v->endpoint->browser->tcp_port.value != v->telling->port.value)
        prose_add(prose, " SQL Browser says that the instance listens on port %lld.",
                  (long long)v->endpoint->browser->tcp_port.value);
}

static void add_denied(const struct view *v, struct prose *prose)
{
    if (v->network && v->resolved == RESOLVE_DENIED && v->endpoint->resolve &&
        v->endpoint->resolve->addresses.first)
        prose_add(prose, " The configuration's allow and deny keep the audit host from %s.",
                  v->endpoint->resolve->addresses.first->ip);
}

/* Strict is a word of Driver 19; the provider of a link cannot be changed in place. */
static bool drives_strict(const struct view *v)
{
    unsigned major = v->instance ? version_of(v->instance->server_version).part[0] : 0;
    return link_encryption_of(v->arena, v->instance, v->link, v->endpoint, major).driver == DRIVER_19;
}

static bool names_a_link(const char *next)
{
    return next && (strstr(next, "{link") || strstr(next, "{source"));
}

static const char *next_without_link(enum cause cause)
{
    for (size_t i = 0; i < sizeof(without_link) / sizeof(without_link[0]); i++)
        if (without_link[i].cause == cause)
            return without_link[i].next;
    return NULL;
}

/* SQL Server's own commands do not help with another service. */
static const char *next_for(const struct view *view, const struct cause_text *text)
{
    static const enum cause of_sqlserver[] = {CAUSE_PORT_REFUSED, CAUSE_ACCEPTS_BUT_SILENT,
                                              CAUSE_CLOSED_ON_PRELOGIN, CAUSE_TLS_NOT_SUPPORTED,
                                              CAUSE_TLS_TOO_OLD};
    if (view->link && pipe_text(view, text->cause))
        return SET_TCP "   on {source}; then   " TEST_AGAIN;
    if (text->cause == CAUSE_NAME_SERVICE_FAILED &&
        !(view->heard.row && view->heard.row->cause == text->cause))
        return "getent ahosts {host}; cat /etc/resolv.conf; dig {host}   on the audit host, whose name "
               "servers "
               "failed";
    if (text->cause == CAUSE_PROHIBITED && is_about_browser(view))
        return "Get-NetFirewallPortFilter -Protocol UDP | Where-Object LocalPort -eq 1434 | "
               "Get-NetFirewallRule   on {host}; and have UDP 1434 to {ip} opened";
    if (text->cause == CAUSE_STRICT_ONLY && view->link && !drives_strict(view))
        return NEW_STRICT_LINK;
    if (view->network && view->endpoint->kind != ENDPOINT_SQLSERVER)
        for (size_t i = 0; i < sizeof(of_sqlserver) / sizeof(of_sqlserver[0]); i++)
            if (of_sqlserver[i] == text->cause)
                return PORT_TEST;
    if (!view->link && names_a_link(text->next))
        return next_without_link(text->cause);
    return text->next;
}

/* The command, and what must be known before it is typed. */
static char *action_of(const struct view *v, const char *next)
{
    struct prose prose = prose_new(v->arena);
    const struct link_test *test = v->link ? v->link->test : NULL;
    bool untypable = strstr(next, "{link'}") && link_cannot_be_typed(v);
    bool by_id = untypable && v->link->server_id.known;
    if (by_id)
        prose_add(&prose, "DECLARE @link sysname = (SELECT name FROM sys.servers WHERE server_id = %lld); ",
                  (long long)v->link->server_id.value);
    prose_put(&prose, fill_template(v, next));
    if (untypable)
        prose_put(&prose, by_id ? "; the name cannot be typed, so @link is taken by its server_id"
                                : "; the name cannot be typed: take it from sys.servers");
    if (strstr(next, "sp_testlinkedserver") && test && test->outcome == TEST_SKIPPED && test->reason)
        prose_add(&prose, "; only where what kept the audit from it is no objection: %s", test->reason);
    return prose_text(&prose);
}

static enum actor actor_of(const struct view *view, const struct cause_text *text,
                           const struct catalogue_row *row)
{
    if ((view->link && source_too_old(view)) || pipe_text(view, text->cause))
        return ACTOR_DBA_SOURCE;
    /* Where the audit host met the same, it is not the source's doing. */
    bool same = row && row->vague && seen_by_audit_host(view) == TERNARY_FALSE;
    return row && row->actor && !same ? row->actor : text->actor;
}

void explain_cause(const struct view *view, enum cause cause, struct diagnosis *diagnosis)
{
    const struct cause_text *text = text_of(cause);
    const struct catalogue_row *row =
        view->heard.row && view->heard.row->cause == cause ? view->heard.row : NULL;
    bool source_is_old = view->link && source_too_old(view);
    struct prose prose = prose_new(view->arena);
    prose_put(&prose, source_is_old
                          ? "The source's build cannot speak TLS 1.2, and the target takes nothing older."
                          : sentence_of(view, text));
    if (cause != CAUSE_OK && takes_own_name(view))
        prose_add(&prose, " The link has no data source, so its own name %s is taken as the server.",
                  view->link->name);
    add_build(view, cause, &prose);
    add_other_port(view, &prose);
    add_denied(view, &prose);
    if (view->link) {
        add_instance_view(view, cause, &prose);
        add_audit_host_view(view, cause, &prose);
    }
    diagnosis->cause = cause;
    diagnosis->actor = actor_of(view, text, row);
    diagnosis->text = prose_text(&prose);
    const char *next = row && row->remedy && !pipe_text(view, cause) ? row->remedy : next_for(view, text);
    diagnosis->action = next ? action_of(view, next) : NULL;
}

static void add_rules(struct prose *prose, const char *title, const struct cause_rule *rules, size_t count)
{
    prose_add(prose, "%s\n\n| cause | when |\n|---|---|\n", title);
    for (size_t i = 0; i < count; i++) {
        const char *cause = rules[i].cause == FROM_AUDIT_HOST ? "(the endpoint's)"
                            : rules[i].cause == FROM_INSTANCE ? "(the message's)"
                                                              : name_of(&cause_names, (int)rules[i].cause);
        prose_add(prose, "| %s | %s |\n", cause, rules[i].condition);
    }
}

char *diagnosis_causes_markdown(struct arena *arena)
{
    struct prose prose = prose_new(arena);
    add_rules(&prose, "Of an endpoint, from the audit host alone; the first row that holds decides:",
              endpoint_cause_rules, endpoint_cause_rule_count);
    prose_put(&prose, "\n");
    add_rules(&prose, "Of a link, from both sides; the first row that holds decides:", link_cause_rules,
              link_cause_rule_count);
    return prose_text(&prose);
}
