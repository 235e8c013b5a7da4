#include "audit/prober/icmp_error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
/* after the C library's headers, which it would contradict */
#include <linux/errqueue.h>
#include <sys/socket.h>

struct code {
    unsigned char origin, type, code;
    enum icmp_meaning meaning;
    const char *words;
};

/* RFC 792, 1122, 1812; RFC 4443. */
static const struct code codes[] = {
    {SO_EE_ORIGIN_ICMP, 3, 0, ICMP_NET_UNREACHABLE, "network unreachable"},
    {SO_EE_ORIGIN_ICMP, 3, 1, ICMP_HOST_UNREACHABLE, "host unreachable"},
    {SO_EE_ORIGIN_ICMP, 3, 2, ICMP_PORT_UNREACHABLE, "protocol unreachable"},
    {SO_EE_ORIGIN_ICMP, 3, 3, ICMP_PORT_UNREACHABLE, "port unreachable"},
    {SO_EE_ORIGIN_ICMP, 3, 6, ICMP_NET_UNREACHABLE, "network unknown"},
    {SO_EE_ORIGIN_ICMP, 3, 7, ICMP_HOST_UNREACHABLE, "host unknown"},
    {SO_EE_ORIGIN_ICMP, 3, 9, ICMP_PROHIBITED, "network administratively prohibited"},
    {SO_EE_ORIGIN_ICMP, 3, 10, ICMP_PROHIBITED, "host administratively prohibited"},
    {SO_EE_ORIGIN_ICMP, 3, 13, ICMP_PROHIBITED, "communication administratively prohibited"},
    {SO_EE_ORIGIN_ICMP, 11, 0, ICMP_NET_UNREACHABLE, "time to live exceeded: a routing loop"},
    {SO_EE_ORIGIN_ICMP6, 1, 0, ICMP_NET_UNREACHABLE, "no route to destination"},
    {SO_EE_ORIGIN_ICMP6, 1, 1, ICMP_PROHIBITED, "communication administratively prohibited"},
    {SO_EE_ORIGIN_ICMP6, 1, 3, ICMP_HOST_UNREACHABLE, "address unreachable"},
    {SO_EE_ORIGIN_ICMP6, 1, 4, ICMP_PORT_UNREACHABLE, "port unreachable"},
    {SO_EE_ORIGIN_ICMP6, 1, 5, ICMP_PROHIBITED, "source address failed ingress/egress policy"},
    {SO_EE_ORIGIN_ICMP6, 1, 6, ICMP_PROHIBITED, "reject route to destination"},
    {SO_EE_ORIGIN_ICMP6, 3, 0, ICMP_NET_UNREACHABLE, "hop limit exceeded: a routing loop"},
};

void icmp_error_enable(int fd, int family, bool enable)
{
    int on = enable;
    if (family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on));
    else
        setsockopt(fd, IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
}

static void write_address(const void *address, char text[INET6_ADDRSTRLEN])
{
    const struct sockaddr *any = address;
    if (any->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, INET6_ADDRSTRLEN);
    else if (any->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, text, INET6_ADDRSTRLEN);
}

static void describe(const struct sock_extended_err *extended, struct icmp_error *error)
{
    bool icmp = extended->ee_origin == SO_EE_ORIGIN_ICMP || extended->ee_origin == SO_EE_ORIGIN_ICMP6;
    error->meaning = icmp_meaning_of_errno((int)extended->ee_errno);
    snprintf(error->detail, sizeof(error->detail), "%s", strerror((int)extended->ee_errno));
    if (!icmp)
        return;
    write_address(SO_EE_OFFENDER(extended), error->from);
    snprintf(error->detail, sizeof(error->detail), "ICMP type %u code %u", extended->ee_type,
             extended->ee_code);
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].origin == extended->ee_origin && codes[i].type == extended->ee_type &&
            codes[i].code == extended->ee_code) {
            error->meaning = codes[i].meaning;
            snprintf(error->detail, sizeof(error->detail), "ICMP type %u code %u: %s", extended->ee_type,
                     extended->ee_code, codes[i].words);
        }
}

bool icmp_error_next(int fd, struct icmp_error *error)
{
    char data[512];
    union {
        char bytes[512];
        struct cmsghdr align;
    } control;
    struct sockaddr_storage target = {0};
    struct iovec part = {data, sizeof(data)};
    struct msghdr message = {.msg_name = &target,
                             .msg_namelen = sizeof(target),
                             .msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    *error = (struct icmp_error){0};
    if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return false;
    write_address(&target, error->target);
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header; header = CMSG_NXTHDR(&message, header))
        if ((header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR) ||
            (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR))
            describe((const struct sock_extended_err *)CMSG_DATA(header), error);
    return true;
}

enum icmp_meaning icmp_meaning_of_errno(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return ICMP_PORT_UNREACHABLE;
    case EACCES:
    case EPERM:
        return ICMP_PROHIBITED;
    case EHOSTUNREACH:
    case EHOSTDOWN:
        return ICMP_HOST_UNREACHABLE;
    case ENETUNREACH:
    case ENONET:
        return ICMP_NET_UNREACHABLE;
    default:
        return ICMP_NOTHING;
    }
}
