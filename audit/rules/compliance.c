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

#define MAJOR_2016 13
#define MAJOR_2022 16
#define TABLE_DAYS 35 /* a table of newest builds that is older says nothing about the month's updates */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

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

/* What the answer on linked servers is made of: a link that nobody approved, and one that reaches sysadmin,
 * fail. That every login is mapped is for the site to decide. */
static const char *const of_linked_servers[] = {"S07", "S02", "S08", "S01"};
#define FAILING 3 /* the first of them */

/* "S02 LINK: evidence; …", of the rules from `first` up to `end`; waived findings do not count. */
static struct prose findings_of_rules(const struct assessment *a, const struct instance *instance,
                                      size_t first, size_t end, size_t *count)
{
    struct finding_range range = findings_of_instance(a->index, instance->name);
    struct prose listed = prose_new(a->arena);
    *count = 0;
    for (size_t rule = first; rule < end; rule++)
        for (size_t i = 0; i < range.count; i++) {
            const struct finding *finding = range.first[i];
            if (finding->waived == TERNARY_TRUE || strcmp(finding->rule, of_linked_servers[rule]) != 0)
                continue;
            prose_separate(&listed, "; ");
            prose_add(&listed, "%s %s%s%s", finding->rule, finding->link ? finding->link : "",
                      finding->link ? ": " : "", finding->evidence);
            ++*count;
        }
    return listed;
}

/* Why the findings alone do not answer: what was not read, not seen or not asked. NULL: they do. */
static char *linked_servers_obstacle(struct assessment *a, const struct instance *instance)
{
    for (size_t i = 0; i < COUNT(of_linked_servers); i++) {
        const struct rule_setting *setting = policy_rule(a->policy, of_linked_servers[i]);
        if (setting && setting->disabled)
            return arena_format(a->arena, "the policy disables %s", of_linked_servers[i]);
    }
    list_each (struct not_readable, entry, &instance->not_readables)
        if (entry->what && (strcmp(entry->what, "servers") == 0 || strcmp(entry->what, "linked_logins") == 0))
            return arena_format(a->arena, "sys.%s was not readable", entry->what);
    if (permission_held(instance, "ALTER ANY LINKED SERVER") != TERNARY_TRUE &&
        permission_held(instance, "ALTER ANY LOGIN") != TERNARY_TRUE &&
        permission_held(instance, "setupadmin") != TERNARY_TRUE &&
        permission_held(instance, "sysadmin") != TERNARY_TRUE)
        return arena_text(a->arena, "there may be links that this login cannot see");
    return instance->linked_servers.count && a->policy->approved.count == 0
               ? arena_text(a->arena, "the policy has no approved list")
               : NULL;
}

/* Accepted by somebody: no failure, and to be told. */
static char *waivers_of_linked_servers(struct assessment *a, const struct instance *instance)
{
    struct finding_range range = findings_of_instance(a->index, instance->name);
    struct prose waived = prose_new(a->arena);
    for (size_t i = 0; i < range.count; i++)
        for (size_t rule = 0; rule < COUNT(of_linked_servers); rule++)
            if (range.first[i]->waived == TERNARY_TRUE &&
                strcmp(range.first[i]->rule, of_linked_servers[rule]) == 0)
                prose_add(&waived, "%s%s %s",
                          waived.length ? ", " : "; waived in the policy: ", range.first[i]->rule,
                          range.first[i]->link ? range.first[i]->link : "");
    return prose_text(&waived);
}

/* "L (over B/M)": its links that begin a chain to sysadmin, whose finding (S08) is about the last link. */
static struct prose chains_of(const struct assessment *a, const struct instance *instance)
{
    const struct instance_place *at = instance_place_of(a, instance);
    struct prose listed = prose_new(a->arena);
    for (const struct link_place *place = at->places; place < at->places + at->count; place++)
        if (place->chain_end && place->chain_end != place) {
            prose_separate(&listed, ", ");
            prose_add(&listed, "%s (over %s/%s)", place->link->name, place->chain_end->instance->name,
                      place->chain_end->link->name);
        }
    return listed;
}

/* What fails by itself; NULL: nothing. */
static char *failures_of(const struct assessment *a, const struct instance *instance)
{
    size_t count;
    struct prose found = findings_of_rules(a, instance, 0, FAILING, &count);
    struct prose chains = chains_of(a, instance);
    struct prose failures = prose_new(a->arena);
    if (count)
        prose_add(&failures, "%zu finding%s: %s", count, count == 1 ? "" : "s", prose_text(&found));
    if (count && chains.length)
        prose_put(&failures, "; ");
    if (chains.length)
        prose_add(&failures, "chains to sysadmin begin with %s", prose_text(&chains));
    return failures.length ? prose_text(&failures) : NULL;
}

static struct answer linked_servers(struct assessment *a, const struct instance *instance)
{
    size_t links = instance->linked_servers.count, open;
    char *query = arena_format(
        a->arena, "sys.servers and sys.linked_logins: %zu linked server%s; ALTER ANY LINKED SERVER %s", links,
        links == 1 ? "" : "s", held(instance, "ALTER ANY LINKED SERVER"));
    char *failures = failures_of(a, instance);
    struct prose for_the_site = findings_of_rules(a, instance, FAILING, COUNT(of_linked_servers), &open);
    if (failures)
        return answer(COMPLIANCE_FAIL, arena_format(a->arena, "%s; %s", query, failures));
    char *obstacle = linked_servers_obstacle(a, instance);
    if (open) {
        return answer(
            COMPLIANCE_NOT_ASSESSABLE,
            arena_format(a->arena, "%s%s%s; whether every login may use a link is the site's decision: %s",
                         query, obstacle ? "; " : "", obstacle ? obstacle : "", prose_text(&for_the_site)));
    }
    if (obstacle)
        return answer(COMPLIANCE_NOT_ASSESSABLE, arena_format(a->arena, "%s; %s", query, obstacle));
    if (instance->linked_servers.count == 0)
        return answer(COMPLIANCE_PASS, query);
    return answer(COMPLIANCE_PASS,
                  arena_format(a->arena,
                               "%s; no link is off the approved list and no mapping reaches sysadmin%s",
                               query, waivers_of_linked_servers(a, instance)));
}

static struct answer remote_access(struct assessment *a, const struct instance *instance)
{
    struct number value = instance_property_number(instance, PROPERTY_REMOTE_ACCESS);
    if (!value.known)
        return answer(
            COMPLIANCE_NOT_ASSESSABLE,
            arena_text(a->arena, "sys.configurations 'remote access': not read (public may read it)"));
    return answer(value.value ? COMPLIANCE_FAIL : COMPLIANCE_PASS,
                  arena_format(a->arena,
                               "sys.configurations 'remote access': value_in_use = %lld (public may read it)",
                               (long long)value.value));
}

static const struct endpoint *endpoint_of(const struct assessment *a, const struct instance *instance)
{
    if (instance->endpoint) {
        const struct endpoint_place *own = endpoint_place_of(a, instance->endpoint);
        return own ? own->endpoint : NULL;
    }
    each_endpoint (a, place)
        if (place->target == instance)
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
                  arena_format(a->arena, "handshakes from the audit host (no permission needed): %s%s",
                               prose_text(&seen),
                               old ? "" : "; the Schannel settings of the machine decide, not read here"));
}

/* The own certificate of the endpoint's server, or NULL. */
static const struct certificate *certificate_of(const struct assessment *a, const struct endpoint *endpoint)
{
    return endpoint ? view_of(a->arena, NULL, NULL, endpoint).certificate : NULL;
}

/* That the login packet is encrypted proves little while anyone may stand in between: what forces encryption
 * and has a certificate that clients can trust passes. */
static struct answer passwords_in_transit(struct assessment *a, const struct instance *instance)
{
    const struct endpoint *endpoint = endpoint_of(a, instance);
    const struct prelogin *prelogin = endpoint ? endpoint->prelogin : NULL;
    bool strict = endpoint && endpoint->strict && endpoint->strict->outcome == STRICT_YES &&
                  (!prelogin || prelogin->outcome != PRELOGIN_OK);
    enum encryption encryption = prelogin && prelogin->outcome == PRELOGIN_OK ? prelogin->encryption : 0;
    const char *name = strict ? "strict (TDS 8.0) only" : name_of(&encryption_names, (int)encryption);
    if (!name)
        return answer(COMPLIANCE_NOT_ASSESSABLE, arena_text(a->arena, "PRELOGIN was not answered"));
    const struct certificate *certificate = certificate_of(a, endpoint);
    const char *fault = certificate_fault(certificate, endpoint->probed);
    bool trusted = certificate && !fault && certificate->trusted == TERNARY_TRUE;
    bool forced = strict || encryption == ENCRYPTION_REQUIRED || encryption == ENCRYPTION_ON;
    char *text = arena_format(a->arena,
                              "PRELOGIN from the audit host (no permission needed): encryption %s (the login "
                              "packet is encrypted unless "
                              "not-supported); certificate: %s",
                              name,
                              !certificate ? "not seen"
                              : fault      ? fault
                              : trusted    ? "trusted by the audit host"
                                           : "trust not known");
    return answer(encryption == ENCRYPTION_NOT_SUPPORTED ? COMPLIANCE_FAIL
                  : forced && trusted                    ? COMPLIANCE_PASS
                                                         : COMPLIANCE_NOT_ASSESSABLE,
                  text);
}

/* sys.dm_server_registry and sys.dm_tcp_listener_states: the permission has another name from 2022 on. */
static char *state_permission(const struct assessment *a, const struct instance *instance, const char *newer)
{
    bool old = version_of(instance->server_version).part[0] < MAJOR_2022;
    const char *name = old ? "VIEW SERVER STATE" : newer;
    return arena_format(a->arena, "%s %s", name, held(instance, name));
}

static struct answer protocols(struct assessment *a, const struct instance *instance)
{
    static const struct {
        const char *name, *property;
    } kinds[] = {{"TCP/IP", PROPERTY_TCP_ENABLED},
                 {"named pipes", PROPERTY_PIPES_ENABLED},
                 {"shared memory", PROPERTY_SHARED_MEMORY_ENABLED}};
    const char *pipes = instance_property(instance, PROPERTY_PIPES_ENABLED);
    char *permission = state_permission(a, instance, "VIEW SERVER SECURITY STATE");
    struct prose seen = prose_new(a->arena);
    if (!pipes)
        return answer(COMPLIANCE_NOT_ASSESSABLE,
                      arena_format(a->arena, "sys.dm_server_registry (SuperSocketNetLib): not readable; %s",
                                   permission));
    for (size_t i = 0; i < COUNT(kinds); i++) {
        const char *value = instance_property(instance, kinds[i].property);
        prose_separate(&seen, ", ");
        prose_add(&seen, "%s Enabled = %s", kinds[i].name, value ? value : "not read");
    }
    return answer(
        strcmp(pipes, "0") == 0 ? COMPLIANCE_PASS : COMPLIANCE_NOT_ASSESSABLE,
        arena_format(a->arena, "sys.dm_server_registry (SuperSocketNetLib): %s; %s%s", prose_text(&seen),
                     permission,
                     strcmp(pipes, "0") == 0 ? "" : "; whether pipes are needed is the site's decision"));
}

static struct answer ports(struct assessment *a, const struct instance *instance)
{
    struct prose seen = prose_new(a->arena);
    list_each (struct property, property, &instance->properties)
        if (strcmp(property->name, PROPERTY_LISTENER) == 0 && property->value) {
            prose_separate(&seen, ", ");
            prose_put(&seen, property->value);
        }
    return answer(COMPLIANCE_NOT_ASSESSABLE,
                  arena_format(a->arena,
                               "sys.dm_tcp_listener_states: %s; %s; whether these ports are approved is the "
                               "site's decision",
                               seen.length ? prose_text(&seen) : "not readable",
                               state_permission(a, instance, "VIEW SERVER PERFORMANCE STATE")));
}

static struct answer authentication(struct assessment *a, const struct instance *instance)
{
    const char *scheme = instance_property(instance, PROPERTY_AUTH_SCHEME);
    return answer(COMPLIANCE_NOT_ASSESSABLE,
                  arena_format(a->arena,
                               "CONNECTIONPROPERTY('auth_scheme') of the audit's own session (no permission "
                               "needed): %s; other sessions "
                               "may differ",
                               scheme ? scheme : "not read"));
}

/* The guide of 2022 is for 2022 and newer, Azure, and what is not known; that of 2016 for what is older. */
static bool uses_guide_2016(const struct instance *instance)
{
    struct version version = version_of(instance->server_version);
    return version.known && version.part[0] < MAJOR_2022 && !instance_is_azure(instance);
}

static struct answer supported_version(struct assessment *a, const struct instance *instance)
{
    const struct servicing_level *level = lifecycle_level_of(instance->server_version);
    if (!level || !instance_is_installed(instance) || !a->now.known)
        return answer(
            COMPLIANCE_NOT_ASSESSABLE,
            arena_format(a->arena,
                         "SERVERPROPERTY('ProductVersion') = %s: no build of a release with a lifecycle",
                         instance->server_version ? instance->server_version : "not read"));
    bool over = !*level->supported_until || a->now.value >= lifecycle_end(level).value;
    return answer(over ? COMPLIANCE_FAIL : COMPLIANCE_PASS,
                  arena_format(a->arena,
                               "SERVERPROPERTY('ProductVersion') = %s (no permission needed): SQL Server %s "
                               "%s, supported until %s",
                               instance->server_version, level->release, level->level,
                               *level->supported_until ? level->supported_until : "never"));
}

static struct answer updates(struct assessment *a, const struct instance *instance)
{
    const struct servicing_branch *branch = lifecycle_branch_of(instance->server_version);
    const char *version = instance->server_version ? instance->server_version : "not read";
    if (!instance_is_installed(instance) || !branch) {
        bool old = instance_is_installed(instance) && lifecycle_level_of(instance->server_version);
        return answer(old ? COMPLIANCE_FAIL : COMPLIANCE_NOT_ASSESSABLE,
                      arena_format(a->arena, "SERVERPROPERTY('ProductVersion') = %s: %s", version,
                                   old ? "its servicing branch receives no updates any more"
                                       : "no build of a known branch"));
    }
    struct version newest = version_of(branch->newest), own = version_of(instance->server_version);
    own.part[3] = 0; /* the table has three parts */
    bool behind = version_compare(own, newest) < 0;
    /* Updates come monthly: what was the newest when the table was made proves nothing long after. */
    moment read = lifecycle_date(LIFECYCLE_AS_OF);
    bool stale = !a->now.known || a->now.value > read.value + TABLE_DAYS * 86400;
    return answer(behind  ? COMPLIANCE_FAIL
                  : stale ? COMPLIANCE_NOT_ASSESSABLE
                          : COMPLIANCE_PASS,
                  arena_format(a->arena,
                               "SERVERPROPERTY('ProductVersion') = %s (no permission needed); newest of SQL "
                               "Server %s %s known on "
                               "%s: %s (%s)%s",
                               version, branch->release, branch->branch, LIFECYCLE_AS_OF, branch->newest,
                               branch->released, !behind && stale ? "; newer ones may be out since" : ""));
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

static const struct {
    unsigned major;
    const char *name;
} releases[] = {{9, "2005"},  {10, "2008 or 2008 R2"}, {11, "2012"},
                {12, "2014"}, {MAJOR_2016, "2016"},    {14, "2017"},
                {15, "2019"}, {MAJOR_2022, "2022"},    {17, "2025"}};

/* "the guide for 2016 applied to 2014": there is one for every release only in name. NULL: the guide is the
 * release's own. */
static char *guide_of_another(struct assessment *a, const struct instance *instance)
{
    struct version version = version_of(instance->server_version);
    const char *guide = uses_guide_2016(instance) ? "2016" : "2022", *release = NULL;
    if (!instance_is_installed(instance))
        return arena_format(a->arena, "the guide for %s applied to %s", guide,
                            instance->product ? instance->product : "another product than SQL Server");
    for (size_t i = 0; i < COUNT(releases); i++)
        if (releases[i].major == version.part[0])
            release = releases[i].name;
    if (release && strcmp(release, guide) == 0)
        return NULL;
    return arena_format(a->arena, "the guide for %s applied to %s", guide,
                        release ? release : arena_format(a->arena, "version %s", instance->server_version));
}

/* NULL: the guide has no such rule. */
static const char *rule_for(size_t question, const struct instance *instance)
{
    return uses_guide_2016(instance) ? questions[question].rule_2016 : questions[question].rule;
}

static struct answer answer_to(struct assessment *a, size_t question, const struct instance *instance)
{
    if (!was_audited(instance))
        return answer(COMPLIANCE_NOT_ASSESSABLE, arena_text(a->arena, "the instance was not audited"));
    if (!version_of(instance->server_version).known)
        return answer(COMPLIANCE_NOT_ASSESSABLE,
                      arena_text(a->arena,
                                 "SERVERPROPERTY('ProductVersion') was not read: which guide is for "
                                 "the instance is not known"));
    struct answer given = questions[question].ask(a, instance);
    char *other = guide_of_another(a, instance);
    if (other)
        given.evidence = arena_format(a->arena, "%s; %s", given.evidence, other);
    return given;
}

static void add_answer(struct assessment *a, size_t question, const struct instance *instance)
{
    struct compliance_answer *entry = arena_alloc(a->arena, sizeof(*entry));
    struct answer given = answer_to(a, question, instance);
    entry->rule = (char *)rule_for(question, instance);
    entry->title = (char *)questions[question].title;
    entry->category = (char *)questions[question].category;
    entry->instance = instance->name;
    entry->result = given.result;
    entry->evidence = given.evidence;
    list_append(&a->audit->compliance, entry);
}

void answer_compliance(struct assessment *a)
{
    struct audit *audit = a->audit;
    a->index = finding_index_new(a->arena, audit);
    audit->compliance.first = audit->compliance.last = NULL;
    audit->compliance.count = 0;
    list_each (struct instance, instance, &audit->instances)
        for (size_t i = 0; i < COUNT(questions); i++)
            if (rule_for(i, instance))
                add_answer(a, i, instance);
}
