/* The listening sockets and the threads that play their connections. */
#pragma once

#include "session.h"

/* Listens everywhere, calls `ready` once everything does, and serves until the estate's stop_fd is readable.
 * All threads have ended when it returns. `on_signal` is called whenever signal_fd can be read. False after a
 * message on `errors`. */
struct service {
    struct estate *estate;
    int signal_fd;
    void (*ready)(void *context);
    void (*on_signal)(void *context);
    void *context;
};

bool listener_serve(const struct service *service, FILE *errors);
