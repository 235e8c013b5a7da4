#include "audit/diagnosis/diagnosis.h"

#include "audit/diagnosis/causes.h"
#include "audit/diagnosis/steps.h"
#include "audit/model/instance_index.h"
#include "audit/model/properties.h"

#include <stdlib.h>
#include <string.h>

/* A run says the same of many links, and building what it says takes more room than the words: it is built in
 * an arena of its own, and each text is kept once. */
static struct diagnosis *keep(struct arena *arena, const struct diagnosis *draft)
{
    struct diagnosis *diagnosis = arena_alloc(arena, sizeof(*diagnosis));
    diagnosis->cause = draft->cause;
    diagnosis->actor = draft->actor;
    diagnosis->text = arena_shared(arena, draft->text);
    diagnosis->action = arena_shared(arena, draft->action);
    list_each (struct step, step, &draft->steps) {
        struct step *kept = arena_alloc(arena, sizeof(*kept));
        *kept = (struct step){.name = step->name, .result = step->result};
        kept->from = arena_shared(arena, step->from);
        kept->evidence = arena_shared(arena, step->evidence);
        list_append(&diagnosis->steps, kept);
    }
    return diagnosis;
}

static struct diagnosis *conclude(struct arena *arena, const struct view *view, enum cause cause)
{
    struct diagnosis draft = {.text = NULL};
    add_steps(view, &draft);
    explain_cause(view, cause, &draft);
    return keep(arena, &draft);
}

void diagnose_endpoint(struct arena *arena, struct endpoint *endpoint)
{
    struct arena *scratch = arena_new();
    struct view view = view_of(scratch, NULL, NULL, endpoint);
    enum cause cause = endpoint_cause(&view);
    static const enum ternary opposite[] = {
        [TERNARY_UNKNOWN] = TERNARY_UNKNOWN, [TERNARY_FALSE] = TERNARY_TRUE, [TERNARY_TRUE] = TERNARY_FALSE};
    endpoint->diagnosis = conclude(arena, &view, cause);
    /* A service that is TLS from the first byte has not answered when no handshake succeeds. */
    endpoint->reachable = cause == CAUSE_TLS_HANDSHAKE_FAILED && view.prelogin != PRELOGIN_OK
                              ? TERNARY_FALSE
                              : opposite[cause_is_unreachable(cause)];
    arena_free(scratch);
}

/* The endpoints of an audit by their id, sorted for search, each with the audited instance that it is. */
struct endpoint_entry {
    struct endpoint *endpoint;
    const struct instance *target;
    struct number tcp_port; /* as view's */
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

static bool has_address(const struct endpoint *endpoint, const char *ip)
{
    if (ip && endpoint->resolve)
        list_each (struct address, address, &endpoint->resolve->addresses)
            if (strcmp(address->ip, ip) == 0)
                return true;
    return false;
}

/* Ports that were found; more than one tell as little as none. */
struct ports {
    struct number one;
    bool several;
};

static void note_port(struct ports *ports, struct number port)
{
    if (!port.known)
        return;
    ports->several = ports->several || (ports->one.known && ports->one.value != port.value);
    ports->one = port;
}

/* Where the audited instances listen that have one of the endpoint's addresses: by what they say themselves,
 * and by what the audit host connected to. */
static struct number audited_port(const struct audit *audit, const struct endpoint *endpoint)
{
    struct ports ports = {0};
    list_each (struct instance, instance, &audit->instances)
        if (has_address(endpoint, instance_property(instance, PROPERTY_LOCAL_ADDRESS)))
            note_port(&ports, instance_property_number(instance, PROPERTY_LOCAL_PORT));
    list_each (struct endpoint, other, &audit->endpoints)
        list_each (struct connection, connection, &other->connects)
            if (other->audited_as && connection->outcome == CONNECT_OK &&
                has_address(endpoint, connection->ip))
                note_port(&ports, connection->port);
    return ports.several ? (struct number){0} : ports.one;
}

static struct endpoint_index index_endpoints(struct arena *arena, const struct audit *audit)
{
    struct endpoint_index index = {arena_alloc(arena, (audit->endpoints.count + 1) * sizeof(*index.list)), 0};
    const struct instance_index *instances = instance_index_new(arena, audit);
    list_each (struct endpoint, endpoint, &audit->endpoints)
        if (endpoint->id)
            index.list[index.count++] = (struct endpoint_entry){
                endpoint, instance_by_name(instances, endpoint->audited_as),
                endpoint_is_pipe(endpoint) ? audited_port(audit, endpoint) : (struct number){0}};
    qsort(index.list, index.count, sizeof(index.list[0]), compare_ids);
    return index;
}

static const struct endpoint_entry *find_endpoint(const struct endpoint_index *index, const char *id)
{
    struct endpoint endpoint = {.id = (char *)id};
    struct endpoint_entry wanted = {.endpoint = &endpoint};
    return id ? bsearch(&wanted, index->list, index->count, sizeof(index->list[0]), compare_ids) : NULL;
}

static void diagnose(struct arena *arena, const struct instance *instance, struct linked_server *link,
                     const struct endpoint_entry *entry)
{
    struct arena *scratch = arena_new();
    struct view view = view_of(scratch, instance, link, entry ? entry->endpoint : NULL);
    if (entry) {
        view.target = entry->target;
        view.tcp_port = entry->tcp_port;
    }
    link->diagnosis = conclude(arena, &view, link_cause(&view));
    arena_free(scratch);
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
            diagnose(arena, instance, link, entry);
            assess_readiness(arena, instance, link, endpoint);
        }
}
