#include "audit/diagnosis/diagnosis.h"

#include "audit/diagnosis/causes.h"
#include "audit/diagnosis/steps.h"

#include <stdlib.h>
#include <string.h>

static struct diagnosis *conclude(const struct view *view, enum cause cause)
{
    struct diagnosis *diagnosis = arena_alloc(view->arena, sizeof(*diagnosis));
    add_steps(view, diagnosis);
    explain_cause(view, cause, diagnosis);
    return diagnosis;
}

void diagnose_endpoint(struct arena *arena, struct endpoint *endpoint)
{
    struct view view = view_of(arena, NULL, NULL, endpoint);
    enum cause cause = endpoint_cause(&view);
    static const enum ternary opposite[] = {
        [TERNARY_UNKNOWN] = TERNARY_UNKNOWN, [TERNARY_FALSE] = TERNARY_TRUE, [TERNARY_TRUE] = TERNARY_FALSE};
    endpoint->diagnosis = conclude(&view, cause);
    /* A service that is TLS from the first byte has not answered when no handshake succeeds. */
    endpoint->reachable = cause == CAUSE_TLS_HANDSHAKE_FAILED && view.prelogin != PRELOGIN_OK
                              ? TERNARY_FALSE
                              : opposite[cause_is_unreachable(cause)];
}

static void diagnose(struct arena *arena, const struct instance *instance, struct linked_server *link,
                     const struct endpoint *endpoint, const struct instance *target)
{
    struct view view = view_of(arena, instance, link, endpoint);
    view.target = target;
    link->diagnosis = conclude(&view, link_cause(&view));
}

/* The endpoints of an audit by their id, sorted for search, each with the audited instance that it is. */
struct endpoint_entry {
    struct endpoint *endpoint;
    const struct instance *target;
};

struct endpoint_index {
    struct endpoint_entry *list;
    size_t count;
};

static int compare_ids(const void *a, const void *b)
{
    const struct endpoint_entry *left = a, *right = b;
    return strcmp(left->endpoint->id, right->endpoint->id);
}

static const struct instance *find_instance(const struct audit *audit, const char *name)
{
    if (name)
        list_each (struct instance, instance, &audit->instances)
            if (instance->name && strcmp(instance->name, name) == 0)
                return instance;
    return NULL;
}

static struct endpoint_index index_endpoints(struct arena *arena, const struct audit *audit)
{
    struct endpoint_index index = {arena_alloc(arena, (audit->endpoints.count + 1) * sizeof(*index.list)), 0};
    list_each (struct endpoint, endpoint, &audit->endpoints)
        if (endpoint->id)
            index.list[index.count++] =
                (struct endpoint_entry){endpoint, find_instance(audit, endpoint->audited_as)};
    qsort(index.list, index.count, sizeof(index.list[0]), compare_ids);
    return index;
}

static const struct endpoint_entry *find_endpoint(const struct endpoint_index *index, const char *id)
{
    struct endpoint endpoint = {.id = (char *)id};
    struct endpoint_entry wanted = {.endpoint = &endpoint};
    return id ? bsearch(&wanted, index->list, index->count, sizeof(index->list[0]), compare_ids) : NULL;
}

void diagnose_audit(struct arena *arena, struct audit *audit)
{
    struct endpoint_index index = index_endpoints(arena, audit);
    list_each (struct endpoint, endpoint, &audit->endpoints)
        diagnose_endpoint(arena, endpoint);
    list_each (struct instance, instance, &audit->instances)
        list_each (struct linked_server, link, &instance->linked_servers) {
            const struct endpoint_entry *entry = find_endpoint(&index, link->endpoint);
            const struct endpoint *endpoint = entry ? entry->endpoint : NULL;
            check_certificate_names(arena, instance, link, endpoint);
            diagnose(arena, instance, link, endpoint, entry ? entry->target : NULL);
            assess_readiness(arena, instance, link, endpoint);
        }
}
