/* One attempt at TLS: connect, say what the protocol says before TLS, handshake, ask inside, close. How a
 * protocol gets to TLS is its approach; the attempt knows none by name. */
#pragma once

#include "audit/prober/probe.h"
#include "audit/prober/service.h"

struct attempt;

struct approach {
    enum tls_version minimum, maximum; /* of a full-range handshake */
    const char *alpn;
    unsigned patience; /* the longest that an answer is waited for, in milliseconds; 0: as configured */
    /* What is said before TLS, and reading its answer from the front of `in`; NULL: TLS comes first. The
     * reader keeps what it found in attempt->answer, in the probe's arena. */
    void (*greet)(const struct probe *probe, struct bytes *out);
    enum greeting (*greeted)(struct attempt *attempt, struct bytes *in);
    /* What is said right before the first TLS record; NULL: nothing. */
    void (*switch_over)(struct bytes *out);
    bool switches; /* the answer to greet says whether there will be TLS */
    /* Carries handshake bytes in the protocol's own packets; NULL: as they are. unwrap moves what is whole,
     * and is false when there is something else. */
    void (*wrap)(const uint8_t *bytes, size_t length, struct bytes *out);
    bool (*unwrap)(struct bytes *in, struct bytes *out);
    /* What is asked inside TLS, and reading its answer; NULL: nothing. */
    void (*ask)(const struct probe *probe, struct bytes *out);
    enum greeting (*asked)(struct attempt *attempt, struct bytes *in);
    /* Notes what the first attempt with this approach found besides TLS; NULL: nothing. */
    void (*note)(struct attempt *attempt);
};

/* How far it got. */
enum attempt_stage { STAGE_CONNECT, STAGE_GREETING, STAGE_HANDSHAKE, STAGE_INSIDE, STAGE_DONE };

struct attempt {
    struct probe *probe;
    const struct approach *approach;
    enum attempt_stage stage;
    enum greeting greeting; /* the last that the approach said */
    enum tls_ending ending; /* what happened to the connection, if it did not end by itself */
    struct stream_outcome connected;
    struct tls_session *tls;
    struct bytes first;   /* the first bytes of the server, up to 256: what is it, if not the protocol? */
    struct bytes inside;  /* decrypted, not read yet */
    struct bytes message; /* for the approach to gather an answer in */
    void *answer;         /* the approach's own */
    int64_t greeting_ms, handshake_ms;
    uint64_t stage_began;
    struct stream *stream;
    struct tls_offer offer;
    void (*done)(struct attempt *attempt);
    void *owner;
};

/* Begins; `connected` is a stream to go on with, or NULL: a new one to the probe's address. The texts of the
 * offer must last. `done` gets the attempt and owns it: attempt_free. */
void attempt_start(struct probe *probe, const struct approach *approach, const struct tls_offer *offer,
                   struct stream *connected, void (*done)(struct attempt *attempt), void *owner);
void attempt_free(struct attempt *attempt);

/* The TLS row of an attempt, appended nowhere: protocol, outcome and so on; inconclusive when it did not get
 * as far as the handshake. */
struct tls *attempt_row(struct attempt *attempt);

/* The full-range offer of an approach. */
struct tls_offer attempt_full_range(const struct probe *probe, const struct approach *approach);
