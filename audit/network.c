#include "audit/network.h"
#include "audit/model/memory.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESS_SIZE 64 /* of the text, with a zone */

static bool parse_address(const char *text, unsigned char address[16], unsigned *bits)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    char plain[ADDRESS_SIZE];
    snprintf(plain, sizeof(plain), "%s", text);
    char *zone = strchr(plain, '%'); /* fe80::1%eth0: the zone is no part of the address */
    if (zone)
        *zone = '\0';
    if (inet_pton(AF_INET6, plain, address) == 1) {
        *bits = 128;
        return true;
    }
    memcpy(address, mapped, sizeof(mapped));
    *bits = 32;
    return inet_pton(AF_INET, plain, address + 12) == 1;
}

static bool bit_of(const unsigned char *address, unsigned bit)
{
    return address[bit / 8] >> (7 - bit % 8) & 1;
}

bool network_list_add(struct network_list *list, const char *text)
{
    char copy[80];
    struct network network;
    unsigned bits;
    if (strlen(text) >= sizeof(copy))
        return false;
    strcpy(copy, text);
    char *slash = strchr(copy, '/');
    if (slash)
        *slash = '\0';
    if (!parse_address(copy, network.address, &bits))
        return false;
    unsigned long prefix = bits;
    if (slash) {
        char *end;
        prefix = slash[1] >= '0' && slash[1] <= '9' ? strtoul(slash + 1, &end, 10) : 999;
        if (prefix > bits || *end)
            return false;
    }
    network.prefix = (unsigned)prefix + (128 - bits);
    for (unsigned bit = network.prefix; bit < 128; bit++)
        if (bit_of(network.address, bit))
            return false;
    list->items = memory_resize(list->items, list->count + 1, sizeof(network));
    list->items[list->count++] = network;
    return true;
}

void network_list_clear(struct network_list *list)
{
    free(list->items);
    *list = (struct network_list){0};
}

bool network_list_contains(const struct network_list *list, const char *ip)
{
    unsigned char address[16];
    unsigned bits;
    if (!parse_address(ip, address, &bits))
        return false;
    for (size_t i = 0; i < list->count; i++) {
        const struct network *network = &list->items[i];
        unsigned bit = 0;
        while (bit < network->prefix && bit_of(address, bit) == bit_of(network->address, bit))
            bit++;
        if (bit == network->prefix)
            return true;
    }
    return false;
}

bool network_is_address(const char *text)
{
    unsigned char address[16];
    unsigned bits;
    return strlen(text) < ADDRESS_SIZE && parse_address(text, address, &bits);
}

bool network_allowed(const struct network_list *allow, const struct network_list *deny, const char *ip)
{
    return network_is_address(ip) && (allow->count == 0 || network_list_contains(allow, ip)) &&
           !network_list_contains(deny, ip);
}
