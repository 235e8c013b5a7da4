#include "audit/prober/tds.h"

#include <string.h>

enum { STATUS_END = 0x01, INSTANCE_MAXIMUM = 255 };
enum prelogin_token {
    TOKEN_VERSION = 0,
    TOKEN_ENCRYPTION = 1,
    TOKEN_INSTANCE = 2,
    TOKEN_THREAD = 3,
    TOKEN_MARS = 4,
    TOKEN_END = 0xff
};

void tds_message_write(struct bytes *out, enum tds_type type, const uint8_t *payload, size_t length)
{
    uint8_t number = 1;
    do {
        size_t part = length < TDS_PACKET_SIZE - TDS_HEADER ? length : TDS_PACKET_SIZE - TDS_HEADER;
        bytes_add_u8(out, type);
        bytes_add_u8(out, part == length ? STATUS_END : 0);
        bytes_add_u16(out, (unsigned)(part + TDS_HEADER));
        bytes_add_u16(out, 0); /* SPID */
        bytes_add_u8(out, number++);
        bytes_add_u8(out, 0); /* window */
        bytes_add(out, payload, part);
        payload += part;
        length -= part;
    } while (length > 0);
}

enum tds_result tds_packet_read(const uint8_t *bytes, size_t length, struct tds_packet *packet)
{
    if (length > 0 && bytes[0] != TDS_REPLY && bytes[0] != TDS_PRELOGIN)
        return TDS_INVALID;
    if (length < TDS_HEADER)
        return TDS_MORE;
    size_t whole = u16_at(bytes + 2);
    if (whole < TDS_HEADER || whole > TDS_PACKET_MAXIMUM)
        return TDS_INVALID;
    if (length < whole)
        return TDS_MORE;
    *packet = (struct tds_packet){
        .type = bytes[0],
        .last = (bytes[1] & STATUS_END) != 0,
        .payload = bytes + TDS_HEADER,
        .length = whole - TDS_HEADER,
    };
    return TDS_WHOLE;
}

enum tds_result tds_message_read(struct bytes *in, struct bytes *payload, uint8_t *type)
{
    struct tds_packet packet;
    enum tds_result result;
    while ((result = tds_packet_read(in->at, in->length, &packet)) == TDS_WHOLE) {
        if (payload->length + packet.length > TDS_MESSAGE_MAXIMUM)
            return TDS_INVALID;
        bytes_add(payload, packet.payload, packet.length);
        *type = packet.type;
        bool last = packet.last;
        bytes_take(in, packet.length + TDS_HEADER);
        if (last)
            return TDS_WHOLE;
    }
    return result;
}

struct option {
    enum prelogin_token token;
    const void *data;
    size_t length;
};

void prelogin_write(struct bytes *out, uint8_t encryption, const char *instance)
{
    /* Looks like any client of SQL Server 2005 and newer: what is unusual might be answered in unusual ways.
     */
    const uint8_t version[6] = {9, 0, 0, 0, 0, 0}, thread[4] = {0}, mars = 0;
    const char *name = instance && strlen(instance) <= INSTANCE_MAXIMUM ? instance : "";
    const struct option options[] = {
        {TOKEN_VERSION, version, sizeof(version)},
        {TOKEN_ENCRYPTION, &encryption, 1},
        {TOKEN_INSTANCE, name, strlen(name) + 1},
        {TOKEN_THREAD, thread, sizeof(thread)},
        {TOKEN_MARS, &mars, 1},
    };
    size_t count = sizeof(options) / sizeof(options[0]), offset = count * 5 + 1;
    struct bytes payload = {0};
    for (size_t i = 0; i < count; i++) {
        bytes_add_u8(&payload, options[i].token);
        bytes_add_u16(&payload, (unsigned)offset);
        bytes_add_u16(&payload, (unsigned)options[i].length);
        offset += options[i].length;
    }
    bytes_add_u8(&payload, TOKEN_END);
    for (size_t i = 0; i < count; i++)
        bytes_add(&payload, options[i].data, options[i].length);
    tds_message_write(out, TDS_PRELOGIN, payload.at, payload.length);
    bytes_free(&payload);
}

/* Takes over one option; false when it is too short for what it should hold. */
static bool take_option(struct prelogin_answer *answer, uint8_t token, const uint8_t *data, size_t length)
{
    switch (token) {
    case TOKEN_VERSION:
        if (length < 6)
            return false;
        answer->major = data[0];
        answer->minor = data[1];
        answer->build = (uint16_t)u16_at(data + 2);
        answer->sub_build = (uint16_t)u16_at(data + 4);
        return true;
    case TOKEN_ENCRYPTION:
        if (length < 1)
            return false;
        answer->has_encryption = true;
        answer->encryption = data[0];
        return true;
    case TOKEN_INSTANCE:
        if (length >= 1) {
            answer->has_instance = true;
            answer->instance_differs = data[0] == 1;
        }
        return true;
    default:
        return true; /* newer servers may say more */
    }
}

const char *prelogin_read(const uint8_t *payload, size_t length, struct prelogin_answer *answer)
{
    *answer = (struct prelogin_answer){0};
    if (length == 0 || payload[0] != TOKEN_VERSION)
        return "the answer does not begin with VERSION";
    for (size_t at = 0;; at += 5) {
        if (at >= length)
            return "the list of options has no end";
        if (payload[at] == TOKEN_END)
            return NULL;
        if (length - at < 5)
            return "an option is cut off";
        size_t offset = u16_at(payload + at + 1), size = u16_at(payload + at + 3);
        if (offset > length || size > length - offset)
            return "an option points outside of the answer";
        if (!take_option(answer, payload[at], payload + offset, size))
            return "an option is too short";
    }
}
