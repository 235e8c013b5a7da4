/* What the frame and the pieces of a page (page.h) are both made of. */
#pragma once

#include "audit/model/model.h"
#include "reports/endpoint_index.h"
#include "reports/join.h"

#include <libxml/tree.h>

struct page_document {
    xmlDocPtr xml;
    xmlNsPtr page, report; /* its two namespaces */
    xmlNodePtr root;
};

/* A document with that root, of the page's namespace; xmlFreeDoc(document.xml). */
struct page_document page_document_new(const char *root);

/* A new last child of the page's namespace. */
xmlNodePtr page_add(struct page_document *document, xmlNodePtr parent, const char *name);

/* ---- how many of each ---- */

struct page_counts {
    const char *element; /* of the counts, each with a name and a count */
    const struct name_table *names;
    size_t counts[64];
};

void page_count(struct page_counts *counts, int value);

/* Adds those that are not 0 to the root. */
void page_add_counts(struct page_document *document, const struct page_counts *counts);

/* ---- which rows there are ---- */

/* The links of the report by instance and name. Code names links that do not exist, and former reports ones
 * that are gone: only what has a row is linked. */
struct key_index *page_rows(struct arena *arena, const struct audit *audit);
bool page_has_row(struct arena *arena, const struct key_index *rows, const char *instance, const char *link);

/* ---- facts ---- */

size_t page_count_links(const struct audit *audit);

/* Where the link leads, as a person writes it; `endpoint` is its own, or NULL. */
const char *page_link_target(struct arena *arena, const struct endpoint *endpoint,
                             const struct linked_server *link);

/* What the audit host's own probe says where a driver says only that it did not get in; NULL where it says
 * nothing that explains that. */
const struct diagnosis *page_probe_of(const struct endpoint_index *index, const struct instance *instance);

/* Something that the audit login was not granted hides a part of the instance. */
bool page_has_limited_view(const struct instance *instance);

/* Whole days from the run to that moment; negative when it is past. */
int64_t page_days_until(const struct audit *audit, moment when);
