#include "token.h"

#include <stdlib.h>
#include <string.h>

enum { TOKEN_ERROR = 0xAA, TOKEN_INFO = 0xAB, TOKEN_ENVIRONMENT = 0xE3, TOKEN_RETURN_STATUS = 0x79 };

bool reply_send(struct reply *reply, bool end)
{
    size_t room = reply->packet_size - PACKET_HEADER;
    size_t ready = end ? reply->pending.length : reply->pending.length / room * room;
    if (reply->broken || (!ready && !end))
        return !reply->broken;
    struct buffer part = {.data = reply->pending.data, .length = ready};
    if (!message_write(reply->transport, PACKET_REPLY, &part, reply->packet_size, reply->spid,
                       &reply->packet_number, end))
        reply->broken = true;
    buffer_consume(&reply->pending, ready);
    if (end)
        reply->packet_number = 1;
    return !reply->broken;
}

static size_t start_token(struct buffer *buffer, int token)
{
    buffer_u8(buffer, (uint8_t)token);
    buffer_u16(buffer, 0);
    return buffer->length;
}

static void end_token(struct buffer *buffer, size_t start)
{
    size_t length = buffer->length - start;
    buffer->data[start - 2] = (unsigned char)length;
    buffer->data[start - 1] = (unsigned char)(length >> 8);
}

void reply_message(struct reply *reply, bool is_error, int number, int state, int severity, const char *text,
                   int line)
{
    struct buffer *buffer = &reply->pending;
    size_t start = start_token(buffer, is_error ? TOKEN_ERROR : TOKEN_INFO);
    buffer_u32(buffer, (uint32_t)number);
    buffer_u8(buffer, (uint8_t)state);
    buffer_u8(buffer, (uint8_t)severity);
    buffer_us_varchar(buffer, text);
    buffer_b_varchar(buffer, reply->server_name);
    buffer_b_varchar(buffer, "");
    if (reply->before_72)
        buffer_u16(buffer, (uint16_t)line);
    else
        buffer_u32(buffer, (uint32_t)line);
    end_token(buffer, start);
}

static void format_message(struct reply *reply, bool is_error, int number, int state, int severity,
                           const char *format, va_list arguments)
{
    char text[4000];
    vsnprintf(text, sizeof text, format, arguments);
    reply_message(reply, is_error, number, state, severity, text, 1);
}

void reply_error(struct reply *reply, int number, int state, int severity, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_message(reply, true, number, state, severity, format, arguments);
    va_end(arguments);
}

void reply_info(struct reply *reply, int number, int state, int severity, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_message(reply, false, number, state, severity, format, arguments);
    va_end(arguments);
}

void reply_environment(struct reply *reply, int type, const char *new_value, const char *old_value)
{
    size_t start = start_token(&reply->pending, TOKEN_ENVIRONMENT);
    buffer_u8(&reply->pending, (uint8_t)type);
    buffer_b_varchar(&reply->pending, new_value);
    buffer_b_varchar(&reply->pending, old_value);
    end_token(&reply->pending, start);
}

void reply_environment_bytes(struct reply *reply, int type, const void *new_value, size_t new_length,
                             const void *old_value, size_t old_length)
{
    size_t start = start_token(&reply->pending, TOKEN_ENVIRONMENT);
    buffer_u8(&reply->pending, (uint8_t)type);
    buffer_u8(&reply->pending, (uint8_t)new_length);
    buffer_bytes(&reply->pending, new_value, new_length);
    buffer_u8(&reply->pending, (uint8_t)old_length);
    buffer_bytes(&reply->pending, old_value, old_length);
    end_token(&reply->pending, start);
}

void reply_done(struct reply *reply, int token, int status, int command, uint64_t rows)
{
    buffer_u8(&reply->pending, (uint8_t)token);
    buffer_u16(&reply->pending, (uint16_t)status);
    buffer_u16(&reply->pending, (uint16_t)command);
    if (reply->before_72)
        buffer_u32(&reply->pending, (uint32_t)rows);
    else
        buffer_u64(&reply->pending, rows);
}

void reply_return_status(struct reply *reply, int32_t status)
{
    buffer_u8(&reply->pending, TOKEN_RETURN_STATUS);
    buffer_u32(&reply->pending, (uint32_t)status);
}
