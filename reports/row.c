#include "reports/row.h"
#include "reports/element.h"

#include <stdlib.h>
#include <string.h>

char *row_write(const struct element *element, const void *item, size_t *length)
{
    xmlBufferPtr buffer = xmlBufferCreate();
    xmlTextWriterPtr writer = buffer ? xmlNewTextWriterMemory(buffer, 0) : NULL;
    if (!writer || !element_write(writer, element, item, false))
        abort(); /* only memory can be missing */
    xmlFreeTextWriter(writer);
    size_t size = (size_t)xmlBufferLength(buffer);
    char *row = malloc(size + 1);
    if (!row)
        abort();
    memcpy(row, xmlBufferContent(buffer), size);
    row[size] = '\0';
    xmlBufferFree(buffer);
    if (length)
        *length = size;
    return row;
}

static const struct element *find_row(const char *name)
{
    for (const struct element *const *element = row_elements; *element; element++)
        if (strcmp((*element)->name, name) == 0)
            return *element;
    return NULL;
}

struct row row_read(struct arena *arena, const char *bytes, size_t length, const char **error)
{
    struct row row = {NULL, NULL};
    *error = "not well-formed XML";
    xmlTextReaderPtr reader =
        length <= INT32_MAX ? xmlReaderForMemory(bytes, (int)length, NULL, "UTF-8", ELEMENT_READER_OPTIONS)
                            : NULL;
    if (!reader)
        return row;
    if (element_next_node(reader) == NODE_ELEMENT) {
        const struct element *element = find_row((const char *)xmlTextReaderConstName(reader));
        if (element)
            row.item = element_read(reader, element, arena, error);
        else
            *error = "no row of the vocabulary";
        /* What follows the row must be nothing, and a reader that stopped early says so only here. */
        if (row.item && element_next_node(reader) == NODE_NONE)
            row.element = element;
        else if (row.item)
            *error = "more than one row, or a cut off one";
    }
    xmlFreeTextReader(reader);
    return row;
}
