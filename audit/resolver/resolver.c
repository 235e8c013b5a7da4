/* The resolver role: names down, addresses up. */
#include "audit/frame_queue.h"
#include "audit/resolver/lookup.h"
#include "audit/role.h"
#include "reports/row.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOCKETS = 256, READ_SIZE = 65536 };

struct role {
    struct lookups *lookups;
    struct frame_buffer incoming;
    struct frame_queue waiting;
    bool no_more_jobs;
    int status;
};

struct running {
    struct role *role;
    struct arena *arena;
    const struct resolve_job *job;
};

/* Main reads as fast as it can: writing may block for a moment, and nothing is lost. */
static void on_done(void *owner, struct resolve *result)
{
    struct running *running = owner;
    struct endpoint endpoint = {.id = running->job->id, .resolve = result};
    size_t length;
    char *row = row_write(&endpoint_element, &endpoint, &length);
    if (!frame_write(FRAME_FD, FRAME_ROW, row, length) ||
        !frame_write(FRAME_FD, FRAME_DONE, running->job->id, strlen(running->job->id)))
        _exit(1); /* nobody is left to tell */
    free(row);
    arena_free(running->arena);
}

static void start_job(struct role *role, const struct frame *frame)
{
    const char *error = NULL;
    struct arena *arena = arena_new();
    struct row row = row_read(arena, frame->payload, frame->length, &error);
    if (row.element != &resolve_job_element) {
        frame_log(FRAME_FD, "resolver: %s", row.element ? "a row that is no job" : error);
        arena_free(arena);
        return;
    }
    struct running *running = arena_alloc(arena, sizeof(*running));
    *running = (struct running){role, arena, row.item};
    lookup_start(role->lookups, arena, row.item, on_done, running);
}

static void fill_up(struct role *role)
{
    struct frame frame;
    while (lookups_open(role->lookups) < LOOKUPS_MAXIMUM && frame_queue_next(&role->waiting, &frame)) {
        start_job(role, &frame);
        frame_clear(&frame);
    }
}

static void read_jobs(struct role *role)
{
    static char data[READ_SIZE];
    ssize_t count = read(FRAME_FD, data, sizeof(data));
    if (count > 0)
        frame_buffer_add(&role->incoming, data, (size_t)count);
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        role->no_more_jobs = true;
    if (!frame_queue_fill(&role->waiting, &role->incoming)) {
        role->no_more_jobs = true;
        role->status = 1;
    }
}

static void run(struct role *role)
{
    struct pollfd sockets[SOCKETS + 1];
    int timeout;
    while (!role->no_more_jobs || role->waiting.first || lookups_open(role->lookups) > 0) {
        sockets[0] = (struct pollfd){.fd = role->no_more_jobs ? -1 : FRAME_FD, .events = POLLIN};
        size_t count = lookups_wait_for(role->lookups, sockets + 1, SOCKETS, &timeout);
        if (poll(sockets, count + 1, timeout) < 0 && errno != EINTR)
            break;
        if (sockets[0].revents)
            read_jobs(role);
        lookups_handle(role->lookups, sockets + 1, count);
        fill_up(role);
    }
}

int resolver_role(void)
{
    struct role role = {.lookups = lookups_new()};
    signal(SIGPIPE, SIG_IGN); /* main's end is told by write */
    if (!role.lookups) {
        frame_log(FRAME_FD, "resolver: c-ares cannot start: is /etc/resolv.conf readable?");
        return 1;
    }
    run(&role);
    lookups_free(role.lookups);
    frame_queue_clear(&role.waiting);
    frame_buffer_clear(&role.incoming);
    return role.status;
}
