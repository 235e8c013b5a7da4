// clang-format off
/* The probe of one endpoint: a list of steps that depends on its kind, each of which asks something and notes the
 * evidence. A kind is one file and one row of the table in probe.c; neither the engine nor the steps that kinds share
 * (ping, connect, TLS versions, cipher suites) know a protocol by name.
 *
 * What a probe leaves behind at a SQL Server. "Broken off" is a handshake that was begun and not finished: for each the
 * server writes an entry of severity 20 into its error log, and <endpoint broken-off=""> counts them. No depth logs in
 * or tries to: there is never a failed login to log.
 *
 *   depth      connections                                             broken off
 *   browser    none; 1 to 6 UDP packets to port 1434                   0
 *   handshake  one to each address, closed without a word but for      0; 1 when the server finishes no TLS that
 *              one: PRELOGIN and a TLS handshake, both finished,       OpenSSL speaks, or takes TDS 8.0 only;
 *              and closed as TLS wants it                              2 when it answers neither PRELOGIN nor 8.0
 *   versions   and one for each of TLS 1.0 to 1.3 that is not known    and 1 for each of them that is refused, 2 where
 *              by then; SQL Server 2022 and newer: one for TDS 8.0     it may have been chance; where none works, up
 *                                                                      to 3 for older hellos
 *   full       and one for each cipher suite and each key-exchange     and 1 each for SSL 3.0, SSL 2.0 and suites that
 *              group of each version that is accepted, one for the     OpenSSL does not speak; up to 3 for each version
 *              order of preference                                     accepted, and 1 for each of its suites that
 *                                                                      OpenSSL does not speak
 */
// clang-format on
#pragma once

#include "audit/model/job.h"
#include "audit/prober/stream.h"
#include "audit/prober/tls_session.h"

enum { ADDRESSES_MAXIMUM = 16 };

/* What all probes of the process share. */
struct prober {
    struct engine engine;
    struct tls_library tls;
    unsigned connect_timeout, tls_timeout, browser_timeout; /* milliseconds */
};

struct approach;
struct probe;

struct probe_step {
    const char *name;
    enum probe_depth depth;               /* the least depth that it belongs to */
    bool (*applies)(struct probe *probe); /* asked when its turn comes; NULL: always */
    /* Asks, notes the evidence, and calls probe_next when it is done. */
    void (*run)(struct probe *probe);
};

struct probe_kind {
    enum endpoint_kind kind;
    unsigned default_port;          /* 0: the job must say */
    const struct probe_step *steps; /* ended by a NULL name */
    /* How the shared steps get to TLS; NULL: the kind has none. */
    const struct approach *approach;
    /* Whether the expected service answers, from the evidence. */
    enum ternary (*reachable)(const struct probe *probe);
    /* Called once when no address has answered the connect step for a second; NULL: nothing. */
    void (*meanwhile)(struct probe *probe);
};

struct probe {
    struct prober *prober;
    struct arena *arena; /* of the job and the evidence */
    const struct probe_job *job;
    const struct probe_kind *kind;
    struct endpoint *endpoint; /* the evidence */
    size_t step;
    unsigned port;                   /* 0: not known */
    const char *ip;                  /* the address that answered first; NULL: none did */
    struct stream *stream;           /* its connection, for the next step to go on with; NULL: none */
    const struct approach *approach; /* how to get to TLS here, once it is known */
    unsigned background;             /* conversations beside the steps: pings, further addresses */
    bool steps_done;
    bool meanwhile_begun; /* the kind was called for it */
    bool answered;        /* the expected service did, for kinds that have no row for that */
    bool tls_spoken;      /* a TLS handshake was begun */
    unsigned legacy;      /* hellos made by hand that were sent */
    bool legacy_refused;  /* the suites that OpenSSL does not speak, up to TLS 1.2 */
    void (*done)(struct probe *probe);
    void *owner;
};

/* The kinds that can be probed, each in the file of its name, and the table of them, ended by NULL. */
extern const struct probe_kind kind_sqlserver, kind_tls, kind_tcp, kind_postgresql, kind_mysql, kind_oracle,
    kind_db2, kind_ldap, kind_analysis_services;
extern const struct probe_kind *const probe_kinds[];

/* Begins. job and arena must last until `done` is called, with the evidence in probe->endpoint; the probe is
 * part of the arena. */
void probe_start(struct prober *prober, struct arena *arena, const struct probe_job *job,
                 void (*done)(struct probe *probe), void *owner);

/* The running step is done. The probe may be over and freed when it returns. */
void probe_next(struct probe *probe);

/* One of probe->background is done: the probe ends when none is left and the steps are done. */
void probe_background_done(struct probe *probe);

/* ---- steps that kinds share ---------------------------------------------------------------------------- */

/* ping.c: one echo to each address, beside the other steps. */
void ping_run(struct probe *probe);

/* contact.c: connects to every address; the first that answers is gone on with. */
void contact_run(struct probe *probe);

/* ladder.c: one full-range handshake; each version; what OpenSSL cannot speak; cipher suites. */
bool handshake_applies(struct probe *probe);
void handshake_run(struct probe *probe);
bool versions_apply(struct probe *probe);
void versions_run(struct probe *probe);
bool legacy_applies(struct probe *probe);
void legacy_run(struct probe *probe);
void ciphers_run(struct probe *probe);

/* ---- for steps ----------------------------------------------------------------------------------------- */

/* The row of that version, or NULL. */
struct tls *probe_tls(const struct probe *probe, enum tls_version version);
bool probe_any_accepted(const struct probe *probe);

/* Notes the row of its version, in place of an earlier one that was not accepted. */
void probe_note_tls(struct probe *probe, struct tls *row);

/* Notes the chain, unless one is known already. */
void probe_note_chain(struct probe *probe, STACK_OF(X509) * chain);
