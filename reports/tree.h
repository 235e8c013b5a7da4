/* A small XML tree of a part of the report, for stylesheets. */
#pragma once

#include "reports/vocabulary.h"

#include <libxml/tree.h>

/* Adds the item and all below it as the last child of the parent. What would deceive a reader's eye in the
 * text (characters that change its direction or are invisible) is replaced by its code point. */
xmlNodePtr tree_add(xmlNodePtr parent, xmlNsPtr namespace, const struct element *element, const void *item);

/* The two halves of it: the element with its attributes, and what is below it. */
xmlNodePtr tree_add_start(xmlNodePtr parent, xmlNsPtr namespace, const struct element *element,
                          const void *item);
void tree_add_children(xmlNodePtr node, xmlNsPtr namespace, const struct element *element, const void *item);

/* Sets an attribute of that namespace; cleans the value like tree_add. A NULL value sets nothing. */
void tree_set(xmlNodePtr node, xmlNsPtr namespace, const char *name, const char *value);
void tree_set_number(xmlNodePtr node, xmlNsPtr namespace, const char *name, int64_t value);

/* Adds the text to the element, cleaned like the rest; NULL adds nothing. */
void tree_add_text(xmlNodePtr node, const char *text);

/* The whole report as a document; the caller frees. */
xmlDocPtr tree_of_report(const struct audit *audit);
