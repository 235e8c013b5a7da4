#include "reports/link_state.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {NULL,         "works", "broken",     "login-refused",
                                    "not-tested", "off",   "not-network"};
const struct name_table link_state_names = {names, sizeof(names) / sizeof(names[0])};

/* Causes that are not listed mean that the link is broken. */
static const struct {
    enum cause cause;
    enum link_state state;
} states[] = {
    {CAUSE_OK, LINK_WORKS},
    {CAUSE_FAILS_ONLY_FROM_AUDIT_HOST, LINK_WORKS},
    {CAUSE_LOGIN_FAILED, LINK_REFUSED_LOGIN},
    {CAUSE_NO_LOGIN_MAPPING, LINK_REFUSED_LOGIN},
    {CAUSE_NOT_TESTED, LINK_NOT_TESTED},
    {CAUSE_LINK_DISABLED, LINK_OFF},
    {CAUSE_NOT_A_NETWORK_TARGET, LINK_NOT_NETWORK},
};

enum link_state link_state(const struct linked_server *link)
{
    if (link->diagnosis) {
        for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
            if (states[i].cause == link->diagnosis->cause)
                return states[i].state;
        return LINK_BROKEN;
    }
    if (!link->test || link->test->outcome == TEST_SKIPPED || !link->test->outcome)
        return LINK_NOT_TESTED;
    return link->test->outcome == TEST_OK ? LINK_WORKS : LINK_BROKEN;
}

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
