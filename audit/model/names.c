#include "audit/model/job.h"

#include <string.h>

const char *name_of(const struct name_table *table, int value)
{
    return value > 0 && (size_t)value < table->count ? table->names[value] : NULL;
}

int value_of(const struct name_table *table, const char *name)
{
    for (size_t i = 1; i < table->count; i++)
        if (name && strcmp(table->names[i], name) == 0)
            return (int)i;
    return 0;
}

#define NAMES(table, ...)                                                                                    \
    static const char *const table##_list[] = {NULL, __VA_ARGS__};                                           \
    const struct name_table table = {table##_list, sizeof(table##_list) / sizeof(table##_list[0])};

/* Each list in the order of its enumeration. */
NAMES(ternary_names, "false", "true")
NAMES(instance_status_names, "audited", "partial", "failed", "not-run")
NAMES(failure_phase_names, "connect", "login", "inventory", "timeout", "crash")
NAMES(endpoint_kind_names, "sqlserver", "postgresql", "mysql", "oracle", "db2", "ldap", "analysis-services",
      "tls", "tcp", "file", "alias", "local")
NAMES(use_type_names, "view", "procedure", "function", "trigger", "synonym", "job-step", "server-trigger",
      "other")
NAMES(test_outcome_names, "ok", "failed", "timeout", "skipped")
NAMES(actor_names, "network", "dba-source", "dba-target", "directory", "nobody")
NAMES(cause_names, "ok", "name-not-found", "name-service-failed", "no-route", "prohibited", "port-refused",
      "port-timeout", "browser-silent", "instance-not-found", "instance-without-tcp", "accepts-but-silent",
      "closed-on-prelogin", "not-the-expected-service", "tls-not-supported", "tls-too-old",
      "tls-handshake-failed", "strict-only", "certificate-rejected", "login-failed", "no-login-mapping",
      "provider-missing", "provider-blocked", "link-disabled", "fails-only-from-instance",
      "fails-only-from-audit-host", "test-timeout", "not-a-network-target", "not-tested", "unexplained")
NAMES(step_names, "name", "address", "instance", "port", "firewall", "service", "tls", "pressure",
      "servername", "login")
NAMES(step_result_names, "pass", "fail", "warn", "unknown", "not-applicable")
NAMES(verdict_names, "ready", "breaks", "ready-unencrypted", "unknown")
NAMES(severity_names, "critical", "high", "medium", "low", "info")
NAMES(resolve_outcome_names, "ok", "numeric", "no-name", "no-address", "temporary", "failed", "denied",
      "skipped")
NAMES(ping_outcome_names, "answered", "silent", "unreachable", "prohibited", "skipped")
NAMES(browser_outcome_names, "answered", "silent", "unreachable", "prohibited", "instance-not-found",
      "without-tcp", "invalid", "skipped")
NAMES(connect_outcome_names, "ok", "refused", "rejected", "timeout", "host-unreachable", "net-unreachable",
      "prohibited", "reset", "failed", "skipped")
NAMES(prelogin_outcome_names, "ok", "closed", "reset", "silent", "not-tds", "skipped")
NAMES(encryption_names, "off", "on", "not-supported", "required")
NAMES(tls_version_names, "SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3")
NAMES(tls_outcome_names, "accepted", "rejected", "closed", "timeout", "skipped", "inconclusive")
NAMES(strict_outcome_names, "yes", "no", "timeout", "skipped", "inconclusive")
NAMES(change_kind_names, "appeared", "disappeared", "changed", "not-observed")
NAMES(change_what_names, "instance", "link", "login", "endpoint", "certificate", "outcome", "finding")
NAMES(compliance_result_names, "pass", "fail", "not-assessable")
NAMES(collector_task_names, "inventory", "link-tests", "history-read", "history-store")
NAMES(probe_depth_names, "browser", "handshake", "versions", "full")
