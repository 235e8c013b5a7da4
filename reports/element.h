/* The one writer and the one reader of the vocabulary, over libxml2's text writer and text reader. */
#pragma once

#include "reports/vocabulary.h"

#include <libxml/xmlreader.h>
#include <libxml/xmlwriter.h>

/* Writes the item and all below it; `namespace` adds the report's namespace to the element. False when the
 * writer failed. */
bool element_write(xmlTextWriterPtr writer, const struct element *element, const void *item, bool namespace);

/* Writes the element's start with its attributes, text and children up to, and not including, its first
 * member at or after `stop` (an index of element->members); the caller goes on and ends the element. */
bool element_write_start(xmlTextWriterPtr writer, const struct element *element, const void *item,
                         bool namespace, size_t stop);

/* Reads the element that the reader stands on, whole, into a new item of the arena; the reader then stands on
 * its end (or still on it, when it is empty). Anything that the vocabulary does not allow there (elements,
 * attributes, values, missing ones, text, entities) fails: NULL, and *error says what (owned by the arena).
 */
void *element_read(xmlTextReaderPtr reader, const struct element *element, struct arena *arena,
                   const char **error);

/* Text that XML can carry: every byte that is not UTF-8 and every character that XML 1.0 has not is U+FFFD.
 * The caller frees; NULL when the text is good as it is. */
char *xml_text_clean(const char *text);
