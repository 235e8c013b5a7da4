#include "reports/page_document.h"
#include "reports/page.h"
#include "reports/tree.h"
#include "reports/vocabulary.h"

#include <stdlib.h>
#include <string.h>

enum { DAY = 24 * 60 * 60 };

struct page_document page_document_new(const char *root)
{
    struct page_document document = {.xml = xmlNewDoc(BAD_CAST "1.0")};
    if (!document.xml)
        abort();
    document.root = xmlNewNode(NULL, BAD_CAST root);
    xmlDocSetRootElement(document.xml, document.root);
    document.page = xmlNewNs(document.root, BAD_CAST PAGE_NAMESPACE, BAD_CAST "p");
    document.report = xmlNewNs(document.root, BAD_CAST REPORT_NAMESPACE, BAD_CAST "r");
    xmlSetNs(document.root, document.page);
    return document;
}

xmlNodePtr page_add(struct page_document *document, xmlNodePtr parent, const char *name)
{
    return xmlNewChild(parent, document->page, BAD_CAST name, NULL);
}

void page_count(struct page_counts *counts, int value)
{
    if (value > 0 && (size_t)value < sizeof(counts->counts) / sizeof(counts->counts[0]))
        counts->counts[value]++;
}

void page_add_counts(struct page_document *document, const struct page_counts *counts)
{
    for (size_t i = 1; i < counts->names->count; i++) {
        if (!counts->counts[i])
            continue;
        xmlNodePtr node = page_add(document, document->root, counts->element);
        tree_set(node, NULL, "name", counts->names->names[i]);
        tree_set_number(node, NULL, "count", (int64_t)counts->counts[i]);
    }
}

/* ---- which rows there are ----------------------------------------------------------------------------- */

struct row {
    struct row *next;
    const char *key;
};

static const char *row_key(struct arena *arena, const char *instance, const char *link)
{
    return arena_format(arena, "%s\t%s", instance, link);
}

static const char *key_of_row(struct arena *arena, const void *item)
{
    (void)arena;
    return ((const struct row *)item)->key;
}

struct key_index *page_rows(struct arena *arena, const struct audit *audit)
{
    LIST_OF(struct row) rows = {0};
    list_each (struct instance, instance, &audit->instances) {
        list_each (struct linked_server, link, &instance->linked_servers) {
            struct row *row = arena_alloc(arena, sizeof(*row));
            row->key = row_key(arena, instance->name, link->name);
            list_append(&rows, row);
        }
    }
    return key_index_new(arena, rows.first, key_of_row);
}

bool page_has_row(struct arena *arena, const struct key_index *rows, const char *instance, const char *link)
{
    return instance && link && key_index_find(rows, row_key(arena, instance, link));
}

/* ---- facts -------------------------------------------------------------------------------------------- */

size_t page_count_links(const struct audit *audit)
{
    size_t count = 0;
    list_each (struct instance, instance, &audit->instances) {
        count += instance->linked_servers.count;
    }
    return count;
}

const char *page_link_target(struct arena *arena, const struct endpoint *endpoint,
                             const struct linked_server *link)
{
    const char *target = endpoint ? endpoint_target(arena, endpoint) : "";
    return *target ? target : link->data_source;
}

const struct diagnosis *page_probe_of(const struct endpoint_index *index, const struct instance *instance)
{
    const struct endpoint *endpoint = endpoint_find(index, instance->endpoint);
    const struct diagnosis *diagnosis = endpoint ? endpoint->diagnosis : NULL;
    bool got_in = !instance->failure || instance->failure->phase != PHASE_CONNECT;
    bool explains = diagnosis && diagnosis->cause != CAUSE_OK && diagnosis->cause != CAUSE_NOT_TESTED;
    return got_in || !explains ? NULL : diagnosis;
}

bool page_has_limited_view(const struct instance *instance)
{
    list_each (struct visibility, visibility, &instance->visibilities)
        if (visibility->granted == TERNARY_FALSE && visibility->hides && *visibility->hides)
            return true;
    return false;
}

int64_t page_days_until(const struct audit *audit, moment when)
{
    int64_t seconds = when.value - audit->started.value;
    return (seconds - (seconds < 0 ? DAY - 1 : 0)) / DAY;
}
