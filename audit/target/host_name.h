/* Host names and addresses as they are written in data sources, and their canonical spelling. */
#pragma once

#include "audit/target/text.h"

/* Room for 253 characters of a DNS name, or an IPv6 address with its zone, and the NUL. */
#define HOST_NAME_SIZE 256

enum host_name_error {
    HOST_NAME_OK,
    HOST_NAME_EMPTY,
    HOST_NAME_TOO_LONG,      /* over 253 bytes */
    HOST_NAME_BAD_IPV6,      /* brackets or colons, and not an IPv6 address within */
    HOST_NAME_BAD_CHARACTER, /* blanks, control characters, separators, an empty label, not UTF-8 */
};

/* Writes the canonical spelling of NAME: blanks around it and one trailing dot removed, ASCII letters in
   lower case, an IPv6 address without brackets in the form of RFC 5952. OUT is empty on an error. */
enum host_name_error host_name_canonical(struct text_span name, char out[HOST_NAME_SIZE]);

/* ".", "(local)", "localhost", 127.0.0.1 and ::1: the machine on which the name is used. Other addresses of
   127.0.0.0/8 are taken as written. */
bool host_name_is_own(const char *canonical);
bool host_name_is_address(const char *canonical);
bool host_name_is_single_label(const char *canonical); /* no dot, and not an address */

/* Splits "host", "host:port", "[v6]", "[v6]:port" and a bare IPv6 address; PORT has a NULL start when there
   is none. Nothing is checked but the brackets: false when they do not close or text follows them. */
bool host_name_split_port(struct text_span text, struct text_span *host, struct text_span *port);
/* 1 to 65535, blanks around it allowed; 0 for everything else. */
unsigned host_name_port(struct text_span text);
