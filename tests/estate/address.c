#include "address.h"

#include <arpa/inet.h>
#include <string.h>

enum { LAST = 12 }; /* where the IPv4 address, or the last 32 bits, stand */

bool address_parse(const char *text, struct address *address)
{
    static const unsigned char mapped[LAST] = {[10] = 0xFF, [11] = 0xFF};
    memcpy(address->ip.s6_addr, mapped, LAST);
    return inet_pton(AF_INET, text, address->ip.s6_addr + LAST) == 1 ||
           inet_pton(AF_INET6, text, &address->ip) == 1;
}

bool address_same(const struct address *a, const struct address *b)
{
    return memcmp(&a->ip, &b->ip, sizeof a->ip) == 0;
}

struct address address_after(struct address address, uint32_t count)
{
    uint32_t last;
    memcpy(&last, address.ip.s6_addr + LAST, sizeof last);
    last = htonl(ntohl(last) + count);
    memcpy(address.ip.s6_addr + LAST, &last, sizeof last);
    return address;
}

int address_family(const struct address *address)
{
    return IN6_IS_ADDR_V4MAPPED(&address->ip) ? AF_INET : AF_INET6;
}

void address_text(const struct address *address, char text[INET6_ADDRSTRLEN])
{
    bool is_four = address_family(address) == AF_INET;
    inet_ntop(is_four ? AF_INET : AF_INET6, address->ip.s6_addr + (is_four ? LAST : 0), text,
              INET6_ADDRSTRLEN);
}

struct socket_address address_socket(const struct address *address, in_port_t port)
{
    struct socket_address result = {0};
    if (address_family(address) == AF_INET) {
        struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
        memcpy(&four.sin_addr, address->ip.s6_addr + LAST, sizeof four.sin_addr);
        memcpy(&result.storage, &four, result.length = sizeof four);
    } else {
        struct sockaddr_in6 six = {
            .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = address->ip};
        memcpy(&result.storage, &six, result.length = sizeof six);
    }
    return result;
}
