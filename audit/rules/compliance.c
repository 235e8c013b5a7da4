/* Answers to rules of the DISA STIG for SQL Server, 2022 and 2016 Instance. "Not assessable" is an answer: it
 * says what was not seen. */
#include "audit/rules/assessment.h"

#include "audit/diagnosis/lifecycle.h"
#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/version.h"
#include "audit/diagnosis/view.h"
#include "audit/model/properties.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct answer {
    enum compliance_result result;
    char *evidence; /* query, raw value, permission held */
};

static struct answer answer(enum compliance_result result, char *evidence)
{
    return (struct answer){result, evidence};
}

static const char *held(const struct instance *instance, const char *permission)
{
    static const char *const words[] = {"not asked", "not held", "held"};
    return words[permission_held(instance, permission)];
}

static bool was_audited(const struct instance *instance)
{
    return instance->status == INSTANCE_AUDITED || instance->status == INSTANCE_PARTIAL;
}

static int compare_names(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)(*(const struct finding *const *)a)->instance;
    uintptr_t right = (uintptr_t)(*(const struct finding *const *)b)->instance;
    return left < right ? -1 : left > right;
}

static struct findings_by_instance sort_by_instance(const struct assessment *a)
{
    struct findings_by_instance sorted = {
        arena_alloc(a->arena, (a->audit->findings.count + 1) * sizeof(*sorted.list)), 0};
    list_each (struct finding, finding, &a->audit->findings)
        if (finding->instance && finding->waived != TERNARY_TRUE)
            sorted.list[sorted.count++] = finding;
    qsort(sorted.list, sorted.count, sizeof(*sorted.list), compare_names);
    return sorted;
}

/* A finding of a rule for this instance; waived ones do not count. */
static const struct finding *finding_of(const struct findings_by_instance *sorted, const char *rule,
                                        const struct instance *instance)
{
    size_t low = 0, high = sorted->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((uintptr_t)sorted->list[middle]->instance < (uintptr_t)instance->name)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < sorted->count && sorted->list[low]->instance == instance->name; low++)
        if (strcmp(sorted->list[low]->rule, rule) == 0)
            return sorted->list[low];
    return NULL;
}

static struct answer linked_servers(struct assessment *a, const struct instance *instance)
{
    static const char *const rules_read[] = {"S07", "S02", "S01", "S08"};
    char *query =
        arena_format(a->arena, "sys.servers and sys.linked_logins: %zu rows; ALTER ANY LINKED SERVER %s",
                     instance->linked_servers.count, held(instance, "ALTER ANY LINKED SERVER"));
    for (size_t i = 0; i < sizeof(rules_read) / sizeof(rules_read[0]); i++) {
        const struct finding *finding = finding_of(&a->by_instance, rules_read[i], instance);
        if (finding)
            return answer(COMPLIANCE_FAIL, arena_format(a->arena, "%s; %s %s%s%s", query, finding->rule,
                                                        finding->link ? finding->link : "",
                                                        finding->link ? ": " : "", finding->evidence));
    }
    if (instance->linked_servers.count == 0 &&
        (permission_held(instance, "ALTER ANY LINKED SERVER") == TERNARY_TRUE ||
         permission_held(instance, "sysadmin") == TERNARY_TRUE))
        return answer(COMPLIANCE_PASS, query);
    if (a->policy->approved.count == 0)
        return answer(COMPLIANCE_NOT_ASSESSABLE,
                      arena_format(a->arena, "%s; the policy has no approved list", query));
    if (permission_held(instance, "ALTER ANY LINKED SERVER") != TERNARY_TRUE &&
        permission_held(instance, "ALTER ANY LOGIN") != TERNARY_TRUE &&
        permission_held(instance, "setupadmin") != TERNARY_TRUE &&
        permission_held(instance, "sysadmin") != TERNARY_TRUE)
        return answer(COMPLIANCE_NOT_ASSESSABLE,
                      arena_format(a->arena, "%s; there may be links that this login cannot see", query));
    return answer(COMPLIANCE_PASS, arena_format(a->arena, "%s; all are on the approved list", query));
}

static struct answer remote_access(struct assessment *a, const struct instance *instance)
{
    struct number value = instance_property_number(instance, PROPERTY_REMOTE_ACCESS);
    if (!value.known)
        return answer(COMPLIANCE_NOT_ASSESSABLE,
                      arena_text(a->arena, "sys.configurations 'remote access': not read"));
    return answer(value.value ? COMPLIANCE_FAIL : COMPLIANCE_PASS,
                  arena_format(a->arena,
                               "sys.configurations 'remote access': value_in_use = %lld (public may read it)",
                               (long long)value.value));
}

static const struct endpoint *endpoint_of(const struct assessment *a, const struct instance *instance)
{
    each_endpoint (a, place)
        if (instance->endpoint ? strcmp(place->endpoint->id, instance->endpoint) == 0
                               : place->target == instance)
            return place->endpoint;
    return NULL;
}

/* The probe proves that an old version is accepted; that none is, only the registry of the machine decides.
 */
static struct answer tls_versions(struct assessment *a, const struct instance *instance)
{
    const struct endpoint *endpoint = endpoint_of(a, instance);
    struct prose seen = prose_new(a->arena);
    bool old = false;
    if (endpoint)
        list_each (struct tls, tls, &endpoint->tls) {
            prose_separate(&seen, ", ");
            prose_add(&seen, "%s %s", name_of(&tls_version_names, (int)tls->protocol),
                      name_of(&tls_outcome_names, (int)tls->outcome));
            old = old || (tls->outcome == TLS_ACCEPTED && tls->protocol < TLS_1_2);
        }
    if (!seen.length)
        return answer(COMPLIANCE_NOT_ASSESSABLE, arena_text(a->arena, "no TLS version was tried"));
    return answer(old ? COMPLIANCE_FAIL : COMPLIANCE_NOT_ASSESSABLE,
                  arena_format(a->arena, "handshakes from the audit host: %s%s", prose_text(&seen),
                               old ? "" : "; the Schannel settings of the machine decide"));
}

static struct answer passwords_in_transit(struct assessment *a, const struct instance *instance)
{
    const struct endpoint *endpoint = endpoint_of(a, instance);
    enum encryption encryption = endpoint && endpoint->prelogin ? endpoint->prelogin->encryption : 0;
    const char *name = name_of(&encryption_names, (int)encryption);
    if (!name)
        return answer(COMPLIANCE_NOT_ASSESSABLE, arena_text(a->arena, "PRELOGIN was not answered"));
    char *text = arena_format(
        a->arena, "PRELOGIN: encryption %s (the login packet is encrypted unless not-supported)", name);
    return answer(encryption == ENCRYPTION_NOT_SUPPORTED ? COMPLIANCE_FAIL
                  : encryption == ENCRYPTION_REQUIRED || encryption == ENCRYPTION_ON
                      ? COMPLIANCE_PASS
                      : COMPLIANCE_NOT_ASSESSABLE,
                  text);
}

static struct answer protocols(struct assessment *a, const struct instance *instance)
{
    const char *pipes = instance_property(instance, PROPERTY_PIPES_ENABLED);
    if (!pipes)
        return answer(
            COMPLIANCE_NOT_ASSESSABLE,
            arena_format(a->arena,
                         "sys.dm_server_registry (SuperSocketNetLib): not readable; VIEW SERVER STATE %s",
                         held(instance, "VIEW SERVER STATE")));
    return answer(
        strcmp(pipes, "0") == 0 ? COMPLIANCE_PASS : COMPLIANCE_NOT_ASSESSABLE,
        arena_format(a->arena, "sys.dm_server_registry: named pipes Enabled = %s%s", pipes,
                     strcmp(pipes, "0") == 0 ? "" : "; whether they are needed is the site's decision"));
}

static struct answer ports(struct assessment *a, const struct instance *instance)
{
    struct prose seen = prose_new(a->arena);
    list_each (struct property, property, &instance->properties)
        if (strcmp(property->name, PROPERTY_LISTENER) == 0 && property->value) {
            prose_separate(&seen, ", ");
            prose_put(&seen, property->value);
        }
    return answer(
        COMPLIANCE_NOT_ASSESSABLE,
        arena_format(
            a->arena,
            "sys.dm_tcp_listener_states: %s; whether these ports are approved is the site's decision",
            seen.length ? prose_text(&seen) : "not readable"));
}

static struct answer authentication(struct assessment *a, const struct instance *instance)
{
    const char *scheme = instance_property(instance, PROPERTY_AUTH_SCHEME);
    return answer(
        COMPLIANCE_NOT_ASSESSABLE,
        arena_format(
            a->arena,
            "CONNECTIONPROPERTY('auth_scheme') of the audit's own session: %s; other sessions may differ",
            scheme ? scheme : "not read"));
}

static struct answer supported_version(struct assessment *a, const struct instance *instance)
{
    const struct servicing_level *level = lifecycle_level_of(instance->server_version);
    if (!level || instance_is_azure(instance) || !a->now.known)
        return answer(
            COMPLIANCE_NOT_ASSESSABLE,
            arena_format(a->arena,
                         "SERVERPROPERTY('ProductVersion') = %s: no build of a release with a lifecycle",
                         instance->server_version ? instance->server_version : "not read"));
    bool over = !*level->supported_until || a->now.value >= lifecycle_end(level).value;
    return answer(over ? COMPLIANCE_FAIL : COMPLIANCE_PASS,
                  arena_format(a->arena,
                               "SERVERPROPERTY('ProductVersion') = %s: SQL Server %s %s, supported until %s",
                               instance->server_version, level->release, level->level,
                               *level->supported_until ? level->supported_until : "never"));
}

static struct answer updates(struct assessment *a, const struct instance *instance)
{
    const struct servicing_branch *branch = lifecycle_branch_of(instance->server_version);
    const char *version = instance->server_version ? instance->server_version : "not read";
    if (instance_is_azure(instance) || !branch) {
        bool old = !instance_is_azure(instance) && lifecycle_level_of(instance->server_version);
        return answer(old ? COMPLIANCE_FAIL : COMPLIANCE_NOT_ASSESSABLE,
                      arena_format(a->arena, "SERVERPROPERTY('ProductVersion') = %s: %s", version,
                                   old ? "its servicing branch receives no updates any more"
                                       : "no build of a known branch"));
    }
    struct version newest = version_of(branch->newest), own = version_of(instance->server_version);
    own.part[3] = 0; /* the table has three parts */
    int order = version_compare(own, newest);
    /* A build newer than the table is at least as new as what the table knows. */
    return answer(
        order < 0 ? COMPLIANCE_FAIL : COMPLIANCE_PASS,
        arena_format(a->arena,
                     "SERVERPROPERTY('ProductVersion') = %s; newest of SQL Server %s %s known on %s: %s (%s)",
                     version, branch->release, branch->branch, LIFECYCLE_AS_OF, branch->newest,
                     branch->released));
}

/* Titles in our words; the severities are the guides' own. */
static const struct {
    const char *rule;      /* 2022 Instance */
    const char *rule_2016; /* 2016 Instance; NULL: there is none */
    const char *category;
    const char *title;
    struct answer (*ask)(struct assessment *, const struct instance *);
} questions[] = {
    {"V-271299", "V-213960", "CAT II", "Linked servers are disabled or restricted unless they are approved",
     linked_servers},
    {"V-271298", "V-214037", "CAT II", "The option remote access is off", remote_access},
    {"V-271310", "V-213967", "CAT I", "Only approved versions of TLS are accepted", tls_versions},
    {"V-271309", "V-213966", "CAT I", "Passwords are encrypted on the wire", passwords_in_transit},
    {"V-271304", "V-213961", "CAT II", "Only the network protocols that are needed are enabled", protocols},
    {"V-271303", NULL, "CAT II", "Only approved ports are used", ports},
    {"V-271264", "V-213931", "CAT II", "The strongest authentication that is available is used",
     authentication},
    {"V-271365", "V-265870", "CAT I", "The version is supported by its vendor", supported_version},
    {"V-271364", "V-213994", "CAT II", "Security updates are installed", updates},
};

/* The 2022 guide is for 2022 and newer, the 2016 guide for what is older. */
static const char *rule_for(size_t question, const struct instance *instance)
{
    bool older = version_of(instance->server_version).part[0] < 16;
    return older && questions[question].rule_2016 ? questions[question].rule_2016 : questions[question].rule;
}

void answer_compliance(struct assessment *a)
{
    struct audit *audit = a->audit;
    a->by_instance = sort_by_instance(a);
    audit->compliance.first = audit->compliance.last = NULL;
    audit->compliance.count = 0;
    list_each (struct instance, instance, &audit->instances)
        for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
            struct compliance_answer *entry = arena_alloc(a->arena, sizeof(*entry));
            struct answer given =
                was_audited(instance)
                    ? questions[i].ask(a, instance)
                    : answer(COMPLIANCE_NOT_ASSESSABLE, arena_text(a->arena, "the instance was not audited"));
            entry->rule = (char *)rule_for(i, instance);
            entry->title = (char *)questions[i].title;
            entry->category = (char *)questions[i].category;
            entry->instance = instance->name;
            entry->result = given.result;
            entry->evidence = given.evidence;
            list_append(&audit->compliance, entry);
        }
}
