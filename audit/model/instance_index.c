#include "audit/model/instance_index.h"
#include "audit/model/arena.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct entry {
    const char *name;
    const struct instance *instance;
    size_t place; /* in the audit */
};

/* Sorted by name but for case, then by place. */
struct entries {
    struct entry *list;
    size_t count;
};

struct instance_index {
    struct entries names, server_names;
};

static int compare(const void *one, const void *other)
{
    const struct entry *left = one, *right = other;
    int difference = strcasecmp(left->name, right->name);
    return difference ? difference : left->place < right->place ? -1 : left->place > right->place;
}

static void add(struct entries *entries, const char *name, const struct instance *instance, size_t place)
{
    if (name)
        entries->list[entries->count++] = (struct entry){name, instance, place};
}

static const struct instance *find(const struct entries *entries, const char *name)
{
    const struct entry *end = entries->list + entries->count, *first = entries->list;
    if (!name)
        return NULL;
    for (size_t left = entries->count; left > 0;) {
        size_t half = left / 2;
        bool before = strcasecmp(first[half].name, name) < 0;
        first += before ? half + 1 : 0;
        left = before ? left - half - 1 : half;
    }
    for (const struct entry *entry = first; entry < end && strcasecmp(entry->name, name) == 0; entry++)
        if (strcmp(entry->name, name) == 0)
            return entry->instance;
    return first < end && strcasecmp(first->name, name) == 0 ? first->instance : NULL;
}

struct instance_index *instance_index_new(struct arena *arena, const struct audit *audit)
{
    struct instance_index *index = arena_alloc(arena, sizeof(*index));
    size_t room = (audit->instances.count + 1) * sizeof(struct entry), place = 0;
    index->names.list = arena_alloc(arena, room);
    index->server_names.list = arena_alloc(arena, room);
    list_each (struct instance, instance, &audit->instances) {
        add(&index->names, instance->name, instance, place);
        add(&index->server_names, instance->server_name, instance, place);
        place++;
    }
    qsort(index->names.list, index->names.count, sizeof(struct entry), compare);
    qsort(index->server_names.list, index->server_names.count, sizeof(struct entry), compare);
    return index;
}

const struct instance *instance_by_name(const struct instance_index *index, const char *name)
{
    return find(&index->names, name);
}

const struct instance *instance_by_server_name(const struct instance_index *index, const char *name)
{
    return find(&index->server_names, name);
}

struct linked_server *instance_link(const struct instance *instance, const char *name)
{
    if (instance && name)
        list_each (struct linked_server, link, &instance->linked_servers)
            if (strcmp(link->name, name) == 0)
                return link;
    return NULL;
}
