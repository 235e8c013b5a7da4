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
const struct probe_kind kind_analysis_services = {
    ENDPOINT_ANALYSIS_SERVICES, 2383, steps, NULL, reachable, NULL};
