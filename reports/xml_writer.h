/* XML, element by element: the one writer of it. Texts are escaped, and cleaned of what XML cannot carry. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct xml_writer;

/* A document: begins with the XML declaration, each element on a line of its own, by its depth. Errors stay
 * in the stream. */
struct xml_writer *xml_writer_new(FILE *stream);

/* Into memory, without declaration and lines. */
struct xml_writer *xml_writer_new_memory(void);

/* What was written so far; it is kept until the next call. The writer then begins anew. */
const char *xml_writer_take(struct xml_writer *writer, size_t *length);

/* Ends what is open and, with a stream, writes what it still holds. */
void xml_writer_free(struct xml_writer *writer);

/* The names are not copied: they must last until the element's end. Attributes come before anything else of
 * their element. A NULL value writes nothing. */
void xml_writer_start(struct xml_writer *writer, const char *name);
void xml_writer_attribute(struct xml_writer *writer, const char *name, const char *value);
void xml_writer_text(struct xml_writer *writer, const char *text);
void xml_writer_end(struct xml_writer *writer);

/* The whole element, with a text or NULL. */
void xml_writer_element(struct xml_writer *writer, const char *name, const char *text);

/* Text that XML can carry: every byte that is not UTF-8 and every character that XML 1.0 has not is U+FFFD.
 * The caller frees; NULL when the text is good as it is. */
char *xml_text_clean(const char *text);
