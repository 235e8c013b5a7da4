#include "audit/former.h"
#include "audit/model/instance_index.h"
#include "audit/model/memory.h"
#include "audit/model/same_text.h"
#include "reports/element.h"
#include "reports/report_file.h"
#include "reports/report_reader.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define REPORTS_MAXIMUM 20 /* of limited runs one after the other */
#define NIGHTS_MAXIMUM 7   /* looked through for instances that the newest report could not read */

/* What nobody asks a former report for, and most of its bytes: texts for people, and what an instance has
 * beside its links. `diff` compares none of it. */
static const char *const not_needed[] = {
    "step",         "text",         "next",         "reason",  "fix",        "title",
    "evidence",     "remedy",       "why",          "use",     "database",   "session",
    "sql-login",    "principal",    "provider",     "changes", "compliance", "reference",
    "dangling-use", "not-readable", "client-alias", NULL};

/* Memory of a part of a report that is kept alone. */
struct kept {
    struct kept *next;
    struct arena *arena;
};

/* A report, and the one before it that knows what it does not. */
struct former {
    struct former *older;
    struct arena *arena;
    struct kept *kept;
    struct audit *audit;
    void *endpoints, *ids, *instances; /* tsearch trees by key, by id, by name */
};

static int compare_keys(const void *one, const void *other)
{
    const char *a = ((const struct endpoint *)one)->key, *b = ((const struct endpoint *)other)->key;
    return compare_texts(a, b);
}

static int compare_ids(const void *one, const void *other)
{
    const char *a = ((const struct endpoint *)one)->id, *b = ((const struct endpoint *)other)->id;
    return compare_texts(a, b);
}

static int compare_instances(const void *one, const void *other)
{
    return strcasecmp(((const struct instance *)one)->name, ((const struct instance *)other)->name);
}

static void make_indexes(struct former *former)
{
    list_each (struct endpoint, endpoint, &former->audit->endpoints)
        if (!tsearch(endpoint, &former->endpoints, compare_keys) ||
            !tsearch(endpoint, &former->ids, compare_ids))
            memory_exhausted();
    list_each (struct instance, instance, &former->audit->instances)
        if (!tsearch(instance, &former->instances, compare_instances))
            memory_exhausted();
}

static struct former *load(const char *path)
{
    const char *error;
    struct arena *arena = arena_new();
    struct audit *audit = report_read_without(arena, path, not_needed, &error);
    if (!audit) {
        fprintf(stderr, "linkaudit: the former report cannot be compared with: %s\n", error);
        arena_free(arena);
        return NULL;
    }
    struct former *former = arena_alloc(arena, sizeof(*former));
    *former = (struct former){.arena = arena, .audit = audit};
    make_indexes(former);
    return former;
}

/* ---- instances that the newest report could not read -------------------------------------------------- */

static const struct instance *find_instance(const struct former *former, const char *name)
{
    const struct instance sought = {.name = (char *)name};
    void *found = tfind(&sought, &former->instances, compare_instances);
    return found ? *(struct instance **)found : NULL;
}

/* What a run says of each link's test is known only when it got as far as to plan the tests. */
static bool tests_are_known(const struct instance *instance)
{
    list_each (struct linked_server, link, &instance->linked_servers)
        if (!link->test)
            return false;
    return instance->status == INSTANCE_AUDITED;
}

static bool is_missing(const struct former *former, const char *name)
{
    bool named = false;
    for (; former; former = former->older) {
        const struct instance *instance = find_instance(former, name);
        if (instance && tests_are_known(instance))
            return false;
        named = named || instance;
    }
    return named;
}

static bool any_missing(const struct former *former)
{
    list_each (struct instance, instance, &former_audit(former)->instances)
        if (is_missing(former, instance->name))
            return true;
    return false;
}

static int compare_wanted(const void *one, const void *other)
{
    return strcmp(one, other);
}

/* The endpoints that its links lead to. */
static void want_endpoints(void **wanted, const struct instance *instance)
{
    list_each (struct linked_server, link, &instance->linked_servers)
        if (link->endpoint && !tsearch(link->endpoint, wanted, compare_wanted))
            memory_exhausted();
}

/* Takes the part into the report, unless it is of no use. `wanted`: ids of endpoints, which come after the
 * instances. */
static bool take_part(const struct former *newest, struct audit *audit, void **wanted,
                      const struct report_part *part)
{
    const struct instance *instance = part->member->element == &instance_element ? part->item : NULL;
    const struct endpoint *endpoint = part->member->element == &endpoint_element ? part->item : NULL;
    bool missing = instance && tests_are_known(instance) && is_missing(newest, instance->name);
    bool taken = missing || (endpoint && endpoint->id && tfind(endpoint->id, wanted, compare_wanted));
    if (missing)
        want_endpoints(wanted, instance);
    if (taken)
        element_add(audit, part->member, part->item);
    return taken;
}

static void keep(struct former *former, struct arena *arena)
{
    struct kept *kept = arena_alloc(arena, sizeof(*kept));
    *kept = (struct kept){former->kept, arena};
    former->kept = kept;
}

/* Of an older report, the instances that are missing and their links' endpoints: no more of it is in memory.
 */
static struct former *load_missing(const struct former *newest, const char *path)
{
    const char *error;
    struct arena *arena = arena_new();
    struct former *former = arena_alloc(arena, sizeof(*former));
    *former = (struct former){.arena = arena};
    void *wanted = NULL;
    struct report_reader *reader =
        report_reader_open_without(path, not_needed, arena, &former->audit, &error);
    enum report_result result = reader ? REPORT_PART : REPORT_BAD;
    while (result == REPORT_PART) {
        struct arena *own = arena_new();
        struct report_part part;
        result = report_reader_next(reader, own, &part, &error);
        if (result == REPORT_PART && take_part(newest, former->audit, &wanted, &part))
            keep(former, own);
        else
            arena_free(own);
    }
    if (reader)
        report_reader_close(reader);
    tdestroy(wanted, arena_owns);
    if (result == REPORT_END) {
        make_indexes(former);
        return former;
    }
    former_free(former);
    return NULL;
}

static void find_missing(struct former *newest, struct arena *arena, const char *directory, const char *path)
{
    struct former *last = newest;
    while (last->older)
        last = last->older;
    for (int night = 0; path && night < NIGHTS_MAXIMUM && any_missing(newest); night++) {
        path = report_before(arena, directory, path);
        last->older = path ? load_missing(newest, path) : NULL;
        if (last->older)
            last = last->older;
    }
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static char *newest_report(struct arena *arena, const char *directory)
{
    char *link = arena_format(arena, "%s/latest.xml", directory);
    char *path = access(link, F_OK) == 0 ? realpath(link, NULL) : NULL;
    if (!path)
        return NULL;
    char *newest = arena_text(arena, path);
    free(path);
    return newest;
}

struct former *former_load(const char *directory)
{
    struct arena *arena = arena_new();
    struct former *newest = NULL, **place = &newest;
    const char *path = newest_report(arena, directory);
    for (int count = 0; path && count < REPORTS_MAXIMUM; count++) {
        *place = load(path);
        if (*place && (*place)->audit->scopes.count == 0)
            break;
        if (*place)
            place = &(*place)->older;
        path = report_before(arena, directory, path);
    }
    if (newest)
        find_missing(newest, arena, directory, path);
    arena_free(arena);
    return newest;
}

void former_free(struct former *former)
{
    while (former) {
        struct former *older = former->older;
        for (struct kept *kept = former->kept, *next; kept; kept = next) {
            next = kept->next;
            arena_free(kept->arena);
        }
        tdestroy(former->endpoints, arena_owns);
        tdestroy(former->ids, arena_owns);
        tdestroy(former->instances, arena_owns);
        arena_free(former->arena);
        former = older;
    }
}

const struct audit *former_audit(const struct former *former)
{
    const struct former *newest = former;
    while (former && former->audit->scopes.count > 0)
        former = former->older;
    former = former ? former : newest;
    return former ? former->audit : NULL;
}

const struct endpoint *former_endpoint(const struct former *former, const char *key)
{
    const struct endpoint sought = {.key = (char *)key};
    void *found = NULL;
    for (; former && !found; former = former->older)
        found = tfind(&sought, &former->endpoints, compare_keys);
    return found ? *(struct endpoint **)found : NULL;
}

const struct linked_server *former_link(const struct former *former, const char *instance, const char *link)
{
    for (; former; former = former->older) {
        const struct linked_server *server = instance_link(find_instance(former, instance), link);
        if (server && server->test)
            return server;
    }
    return NULL;
}

static const struct endpoint *endpoint_of_id(const struct former *former, const char *id)
{
    const struct endpoint sought = {.id = (char *)id};
    void *found = id ? tfind(&sought, &former->ids, compare_ids) : NULL;
    return found ? *(struct endpoint **)found : NULL;
}

void former_each_link(const struct former *former,
                      void (*function)(void *context, const char *instance, const struct linked_server *link,
                                       const struct endpoint *endpoint),
                      void *context)
{
    for (const struct former *report = former; report; report = report->older)
        list_each (struct instance, instance, &report->audit->instances)
            list_each (struct linked_server, link, &instance->linked_servers)
                if (report == former || former_link(former, instance->name, link->name) == link)
                    function(context, instance->name, link, endpoint_of_id(report, link->endpoint));
}
