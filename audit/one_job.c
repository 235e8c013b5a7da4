#include "audit/one_job.h"
#include "audit/child.h"
#include "audit/signals.h"
#include "reports/row.h"
#include "reports/safe_text.h"

#include <stdio.h>
#include <stdlib.h>

struct running {
    struct child *child; /* NULL: it has ended */
    const struct one_job *job;
    struct arena *arena;
    const char *fault;
    bool done;
};

static const char *on_row(void *context, const char *bytes, size_t length)
{
    const struct running *running = context;
    if (!running->job->row)
        return "the process sent a row, and was asked for none";
    return running->job->row(running->job->context, bytes, length);
}

static void on_log(void *context, const char *line)
{
    (void)context;
    fputs("linkaudit: ", stderr);
    print_safe(stderr, line); /* it may quote a server */
    fputc('\n', stderr);
}

static const char *on_done(void *context, const char *payload)
{
    struct running *running = context;
    (void)payload;
    if (running->done)
        return "the process said twice that it is done";
    running->done = true;
    return NULL;
}

static void on_ended(void *context, enum child_end end, const char *reason)
{
    struct running *running = context;
    running->child = NULL;
    if (end != CHILD_FINISHED || !running->done)
        running->fault = arena_text(running->arena, reason);
}

static const struct child_events events = {on_row, on_log, on_done, on_ended};

static void give(struct child *child, const struct one_job *job)
{
    size_t length;
    char *row = row_write(job->element, job->item, &length);
    child_send(child, FRAME_JOB, row, length);
    free(row);
    if (job->secret)
        child_send(child, FRAME_SECRET, job->secret->bytes, job->secret->length);
    child_close_input(child);
    child_set_deadline(child, job->deadline);
}

static void on_signal(void *context, int number)
{
    const struct running *running = context;
    (void)number;
    if (running->child)
        child_kill(running->child);
}

/* The loop ends with the child. */
static void run_loop(struct running *running, uv_loop_t *loop)
{
    struct signals signals;
    if (running->job->ends_early)
        signals_watch(&signals, loop, on_signal, running);
    uv_run(loop, UV_RUN_DEFAULT);
    if (running->job->ends_early)
        signals_hold(&signals, loop);
}

const char *one_job_run(const struct one_job *job, struct arena *arena)
{
    uv_loop_t loop;
    struct running running = {.job = job, .arena = arena};
    const char *error;
    if (uv_loop_init(&loop) != 0)
        return "the event loop could not be made";
    running.child = child_start(&loop, job->role, &events, &running, &error);
    if (running.child)
        give(running.child, job);
    else
        running.fault = arena_format(arena, "the process could not be started: %s", error);
    run_loop(&running, &loop);
    uv_loop_close(&loop);
    return running.fault;
}
