/* The prober role: jobs down, evidence up. */
#include "audit/frame_queue.h"
#include "audit/prober/probe.h"
#include "audit/prober/sandbox.h"
#include "audit/role.h"
#include "reports/row.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    DEFAULT_CONCURRENCY = 500, /* a TLS session takes about 50 KB */
    DEFAULT_PER_HOST = 3,
    DEFAULT_RATE = 1000,
    DEFAULT_CONNECT_TIMEOUT = 5000,
    DEFAULT_TLS_TIMEOUT = 8000,
    DEFAULT_BROWSER_TIMEOUT = 3000,
    SPARE_DESCRIPTORS = 32,
};

struct role {
    struct prober prober;
    uv_poll_t pipe;
    struct frame_buffer incoming;
    struct bytes outgoing;
    struct frame_queue waiting;
    unsigned running, running_maximum;
    bool no_more_jobs; /* the other side has closed its half */
    bool filling;
    int status;
};

struct running {
    struct role *role;
    struct arena *arena;
};

static void watch_pipe(struct role *role);

/* ---- answers --------------------------------------------------------------------------------------- */

static void queue_frame(struct role *role, enum frame_type type, const void *payload, size_t length)
{
    unsigned char header[FRAME_HEADER];
    frame_header(header, type, length);
    bytes_add(&role->outgoing, header, sizeof(header));
    bytes_add(&role->outgoing, payload, length);
}

static void send_answers(struct role *role)
{
    while (role->outgoing.length > 0) {
        ssize_t written = write(FRAME_FD, role->outgoing.at, role->outgoing.length);
        if (written > 0) {
            bytes_take(&role->outgoing, (size_t)written);
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            /* Nobody is left to tell. */
            role->status = 1;
            role->no_more_jobs = true;
            role->outgoing.length = 0;
            uv_stop(&role->prober.engine.loop);
        }
    }
    watch_pipe(role);
}

static void fill_up(struct role *role);

static void on_probe_done(struct probe *probe)
{
    struct running *running = probe->owner;
    struct role *role = running->role;
    size_t length;
    char *row = row_write(&endpoint_element, probe->endpoint, &length);
    queue_frame(role, FRAME_ROW, row, length);
    queue_frame(role, FRAME_DONE, probe->job->id, strlen(probe->job->id));
    free(row);
    arena_free(running->arena);
    role->running--;
    send_answers(role);
    fill_up(role);
}

/* ---- jobs ------------------------------------------------------------------------------------------ */

static void log_line(struct role *role, const char *line)
{
    queue_frame(role, FRAME_LOG, line, strlen(line));
    send_answers(role);
}

static void start_job(struct role *role, const struct frame *frame)
{
    const char *error = NULL;
    struct arena *arena = arena_new();
    struct row row = row_read(arena, frame->payload, frame->length, &error);
    if (row.element != &probe_job_element) {
        log_line(role, row.element ? "prober: a row that is no job" : error);
        arena_free(arena);
        return;
    }
    struct running *running = arena_alloc(arena, sizeof(*running));
    *running = (struct running){role, arena};
    role->running++;
    probe_start(&role->prober, arena, row.item, on_probe_done, running);
}

/* Starts waiting jobs while there is room. A job can be done at once, and comes back here: not deeper than
 * once. */
static void fill_up(struct role *role)
{
    struct frame frame;
    if (role->filling)
        return;
    role->filling = true;
    while (role->running < role->running_maximum && frame_queue_next(&role->waiting, &frame)) {
        start_job(role, &frame);
        frame_clear(&frame);
    }
    role->filling = false;
    if (role->no_more_jobs && role->running == 0)
        watch_pipe(role);
}

static void read_jobs(struct role *role)
{
    char data[65536];
    ssize_t count = read(FRAME_FD, data, sizeof(data));
    if (count > 0)
        frame_buffer_add(&role->incoming, data, (size_t)count);
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        role->no_more_jobs = true;
    if (!frame_queue_fill(&role->waiting, &role->incoming)) {
        role->status = 1;
        role->no_more_jobs = true;
    }
    fill_up(role);
}

static void on_pipe(uv_poll_t *poll, int status, int events)
{
    struct role *role = poll->data;
    if (status < 0 || (events & UV_READABLE))
        read_jobs(role);
    send_answers(role);
}

/* The loop lives as long as the pipe is watched or a conversation goes on. */
static void watch_pipe(struct role *role)
{
    int events = (role->no_more_jobs ? 0 : UV_READABLE) | (role->outgoing.length ? UV_WRITABLE : 0);
    if (events)
        uv_poll_start(&role->pipe, events, on_pipe);
    else
        uv_poll_stop(&role->pipe);
}

/* ---- start ----------------------------------------------------------------------------------------- */

static unsigned setting(struct number number, unsigned otherwise)
{
    return number.known && number.value > 0 && number.value < 1000000000 ? (unsigned)number.value : otherwise;
}

static unsigned limit_descriptors(unsigned wanted)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return wanted;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    rlim_t most =
        limit.rlim_cur > 2 * SPARE_DESCRIPTORS ? limit.rlim_cur - SPARE_DESCRIPTORS : SPARE_DESCRIPTORS;
    return wanted < most ? wanted : (unsigned)most;
}

static bool apply_settings(struct role *role, const struct prober_settings *settings)
{
    char *error = NULL;
    const char *reason = NULL;
    struct engine_limits limits = {.concurrency =
                                       limit_descriptors(setting(settings->concurrency, DEFAULT_CONCURRENCY)),
                                   .per_host = setting(settings->per_host_connections, DEFAULT_PER_HOST),
                                   .rate = setting(settings->rate, DEFAULT_RATE)};
    role->prober.connect_timeout = setting(settings->connect_timeout, DEFAULT_CONNECT_TIMEOUT);
    role->prober.tls_timeout = setting(settings->tls_timeout, DEFAULT_TLS_TIMEOUT);
    role->prober.browser_timeout = setting(settings->browser_timeout, DEFAULT_BROWSER_TIMEOUT);
    role->running_maximum = limits.concurrency;
    if (!tls_library_open(&role->prober.tls, settings->ca_file, &error)) {
        frame_log(FRAME_FD, "prober: %s", error);
        free(error);
        return false;
    }
    tzset();
    fcntl(FRAME_FD, F_SETFL, fcntl(FRAME_FD, F_GETFL) | O_NONBLOCK);
    engine_open(&role->prober.engine, &limits);
    if (!sandbox_seal(&reason)) {
        frame_log(FRAME_FD, "prober: %s", reason);
        engine_close(&role->prober.engine);
        return false;
    }
    return true;
}

/* The first frame has the settings; the seal follows. */
static bool read_settings(struct role *role)
{
    struct frame frame;
    const char *error = NULL;
    if (frame_read(FRAME_FD, &frame) != FRAME_OK)
        return false;
    struct arena *arena = arena_new();
    struct row row = row_read(arena, frame.payload, frame.length, &error);
    bool applied = row.element == &prober_settings_element && apply_settings(role, row.item);
    if (row.element != &prober_settings_element)
        frame_log(FRAME_FD, "prober: expected its settings first: %s", error ? error : "another row came");
    frame_clear(&frame);
    arena_free(arena);
    return applied;
}

int prober_role(void)
{
    struct role role = {0};
    signal(SIGPIPE, SIG_IGN); /* main's end is told by write */
    if (!read_settings(&role)) {
        tls_library_close(&role.prober.tls);
        return 1;
    }
    uv_poll_init(&role.prober.engine.loop, &role.pipe, FRAME_FD);
    role.pipe.data = &role;
    watch_pipe(&role);
    uv_run(&role.prober.engine.loop, UV_RUN_DEFAULT);
    if (role.status != 0)
        _exit(role.status); /* conversations are still open: the system closes them */
    frame_queue_clear(&role.waiting);
    uv_close((uv_handle_t *)&role.pipe, NULL);
    frame_buffer_clear(&role.incoming);
    bytes_free(&role.outgoing);
    engine_close(&role.prober.engine);
    tls_library_close(&role.prober.tls);
    return role.status;
}
