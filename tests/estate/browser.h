/* SQL Browser: the instances of one host address, told over UDP 1434 ([MC-SQLR]). */
#pragma once

#include "session.h"

struct browsers;

/* Opens a socket on each address that has a named instance, or whose `host` line asks for it, and adds the
 * sockets to the epoll set with `tag` | index in the event's data. NULL after a message on `errors`. */
struct browsers *browsers_open(const struct estate *estate, int epoll_fd, uint64_t tag, FILE *errors);
void browsers_close(struct browsers *browsers);
/* The socket of that index can be read. */
void browsers_answer(struct browsers *browsers, size_t index);
