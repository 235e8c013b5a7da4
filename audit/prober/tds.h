/* TDS packets and PRELOGIN (MS-TDS 2.2.3, 2.2.6.5), as far as a client goes that never logs in. Pure: bytes
 * in, bytes out. Everything read here comes from strangers. */
#pragma once

#include "audit/prober/bytes.h"

#include <stdbool.h>

enum {
    TDS_HEADER = 8,
    TDS_PACKET_SIZE = 4096,     /* until a size is negotiated, header included */
    TDS_PACKET_MAXIMUM = 32767, /* longest packet that the specification allows */
    TDS_MESSAGE_MAXIMUM = 65536 /* longest message that is read here */
};

enum tds_type { TDS_REPLY = 0x04, TDS_PRELOGIN = 0x12 };

/* Appends the payload as one message of as many packets as it takes. */
void tds_message_write(struct bytes *out, enum tds_type type, const uint8_t *payload, size_t length);

enum tds_result {
    TDS_MORE,    /* not whole yet */
    TDS_WHOLE,   /* read */
    TDS_INVALID, /* these bytes are no TDS packet of an answer */
};

struct tds_packet {
    uint8_t type;
    bool last; /* EOM: the message ends here */
    const uint8_t *payload;
    size_t length; /* of the payload */
};

/* Reads the packet at the front: of type reply or PRELOGIN, of a possible length. */
enum tds_result tds_packet_read(const uint8_t *bytes, size_t length, struct tds_packet *packet);

/* Moves whole packets from the front of `in` to `payload`, until the message ends (TDS_WHOLE, with the type
 * of its packets), more is needed, or something else turns up. */
enum tds_result tds_message_read(struct bytes *in, struct bytes *payload, uint8_t *type);

/* The ENCRYPTION octet. */
enum { TDS_ENCRYPT_OFF = 0, TDS_ENCRYPT_ON = 1, TDS_ENCRYPT_NOT_SUPPORTED = 2, TDS_ENCRYPT_REQUIRED = 3 };

/* Appends a PRELOGIN message. instance may be NULL, or longer than any can be: the server is then not asked
 * whether it is that one. */
void prelogin_write(struct bytes *out, uint8_t encryption, const char *instance);

struct prelogin_answer {
    uint8_t major, minor;
    uint16_t build, sub_build;
    bool has_encryption, has_instance;
    uint8_t encryption;    /* as sent; the high bits are about client certificates */
    bool instance_differs; /* INSTOPT 01 */
};

/* Reads the payload of a PRELOGIN answer. NULL, or what is wrong with it (static text). */
const char *prelogin_read(const uint8_t *payload, size_t length, struct prelogin_answer *answer);
