#include "audit/diagnosis/same_server.h"
#include "audit/model/properties.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A place or a name that is an instance's. */
struct place {
    const char *key;
    const char *instance; /* NULL: two instances have it, so it tells nothing */
};

struct places {
    struct arena *arena;
    void *tree;
};

static int compare_places(const void *one, const void *other)
{
    return strcasecmp(((const struct place *)one)->key, ((const struct place *)other)->key);
}

static void add(struct places *places, const char *key, const char *instance)
{
    struct place *place = arena_alloc(places->arena, sizeof(*place));
    *place = (struct place){key, instance};
    void *found = tsearch(place, &places->tree, compare_places);
    if (!found)
        abort();
    struct place *known = *(struct place **)found;
    if (known->instance && strcmp(known->instance, instance) != 0)
        known->instance = NULL;
}

static const char *find(const struct places *places, const char *key)
{
    const struct place sought = {key, NULL};
    void *found = tfind(&sought, &places->tree, compare_places);
    return found ? (*(struct place **)found)->instance : NULL;
}

static const char *address_key(struct arena *arena, const char *ip, int64_t port)
{
    return arena_format(arena, "%s %lld", ip, (long long)port);
}

/* ---- by address --------------------------------------------------------------------------------------- */

static void add_endpoint_addresses(struct places *places, const struct endpoint *endpoint)
{
    list_each (struct connection, connection, &endpoint->connects)
        if (connection->outcome == CONNECT_OK && connection->port.known)
            add(places, address_key(places->arena, connection->ip, connection->port.value),
                endpoint->audited_as);
}

/* What the server itself says of its end of the audit's connection holds even where the probe failed. */
static void add_local_address(struct places *places, const struct instance *instance)
{
    const char *ip = instance_property(instance, PROPERTY_LOCAL_ADDRESS);
    struct number port = instance_property_number(instance, PROPERTY_LOCAL_PORT);
    if (ip && port.known)
        add(places, address_key(places->arena, ip, port.value), instance->name);
}

static const char *by_address(const struct places *places, const struct endpoint *endpoint)
{
    list_each (struct connection, connection, &endpoint->connects) {
        const char *instance =
            connection->port.known
                ? find(places, address_key(places->arena, connection->ip, connection->port.value))
                : NULL;
        if (instance)
            return instance;
    }
    return NULL;
}

/* ---- by name ------------------------------------------------------------------------------------------ */

/* HOST or HOST\INSTANCE; a host with a domain counts in full only, since two domains may have the same label.
 */
static const char *name_key(struct arena *arena, const char *host, const char *domain, const char *instance)
{
    bool complete = strchr(host, '.') || !domain || !*domain;
    return arena_format(arena, "%s%s%s\\%s", host, complete ? "" : ".", complete ? "" : domain,
                        instance ? instance : "");
}

static void add_names(struct places *places, const struct instance *instance)
{
    const char *machine = instance_property(instance, PROPERTY_MACHINE_NAME);
    const char *name = instance_property(instance, PROPERTY_INSTANCE_NAME);
    if (machine)
        add(places, name_key(places->arena, machine, instance->domain, name), instance->name);
}

/* A port other than the default one is somebody's, but the name does not say whose. */
static const char *by_name(const struct places *places, const struct endpoint *endpoint)
{
    if (!endpoint->host || (!endpoint->instance && endpoint->port.known && endpoint->port.value != 1433))
        return NULL;
    return find(places, name_key(places->arena, endpoint->host, endpoint->domain, endpoint->instance));
}

void match_audited_instances(struct arena *arena, struct audit *audit)
{
    struct places addresses = {arena, NULL}, names = {arena, NULL};
    list_each (struct endpoint, endpoint, &audit->endpoints)
        if (endpoint->audited_as)
            add_endpoint_addresses(&addresses, endpoint);
    list_each (struct instance, instance, &audit->instances) {
        add_local_address(&addresses, instance);
        add_names(&names, instance);
    }
    list_each (struct endpoint, endpoint, &audit->endpoints) {
        if (endpoint->audited_as || endpoint->kind != ENDPOINT_SQLSERVER)
            continue;
        const char *instance = by_address(&addresses, endpoint);
        if (!instance)
            instance = by_name(&names, endpoint);
        endpoint->audited_as = arena_text(arena, instance);
    }
    tdestroy(addresses.tree, arena_owns);
    tdestroy(names.tree, arena_owns);
}
