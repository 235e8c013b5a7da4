/* Networks: which addresses the audit may send packets to. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct network {
    unsigned char address[16]; /* IPv4 as IPv4-mapped IPv6, so that ::ffff:10.0.0.1 is 10.0.0.1 */
    unsigned prefix;           /* of the 128 bits */
};

struct network_list {
    struct network *items; /* malloc'ed: network_list_clear */
    size_t count;
};

/* Adds "10.0.0.0/8", "fd00::/8" or a single address; false when it is none of these or has bits set behind
 * its prefix. */
bool network_list_add(struct network_list *list, const char *text);
void network_list_clear(struct network_list *list);

/* Whether a numeric address lies in one of the networks. False for what is no address. */
bool network_list_contains(const struct network_list *list, const char *ip);

/* Whether it is a numeric address, IPv4 or IPv6, with or without a zone. */
bool network_is_address(const char *text);

/* Allowed: an address, in `allow` (an empty one allows all) and not in `deny`. */
bool network_allowed(const struct network_list *allow, const struct network_list *deny, const char *ip);
