/* TDS packets and messages, [MS-TDS] 2.2.3. */
#pragma once

#include "transport.h"

enum packet_type {
    PACKET_BATCH = 0x01,
    PACKET_RPC = 0x03,
    PACKET_REPLY = 0x04,
    PACKET_ATTENTION = 0x06,
    PACKET_BULK = 0x07,
    PACKET_TRANSACTION = 0x0E,
    PACKET_LOGIN7 = 0x10,
    PACKET_SSPI = 0x11,
    PACKET_PRELOGIN = 0x12,
};

enum { PACKET_HEADER = 8, PACKET_DEFAULT = 4096, PACKET_LARGEST = 32767, MESSAGE_LARGEST = 16 * 1024 * 1024 };

struct message {
    unsigned char type;
    bool ignored; /* the client took it back: status 02 with the end of message */
    struct buffer payload;
};

enum message_result { MESSAGE_READ, MESSAGE_ENDED, MESSAGE_MALFORMED };

/* Reads one whole message; the payload replaces the former one. ENDED when the peer left (or the estate
 * stops). */
enum message_result message_read(struct transport *transport, struct message *message);

/* Writes `payload` as packets of `packet_size`; the last one ends the message when `end`. `packet_number`
 * counts on. */
bool message_write(struct transport *transport, unsigned char type, const struct buffer *payload,
                   unsigned packet_size, unsigned spid, unsigned char *packet_number, bool end);
