#include "audit/target/text.h"

#include "audit/model/hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Not <ctype.h>: its answers depend on the locale, and a driver's keywords do not. */
static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct text_span text_span(const char *text)
{
    return (struct text_span){text ? text : "", text ? strlen(text) : 0};
}

struct text_span text_trim(struct text_span span)
{
    while (span.length > 0 && text_is_blank(span.start[0])) {
        span.start++;
        span.length--;
    }
    while (span.length > 0 && text_is_blank(span.start[span.length - 1]))
        span.length--;
    return span;
}

struct text_span text_split(struct text_span span, char separator, struct text_span *rest)
{
    const char *at = span.length ? memchr(span.start, separator, span.length) : NULL;
    if (!at) {
        *rest = (struct text_span){NULL, 0};
        return span;
    }
    size_t before = (size_t)(at - span.start);
    *rest = (struct text_span){at + 1, span.length - before - 1};
    return (struct text_span){span.start, before};
}

/* The length of the well-formed UTF-8 sequence at BYTES, 0 when there is none (Unicode table 3-7). */
static size_t utf8_sequence(const unsigned char *bytes, size_t left)
{
    unsigned char first = bytes[0];
    if (first < 0x80)
        return 1;
    size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || left < length)
        return 0;
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

bool text_is_utf8(struct text_span span)
{
    const unsigned char *bytes = (const unsigned char *)span.start;
    for (size_t i = 0, step; i < span.length; i += step) {
        step = utf8_sequence(bytes + i, span.length - i);
        if (step == 0)
            return false;
    }
    return true;
}

bool text_is_number(struct text_span span)
{
    for (size_t i = 0; i < span.length; i++)
        if (span.start[i] < '0' || span.start[i] > '9')
            return false;
    return span.length > 0;
}

bool text_starts(struct text_span span, const char *start)
{
    size_t length = strlen(start);
    if (span.length < length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (lower(span.start[i]) != lower(start[i]))
            return false;
    return true;
}

bool text_span_equal(struct text_span a, const char *b)
{
    return a.length == strlen(b) && text_starts(a, b);
}

bool text_equal(const char *a, const char *b)
{
    return text_span_equal(text_span(a), b ? b : "");
}

bool text_copy(char *to, size_t size, struct text_span span)
{
    bool fits = span.length < size;
    if (fits && span.length > 0)
        memcpy(to, span.start, span.length);
    to[fits ? span.length : 0] = '\0';
    return fits;
}

void text_copy_shortened(char *to, size_t size, struct text_span span)
{
    if (text_copy(to, size, span))
        return;
    size_t keep = size - 24; /* room for the ellipsis, '#', 16 digits and the NUL */
    while (keep > 0 && ((unsigned char)span.start[keep] & 0xC0) == 0x80)
        keep--;
    memcpy(to, span.start, keep);
    text_format(to + keep, size - keep, "…#%016llx", (unsigned long long)hash_bytes(span.start, span.length));
}

void text_format(char *to, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(to, size, format, arguments);
    va_end(arguments);
}

void text_lower(char *text)
{
    for (; *text; text++)
        *text = lower(*text);
}

void text_upper(char *text)
{
    for (; *text; text++)
        if (*text >= 'a' && *text <= 'z')
            *text = (char)(*text - 'a' + 'A');
}
