#include "audit/prober/probe.h"
#include "audit/prober/certificate.h"

#include <time.h>

const struct probe_kind *const probe_kinds[] = {
    &kind_sqlserver, &kind_tls, &kind_tcp,  &kind_postgresql,        &kind_mysql,
    &kind_oracle,    &kind_db2, &kind_ldap, &kind_analysis_services, NULL,
};

/* A kind without a row of its own is asked what a bare port can be asked. */
static const struct probe_kind *find_kind(enum endpoint_kind kind)
{
    for (const struct probe_kind *const *row = probe_kinds; *row; row++)
        if ((*row)->kind == kind)
            return *row;
    return &kind_tcp;
}

void probe_start(struct prober *prober, struct arena *arena, const struct probe_job *job,
                 void (*done)(struct probe *probe), void *owner)
{
    struct probe *probe = arena_alloc(arena, sizeof(*probe));
    struct endpoint *endpoint = arena_alloc(arena, sizeof(*endpoint));
    endpoint->id = job->id;
    endpoint->probed = number_of(time(NULL));
    endpoint->connections = endpoint->broken_off = number_of(0);
    *probe = (struct probe){.prober = prober,
                            .arena = arena,
                            .job = job,
                            .kind = find_kind(job->kind),
                            .endpoint = endpoint,
                            .done = done,
                            .owner = owner};
    probe->port = job->port.known ? (unsigned)job->port.value : 0;
    if (!probe->port && !job->instance)
        probe->port = probe->kind->default_port;
    probe->approach = probe->kind->approach;
    probe->background = 1; /* the probe itself, until its first step has begun */
    probe_next(probe);
    probe_background_done(probe);
}

/* From the oldest version to the newest, whatever came first. */
static void sort_tls(struct endpoint *endpoint)
{
    struct tls *rows[TLS_1_3 + 1] = {NULL};
    list_each (struct tls, row, &endpoint->tls)
        rows[row->protocol] = row;
    endpoint->tls.first = endpoint->tls.last = NULL;
    endpoint->tls.count = 0;
    for (int version = TLS_SSL2; version <= TLS_1_3; version++)
        if (rows[version])
            list_append(&endpoint->tls, rows[version]);
}

static void end(struct probe *probe)
{
    sort_tls(probe->endpoint);
    if (probe->kind->reachable)
        probe->endpoint->reachable = probe->kind->reachable(probe);
    stream_close(probe->stream);
    probe->stream = NULL;
    probe->done(probe);
}

static bool step_applies(struct probe *probe, const struct probe_step *step)
{
    return step->depth <= probe->job->depth && (!step->applies || step->applies(probe));
}

void probe_next(struct probe *probe)
{
    const struct probe_step *steps = probe->kind->steps;
    while (steps[probe->step].name && !step_applies(probe, &steps[probe->step]))
        probe->step++;
    if (steps[probe->step].name) {
        steps[probe->step++].run(probe);
        return;
    }
    probe->steps_done = true;
    if (probe->background == 0)
        end(probe);
}

void probe_background_done(struct probe *probe)
{
    probe->background--;
    if (probe->background == 0 && probe->steps_done)
        end(probe);
}

struct tls *probe_tls(const struct probe *probe, enum tls_version version)
{
    list_each (struct tls, row, &probe->endpoint->tls) {
        if (row->protocol == version)
            return row;
    }
    return NULL;
}

bool probe_any_accepted(const struct probe *probe)
{
    list_each (struct tls, row, &probe->endpoint->tls) {
        if (row->outcome == TLS_ACCEPTED)
            return true;
    }
    return false;
}

void probe_note_tls(struct probe *probe, struct tls *row)
{
    struct tls *known = probe_tls(probe, row->protocol);
    if (known && known->outcome != TLS_ACCEPTED) {
        row->next = known->next;
        *known = *row;
    } else if (!known) {
        list_append(&probe->endpoint->tls, row);
    }
}

void probe_note_chain(struct probe *probe, STACK_OF(X509) * chain)
{
    if (chain && probe->endpoint->certificates.count == 0)
        certificates_describe(chain, probe->prober->tls.trust, probe->job->host, probe->arena,
                              probe->endpoint);
}
