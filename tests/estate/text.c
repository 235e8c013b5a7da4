#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void *insist(void *memory)
{
    if (!memory) {
        fputs("estate: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *allocate(size_t size)
{
    return insist(calloc(1, size ? size : 1));
}

void *reallocate(void *memory, size_t size)
{
    return insist(realloc(memory, size ? size : 1));
}

char *duplicate(const char *text)
{
    return insist(strdup(text ? text : ""));
}

char *duplicate_n(const char *text, size_t length)
{
    char *copy = allocate(length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *format_text(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    return insist(text);
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){0};
}

static unsigned char *reserve(struct buffer *buffer, size_t length)
{
    if (buffer->capacity - buffer->length < length) {
        buffer->capacity = (buffer->length + length) * 2;
        buffer->data = reallocate(buffer->data, buffer->capacity);
    }
    buffer->length += length;
    return buffer->data + buffer->length - length;
}

void buffer_bytes(struct buffer *buffer, const void *bytes, size_t length)
{
    if (length)
        memcpy(reserve(buffer, length), bytes, length);
}

void buffer_consume(struct buffer *buffer, size_t length)
{
    memmove(buffer->data, buffer->data + length, buffer->length - length);
    buffer->length -= length;
}

void buffer_u8(struct buffer *buffer, uint8_t value)
{
    *reserve(buffer, 1) = value;
}

static void little_endian(struct buffer *buffer, uint64_t value, size_t length)
{
    unsigned char *place = reserve(buffer, length);
    for (size_t i = 0; i < length; i++)
        place[i] = (unsigned char)(value >> (8 * i));
}

void buffer_u16(struct buffer *buffer, uint16_t value)
{
    little_endian(buffer, value, 2);
}

void buffer_u32(struct buffer *buffer, uint32_t value)
{
    little_endian(buffer, value, 4);
}

void buffer_u64(struct buffer *buffer, uint64_t value)
{
    little_endian(buffer, value, 8);
}

void buffer_u16_be(struct buffer *buffer, uint16_t value)
{
    buffer_u8(buffer, (uint8_t)(value >> 8));
    buffer_u8(buffer, (uint8_t)value);
}

void buffer_text(struct buffer *buffer, const char *text)
{
    buffer_bytes(buffer, text, strlen(text));
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    insist(text);
    buffer_text(buffer, text);
    free(text);
}

/* Reads one code point; bytes that are no UTF-8 stand for themselves (Latin-1), so nothing is ever lost. */
static uint32_t next_code_point(const unsigned char **at, const unsigned char *end)
{
    const unsigned char *byte = *at;
    size_t more = byte[0] >= 0xF0 ? 3 : byte[0] >= 0xE0 ? 2 : byte[0] >= 0xC2 ? 1 : 0;
    uint32_t value = more == 3   ? byte[0] & 0x07
                     : more == 2 ? byte[0] & 0x0F
                     : more == 1 ? byte[0] & 0x1F
                                 : byte[0];
    *at = byte + 1;
    if ((size_t)(end - byte) <= more)
        return byte[0];
    for (size_t i = 1; i <= more; i++) {
        if ((byte[i] & 0xC0) != 0x80)
            return byte[0];
        value = value << 6 | (byte[i] & 0x3F);
    }
    *at = byte + 1 + more;
    return value;
}

size_t buffer_utf16(struct buffer *buffer, const char *text, size_t bytes, size_t units)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + bytes;
    size_t written = 0;
    while (at < end) {
        uint32_t value = next_code_point(&at, end);
        size_t needed = value > 0xFFFF ? 2 : 1;
        if (written + needed > units)
            break;
        if (needed == 2) {
            buffer_u16(buffer, (uint16_t)(0xD800 + ((value - 0x10000) >> 10)));
            buffer_u16(buffer, (uint16_t)(0xDC00 + ((value - 0x10000) & 0x3FF)));
        } else {
            buffer_u16(buffer, (uint16_t)value);
        }
        written += needed;
    }
    return written;
}

void buffer_b_varchar(struct buffer *buffer, const char *text)
{
    size_t place = buffer->length;
    buffer_u8(buffer, 0);
    size_t units = buffer_utf16(buffer, text, strlen(text), 255);
    buffer->data[place] = (unsigned char)units;
}

void buffer_us_varchar(struct buffer *buffer, const char *text)
{
    size_t place = buffer->length;
    buffer_u16(buffer, 0);
    size_t units = buffer_utf16(buffer, text, strlen(text), 16000);
    buffer->data[place] = (unsigned char)units;
    buffer->data[place + 1] = (unsigned char)(units >> 8);
}

uint16_t read_u16(const unsigned char *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

uint32_t read_u32(const unsigned char *bytes)
{
    return read_u16(bytes) | (uint32_t)read_u16(bytes + 2) << 16;
}

uint64_t read_u64(const unsigned char *bytes)
{
    return read_u32(bytes) | (uint64_t)read_u32(bytes + 4) << 32;
}

uint16_t read_u16_be(const unsigned char *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

void buffer_code_point(struct buffer *buffer, uint32_t value)
{
    if (value < 0x80) {
        buffer_u8(buffer, (uint8_t)value);
    } else if (value < 0x800) {
        buffer_u8(buffer, (uint8_t)(0xC0 | value >> 6));
        buffer_u8(buffer, (uint8_t)(0x80 | (value & 0x3F)));
    } else if (value < 0x10000) {
        buffer_u8(buffer, (uint8_t)(0xE0 | value >> 12));
        buffer_u8(buffer, (uint8_t)(0x80 | (value >> 6 & 0x3F)));
        buffer_u8(buffer, (uint8_t)(0x80 | (value & 0x3F)));
    } else {
        buffer_u8(buffer, (uint8_t)(0xF0 | value >> 18));
        buffer_u8(buffer, (uint8_t)(0x80 | (value >> 12 & 0x3F)));
        buffer_u8(buffer, (uint8_t)(0x80 | (value >> 6 & 0x3F)));
        buffer_u8(buffer, (uint8_t)(0x80 | (value & 0x3F)));
    }
}

char *text_from_utf16(const unsigned char *bytes, size_t units)
{
    struct buffer text = {0};
    for (size_t i = 0; i < units; i++) {
        uint32_t value = read_u16(bytes + 2 * i);
        uint32_t next = i + 1 < units ? read_u16(bytes + 2 * i + 2) : 0;
        if ((value & 0xFC00) == 0xD800 && (next & 0xFC00) == 0xDC00) {
            value = 0x10000 + ((value & 0x3FF) << 10) + (next & 0x3FF);
            i++;
        }
        buffer_code_point(&text, value);
    }
    buffer_u8(&text, 0);
    return (char *)text.data;
}

bool same_text(const char *a, const char *b)
{
    return a && b ? strcasecmp(a, b) == 0 : a == b;
}
