/* What a collector's rows become: the one place that decides what it is believed about. */
#include "audit/instances.h"
#include "audit/model/instance_index.h"
#include "audit/model/memory.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* Everything that the instance's first row knows and the configuration does not. */
static void take_header(struct instance_entry *entry, const struct instance *row)
{
    struct instance *instance = entry->instance;
    entry->described = true;
    instance->server_version = row->server_version;
    instance->product = row->product;
    instance->edition = row->edition;
    instance->server_name = row->server_name;
    instance->at_at_servername = row->at_at_servername;
    instance->engine_edition = row->engine_edition;
    if (row->domain)
        instance->domain = row->domain;
}

/* From a link's definition to the endpoints it leads to. */
static void find_targets(struct instance_entry *entry, struct linked_server *link)
{
    struct run *run = entry->run;
    struct instance *instance = entry->instance;
    struct alias_entry *aliases = memory_new(instance->aliases.count + 1, sizeof(*aliases));
    size_t count = 0;
    list_each (struct client_alias, alias, &instance->aliases)
        aliases[count++] = (struct alias_entry){alias->name, alias->target};
    struct target_surroundings around = {.owner = instance->name,
                                         .owner_host = *entry->target.host ? entry->target.host : NULL,
                                         .owner_domain = instance->domain,
                                         .aliases = aliases,
                                         .alias_count = instance->aliases.count,
                                         .hosts = entry->run->config->host_table};
    struct link_definition definition = {link->name,        link->product,  link->provider,
                                         link->data_source, link->location, link->provider_string,
                                         link->catalog};
    struct target_list *targets = memory_new(1, sizeof(*targets));
    if (!link_targets(&definition, &around, targets))
        memory_exhausted();
    for (size_t i = 0; i < targets->count; i++) {
        const struct target *target = &targets->at[i];
        const struct endpoint *endpoint = endpoints_add(run, target, instance, true);
        if (target->role == TARGET_PRIMARY) {
            link->endpoint = endpoint->id;
            link->target_note = arena_text(run->arena, *target->reason ? target->reason : NULL);
        } else if (!link->failover_endpoint) {
            link->failover_endpoint = endpoint->id;
        }
    }
    free(targets);
    free(aliases);
}

/* ---- links -------------------------------------------------------------------------------------------- */

static int compare_names(const void *one, const void *other)
{
    return strcmp(((const struct linked_server *)one)->name, ((const struct linked_server *)other)->name);
}

void instance_rows_free(struct instance_entry *entry)
{
    tdestroy(entry->links, arena_owns);
}

/* These a collector never knows: endpoints and what follows from them are main's. */
static bool is_definition(const struct linked_server *row)
{
    return !row->endpoint && !row->failover_endpoint && !row->target_note && !row->certificate_checks.first &&
           !row->uses.first && !row->test && !row->diagnosis && !row->readiness;
}

static bool is_to_be_tested(const struct collector *collector, const char *name)
{
    list_each (struct test_group, group, &collector->groups)
        list_each (struct test_request, request, &group->tests)
            if (strcmp(request->link, name) == 0)
                return true;
    return false;
}

static const char *take_test(struct collector *collector, const struct linked_server *row)
{
    struct instance_entry *entry = collector->entry;
    struct linked_server *link = instance_link(entry->instance, row->name);
    if (!link || !row->test || link->test || !is_to_be_tested(collector, row->name))
        return "the test of a link that was not to be tested";
    link->test = row->test;
    if (row->test->outcome == TEST_TIMEOUT)
        entry->timed_out++;
    return NULL;
}

/* The first row of a name is its definition; uses follow in rows of their own. */
static const char *take_link(struct instance_entry *entry, struct linked_server *row)
{
    void *found = tsearch(row, &entry->links, compare_names);
    if (!found)
        memory_exhausted();
    struct linked_server *link = *(struct linked_server **)found;
    if (link == row && !is_definition(row))
        return "a linked server that begins with something else than its definition";
    if (link == row) {
        list_append(&entry->instance->linked_servers, row);
        find_targets(entry, row);
        return NULL;
    }
    /* A server that repeats itself is no reason to lose the rest: what it said first stands. */
    for (struct use *use = row->uses.first, *next; use; use = next) {
        next = use->next;
        list_append(&link->uses, use);
    }
    return NULL;
}

/* ---- rows --------------------------------------------------------------------------------------------- */

#define APPEND(type, member) list_append(&instance->member, (type *)row.item)

static const char *take_inventory(struct instance_entry *entry, struct row row)
{
    struct instance *instance = entry->instance;
    const struct element *element = row.element;
    if (element == &linked_server_element)
        return take_link(entry, row.item);
    if (element == &instance_element)
        take_header(entry, row.item);
    else if (element == &visibility_element)
        APPEND(struct visibility, visibilities);
    else if (element == &not_readable_element)
        APPEND(struct not_readable, not_readables);
    else if (element == &property_element)
        APPEND(struct property, properties);
    else if (element == &client_alias_element)
        APPEND(struct client_alias, aliases);
    else if (element == &provider_element)
        APPEND(struct provider, providers);
    else if (element == &principal_element)
        APPEND(struct principal, principals);
    else if (element == &database_element)
        APPEND(struct database, databases);
    else if (element == &session_element)
        APPEND(struct session, sessions);
    else if (element == &sql_login_element)
        APPEND(struct sql_login, sql_logins);
    else if (element == &dangling_use_element)
        APPEND(struct use, dangling_uses);
    else
        return arena_format(entry->run->arena, "a row <%s> that no instance has", element->name);
    return NULL;
}

const char *instance_take_row(struct collector *collector, struct row row)
{
    if (collector->done)
        return "it was sent after all was done";
    if (row.element == &session_opened_element)
        return NULL;
    if (row.element == &failure_element) {
        collector->entry->instance->failure = row.item;
        return NULL;
    }
    if (collector->task == TASK_INVENTORY)
        return take_inventory(collector->entry, row);
    return row.element == &linked_server_element ? take_test(collector, row.item)
                                                 : "it is no answer to a test of links";
}
