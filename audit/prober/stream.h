/* One TCP connection: waits for its turn, connects, sends, receives, each under a deadline. It knows no
 * protocol. */
#pragma once

#include "audit/model/model.h"
#include "audit/prober/bytes.h"
#include "audit/prober/engine.h"

#include <netinet/in.h>

enum stream_event {
    STREAM_CONNECTED,
    STREAM_SLOW,          /* still not connected after STREAM_SLOW_MS: told once */
    STREAM_NOT_CONNECTED, /* stream_outcome says why */
    STREAM_DATA,          /* more bytes are in stream_received */
    STREAM_CLOSED,        /* the other side has closed */
    STREAM_RESET,         /* the other side has reset, or the network broke */
    STREAM_TIMEOUT        /* the deadline has passed */
};

struct stream;

/* After any event but CONNECTED, SLOW and DATA nothing more comes; the stream stays the owner's, to close. It
 * may be closed within the call. */
typedef void stream_handler(void *owner, struct stream *stream, enum stream_event event);

/* What came of connecting. */
struct stream_outcome {
    enum connect_outcome outcome;
    int64_t ms;
    unsigned retransmissions; /* SYN packets sent again */
    char from[INET6_ADDRSTRLEN];
    char detail[160];
};

enum { STREAM_RECEIVE_MAXIMUM = 256 * 1024, STREAM_SLOW_MS = 1000 };

/* ip is numeric. timeout is in milliseconds, from the moment that its turn comes. */
struct stream *stream_open(struct engine *engine, const char *ip, unsigned port, unsigned timeout,
                           stream_handler *handler, void *owner);

/* From now on another owner handles the stream. */
void stream_give(struct stream *stream, stream_handler *handler, void *owner);

const struct stream_outcome *stream_outcome(const struct stream *stream);

/* What has come and was not taken yet. */
struct bytes *stream_received(struct stream *stream);

/* Queues bytes and sends as soon as possible. */
void stream_send(struct stream *stream, const void *bytes, size_t length);

/* The next STREAM_TIMEOUT comes after that many milliseconds. */
void stream_deadline(struct stream *stream, unsigned timeout);

/* Closes at once. The handler is not called again; the pointer is void. NULL is allowed. */
void stream_close(struct stream *stream);

/* Sends what is queued, ends its own side and gives the other a moment to end its: a server that is left so
 * has no reset to complain about. The handler is not called again; the pointer is void. */
void stream_close_gently(struct stream *stream);
