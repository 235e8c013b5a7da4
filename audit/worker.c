#include "audit/worker.h"
#include "audit/model/memory.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#define DEATHS_MAXIMUM 20   /* without an answer between them */
#define STOP_PATIENCE 10000 /* milliseconds for an idle child to end by itself */

struct job {
    struct job *next, **back;
    char *id, *row;
    bool suspect; /* was in flight when a child died */
};

struct worker {
    uv_loop_t *loop;
    const char *role;
    char *greeting;
    int64_t patience;
    const struct worker_events *events;
    void *context;
    struct child *child;
    struct job *flying, *waiting, **waiting_end, *suspects;
    void *by_id; /* tsearch tree of the jobs that fly */
    int deaths;  /* without any answer between them: then it is the system's fault, not a job's */
    bool stopping;
    bool busy; /* with a death: what it reports may end in worker_stop */
};

static int compare_jobs(const void *one, const void *other)
{
    return strcmp(((const struct job *)one)->id, ((const struct job *)other)->id);
}

static void push(struct job **list, struct job *job)
{
    job->next = *list;
    job->back = list;
    if (job->next)
        job->next->back = &job->next;
    *list = job;
}

static void take_out(struct job *job)
{
    *job->back = job->next;
    if (job->next)
        job->next->back = job->back;
}

static void job_free(struct job *job)
{
    free(job->id);
    free(job->row);
    free(job);
}

static void fly(struct worker *worker, struct job *job)
{
    push(&worker->flying, job);
    if (!tsearch(job, &worker->by_id, compare_jobs))
        memory_exhausted();
    child_send(worker->child, FRAME_JOB, job->row, strlen(job->row));
    child_set_deadline(worker->child, worker->patience);
}

static void land(struct worker *worker, struct job *job)
{
    take_out(job);
    tdelete(job, &worker->by_id, compare_jobs);
}

/* Suspects go alone; everything else waits behind them. */
static void send_more(struct worker *worker)
{
    struct job *job;
    if (!worker->child || worker->stopping)
        return;
    if (worker->suspects) {
        if (!worker->flying) {
            job = worker->suspects;
            take_out(job);
            fly(worker, job);
        }
        return;
    }
    if (worker->flying && worker->flying->suspect)
        return;
    while ((job = worker->waiting)) {
        take_out(job);
        fly(worker, job);
    }
    worker->waiting_end = &worker->waiting;
}

static struct job *flying_job(const struct worker *worker, const char *id)
{
    struct job key = {.id = (char *)id};
    void *found = tfind(&key, &worker->by_id, compare_jobs);
    return found ? *(struct job **)found : NULL;
}

bool worker_is_asked(const struct worker *worker, const char *id)
{
    return flying_job(worker, id);
}

static const char *on_row(void *context, const char *bytes, size_t length)
{
    const struct worker *worker = context;
    return worker->events->row(worker->context, worker, bytes, length);
}

static void on_log(void *context, const char *line)
{
    struct worker *worker = context;
    worker->events->log(worker->context, line);
}

static const char *on_done(void *context, const char *id)
{
    struct worker *worker = context;
    struct job *job = flying_job(worker, id);
    if (!job)
        return "the process answered what it was not asked";
    land(worker, job);
    worker->deaths = 0;
    child_set_deadline(worker->child, worker->flying ? worker->patience : INT64_MAX / 2);
    worker->events->done(worker->context, job->id);
    job_free(job);
    send_more(worker);
    return NULL;
}

static void blame(struct worker *worker, struct job *job, const char *reason)
{
    worker->events->blamed(worker->context, job->id, reason);
    job_free(job);
}

static void blame_all(struct worker *worker, const char *reason)
{
    struct job *job;
    while ((job = worker->suspects ? worker->suspects : worker->waiting)) {
        take_out(job);
        blame(worker, job, reason);
    }
    worker->waiting_end = &worker->waiting;
}

static void start_child(struct worker *worker);

static void worker_free(struct worker *worker, const char *fault)
{
    struct job *job;
    while ((job = worker->flying) || (job = worker->suspects) || (job = worker->waiting)) {
        if (job == worker->flying)
            land(worker, job);
        else
            take_out(job);
        job_free(job);
    }
    worker->events->stopped(worker->context, fault);
    free(worker->greeting);
    free(worker);
}

static void end_busy(struct worker *worker)
{
    worker->busy = false;
    if (worker->stopping && !worker->child)
        worker_free(worker, NULL);
}

static void on_ended(void *context, enum child_end end, const char *reason)
{
    struct worker *worker = context;
    struct job *job;
    worker->child = NULL;
    if (worker->stopping) {
        worker_free(worker, end == CHILD_CRASHED ? reason : NULL);
        return;
    }
    worker->deaths++;
    worker->busy = true;
    while ((job = worker->flying)) {
        land(worker, job);
        if (job->suspect) {
            blame(worker, job, reason);
        } else {
            job->suspect = true;
            push(&worker->suspects, job);
        }
    }
    start_child(worker);
    end_busy(worker);
}

static const struct child_events events = {on_row, on_log, on_done, on_ended};

static void start_child(struct worker *worker)
{
    const char *error = "the process dies again and again";
    if (worker->stopping)
        return;
    if (worker->deaths < DEATHS_MAXIMUM)
        worker->child = child_start(worker->loop, worker->role, &events, worker, &error);
    if (!worker->child) {
        blame_all(worker, error);
        return;
    }
    if (worker->greeting)
        child_send(worker->child, FRAME_JOB, worker->greeting, strlen(worker->greeting));
    send_more(worker);
}

struct worker *worker_start(uv_loop_t *loop, const char *role, const char *greeting, int64_t patience,
                            const struct worker_events *worker_events, void *context)
{
    struct worker *worker = memory_new(1, sizeof(*worker));
    *worker = (struct worker){
        .loop = loop, .role = role, .patience = patience, .events = worker_events, .context = context};
    worker->greeting = greeting ? memory_text(greeting) : NULL;
    worker->waiting_end = &worker->waiting;
    start_child(worker);
    return worker;
}

void worker_send(struct worker *worker, const char *id, const char *row)
{
    struct job *job = memory_new(1, sizeof(*job));
    job->id = memory_text(id);
    job->row = memory_text(row);
    job->back = worker->waiting_end;
    *worker->waiting_end = job;
    worker->waiting_end = &job->next;
    if (!worker->child && !worker->busy && !worker->stopping) {
        worker->busy = true;
        blame_all(worker, "the process could not be started");
        end_busy(worker);
    } else {
        send_more(worker);
    }
}

void worker_stop(struct worker *worker)
{
    worker->stopping = true;
    if (!worker->child) {
        if (!worker->busy)
            worker_free(worker, NULL);
    } else if (worker->flying) {
        child_kill(worker->child);
    } else {
        child_close_input(worker->child);
        child_set_deadline(worker->child, STOP_PATIENCE);
    }
}
