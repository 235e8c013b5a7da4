#include "audit/rules/assessment.h"

#include "audit/diagnosis/template.h"
#include "audit/diagnosis/view.h"
#include "audit/model/link_state.h"
#include "audit/model/same_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- the estate made searchable -------------------------------------------------------------------- */

static int compare_endpoints(const void *a, const void *b)
{
    const struct endpoint_place *left = a, *right = b;
    return strcmp(left->endpoint->id, right->endpoint->id);
}

struct endpoint_place *endpoint_place_of(const struct assessment *assessment, const char *id)
{
    struct endpoint endpoint = {.id = (char *)id};
    struct endpoint_place wanted = {.endpoint = &endpoint};
    return id && assessment->endpoint_count
               ? bsearch(&wanted, assessment->endpoints, assessment->endpoint_count, sizeof(wanted),
                         compare_endpoints)
               : NULL;
}

static void index_endpoints(struct assessment *assessment)
{
    struct audit *audit = assessment->audit;
    assessment->endpoints =
        arena_alloc(assessment->arena, (audit->endpoints.count + 1) * sizeof(*assessment->endpoints));
    list_each (struct endpoint, endpoint, &audit->endpoints) {
        if (!endpoint->id)
            continue;
        struct endpoint_place *place = &assessment->endpoints[assessment->endpoint_count++];
        place->endpoint = endpoint;
        place->target = instance_by_name(assessment->instances_by_name, endpoint->audited_as);
        list_each (struct certificate, certificate, &endpoint->certificates)
            if (certificate->position.known && certificate->position.value == 0)
                place->certificate = certificate;
    }
    qsort(assessment->endpoints, assessment->endpoint_count, sizeof(*assessment->endpoints),
          compare_endpoints);
}

static bool maps_everyone(const struct linked_server *link)
{
    list_each (struct login_mapping, mapping, &link->logins)
        if (is_everyone(mapping) && mapping->remote && *mapping->remote && mapping->self != TERNARY_TRUE)
            return true;
    return false;
}

static bool maps_sysadmin(const struct link_place *place)
{
    if (!place->sqlserver)
        return false;
    list_each (struct login_mapping, mapping, &place->link->logins)
        if (mapping->remote && mapping->self != TERNARY_TRUE &&
            (place->target ? is_sysadmin(place->target, mapping->remote)
                           : strcasecmp(mapping->remote, "sa") == 0))
            return true;
    return false;
}

/* How far the instance's own test came. */
static void note_test(struct assessment *assessment, struct link_place *place)
{
    struct view view = view_of(assessment->arena, place->instance, place->link, NULL);
    place->reached = view_reached(&view);
    place->named = view_named(&view);
}

static void index_links(struct assessment *assessment)
{
    size_t count = 0;
    list_each (struct instance, instance, &assessment->audit->instances)
        count += instance->linked_servers.count;
    assessment->places = arena_alloc(assessment->arena, (count + 1) * sizeof(*assessment->places));
    list_each (struct instance, instance, &assessment->audit->instances)
        list_each (struct linked_server, link, &instance->linked_servers) {
            struct link_place *place = &assessment->places[assessment->place_count++];
            place->instance = instance;
            place->link = link;
            place->replication = link_is_replication(link);
            place->sqlserver = link_is_sqlserver(link);
            place->options_known = link->provider_string || link->provider_string_visible == TERNARY_TRUE;
            place->endpoint = endpoint_place_of(assessment, link->endpoint);
            place->maps_everyone = !place->replication && maps_everyone(link);
            note_test(assessment, place);
            if (place->endpoint) {
                place->target = place->endpoint->target;
                place->next_of_endpoint = place->endpoint->links;
                place->endpoint->links = place;
                place->endpoint->link_count++;
                place->endpoint->reached_by_link |= place->reached;
                place->endpoint->named_by_link |= place->named;
            }
            place->maps_sysadmin = !place->replication && maps_sysadmin(place);
        }
}

static int compare_instances(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)((const struct instance_place *)a)->instance;
    uintptr_t right = (uintptr_t)((const struct instance_place *)b)->instance;
    return left < right ? -1 : left > right;
}

const struct instance_place *instance_place_of(const struct assessment *assessment,
                                               const struct instance *instance)
{
    struct instance_place wanted = {.instance = instance};
    return bsearch(&wanted, assessment->instances, assessment->audit->instances.count, sizeof(wanted),
                   compare_instances);
}

static void index_instances(struct assessment *assessment)
{
    size_t count = 0;
    struct link_place *place = assessment->places, *end = assessment->places + assessment->place_count;
    assessment->instances = arena_alloc(assessment->arena, (assessment->audit->instances.count + 1) *
                                                               sizeof(*assessment->instances));
    list_each (struct instance, instance, &assessment->audit->instances) {
        struct instance_place *at = &assessment->instances[count++];
        *at = (struct instance_place){instance, place, 0};
        for (; place < end && place->instance == instance; place++)
            at->count++;
    }
    qsort(assessment->instances, count, sizeof(*assessment->instances), compare_instances);
}

static int compare_certificates(const void *a, const void *b)
{
    const struct endpoint_place *left = *(struct endpoint_place *const *)a,
                                *right = *(struct endpoint_place *const *)b;
    return strcmp(left->certificate->sha256, right->certificate->sha256);
}

/* How far a certificate reaches: one may serve many endpoints. */
static void count_certificates(struct assessment *assessment)
{
    size_t count = 0;
    struct endpoint_place **places =
        arena_alloc(assessment->arena, (assessment->endpoint_count + 1) * sizeof(*places));
    each_endpoint (assessment, place)
        if (place->certificate && place->certificate->sha256)
            places[count++] = place;
    qsort(places, count, sizeof(*places), compare_certificates);
    for (size_t first = 0, end; first < count; first = end) {
        size_t links = 0;
        for (end = first; end < count && compare_certificates(&places[first], &places[end]) == 0; end++)
            links += places[end]->link_count;
        for (size_t i = first; i < end; i++) {
            places[i]->sharing = end - first;
            places[i]->sharing_links = links;
        }
    }
}

/* ---- reporting ------------------------------------------------------------------------------------- */

char *remedy_from(struct assessment *assessment, struct subject subject, const char *text)
{
    if (!text)
        return NULL;
    struct arena *scratch = arena_new();
    struct view view = view_of(scratch, subject.instance, NULL, subject.endpoint);
    view.link = subject.link;
    char *remedy = arena_shared(assessment->arena, fill_template(&view, text));
    arena_free(scratch);
    return remedy;
}

struct finding *report_as(struct assessment *assessment, enum severity severity, struct subject subject,
                          char *evidence)
{
    const struct rule *rule = assessment->rule;
    const struct rule_setting *setting = policy_rule(assessment->policy, rule->id);
    struct finding *finding = arena_alloc(assessment->arena, sizeof(*finding));
    finding->rule = (char *)rule->id;
    finding->severity = setting && setting->severity ? setting->severity : severity;
    finding->waived = TERNARY_FALSE;
    finding->instance = subject.instance ? subject.instance->name : NULL;
    finding->link = subject.link ? subject.link->name : NULL;
    finding->endpoint = subject.endpoint ? subject.endpoint->id : NULL;
    finding->title = (char *)rule->title;
    finding->evidence = evidence;
    finding->why = (char *)rule->why;
    finding->remedy = remedy_from(assessment, subject, rule->remedy);
    for (size_t i = 0; i < sizeof(rule->references) / sizeof(rule->references[0]) && rule->references[i];
         i++) {
        struct reference *reference = arena_alloc(assessment->arena, sizeof(*reference));
        reference->text = (char *)rule->references[i];
        list_append(&finding->references, reference);
    }
    list_append(&assessment->audit->findings, finding);
    return finding;
}

struct finding *report(struct assessment *assessment, struct subject subject, char *evidence)
{
    return report_as(assessment, assessment->rule->severity, subject, evidence);
}

void counted_links_add(struct counted_links *links, const struct link_place *place)
{
    if (links->count++ < LINKS_NAMED) {
        prose_separate(&links->names, ", ");
        prose_add(&links->names, "%s/%s", place->instance->name, place->link->name);
    }
}

char *counted_links_text(struct counted_links *links)
{
    if (links->count == 0)
        return arena_text(links->names.arena, "no link");
    return arena_format(links->names.arena, "%zu link%s of %zu instance%s: %s%s", links->count,
                        links->count == 1 ? "" : "s", links->instances, links->instances == 1 ? "" : "s",
                        prose_text(&links->names), links->count > LINKS_NAMED ? ", …" : "");
}

char *links_behind(struct assessment *assessment, const struct endpoint_place *endpoint,
                   bool (*which)(const struct link_place *place))
{
    struct counted_links links = {.names = prose_new(assessment->arena)};
    const struct instance *last = NULL;
    for (const struct link_place *place = endpoint->links; place; place = place->next_of_endpoint) {
        if (which && !which(place))
            continue;
        links.instances += place->instance != last;
        last = place->instance;
        counted_links_add(&links, place);
    }
    return counted_links_text(&links);
}

char *endpoint_label(struct assessment *assessment, const struct endpoint *endpoint)
{
    return endpoint_server(assessment->arena, endpoint);
}

/* ---- what several rules ask ------------------------------------------------------------------------ */

bool link_is_broken(const struct linked_server *link)
{
    return link->test && (link->test->outcome == TEST_FAILED || link->test->outcome == TEST_TIMEOUT) &&
           link_state(link) == LINK_BROKEN;
}

bool is_sysadmin(const struct instance *instance, const char *login)
{
    bool member = strcasecmp(login, "sa") == 0;
    list_each (struct sql_login, sql_login, &instance->sql_logins) {
        if (!sql_login->name || strcasecmp(sql_login->name, login) != 0)
            continue;
        if (sql_login->disabled == TERNARY_TRUE)
            return false;
        member = member || sql_login->sysadmin == TERNARY_TRUE;
    }
    list_each (struct principal, principal, &instance->principals)
        if (principal->role && strcasecmp(principal->role, "sysadmin") == 0 && principal->name &&
            strcasecmp(principal->name, login) == 0)
            member = member || principal->disabled != TERNARY_TRUE;
    return member;
}

enum ternary permission_held(const struct instance *instance, const char *permission)
{
    list_each (struct visibility, visibility, &instance->visibilities)
        if (!visibility->database && visibility->permission &&
            strcasecmp(visibility->permission, permission) == 0)
            return visibility->granted;
    return TERNARY_UNKNOWN;
}

bool holds_password(const struct link_place *place)
{
    struct provider_string string;
    provider_string_parse(place->sqlserver ? PROVIDER_OLEDB : PROVIDER_ODBC, place->link->provider_string,
                          &string);
    bool holds = string.has_password;
    provider_string_clear(&string);
    return holds;
}

bool link_is_dead(const struct link_place *place)
{
    return link_is_broken(place->link) ||
           (place->endpoint && place->endpoint->endpoint->reachable == TERNARY_FALSE &&
            !place->endpoint->reached_by_link &&
            (!place->link->test || place->link->test->outcome == TEST_SKIPPED));
}

bool leads_to_itself(const struct link_place *place)
{
    return (place->target && place->target == place->instance) ||
           (place->endpoint && place->instance->endpoint &&
            strcmp(place->endpoint->endpoint->id, place->instance->endpoint) == 0);
}

/* ---- where uses were searched for ------------------------------------------------------------------ */

static bool is_system_database(const struct database *database)
{
    static const char *const names[] = {"master", "tempdb", "model", "msdb"};
    for (size_t i = 0; database->name && i < sizeof(names) / sizeof(names[0]); i++)
        if (strcasecmp(database->name, names[i]) == 0)
            return true;
    return false;
}

/* Why the code of a database is not known to be read: NULL where it is. */
static const char *left_out_because(const struct instance *instance, const struct database *database)
{
    if (database->searched != TERNARY_TRUE)
        return database->reason ? database->reason : "not searched";
    list_each (struct visibility, visibility, &instance->visibilities)
        if (visibility->granted == TERNARY_FALSE && visibility->database && database->name &&
            strcmp(visibility->database, database->name) == 0 && visibility->hides &&
            strstr(visibility->hides, "modules"))
            return "its definitions are not visible";
    return NULL;
}

/* Why the job steps were not read, or NULL. */
static const char *jobs_left_out_because(const struct instance *instance)
{
    list_each (struct not_readable, gap, &instance->not_readables)
        if (gap->what && strcmp(gap->what, "job_steps") == 0)
            return gap->reason ? gap->reason : "not readable";
    return NULL;
}

bool uses_were_searched(const struct instance *instance)
{
    bool any = false, user = false, user_read = false;
    list_each (struct database, database, &instance->databases) {
        bool read = !left_out_because(instance, database);
        any = any || read;
        user = user || !is_system_database(database);
        user_read = user_read || (read && !is_system_database(database));
    }
    return user ? user_read : any;
}

char *search_text(struct assessment *assessment, const struct instance *instance)
{
    struct prose left_out = prose_new(assessment->arena);
    const char *jobs = jobs_left_out_because(instance);
    size_t searched = 0, skipped = 0;
    list_each (struct database, database, &instance->databases) {
        const char *why = left_out_because(instance, database);
        bool msdb = database->name && strcasecmp(database->name, "msdb") == 0;
        searched += !why && !(msdb && jobs);
        if (why && (!is_system_database(database) || msdb) && skipped++ < 10) {
            prose_separate(&left_out, ", ");
            prose_add(&left_out, "%s (%s)", database->name ? database->name : "?", why);
        }
    }
    if (skipped > 10)
        prose_add(&left_out, " and %zu more", skipped - 10);
    if (jobs) {
        prose_separate(&left_out, ", ");
        prose_add(&left_out, "the job steps of msdb (%s)", jobs);
    }
    return arena_format(assessment->arena, "searched: %zu database%s; left out: %s", searched,
                        searched == 1 ? "" : "s", left_out.length ? prose_text(&left_out) : "none");
}

/* ---- the order of work ----------------------------------------------------------------------------- */

static int compare_findings(const void *a, const void *b)
{
    const struct finding *left = *(struct finding *const *)a, *right = *(struct finding *const *)b;
    if (left->severity != right->severity)
        return left->severity < right->severity ? -1 : 1;
    int order = compare_texts(left->rule, right->rule);
    order = order ? order : compare_texts(left->instance, right->instance);
    order = order ? order : compare_texts(left->link, right->link);
    order = order ? order : compare_texts(left->endpoint, right->endpoint);
    return order ? order : compare_texts(left->evidence, right->evidence);
}

static void sort_findings(struct assessment *assessment)
{
    struct audit *audit = assessment->audit;
    size_t count = audit->findings.count, i = 0;
    struct finding **sorted = arena_alloc(assessment->arena, (count + 1) * sizeof(*sorted));
    list_each (struct finding, finding, &audit->findings)
        sorted[i++] = finding;
    qsort(sorted, count, sizeof(*sorted), compare_findings);
    audit->findings.first = audit->findings.last = NULL;
    audit->findings.count = 0;
    for (i = 0; i < count; i++)
        list_append(&audit->findings, sorted[i]);
}

/* What is found at an audited instance by a name that links use. */
struct told {
    const char *rule, *instance;
};

static int compare_told(const void *a, const void *b)
{
    const struct told *left = a, *right = b;
    int order = strcmp(left->rule, right->rule);
    return order ? order : strcmp(left->instance, right->instance);
}

/* The place of a finding that is about an audited instance's endpoint alone, or NULL. */
static const struct endpoint_place *told_at(const struct assessment *assessment,
                                            const struct finding *finding)
{
    const struct endpoint_place *place =
        finding->instance ? NULL : endpoint_place_of(assessment, finding->endpoint);
    return place && place->target ? place : NULL;
}

/* One instance may be an endpoint by several names: what is found at one that no link uses, and at one that
 * links do use, is told once. */
static void drop_repeated(struct assessment *assessment)
{
    struct audit *audit = assessment->audit;
    struct told *told = arena_alloc(assessment->arena, (audit->findings.count + 1) * sizeof(*told));
    size_t count = 0;
    list_each (struct finding, finding, &audit->findings) {
        const struct endpoint_place *place = told_at(assessment, finding);
        if (place && place->link_count)
            told[count++] = (struct told){finding->rule, place->target->name};
    }
    qsort(told, count, sizeof(*told), compare_told);
    struct finding *finding = audit->findings.first, *next;
    audit->findings.first = audit->findings.last = NULL;
    audit->findings.count = 0;
    for (; finding; finding = next) {
        next = finding->next;
        const struct endpoint_place *place = told_at(assessment, finding);
        struct told wanted = {finding->rule, place ? place->target->name : NULL};
        if (place && !place->link_count && count &&
            bsearch(&wanted, told, count, sizeof(*told), compare_told))
            continue;
        list_append(&audit->findings, finding);
    }
}

void assess(struct arena *arena, struct audit *audit, const struct policy *policy)
{
    struct assessment assessment = {
        .arena = arena, .audit = audit, .policy = policy ? policy : policy_new(arena), .now = audit->started};
    audit->findings.first = audit->findings.last = NULL;
    audit->findings.count = 0;
    assessment.instances_by_name = instance_index_new(arena, audit);
    index_endpoints(&assessment);
    index_links(&assessment);
    index_instances(&assessment);
    count_certificates(&assessment);
    for (size_t i = 0; i < rule_count; i++) {
        const struct rule_setting *setting = policy_rule(assessment.policy, rules[i].id);
        assessment.rule = &rules[i];
        if (rules[i].check == check_a03) {
            drop_repeated(&assessment);
            apply_waivers(&assessment);
        }
        if (!setting || !setting->disabled)
            rules[i].check(&assessment);
    }
    sort_findings(&assessment);
    answer_compliance(&assessment);
}
