/* Children: one process per role, started from this binary or forked from one that was, tied to main by one
 * pipe of frames. */
#pragma once

#include "audit/frame.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum { FORK_CONTROL_FD = FRAME_FD + 1 };

struct child;
struct fork_server;

enum child_end {
    CHILD_FINISHED, /* its stream ended in order and its exit status was 0 */
    CHILD_DEADLINE, /* ended by its deadline */
    CHILD_CRASHED,  /* a signal, an exit status, a stream that is no frames */
    CHILD_ENDED     /* ended by child_kill */
};

/* What main hears of a child. The payloads belong to the caller of these functions and end with the call.
 *
 * A child is believed only about what it was asked: `row` and `done` return NULL, or a sentence (which must
 * last as long as the child) that says why this one is not. Such a child is ended at once, as one that
 * crashed, with that reason; so is one that logs more than 1 MiB. */
struct child_events {
    const char *(*row)(void *context, const char *bytes, size_t length);
    void (*log)(void *context, const char *line);
    const char *(*done)(void *context, const char *payload);
    /* The last event, once: reason is a sentence for the report, with the end of what the child said on
     * standard error. The child is freed after it. What an exited child leaves behind may hold its stream
     * open for 5 s: then nobody waits for it any longer. */
    void (*ended)(void *context, enum child_end end, const char *reason);
};

/* Starts `linkaudit --role=ROLE`. NULL, and *error, when the system cannot. The child is never waited for in
 * a blocking way; it dies with main. */
struct child *child_start(uv_loop_t *loop, const char *role, const struct child_events *events, void *context,
                          const char **error);

/* The same, where the child finds that descriptor of main's as FORK_CONTROL_FD. */
struct child *child_start_with(uv_loop_t *loop, const char *role, int descriptor,
                               const struct child_events *events, void *context, const char **error);

/* The same for a collector that is forked from a process which has everything loaded. */
struct child *child_fork(struct fork_server *server, const struct child_events *events, void *context,
                         const char **error);

/* Queues a frame. A child that takes no more bytes (its queue is longer than 64 MiB) is treated as crashed.
 */
void child_send(struct child *child, enum frame_type type, const void *payload, size_t length);

/* Kills the child after that many milliseconds from now. Again: a new deadline. */
void child_set_deadline(struct child *child, int64_t milliseconds);

/* No more frames will be sent: the child sees the end of its stream when it has read what was queued. */
void child_close_input(struct child *child);

/* Ends the child now; `ended` follows. */
void child_kill(struct child *child);

/* From the fork server: the child has ended with an exit status or a signal, or nobody knows how. */
void child_exited(struct child *child, int64_t status, int signal);
void child_lost(struct child *child, const char *fault);

/* What a role does first: dies with its parent, leaves no core file. */
void child_begin(void);
