#include "reports/join.h"

#include <stdlib.h>
#include <string.h>

struct keyed {
    const char *key;
    const void *item;
    size_t position;
};

struct key_index {
    struct keyed *list;
    size_t count;
};

/* Each item of a list begins with its `next` (model.h). */
static const void *next_item(const void *item)
{
    const void *next;
    memcpy(&next, item, sizeof(next));
    return next;
}

static int by_key(const void *a, const void *b)
{
    const struct keyed *left = a, *right = b;
    int order = strcmp(left->key, right->key);
    return order ? order : left->position < right->position ? -1 : 1;
}

static struct key_index sort_list(struct arena *arena, const void *first, join_key *key)
{
    struct key_index side = {NULL, 0};
    for (const void *item = first; item; item = next_item(item))
        side.count++;
    side.list = arena_alloc(arena, (side.count + 1) * sizeof(*side.list));
    side.count = 0;
    for (const void *item = first; item; item = next_item(item)) {
        const char *name = key(arena, item);
        if (name) {
            side.list[side.count] = (struct keyed){name, item, side.count};
            side.count++;
        }
    }
    qsort(side.list, side.count, sizeof(*side.list), by_key);
    return side;
}

void join_lists(struct arena *arena, const void *old, const void *new, join_key *key, join_visit *visit,
                void *context)
{
    struct key_index left = sort_list(arena, old, key), right = sort_list(arena, new, key);
    size_t i = 0, j = 0;
    while (i < left.count || j < right.count) {
        int order = i == left.count ? 1 : j == right.count ? -1 : strcmp(left.list[i].key, right.list[j].key);
        if (order < 0)
            visit(context, left.list[i].key, left.list[i].item, NULL), i++;
        else if (order > 0)
            visit(context, right.list[j].key, NULL, right.list[j].item), j++;
        else
            visit(context, left.list[i].key, left.list[i].item, right.list[j].item), i++, j++;
    }
}

struct key_index *key_index_new(struct arena *arena, const void *first, join_key *key)
{
    struct key_index *index = arena_alloc(arena, sizeof(*index));
    *index = sort_list(arena, first, key);
    return index;
}

const void *key_index_find(const struct key_index *index, const char *key)
{
    size_t low = 0, high = key ? index->count : 0;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(index->list[middle].key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return key && low < index->count && strcmp(index->list[low].key, key) == 0 ? index->list[low].item : NULL;
}
