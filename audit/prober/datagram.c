#include "audit/prober/datagram.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_ONCE = 16 }; /* answers read in one go, so that a flood does not hold up the others */

struct datagram {
    struct turn turn; /* first: its address is the datagram's */
    struct engine *engine;
    int fd, family, protocol;
    uv_poll_t poll;
    uv_timer_t timer;
    unsigned handles;
    bool polled, closing;
    datagram_handler *handler;
    void *owner;
};

static void notify(struct datagram *datagram, enum datagram_event event, const struct datagram_news *news)
{
    datagram->handler(datagram->owner, datagram, event, news);
}

static bool receive_error(struct datagram *datagram)
{
    struct datagram_news news = {0};
    if (!icmp_error_next(datagram->fd, &news.icmp))
        return false;
    notify(datagram, DATAGRAM_ICMP, &news);
    return true;
}

static void sender_text(const struct sockaddr_storage *sender, char text[INET6_ADDRSTRLEN])
{
    if (sender->ss_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)sender)->sin_addr, text, INET6_ADDRSTRLEN);
    else if (sender->ss_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)sender)->sin6_addr, text, INET6_ADDRSTRLEN);
}

static bool receive_answer(struct datagram *datagram)
{
    static uint8_t data[65536];
    struct sockaddr_storage sender = {0};
    socklen_t length = sizeof(sender);
    struct datagram_news news = {.bytes = data};
    ssize_t count = recvfrom(datagram->fd, data, sizeof(data), 0, (struct sockaddr *)&sender, &length);
    if (count < 0)
        return errno != EAGAIN; /* a pending ICMP error is told once this way, and is in the queue */
    news.length = (size_t)count;
    sender_text(&sender, news.from);
    notify(datagram, DATAGRAM_ANSWER, &news);
    return true;
}

/* Errors first: they are about what was sent before. */
static void receive(struct datagram *datagram)
{
    for (int i = 0; i < AT_ONCE && !datagram->closing && receive_error(datagram); i++)
        continue;
    for (int i = 0; i < AT_ONCE && !datagram->closing && receive_answer(datagram); i++)
        continue;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    receive(poll->data);
}

static void on_timer(uv_timer_t *timer)
{
    struct datagram *datagram = timer->data;
    receive(datagram); /* timers run before sockets are read */
    if (!datagram->closing && !uv_is_active((uv_handle_t *)timer))
        notify(datagram, DATAGRAM_TIMEOUT, NULL);
}

static void on_turn(struct turn *turn)
{
    struct datagram *datagram = (struct datagram *)turn;
    struct datagram_news news = {0};
    datagram->fd = socket(datagram->family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, datagram->protocol);
    if (datagram->fd < 0) {
        news.error = errno;
        notify(datagram, DATAGRAM_FAILED, &news);
        return;
    }
    icmp_error_enable(datagram->fd, datagram->family, true);
    uv_poll_init_socket(&datagram->engine->loop, &datagram->poll, datagram->fd);
    datagram->poll.data = datagram;
    datagram->polled = true;
    datagram->handles++;
    uv_poll_start(&datagram->poll, UV_READABLE, on_poll);
    notify(datagram, DATAGRAM_READY, &news);
}

struct datagram *datagram_open(struct engine *engine, int family, int protocol, datagram_handler *handler,
                               void *owner)
{
    struct datagram *datagram = calloc(1, sizeof(*datagram));
    if (!datagram)
        abort();
    *datagram = (struct datagram){.turn.start = on_turn,
                                  .engine = engine,
                                  .fd = -1,
                                  .family = family,
                                  .protocol = protocol,
                                  .handles = 1,
                                  .handler = handler,
                                  .owner = owner};
    uv_timer_init(&engine->loop, &datagram->timer);
    datagram->timer.data = datagram;
    turn_wait(engine, &datagram->turn, NULL);
    return datagram;
}

int datagram_send(struct datagram *datagram, const char *ip, unsigned port, const void *bytes, size_t length)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    bool is_v4 = datagram->family == AF_INET;
    if (inet_pton(datagram->family, ip, is_v4 ? (void *)&v4.sin_addr : (void *)&v6.sin6_addr) != 1)
        return EAFNOSUPPORT;
    for (int tries = 0; tries < 2; tries++) {
        if (sendto(datagram->fd, bytes, length, MSG_NOSIGNAL, is_v4 ? (void *)&v4 : (void *)&v6,
                   is_v4 ? sizeof(v4) : sizeof(v6)) >= 0)
            return 0;
        /* The first failure may only tell of an ICMP error that an earlier packet got. */
    }
    return errno;
}

void datagram_deadline(struct datagram *datagram, unsigned timeout)
{
    uv_update_time(&datagram->engine->loop);
    uv_timer_start(&datagram->timer, on_timer, timeout, 0);
}

static void on_closed(uv_handle_t *handle)
{
    struct datagram *datagram = handle->data;
    if (--datagram->handles == 0)
        free(datagram);
}

void datagram_close(struct datagram *datagram)
{
    if (!datagram || datagram->closing)
        return;
    datagram->closing = true;
    turn_leave(datagram->engine, &datagram->turn);
    uv_close((uv_handle_t *)&datagram->timer, on_closed);
    if (datagram->polled)
        uv_close((uv_handle_t *)&datagram->poll, on_closed);
    if (datagram->fd >= 0)
        close(datagram->fd);
}
