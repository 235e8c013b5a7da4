/* ICMP errors, as a socket's error queue tells them (IP_RECVERR, IPV6_RECVERR): what was said, and by whom.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>

enum icmp_meaning {
    ICMP_NOTHING,
    ICMP_PORT_UNREACHABLE, /* nothing listens, or a firewall says so */
    ICMP_PROHIBITED,       /* a firewall */
    ICMP_HOST_UNREACHABLE,
    ICMP_NET_UNREACHABLE
};

struct icmp_error {
    enum icmp_meaning meaning;
    char from[INET6_ADDRSTRLEN];   /* who sent it; "" when this host's own kernel did not say */
    char target[INET6_ADDRSTRLEN]; /* whom the packet was for; "" when not known */
    char detail[80];
};

/* Lets the socket keep its errors, and fail by each of them; or no longer, which also drops what it has kept.
 */
void icmp_error_enable(int fd, int family, bool enable);

/* Takes the next error from the queue; false when there is none left. */
bool icmp_error_next(int fd, struct icmp_error *error);

/* The same from errno alone: the fallback where the queue is empty. */
enum icmp_meaning icmp_meaning_of_errno(int error);
