/* The one writer and the one reader of the vocabulary. */
#pragma once

#include "reports/vocabulary.h"
#include "reports/xml_reader.h"

#include <libxml/xmlwriter.h>

/* ---- a member's value, whatever its kind ------------------------------------------------------------- */

enum { MEMBER_TEXT_SIZE = 32, ELEMENT_MEMBERS = 64 /* an element has fewer */ };

/* The value as the report writes it, in `buffer` or the item's own text; NULL when absent or not known, and
 * for child elements. */
const char *member_text(const struct member *member, const void *item, char buffer[MEMBER_TEXT_SIZE]);

/* The child elements of a MEMBER_ONE or MEMBER_MANY, one after the other; NULL at the end. */
void *member_first(const struct member *member, const void *item);
void *member_next(const struct member *member, const void *child);

bool member_is_attribute(const struct member *member);

/* Sets a MEMBER_ONE, or appends to a MEMBER_MANY, of the item. */
void element_add(void *item, const struct member *member, void *child);

/* ---- writing ------------------------------------------------------------------------------------------ */

/* Writes the item and all below it; `namespace` adds the report's namespace to the element. False when the
 * writer failed. */
bool element_write(xmlTextWriterPtr writer, const struct element *element, const void *item, bool namespace);

/* ---- reading ------------------------------------------------------------------------------------------ */

/* Reads the element that the reader stands on, whole, into a new item of the arena; the reader then stands on
 * its end. Anything that the vocabulary does not allow there (elements,
 * attributes, values, missing ones, text, entities) fails: NULL, and *error says what and in which line
 * (owned by the arena). */
void *element_read(struct xml_reader *reader, const struct element *element, struct arena *arena,
                   const char **error);

/* The same, but of the element's attributes only: the reader then still stands on it. */
void *element_read_attributes(struct xml_reader *reader, const struct element *element, struct arena *arena,
                              const char **error);

/* The member that a child element of that name belongs to, at or after index *from, which moves on: children
 * come in the table's order, each once but for the lists. NULL when there is none. */
const struct member *element_find_child(const struct element *element, size_t *from, const char *name);

/* Text that XML can carry: every byte that is not UTF-8 and every character that XML 1.0 has not is U+FFFD.
 * The caller frees; NULL when the text is good as it is. */
char *xml_text_clean(const char *text);
