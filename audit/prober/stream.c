#include "audit/prober/stream.h"
#include "audit/prober/icmp_error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINGER_MS = 300 };

enum stream_state { WAITING, CONNECTING, OPEN, OVER, LINGERING, CLOSING };

struct stream {
    struct turn turn; /* first: its address is the stream's */
    struct engine *engine;
    enum stream_state state;
    int fd;
    uv_poll_t poll;
    uv_timer_t timer;
    unsigned handles; /* that libuv still has to let go */
    bool polled, slow;
    struct sockaddr_storage address;
    socklen_t address_length;
    unsigned timeout;
    uint64_t started;
    struct stream_outcome outcome;
    struct bytes received, to_send;
    int write_error;
    stream_handler *handler;
    void *owner;
};

static void watch(struct stream *stream);

static void notify(struct stream *stream, enum stream_event event)
{
    if (event != STREAM_CONNECTED && event != STREAM_SLOW && event != STREAM_DATA) {
        uv_timer_stop(&stream->timer);
        if (stream->polled)
            uv_poll_stop(&stream->poll);
        stream->state = OVER;
    }
    stream->handler(stream->owner, stream, event);
}

/* ---- connecting ---------------------------------------------------------------------------------------- */

static void count_retransmissions(struct stream *stream)
{
    struct tcp_info info;
    socklen_t length = sizeof(info);
    if (getsockopt(stream->fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0)
        stream->outcome.retransmissions = info.tcpi_total_retrans;
}

static enum connect_outcome outcome_of(enum icmp_meaning meaning, bool from_icmp)
{
    switch (meaning) {
    case ICMP_PORT_UNREACHABLE:
        return from_icmp ? CONNECT_REJECTED : CONNECT_REFUSED;
    case ICMP_PROHIBITED:
        return CONNECT_PROHIBITED;
    case ICMP_HOST_UNREACHABLE:
        return CONNECT_HOST_UNREACHABLE;
    case ICMP_NET_UNREACHABLE:
        return CONNECT_NET_UNREACHABLE;
    default:
        return CONNECT_FAILED;
    }
}

/* What the error means: the error queue knows best, errno is the fallback. */
static void explain(struct stream *stream, int error)
{
    struct icmp_error icmp;
    struct stream_outcome *outcome = &stream->outcome;
    snprintf(outcome->detail, sizeof(outcome->detail), "%s", strerror(error));
    outcome->outcome = outcome_of(icmp_meaning_of_errno(error), false);
    if (error == ETIMEDOUT)
        outcome->outcome = CONNECT_TIMEOUT;
    else if (error == ECONNRESET || error == EPIPE)
        outcome->outcome = CONNECT_RESET;
    else if (error == EPERM || error == EACCES)
        snprintf(outcome->detail, sizeof(outcome->detail), "%s: the audit host's own firewall",
                 strerror(error));
    if (stream->fd < 0 || !icmp_error_next(stream->fd, &icmp) || icmp.meaning == ICMP_NOTHING)
        return;
    outcome->outcome = outcome_of(icmp.meaning, true);
    snprintf(outcome->from, sizeof(outcome->from), "%s", icmp.from);
    snprintf(outcome->detail, sizeof(outcome->detail), "%s", icmp.detail);
}

static void not_connected(struct stream *stream, int error)
{
    stream->outcome.ms = clock_ms_since(stream->started);
    if (stream->fd >= 0)
        count_retransmissions(stream);
    explain(stream, error);
    notify(stream, STREAM_NOT_CONNECTED);
}

static void connected(struct stream *stream)
{
    int error = 0;
    socklen_t length = sizeof(error);
    getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) {
        not_connected(stream, error);
        return;
    }
    stream->outcome.ms = clock_ms_since(stream->started);
    stream->outcome.outcome = CONNECT_OK;
    count_retransmissions(stream);
    stream->state = OPEN;
    /* A connection that stands outlives what a router may say on a bad day. */
    icmp_error_enable(stream->fd, stream->address.ss_family, false);
    watch(stream);
    notify(stream, STREAM_CONNECTED);
}

/* ---- open ---------------------------------------------------------------------------------------------- */

/* A write can use up the reset that the next read would tell: it is remembered, and reading goes on, because
 * what the server said before it reset is worth more. */
static void send_queued(struct stream *stream)
{
    while (stream->to_send.length > 0 && !stream->write_error) {
        ssize_t sent = send(stream->fd, stream->to_send.at, stream->to_send.length, MSG_NOSIGNAL);
        if (sent > 0)
            bytes_take(&stream->to_send, (size_t)sent);
        else if (errno == EAGAIN)
            return;
        else if (errno != EINTR)
            stream->write_error = errno;
    }
    if (stream->write_error)
        stream->to_send.length = 0;
}

enum received { RECEIVED_NOTHING, RECEIVED_BYTES, RECEIVED_END, RECEIVED_ERROR };

static enum received receive(struct stream *stream)
{
    uint8_t data[16384];
    ssize_t count;
    do
        count = recv(stream->fd, data, sizeof(data), 0);
    while (count < 0 && errno == EINTR);
    if (count > 0 && stream->received.length + (size_t)count > STREAM_RECEIVE_MAXIMUM)
        return RECEIVED_ERROR; /* nothing that is asked here has an answer that long */
    if (count > 0) {
        bytes_add(&stream->received, data, (size_t)count);
        return RECEIVED_BYTES;
    }
    if (count == 0)
        return stream->write_error ? RECEIVED_ERROR : RECEIVED_END;
    return errno == EAGAIN ? RECEIVED_NOTHING : RECEIVED_ERROR;
}

/* Reads and tells; `nothing` is what to tell when nothing came, STREAM_DATA for not at all. */
static void report_received(struct stream *stream, enum stream_event nothing)
{
    switch (receive(stream)) {
    case RECEIVED_NOTHING:
        if (nothing != STREAM_DATA)
            notify(stream, nothing);
        break;
    case RECEIVED_BYTES:
        notify(stream, STREAM_DATA);
        break;
    case RECEIVED_END:
        notify(stream, STREAM_CLOSED);
        break;
    case RECEIVED_ERROR:
        notify(stream, STREAM_RESET);
        break;
    }
}

/* Reads what the other side still says, and throws it away. */
static void linger(struct stream *stream)
{
    enum received received;
    send_queued(stream);
    if (stream->to_send.length == 0)
        shutdown(stream->fd, SHUT_WR);
    stream->received.length = 0;
    while ((received = receive(stream)) == RECEIVED_BYTES)
        stream->received.length = 0;
    if (received != RECEIVED_NOTHING)
        stream_close(stream);
    else
        watch(stream);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct stream *stream = poll->data;
    switch (stream->state) {
    case CONNECTING:
        connected(stream);
        break;
    case OPEN:
        if (events & UV_WRITABLE) {
            send_queued(stream);
            watch(stream);
        }
        if (status < 0 || (events & UV_READABLE))
            report_received(stream, STREAM_DATA);
        break;
    case LINGERING:
        linger(stream);
        break;
    default:
        break;
    }
}

static void watch(struct stream *stream)
{
    int events = stream->state == CONNECTING ? UV_WRITABLE : UV_READABLE;
    if (stream->to_send.length > 0)
        events |= UV_WRITABLE;
    uv_poll_start(&stream->poll, events, on_poll);
}

static void on_timer(uv_timer_t *timer);

/* A first timer for being slow, a second one for the rest of the time. */
static void wait_for_connection(struct stream *stream)
{
    unsigned first = stream->timeout > STREAM_SLOW_MS ? STREAM_SLOW_MS : stream->timeout;
    uv_update_time(&stream->engine->loop);
    uv_timer_start(&stream->timer, on_timer, stream->slow ? stream->timeout - first : first, 0);
}

static void no_connection_in_time(struct stream *stream)
{
    int error = 0;
    socklen_t length = sizeof(error);
    struct tcp_info info = {0};
    socklen_t info_length = sizeof(info);
    getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    getsockopt(stream->fd, IPPROTO_TCP, TCP_INFO, &info, &info_length);
    if (error == 0 && info.tcpi_state == TCP_ESTABLISHED) {
        connected(stream);
    } else if (error == 0 && !stream->slow && stream->timeout > STREAM_SLOW_MS) {
        stream->slow = true;
        wait_for_connection(stream);
        notify(stream, STREAM_SLOW);
    } else {
        not_connected(stream, error ? error : ETIMEDOUT);
    }
}

/* libuv runs timers before it reads what is there: after a long callback an answer may be waiting already. */
static void on_timer(uv_timer_t *timer)
{
    struct stream *stream = timer->data;
    switch (stream->state) {
    case CONNECTING:
        no_connection_in_time(stream);
        break;
    case OPEN:
        uv_timer_start(timer, on_timer, 1, 0); /* should something have come that does not help */
        report_received(stream, STREAM_TIMEOUT);
        break;
    case LINGERING:
        stream_close(stream);
        break;
    default:
        break;
    }
}

/* ---- life ---------------------------------------------------------------------------------------------- */

static bool open_socket(struct stream *stream)
{
    int family = stream->address.ss_family, on = 1;
    if (stream->address_length == 0) {
        errno = EAFNOSUPPORT; /* what was given is no numeric address */
        return false;
    }
    stream->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (stream->fd < 0)
        return false;
    icmp_error_enable(stream->fd, family, true);
    setsockopt(stream->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    uv_poll_init_socket(&stream->engine->loop, &stream->poll, stream->fd);
    stream->poll.data = stream;
    stream->polled = true;
    stream->handles++;
    return true;
}

static void on_turn(struct turn *turn)
{
    struct stream *stream = (struct stream *)turn;
    stream->state = CONNECTING;
    stream->started = clock_us();
    if (!open_socket(stream)) {
        not_connected(stream, errno);
        return;
    }
    if (connect(stream->fd, (struct sockaddr *)&stream->address, stream->address_length) < 0 &&
        errno != EINPROGRESS) {
        not_connected(stream, errno);
        return;
    }
    watch(stream);
    wait_for_connection(stream);
}

static void set_address(struct stream *stream, const char *ip, unsigned port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&stream->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&stream->address;
    if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        stream->address_length = sizeof(*v4);
    } else if (inet_pton(AF_INET6, ip, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        stream->address_length = sizeof(*v6);
    }
}

struct stream *stream_open(struct engine *engine, const char *ip, unsigned port, unsigned timeout,
                           stream_handler *handler, void *owner)
{
    struct stream *stream = calloc(1, sizeof(*stream));
    if (!stream)
        abort();
    stream->engine = engine;
    stream->fd = -1;
    stream->timeout = timeout;
    stream->handler = handler;
    stream->owner = owner;
    stream->turn.start = on_turn;
    set_address(stream, ip, port);
    uv_timer_init(&engine->loop, &stream->timer);
    stream->timer.data = stream;
    stream->handles = 1;
    turn_wait(engine, &stream->turn, ip);
    return stream;
}

void stream_give(struct stream *stream, stream_handler *handler, void *owner)
{
    stream->handler = handler;
    stream->owner = owner;
}

const struct stream_outcome *stream_outcome(const struct stream *stream)
{
    return &stream->outcome;
}

struct bytes *stream_received(struct stream *stream)
{
    return &stream->received;
}

void stream_send(struct stream *stream, const void *bytes, size_t length)
{
    if (stream->state != OPEN)
        return;
    bytes_add(&stream->to_send, bytes, length);
    send_queued(stream);
    watch(stream);
}

void stream_deadline(struct stream *stream, unsigned timeout)
{
    uv_update_time(&stream->engine->loop);
    uv_timer_start(&stream->timer, on_timer, timeout, 0);
}

static void on_closed(uv_handle_t *handle)
{
    struct stream *stream = handle->data;
    if (--stream->handles > 0)
        return;
    bytes_free(&stream->received);
    bytes_free(&stream->to_send);
    free(stream);
}

void stream_close(struct stream *stream)
{
    if (!stream || stream->state == CLOSING)
        return;
    stream->state = CLOSING;
    turn_leave(stream->engine, &stream->turn);
    uv_close((uv_handle_t *)&stream->timer, on_closed);
    if (stream->polled)
        uv_close((uv_handle_t *)&stream->poll, on_closed);
    if (stream->fd >= 0)
        close(stream->fd);
}

void stream_close_gently(struct stream *stream)
{
    if (stream->state != OPEN) {
        stream_close(stream);
        return;
    }
    stream->state = LINGERING;
    stream_deadline(stream, LINGER_MS);
    linger(stream);
}
