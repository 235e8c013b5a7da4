#include "tds_packet.h"

#include <string.h>

enum { STATUS_END = 1, STATUS_IGNORE = 2 };

/* Login-only encryption: LOGIN7's first packet is a TLS record, later ones may be plain ([MS-TDS] 2.2.6.5).
 */
static enum message_result read_packet(struct transport *transport, struct message *message,
                                       unsigned char *status)
{
    unsigned char header[PACKET_HEADER];
    if (transport->login_only && transport->tls && message->payload.length &&
        !transport_next_is_tls(transport))
        transport_end_tls(transport);
    if (!transport_read(transport, header, sizeof header))
        return MESSAGE_ENDED;
    size_t length = read_u16_be(header + 2);
    if (length < PACKET_HEADER || length > PACKET_LARGEST + 1u)
        return MESSAGE_MALFORMED;
    if (message->payload.length + length > MESSAGE_LARGEST)
        return MESSAGE_MALFORMED;
    message->type = header[0];
    *status = header[1];
    unsigned char payload[PACKET_LARGEST + 1];
    if (!transport_read(transport, payload, length - PACKET_HEADER))
        return MESSAGE_ENDED;
    buffer_bytes(&message->payload, payload, length - PACKET_HEADER);
    return MESSAGE_READ;
}

enum message_result message_read(struct transport *transport, struct message *message)
{
    unsigned char status = 0;
    message->payload.length = 0;
    do {
        enum message_result result = read_packet(transport, message, &status);
        if (result != MESSAGE_READ)
            return result;
    } while (!(status & STATUS_END));
    message->ignored = status & STATUS_IGNORE;
    return MESSAGE_READ;
}

bool message_write(struct transport *transport, unsigned char type, const struct buffer *payload,
                   unsigned packet_size, unsigned spid, unsigned char *packet_number, bool end)
{
    size_t room = packet_size - PACKET_HEADER, at = 0;
    do {
        unsigned char packet[PACKET_LARGEST + 1];
        size_t part = payload->length - at < room ? payload->length - at : room;
        size_t total = part + PACKET_HEADER;
        bool last = at + part == payload->length;
        unsigned char header[PACKET_HEADER] = {type,
                                               last && end ? STATUS_END : 0,
                                               (unsigned char)(total >> 8),
                                               (unsigned char)total,
                                               (unsigned char)(spid >> 8),
                                               (unsigned char)spid,
                                               (*packet_number)++};
        memcpy(packet, header, PACKET_HEADER);
        if (part)
            memcpy(packet + PACKET_HEADER, payload->data + at, part);
        if (!transport_write(transport, packet, total))
            return false;
        at += part;
    } while (at < payload->length);
    return true;
}
