#include "reports/merge.h"

#include <stdlib.h>
#include <string.h>

struct merge {
    struct arena *arena;
    struct audit *whole;
    size_t next_endpoint;
};

static char *join_texts(struct arena *arena, const char *texts, const char *text)
{
    if (!text)
        return arena_text(arena, texts);
    return texts ? arena_format(arena, "%s + %s", texts, text) : arena_text(arena, text);
}

static void add_problem(struct merge *merge, const char *zone, const char *text)
{
    struct message *message = arena_alloc(merge->arena, sizeof(*message));
    message->text = arena_format(merge->arena, "%s: %s", zone, text);
    list_append(&merge->whole->problems, message);
}

/* ---- ids of endpoints ------------------------------------------------------------------------------ */

struct renaming {
    char *old, *new;
};

struct renamings {
    struct renaming *list;
    size_t count;
};

static int by_old(const void *a, const void *b)
{
    return strcmp(((const struct renaming *)a)->old, ((const struct renaming *)b)->old);
}

static void rename_id(const struct renamings *renamings, char **id)
{
    if (!*id)
        return;
    const struct renaming key = {.old = *id};
    const struct renaming *found = bsearch(&key, renamings->list, renamings->count, sizeof(key), by_old);
    *id = found ? found->new : NULL;
}

/* Ids belong to one report: in the whole each endpoint gets one of its own. */
static struct renamings rename_endpoints(struct merge *merge, struct audit *report)
{
    struct renamings renamings = {
        arena_alloc(merge->arena, (report->endpoints.count + 1) * sizeof(struct renaming)), 0};
    list_each (struct endpoint, endpoint, &report->endpoints) {
        char *id = arena_format(merge->arena, "e%zu", ++merge->next_endpoint);
        renamings.list[renamings.count++] = (struct renaming){endpoint->id, id};
        endpoint->id = id;
    }
    qsort(renamings.list, renamings.count, sizeof(*renamings.list), by_old);
    return renamings;
}

static void rename_references(const struct renamings *renamings, struct audit *report)
{
    list_each (struct instance, instance, &report->instances) {
        rename_id(renamings, &instance->endpoint);
        list_each (struct linked_server, link, &instance->linked_servers) {
            rename_id(renamings, &link->endpoint);
            rename_id(renamings, &link->failover_endpoint);
        }
    }
    list_each (struct finding, finding, &report->findings)
        rename_id(renamings, &finding->endpoint);
}

static void set_zone(struct audit *report, char *zone)
{
    list_each (struct instance, instance, &report->instances)
        instance->zone = instance->zone ? instance->zone : zone;
    list_each (struct endpoint, endpoint, &report->endpoints)
        endpoint->zone = endpoint->zone ? endpoint->zone : zone;
}

/* ---- the run --------------------------------------------------------------------------------------- */

static void add_run(struct merge *merge, const struct audit *report, const char *zone)
{
    struct audit *whole = merge->whole;
    struct arena *arena = merge->arena;
    whole->run_id = join_texts(arena, whole->run_id, report->run_id);
    whole->host = join_texts(arena, whole->host, report->host);
    whole->zone = join_texts(arena, whole->zone, zone);
    if (!whole->title || !report->title || strcmp(whole->title, report->title) != 0)
        whole->title = join_texts(arena, whole->title, report->title);
    if (!whole->started.known || report->started.value < whole->started.value)
        whole->started = report->started;
    if (report->finished.known && (!whole->finished.known || report->finished.value > whole->finished.value))
        whole->finished = report->finished;
    if (report->complete != TERNARY_TRUE)
        whole->complete = TERNARY_FALSE;
    list_each (struct property, setting, &report->settings) {
        struct property *own = arena_alloc(arena, sizeof(*own));
        own->name = arena_format(arena, "%s: %s", zone, setting->name);
        own->value = setting->value;
        list_append(&whole->settings, own);
    }
    list_each (struct message, problem, &report->problems)
        add_problem(merge, zone, problem->text ? problem->text : "");
}

static void add_changes(struct merge *merge, struct changes *changes)
{
    if (!changes)
        return;
    struct changes *all = merge->whole->changes;
    if (!all)
        all = merge->whole->changes = arena_alloc(merge->arena, sizeof(*all));
    all->since_run = join_texts(merge->arena, all->since_run, changes->since_run);
    list_join(&all->list, &changes->list);
}

static void add_report(struct merge *merge, struct audit *report)
{
    char *zone = report->zone ? report->zone : report->host;
    add_run(merge, report, zone);
    set_zone(report, zone);
    struct renamings renamings = rename_endpoints(merge, report);
    rename_references(&renamings, report);
    list_join(&merge->whole->scopes, &report->scopes);
    list_join(&merge->whole->endpoints, &report->endpoints);
    add_changes(merge, report->changes);
}

/* ---- instances that several zones audited ---------------------------------------------------------- */

struct view {
    struct instance *instance;
    struct audit *report;
    size_t position;
};

/* The same instance stands together, the view that came furthest first. */
static int by_name_and_status(const void *a, const void *b)
{
    const struct view *left = a, *right = b;
    int name = strcmp(left->instance->name, right->instance->name);
    if (name)
        return name;
    if (left->instance->status != right->instance->status)
        return left->instance->status < right->instance->status ? -1 : 1;
    return left->position < right->position ? -1 : 1;
}

static int by_position(const void *a, const void *b)
{
    const struct view *left = a, *right = b;
    return left->position < right->position ? -1 : left->position > right->position;
}

static size_t count_instances(struct audit *const *reports, size_t count)
{
    size_t instances = 0;
    for (size_t i = 0; i < count; i++)
        instances += reports[i]->instances.count;
    return instances;
}

/* The views that are kept, by name. */
static struct view *choose_views(struct merge *merge, struct audit *const *reports, size_t count,
                                 size_t *kept)
{
    size_t used = 0;
    struct view *views = arena_alloc(merge->arena, (count_instances(reports, count) + 1) * sizeof(*views));
    for (size_t i = 0; i < count; i++) {
        list_each (struct instance, instance, &reports[i]->instances) {
            views[used] = (struct view){instance, reports[i], used};
            used++;
        }
    }
    qsort(views, used, sizeof(*views), by_name_and_status);
    *kept = 0;
    for (size_t i = 0; i < used; i++) {
        if (i > 0 && strcmp(views[i].instance->name, views[*kept - 1].instance->name) == 0)
            add_problem(merge, views[i].instance->zone,
                        arena_format(merge->arena, "%s is shown as %s saw it", views[i].instance->name,
                                     views[*kept - 1].instance->zone));
        else
            views[(*kept)++] = views[i];
    }
    return views;
}

static bool is_kept(const struct view *views, size_t count, const char *name, const struct audit *report)
{
    const struct view *low = views, *high = views + count;
    while (low < high) {
        const struct view *middle = low + (high - low) / 2;
        int order = strcmp(middle->instance->name, name);
        if (order == 0)
            return middle->report == report;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return true;
}

static int by_severity(const void *a, const void *b)
{
    const struct finding *const *left = a, *const *right = b;
    return (int)(*left)->severity - (int)(*right)->severity;
}

/* The worst first, as in each report. */
static void add_findings(struct merge *merge, struct finding **findings, size_t count)
{
    qsort(findings, count, sizeof(*findings), by_severity);
    for (size_t i = 0; i < count; i++)
        list_append(&merge->whole->findings, findings[i]);
}

/* Findings and answers about an instance go with the view of it that is kept. */
static void add_conclusions(struct merge *merge, struct audit *const *reports, size_t count,
                            const struct view *views, size_t kept)
{
    size_t all = 0, used = 0;
    for (size_t i = 0; i < count; i++)
        all += reports[i]->findings.count;
    struct finding **findings = arena_alloc(merge->arena, (all + 1) * sizeof(*findings));
    for (size_t i = 0; i < count; i++) {
        list_each (struct finding, finding, &reports[i]->findings)
            if (!finding->instance || is_kept(views, kept, finding->instance, reports[i]))
                findings[used++] = finding;
        for (struct compliance_answer *answer = reports[i]->compliance.first, *next; answer; answer = next) {
            next = answer->next;
            if (is_kept(views, kept, answer->instance, reports[i]))
                list_append(&merge->whole->compliance, answer);
        }
    }
    add_findings(merge, findings, used);
}

struct audit *report_merge(struct arena *arena, struct audit *const *reports, size_t count)
{
    struct merge merge = {arena, arena_alloc(arena, sizeof(struct audit)), 0};
    size_t kept;
    merge.whole->version = reports[0]->version;
    merge.whole->program = reports[0]->program;
    merge.whole->complete = TERNARY_TRUE;
    for (size_t i = 0; i < count; i++)
        add_report(&merge, reports[i]);
    struct view *views = choose_views(&merge, reports, count, &kept);
    add_conclusions(&merge, reports, count, views, kept);
    qsort(views, kept, sizeof(*views), by_position);
    for (size_t i = 0; i < kept; i++)
        list_append(&merge.whole->instances, views[i].instance);
    return merge.whole;
}
