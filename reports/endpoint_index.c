#include "reports/endpoint_index.h"

#include <stdlib.h>
#include <string.h>

char *endpoint_target(struct arena *arena, const struct endpoint *endpoint)
{
    const char *host = endpoint->host ? endpoint->host : "";
    if (endpoint->port.known)
        return arena_format(arena, "%s,%lld", host, (long long)endpoint->port.value);
    if (endpoint->instance)
        return arena_format(arena, "%s\\%s", host, endpoint->instance);
    return arena_text(arena, host);
}

struct endpoint_index {
    const struct endpoint **sorted;
    size_t count;
};

static int by_id(const void *a, const void *b)
{
    const struct endpoint *const *left = a, *const *right = b;
    return strcmp((*left)->id, (*right)->id);
}

struct endpoint_index *endpoint_index_new(struct arena *arena, const struct audit *audit)
{
    struct endpoint_index *index = arena_alloc(arena, sizeof(*index));
    index->sorted = arena_alloc(arena, (audit->endpoints.count + 1) * sizeof(*index->sorted));
    list_each (struct endpoint, endpoint, &audit->endpoints) {
        if (endpoint->id)
            index->sorted[index->count++] = endpoint;
    }
    qsort(index->sorted, index->count, sizeof(*index->sorted), by_id);
    return index;
}

const struct endpoint *endpoint_find(const struct endpoint_index *index, const char *id)
{
    if (!id)
        return NULL;
    const struct endpoint key = {.id = (char *)(uintptr_t)id}, *wanted = &key;
    const struct endpoint **found =
        bsearch(&wanted, index->sorted, index->count, sizeof(*index->sorted), by_id);
    return found ? *found : NULL;
}
