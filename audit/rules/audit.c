#include "audit/rules/assessment.h"

#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/view.h"

#include <string.h>

/* The next word of a list separated by blanks; NULL at its end. */
static const char *next_word(const char **list, size_t *length)
{
    *list += strspn(*list, " ");
    const char *word = *list;
    *length = strcspn(word, " ");
    *list += *length;
    return *length ? word : NULL;
}

static bool has_word(const char *list, const char *word, size_t length)
{
    size_t other;
    for (const char *at; list && (at = next_word(&list, &other));)
        if (other == length && strncmp(at, word, length) == 0)
            return true;
    return false;
}

/* A right held on the server counts in each database. */
static bool same_database(const struct visibility *missing, const struct visibility *held)
{
    return !held->database || (missing->database && strcmp(missing->database, held->database) == 0);
}

/* Express, SQL Edge, Azure SQL Database and Synapse have no Agent; Linux and Azure's services have no
 * registry. */
static bool has_not(const struct instance *instance, const char *word, size_t length)
{
    int64_t edition = instance->engine_edition.known ? instance->engine_edition.value : 0;
    if (has_word("job-steps", word, length))
        return edition == 4 || edition == 5 || edition == 6 || edition == 9 || edition == 11;
    return has_word("registry", word, length) &&
           (instance_is_linux(instance) || !instance_is_installed(instance));
}

/* What the absence of one right hides, another that is held may show; sysadmin shows everything. What the
 * instance has not is not hidden. */
static bool is_shown(const struct instance *instance, const struct visibility *missing, const char *word,
                     size_t length)
{
    if (permission_held(instance, "sysadmin") == TERNARY_TRUE ||
        permission_held(instance, "CONTROL SERVER") == TERNARY_TRUE || has_not(instance, word, length))
        return true;
    list_each (struct visibility, visibility, &instance->visibilities)
        if (visibility->granted == TERNARY_TRUE && same_database(missing, visibility) &&
            has_word(visibility->hides, word, length))
            return true;
    return false;
}

bool may_hide(const struct instance *instance, const char *what)
{
    size_t length = strlen(what);
    list_each (struct visibility, visibility, &instance->visibilities)
        if (visibility->granted == TERNARY_FALSE && !visibility->database &&
            has_word(visibility->hides, what, length) && !is_shown(instance, visibility, what, length))
            return true;
    return false;
}

static void add_hidden(struct assessment *a, const struct instance *instance,
                       const struct visibility *missing, struct prose *prose)
{
    struct prose words = prose_new(a->arena);
    size_t length;
    const char *list = missing->hides;
    for (const char *word; list && (word = next_word(&list, &length));)
        if (!is_shown(instance, missing, word, length)) {
            prose_separate(&words, " ");
            prose_add(&words, "%.*s", (int)length, word);
        }
    if (!words.length)
        return;
    prose_separate(prose, "; ");
    prose_add(prose, "without %s%s%s: %s", missing->permission, missing->database ? " in " : "",
              missing->database ? missing->database : "", prose_text(&words));
}

void check_a01(struct assessment *a)
{
    list_each (struct instance, instance, &a->audit->instances) {
        struct prose prose = prose_new(a->arena);
        list_each (struct visibility, visibility, &instance->visibilities)
            if (visibility->granted == TERNARY_FALSE)
                add_hidden(a, instance, visibility, &prose);
        list_each (struct not_readable, entry, &instance->not_readables) {
            prose_separate(&prose, "; ");
            prose_add(&prose, "%s%s%s not readable: %s", entry->what ? entry->what : "?",
                      entry->database ? " in " : "", entry->database ? entry->database : "",
                      entry->reason ? entry->reason : "?");
        }
        if (prose.length)
            report(a, (struct subject){.instance = instance}, prose_text(&prose));
    }
}

static const struct endpoint *endpoint_of(const struct assessment *a, const char *id)
{
    const struct endpoint_place *place = endpoint_place_of(a, id);
    return place ? place->endpoint : NULL;
}

/* What the probe of the same address says. */
static char *probe_of(struct assessment *a, const struct instance *instance)
{
    const struct endpoint *endpoint = endpoint_of(a, instance->endpoint);
    const struct diagnosis *diagnosis = endpoint ? endpoint->diagnosis : NULL;
    return diagnosis ? arena_format(a->arena, "; its endpoint from the audit host: %s",
                                    name_of(&cause_names, (int)diagnosis->cause))
                     : arena_text(a->arena, "");
}

void check_a02(struct assessment *a)
{
    list_each (struct instance, instance, &a->audit->instances) {
        if (instance->status == INSTANCE_AUDITED)
            continue;
        const struct failure *failure = instance->failure;
        const char *phase = failure ? name_of(&failure_phase_names, (int)failure->phase) : NULL;
        const char *text = failure && failure->messages.first ? failure->messages.first->text : NULL;
        const char *status = name_of(&instance_status_names, (int)instance->status);
        report_as(a, instance->status == INSTANCE_PARTIAL ? SEVERITY_MEDIUM : a->rule->severity,
                  (struct subject){.instance = instance},
                  arena_format(a->arena, "%s%s%s%s%s%s", status ? status : "not audited",
                               phase ? ", at " : "", phase ? phase : "", text ? ": " : "", text ? text : "",
                               probe_of(a, instance)));
    }
}

/* ---- waivers --------------------------------------------------------------------------------------- */

/* A pattern that is not given stands for all, also for a finding that has no instance or link. */
static bool waiver_is_for(const struct assessment *a, const struct waiver *waiver,
                          const struct finding *finding)
{
    if (!policy_matches(waiver->rule, finding->rule) ||
        (waiver->instance && !policy_matches(waiver->instance, finding->instance)) ||
        (waiver->link && !policy_matches(waiver->link, finding->link)))
        return false;
    if (!waiver->endpoint)
        return true;
    const struct endpoint *endpoint = endpoint_of(a, finding->endpoint);
    return endpoint && ((endpoint->host && policy_matches(waiver->endpoint, endpoint->host)) ||
                        (endpoint->key && policy_matches(waiver->endpoint, endpoint->key)));
}

static bool is_expired(const struct assessment *a, const struct waiver *waiver)
{
    return waiver->expires.known && a->now.known && a->now.value >= waiver->expires.value + 86400;
}

bool is_waived(const struct assessment *a, const struct finding *finding)
{
    list_each (struct waiver, waiver, &a->policy->waivers)
        if (waiver_is_for(a, waiver, finding) && !is_expired(a, waiver))
            return true;
    return false;
}

static void waive(struct assessment *a, const struct waiver *waiver, struct finding *finding)
{
    finding->waived = TERNARY_TRUE;
    finding->waiver =
        arena_format(a->arena, "%s: %s, until %s", waiver->owner ? waiver->owner : "no owner",
                     waiver->reason ? waiver->reason : "no reason", date_text(a->arena, waiver->expires));
}

static void report_waiver(struct assessment *a, const struct waiver *waiver, const char *what)
{
    report(a, (struct subject){0},
           arena_format(a->arena, "waiver %s%s%s%s (rule %s, instance %s, link %s) %s",
                        waiver->name ? waiver->name : "?", waiver->place ? " (" : "",
                        waiver->place ? waiver->place : "", waiver->place ? ")" : "",
                        waiver->rule ? waiver->rule : "*", waiver->instance ? waiver->instance : "*",
                        waiver->link ? waiver->link : "*", what));
}

void apply_waivers(struct assessment *a)
{
    size_t i = 0;
    a->waiver_matched = arena_alloc(a->arena, a->policy->waivers.count + 1);
    list_each (struct waiver, waiver, &a->policy->waivers) {
        list_each (struct finding, finding, &a->audit->findings) {
            if (!waiver_is_for(a, waiver, finding))
                continue;
            a->waiver_matched[i] = true;
            if (!is_expired(a, waiver))
                waive(a, waiver, finding);
        }
        i++;
    }
}

static bool approves_a_link(const struct assessment *a, const struct approved_link *entry)
{
    each_place (a, place)
        if (policy_matches(entry->instance, place->instance->name) &&
            policy_matches(entry->link, place->link->name))
            return true;
    return false;
}

static void report_approvals(struct assessment *a)
{
    list_each (struct approved_link, entry, &a->policy->approved)
        if (!approves_a_link(a, entry))
            report(a, (struct subject){0},
                   arena_format(a->arena, "approved entry %s (instance %s, link %s) matches no link",
                                entry->name ? entry->name : "?", entry->instance ? entry->instance : "*",
                                entry->link ? entry->link : "*"));
}

/* An environment that no instance is tagged with makes S09 silent about what it was written for. */
static void report_environments(struct assessment *a)
{
    const char *tag = a->policy->environments;
    while (tag && *tag) {
        size_t length = strcspn(tag, TAG_SEPARATORS);
        bool used = length == 0;
        list_each (struct instance, instance, &a->audit->instances)
            used = used || tags_hold(instance->tags, tag, length);
        if (!used)
            report(a, (struct subject){0},
                   arena_format(a->arena, "environment %.*s is a tag of no instance", (int)length, tag));
        tag += length + (tag[length] != '\0');
    }
}

/* A run limited by --only has not seen what its waivers are for. */
void check_a03(struct assessment *a)
{
    size_t i = 0;
    list_each (struct waiver, waiver, &a->policy->waivers) {
        if (is_expired(a, waiver))
            report_waiver(a, waiver,
                          arena_format(a->arena, "expired on %s", date_text(a->arena, waiver->expires)));
        else if (!a->waiver_matched[i] && a->audit->scopes.count == 0)
            report_waiver(a, waiver, "matches no finding");
        i++;
    }
    if (a->audit->scopes.count == 0) {
        report_approvals(a);
        report_environments(a);
    }
}
