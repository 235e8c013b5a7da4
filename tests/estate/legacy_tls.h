/* Handshakes that today's libraries cannot speak any more: SSL 2.0, SSL 3.0, and TLS 1.0 with RC4 and 3DES
 * only. The server's first flight (hello and certificate) is real; the client's answer to it is read and the
 * connection closed. */
#pragma once

#include "session.h"

/* Answers the client's hello, which is still to be read, inside TDS packets. Always ends in a broken
 * handshake. */
void legacy_tls(struct session *session);
