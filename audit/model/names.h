/* The model's enumerations and their names: the one place where each is turned into text and back. */
#pragma once

#include <stddef.h>

/* Value 0 of each enumeration means "not known" and is written nowhere; names[value] is the text of the
 * others. */
struct name_table {
    const char *const *names;
    size_t count; /* one more than the highest value */
};

/* The value's name, or NULL for 0 and for a value that the table has not. */
const char *name_of(const struct name_table *table, int value);

/* The value of that name, or 0 when the table has no such name. */
int value_of(const struct name_table *table, const char *name);

enum ternary { TERNARY_UNKNOWN, TERNARY_FALSE, TERNARY_TRUE };

enum instance_status { INSTANCE_AUDITED = 1, INSTANCE_PARTIAL, INSTANCE_FAILED, INSTANCE_NOT_RUN };
enum failure_phase {
    PHASE_CONNECT = 1, /* no session: name, network, TLS, driver */
    PHASE_LOGIN,       /* the server answered and refused */
    PHASE_INVENTORY,   /* logged in, but a question that everything rests on failed */
    PHASE_TIMEOUT,     /* the collector overran its deadline and was ended */
    PHASE_CRASH        /* the collector died */
};

/* What is asked at an endpoint; the last three are no network endpoints of ours. */
enum endpoint_kind {
    ENDPOINT_SQLSERVER = 1,
    ENDPOINT_POSTGRESQL,
    ENDPOINT_MYSQL,
    ENDPOINT_ORACLE,
    ENDPOINT_DB2,
    ENDPOINT_LDAP,
    ENDPOINT_ANALYSIS_SERVICES,
    ENDPOINT_TLS, /* TLS from the first byte */
    ENDPOINT_TCP, /* a port, and no more */
    ENDPOINT_FILE,
    ENDPOINT_ALIAS, /* a name that only the instance can resolve: DSN, TNS alias */
    ENDPOINT_LOCAL  /* never leaves the instance's own machine */
};

enum use_type {
    USE_VIEW = 1,
    USE_PROCEDURE,
    USE_FUNCTION,
    USE_TRIGGER,
    USE_SYNONYM,
    USE_JOB_STEP,
    USE_SERVER_TRIGGER,
    USE_OTHER
};

enum test_outcome { TEST_OK = 1, TEST_FAILED, TEST_TIMEOUT, TEST_SKIPPED };

enum actor { ACTOR_NETWORK = 1, ACTOR_DBA_SOURCE, ACTOR_DBA_TARGET, ACTOR_DIRECTORY, ACTOR_NOBODY };

/* Section 6 of the manual: one cause for each link and each endpoint. */
enum cause {
    CAUSE_OK = 1,
    CAUSE_NAME_NOT_FOUND,
    CAUSE_NAME_SERVICE_FAILED,
    CAUSE_NO_ROUTE,
    CAUSE_PROHIBITED,
    CAUSE_PORT_REFUSED,
    CAUSE_PORT_TIMEOUT,
    CAUSE_BROWSER_SILENT,
    CAUSE_INSTANCE_NOT_FOUND,
    CAUSE_INSTANCE_WITHOUT_TCP,
    CAUSE_ACCEPTS_BUT_SILENT,
    CAUSE_CLOSED_ON_PRELOGIN,
    CAUSE_NOT_THE_EXPECTED_SERVICE,
    CAUSE_TLS_NOT_SUPPORTED,
    CAUSE_TLS_TOO_OLD,
    CAUSE_TLS_HANDSHAKE_FAILED,
    CAUSE_STRICT_ONLY,
    CAUSE_CERTIFICATE_REJECTED,
    CAUSE_LOGIN_FAILED,
    CAUSE_NO_LOGIN_MAPPING,
    CAUSE_PROVIDER_MISSING,
    CAUSE_PROVIDER_BLOCKED,
    CAUSE_LINK_DISABLED,
    CAUSE_FAILS_ONLY_FROM_INSTANCE,
    CAUSE_FAILS_ONLY_FROM_AUDIT_HOST,
    CAUSE_TEST_TIMEOUT,
    CAUSE_NOT_A_NETWORK_TARGET,
    CAUSE_NOT_TESTED,
    CAUSE_UNEXPLAINED /* it fails with messages that the catalogue has not; they are kept whole */
};

/* The ten steps of the checklist, in its order. */
enum step_name {
    STEP_NAME = 1,
    STEP_ADDRESS,
    STEP_INSTANCE,
    STEP_PORT,
    STEP_FIREWALL,
    STEP_SERVICE,
    STEP_TLS,
    STEP_PRESSURE,
    STEP_SERVERNAME,
    STEP_LOGIN
};
enum step_result { RESULT_PASS = 1, RESULT_FAIL, RESULT_WARN, RESULT_UNKNOWN, RESULT_NOT_APPLICABLE };

enum readiness_verdict { VERDICT_READY = 1, VERDICT_BREAKS, VERDICT_READY_UNENCRYPTED, VERDICT_UNKNOWN };

enum severity { SEVERITY_CRITICAL = 1, SEVERITY_HIGH, SEVERITY_MEDIUM, SEVERITY_LOW, SEVERITY_INFO };

enum resolve_outcome {
    RESOLVE_OK = 1,
    RESOLVE_NUMERIC,    /* the target was an address already */
    RESOLVE_NO_NAME,    /* the name does not exist */
    RESOLVE_NO_ADDRESS, /* the name exists but has no address */
    RESOLVE_TEMPORARY,  /* name servers did not answer in time */
    RESOLVE_FAILED,     /* name servers answered that they failed or refuse */
    RESOLVE_DENIED,     /* every address is outside `allow` or inside `deny` */
    RESOLVE_SKIPPED
};

enum ping_outcome { PING_ANSWERED = 1, PING_SILENT, PING_UNREACHABLE, PING_PROHIBITED, PING_SKIPPED };

enum browser_outcome {
    BROWSER_ANSWERED = 1,
    BROWSER_SILENT,
    BROWSER_UNREACHABLE,        /* ICMP: nothing listens on UDP 1434 */
    BROWSER_PROHIBITED,         /* ICMP: a firewall says no */
    BROWSER_INSTANCE_NOT_FOUND, /* SQL Browser answers, but not for this instance (absent or hidden) */
    BROWSER_WITHOUT_TCP,        /* the instance is known and has TCP switched off */
    BROWSER_INVALID,            /* an answer that is no SSRP answer */
    BROWSER_SKIPPED
};

enum connect_outcome {
    CONNECT_OK = 1,
    CONNECT_REFUSED,  /* RST from the host */
    CONNECT_REJECTED, /* refused by somebody's ICMP port unreachable */
    CONNECT_TIMEOUT,
    CONNECT_HOST_UNREACHABLE,
    CONNECT_NET_UNREACHABLE,
    CONNECT_PROHIBITED, /* ICMP: administratively prohibited */
    CONNECT_RESET,
    CONNECT_FAILED, /* the audit host's own limit or another error, in `detail` */
    CONNECT_SKIPPED
};

enum prelogin_outcome {
    PRELOGIN_OK = 1,
    PRELOGIN_CLOSED,
    PRELOGIN_RESET,
    PRELOGIN_SILENT,
    PRELOGIN_NOT_TDS,
    PRELOGIN_SKIPPED
};
enum encryption { ENCRYPTION_OFF = 1, ENCRYPTION_ON, ENCRYPTION_NOT_SUPPORTED, ENCRYPTION_REQUIRED };

enum tls_version { TLS_SSL2 = 1, TLS_SSL3, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3 };
enum tls_outcome { TLS_ACCEPTED = 1, TLS_REJECTED, TLS_CLOSED, TLS_TIMEOUT, TLS_SKIPPED, TLS_INCONCLUSIVE };

enum strict_outcome { STRICT_YES = 1, STRICT_NO, STRICT_TIMEOUT, STRICT_SKIPPED, STRICT_INCONCLUSIVE };

enum change_kind { CHANGE_APPEARED = 1, CHANGE_DISAPPEARED, CHANGE_CHANGED, CHANGE_NOT_OBSERVED };
enum change_what {
    CHANGED_INSTANCE = 1,
    CHANGED_LINK,
    CHANGED_LOGIN,
    CHANGED_ENDPOINT,
    CHANGED_CERTIFICATE,
    CHANGED_OUTCOME,
    CHANGED_FINDING
};

enum compliance_result { COMPLIANCE_PASS = 1, COMPLIANCE_FAIL, COMPLIANCE_NOT_ASSESSABLE };

extern const struct name_table ternary_names, instance_status_names, failure_phase_names, endpoint_kind_names,
    use_type_names, test_outcome_names, actor_names, cause_names, step_names, step_result_names,
    verdict_names, severity_names, resolve_outcome_names, ping_outcome_names, browser_outcome_names,
    connect_outcome_names, prelogin_outcome_names, encryption_names, tls_version_names, tls_outcome_names,
    strict_outcome_names, change_kind_names, change_what_names, compliance_result_names;
