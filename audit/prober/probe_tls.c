/* TLS from the first byte, whatever is spoken inside. */
#include "audit/prober/attempt.h"

static enum ternary reachable(const struct probe *probe)
{
    if (probe->job->addresses.count == 0 || !probe->port)
        return TERNARY_UNKNOWN;
    return probe_any_accepted(probe) ? TERNARY_TRUE : TERNARY_FALSE;
}

static bool has_port(struct probe *probe)
{
    return probe->port != 0;
}

static const struct approach direct = {.minimum = TLS_1_0, .maximum = TLS_1_3};

static const struct probe_step steps[] = {
    {"ping", DEPTH_HANDSHAKE, NULL, ping_run},
    {"connect", DEPTH_HANDSHAKE, has_port, contact_run},
    {"handshake", DEPTH_HANDSHAKE, handshake_applies, handshake_run},
    {"versions", DEPTH_VERSIONS, versions_apply, versions_run},
    {"legacy", DEPTH_VERSIONS, legacy_applies, legacy_run},
    {"ciphers", DEPTH_FULL, versions_apply, ciphers_run},
    {0},
};

const struct probe_kind kind_tls = {ENDPOINT_TLS, 443, steps, &direct, reachable, NULL};
