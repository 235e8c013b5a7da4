/* The token stream of a server's reply, [MS-TDS] 2.2.4 and 2.2.7. */
#pragma once

#include "tds_packet.h"

enum {
    DONE_FINAL = 0x00,
    DONE_MORE = 0x01,
    DONE_ERROR = 0x02,
    DONE_COUNT = 0x10,
    DONE_ATTENTION = 0x20,
    TOKEN_DONE = 0xFD,
    TOKEN_DONEPROC = 0xFE,
    TOKEN_DONEINPROC = 0xFF,
    ENVIRONMENT_DATABASE = 1,
    ENVIRONMENT_LANGUAGE = 2,
    ENVIRONMENT_PACKET_SIZE = 4,
    ENVIRONMENT_COLLATION = 7,
    ENVIRONMENT_BEGIN = 8,
    ENVIRONMENT_COMMIT = 9,
    ENVIRONMENT_ROLLBACK = 10,
    COMMAND_SELECT = 0xC1,
};

struct reply {
    struct transport *transport;
    struct buffer pending;
    unsigned packet_size;
    unsigned spid;
    unsigned char packet_number;
    bool before_72;          /* TDS 7.1: narrow row counts, user types and line numbers */
    const char *server_name; /* of ERROR and INFO tokens */
    bool broken;             /* the client is gone: nothing more can be sent */
};

/* Sends what fills whole packets; with `end` everything, ending the message. False when the client is gone.
 */
bool reply_send(struct reply *reply, bool end);

void reply_message(struct reply *reply, bool is_error, int number, int state, int severity, const char *text,
                   int line);
void reply_error(struct reply *reply, int number, int state, int severity, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void reply_info(struct reply *reply, int number, int state, int severity, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void reply_environment(struct reply *reply, int type, const char *new_value, const char *old_value);
void reply_environment_bytes(struct reply *reply, int type, const void *new_value, size_t new_length,
                             const void *old_value, size_t old_length);
void reply_done(struct reply *reply, int token, int status, int command, uint64_t rows);
void reply_return_status(struct reply *reply, int32_t status);
