#include "reports/diff.h"
#include "audit/model/instance_index.h"
#include "audit/model/link_state.h"
#include "audit/model/same_text.h"
#include "reports/element.h"
#include "reports/endpoint_index.h"
#include "reports/join.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct diff {
    struct arena *arena;
    const struct audit *old, *new;
    struct changes *changes;
    struct endpoint_index *old_endpoints, *new_endpoints; /* by id */
    struct key_index *instances, *endpoints;              /* new ones by name and by target */
    struct key_index *old_instances;                      /* by name */
    const struct instance *instance;                      /* the new one, while its links are compared */
    const struct linked_server *link;                     /* the new one, while its mappings are compared */
    bool saw_as_much; /* the new report has the links of every instance whose links the old one has */
};

static struct change *add(struct diff *diff, enum change_kind kind, enum change_what what)
{
    struct change *change = arena_alloc(diff->arena, sizeof(*change));
    change->kind = kind;
    change->what = what;
    if (diff->instance)
        change->instance = diff->instance->name;
    if (diff->link)
        change->link = diff->link->name;
    list_append(&diff->changes->list, change);
    return change;
}

static void add_value(struct diff *diff, enum change_what what, const char *item, const char *before,
                      const char *after)
{
    if (before && after ? strcmp(before, after) == 0 : !before && !after)
        return;
    struct change *change = add(diff, CHANGE_CHANGED, what);
    change->item = arena_text(diff->arena, item);
    change->before = arena_text(diff->arena, before);
    change->after = arena_text(diff->arena, after);
}

static bool listed(const char *const *list, const char *name)
{
    for (; *list; list++)
        if (strcmp(*list, name) == 0)
            return true;
    return false;
}

/* Attributes that both know; a text may also become absent, where absent means something. */
static void compare_attributes(struct diff *diff, enum change_what what, const struct element *element,
                               const void *old, const void *new, const char *const *skipped)
{
    for (size_t i = 0; i < element->count; i++) {
        const struct member *member = &element->members[i];
        char old_buffer[MEMBER_TEXT_SIZE], new_buffer[MEMBER_TEXT_SIZE];
        if (!member_is_attribute(member) || listed(skipped, member->name))
            continue;
        const char *before = member_text(member, old, old_buffer);
        const char *after = member_text(member, new, new_buffer);
        if (member->kind == MEMBER_TEXT || (before && after))
            add_value(diff, what, member->name, before, after);
    }
}

/* ---- login mappings -------------------------------------------------------------------------------- */

static const char *mapping_key(struct arena *arena, const void *item)
{
    const struct login_mapping *mapping = item;
    if (mapping->local)
        return mapping->local;
    return arena_format(arena, "principal %lld", (long long)mapping->local_id.value);
}

static void compare_mapping(void *context, const char *key, const void *old, const void *new)
{
    static const char *const skipped[] = {"local", "local-id", "local-type", NULL};
    struct diff *diff = context;
    if (old && new) {
        struct changes *all = diff->changes;
        struct change *last = all->list.last;
        compare_attributes(diff, CHANGED_LOGIN, &login_mapping_element, old, new, skipped);
        for (struct change *change = last ? last->next : all->list.first; change; change = change->next)
            change->item = arena_format(diff->arena, "%s: %s", key, change->item);
        return;
    }
    struct change *change = add(diff, new ? CHANGE_APPEARED : CHANGE_DISAPPEARED, CHANGED_LOGIN);
    change->item = arena_text(diff->arena, key);
    const struct login_mapping *mapping = new ? new : old;
    const char *remote = mapping->self == TERNARY_TRUE ? "itself" : mapping->remote;
    *(new ? &change->after : &change->before) = arena_text(diff->arena, remote);
}

/* ---- links ----------------------------------------------------------------------------------------- */

static const char *link_key(struct arena *arena, const void *item)
{
    (void)arena;
    return ((const struct linked_server *)item)->name;
}

static const char *target_key(const struct endpoint_index *index, const char *id)
{
    const struct endpoint *endpoint = endpoint_find(index, id);
    return endpoint ? endpoint->key : NULL;
}

/* A link that was not tested this time has not changed its outcome. */
static void compare_outcome(struct diff *diff, const struct linked_server *old,
                            const struct linked_server *new)
{
    if (old->diagnosis && new->diagnosis) {
        if (old->diagnosis->cause != CAUSE_NOT_TESTED && new->diagnosis->cause != CAUSE_NOT_TESTED)
            add_value(diff, CHANGED_OUTCOME, "cause", name_of(&cause_names, old->diagnosis->cause),
                      name_of(&cause_names, new->diagnosis->cause));
    } else if (link_was_tested(old) && link_was_tested(new)) {
        add_value(diff, CHANGED_OUTCOME, "test", name_of(&test_outcome_names, old->test->outcome),
                  name_of(&test_outcome_names, new->test->outcome));
    }
    if (old->readiness && new->readiness)
        add_value(diff, CHANGED_OUTCOME, "readiness", name_of(&verdict_names, old->readiness->verdict),
                  name_of(&verdict_names, new->readiness->verdict));
}

static void compare_link(void *context, const char *key, const void *old_item, const void *new_item)
{
    /* Ids of endpoints belong to one report; a rebuilt link shows itself by its modified date. */
    static const char *const always[] = {"endpoint", "failover-endpoint", "target-note", "server-id", NULL};
    static const char *const unseen[] = {"endpoint",  "failover-endpoint", "target-note",
                                         "server-id", "provider-string",   NULL};
    struct diff *diff = context;
    const struct linked_server *old = old_item, *new = new_item;
    if (!old || !new) {
        struct change *change = add(diff, new ? CHANGE_APPEARED : CHANGE_DISAPPEARED, CHANGED_LINK);
        change->link = arena_text(diff->arena, key);
        return;
    }
    diff->link = new;
    bool seen = old->provider_string_visible == new->provider_string_visible &&new->provider_string_visible !=
                TERNARY_FALSE;
    compare_attributes(diff, CHANGED_LINK, &linked_server_element, old, new, seen ? always : unseen);
    add_value(diff, CHANGED_LINK, "target", target_key(diff->old_endpoints, old->endpoint),
              target_key(diff->new_endpoints, new->endpoint));
    join_lists(diff->arena, old->logins.first, new->logins.first, mapping_key, compare_mapping, diff);
    compare_outcome(diff, old, new);
    diff->link = NULL;
}

/* ---- instances ------------------------------------------------------------------------------------- */

static const char *instance_key(struct arena *arena, const void *item)
{
    const struct instance *instance = item;
    return instance->zone ? arena_format(arena, "%s\t%s", instance->zone, instance->name) : instance->name;
}

/* Properties that somebody sets; the others come and go by themselves. */
static const char *const compared_properties[] = {"option ",
                                                  "configured ",
                                                  "trace-flag-",
                                                  "force-",
                                                  "hide-instance",
                                                  "extended-pr",
                                                  "certificate-thumbpr",
                                                  "tcp-enabled",
                                                  "named-pi",
                                                  "shared-memory-enabled",
                                                  "oledb-drive",
                                                  "host-platform",
                                                  "windows-authentication",
                                                  NULL};

static const char *property_key(struct arena *arena, const void *item)
{
    (void)arena;
    const struct property *property = item;
    for (const char *const *prefix = compared_properties; *prefix; prefix++)
        if (strncmp(property->name, *prefix, strlen(*prefix)) == 0)
            return property->name;
    return NULL;
}

static void compare_property(void *context, const char *key, const void *old, const void *new)
{
    const struct property *before = old, *after = new;
    if (before && after) /* one that is missing could not be read */
        add_value(context, CHANGED_INSTANCE, key, before->value, after->value);
}

static const char *visibility_key(struct arena *arena, const void *item)
{
    const struct visibility *visibility = item;
    return arena_format(arena, "%s\t%s", visibility->permission,
                        visibility->database ? visibility->database : "");
}

static void compare_visibility(void *context, const char *key, const void *old, const void *new)
{
    const struct visibility *before = old, *after = new;
    (void)key;
    if (before && after && before->granted && after->granted)
        add_value(context, CHANGED_INSTANCE, after->permission,
                  before->granted == TERNARY_TRUE ? "granted" : "not granted",
                  after->granted == TERNARY_TRUE ? "granted" : "not granted");
}

/* Whether the list of its links is whole. */
static bool was_observed(const struct instance *instance)
{
    if (instance->status == INSTANCE_AUDITED)
        return true;
    return instance->status == INSTANCE_PARTIAL && !instance->failure;
}

static void compare_instance(void *context, const char *key, const void *old_item, const void *new_item)
{
    static const char *const skipped[] = {"name", "server",   "tags",   "zone",   "endpoint", "started",
                                          "ms",   "finished", "status", "domain", "product",  NULL};
    struct diff *diff = context;
    const struct instance *old = old_item, *new = new_item;
    (void)key;
    if (!old || !new) {
        const struct instance *only = old ? old : new;
        /* Outside of the other run's scope nothing is known. */
        bool unseen = old ? diff->new->scopes.count > 0 : diff->old->scopes.count > 0;
        if (new &&unseen)
            return;
        diff->instance = only;
        add(diff,
            unseen ? CHANGE_NOT_OBSERVED
            : new  ? CHANGE_APPEARED
                   : CHANGE_DISAPPEARED,
            CHANGED_INSTANCE);
        diff->instance = NULL;
        return;
    }
    diff->instance = new;
    add_value(diff, CHANGED_INSTANCE, "status", name_of(&instance_status_names, old->status),
              name_of(&instance_status_names, new->status));
    if (!was_observed(new)) {
        add(diff, CHANGE_NOT_OBSERVED, CHANGED_INSTANCE);
    } else if (was_observed(old)) {
        compare_attributes(diff, CHANGED_INSTANCE, &instance_element, old, new, skipped);
        join_lists(diff->arena, old->properties.first, new->properties.first, property_key, compare_property,
                   diff);
        join_lists(diff->arena, old->visibilities.first, new->visibilities.first, visibility_key,
                   compare_visibility, diff);
        join_lists(diff->arena, old->linked_servers.first, new->linked_servers.first, link_key, compare_link,
                   diff);
    }
    diff->instance = NULL;
}

/* ---- endpoints ------------------------------------------------------------------------------------- */

static const char *endpoint_key(struct arena *arena, const void *item)
{
    const struct endpoint *endpoint = item;
    if (!endpoint->key || !endpoint->zone)
        return endpoint->key;
    return arena_format(arena, "%s\t%s", endpoint->zone, endpoint->key);
}

static void endpoint_value(struct diff *diff, const struct endpoint *endpoint, enum change_what what,
                           const char *item, const char *before, const char *after)
{
    struct change *last = diff->changes->list.last;
    if (before && after)
        add_value(diff, what, item, before, after);
    if (diff->changes->list.last != last)
        diff->changes->list.last->endpoint = endpoint->key;
}

/* Whether the version is accepted; NULL where that is not known. What was carried over counts as known
 * before, but is no news. */
static const char *accepts(const struct endpoint *endpoint, enum tls_version version, bool anew)
{
    list_each (struct tls, tls, &endpoint->tls) {
        if (tls->protocol != version || (anew && tls->as_of.known))
            continue;
        if (tls->outcome == TLS_ACCEPTED)
            return "accepted";
        if (tls->outcome == TLS_REJECTED || tls->outcome == TLS_CLOSED)
            return "rejected";
    }
    return NULL;
}

static const char *certificate_text(struct arena *arena, const struct certificate *certificate)
{
    char until[32] = "?";
    time_t when = (time_t)certificate->not_after.value;
    struct tm parts;
    if (certificate->not_after.known && gmtime_r(&when, &parts))
        strftime(until, sizeof(until), "%Y-%m-%d", &parts);
    return arena_format(arena, "%s until %s (SHA-256 %.16s)",
                        certificate->subject ? certificate->subject : "no subject", until,
                        certificate->sha256);
}

/* SQL Server makes itself another fallback certificate at each start: that is no change. */
static void compare_certificates(struct diff *diff, const struct endpoint *old, const struct endpoint *new)
{
    const struct certificate *before = old->certificates.first, *after = new->certificates.first;
    if (!before || !after || !before->sha256 || !after->sha256 || strcmp(before->sha256, after->sha256) == 0)
        return;
    if (before->fallback == TERNARY_TRUE && after->fallback == TERNARY_TRUE)
        return;
    endpoint_value(diff, new, CHANGED_CERTIFICATE, "certificate", certificate_text(diff->arena, before),
                   certificate_text(diff->arena, after));
}

static void compare_endpoint(void *context, const char *key, const void *old_item, const void *new_item)
{
    static const char *const words[] = {NULL, "no", "yes"};
    struct diff *diff = context;
    const struct endpoint *old = old_item, *new = new_item;
    (void)key;
    if (!old || !new) {
        bool unseen = old ? diff->new->scopes.count > 0 : diff->old->scopes.count > 0;
        if (unseen)
            return;
        add(diff, new ? CHANGE_APPEARED : CHANGE_DISAPPEARED, CHANGED_ENDPOINT)->endpoint =
            new ? new->key : old->key;
        return;
    }
    endpoint_value(diff, new, CHANGED_ENDPOINT, "answers", words[old->reachable], words[new->reachable]);
    if (old->prelogin && new->prelogin) {
        endpoint_value(diff, new, CHANGED_ENDPOINT, "server-version", old->prelogin->server_version,
                       new->prelogin->server_version);
        endpoint_value(diff, new, CHANGED_ENDPOINT, "encryption",
                       name_of(&encryption_names, old->prelogin->encryption),
                       name_of(&encryption_names, new->prelogin->encryption));
    }
    for (int version = TLS_SSL2; version <= TLS_1_3; version++)
        endpoint_value(diff, new, CHANGED_ENDPOINT, name_of(&tls_version_names, version),
                       accepts(old, version, false), accepts(new, version, true));
    compare_certificates(diff, old, new);
}

/* ---- findings -------------------------------------------------------------------------------------- */

/* Findings of both reports by rule, instance, link and canonical target: one key each, made before joining
 * because the ids of endpoints differ. */
struct keyed_finding {
    struct keyed_finding *next;
    const char *key;
    struct finding *finding;
};

static struct keyed_finding *key_findings(struct arena *arena, const struct audit *audit,
                                          const struct endpoint_index *index)
{
    LIST_OF(struct keyed_finding) list = {0};
    list_each (struct finding, finding, &audit->findings) {
        struct keyed_finding *keyed = arena_alloc(arena, sizeof(*keyed));
        keyed->finding = finding;
        keyed->key =
            arena_format(arena, "%s\t%s\t%s\t%s", finding->rule, text_or_empty(finding->instance),
                         text_or_empty(finding->link), text_or_empty(target_key(index, finding->endpoint)));
        list_append(&list, keyed);
    }
    return list.first;
}

static const char *finding_key(struct arena *arena, const void *item)
{
    (void)arena;
    return ((const struct keyed_finding *)item)->key;
}

static const char *instance_name(struct arena *arena, const void *item)
{
    (void)arena;
    return ((const struct instance *)item)->name;
}

static const char *endpoint_target_key(struct arena *arena, const void *item)
{
    (void)arena;
    return ((const struct endpoint *)item)->key;
}

static bool was_looked_at_again(const struct diff *diff, const char *instance)
{
    const struct instance *new = key_index_find(diff->instances, instance);
    return new ? was_observed(new) : diff->new->scopes.count == 0;
}

static bool saw_as_much(const struct diff *diff)
{
    list_each (struct instance, old, &diff->old->instances)
        if (was_observed(old) && !was_looked_at_again(diff, old->name))
            return false;
    return true;
}

/* What rests on the test of a link that is there and was not tested again: --no-link-test was given, or its
 * target has refused the login meanwhile. */
static bool waits_for_test(const struct diff *diff, const struct finding *finding)
{
    static const char *const rules[] = {"R01", "R06", "R08", NULL};
    if (!listed(rules, finding->rule))
        return false;
    const struct linked_server *old =
        instance_link(key_index_find(diff->old_instances, finding->instance), finding->link);
    const struct linked_server *new =
        instance_link(key_index_find(diff->instances, finding->instance), finding->link);
    return old && link_was_tested(old) && new && !link_was_tested(new);
}

/* Some findings about an instance rest on what others showed: a chain may begin anywhere, a replica is
 * compared with the others, and what a login may do its target shows. */
static bool others_were_looked_at(const struct diff *diff, const struct finding *finding)
{
    static const char *const of_many[] = {"S08", "V09", NULL}, *const of_target[] = {"S02", "S16", NULL};
    const char *rule = text_or_empty(finding->rule);
    if (listed(of_many, rule))
        return diff->saw_as_much;
    const struct endpoint *endpoint =
        listed(of_target, rule) ? endpoint_find(diff->old_endpoints, finding->endpoint) : NULL;
    return !endpoint || !endpoint->audited_as || was_looked_at_again(diff, endpoint->audited_as);
}

/* A finding that is gone because nobody could look again is not solved. */
static bool was_looked_at(const struct diff *diff, const struct finding *finding)
{
    bool whole = diff->new->scopes.count == 0;
    if (finding->instance)
        return was_looked_at_again(diff, finding->instance) && !waits_for_test(diff, finding) &&
               others_were_looked_at(diff, finding);
    const char *target = target_key(diff->old_endpoints, finding->endpoint);
    if (!target)
        return true;
    const struct endpoint *endpoint = key_index_find(diff->endpoints, target);
    return endpoint ? endpoint->reachable == TERNARY_TRUE || finding->rule[0] == 'R' : whole;
}

static void compare_finding(void *context, const char *key, const void *old_item, const void *new_item)
{
    struct diff *diff = context;
    const struct finding *old = old_item ? ((const struct keyed_finding *)old_item)->finding : NULL;
    const struct finding *new = new_item ? ((const struct keyed_finding *)new_item)->finding : NULL;
    const struct finding *any = new ? new : old;
    (void)key;
    struct change *last = diff->changes->list.last;
    if (!new && !was_looked_at(diff, old))
        return;
    if (!old || !new) {
        add(diff, new ? CHANGE_APPEARED : CHANGE_DISAPPEARED, CHANGED_FINDING)->item = any->rule;
    } else {
        add_value(diff, CHANGED_FINDING, arena_format(diff->arena, "%s severity", any->rule),
                  name_of(&severity_names, (int)old->severity), name_of(&severity_names, (int)new->severity));
        add_value(diff, CHANGED_FINDING, arena_format(diff->arena, "%s waived", any->rule),
                  old->waived == TERNARY_TRUE ? "yes" : "no", new->waived == TERNARY_TRUE ? "yes" : "no");
    }
    for (struct change *change = last ? last->next : diff->changes->list.first; change;
         change = change->next) {
        change->instance = any->instance;
        change->link = any->link;
        change->endpoint = arena_text(
            diff->arena, target_key(new ? diff->new_endpoints : diff->old_endpoints, any->endpoint));
    }
}

static void set_since(const struct diff *diff, const struct finding *old, struct finding *new)
{
    new->since = !old ? diff->new->started : old->since.known ? old->since : diff->old->started;
}

static void compare_finding_and_age(void *context, const char *key, const void *old_item,
                                    const void *new_item)
{
    struct diff *diff = context;
    if (new_item)
        set_since(diff, old_item ? ((const struct keyed_finding *)old_item)->finding : NULL,
                  ((const struct keyed_finding *)new_item)->finding);
    if (diff->changes)
        compare_finding(context, key, old_item, new_item);
}

static void join_findings(struct diff *diff, join_visit *visit)
{
    join_lists(diff->arena, key_findings(diff->arena, diff->old, diff->old_endpoints),
               key_findings(diff->arena, diff->new, diff->new_endpoints), finding_key, visit, diff);
}

/* ---- the whole ------------------------------------------------------------------------------------- */

static struct diff diff_of(struct arena *arena, const struct audit *old, const struct audit *new,
                           struct changes *changes)
{
    struct diff diff = {.arena = arena,
                        .old = old,
                        .new = new,
                        .changes = changes,
                        .old_endpoints = endpoint_index_new(arena, old),
                        .new_endpoints = endpoint_index_new(arena, new),
                        .instances = key_index_new(arena, new->instances.first, instance_name),
                        .endpoints = key_index_new(arena, new->endpoints.first, endpoint_target_key),
                        .old_instances = key_index_new(arena, old->instances.first, instance_name)};
    diff.saw_as_much = saw_as_much(&diff);
    return diff;
}

static void compare_observed(struct diff *diff)
{
    diff->changes->since_run = arena_text(diff->arena, diff->old->run_id);
    join_lists(diff->arena, diff->old->instances.first, diff->new->instances.first, instance_key,
               compare_instance, diff);
    join_lists(diff->arena, diff->old->endpoints.first, diff->new->endpoints.first, endpoint_key,
               compare_endpoint, diff);
}

struct changes *report_diff(struct arena *arena, const struct audit *old, const struct audit *new)
{
    struct diff diff = diff_of(arena, old, new, arena_alloc(arena, sizeof(struct changes)));
    compare_observed(&diff);
    join_findings(&diff, compare_finding);
    return diff.changes;
}

struct changes *report_diff_observed(struct arena *arena, const struct audit *old, const struct audit *new)
{
    struct diff diff = diff_of(arena, old, new, arena_alloc(arena, sizeof(struct changes)));
    compare_observed(&diff);
    return diff.changes;
}

void findings_since(struct arena *arena, const struct audit *old, struct audit *new, struct changes *changes)
{
    const struct audit nothing = {0};
    struct diff diff = diff_of(arena, old ? old : &nothing, new, old ? changes : NULL);
    join_findings(&diff, compare_finding_and_age);
}

size_t changes_count(const struct changes *changes)
{
    size_t count = 0;
    list_each (struct change, change, &changes->list) {
        count += change->kind != CHANGE_NOT_OBSERVED;
    }
    return count;
}
