/* A child that does one job and ends: the reporter, and the collector of the history. */
#pragma once

#include "audit/model/arena.h"
#include "audit/secret.h"
#include "reports/vocabulary.h"

#include <stdint.h>

struct one_job {
    const char *role;
    const struct element *element; /* the job's row */
    const void *item;
    const struct secret *secret; /* follows the job; NULL: none */
    int64_t deadline;            /* milliseconds */
    bool ends_early; /* with a signal that asks for it: where those are held back otherwise (signals.h) */
    /* NULL, or why it is not believed (child.h). No function: the role sends no rows. */
    const char *(*row)(void *context, const char *bytes, size_t length);
    void *context;
};

/* Runs it to its end, in a loop of its own; its log lines go to standard error. NULL when the role said that
 * the job is done, otherwise why it is not: a sentence of the arena. */
const char *one_job_run(const struct one_job *job, struct arena *arena);
