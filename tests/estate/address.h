/* IP addresses; IPv4 is kept in its IPv6-mapped form, so that there is one kind to compare and count up. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct address {
    struct in6_addr ip;
};

struct socket_address {
    struct sockaddr_storage storage;
    socklen_t length;
};

bool address_parse(const char *text, struct address *address);
bool address_same(const struct address *a, const struct address *b);
/* The address `count` further on. */
struct address address_after(struct address address, uint32_t count);
void address_text(const struct address *address, char text[INET6_ADDRSTRLEN]);
/* AF_INET or AF_INET6, and what bind() and connect() of that family take. */
int address_family(const struct address *address);
struct socket_address address_socket(const struct address *address, in_port_t port);
