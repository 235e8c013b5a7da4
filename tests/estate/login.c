/* LOGIN7 and its reply, [MS-TDS] 2.2.6.4 and 2.2.7.14. */
#include "behaviour.h"
#include "session.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIXED_LENGTH = 86, /* of TDS 7.1; 94 from 7.2 */
    OFFSET_HOST = 36,
    OFFSET_USER = 40,
    OFFSET_PASSWORD = 44,
    OFFSET_PROGRAM = 48,
    OFFSET_EXTENSION = 56,
    OFFSET_LANGUAGE = 64,
    OFFSET_DATABASE = 68,
    OFFSET_CHANGE_PASSWORD = 86,
    FLAGS_INTEGRATED = 0x80,
    FLAGS_EXTENSION = 0x10,
    FEATURE_UTF8 = 0x0A,
    LONGEST_NAME = 128,
    TDS_74 = 0x74000004,
    TOKEN_LOGINACK = 0xAD,
    TOKEN_FEATUREEXTACK = 0xAE,
};

/* --- reading --- */

static bool field_at(const struct buffer *login, size_t place, const unsigned char **bytes, size_t *units)
{
    size_t offset = read_u16(login->data + place);
    *units = read_u16(login->data + place + 2);
    *bytes = login->data + offset;
    return *units <= LONGEST_NAME && offset + 2 * *units <= login->length;
}

static bool read_field(const struct buffer *login, size_t place, char **text)
{
    const unsigned char *bytes;
    size_t units;
    free(*text);
    *text = NULL;
    if (!field_at(login, place, &bytes, &units))
        return false;
    *text = text_from_utf16(bytes, units);
    return true;
}

/* The password is not encrypted, only disguised: each byte's halves swapped, then XOR A5. */
static bool read_password(const struct buffer *login, char **text)
{
    const unsigned char *bytes;
    unsigned char clear[2 * LONGEST_NAME];
    size_t units;
    if (!field_at(login, OFFSET_PASSWORD, &bytes, &units))
        return false;
    for (size_t i = 0; i < 2 * units; i++) {
        unsigned char byte = bytes[i] ^ 0xA5;
        clear[i] = (unsigned char)(byte << 4 | byte >> 4);
    }
    free(*text);
    *text = text_from_utf16(clear, units);
    return true;
}

static bool read_login(struct session *session)
{
    const struct buffer *login = &session->message.payload;
    if (login->length < FIXED_LENGTH || read_u32(login->data) > login->length)
        return false;
    session->tds_version = read_u32(login->data + 4);
    uint32_t packet_size = read_u32(login->data + 8);
    if (packet_size >= 512 && packet_size <= PACKET_LARGEST)
        session->reply.packet_size = packet_size;
    return read_field(login, OFFSET_HOST, &session->host) && read_field(login, OFFSET_USER, &session->user) &&
           read_password(login, &session->password) && read_field(login, OFFSET_PROGRAM, &session->program) &&
           read_field(login, OFFSET_LANGUAGE, &session->language) &&
           read_field(login, OFFSET_DATABASE, &session->wanted_database);
}

/* Did the client ask for the feature? The extension field points at the offset of {id, length, data} …, FF.
 */
static bool asks_for_feature(const struct buffer *login, unsigned char wanted)
{
    if (!(login->data[27] & FLAGS_EXTENSION))
        return false;
    size_t pointer = read_u16(login->data + OFFSET_EXTENSION);
    if (pointer + 4 > login->length)
        return false;
    size_t at = read_u32(login->data + pointer);
    while (at + 5 <= login->length && login->data[at] != 0xFF) {
        if (login->data[at] == wanted)
            return true;
        uint32_t length = read_u32(login->data + at + 1);
        if (length > login->length)
            return false;
        at += 5 + length;
    }
    return false;
}

/* --- who may enter --- */

static const struct refusal {
    const char *flag;
    int number;
    const char *text;
} refusals[] = {
    {"disabled", 18470, "Login failed for user '%s'. Reason: The account is disabled."},
    {"locked", 18486,
     "Login failed for user '%s' because the account is currently locked out. The system administrator can "
     "unlock it."},
    {"expired", 18487, "Login failed for user '%s'.  Reason: The password of the account has expired."},
    {"must_change", 18488,
     "Login failed for user '%s'.  Reason: The password of the account must be changed."},
};

static bool refuse(struct session *session, int number, const char *text)
{
    struct reply *reply = &session->reply;
    char message[400];
    /* The text comes from the table above or the line below, with one %s each. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(message, sizeof message, text, session->user);
#pragma GCC diagnostic pop
    reply_message(reply, true, number, 1, 14, message, 1);
    reply_done(reply, TOKEN_DONE, DONE_ERROR, 0, 0);
    reply_send(reply, true);
    return false;
}

static const char *login_refusal(const struct instance *instance, const char *user, const char *password,
                                 int *number)
{
    const struct entry *login = entry_child(instance->entry, "login", user);
    *number = 18456;
    if (!login || strcmp(entry_value(login, "password", ""), password) != 0)
        return "Login failed for user '%s'.";
    long changed_after = entry_number(login, "changed_after", -1);
    if (changed_after >= 0 && statistics_accepted(instance->statistics, user) >= (unsigned long)changed_after)
        return "Login failed for user '%s'.";
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        if (entry_flag(login, refusals[i].flag, false)) {
            *number = refusals[i].number;
            return refusals[i].text;
        }
    return NULL;
}

const char *login_offered(struct instance *instance, const char *user, const char *password, const char *by,
                          int *number)
{
    static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER; /* deciding and counting are one */
    pthread_mutex_lock(&one_at_a_time);
    const char *refusal = login_refusal(instance, user, password, number);
    statistics_login(instance->statistics, user, password, by, !refusal);
    pthread_mutex_unlock(&one_at_a_time);
    return refusal;
}

static bool check_login(struct session *session)
{
    struct instance *instance = session->instance;
    int number;
    session->login = entry_child(instance->entry, "login", session->user);
    if (session->message.payload.data[25] & FLAGS_INTEGRATED) {
        statistics_login(instance->statistics, "(integrated)", "", "client", false);
        reply_error(&session->reply, 18452, 1, 14,
                    "Login failed. The login is from an untrusted domain and cannot be used with Integrated "
                    "authentication.");
        reply_done(&session->reply, TOKEN_DONE, DONE_ERROR, 0, 0);
        reply_send(&session->reply, true);
        return false;
    }
    const char *refusal = login_offered(instance, session->user, session->password, "client", &number);
    return refusal ? refuse(session, number, refusal) : true;
}

/* --- the reply --- */

static const struct tds_version {
    int product; /* major * 100 + minor */
    uint32_t client, acknowledged;
} tds_versions[] = {
    {1100, 0x74000004, 0x74000004}, {1050, 0x730B0003, 0x730B0003}, {1000, 0x730A0003, 0x730A0003},
    {900, 0x72090002, 0x72090002},  {0, 0x71000001, 0x71000001},
};

/* The newest version that both sides know. */
static uint32_t common_version(const struct session *session)
{
    int product = session->instance->major * 100 + session->instance->minor;
    for (size_t i = 0; i < sizeof tds_versions / sizeof *tds_versions; i++)
        if (product >= tds_versions[i].product && session->tds_version >= tds_versions[i].client)
            return tds_versions[i].acknowledged;
    return 0x71000001;
}

static void write_login_ack(struct session *session)
{
    const struct instance *instance = session->instance;
    struct buffer token = {0};
    buffer_u8(&token, 1);
    buffer_u16_be(&token, (uint16_t)(session->tds_version >> 16));
    buffer_u16_be(&token, (uint16_t)session->tds_version);
    buffer_b_varchar(&token, "Microsoft SQL Server");
    buffer_u8(&token, (uint8_t)instance->major);
    buffer_u8(&token, (uint8_t)instance->minor);
    buffer_u16_be(&token, (uint16_t)instance->build);
    buffer_u8(&session->reply.pending, TOKEN_LOGINACK);
    buffer_u16(&session->reply.pending, (uint16_t)token.length);
    buffer_bytes(&session->reply.pending, token.data, token.length);
    buffer_free(&token);
}

/* The order in which real servers send it. */
static void write_welcome(struct session *session)
{
    static const unsigned char collation[5] = {0x09, 0x04, 0xD0, 0x00, 0x34};
    struct reply *reply = &session->reply;
    char packet_size[16];
    reply_environment_bytes(reply, ENVIRONMENT_COLLATION, collation, sizeof collation, NULL, 0);
    reply_environment(reply, ENVIRONMENT_LANGUAGE, "us_english", "");
    reply_info(reply, 5703, 1, 0, "Changed language setting to us_english.");
    write_login_ack(session);
    snprintf(packet_size, sizeof packet_size, "%u", reply->packet_size);
    reply_environment(reply, ENVIRONMENT_PACKET_SIZE, packet_size, "4096");
    if (asks_for_feature(&session->message.payload, FEATURE_UTF8) && session->instance->major >= 15) {
        buffer_u8(&reply->pending, TOKEN_FEATUREEXTACK);
        buffer_u8(&reply->pending, FEATURE_UTF8);
        buffer_u32(&reply->pending, 1);
        buffer_u8(&reply->pending, 1);
        buffer_u8(&reply->pending, 0xFF);
    }
    reply_done(reply, TOKEN_DONE, DONE_FINAL, 0, 0);
}

static bool enter_first_database(struct session *session)
{
    const char *database = *session->wanted_database
                               ? session->wanted_database
                               : entry_value(session->login, "default_database", "master");
    if (session_use(session, database))
        return true;
    reply_error(&session->reply, 4060, 1, 11,
                "Cannot open database \"%s\" requested by the login. The login failed.", database);
    return refuse(session, 18456, "Login failed for user '%s'.");
}

bool login(struct session *session)
{
    enum message_result result = message_read(&session->transport, &session->message);
    if (session->transport.login_only && session->transport.tls)
        transport_end_tls(&session->transport);
    if (result == MESSAGE_ENDED)
        statistics_count(session->instance->statistics, COUNT_CLOSED_BEFORE_LOGIN);
    if (result == MESSAGE_ENDED)
        return false;
    if (result == MESSAGE_MALFORMED || session->message.type != PACKET_LOGIN7 || !read_login(session) ||
        (session->tds_version < 0x71000000 && !session->strict)) {
        statistics_count(session->instance->statistics, COUNT_MALFORMED);
        return false;
    }
    if (!behaviour_at_login(session))
        return false;
    if (session->strict) /* its own number says nothing then, [MS-TDS] 2.2.6.4 */
        session->tds_version = TDS_74;
    session->tds_version = common_version(session);
    session->reply.before_72 = session->tds_version < 0x72000000;
    if (!check_login(session) || !enter_first_database(session))
        return false;
    write_welcome(session);
    return reply_send(&session->reply, true);
}
