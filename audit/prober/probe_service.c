/* Services other than SQL Server: what they say of themselves, and TLS the way each gets there.
 *
 * What is left behind: PostgreSQL and LDAP log a connection at most, Oracle's listener the question for its
 * version. To MySQL and MariaDB a connection that does not log in is an aborted one, and after
 * max_connect_errors (100) of them without a successful one between they block the host that makes them: they
 * are asked once, and version by version only at full depth. */
#include "audit/prober/attempt.h"
#include "audit/prober/looks_like.h"

#include <string.h>

enum { LDAPS_PORT = 636, GLOBAL_CATALOG_TLS_PORT = 3269, ORACLE_TCPS_PORT = 2484 };

static void add_property(struct probe *probe, const char *name, const char *value)
{
    struct property *property = arena_alloc(probe->arena, sizeof(*property));
    if (!value || !*value)
        return;
    property->name = arena_text(probe->arena, name);
    property->value = arena_text(probe->arena, value);
    list_append(&probe->endpoint->properties, property);
}

/* Reads with one of the readers of service.h, and keeps the answer. */
static enum greeting read_with(service_reader *reader, struct attempt *attempt, struct bytes *in)
{
    size_t taken = 0;
    if (!attempt->answer)
        attempt->answer = arena_alloc(attempt->probe->arena, sizeof(struct service_answer));
    enum greeting greeting = reader(in->at, in->length, &taken, attempt->answer);
    if (greeting == GREETING_DONE || greeting == GREETING_NO_TLS)
        bytes_take(in, taken);
    return greeting;
}

static const char *outcome_of(const struct attempt *attempt)
{
    static const char *const endings[] = {[ENDING_NONE] = "not-expected",
                                          [ENDING_CLOSED] = "closed",
                                          [ENDING_RESET] = "reset",
                                          [ENDING_TIMEOUT] = "silent"};
    if (attempt->stage > STAGE_GREETING || attempt->greeting == GREETING_NO_TLS)
        return "answered";
    return attempt->first.length > 0 ? "not-expected" : endings[attempt->ending];
}

/* As properties: service, service-version, service-tls, service-detail, looks-like. */
static void note(struct attempt *attempt)
{
    struct probe *probe = attempt->probe;
    const struct service_answer *answer = attempt->answer;
    const char *outcome = outcome_of(attempt);
    add_property(probe, "service", outcome);
    probe->answered = strcmp(outcome, "answered") == 0;
    if (!probe->answered) {
        add_property(probe, "looks-like", looks_like(attempt->first.at, attempt->first.length));
        return;
    }
    add_property(probe, "service-version", answer->version);
    add_property(probe, "service-detail", answer->detail);
    if (attempt->approach->switches)
        add_property(probe, "service-tls", answer->tls ? "offered" : "not-offered");
}

static enum ternary reachable(const struct probe *probe)
{
    if (probe->job->addresses.count == 0 || !probe->port)
        return TERNARY_UNKNOWN;
    return probe->answered || probe_any_accepted(probe) ? TERNARY_TRUE : TERNARY_FALSE;
}

static bool has_port(struct probe *probe)
{
    return probe->port != 0;
}

/* ---- how each gets to TLS -------------------------------------------------------------------------- */

#define GREETING_OF(service)                                                                                 \
    static void service##_greet(const struct probe *probe, struct bytes *out)                                \
    {                                                                                                        \
        (void)probe;                                                                                         \
        service##_ask(out);                                                                                  \
    }                                                                                                        \
    READING_OF(service)
#define READING_OF(service)                                                                                  \
    static enum greeting service##_greeted(struct attempt *attempt, struct bytes *in)                        \
    {                                                                                                        \
        return read_with(service##_read, attempt, in);                                                       \
    }

GREETING_OF(postgresql)
GREETING_OF(ldap)
GREETING_OF(oracle)
GREETING_OF(db2)
READING_OF(mysql)

static void say_nothing(const struct probe *probe, struct bytes *out)
{
    (void)probe, (void)out; /* the server speaks first */
}

#define VERSIONS .minimum = TLS_1_0, .maximum = TLS_1_3
static const struct approach postgresql = {VERSIONS, .switches = true, .greet = postgresql_greet,
                                           .greeted = postgresql_greeted, .note = note};
static const struct approach mysql = {VERSIONS,
                                      .switches = true,
                                      .greet = say_nothing,
                                      .greeted = mysql_greeted,
                                      .switch_over = mysql_ask_for_tls,
                                      .note = note};
static const struct approach ldap = {VERSIONS, .switches = true, .greet = ldap_greet, .greeted = ldap_greeted,
                                     .note = note};
static const struct approach oracle = {VERSIONS, .greet = oracle_greet, .greeted = oracle_greeted,
                                       .note = note};
static const struct approach db2 = {VERSIONS, .greet = db2_greet, .greeted = db2_greeted, .note = note};
static const struct approach direct = {VERSIONS};

/* Ports on which these services speak TLS from the first byte. */
static bool is_tls_port(struct probe *probe)
{
    return (probe->job->kind == ENDPOINT_LDAP &&
            (probe->port == LDAPS_PORT || probe->port == GLOBAL_CATALOG_TLS_PORT)) ||
           (probe->job->kind == ENDPOINT_ORACLE && probe->port == ORACLE_TCPS_PORT);
}

static void speak_tls_directly(struct probe *probe)
{
    probe->approach = &direct;
    probe_next(probe);
}

/* ---- the kinds ------------------------------------------------------------------------------------- */

static const struct probe_step steps[] = {
    {"ping", DEPTH_HANDSHAKE, NULL, ping_run},
    {"tls port", DEPTH_HANDSHAKE, is_tls_port, speak_tls_directly},
    {"connect", DEPTH_HANDSHAKE, has_port, contact_run},
    {"handshake", DEPTH_HANDSHAKE, handshake_applies, handshake_run},
    {"versions", DEPTH_VERSIONS, versions_apply, versions_run},
    {"legacy", DEPTH_VERSIONS, legacy_applies, legacy_run},
    {"ciphers", DEPTH_FULL, versions_apply, ciphers_run},
    {0},
};

static const struct probe_step sparing_steps[] = {
    {"ping", DEPTH_HANDSHAKE, NULL, ping_run},
    {"connect", DEPTH_HANDSHAKE, has_port, contact_run},
    {"handshake", DEPTH_HANDSHAKE, handshake_applies, handshake_run},
    {"versions", DEPTH_FULL, versions_apply, versions_run},
    {"legacy", DEPTH_FULL, legacy_applies, legacy_run},
    {0},
};

const struct probe_kind kind_postgresql = {ENDPOINT_POSTGRESQL, 5432, steps, &postgresql, reachable, NULL};
const struct probe_kind kind_mysql = {ENDPOINT_MYSQL, 3306, sparing_steps, &mysql, reachable, NULL};
const struct probe_kind kind_ldap = {ENDPOINT_LDAP, 389, steps, &ldap, reachable, NULL};
const struct probe_kind kind_oracle = {ENDPOINT_ORACLE, 1521, steps, &oracle, reachable, NULL};
const struct probe_kind kind_db2 = {ENDPOINT_DB2, 50000, steps, &db2, reachable, NULL};
