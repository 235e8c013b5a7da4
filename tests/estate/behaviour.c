#include "behaviour.h"

#include "sql_type.h"

#include <string.h>
#include <strings.h>

/* Reads and discards until the peer leaves or the estate stops. Whether it said anything. */
static bool hold(struct session *session)
{
    unsigned char byte;
    bool heard = false;
    while (transport_read(&session->transport, &byte, 1))
        heard = true;
    return heard;
}

/* False, as nothing goes on: the client had begun a handshake and gets no answer that it could use. */
static bool unanswered(struct session *session, bool begun)
{
    if (begun)
        statistics_count(session->instance->statistics, COUNT_UNANSWERED);
    return false;
}

/* Whether the peer said anything after it. */
static bool say(struct session *session, const void *bytes, size_t length)
{
    transport_write(&session->transport, bytes, length);
    return hold(session);
}

static bool say_garbage(struct session *session)
{
    unsigned char garbage[600];
    uint32_t state = 0x2545F491u + session->reply.spid;
    for (size_t i = 0; i < sizeof garbage; i++) {
        state = state * 1664525u + 1013904223u;
        garbage[i] = (unsigned char)(state >> 24);
    }
    garbage[0] = 0xEE; /* never a packet type */
    return say(session, garbage, sizeof garbage);
}

bool behaviour_at_accept(struct session *session)
{
    static const char ssh[] = "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n";
    if (!transport_pause(&session->transport, session->instance->accept_delay_ms))
        return false;
    switch (session->instance->behaviour) {
    case BEHAVE_SILENT:
        return unanswered(session, hold(session));
    case BEHAVE_CLOSE_AT_ONCE:
        return unanswered(session, true);
    case BEHAVE_RESET_AT_ONCE:
        transport_reset(&session->transport);
        return unanswered(session, true);
    case BEHAVE_SSH:
        return unanswered(session, say(session, ssh, sizeof ssh - 1));
    default:
        return true;
    }
}

bool behaviour_at_first_bytes(struct session *session)
{
    static const char http[] =
        "HTTP/1.1 400 Bad Request\r\nServer: Microsoft-IIS/10.0\r\nContent-Length: 11\r\n"
        "Connection: close\r\n\r\nBad Request";
    static const unsigned char too_long[] = {0x04, 0x01, 0x7F, 0xFF, 0, 0, 1, 0, 0, 0, 0x1A, 0, 6, 1};
    enum behaviour behaviour = session->instance->behaviour;
    if (behaviour >= BEHAVE_CLOSE_ON_PRELOGIN && behaviour <= BEHAVE_LYING_LENGTH)
        transport_discard(&session->transport); /* closing with bytes unread would send a RST */
    switch (behaviour) {
    case BEHAVE_CLOSE_ON_PRELOGIN:
        break;
    case BEHAVE_RESET_ON_PRELOGIN:
        transport_reset(&session->transport);
        break;
    case BEHAVE_GARBAGE:
        say_garbage(session);
        break;
    case BEHAVE_HTTP:
        transport_write(&session->transport, http, sizeof http - 1);
        break;
    case BEHAVE_LYING_LENGTH:
        say(session, too_long, sizeof too_long);
        break;
    default:
        return true;
    }
    return unanswered(session, true);
}

void behaviour_prelogin_reply(struct session *session, struct buffer *payload)
{
    if (session->instance->behaviour != BEHAVE_TRUNCATED_PRELOGIN)
        return;
    payload->length = 9; /* in the middle of the second option */
    unanswered(session, true);
}

bool behaviour_at_tls(struct session *session)
{
    return session->instance->behaviour != BEHAVE_HANG_IN_TLS || unanswered(session, hold(session));
}

bool behaviour_at_login(struct session *session)
{
    if (session->instance->behaviour == BEHAVE_HANG_AFTER_LOGIN)
        hold(session);
    return session->instance->behaviour != BEHAVE_HANG_AFTER_LOGIN;
}

static bool endless_tokens(struct session *session)
{
    while (session_delay(session, 0)) {
        reply_info(&session->reply, 0, 1, 10, "%s", "The same message, again and again.");
        if (!reply_send(&session->reply, false))
            break;
    }
    return false;
}

static bool row_flood(struct session *session)
{
    static const struct sql_column column = {"name", {TYPE_NVARCHAR, 128}};
    sqlite3_stmt *statement = NULL;
    sqlite3 *database = NULL;
    if (sqlite3_open(":memory:", &database) == SQLITE_OK &&
        sqlite3_prepare_v2(database, "SELECT 'one of very many rows'", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        reply_columns(&session->reply, &column, 1);
        while (session_delay(session, 0))
            if (!reply_row(&session->reply, &column, 1, statement) || !reply_send(&session->reply, false))
                break;
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return false;
}

/* The beginning of a result, then the end of the connection. */
static bool half_an_answer(struct session *session)
{
    static const struct sql_column column = {"name", {TYPE_NVARCHAR, 128}};
    reply_columns(&session->reply, &column, 1);
    buffer_bytes(&session->reply.pending, "\xD1\x20", 2);
    unsigned char packet_number = 1;
    struct reply *reply = &session->reply;
    message_write(&session->transport, PACKET_REPLY, &reply->pending, reply->packet_size, reply->spid,
                  &packet_number, false);
    reply->broken = true;
    return false;
}

/* A SELECT of the catalog; session settings and what drivers ask on their own still work. */
static bool is_query(const char *statement)
{
    return strcasestr(statement, "FROM") || strcasestr(statement, "EXEC");
}

bool behaviour_at_statement(struct session *session, const char *statement)
{
    enum behaviour behaviour = session->instance->behaviour;
    if (behaviour < BEHAVE_HANG_IN_QUERY || !is_query(statement))
        return true;
    switch (behaviour) {
    case BEHAVE_HANG_IN_QUERY:
        session_delay(session, -1);
        return false;
    case BEHAVE_RESET_IN_QUERY:
        transport_reset(&session->transport);
        return half_an_answer(session);
    case BEHAVE_CLOSE_IN_QUERY:
        return half_an_answer(session);
    case BEHAVE_ENDLESS_TOKENS:
        return endless_tokens(session);
    case BEHAVE_ROW_FLOOD:
        return row_flood(session);
    default:
        say_garbage(session);
        session->reply.broken = true;
        return false;
    }
}
