/* A worker: a long-lived child that answers many jobs at once (resolver, prober), and starts again when it
 * dies.
 *
 * What was in flight when it died is given to its successor one job at a time; the job that kills that one
 * too is blamed and not tried again. */
#pragma once

#include "audit/child.h"

struct worker;

struct worker_events {
    /* NULL, or why it is not believed: child.h */
    const char *(*row)(void *context, const struct worker *worker, const char *bytes, size_t length);
    void (*done)(void *context, const char *id); /* the job is answered */
    void (*blamed)(void *context, const char *id,
                   const char *reason); /* the job has no answer and will have none */
    void (*log)(void *context, const char *line);
    /* After worker_stop: its child is gone, the worker is freed. `fault` says what was wrong with its end, or
     * is NULL. */
    void (*stopped)(void *context, const char *fault);
};

/* `greeting`, where not NULL, is the row that each child gets first. `patience` milliseconds without any
 * answer while jobs are in flight count as a death. */
struct worker *worker_start(uv_loop_t *loop, const char *role, const char *greeting, int64_t patience,
                            const struct worker_events *events, void *context);

/* Gives a job, a row whose id attribute is `id`. Both are copied. */
void worker_send(struct worker *worker, const char *id, const char *row);

/* Whether the worker was given that job and has not answered it: the only ones that it may speak about. */
bool worker_is_asked(const struct worker *worker, const char *id);

/* No further jobs; what is in flight is given up. An idle child may end by itself, a busy one is killed. */
void worker_stop(struct worker *worker);
