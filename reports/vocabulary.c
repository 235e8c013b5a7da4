#include "reports/vocabulary.h"

#include <stddef.h>

#define REQUIRED true
#define OPTIONAL false

#define TEXT(label, member, need, doc)                                                                       \
    {                                                                                                        \
        label, MEMBER_TEXT, offsetof(SUBJECT, member), need, NULL, NULL, NULL, doc                           \
    }
#define NUMBER(label, member, need, doc)                                                                     \
    {                                                                                                        \
        label, MEMBER_NUMBER, offsetof(SUBJECT, member), need, NULL, NULL, NULL, doc                         \
    }
#define MOMENT(label, member, need, doc)                                                                     \
    {                                                                                                        \
        label, MEMBER_MOMENT, offsetof(SUBJECT, member), need, NULL, NULL, NULL, doc                         \
    }
#define TERNARY(label, member, need, doc)                                                                    \
    {                                                                                                        \
        label, MEMBER_TERNARY, offsetof(SUBJECT, member), need, NULL, NULL, NULL, doc                        \
    }
#define NAME(label, member, table, need, doc)                                                                \
    {                                                                                                        \
        label, MEMBER_NAME, offsetof(SUBJECT, member), need, &table, NULL, NULL, doc                         \
    }
#define CONTENT(member, doc)                                                                                 \
    {                                                                                                        \
        NULL, MEMBER_CONTENT, offsetof(SUBJECT, member), OPTIONAL, NULL, NULL, NULL, doc                     \
    }
#define TEXT_ELEMENT(label, member, doc)                                                                     \
    {                                                                                                        \
        label, MEMBER_TEXT_ELEMENT, offsetof(SUBJECT, member), OPTIONAL, NULL, NULL, NULL, doc               \
    }
#define ONE(child, member)                                                                                   \
    {                                                                                                        \
        NULL, MEMBER_ONE, offsetof(SUBJECT, member), OPTIONAL, NULL, &child, NULL, NULL                      \
    }
#define MANY(child, member)                                                                                  \
    {                                                                                                        \
        NULL, MEMBER_MANY, offsetof(SUBJECT, member), OPTIONAL, NULL, &child, NULL, NULL                     \
    }
#define MANY_IN(around, child, member, doc)                                                                  \
    {                                                                                                        \
        NULL, MEMBER_MANY, offsetof(SUBJECT, member), OPTIONAL, NULL, &child, around, doc                    \
    }

#define ELEMENT(identifier, label, doc)                                                                      \
    const struct element identifier = {label, sizeof(SUBJECT), identifier##_members,                         \
                                       sizeof(identifier##_members) / sizeof(identifier##_members[0]), doc};

#define SUBJECT struct message
static const struct member message_element_members[] = {
    NUMBER("number", number, OPTIONAL, "The native error number, as the server or the driver gave it."),
    NUMBER("severity", severity, OPTIONAL, "The server's severity (class), 0 to 25."),
    NUMBER("state", state, OPTIONAL, "The server's state."),
    TEXT("sqlstate", sqlstate, OPTIONAL, "The ODBC SQLSTATE, five characters."),
    CONTENT(text, "The message's text."),
};
ELEMENT(message_element, "message", "One diagnostic record, whole, as it was received.")
#undef SUBJECT

#define SUBJECT struct failure
static const struct member failure_element_members[] = {
    NAME("phase", phase, failure_phase_names, REQUIRED, "How far the audit of this instance came."),
    MANY(message_element, messages),
};
ELEMENT(failure_element, "failure", "Why an instance could not be audited, or not wholly.")
#undef SUBJECT

#define SUBJECT struct visibility
static const struct member visibility_element_members[] = {
    TEXT("permission", permission, REQUIRED, "A permission or role that shows something."),
    TEXT("database", database, OPTIONAL, "The database, where the permission is one of a database."),
    TERNARY("granted", granted, OPTIONAL,
            "Whether the audit login holds it; absent where this version has no such permission."),
    TEXT("hides", hides, OPTIONAL,
         "What its absence hides, as words separated by blanks; absent where others show it."),
};
ELEMENT(visibility_element, "visibility", "What the audit login may see.")
#undef SUBJECT

#define SUBJECT struct not_readable
static const struct member not_readable_element_members[] = {
    TEXT("what", what, REQUIRED, "The question that had no answer."),
    TEXT("database", database, OPTIONAL, "The database in which it was asked."),
    NUMBER("number", number, OPTIONAL, "The server's error number."),
    TEXT("reason", reason, REQUIRED, "Why."),
};
ELEMENT(not_readable_element, "not-readable",
        "A question that this instance did not answer: nothing may be concluded from it.")
#undef SUBJECT

#define SUBJECT struct property
static const struct member property_element_members[] = {
    TEXT("name", name, REQUIRED, "The property's name."),
    TEXT("value", value, OPTIONAL, "Its value; absent for NULL."),
};
ELEMENT(property_element, "property", "A fact as name and value.")
#undef SUBJECT

#define SUBJECT struct client_alias
static const struct member client_alias_element_members[] = {
    TEXT("name", name, REQUIRED, "The alias."),
    TEXT("target", target, REQUIRED, "Where it leads: network library and address."),
};
ELEMENT(client_alias_element, "client-alias",
        "A SQL client alias of the instance's machine; it redirects a data source of that name.")
#undef SUBJECT

#define SUBJECT struct provider
static const struct member provider_element_members[] = {
    TEXT("name", name, REQUIRED, "The OLE DB provider's name (PROGID)."),
    TEXT("description", description, OPTIONAL, "Its description."),
    TERNARY("allow-in-process", allow_in_process, OPTIONAL, "Runs inside the engine's process."),
    TERNARY("disallow-ad-hoc", disallow_ad_hoc, OPTIONAL, "Ad hoc access through it is off."),
    TERNARY("dynamic-parameters", dynamic_parameters, OPTIONAL, "Provider option."),
    TERNARY("nested-queries", nested_queries, OPTIONAL, "Provider option."),
    TERNARY("level-zero-only", level_zero_only, OPTIONAL, "Provider option."),
    TERNARY("non-transacted-updates", non_transacted_updates, OPTIONAL, "Provider option."),
    TERNARY("index-as-access-path", index_as_access_path, OPTIONAL, "Provider option."),
    TERNARY("sql-server-like", sql_server_like, OPTIONAL, "Provider option."),
};
ELEMENT(provider_element, "provider", "An OLE DB provider that is registered on the instance.")
#undef SUBJECT

#define SUBJECT struct principal
static const struct member principal_element_members[] = {
    TEXT("name", name, REQUIRED, "The principal's name."),
    TEXT("type", type, OPTIONAL, "As in sys.server_principals: S, U, G, R, C, K, E, X."),
    TEXT("permission", permission, OPTIONAL, "The server permission that it holds."),
    TEXT("role", role, OPTIONAL, "The server role that it is a member of."),
    TERNARY("disabled", disabled, OPTIONAL, "Whether the login is disabled."),
};
ELEMENT(principal_element, "principal", "A principal that may change linked servers or act as sysadmin.")
#undef SUBJECT

#define SUBJECT struct database
static const struct member database_element_members[] = {
    TEXT("name", name, REQUIRED, "The database's name."),
    TEXT("state", state, OPTIONAL, "Its state, as in sys.databases."),
    TERNARY("searched", searched, OPTIONAL, "Whether its code was searched for uses of linked servers."),
    TEXT("reason", reason, OPTIONAL, "Why it was not searched, or not wholly."),
    NUMBER("modules", modules, OPTIONAL, "Modules read."),
    NUMBER("unreadable-modules", unreadable_modules, OPTIONAL,
           "Modules whose text is encrypted or not visible."),
    NUMBER("ms", ms, OPTIONAL, "Duration in milliseconds."),
};
ELEMENT(database_element, "database", "A database of the instance and what the usage search could do there.")
#undef SUBJECT

#define SUBJECT struct session
static const struct member session_element_members[] = {
    TEXT("host", host, OPTIONAL, "The client's host name, as it says."),
    TEXT("address", address, OPTIONAL, "The client's network address."),
    TEXT("login", login, OPTIONAL, "The login that it came in with."),
    TEXT("interface", interface_name, OPTIONAL, "The client library."),
    TEXT("encrypted", encrypted, OPTIONAL, "encrypt_option of sys.dm_exec_connections."),
    TEXT("auth-scheme", auth_scheme, OPTIONAL, "SQL, NTLM or KERBEROS."),
    TEXT("transport", transport, OPTIONAL, "TCP, Named pipe or Shared memory."),
    NUMBER("sessions", sessions, OPTIONAL, "How many."),
    MOMENT("last-seen", last_seen, OPTIONAL, "End of the last request."),
};
ELEMENT(session_element, "session", "Live sessions that came through a linked server of another instance.")
#undef SUBJECT

#define SUBJECT struct sql_login
static const struct member sql_login_element_members[] = {
    TEXT("name", name, REQUIRED, "The SQL login's name."),
    TERNARY("disabled", disabled, OPTIONAL, "Disabled."),
    TERNARY("locked", locked, OPTIONAL, "Locked out."),
    TERNARY("expired", expired, OPTIONAL, "The password has expired."),
    TERNARY("sysadmin", sysadmin, OPTIONAL, "Member of sysadmin."),
    NUMBER("days-until-expiration", days_until_expiration, OPTIONAL, "Days until the password expires."),
};
ELEMENT(sql_login_element, "sql-login", "State of a SQL login of this instance.")
#undef SUBJECT

#define SUBJECT struct login_mapping
static const struct member login_mapping_element_members[] = {
    TEXT("local", local, OPTIONAL,
         "The local login; * for every login without a mapping of its own; absent: not visible."),
    TEXT("local-type", local_type, OPTIONAL, "As in sys.server_principals."),
    NUMBER("local-id", local_id, OPTIONAL, "local_principal_id; 0 is every login."),
    TERNARY("local-disabled", local_disabled, OPTIONAL, "The local login is disabled."),
    TEXT("remote", remote, OPTIONAL, "The remote login; absent: none, or the caller's own."),
    TERNARY("self", self, OPTIONAL, "The caller's own credential is used."),
    MOMENT("modified", modified, OPTIONAL, "modify_date."),
};
ELEMENT(login_mapping_element, "login", "A login mapping of the linked server.")
#undef SUBJECT

#define SUBJECT struct column
static const struct member column_members[] = {
    TEXT("name", name, REQUIRED, "The column's name."),
    TEXT("value", value, OPTIONAL, "Its value; absent for NULL."),
};
static ELEMENT(column, "column", "A column of sys.servers that this program does not know by name.")
#undef SUBJECT

#define SUBJECT struct certificate_check
    static const struct member certificate_check_members[] = {
        TEXT("name", name, REQUIRED, "The name that the link's provider compares with the certificate."),
        TERNARY("match", match, OPTIONAL, "Whether the certificate carries it."),
        TERNARY("trusted", trusted, OPTIONAL, "Whether the chain is trusted by the audit host."),
        TERNARY("validated", validated, OPTIONAL, "Whether this link validates the certificate at all."),
};
static ELEMENT(certificate_check, "certificate-check",
               "The endpoint's certificate against this link's own spelling of the server.")
#undef SUBJECT

#define SUBJECT struct use
    static const struct member use_element_members[] = {
        TEXT("how", how, OPTIONAL,
             "How: four-part-name, openquery, execute-at, string, synonym or dependency."),
        TEXT("database", database, OPTIONAL, "The database; absent for an Agent job."),
        TEXT("object", object, REQUIRED, "The object's schema and name, or the job and step."),
        NAME("type", type, use_type_names, REQUIRED, "What uses the link."),
        NUMBER("count", count, OPTIONAL, "How often."),
};
ELEMENT(use_element, "use", "Code that uses the linked server. Its text is never kept.")
static const struct member dangling_use_element_members[] = {
    TEXT("link", link, REQUIRED, "The name of the link that was not found."),
    TEXT("how", how, OPTIONAL, "How: four-part-name, openquery, execute-at, string, synonym or dependency."),
    TEXT("database", database, OPTIONAL, "The database; absent for an Agent job."),
    TEXT("object", object, REQUIRED, "The object's schema and name, or the job and step."),
    NAME("type", type, use_type_names, REQUIRED, "What uses the name."),
    NUMBER("count", count, OPTIONAL, "How often."),
};
ELEMENT(dangling_use_element, "dangling-use", "Code that names a linked server that was not found.")
#undef SUBJECT

#define SUBJECT struct link_test
static const struct member test_element_members[] = {
    NAME("outcome", outcome, test_outcome_names, REQUIRED, "What came of sp_testlinkedserver."),
    TEXT("reason", reason, OPTIONAL, "Why it was skipped."),
    TEXT("login", login, OPTIONAL, "The remote login that the mapping gave."),
    NUMBER("ms", ms, OPTIONAL, "Duration in milliseconds."),
    MOMENT("at", at, OPTIONAL, "When it began."),
    MANY(message_element, messages),
};
ELEMENT(test_element, "test", "The instance's own test of the link, as the audit login is mapped.")
#undef SUBJECT

#define SUBJECT struct step
static const struct member step_members[] = {
    NAME("name", name, step_names, REQUIRED, "The step of the checklist."),
    NAME("result", result, step_result_names, REQUIRED, "What came of it."),
    TEXT("from", from, OPTIONAL, "Who saw it: audit-host or instance."),
    CONTENT(evidence, "The evidence."),
};
static ELEMENT(step, "step", "A step of the ten-step checklist.")
#undef SUBJECT

#define SUBJECT struct diagnosis
    static const struct member diagnosis_element_members[] = {
        NAME("cause", cause, cause_names, REQUIRED, "The one cause."),
        NAME("actor", actor, actor_names, OPTIONAL, "Who acts."),
        MANY(step, steps),
        TEXT_ELEMENT("text", text, "What is wrong, in a sentence."),
        TEXT_ELEMENT("next", action, "What to type next."),
};
ELEMENT(diagnosis_element, "diagnosis", "Why it works or does not.")
#undef SUBJECT

#define SUBJECT struct readiness
static const struct member readiness_members[] = {
    NUMBER("target", target, REQUIRED, "The release of SQL Server."),
    NAME("verdict", verdict, verdict_names, REQUIRED, "What happens to the link there."),
    TEXT_ELEMENT("reason", reason, "Why."),
    TEXT_ELEMENT("fix", fix, "The T-SQL that mends it."),
};
static ELEMENT(readiness, "readiness", "What a release of SQL Server does to the link.")
#undef SUBJECT

#define SUBJECT struct linked_server
    static const struct member linked_server_element_members[] = {
        TEXT("name", name, REQUIRED, "The linked server's name."),
        NUMBER("server-id", server_id, OPTIONAL, "server_id of sys.servers."),
        TEXT("product", product, OPTIONAL, "srvproduct."),
        TEXT("provider", provider, OPTIONAL, "The OLE DB provider, as stored."),
        TEXT("data-source", data_source, OPTIONAL, "The data source."),
        TEXT("location", location, OPTIONAL, "The location."),
        TEXT("provider-string", provider_string, OPTIONAL,
             "The provider string, with *** for each password."),
        TERNARY("provider-string-visible", provider_string_visible, OPTIONAL,
                "Whether the audit login may see provider strings; if not, its absence says nothing."),
        TEXT("catalog", catalog, OPTIONAL, "The catalog."),
        TEXT("endpoint", endpoint, OPTIONAL, "The id of the endpoint that it leads to."),
        TEXT("failover-endpoint", failover_endpoint, OPTIONAL, "The id of its failover partner's endpoint."),
        TEXT("target-note", target_note, OPTIONAL,
             "Why it leads to no endpoint, or what of its definition has no effect."),
        NUMBER("connect-timeout", connect_timeout, OPTIONAL,
               "Seconds; 0: the instance's remote login timeout."),
        NUMBER("query-timeout", query_timeout, OPTIONAL, "Seconds; 0: the instance's remote query timeout."),
        TERNARY("linked", linked, OPTIONAL, "is_linked; false is an old-style remote server."),
        TERNARY("rpc", rpc, OPTIONAL, "is_remote_login_enabled."),
        TERNARY("rpc-out", rpc_out, OPTIONAL, "is_rpc_out_enabled."),
        TERNARY("data-access", data_access, OPTIONAL, "is_data_access_enabled."),
        TERNARY("collation-compatible", collation_compatible, OPTIONAL, "is_collation_compatible."),
        TERNARY("uses-remote-collation", uses_remote_collation, OPTIONAL, "uses_remote_collation."),
        TEXT("collation-name", collation_name, OPTIONAL, "collation_name."),
        TERNARY("lazy-schema-validation", lazy_schema_validation, OPTIONAL, "lazy_schema_validation."),
        TERNARY("system", system, OPTIONAL, "is_system."),
        TERNARY("publisher", publisher, OPTIONAL, "is_publisher."),
        TERNARY("subscriber", subscriber, OPTIONAL, "is_subscriber."),
        TERNARY("distributor", distributor, OPTIONAL, "is_distributor."),
        TERNARY("nonsql-subscriber", nonsql_subscriber, OPTIONAL, "is_nonsql_subscriber."),
        TERNARY("rpc-promotion", rpc_promotion, OPTIONAL,
                "is_remote_proc_transaction_promotion_enabled, from 2008."),
        TERNARY("rda-server", rda_server, OPTIONAL, "is_rda_server, from 2016."),
        MOMENT("modified", modified, OPTIONAL, "modify_date."),
        MANY(login_mapping_element, logins),
        MANY(column, columns),
        MANY(certificate_check, certificate_checks),
        MANY(use_element, uses),
        ONE(test_element, test),
        ONE(diagnosis_element, diagnosis),
        ONE(readiness, readiness),
};
ELEMENT(linked_server_element, "linked-server", "A row of sys.servers and all that is known of it.")
#undef SUBJECT

#define SUBJECT struct instance
static const struct member instance_element_members[] = {
    TEXT("name", name, REQUIRED, "The configuration's name for the instance."),
    TEXT("server", server, OPTIONAL, "Where ODBC connected to, as configured."),
    NAME("status", status, instance_status_names, REQUIRED, "How far its audit came."),
    TEXT("tags", tags, OPTIONAL, "The configuration's tags, separated by blanks."),
    TEXT("zone", zone, OPTIONAL, "The network zone, in a merged report."),
    TEXT("server-version", server_version, OPTIONAL, "ProductVersion."),
    TEXT("product", product, OPTIONAL, "The product and its release."),
    TEXT("edition", edition, OPTIONAL, "The edition."),
    NUMBER("engine-edition", engine_edition, OPTIONAL, "EngineEdition."),
    TEXT("server-name", server_name, OPTIONAL, "SERVERPROPERTY('ServerName')."),
    TEXT("at-at-servername", at_at_servername, OPTIONAL, "@@SERVERNAME; absent when it is NULL."),
    TEXT("domain", domain, OPTIONAL, "The domain with which its single-label data sources are completed."),
    TEXT("endpoint", endpoint, OPTIONAL, "The id of the endpoint that the instance itself is."),
    MOMENT("started", started, OPTIONAL, "When its audit began."),
    MOMENT("finished", finished, OPTIONAL, "When its audit ended."),
    NUMBER("ms", ms, OPTIONAL, "How long its audit took, in milliseconds."),
    ONE(failure_element, failure),
    MANY(visibility_element, visibilities),
    MANY(not_readable_element, not_readables),
    MANY(property_element, properties),
    MANY(client_alias_element, aliases),
    MANY(provider_element, providers),
    MANY(principal_element, principals),
    MANY(database_element, databases),
    MANY(session_element, sessions),
    MANY(sql_login_element, sql_logins),
    MANY(dangling_use_element, dangling_uses),
    MANY(linked_server_element, linked_servers),
};
ELEMENT(instance_element, "instance", "An instance of the configuration.")
#undef SUBJECT

#define SUBJECT struct address
static const struct member address_members[] = {
    TEXT("ip", ip, REQUIRED, "IPv4 or IPv6, numeric."),
    TEXT("reverse", reverse, OPTIONAL, "The name that the address resolves back to."),
    TERNARY("allowed", allowed, OPTIONAL,
            "False: the configuration's allow and deny keep the audit from it; nothing was sent there."),
};
static ELEMENT(address, "address", "An address of the host.")
#undef SUBJECT

#define SUBJECT struct resolve
    static const struct member resolve_members[] = {
        NAME("outcome", outcome, resolve_outcome_names, REQUIRED, "What came of it."),
        TEXT("name", name, OPTIONAL, "The name that gave the addresses."),
        TEXT("tried", tried, OPTIONAL, "All names that were tried, in order, separated by blanks."),
        TEXT("source", source, OPTIONAL, "Where the answer came from."),
        TEXT("detail", detail, OPTIONAL, "More of it."),
        NUMBER("ms", ms, OPTIONAL, "Duration in milliseconds."),
        MANY(address, addresses),
};
static ELEMENT(resolve, "resolve", "From name to addresses, from the audit host.")
#undef SUBJECT

#define SUBJECT struct ping
    static const struct member ping_members[] = {
        NAME("outcome", outcome, ping_outcome_names, REQUIRED, "What came of the ICMP echo."),
        TEXT("ip", ip, OPTIONAL, "The address."),
        TEXT("detail", detail, OPTIONAL, "Why it was skipped, or who answered instead."),
        NUMBER("ms", ms, OPTIONAL, "Round trip in milliseconds."),
};
static ELEMENT(ping, "ping", "ICMP echo.")
#undef SUBJECT

#define SUBJECT struct browser
    static const struct member browser_members[] = {
        NAME("outcome", outcome, browser_outcome_names, REQUIRED, "What SQL Browser on UDP 1434 said."),
        TEXT("ip", ip, OPTIONAL, "The address asked."),
        TEXT("answered-from", answered_from, OPTIONAL, "The address that answered, where it is another."),
        TEXT("server-name", server_name, OPTIONAL, "ServerName of the answer."),
        TEXT("instance", instance, OPTIONAL, "InstanceName of the answer."),
        TERNARY("clustered", clustered, OPTIONAL, "IsClustered of the answer."),
        TEXT("version", version, OPTIONAL,
             "Version of the answer: the installation's, which patches do not change."),
        NUMBER("tcp-port", tcp_port, OPTIONAL, "The instance's TCP port."),
        TEXT("pipe", pipe, OPTIONAL, "The instance's named pipe."),
        TEXT("instances", instances, OPTIONAL, "What SQL Browser lists, NAME:PORT separated by blanks."),
        TEXT("detail", detail, OPTIONAL, "More of it."),
        NUMBER("ms", ms, OPTIONAL, "Duration in milliseconds."),
};
static ELEMENT(browser, "browser", "SQL Browser (MC-SQLR).")
#undef SUBJECT

#define SUBJECT struct connection
    static const struct member connection_members[] = {
        TEXT("ip", ip, REQUIRED, "The address."),
        NUMBER("port", port, REQUIRED, "The TCP port."),
        NAME("outcome", outcome, connect_outcome_names, REQUIRED, "What came of it."),
        TEXT("from", from, OPTIONAL, "Whose ICMP message it was, where it was not the host's own."),
        NUMBER("ms", ms, OPTIONAL, "Duration in milliseconds."),
        NUMBER("attempts", attempts, OPTIONAL, "How often it was tried."),
        NUMBER("retransmissions", retransmissions, OPTIONAL, "SYN packets that had to be sent again."),
        TEXT("detail", detail, OPTIONAL, "The system's own words."),
};
static ELEMENT(connection, "connect", "TCP connect to one address.")
#undef SUBJECT

#define SUBJECT struct prelogin
    static const struct member prelogin_members[] = {
        NAME("outcome", outcome, prelogin_outcome_names, REQUIRED, "What came of PRELOGIN."),
        TEXT("ip", ip, OPTIONAL, "The address that answered."),
        TEXT("server-version", server_version, OPTIONAL, "VERSION: the server's build."),
        NAME("encryption", encryption, encryption_names, OPTIONAL,
             "The answer to ENCRYPTION=off: off is available, required is forced, not-supported is none."),
        TERNARY("instance-match", instance_match, OPTIONAL,
                "INSTOPT: the instance is the one asked for (2008 R2 and older check it)."),
        TEXT("looks-like", looks_like, OPTIONAL, "What spoke instead: http, ssh, tls and others."),
        TEXT("detail", detail, OPTIONAL, "More of it."),
        NUMBER("ms", ms, OPTIONAL, "Duration in milliseconds."),
};
static ELEMENT(prelogin, "prelogin", "TDS PRELOGIN (MS-TDS 2.2.6.5).")
#undef SUBJECT

#define SUBJECT struct cipher
    static const struct member cipher_members[] = {
        TEXT("name", name, REQUIRED, "The cipher suite."),
        TEXT("key-exchange", key_exchange, OPTIONAL, "The key exchange that came with it."),
};
static ELEMENT(cipher, "cipher", "A cipher suite that the server accepts, in the order of its choice.")
#undef SUBJECT

#define SUBJECT struct tls
    static const struct member tls_members[] = {
        NAME("protocol", protocol, tls_version_names, REQUIRED, "The protocol version asked for."),
        NAME("outcome", outcome, tls_outcome_names, REQUIRED,
             "What came of it; inconclusive where the audit host is the limit."),
        TEXT("cipher", cipher, OPTIONAL, "The cipher suite of the accepted handshake."),
        NUMBER("bits", bits, OPTIONAL, "Its strength."),
        TEXT("key-exchange", key_exchange, OPTIONAL, "Its key exchange."),
        TEXT("alert", alert, OPTIONAL, "The TLS alert that the server sent."),
        TEXT("detail", detail, OPTIONAL, "More of it."),
        NUMBER("ms", ms, OPTIONAL, "Duration in milliseconds."),
        MOMENT("as-of", as_of, OPTIONAL,
               "When this was found, where it was carried over from a former report."),
        TERNARY("by-hand", by_hand, OPTIONAL,
                "Asked with a hello made by hand, because the audit host's OpenSSL cannot speak it."),
        TERNARY("server-preference", server_preference, OPTIONAL,
                "The server, not the client, chooses the suite."),
        TEXT("groups", groups, OPTIONAL,
             "The groups of the key exchange that the server accepts, in the order in which it chose them, "
             "separated by blanks."),
        MANY(cipher, ciphers),
};
static ELEMENT(tls, "tls", "One protocol version, in a connection of its own.")
#undef SUBJECT

#define SUBJECT struct strict
    static const struct member strict_members[] = {
        NAME("outcome", outcome, strict_outcome_names, REQUIRED,
             "Whether TDS 8.0 works: TLS from the first byte, then PRELOGIN inside."),
        NAME("protocol", protocol, tls_version_names, OPTIONAL, "The TLS version that it took."),
        TEXT("cipher", cipher, OPTIONAL, "The cipher suite."),
        TEXT("alpn", alpn, OPTIONAL, "The application protocol that the server chose."),
        TEXT("detail", detail, OPTIONAL, "More of it."),
        NUMBER("ms", ms, OPTIONAL, "Duration in milliseconds."),
        MOMENT("as-of", as_of, OPTIONAL,
               "When this was found, where it was carried over from a former report."),
};
static ELEMENT(strict, "strict", "TDS 8.0.")
#undef SUBJECT

#define SUBJECT struct certificate_name
    static const struct member certificate_name_members[] = {
        TEXT("type", type, REQUIRED, "dns, ip, or cn for the subject's common name."),
        CONTENT(value, "The name."),
};
static ELEMENT(certificate_name, "name", "A name that the certificate is for.")
#undef SUBJECT

#define SUBJECT struct certificate
    static const struct member certificate_element_members[] = {
        NUMBER("position", position, REQUIRED, "0 is the server's own, then its issuers."),
        TEXT("subject", subject, OPTIONAL, "The subject."),
        TEXT("issuer", issuer, OPTIONAL, "The issuer."),
        TEXT("serial", serial, OPTIONAL, "The serial number, hexadecimal."),
        MOMENT("not-before", not_before, OPTIONAL, "Valid from."),
        MOMENT("not-after", not_after, OPTIONAL, "Valid until."),
        TEXT("key", key, OPTIONAL, "Kind and size of the key: RSA 2048."),
        TEXT("signature", signature, OPTIONAL, "The signature algorithm."),
        TEXT("sha256", sha256, OPTIONAL, "SHA-256 thumbprint."),
        TEXT("sha1", sha1, OPTIONAL, "SHA-1 thumbprint, as Windows shows it."),
        TERNARY("self-signed", self_signed, OPTIONAL, "Signed with its own key."),
        TERNARY("fallback", fallback, OPTIONAL, "The certificate that SQL Server makes for itself."),
        TERNARY("trusted", trusted, OPTIONAL,
                "The chain ends in a certificate authority that the audit host trusts."),
        TEXT("trust-error", trust_error, OPTIONAL, "Why not."),
        TERNARY("name-match", name_match, OPTIONAL, "It is for the endpoint's host."),
        MOMENT("as-of", as_of, OPTIONAL,
               "When this was found, where it was carried over from a former report."),
        MANY(certificate_name, names),
};
ELEMENT(certificate_element, "certificate", "A certificate of the chain that the server sent.")
#undef SUBJECT

#define SUBJECT struct endpoint
static const struct member endpoint_element_members[] = {
    TEXT("id", id, REQUIRED, "Its id in this report only."),
    TEXT("key", key, OPTIONAL, "The canonical target: the same in every report."),
    NAME("kind", kind, endpoint_kind_names, OPTIONAL, "What is asked there."),
    TEXT("host", host, OPTIONAL, "The host, as the links name it."),
    TEXT("domain", domain, OPTIONAL, "The domain of the instances whose single-label data source it is."),
    NUMBER("port", port, OPTIONAL, "The TCP port."),
    TEXT("instance", instance, OPTIONAL, "The instance name."),
    TEXT("zone", zone, OPTIONAL, "The network zone that it was seen from, in a merged report."),
    NUMBER("links", links, OPTIONAL, "How many links lead to it."),
    TERNARY("reachable", reachable, OPTIONAL, "Whether the expected service answers, from the audit host."),
    TEXT("audited-as", audited_as, OPTIONAL, "The audited instance that it is."),
    NUMBER("connections", connections, OPTIONAL, "TCP connections that the probe made."),
    NUMBER("broken-off", broken_off, OPTIONAL,
           "Handshakes that the probe began and did not finish: entries in the target's error log."),
    MOMENT("probed", probed, OPTIONAL, "When."),
    ONE(resolve, resolve),
    MANY(ping, pings),
    ONE(browser, browser),
    MANY(connection, connects),
    ONE(prelogin, prelogin),
    MANY(tls, tls),
    ONE(strict, strict),
    MANY(certificate_element, certificates),
    MANY(property_element, properties),
    ONE(diagnosis_element, diagnosis),
};
ELEMENT(endpoint_element, "endpoint",
        "A distinct target, however many links lead to it, as the audit host sees it.")
#undef SUBJECT

#define SUBJECT struct reference
static const struct member reference_members[] = {
    CONTENT(text, "The reference."),
};
static ELEMENT(reference, "reference", "Where this is written.")
#undef SUBJECT

#define SUBJECT struct finding
    static const struct member finding_element_members[] = {
        TEXT("rule", rule, REQUIRED, "The rule's id."),
        NAME("severity", severity, severity_names, REQUIRED, "How bad it is."),
        TEXT("instance", instance, OPTIONAL, "The instance."),
        TEXT("link", link, OPTIONAL, "The linked server."),
        TEXT("endpoint", endpoint, OPTIONAL, "The endpoint's id."),
        MOMENT("since", since, OPTIONAL, "Open since, as far as former reports tell."),
        TERNARY("waived", waived, REQUIRED, "Accepted by a waiver of the policy."),
        TEXT("waiver", waiver, OPTIONAL, "Owner, reason and expiry of the waiver."),
        TEXT_ELEMENT("title", title, "What it is."),
        TEXT_ELEMENT("evidence", evidence, "The values that it rests on."),
        TEXT_ELEMENT("why", why, "Why it matters."),
        TEXT_ELEMENT("remedy", remedy, "What to do."),
        MANY(reference, references),
};
ELEMENT(finding_element, "finding", "Something that somebody should know or mend.")
#undef SUBJECT

#define SUBJECT struct change
static const struct member change_element_members[] = {
    NAME("kind", kind, change_kind_names, REQUIRED, "What happened."),
    NAME("what", what, change_what_names, REQUIRED, "What it happened to."),
    TEXT("instance", instance, OPTIONAL, "The instance."),
    TEXT("link", link, OPTIONAL, "The linked server."),
    TEXT("endpoint", endpoint, OPTIONAL, "The endpoint's canonical target."),
    TEXT("item", item, OPTIONAL, "The attribute, mapping or rule."),
    TEXT("before", before, OPTIONAL, "Its former value."),
    TEXT("after", after, OPTIONAL, "Its present value."),
};
ELEMENT(change_element, "change", "A difference from the former report.")
#undef SUBJECT

#define SUBJECT struct changes
static const struct member changes_element_members[] = {
    TEXT("since-run", since_run, REQUIRED, "The former report's run-id."),
    MANY(change_element, list),
};
ELEMENT(changes_element, "changes", "What is different from the former report.")
#undef SUBJECT

#define SUBJECT struct compliance_answer
static const struct member compliance_element_members[] = {
    TEXT("rule", rule, REQUIRED, "The rule's id in the STIG."),
    TEXT("title", title, OPTIONAL, "What the rule asks for."),
    TEXT("category", category, OPTIONAL, "The STIG's severity: CAT I, II or III."),
    TEXT("instance", instance, REQUIRED, "The instance."),
    NAME("result", result, compliance_result_names, REQUIRED, "The answer."),
    TEXT_ELEMENT("evidence", evidence, "Query, raw value and permission held."),
};
ELEMENT(compliance_element, "answer", "The answer to a rule for an instance.")
#undef SUBJECT

#define SUBJECT struct summary
static const struct member summary_element_members[] = {
    NUMBER("instances", instances, REQUIRED, "Instances of the configuration."),
    NUMBER("instances-failed", instances_failed, OPTIONAL, "Those that could not be audited."),
    NUMBER("links", links, REQUIRED, "Linked servers."),
    NUMBER("links-ok", links_ok, OPTIONAL, "Those that work as far as anybody could see."),
    NUMBER("links-failed", links_failed, OPTIONAL, "Those that do not work."),
    NUMBER("links-unknown", links_unknown, OPTIONAL, "Those of which neither is known."),
    NUMBER("endpoints", endpoints, REQUIRED, "Distinct targets."),
    NUMBER("endpoints-reachable", endpoints_reachable, OPTIONAL, "Those that answer the audit host."),
    NUMBER("critical", critical, REQUIRED, "Critical findings, waived ones not counted."),
    NUMBER("high", high, REQUIRED, "High ones."),
    NUMBER("medium", medium, REQUIRED, "Medium ones."),
    NUMBER("low", low, REQUIRED, "Low ones."),
    NUMBER("info", info, REQUIRED, "Informational ones."),
    NUMBER("waived", waived, REQUIRED, "Waived ones."),
};
ELEMENT(summary_element, "summary", "The numbers.")
#undef SUBJECT

#define SUBJECT struct trend
static const struct member trend_element_members[] = {
    TEXT("run-id", run_id, REQUIRED, "The run's identity."),
    MOMENT("started", started, REQUIRED, "When the run began."),
    TERNARY("complete", complete, OPTIONAL, "Everything of the configuration was looked at."),
    NUMBER("links", links, OPTIONAL, "Linked servers."),
    NUMBER("links-ok", links_ok, OPTIONAL, "Those that worked as far as anybody could see."),
    NUMBER("links-failed", links_failed, OPTIONAL, "Those that did not work."),
    NUMBER("links-unknown", links_unknown, OPTIONAL, "Those of which neither was known."),
    NUMBER("endpoints", endpoints, OPTIONAL, "Distinct targets."),
    NUMBER("endpoints-reachable", endpoints_reachable, OPTIONAL, "Those that answered the audit host."),
    NUMBER("critical", critical, OPTIONAL, "Critical findings, waived ones not counted."),
    NUMBER("high", high, OPTIONAL, "High ones."),
    NUMBER("medium", medium, OPTIONAL, "Medium ones."),
    NUMBER("low", low, OPTIONAL, "Low ones."),
    NUMBER("info", info, OPTIONAL, "Informational ones."),
    NUMBER("response-ms", response_ms, OPTIONAL,
           "Median over the endpoints of the time until they answered, in milliseconds."),
};
ELEMENT(trend_element, "trend", "A former run of the same estate, in numbers.")
#undef SUBJECT

#define SUBJECT struct scope
static const struct member scope_members[] = {
    TEXT("only", only, REQUIRED, "An instance's name, or tag:TAG."),
};
static ELEMENT(scope, "scope", "The run was limited to this; what was not observed has not disappeared.")
#undef SUBJECT

#define SUBJECT struct audit
    static const struct member audit_element_members[] = {
        TEXT("version", version, REQUIRED, "The version of this vocabulary: 1."),
        TEXT("run-id", run_id, REQUIRED, "The run's identity."),
        MOMENT("started", started, REQUIRED, "When the run began."),
        MOMENT("finished", finished, OPTIONAL, "When it ended."),
        TEXT("host", host, REQUIRED, "The audit host."),
        TEXT("program", program, REQUIRED, "The program and its version."),
        TERNARY("complete", complete, REQUIRED,
                "Everything of the configuration (within the scope) was looked at."),
        TEXT("title", title, OPTIONAL, "The configuration's title."),
        TEXT("user", user, OPTIONAL, "The account that ran it."),
        TEXT("configuration", configuration, OPTIONAL, "The configuration file."),
        TEXT("zone", zone, OPTIONAL, "The network zone; in a merged report, all of them."),
        MANY(scope, scopes),
        MANY_IN("settings", property_element, settings, "The run's settings that bound what it could see."),
        MANY_IN("problems", message_element, problems, "What went wrong in the run itself."),
        ONE(summary_element, summary),
        MANY_IN("history", trend_element, trends,
                "Former runs, the oldest first, from the history's database; this run is not among them."),
        MANY_IN("instances", instance_element, instances, "All instances of the configuration."),
        MANY_IN("endpoints", endpoint_element, endpoints, "All distinct targets."),
        MANY_IN("findings", finding_element, findings, "All findings, the worst first."),
        ONE(changes_element, changes),
        MANY_IN("compliance", compliance_element, compliance, "Answers to the rules of the STIG."),
};
ELEMENT(audit_element, "audit", "The report of one run.")
#undef SUBJECT

/* ---- rows of the pipes only ------------------------------------------------------------------------ */

#define SUBJECT struct test_request
static const struct member test_request_members[] = {
    TEXT("link", link, REQUIRED, "The linked server."),
    TEXT("login", login, OPTIONAL, "The remote login that the mapping gives."),
    TEXT("endpoint", endpoint, OPTIONAL, "The canonical target; a refusal counts for it and the login."),
};
static ELEMENT(test_request, "test-request", "A link to test.")
#undef SUBJECT

#define SUBJECT struct history_request
    static const struct member history_request_members[] = {
        TEXT("title", title, OPTIONAL, "The series: its title."),
        TEXT("zone", zone, OPTIONAL, "The series: its network zone."),
        NUMBER("runs", runs, OPTIONAL, "How many of its newest runs are read."),
        TEXT("report", report, OPTIONAL, "The report to store."),
        NUMBER("keep-runs", keep_runs, OPTIONAL, "Runs of the series that are kept."),
        NUMBER("keep", keep, OPTIONAL, "Seconds that a run is kept."),
};
static ELEMENT(history_request, "history-request", "What is read from the history, or stored in it.")
#undef SUBJECT

#define SUBJECT struct collector_job
    static const struct member collector_job_element_members[] = {
        NAME("task", task, collector_task_names, REQUIRED, "What to do."),
        TEXT("instance", instance, REQUIRED, "The configuration's name for the instance."),
        TEXT("server", server, OPTIONAL, "Host or address."),
        NUMBER("port", port, OPTIONAL, "TCP port."),
        TEXT("dsn", dsn, OPTIONAL, "Data source name."),
        TEXT("connection", connection, OPTIONAL, "Connection string."),
        TEXT("driver", driver, OPTIONAL, "ODBC driver."),
        TEXT("uid", uid, OPTIONAL, "Login."),
        TEXT("encrypt", encrypt, OPTIONAL, "Encryption."),
        TEXT("spn", spn, OPTIONAL, "Service principal name."),
        TERNARY("trusted", trusted, OPTIONAL, "Integrated authentication."),
        TERNARY("has-password", has_password, OPTIONAL, "A secret frame follows."),
        NUMBER("login-timeout", login_timeout, OPTIONAL, "Milliseconds."),
        NUMBER("query-timeout", query_timeout, OPTIONAL, "Milliseconds."),
        NUMBER("maximum-rows", maximum_rows, OPTIONAL, "Per question."),
        NUMBER("memory", memory, OPTIONAL, "Megabytes of address space."),
        TERNARY("usage", usage, OPTIONAL, "Search code for uses of links."),
        NUMBER("tests-for", tests_for, OPTIONAL, "Milliseconds after which no further test is begun."),
        MANY(test_request, tests),
        ONE(history_request, history),
};
ELEMENT(collector_job_element, "collector-job", "A collector's job.")
#undef SUBJECT

#define SUBJECT struct session_opened
static const struct member session_opened_element_members[] = {
    TEXT("instance", instance, REQUIRED, "The configuration's name for the instance."),
};
ELEMENT(session_opened_element, "session-opened", "The instance has let the collector in.")
#undef SUBJECT

#define SUBJECT struct candidate
static const struct member candidate_members[] = {
    TEXT("name", name, REQUIRED, "A name to try."),
    TEXT("source", source, OPTIONAL, "Why it is tried."),
};
static ELEMENT(candidate, "candidate", "A name to try.")
#undef SUBJECT

#define SUBJECT struct resolve_job
    static const struct member resolve_job_element_members[] = {
        TEXT("id", id, REQUIRED, "The endpoint."),
        NUMBER("timeout", timeout, OPTIONAL, "Milliseconds."),
        TERNARY("reverse", reverse, OPTIONAL, "Resolve the addresses back."),
        MANY(candidate, candidates),
};
ELEMENT(resolve_job_element, "resolve-job", "A resolver's job.")
#undef SUBJECT

#define SUBJECT struct prober_settings
static const struct member prober_settings_element_members[] = {
    TEXT("ca-file", ca_file, OPTIONAL, "Certificate authorities, PEM."),
    NUMBER("connect-timeout", connect_timeout, OPTIONAL, "Milliseconds."),
    NUMBER("tls-timeout", tls_timeout, OPTIONAL, "Milliseconds."),
    NUMBER("browser-timeout", browser_timeout, OPTIONAL, "Milliseconds."),
    NUMBER("concurrency", concurrency, OPTIONAL, "Sockets at a time."),
    NUMBER("per-host-connections", per_host_connections, OPTIONAL, "Sockets at a time to one address."),
    NUMBER("rate", rate, OPTIONAL, "New connections a second."),
};
ELEMENT(prober_settings_element, "prober-settings", "A prober's settings.")
#undef SUBJECT

#define SUBJECT struct probe_job
static const struct member probe_job_element_members[] = {
    TEXT("id", id, REQUIRED, "The endpoint."),
    NAME("kind", kind, endpoint_kind_names, REQUIRED, "What is asked there."),
    NAME("depth", depth, probe_depth_names, REQUIRED, "How much is asked."),
    TEXT("host", host, OPTIONAL, "The host, as in the data source."),
    TEXT("instance", instance, OPTIONAL, "The instance name."),
    NUMBER("port", port, OPTIONAL, "The TCP port."),
    MANY(address, addresses),
};
ELEMENT(probe_job_element, "probe-job", "A prober's job.")
#undef SUBJECT

#define SUBJECT struct reporter_output
static const struct member reporter_output_members[] = {
    TEXT("format", format, REQUIRED, "What to write."),
    TEXT("path", path, REQUIRED, "Where."),
};
static ELEMENT(reporter_output, "reporter-output", "A file to write.")
#undef SUBJECT

#define SUBJECT struct reporter_job
    static const struct member reporter_job_element_members[] = {
        TEXT("report", report, REQUIRED, "The report's path."),
        TEXT("stylesheet", stylesheet, OPTIONAL, "A stylesheet instead of the built-in one."),
        TERNARY("latest", latest, OPTIONAL, "Let latest.* point to the outputs."),
        MANY(reporter_output, outputs),
};
ELEMENT(reporter_job_element, "reporter-job", "A reporter's job.")
#undef SUBJECT

const struct element *const row_elements[] = {
    &instance_element,
    &failure_element,
    &linked_server_element,
    &visibility_element,
    &not_readable_element,
    &property_element,
    &client_alias_element,
    &provider_element,
    &principal_element,
    &database_element,
    &session_element,
    &sql_login_element,
    &dangling_use_element,
    &endpoint_element,
    &message_element,
    &trend_element,
    &collector_job_element,
    &session_opened_element,
    &resolve_job_element,
    &probe_job_element,
    &prober_settings_element,
    &reporter_job_element,
    NULL,
};
