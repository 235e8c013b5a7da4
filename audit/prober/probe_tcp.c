/* Kinds of which only the port is asked. */
#include "audit/prober/probe.h"

static enum ternary reachable(const struct probe *probe)
{
    if (probe->job->addresses.count == 0 || !probe->port)
        return TERNARY_UNKNOWN;
    return probe->ip ? TERNARY_TRUE : TERNARY_FALSE;
}

static bool has_port(struct probe *probe)
{
    return probe->port != 0;
}

static const struct probe_step steps[] = {
    {"ping", DEPTH_HANDSHAKE, NULL, ping_run},
    {"connect", DEPTH_HANDSHAKE, has_port, contact_run},
    {0},
};

const struct probe_kind kind_tcp = {ENDPOINT_TCP, 0, steps, NULL, reachable, NULL};
const struct probe_kind kind_postgresql = {ENDPOINT_POSTGRESQL, 5432, steps, NULL, reachable, NULL};
const struct probe_kind kind_mysql = {ENDPOINT_MYSQL, 3306, steps, NULL, reachable, NULL};
const struct probe_kind kind_oracle = {ENDPOINT_ORACLE, 1521, steps, NULL, reachable, NULL};
const struct probe_kind kind_db2 = {ENDPOINT_DB2, 50000, steps, NULL, reachable, NULL};
const struct probe_kind kind_ldap = {ENDPOINT_LDAP, 389, steps, NULL, reachable, NULL};
const struct probe_kind kind_analysis_services = {
    ENDPOINT_ANALYSIS_SERVICES, 2383, steps, NULL, reachable, NULL};
