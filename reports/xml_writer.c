#include "reports/xml_writer.h"
#include "audit/model/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BUFFER 65536 /* bytes that wait for the stream */

struct xml_writer {
    FILE *stream; /* NULL: memory */
    char *bytes;
    size_t used, room;
    const char **open; /* elements that have no end yet */
    size_t depth, open_room;
    bool in_tag;     /* attributes may follow */
    bool after_text; /* the end tag follows at once */
};

/* ---- bytes ----------------------------------------------------------------------------------------------
 */

/* Where that many bytes may be put. */
static char *room_for(struct xml_writer *writer, size_t length)
{
    if (writer->stream && writer->used + length > writer->room) {
        fwrite(writer->bytes, 1, writer->used, writer->stream);
        writer->used = 0;
    }
    if (writer->used + length > writer->room) {
        writer->room = 2 * (writer->used + length);
        writer->bytes = memory_resize(writer->bytes, writer->room, 1);
    }
    char *place = writer->bytes + writer->used;
    writer->used += length;
    return place;
}

static void add_bytes(struct xml_writer *writer, const char *bytes, size_t length)
{
    memcpy(room_for(writer, length), bytes, length);
}

static void add(struct xml_writer *writer, const char *text)
{
    add_bytes(writer, text, strlen(text));
}

/* ---- characters -----------------------------------------------------------------------------------------
 */

#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */

/* Bytes of the UTF-8 character at text that XML 1.0 can carry (its production Char), or 0. */
static size_t character_length(const unsigned char *text)
{
    uint32_t code;
    size_t length;
    if (text[0] < 0x80)
        return text[0] >= 0x20 || text[0] == '\t' || text[0] == '\n' || text[0] == '\r';
    if (text[0] >= 0xC2 && text[0] < 0xE0)
        length = 2, code = text[0] & 0x1F;
    else if (text[0] >= 0xE0 && text[0] < 0xF0)
        length = 3, code = text[0] & 0x0F;
    else if (text[0] >= 0xF0 && text[0] < 0xF5)
        length = 4, code = text[0] & 0x07;
    else
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        code = code << 6 | (text[i] & 0x3F);
    }
    if ((length == 3 && code < 0x800) || (length == 4 && code < 0x10000))
        return 0;
    if ((code >= 0xD800 && code <= 0xDFFF) || code == 0xFFFE || code == 0xFFFF || code > 0x10FFFF)
        return 0;
    return length;
}

char *xml_text_clean(const char *text)
{
    const unsigned char *from = (const unsigned char *)text;
    size_t bad = 0;
    for (const unsigned char *at = from; *at;) {
        size_t length = *at >= 0x20 && *at < 0x80 ? 1 : character_length(at); /* nearly all there is */
        bad += length == 0;
        at += length ? length : 1;
    }
    if (!bad)
        return NULL;
    char *clean = malloc(strlen(text) + 2 * bad + 1), *to = clean;
    if (!clean)
        abort();
    while (*from) {
        size_t length = character_length(from);
        if (length) {
            memcpy(to, from, length);
            to += length;
            from += length;
        } else {
            memcpy(to, REPLACEMENT, 3);
            to += 3;
            from++;
        }
    }
    *to = '\0';
    return clean;
}

/* What is written for an ASCII character that may not stand as it is. */
typedef const char *escape_table[128];

#define ESCAPED_EVERYWHERE                                                                                   \
    [1 ... 8] = REPLACEMENT, [11 ... 12] = REPLACEMENT, ['\r'] = "&#13;",                                    \
           [14 ... 31] = REPLACEMENT, ['<'] = "&lt;", ['>'] = "&gt;", ['&'] = "&amp;", ['"'] = "&quot;"

static const escape_table in_text = {ESCAPED_EVERYWHERE};
static const escape_table in_attribute = {ESCAPED_EVERYWHERE, ['\t'] = "&#9;", ['\n'] = "&#10;"};

static void add_escaped(struct xml_writer *writer, const char *text, const escape_table escapes)
{
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        const unsigned char *from = at;
        while (*at && *at < 0x80 && !escapes[*at])
            at++;
        add_bytes(writer, (const char *)from, (size_t)(at - from));
        if (!*at)
            return;
        size_t length = character_length(at);
        if (*at < 0x80)
            add(writer, escapes[*at]);
        else if (length)
            add_bytes(writer, (const char *)at, length);
        else
            add(writer, REPLACEMENT);
        at += length ? length : 1;
    }
}

/* ---- elements -------------------------------------------------------------------------------------------
 */

struct xml_writer *xml_writer_new_memory(void)
{
    return memory_new(1, sizeof(struct xml_writer));
}

struct xml_writer *xml_writer_new(FILE *stream)
{
    struct xml_writer *writer = xml_writer_new_memory();
    writer->stream = stream;
    writer->room = BUFFER;
    writer->bytes = memory_new(writer->room, 1);
    add(writer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    return writer;
}

const char *xml_writer_take(struct xml_writer *writer, size_t *length)
{
    *length = writer->used;
    writer->used = 0;
    return writer->bytes;
}

void xml_writer_free(struct xml_writer *writer)
{
    while (writer->depth > 0)
        xml_writer_end(writer);
    if (writer->stream)
        fwrite(writer->bytes, 1, writer->used, writer->stream);
    free(writer->bytes);
    free(writer->open);
    free(writer);
}

static void end_tag(struct xml_writer *writer)
{
    if (writer->in_tag)
        add_bytes(writer, ">", 1);
    writer->in_tag = false;
}

static void end_line(struct xml_writer *writer)
{
    if (writer->stream)
        add_bytes(writer, "\n", 1);
}

static void indent(struct xml_writer *writer)
{
    if (writer->stream)
        memset(room_for(writer, writer->depth), ' ', writer->depth);
}

void xml_writer_start(struct xml_writer *writer, const char *name)
{
    if (writer->in_tag) {
        end_tag(writer);
        end_line(writer);
    }
    indent(writer);
    add_bytes(writer, "<", 1);
    add(writer, name);
    writer->in_tag = true;
    if (writer->depth == writer->open_room) {
        writer->open_room = writer->open_room * 2 + 8;
        writer->open = memory_resize(writer->open, writer->open_room, sizeof(*writer->open));
    }
    writer->open[writer->depth++] = name;
}

void xml_writer_attribute(struct xml_writer *writer, const char *name, const char *value)
{
    if (!value)
        return;
    add_bytes(writer, " ", 1);
    add(writer, name);
    add_bytes(writer, "=\"", 2);
    add_escaped(writer, value, in_attribute);
    add_bytes(writer, "\"", 1);
}

void xml_writer_text(struct xml_writer *writer, const char *text)
{
    if (!text)
        return;
    end_tag(writer);
    add_escaped(writer, text, in_text);
    writer->after_text = true;
}

void xml_writer_end(struct xml_writer *writer)
{
    const char *name = writer->open[--writer->depth];
    if (writer->in_tag) {
        add_bytes(writer, "/>", 2);
    } else {
        if (!writer->after_text)
            indent(writer);
        add_bytes(writer, "</", 2);
        add(writer, name);
        add_bytes(writer, ">", 1);
    }
    end_line(writer);
    writer->in_tag = writer->after_text = false;
}

void xml_writer_element(struct xml_writer *writer, const char *name, const char *text)
{
    xml_writer_start(writer, name);
    xml_writer_text(writer, text);
    xml_writer_end(writer);
}
