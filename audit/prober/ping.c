/* The ping step: ICMP echo through an unprivileged socket (Linux "ping sockets"), beside the other steps. */
#include "audit/prober/datagram.h"
#include "audit/prober/probe.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

enum { ECHO_TRIES = 3, ECHO_LENGTH = 40 };
enum { ICMP4_ECHO = 8, ICMP4_ECHO_REPLY = 0, ICMP6_ECHO = 128, ICMP6_ECHO_REPLY = 129 };

struct echo {
    struct probe *probe;
    struct ping *row;
    bool v6;
    unsigned tries;
    uint64_t sent;
};

static void finish(struct echo *echo, struct datagram *datagram, enum ping_outcome outcome)
{
    echo->row->outcome = outcome;
    datagram_close(datagram);
    probe_background_done(echo->probe);
}

static void send_echo(struct echo *echo, struct datagram *datagram)
{
    /* type, code, checksum and identifier (both the kernel's), sequence number */
    uint8_t packet[ECHO_LENGTH] = {echo->v6 ? ICMP6_ECHO : ICMP4_ECHO};
    packet[7] = (uint8_t)++echo->tries;
    echo->sent = clock_us();
    int error = datagram_send(datagram, echo->row->ip, 0, packet, sizeof(packet));
    if (error) {
        echo->row->detail = arena_text(echo->probe->arena, strerror(error));
        finish(echo, datagram, error == EPERM ? PING_PROHIBITED : PING_UNREACHABLE);
        return;
    }
    datagram_deadline(datagram, echo->probe->prober->browser_timeout / ECHO_TRIES + 1);
}

static void no_socket(struct echo *echo, struct datagram *datagram, int error)
{
    bool forbidden = error == EACCES || error == EPERM;
    echo->row->detail = arena_text(
        echo->probe->arena,
        forbidden ? "the audit host does not permit it (sysctl net.ipv4.ping_group_range)" : strerror(error));
    finish(echo, datagram, PING_SKIPPED);
}

static void refused(struct echo *echo, struct datagram *datagram, const struct icmp_error *icmp)
{
    echo->row->detail = icmp->from[0]
                            ? arena_format(echo->probe->arena, "%s from %s", icmp->detail, icmp->from)
                            : arena_text(echo->probe->arena, icmp->detail);
    finish(echo, datagram, icmp->meaning == ICMP_PROHIBITED ? PING_PROHIBITED : PING_UNREACHABLE);
}

static void on_event(void *owner, struct datagram *datagram, enum datagram_event event,
                     const struct datagram_news *news)
{
    struct echo *echo = owner;
    switch (event) {
    case DATAGRAM_READY:
        send_echo(echo, datagram);
        break;
    case DATAGRAM_FAILED:
        no_socket(echo, datagram, news->error);
        break;
    case DATAGRAM_ANSWER:
        if (news->length < 8 || news->bytes[0] != (echo->v6 ? ICMP6_ECHO_REPLY : ICMP4_ECHO_REPLY))
            break;
        /* Only the answer to the last echo can be timed. */
        if (news->bytes[7] == echo->tries)
            echo->row->ms = number_of(clock_ms_since(echo->sent));
        finish(echo, datagram, PING_ANSWERED);
        break;
    case DATAGRAM_ICMP:
        refused(echo, datagram, &news->icmp);
        break;
    case DATAGRAM_TIMEOUT:
        if (echo->tries < ECHO_TRIES)
            send_echo(echo, datagram);
        else
            finish(echo, datagram, PING_SILENT);
        break;
    }
}

static void ping_address(struct probe *probe, const struct address *address)
{
    struct echo *echo = arena_alloc(probe->arena, sizeof(*echo));
    echo->probe = probe;
    echo->v6 = strchr(address->ip, ':') != NULL;
    echo->row = arena_alloc(probe->arena, sizeof(*echo->row));
    echo->row->ip = address->ip;
    list_append(&probe->endpoint->pings, echo->row);
    probe->background++;
    datagram_open(&probe->prober->engine, echo->v6 ? AF_INET6 : AF_INET,
                  echo->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, on_event, echo);
}

void ping_run(struct probe *probe)
{
    size_t count = 0;
    list_each (struct address, address, &probe->job->addresses) {
        if (count++ < ADDRESSES_MAXIMUM)
            ping_address(probe, address);
    }
    probe_next(probe);
}
