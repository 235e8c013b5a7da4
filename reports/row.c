#include "reports/row.h"
#include "reports/element.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* A writer and a reader cost more than a row, so one of each serves all rows of a process. */
static xmlTextWriterPtr row_writer(xmlBufferPtr *buffer)
{
    static xmlBufferPtr kept_buffer;
    static xmlTextWriterPtr kept;
    if (!kept && (kept_buffer = xmlBufferCreate()))
        kept = xmlNewTextWriterMemory(kept_buffer, 0);
    *buffer = kept_buffer;
    return kept;
}

char *row_write(const struct element *element, const void *item, size_t *length)
{
    xmlBufferPtr buffer;
    xmlTextWriterPtr writer = row_writer(&buffer);
    if (!writer || !element_write(writer, element, item, false) || xmlTextWriterFlush(writer) < 0)
        abort(); /* only memory can be missing */
    size_t size = (size_t)xmlBufferLength(buffer);
    char *row = malloc(size + 1);
    if (!row)
        abort();
    memcpy(row, xmlBufferContent(buffer), size);
    row[size] = '\0';
    xmlBufferEmpty(buffer);
    if (length)
        *length = size;
    return row;
}

/* NULL bytes: the kept reader has met what it could not read, and is no longer to be trusted. */
static struct xml_reader *row_reader(const char *bytes, size_t length)
{
    static struct xml_reader *kept;
    if (bytes) {
        kept = xml_reader_of_bytes(kept, bytes, length);
    } else {
        xml_reader_free(kept);
        kept = NULL;
    }
    return kept;
}

static const struct element *find_row(const char *name)
{
    for (const struct element *const *element = row_elements; *element; element++)
        if (strcmp((*element)->name, name) == 0)
            return *element;
    return NULL;
}

/* Longer than anything that a server, a driver or a probe says; a report with many such texts is refused by
 * other readers of XML. */
#define TEXT_MAXIMUM (256 * 1024)

static bool has_long_text(const char *bytes, size_t length)
{
    size_t text = 0;
    for (size_t i = 0; i < length && text <= TEXT_MAXIMUM; i++)
        text = bytes[i] == '"' || bytes[i] == '<' || bytes[i] == '>' ? 0 : text + 1;
    return text > TEXT_MAXIMUM;
}

/* What must not even be parsed. The writer escapes every '<' and '"' of a text; a document type would let
 * libxml2 expand entities before anything here is asked, and those can be made to take forever. */
static const char *refusal(const char *bytes, size_t length)
{
    if (length < 2 || bytes[0] != '<' || !isalpha((unsigned char)bytes[1]) ||
        memmem(bytes, length, "<!", 2) || memmem(bytes, length, "<?", 2))
        return "a row is one element, without declarations and comments";
    return has_long_text(bytes, length) ? "a text of more than 256 KiB" : NULL;
}

struct row row_read(struct arena *arena, const char *bytes, size_t length, const char **error)
{
    struct row row = {NULL, NULL};
    *error = refusal(bytes, length);
    if (*error)
        return row;
    *error = "not well-formed XML";
    struct xml_reader *reader = row_reader(bytes, length);
    if (xml_reader_next_tag(reader) == NODE_ELEMENT) {
        const struct element *element = find_row(xml_reader_name(reader));
        if (element)
            row.item = element_read(reader, element, arena, error);
        else
            *error = "no row of the vocabulary";
        /* What follows the row must be nothing, and a reader that stopped early says so only here. */
        if (row.item && xml_reader_next_tag(reader) == NODE_NONE)
            row.element = element;
        else if (row.item)
            *error = "more than one row, or a cut off one";
    }
    if (!row.element)
        row_reader(NULL, 0);
    return row;
}

void row_prepare(void)
{
    struct arena *arena = arena_new();
    const struct property property = {.name = (char *)"name"};
    const char *error;
    size_t length;
    char *row = row_write(&property_element, &property, &length);
    row_read(arena, row, length, &error);
    free(row);
    arena_free(arena);
}
