#include "audit/target/host_name.h"

#include <arpa/inet.h>
#include <string.h>

#define HOST_NAME_MAX_BYTES 253 /* RFC 1035 section 3.1, without the trailing dot */

static bool zone_is_plain(struct text_span zone)
{
    for (size_t i = 0; i < zone.length; i++) {
        char c = zone.start[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                     c == '_' || c == '.';
        if (!plain)
            return false;
    }
    return zone.length > 0;
}

static enum host_name_error canonical_ipv6(struct text_span name, char out[HOST_NAME_SIZE])
{
    struct text_span zone;
    struct text_span address = text_split(name, '%', &zone);
    char text[INET6_ADDRSTRLEN];
    struct in6_addr binary;
    if (!text_copy(text, sizeof text, address) || inet_pton(AF_INET6, text, &binary) != 1)
        return HOST_NAME_BAD_IPV6;
    if (zone.start && (!zone_is_plain(zone) || zone.length > 64))
        return HOST_NAME_BAD_IPV6;
    inet_ntop(AF_INET6, &binary, text, sizeof text);
    if (zone.start)
        text_format(out, HOST_NAME_SIZE, "%s%%%.*s", text, (int)zone.length, zone.start);
    else
        text_format(out, HOST_NAME_SIZE, "%s", text);
    return HOST_NAME_OK;
}

static bool has_bad_character(struct text_span name)
{
    for (size_t i = 0; i < name.length; i++) {
        unsigned char c = (unsigned char)name.start[i];
        if (c <= ' ' || c == 0x7F || strchr("\"'`<>|*?(){}[]@/\\,;:=%&^!#$+~", c))
            return true;
    }
    return !text_is_utf8(name);
}

static bool has_empty_label(struct text_span name)
{
    return name.start[0] == '.' || name.start[name.length - 1] == '.' ||
           memmem(name.start, name.length, "..", 2);
}

enum host_name_error host_name_canonical(struct text_span name, char out[HOST_NAME_SIZE])
{
    out[0] = '\0';
    name = text_trim(name);
    if (name.length == 0)
        return HOST_NAME_EMPTY;
    if (name.start[0] == '[') {
        if (name.start[name.length - 1] != ']' || name.length < 3)
            return HOST_NAME_BAD_IPV6;
        return canonical_ipv6((struct text_span){name.start + 1, name.length - 2}, out);
    }
    if (memchr(name.start, ':', name.length))
        return canonical_ipv6(name, out);
    if (name.length > 1 && name.start[name.length - 1] == '.' && name.start[name.length - 2] != '.')
        name.length--;
    if (name.length > HOST_NAME_MAX_BYTES)
        return HOST_NAME_TOO_LONG;
    bool own = text_span_equal(name, "(local)") || text_span_equal(name, ".");
    if (!own && (has_bad_character(name) || has_empty_label(name)))
        return HOST_NAME_BAD_CHARACTER;
    text_copy(out, HOST_NAME_SIZE, name);
    text_lower(out);
    return HOST_NAME_OK;
}

bool host_name_is_own(const char *canonical)
{
    static const char *const names[] = {".", "(local)", "localhost", "127.0.0.1", "::1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(canonical, names[i]) == 0)
            return true;
    return false;
}

bool host_name_is_address(const char *canonical)
{
    struct in_addr binary;
    return strchr(canonical, ':') || inet_pton(AF_INET, canonical, &binary) == 1;
}

bool host_name_is_single_label(const char *canonical)
{
    return canonical[0] && !strchr(canonical, '.') && !host_name_is_address(canonical);
}

bool host_name_split_port(struct text_span text, struct text_span *host, struct text_span *port)
{
    text = text_trim(text);
    *host = text;
    *port = (struct text_span){NULL, 0};
    if (text.length > 0 && text.start[0] == '[') {
        const char *close = memchr(text.start, ']', text.length);
        if (!close)
            return false;
        host->length = (size_t)(close - text.start) + 1;
        struct text_span after =
            text_trim((struct text_span){close + 1, text.length - (size_t)(close + 1 - text.start)});
        if (after.length == 0)
            return true;
        if (after.start[0] != ':')
            return false;
        *port = (struct text_span){after.start + 1, after.length - 1};
        return true;
    }
    struct text_span rest, none;
    struct text_span before = text_split(text, ':', &rest);
    text_split(rest, ':', &none);
    if (rest.start && !none.start) { /* two colons: an IPv6 address without brackets, and no port */
        *host = before;
        *port = rest;
    }
    return true;
}

unsigned host_name_port(struct text_span text)
{
    text = text_trim(text);
    if (!text_is_number(text))
        return 0;
    unsigned port = 0;
    for (size_t i = 0; i < text.length; i++) {
        port = port * 10 + (unsigned)(text.start[i] - '0');
        if (port > 65535)
            return 0;
    }
    return port;
}
