#include "session.h"

#include "behaviour.h"

#include <ctype.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static unsigned next_spid(void)
{
    static _Atomic unsigned last = 50;
    return 51 + last++ % 30000;
}

static void session_free(struct session *session)
{
    if (session->catalog)
        catalog_free(session->catalog);
    prepared_free(session->prepared);
    transport_free(&session->transport);
    buffer_free(&session->message.payload);
    buffer_free(&session->next.payload);
    buffer_free(&session->reply.pending);
    free(session->user);
    free(session->password);
    free(session->host);
    free(session->program);
    free(session->wanted_database);
    free(session->language);
    free(session->database);
}

/* --- databases --- */

static const struct database_state {
    const char *state;
    int number, severity;
    const char *text;
} closed_states[] = {
    {"OFFLINE", 942, 14, "Database '%s' cannot be opened because it is offline."},
    {"RESTORING", 927, 14, "Database '%s' cannot be opened. It is in the middle of a restore."},
    {"RECOVERING", 922, 14, "Database '%s' is being recovered. Waiting until recovery is finished."},
    {"SUSPECT", 926, 14, "Database '%s' cannot be opened. It has been marked SUSPECT by recovery."},
};

static bool report(struct session *session, int number, int severity, const char *text, const char *database)
{
    char *place = strstr(text, "%s");
    if (place)
        reply_error(&session->reply, number, 1, severity, "%.*s%s%s", (int)(place - text), text, database,
                    place + 2);
    else
        reply_error(&session->reply, number, 1, severity, "%s", text);
    return false;
}

static bool may_enter(struct session *session, const char *database, const struct entry *entry)
{
    const char *state = entry ? entry_value(entry, "state", "ONLINE") : "ONLINE";
    if (!catalog_database_exists(session->instance, database))
        return report(session, 911, 16,
                      "Database '%s' does not exist. Make sure that the name is entered correctly.",
                      database);
    for (size_t i = 0; i < sizeof closed_states / sizeof *closed_states; i++)
        if (same_text(closed_states[i].state, state))
            return report(session, closed_states[i].number, closed_states[i].severity, closed_states[i].text,
                          database);
    if (entry && entry_value(entry, "use_error", NULL))
        return report(session, (int)entry_number(entry, "use_error", 976), 14,
                      entry_value(entry, "use_text", "%s"), database);
    if (entry && same_text(entry_value(entry, "access", "MULTI_USER"), "SINGLE_USER")) {
        catalog_count_look(session->instance, database); /* had it been free, it would be taken now */
        return report(session, 924, 14, "Database '%s' is already open and can only have one user at a time.",
                      database);
    }
    if (!catalog_has_database_access(session->instance, session->login, database)) {
        reply_error(&session->reply, 916, 1, 14,
                    "The server principal \"%s\" is not able to access the database \"%s\" under the current "
                    "security "
                    "context.",
                    session->login->name, database);
        return false;
    }
    return true;
}

bool session_use(struct session *session, const char *database)
{
    const struct entry *entry = entry_child(session->instance->entry, "database", database);
    if (!may_enter(session, database, entry))
        return false;
    const char *name = entry ? entry->name : database;
    reply_environment(&session->reply, ENVIRONMENT_DATABASE, name,
                      session->database ? session->database : "master");
    reply_info(&session->reply, 5701, 2, 0, "Changed database context to '%s'.", name);
    free(session->database);
    session->database = duplicate(name);
    if (session->catalog)
        catalog_free(session->catalog);
    session->catalog = NULL; /* made again, for this database, when it is asked */
    return true;
}

/* --- statements --- */

static bool is_request(unsigned char type)
{
    return type == PACKET_BATCH || type == PACKET_RPC || type == PACKET_TRANSACTION;
}

/* What came while a statement runs: an attention interrupts it, one further request waits its turn, anything
 * else ends the connection ([MS-TDS] 3.3.5.9). True when the statement goes on. */
static bool take_message(struct session *session)
{
    struct message message = {0};
    bool is_read = message_read(&session->transport, &message) == MESSAGE_READ;
    if (is_read && message.type == PACKET_ATTENTION) {
        session->interrupted = true;
    } else if (is_read && is_request(message.type) && !session->has_next) {
        session->has_next = true;
        buffer_free(&session->next.payload);
        session->next = message;
        return true;
    } else {
        session->reply.broken = true;
    }
    buffer_free(&message.payload);
    return false;
}

static long long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

bool session_delay(struct session *session, int milliseconds)
{
    long long end = now_ms() + milliseconds;
    for (;;) {
        long long left = end - now_ms();
        int ready = transport_wait(&session->transport, milliseconds < 0 ? -1 : left > 0 ? (int)left : 0);
        if (ready == 0)
            return true;
        if (ready < 0)
            session->reply.broken = true;
        if (ready < 0 || !take_message(session))
            return false;
    }
}

/* The interrupted request's answer ends as a message of its own; the acknowledgement is the next one. Clients
 * wait for both. */
static bool acknowledge_attention(struct session *session, bool was_running)
{
    statistics_count(session->instance->statistics, COUNT_ATTENTIONS);
    if (was_running)
        reply_done(&session->reply, TOKEN_DONE, DONE_ERROR, 0, 0);
    if (was_running && !reply_send(&session->reply, true))
        return false;
    reply_done(&session->reply, TOKEN_DONE, DONE_ATTENTION, 0, 0);
    session->interrupted = false;
    return reply_send(&session->reply, true);
}

static void (*executor_of(unsigned char type))(struct session *session, const struct buffer *payload)
{
    return type == PACKET_BATCH ? batch_execute : type == PACKET_RPC ? rpc_execute : transaction_execute;
}

static bool execute_message(struct session *session)
{
    struct message message = session->message;
    session->message.payload = (struct buffer){0};
    session->interrupted = false;
    bool done = false;
    if (message.type == PACKET_ATTENTION) {
        done = acknowledge_attention(session, false);
    } else if (is_request(message.type)) {
        if (message.ignored) /* taken back before it was complete, [MS-TDS] 2.2.1.7 */
            reply_done(&session->reply, TOKEN_DONE, DONE_ERROR, 0, 0);
        else
            executor_of(message.type)(session, &message.payload);
        done =
            session->interrupted ? acknowledge_attention(session, true) : reply_send(&session->reply, true);
    }
    buffer_free(&message.payload);
    return done;
}

static bool next_message(struct session *session)
{
    if (!session->has_next)
        return message_read(&session->transport, &session->message) == MESSAGE_READ;
    buffer_free(&session->message.payload);
    session->message = session->next;
    session->next = (struct message){0};
    session->has_next = false;
    return true;
}

static void serve(struct session *session)
{
    if (!login(session))
        return;
    while (next_message(session))
        if (!execute_message(session))
            return;
}

/* --- the first bytes --- */

enum { TLS_HANDSHAKE = 0x16 };

static bool start_strict(struct session *session)
{
    struct instance *instance = session->instance;
    statistics_count(instance->statistics, COUNT_TLS_STARTED);
    if (!instance->strict_tls) { /* 17821: no certificate of its own */
        statistics_count(instance->statistics, COUNT_STRICT_REFUSED);
        transport_discard(&session->transport);
        return false;
    }
    bool accepted = transport_accept_tls(&session->transport, instance->strict_tls, false,
                                         instance->tls_refusal == REFUSE_BY_ALERT);
    statistics_count(instance->statistics, accepted ? COUNT_TLS_COMPLETED : COUNT_TLS_BROKEN);
    return accepted;
}

static void run_sqlserver(struct session *session)
{
    unsigned char first;
    if (!transport_peek(&session->transport, &first, 1) || !behaviour_at_first_bytes(session))
        return;
    bool strict = first == TLS_HANDSHAKE && session->instance->strict != STRICT_NO;
    if (strict && !start_strict(session))
        return;
    session->strict = strict;
    if (prelogin(session, strict) == PRELOGIN_DONE)
        serve(session);
}

/* TLS from the first byte; what comes inside is read and not answered. */
static void run_tls(struct session *session)
{
    struct instance *instance = session->instance;
    unsigned char byte;
    if (!transport_peek(&session->transport, &byte, 1) || !behaviour_at_first_bytes(session))
        return;
    statistics_count(instance->statistics, COUNT_TLS_STARTED);
    bool accepted = transport_accept_tls(&session->transport, instance->tls, false,
                                         instance->tls_refusal == REFUSE_BY_ALERT);
    statistics_count(instance->statistics, accepted ? COUNT_TLS_COMPLETED : COUNT_TLS_BROKEN);
    if (!accepted && instance->tls_refusal == REFUSE_BY_RESET)
        transport_reset(&session->transport);
    while (accepted && transport_read(&session->transport, &byte, 1))
        ;
}

/* "0020 00…"; digits that make no pair are left out. */
static void read_hexadecimal(const char *text, struct buffer *bytes)
{
    unsigned value;
    for (; *text; text++)
        if (isxdigit((unsigned char)text[0]) && sscanf(text, "%2x", &value) == 1 && text[1]) {
            buffer_u8(bytes, (uint8_t)value);
            text++;
        }
}

static void run_tcp(struct session *session)
{
    const char *banner = entry_value(session->instance->entry, "banner", "");
    struct buffer reply = {0};
    unsigned char byte;
    read_hexadecimal(entry_value(session->instance->entry, "reply", ""), &reply);
    bool going = !*banner || transport_write(&session->transport, banner, strlen(banner));
    while (going && transport_peek(&session->transport, &byte, 1) && behaviour_at_first_bytes(session)) {
        transport_discard(&session->transport);
        if (!reply.length)
            statistics_count(session->instance->statistics, COUNT_UNANSWERED);
        going = !reply.length || transport_write(&session->transport, reply.data, reply.length);
    }
    buffer_free(&reply);
}

void session_run(const struct estate *estate, struct instance *instance, int fd)
{
    static void (*const runs[])(struct session *) = {
        [KIND_SQLSERVER] = run_sqlserver, [KIND_TLS] = run_tls, [KIND_TCP] = run_tcp};
    struct session session = {
        .estate = estate,
        .instance = instance,
        .transport = {.fd = fd, .stop_fd = estate->stop_fd, .delay_ms = instance->delay_ms}};
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    if (getpeername(fd, (struct sockaddr *)&peer, &length) == 0)
        getnameinfo((struct sockaddr *)&peer, length, session.client_address, sizeof session.client_address,
                    NULL, 0, NI_NUMERICHOST);
    session.reply = (struct reply){.transport = &session.transport,
                                   .packet_size = PACKET_DEFAULT,
                                   .spid = next_spid(),
                                   .packet_number = 1,
                                   .server_name = instance->server_name};
    statistics_count(instance->statistics, COUNT_CONNECTIONS);
    statistics_begin(instance->statistics, GAUGE_CONNECTIONS);
    if (behaviour_at_accept(&session))
        runs[instance->kind](&session);
    statistics_end(instance->statistics, GAUGE_CONNECTIONS);
    session_free(&session);
}
