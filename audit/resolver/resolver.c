/* The resolver role: names down, addresses up. */
#include "audit/frame.h"
#include "audit/resolver/lookup.h"
#include "audit/role.h"
#include "reports/row.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SOCKETS = 256, READ_SIZE = 65536 };

/* A job that waits for its turn, as it came. */
struct waiting {
    struct waiting *next;
    struct frame frame;
};

struct role {
    struct lookups *lookups;
    struct frame_buffer incoming;
    struct waiting *first, *last;
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
    while (role->first && lookups_open(role->lookups) < LOOKUPS_MAXIMUM) {
        struct waiting *waiting = role->first;
        role->first = waiting->next;
        if (!role->first)
            role->last = NULL;
        start_job(role, &waiting->frame);
        frame_clear(&waiting->frame);
        free(waiting);
    }
}

static void read_jobs(struct role *role)
{
    static char data[READ_SIZE];
    struct frame frame;
    enum frame_result result;
    ssize_t count = read(FRAME_FD, data, sizeof(data));
    if (count > 0)
        frame_buffer_add(&role->incoming, data, (size_t)count);
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        role->no_more_jobs = true;
    while ((result = frame_buffer_next(&role->incoming, &frame)) == FRAME_OK) {
        struct waiting *waiting = calloc(1, sizeof(*waiting));
        if (!waiting)
            abort();
        waiting->frame = frame;
        *(role->last ? &role->last->next : &role->first) = waiting;
        role->last = waiting;
    }
    if (result == FRAME_BAD) {
        role->no_more_jobs = true;
        role->status = 1;
    }
}

static void run(struct role *role)
{
    struct pollfd sockets[SOCKETS + 1];
    int timeout;
    while (!role->no_more_jobs || role->first || lookups_open(role->lookups) > 0) {
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
    if (!role.lookups) {
        frame_log(FRAME_FD, "resolver: c-ares cannot start: is /etc/resolv.conf readable?");
        return 1;
    }
    run(&role);
    lookups_free(role.lookups);
    frame_buffer_clear(&role.incoming);
    return role.status;
}
