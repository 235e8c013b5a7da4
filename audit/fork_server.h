/* A process that makes collectors by copying itself.
 *
 * A collector that is started from the binary spends four fifths of its processor time on loading libraries,
 * the driver and the driver manager's tables. The fork server has loaded them once; it holds no credential,
 * reads nothing from the network, and makes a collector of a copy of itself (fork) on request. The copy gets
 * its own pipe from main, and its job and password through it, which the fork server never sees.
 *
 * What main holds of a child holds for these as well: it is ended by its deadline, its end is told with
 * signal or exit status, it dies with main (it dies with the fork server, which dies with main); what its
 * driver started in its session ends with it. A driver is loaded only after a copy has loaded it and lived:
 * one that crashes, hangs or starts threads when it is loaded is left to the collectors that need it. When
 * the fork server itself dies, so do the collectors that it made; from then on collectors are started from
 * the binary. */
#pragma once

#include "audit/child.h"

struct fork_server;

struct fork_server_events {
    /* Once, within 60 s: everything is loaded. */
    void (*ready)(void *context);
    void (*log)(void *context, const char *line);
    /* The last event: it is gone, its children will be, and nothing may be asked of it. `fault` is NULL after
     * fork_server_stop, else why it died. */
    void (*ended)(void *context, const char *fault);
};

/* `drivers`: names of odbcinst.ini or paths of libraries, ended by NULL. NULL, and *error, when the system
 * cannot. */
struct fork_server *fork_server_start(uv_loop_t *loop, const char *const *drivers,
                                      const struct fork_server_events *events, void *context,
                                      const char **error);

/* No further children: it ends when the last one has ended. */
void fork_server_stop(struct fork_server *server);

/* ---- for child.c --------------------------------------------------------------------------------------- */

uv_loop_t *fork_server_loop(const struct fork_server *server);

/* Asks for a child with these descriptors as FRAME_FD and standard error; the caller closes its own copies.
 * child_exited follows in any case. False when nothing could be asked for. */
bool fork_server_fork(struct fork_server *server, struct child *child, int frames, int errors);

/* Has the child killed. */
void fork_server_kill(struct fork_server *server, const struct child *child);
