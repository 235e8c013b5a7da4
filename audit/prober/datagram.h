/* One datagram socket, UDP or ICMP echo: waits for its turn, sends, tells answers and ICMP errors. It is
 * never connected, so that an answer from another address is heard. */
#pragma once

#include "audit/prober/engine.h"
#include "audit/prober/icmp_error.h"

enum datagram_event {
    DATAGRAM_READY,  /* its turn has come: it may send */
    DATAGRAM_FAILED, /* no socket: news.error is the errno. Nothing more comes */
    DATAGRAM_ANSWER, /* bytes, length, from */
    DATAGRAM_ICMP,   /* icmp */
    DATAGRAM_TIMEOUT /* of datagram_deadline */
};

struct datagram_news {
    const uint8_t *bytes;
    size_t length;
    char from[INET6_ADDRSTRLEN];
    struct icmp_error icmp;
    int error;
};

struct datagram;

/* The datagram may be closed within the call. */
typedef void datagram_handler(void *owner, struct datagram *datagram, enum datagram_event event,
                              const struct datagram_news *news);

/* family is AF_INET or AF_INET6; protocol IPPROTO_UDP, or IPPROTO_ICMP or IPPROTO_ICMPV6 for echo. */
struct datagram *datagram_open(struct engine *engine, int family, int protocol, datagram_handler *handler,
                               void *owner);

/* Sends to a numeric address of the socket's family. 0 or the errno. */
int datagram_send(struct datagram *datagram, const char *ip, unsigned port, const void *bytes, size_t length);

void datagram_deadline(struct datagram *datagram, unsigned timeout);

/* The handler is not called again; the pointer is void. NULL is allowed. */
void datagram_close(struct datagram *datagram);
