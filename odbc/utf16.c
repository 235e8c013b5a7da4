#include "odbc/utf16.h"
#include "audit/model/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLACEMENT = 0xFFFD };

static size_t put_utf8(char *to, uint32_t character)
{
    if (character < 0x80) {
        to[0] = (char)character;
        return 1;
    }
    if (character < 0x800) {
        to[0] = (char)(0xC0 | character >> 6);
        to[1] = (char)(0x80 | (character & 0x3F));
        return 2;
    }
    if (character < 0x10000) {
        to[0] = (char)(0xE0 | character >> 12);
        to[1] = (char)(0x80 | (character >> 6 & 0x3F));
        to[2] = (char)(0x80 | (character & 0x3F));
        return 3;
    }
    to[0] = (char)(0xF0 | character >> 18);
    to[1] = (char)(0x80 | (character >> 12 & 0x3F));
    to[2] = (char)(0x80 | (character >> 6 & 0x3F));
    to[3] = (char)(0x80 | (character & 0x3F));
    return 4;
}

static bool is_high(uint16_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(uint16_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

char *utf8_from_utf16(const uint16_t *units, size_t count)
{
    char *text = memory_new(count * 3 + 1, 1); /* a unit is 3 bytes at most, a pair 4 */
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t character = units[i];
        if (is_high(units[i]) && i + 1 < count && is_low(units[i + 1])) {
            character = 0x10000 + ((uint32_t)(units[i] - 0xD800) << 10) + (units[i + 1] - 0xDC00U);
            i++;
        } else if (is_high(units[i]) || is_low(units[i]) || units[i] == 0) {
            character = REPLACEMENT;
        }
        used += put_utf8(text + used, character);
    }
    text[used] = '\0';
    return text;
}

/* The character at the start of the bytes and its length in bytes; 0 bytes when they are not UTF-8. */
static size_t get_utf8(const unsigned char *bytes, uint32_t *character)
{
    static const struct {
        unsigned char mask, lead;
        uint32_t least;
    } forms[] = {{0x80, 0x00, 0}, {0xE0, 0xC0, 0x80}, {0xF0, 0xE0, 0x800}, {0xF8, 0xF0, 0x10000}};
    for (size_t more = 0; more < 4; more++) {
        if ((bytes[0] & forms[more].mask) != forms[more].lead)
            continue;
        *character = bytes[0] & (unsigned char)~forms[more].mask;
        for (size_t i = 1; i <= more; i++) {
            if ((bytes[i] & 0xC0) != 0x80) /* the NUL at the end stops here */
                return 0;
            *character = *character << 6 | (bytes[i] & 0x3F);
        }
        bool surrogate = *character >= 0xD800 && *character <= 0xDFFF;
        return *character < forms[more].least || *character > 0x10FFFF || surrogate ? 0 : more + 1;
    }
    return 0;
}

uint16_t *utf16_from_utf8(const char *text, size_t *count)
{
    const unsigned char *bytes = (const unsigned char *)text;
    uint16_t *units = memory_new(strlen(text) + 1, sizeof(*units));
    size_t used = 0;
    while (*bytes) {
        uint32_t character;
        size_t length = get_utf8(bytes, &character);
        if (length == 0)
            character = REPLACEMENT;
        bytes += length ? length : 1;
        if (character < 0x10000) {
            units[used++] = (uint16_t)character;
        } else {
            units[used++] = (uint16_t)(0xD800 + ((character - 0x10000) >> 10));
            units[used++] = (uint16_t)(0xDC00 + ((character - 0x10000) & 0x3FF));
        }
    }
    units[used] = 0;
    if (count)
        *count = used;
    return units;
}
