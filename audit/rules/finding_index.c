#include "audit/rules/finding_index.h"
#include "audit/model/same_text.h"

#include <stdlib.h>
#include <string.h>

/* What a finding is looked up by; "" for what it has not. */
struct key {
    const char *instance, *link, *endpoint;
};

struct entry {
    struct key key;
    const struct finding *finding;
    size_t position;
};

struct finding_index {
    struct entry *entries;
    const struct finding **findings; /* of the entries, in their order */
    size_t count;
};

static int compare_keys(const struct key *a, const struct key *b)
{
    int order = strcmp(a->instance, b->instance);
    if (!order && a->link && b->link)
        order = strcmp(a->link, b->link);
    return order || !a->endpoint || !b->endpoint ? order : strcmp(a->endpoint, b->endpoint);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    int order = compare_keys(&left->key, &right->key);
    return order ? order : (left->position > right->position) - (left->position < right->position);
}

struct finding_index *finding_index_new(struct arena *arena, const struct audit *audit)
{
    struct finding_index *index = arena_alloc(arena, sizeof(*index));
    index->entries = arena_alloc(arena, (audit->findings.count + 1) * sizeof(*index->entries));
    index->findings = arena_alloc(arena, (audit->findings.count + 1) * sizeof(*index->findings));
    list_each (struct finding, finding, &audit->findings) {
        /* The endpoint of a link's finding would only part what belongs together. */
        struct key key = {text_or_empty(finding->instance), text_or_empty(finding->link),
                          finding->instance ? "" : text_or_empty(finding->endpoint)};
        index->entries[index->count] = (struct entry){key, finding, index->count};
        index->count++;
    }
    qsort(index->entries, index->count, sizeof(*index->entries), compare_entries);
    for (size_t i = 0; i < index->count; i++)
        index->findings[i] = index->entries[i].finding;
    return index;
}

/* Where what is not before the key begins; with `after`, where what is behind it begins. */
static size_t bound(const struct finding_index *index, const struct key *key, bool after)
{
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_keys(&index->entries[middle].key, key);
        if (order < 0 || (after && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct finding_range range_of(const struct finding_index *index, struct key key)
{
    size_t from = bound(index, &key, false);
    return (struct finding_range){index->findings + from, bound(index, &key, true) - from};
}

struct finding_range findings_of_instance(const struct finding_index *index, const char *instance)
{
    return range_of(index, (struct key){instance, NULL, NULL});
}

struct finding_range findings_of_link(const struct finding_index *index, const char *instance,
                                      const char *link)
{
    return range_of(index, (struct key){instance, text_or_empty(link), NULL});
}

struct finding_range findings_of_endpoint(const struct finding_index *index, const char *endpoint)
{
    return range_of(index, (struct key){"", "", endpoint});
}
