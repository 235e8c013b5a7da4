/* PRELOGIN, [MS-TDS] 2.2.6.5, with the server's half of the encryption table. */
#include "behaviour.h"
#include "legacy_tls.h"
#include "session.h"

#include <string.h>

enum option { VERSION, ENCRYPTION, INSTANCE, THREAD, MARS, TRACE, FEDERATED, NONCE, TERMINATOR = 0xFF };

enum { OFF = 0, ON = 1, NOT_SUPPORTED = 2, REQUIRED = 3, INVALID = 0x82 };

static const struct answer {
    unsigned char client;
    unsigned char reply[3]; /* by enum encryption_mode: off, on, not supported */
    bool terminate[3];
} answers[] = {
    {OFF, {OFF, REQUIRED, NOT_SUPPORTED}, {0}},
    {ON, {ON, ON, NOT_SUPPORTED}, {false, false, true}},
    {NOT_SUPPORTED, {NOT_SUPPORTED, REQUIRED, NOT_SUPPORTED}, {false, true, false}},
    {REQUIRED, {ON, ON, NOT_SUPPORTED}, {false, false, true}},
    {0x80, {OFF, REQUIRED, NOT_SUPPORTED}, {false, false, true}},
    {0x81, {ON, ON, NOT_SUPPORTED}, {false, false, true}},
    {0x83, {ON, ON, NOT_SUPPORTED}, {false, false, true}},
    {INVALID, {REQUIRED, REQUIRED, REQUIRED}, {true, true, true}},
};

struct request {
    unsigned char encryption;
    char instance[64];
    bool has[8];
};

static bool read_option(const struct buffer *payload, size_t entry, size_t first, struct request *request)
{
    unsigned char token = payload->data[entry];
    size_t offset = read_u16_be(payload->data + entry + 1), length = read_u16_be(payload->data + entry + 3);
    const unsigned char *data = payload->data + offset;
    if (offset + length > payload->length || (first && token != VERSION))
        return false;
    if (token < 8)
        request->has[token] = true;
    if (token == ENCRYPTION && length >= 1)
        request->encryption = data[0];
    if (token == INSTANCE && length && length < sizeof request->instance)
        memcpy(request->instance, data, length);
    return true;
}

/* VERSION must come first, and every option must lie inside the packet. */
static bool read_request(const struct buffer *payload, struct request *request)
{
    bool is_first = true;
    *request = (struct request){.encryption = NOT_SUPPORTED};
    for (size_t entry = 0; entry < payload->length; entry += 5) {
        if (payload->data[entry] == TERMINATOR)
            return !is_first;
        if (entry + 5 > payload->length || !read_option(payload, entry, is_first, request))
            return false;
        is_first = false;
    }
    return false;
}

static const struct answer *answer_to(unsigned char encryption)
{
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (answers[i].client == encryption)
            return &answers[i];
    return &answers[sizeof answers / sizeof *answers - 1];
}

/* 2000 to 2008 R2 compare the name; 2012 and newer say yes to "MSSQLServer" as well ([MS-TDS] note on
 * INSTOPT). */
static unsigned char instance_answer(const struct instance *instance, const char *asked)
{
    const char *own = *instance->instance_name ? instance->instance_name : "MSSQLServer";
    if (!*asked || same_text(asked, own))
        return 0;
    return instance->major >= 11 && same_text(asked, "MSSQLServer") ? 0 : 1;
}

struct option_data {
    unsigned char token;
    unsigned char data[6];
    size_t length;
};

static void write_reply(const struct instance *instance, const struct request *request,
                        unsigned char encryption, struct buffer *payload)
{
    struct option_data options[] = {
        {VERSION,
         {(unsigned char)instance->major, (unsigned char)instance->minor,
          (unsigned char)(instance->build >> 8), (unsigned char)instance->build, 0, 0},
         6},
        {ENCRYPTION, {encryption}, 1},
        {INSTANCE, {instance_answer(instance, request->instance)}, 1},
        {THREAD, {0}, 0},
        {MARS, {0}, 1},
        {TRACE, {0}, 0},
        {FEDERATED, {0}, 1},
    };
    size_t count = 0, offset = 1;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (i <= THREAD || request->has[options[i].token])
            options[count++] = options[i];
    offset += 5 * count;
    for (size_t i = 0; i < count; i++) {
        buffer_u8(payload, options[i].token);
        buffer_u16_be(payload, (uint16_t)offset);
        buffer_u16_be(payload, (uint16_t)options[i].length);
        offset += options[i].length;
    }
    buffer_u8(payload, TERMINATOR);
    for (size_t i = 0; i < count; i++)
        buffer_bytes(payload, options[i].data, options[i].length);
}

static bool send_reply(struct session *session, const struct request *request, unsigned char encryption)
{
    struct buffer payload = {0};
    unsigned char packet_number = 1;
    write_reply(session->instance, request, encryption, &payload);
    behaviour_prelogin_reply(session, &payload);
    bool sent =
        message_write(&session->transport, PACKET_REPLY, &payload, PACKET_DEFAULT, 0, &packet_number, true);
    buffer_free(&payload);
    return sent;
}

static bool negotiate_tls(struct session *session, bool login_only)
{
    struct instance *instance = session->instance;
    session->transport.login_only = login_only;
    session->encrypted = !login_only;
    bool is_legacy = instance->behaviour >= BEHAVE_SSL2_ONLY && instance->behaviour <= BEHAVE_RC4_ONLY;
    if (is_legacy)
        legacy_tls(session);
    bool accepted = !is_legacy && transport_accept_tls(&session->transport, instance->tls, true,
                                                       instance->tls_refusal == REFUSE_BY_ALERT);
    if (session->transport.started)
        statistics_count(instance->statistics, COUNT_TLS_STARTED);
    else
        statistics_count(instance->statistics, COUNT_CLOSED_BEFORE_LOGIN);
    if (accepted)
        statistics_count(instance->statistics, COUNT_TLS_COMPLETED);
    else if (session->transport.started)
        statistics_count(instance->statistics, COUNT_TLS_BROKEN);
    if (!accepted && instance->tls_refusal == REFUSE_BY_RESET)
        transport_reset(&session->transport);
    return accepted;
}

enum prelogin_result prelogin(struct session *session, bool strict)
{
    struct instance *instance = session->instance;
    struct request request;
    enum message_result result = message_read(&session->transport, &session->message);
    if (result == MESSAGE_ENDED) {
        if (!strict) /* left in the middle of it: 17836 */
            statistics_count(instance->statistics, COUNT_MALFORMED);
        return PRELOGIN_REFUSED;
    }
    if (result == MESSAGE_MALFORMED || session->message.type != PACKET_PRELOGIN ||
        !read_request(&session->message.payload, &request)) {
        statistics_count(instance->statistics, COUNT_MALFORMED);
        return PRELOGIN_REFUSED;
    }
    statistics_count(instance->statistics, COUNT_PRELOGINS);
    if (!strict && instance->strict == STRICT_ONLY) {
        statistics_count(instance->statistics, COUNT_STRICT_REFUSED);
        return PRELOGIN_REFUSED;
    }
    const struct answer *answer = answer_to(strict ? ON : request.encryption);
    enum encryption_mode mode = strict ? ENCRYPT_ON : instance->encryption;
    if (!send_reply(session, &request, answer->reply[mode]))
        return PRELOGIN_REFUSED;
    if (answer->terminate[mode])
        return PRELOGIN_REFUSED;
    session->encrypted = strict;
    if (strict || answer->reply[mode] == NOT_SUPPORTED)
        return PRELOGIN_DONE;
    if (!behaviour_at_tls(session))
        return PRELOGIN_REFUSED;
    return negotiate_tls(session, answer->reply[mode] == OFF) ? PRELOGIN_DONE : PRELOGIN_REFUSED;
}
