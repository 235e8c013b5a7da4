/* One TCP connection and the TLS layer on it: none, inside TDS packets (handshake of TDS 7.x,
 * [MS-TDS] 3.2.5.3), raw records after that handshake, or TLS from the first byte.
 *
 * Every wait ends early when the estate shuts down; then every function fails. */
#pragma once

#include "text.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

struct transport {
    int fd;              /* non-blocking, owned */
    int stop_fd;         /* readable once the estate shuts down */
    int delay_ms;        /* waited before each write */
    SSL *tls;            /* NULL without TLS */
    bool in_tds_packets; /* handshake bytes travel in type-12 packets */
    bool login_only;     /* TLS ends with LOGIN7, whose later packets may be plain already */
    bool started;        /* the client's first handshake message arrived */
    struct buffer ahead; /* raw bytes that were peeked and not yet consumed */
};

void transport_free(struct transport *transport); /* closes; does not free the struct */

/* Waits until a byte can be read: 1, or 0 after `milliseconds` (-1: no limit), or -1 at shutdown. */
int transport_wait(struct transport *transport, int milliseconds);
/* Sleeps without reading; false at shutdown. */
bool transport_pause(struct transport *transport, int milliseconds);
/* Exactly `length` bytes, or false when the peer ended before, reset, or the estate shuts down. */
bool transport_read(struct transport *transport, void *bytes, size_t length);
/* At most `length` bytes of the raw stream below TLS are looked at; false at the end of the stream. */
bool transport_peek(struct transport *transport, void *bytes, size_t length);
/* Drops what has arrived and was not read. */
void transport_discard(struct transport *transport);
bool transport_write(struct transport *transport, const void *bytes, size_t length);

/* Accepts a TLS handshake; `in_tds_packets` for TDS 7.x. On refusal the alert is sent only when `send_alert`.
 */
bool transport_accept_tls(struct transport *transport, SSL_CTX *context, bool in_tds_packets,
                          bool send_alert);
/* Back to plain text after the login packet ([MS-TDS] 2.2.6.5, login-only encryption). */
void transport_end_tls(struct transport *transport);
/* Is the next byte that of a TLS record (application data or alert), not of a TDS packet? Waits for it. */
bool transport_next_is_tls(struct transport *transport);

void transport_reset(struct transport *transport); /* makes the coming close a RST */
