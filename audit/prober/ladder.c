/* TLS, step by step: one full-range handshake, one attempt for each version, and what OpenSSL cannot speak.
 */
#include "audit/prober/attempt.h"

#include <stdlib.h>

enum { TRIES_MAXIMUM = 2, RUNGS = TLS_1_3 - TLS_1_0 + 1 };

static bool got_to_handshake(const struct attempt *attempt)
{
    return attempt->stage >= STAGE_HANDSHAKE;
}

/* ---- one full-range handshake ---------------------------------------------------------------------- */

static void handshake_done(struct attempt *attempt)
{
    struct probe *probe = attempt->probe;
    if (attempt->approach->note)
        attempt->approach->note(attempt);
    if (got_to_handshake(attempt)) {
        struct tls *row = attempt_row(attempt);
        /* A failure of the full range is noted under its highest version, until that is asked by itself. */
        probe_note_tls(probe, row);
        probe_note_chain(probe, tls_session_chain(attempt->tls));
        probe->tls_spoken = true;
    }
    attempt_free(attempt);
    probe_next(probe);
}

void handshake_run(struct probe *probe)
{
    struct tls_offer offer = attempt_full_range(probe, probe->approach);
    struct stream *stream = probe->stream;
    probe->stream = NULL;
    attempt_start(probe, probe->approach, &offer, stream, handshake_done, NULL);
}

bool handshake_applies(struct probe *probe)
{
    return probe->ip != NULL;
}

/* ---- each version ---------------------------------------------------------------------------------- */

struct rung {
    struct ladder *ladder;
    enum tls_version version;
    unsigned tries;
    bool reached; /* the handshake began: the outcome is the server's */
    struct tls *row;
};

struct ladder {
    struct probe *probe;
    unsigned open;
    struct rung rungs[RUNGS];
};

static void ladder_done(struct ladder *ladder);

static void rung_done(struct attempt *attempt)
{
    struct rung *rung = attempt->owner;
    struct ladder *ladder = rung->ladder;
    rung->reached = got_to_handshake(attempt);
    rung->row = attempt_row(attempt);
    probe_note_tls(ladder->probe, rung->row);
    if (attempt->tls)
        probe_note_chain(ladder->probe, tls_session_chain(attempt->tls));
    attempt_free(attempt);
    if (--ladder->open == 0)
        ladder_done(ladder);
}

static void rung_start(struct rung *rung)
{
    struct probe *probe = rung->ladder->probe;
    struct tls_offer offer = attempt_full_range(probe, probe->approach);
    offer.minimum = offer.maximum = rung->version;
    rung->tries++;
    rung->ladder->open++;
    attempt_start(probe, probe->approach, &offer, NULL, rung_done, rung);
}

static bool all_are(const struct ladder *ladder, enum tls_outcome outcome)
{
    for (size_t i = 0; i < RUNGS; i++)
        if (!ladder->rungs[i].row || ladder->rungs[i].row->outcome != outcome)
            return false;
    return true;
}

/* What may have been chance is asked once more: a failure before TLS; a time-out, when another version works;
 * a closed connection, when none does and not all are closed. Where another works, closing is how many
 * servers refuse a version; one that closes every time does not do so by chance; and where none answers in
 * time, asking again costs all that time for nothing: each try is an entry in the server's log. */
static bool worth_another_try(const struct rung *rung)
{
    if (rung->tries == 0 || rung->tries >= TRIES_MAXIMUM)
        return false;
    if (!rung->reached)
        return true;
    if (probe_any_accepted(rung->ladder->probe))
        return rung->row->outcome == TLS_TIMEOUT;
    return rung->row->outcome == TLS_CLOSED && !all_are(rung->ladder, TLS_CLOSED);
}

/* Closing is an answer only where another version shows that the server does speak TLS. */
static void read_closings(struct probe *probe)
{
    if (!probe_any_accepted(probe))
        return;
    list_each (struct tls, row, &probe->endpoint->tls) {
        if (row->outcome == TLS_CLOSED)
            row->outcome = TLS_REJECTED;
    }
}

static void note_not_asked(struct probe *probe, enum tls_version version)
{
    if (probe->job->depth >= DEPTH_FULL || !probe_any_accepted(probe) || probe_tls(probe, version))
        return;
    struct tls *row = arena_alloc(probe->arena, sizeof(*row));
    row->protocol = version;
    row->outcome = TLS_SKIPPED;
    row->detail = arena_text(probe->arena, "asked at probe_depth = full");
    probe_note_tls(probe, row);
}

static void ladder_done(struct ladder *ladder)
{
    for (size_t i = 0; i < RUNGS; i++)
        if (worth_another_try(&ladder->rungs[i]))
            rung_start(&ladder->rungs[i]);
    if (ladder->open > 0)
        return;
    read_closings(ladder->probe);
    note_not_asked(ladder->probe, TLS_SSL2);
    note_not_asked(ladder->probe, TLS_SSL3);
    probe_next(ladder->probe);
}

bool versions_apply(struct probe *probe)
{
    return probe->tls_spoken;
}

void versions_run(struct probe *probe)
{
    struct ladder *ladder = arena_alloc(probe->arena, sizeof(*ladder));
    ladder->probe = probe;
    ladder->open = 1; /* until all have begun */
    for (int version = TLS_1_0; version <= TLS_1_3; version++) {
        struct tls *known = probe_tls(probe, (enum tls_version)version);
        struct rung *rung = &ladder->rungs[version - TLS_1_0];
        *rung = (struct rung){.ladder = ladder, .version = (enum tls_version)version};
        if (!known || known->outcome != TLS_ACCEPTED)
            rung_start(rung);
    }
    if (--ladder->open == 0)
        ladder_done(ladder);
}

/* ---- what OpenSSL cannot speak --------------------------------------------------------------------- */

/* Hellos by hand, one after the other. The first offers legacy suites up to TLS 1.2, and the server chooses.
 */
static const enum tls_version by_hand[] = {TLS_1_2, TLS_SSL3, TLS_SSL2};

static void legacy_next(struct probe *probe);

static void legacy_done(struct attempt *attempt)
{
    struct probe *probe = attempt->probe;
    struct tls *row = attempt_row(attempt);
    /* That the server refuses legacy suites says nothing of the version. */
    if (row->outcome == TLS_ACCEPTED || attempt->offer.maximum < TLS_1_0)
        probe_note_tls(probe, row);
    if (attempt->offer.maximum == TLS_1_2)
        probe->legacy_refused = row->alert || (row->outcome == TLS_CLOSED && probe_any_accepted(probe));
    if (attempt->tls)
        probe_note_chain(probe, tls_session_chain(attempt->tls));
    attempt_free(attempt);
    legacy_next(probe);
}

static void legacy_next(struct probe *probe)
{
    bool enough = probe->job->depth < DEPTH_FULL && probe_any_accepted(probe);
    if (probe->legacy == sizeof(by_hand) / sizeof(by_hand[0]) || enough) {
        read_closings(probe);
        note_not_asked(probe, TLS_SSL2);
        note_not_asked(probe, TLS_SSL3);
        probe_next(probe);
        return;
    }
    struct tls_offer offer = attempt_full_range(probe, probe->approach);
    offer.maximum = by_hand[probe->legacy++];
    offer.by_hand = true;
    attempt_start(probe, probe->approach, &offer, NULL, legacy_done, NULL);
}

/* A server that answers no hello in time will not answer another. */
static bool all_timed_out(const struct probe *probe)
{
    list_each (struct tls, row, &probe->endpoint->tls) {
        if (row->outcome != TLS_TIMEOUT)
            return false;
    }
    return true;
}

bool legacy_applies(struct probe *probe)
{
    bool wanted = probe->job->depth >= DEPTH_FULL || !probe_any_accepted(probe);
    return probe->tls_spoken && wanted && !all_timed_out(probe);
}

void legacy_run(struct probe *probe)
{
    legacy_next(probe);
}
