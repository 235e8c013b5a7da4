#include "audit/diagnosis/lifecycle.h"

#include "audit/model/same_text.h"
#include "audit/rules/assessment.h"

#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/tsql_quote.h"
#include "audit/diagnosis/version.h"
#include "audit/diagnosis/view.h"
#include "audit/model/properties.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- support --------------------------------------------------------------------------------------- */

/* NULL while supported, or where that is not known. */
static char *support_fault(struct assessment *a, const char *build)
{
    const struct servicing_level *level = lifecycle_level_of(build), *last = lifecycle_release_of(build);
    if (!level || !a->now.known)
        return NULL;
    if (!*level->supported_until)
        return arena_format(a->arena,
                            "build %s is a release candidate of SQL Server %s, which never was supported",
                            build, level->release);
    if (a->now.value < lifecycle_end(level).value)
        return NULL;
    char *text = arena_format(a->arena, "build %s, SQL Server %s %s: support of ", build, level->release,
                              level->level);
    if (a->now.value < lifecycle_end(last).value)
        return arena_format(a->arena, "%sthis level ended on %s; supported: %s", text, level->supported_until,
                            last->level);
    if (strcmp(level->supported_until, last->supported_until) == 0)
        return arena_format(a->arena, "%sthe release ended on %s", text, last->supported_until);
    return arena_format(a->arena, "%sthis level ended on %s, of the release on %s", text,
                        level->supported_until, last->supported_until);
}

void check_v01(struct assessment *a)
{
    list_each (struct instance, instance, &a->audit->instances) {
        char *fault = instance_is_installed(instance) ? support_fault(a, instance->server_version) : NULL;
        if (fault)
            report(a, (struct subject){.instance = instance}, fault);
    }
}

void check_v02(struct assessment *a)
{
    each_endpoint (a, place) {
        const char *build = place->endpoint->prelogin ? place->endpoint->prelogin->server_version : NULL;
        bool known_as_instance = place->target && place->target->server_version;
        if (!build || known_as_instance || place->endpoint->kind != ENDPOINT_SQLSERVER ||
            endpoint_may_be_azure(place->endpoint))
            continue;
        char *fault = support_fault(a, build);
        if (fault)
            report(a, (struct subject){.endpoint = place->endpoint},
                   arena_format(a->arena, "%s: %s; %s", endpoint_label(a, place->endpoint), fault,
                                links_behind(a, place, NULL)));
    }
}

/* ---- providers ------------------------------------------------------------------------------------- */

static const struct {
    const char *provider;
    unsigned until_major; /* on instances up to that one; 0: all */
    const char *text;
} old_providers[] = {
    {"SQLNCLI10", 0, "SQL Native Client 10 is out of support; MSOLEDBSQL replaces it"},
    {"SQLNCLI11", 0,
     "SQL Native Client 11 is out of support and not installed with SQL Server 2022 and newer; MSOLEDBSQL "
     "replaces it"},
    {"SQLNCLI", 14, "stored as SQLNCLI, which is SQL Native Client up to SQL Server 2017: out of support"},
    {"SQLOLEDB", 0,
     "the OLE DB provider of Windows for SQL Server is deprecated and speaks no TLS 1.2 on older systems"},
    {"MSDAORA", 0, "Microsoft's provider for Oracle was removed; Oracle's OraOLEDB.Oracle replaces it"},
    {"Microsoft.Jet.OLEDB.4.0", 0, "Jet is 32-bit only and deprecated; it cannot run in a 64-bit instance"},
};

static const char *old_provider(const struct link_place *place)
{
    unsigned major = version_of(place->instance->server_version).part[0];
    for (size_t i = 0; place->link->provider && i < sizeof(old_providers) / sizeof(old_providers[0]); i++)
        if (strcasecmp(old_providers[i].provider, place->link->provider) == 0 &&
            (!old_providers[i].until_major || (major && major <= old_providers[i].until_major)))
            return old_providers[i].text;
    return NULL;
}

void check_v03(struct assessment *a)
{
    each_place (a, place) {
        const char *text = place->link->linked == TERNARY_FALSE ? NULL : old_provider(place);
        if (text)
            report(a, subject_of_place(place), arena_format(a->arena, "%s: %s", place->link->provider, text));
    }
}

/* MSOLEDBSQL is whichever OLE DB Driver the instance's release comes with: MSOLEDBSQL19 on 2025. */
static bool provides(const char *registered, const char *provider)
{
    return strcasecmp(registered, provider) == 0 ||
           (strcasecmp(provider, "MSOLEDBSQL") == 0 && strncasecmp(registered, "MSOLEDBSQL", 10) == 0);
}

/* The engine resolves SQLNCLI and SQLOLEDB by itself: they need not be registered under that name. */
void check_v10(struct assessment *a)
{
    each_place (a, place) {
        const char *provider = place->link->provider;
        bool registered = !provider || !*provider || strcasecmp(provider, "SQLNCLI") == 0 ||
                          strcasecmp(provider, "SQLOLEDB") == 0 || place->link->linked == TERNARY_FALSE;
        if (place->instance->providers.count == 0)
            continue;
        list_each (struct provider, entry, &place->instance->providers)
            registered = registered || (entry->name && provides(entry->name, provider));
        if (!registered)
            report(a, subject_of_place(place),
                   arena_format(a->arena, "%s is none of the %zu providers registered on %s", provider,
                                place->instance->providers.count, place->instance->name));
    }
}

/* ---- names and builds ------------------------------------------------------------------------------ */

void check_v04(struct assessment *a)
{
    list_each (struct instance, instance, &a->audit->instances) {
        const char *old = instance->at_at_servername, *name = instance->server_name;
        if (!name || instance_name_is_given(instance) || (old && strcasecmp(old, name) == 0))
            continue;
        struct finding *finding = report(
            a, (struct subject){.instance = instance},
            old ? arena_format(a->arena, "@@SERVERNAME is %s, SERVERPROPERTY('ServerName') is %s", old, name)
                : arena_format(a->arena,
                               "@@SERVERNAME is NULL: there is no local server name; "
                               "SERVERPROPERTY('ServerName') is %s",
                               name));
        finding->remedy = arena_format(
            a->arena,
            "%s%s%sEXEC sys.sp_addserver %s, 'local';   on %s, and a restart; not while replication names "
            "the server",
            old ? "EXEC sys.sp_dropserver " : "", old ? quote_literal(a->arena, old) : "", old ? "; " : "",
            quote_literal(a->arena, name), instance->name);
    }
}

/* UID and User ID both in the provider string are Microsoft's documented way round. */
static bool has_both_user_keywords(const struct linked_server *link)
{
    struct provider_string string;
    provider_string_parse(PROVIDER_ODBC, link->provider_string, &string);
    bool both =
        provider_string_value(&string, KEYWORD_UID) && provider_string_value(&string, KEYWORD_USER_ID);
    provider_string_clear(&string);
    return both;
}

void check_v05(struct assessment *a)
{
    each_place (a, place) {
        const struct linked_server *link = place->link;
        bool affected = instance_is_managed(place->instance) ||
                        (instance_is_installed(place->instance) &&
                         lifecycle_msdasql_regression(place->instance->server_version));
        if (!affected || !link->provider || strcasecmp(link->provider, "MSDASQL") != 0 ||
            !link->provider_string || !*link->provider_string || has_both_user_keywords(link))
            continue;
        report(a, subject_of_place(place),
               arena_format(a->arena, "build %s, MSDASQL with a provider string without both UID and User ID",
                            place->instance->server_version));
    }
}

/* ---- SQL Server 2025 ------------------------------------------------------------------------------- */

void check_v06(struct assessment *a)
{
    each_place (a, place) {
        const struct readiness *readiness = place->link->readiness;
        if (!readiness || readiness->verdict != VERDICT_BREAKS)
            continue;
        bool now = version_of(place->instance->server_version).part[0] >= 17;
        struct finding *finding = report_as(a, now ? SEVERITY_HIGH : a->rule->severity,
                                            subject_of_place(place), arena_text(a->arena, readiness->reason));
        if (readiness->fix)
            finding->remedy = readiness->fix;
    }
}

/* How many links of an instance come to which verdict, and how many break at which target. */
struct tally {
    size_t verdicts[VERDICT_UNKNOWN + 1], links;
};

static void count_readiness(struct tally *tally, const struct linked_server *link)
{
    if (!link->readiness)
        return;
    tally->links++;
    tally->verdicts[link->readiness->verdict]++;
}

static bool breaks_on_2025(const struct link_place *place)
{
    return place->link->readiness && place->link->readiness->verdict == VERDICT_BREAKS;
}

/* What is wrong with the certificate for these links; NULL where it is something else that breaks them. */
static const char *certificate_breaks(const struct endpoint_place *endpoint, const struct instance_place *at)
{
    const char *fault = certificate_fault(endpoint->certificate, endpoint->endpoint->probed);
    if (fault)
        return fault;
    for (const struct link_place *place = at->places; place < at->places + at->count; place++)
        if (place->endpoint == endpoint && breaks_on_2025(place))
            list_each (struct certificate_check, check, &place->link->certificate_checks)
                if (check->match == TERNARY_FALSE)
                    return "it is not for the name that the links use";
    return NULL;
}

/* How many of the instance's links to the target of that one break; 0 where it does not, or an earlier one
 * has told. */
static size_t breaking_with(const struct instance_place *at, const struct link_place *first)
{
    size_t count = 0;
    if (!breaks_on_2025(first))
        return 0;
    for (const struct link_place *place = at->places; place < at->places + at->count; place++) {
        if (place->endpoint != first->endpoint || !breaks_on_2025(place))
            continue;
        if (place < first)
            return 0;
        count++;
    }
    return count;
}

/* "14 at sql07.corp.example" for each target of the instance, the targets in the order of its links. */
static char *breaking_targets(struct assessment *a, const struct instance *instance)
{
    const struct instance_place *at = instance_place_of(a, instance);
    struct prose prose = prose_new(a->arena);
    for (const struct link_place *place = at->places; place < at->places + at->count; place++) {
        size_t count = place->endpoint && prose.length < 1000 ? breaking_with(at, place) : 0;
        if (!count)
            continue;
        const char *fault = certificate_breaks(place->endpoint, at);
        prose_separate(&prose, "; ");
        prose_add(&prose, "%zu at %s%s%s", count, endpoint_label(a, place->endpoint->endpoint),
                  fault ? ", whose certificate fails: " : "", fault ? fault : "");
    }
    return prose_text(&prose);
}

void check_v11(struct assessment *a)
{
    list_each (struct instance, instance, &a->audit->instances) {
        struct tally tally = {0};
        list_each (struct linked_server, link, &instance->linked_servers)
            count_readiness(&tally, link);
        if (tally.verdicts[VERDICT_BREAKS])
            report(a, (struct subject){.instance = instance},
                   arena_format(a->arena,
                                "of %zu links %zu break (%s), %zu are ready, %zu are ready without "
                                "encryption, %zu are not known",
                                tally.links, tally.verdicts[VERDICT_BREAKS], breaking_targets(a, instance),
                                tally.verdicts[VERDICT_READY], tally.verdicts[VERDICT_READY_UNENCRYPTED],
                                tally.verdicts[VERDICT_UNKNOWN]));
    }
    each_endpoint (a, endpoint) {
        bool any = false;
        for (const struct link_place *place = endpoint->links; place && !any; place = place->next_of_endpoint)
            any = breaks_on_2025(place);
        if (any)
            report(a, (struct subject){.endpoint = endpoint->endpoint},
                   arena_format(a->arena, "%s: breaking: %s", endpoint_label(a, endpoint->endpoint),
                                links_behind(a, endpoint, breaks_on_2025)));
    }
}

/* ---- what a move meets ----------------------------------------------------------------------------- */

/* By what they are findings of: the link's name and the object. */
static int compare_objects(const struct use *a, const struct use *b)
{
    int order = strcasecmp(text_or_empty(a->link), text_or_empty(b->link));
    order = order ? order : compare_texts(a->database, b->database);
    return order ? order : compare_texts(a->object, b->object);
}

static int compare_uses(const void *a, const void *b)
{
    const struct use *left = *(struct use *const *)a, *right = *(struct use *const *)b;
    int order = compare_objects(left, right);
    order = order ? order : (int)left->type - (int)right->type;
    return order ? order : compare_texts(left->link, right->link);
}

/* Whether links may be there that are not in the report. */
static bool links_may_be_missing(const struct instance *instance)
{
    list_each (struct not_readable, gap, &instance->not_readables)
        if (gap->what && strcmp(gap->what, "servers") == 0)
            return true;
    return may_hide(instance, "unmapped-links");
}

static void report_dangling(struct assessment *a, const struct instance *instance, const struct use *use)
{
    const char *type = name_of(&use_type_names, (int)use->type);
    bool unsure = links_may_be_missing(instance);
    struct finding *finding =
        report_as(a, unsure ? SEVERITY_INFO : a->rule->severity, (struct subject){.instance = instance},
                  arena_format(a->arena, "%s%s%s%s%s names %s%s", type ? type : "", type ? " " : "",
                               use->database ? use->database : "", use->database ? "." : "",
                               use->object ? use->object : "?", use->link ? use->link : "?",
                               unsure ? ", which may be a link that the audit login cannot see" : ""));
    finding->link = use->link;
}

/* One object may name the link in several ways: it is one object to correct. */
void check_v07(struct assessment *a)
{
    list_each (struct instance, instance, &a->audit->instances) {
        size_t count = 0;
        const struct use **uses = arena_alloc(a->arena, (instance->dangling_uses.count + 1) * sizeof(*uses));
        list_each (struct use, use, &instance->dangling_uses)
            uses[count++] = use;
        qsort(uses, count, sizeof(*uses), compare_uses);
        for (size_t i = 0; i < count; i++)
            if (i == 0 || compare_objects(uses[i - 1], uses[i]) != 0)
                report_dangling(a, instance, uses[i]);
    }
}

void check_v08(struct assessment *a)
{
    list_each (struct instance, instance, &a->audit->instances) {
        struct prose names = prose_new(a->arena);
        size_t mappings = 0, links = 0;
        list_each (struct linked_server, link, &instance->linked_servers) {
            size_t before = mappings;
            list_each (struct login_mapping, mapping, &link->logins)
                mappings += !link_is_replication(link) && mapping->remote && *mapping->remote &&
                            mapping->self != TERNARY_TRUE;
            if (mappings == before)
                continue;
            if (links++ < 20) {
                prose_separate(&names, ", ");
                prose_add(&names, "%s (%zu)", link->name, mappings - before);
            }
        }
        if (mappings)
            report(a, (struct subject){.instance = instance},
                   arena_format(a->arena, "%zu mapping%s of %zu link%s: %s%s", mappings,
                                mappings == 1 ? "" : "s", links, links == 1 ? "" : "s", prose_text(&names),
                                links > 20 ? ", …" : ""));
    }
}

/* ---- availability groups --------------------------------------------------------------------------- */

static const struct linked_server *link_named(const struct instance *instance, const char *name)
{
    list_each (struct linked_server, link, &instance->linked_servers)
        if (link->name && name && strcasecmp(link->name, name) == 0)
            return link;
    return NULL;
}

/* Known on both sides, and not the same. */
static bool options_differ(enum ternary a, enum ternary b)
{
    return a != TERNARY_UNKNOWN && b != TERNARY_UNKNOWN && a != b;
}

/* "has the data source X there, here Y". */
static char *other_text(struct assessment *a, const char *what, const char *here, const char *there)
{
    return arena_format(a->arena, "has %s %s there, here %s", what, there && *there ? there : "(none)",
                        here && *here ? here : "(none)");
}

/* What differs between two definitions of a link; NULL when nothing visible does. Names of hosts and
 * providers are the same in any case; a catalog's name may not be. */
static const char *difference(struct assessment *a, const struct linked_server *here,
                              const struct linked_server *there)
{
    if (strcasecmp(text_or_empty(here->data_source), text_or_empty(there->data_source)) != 0)
        return other_text(a, "the data source", here->data_source, there->data_source);
    if (strcasecmp(text_or_empty(here->provider), text_or_empty(there->provider)) != 0)
        return other_text(a, "the provider", here->provider, there->provider);
    if (compare_texts(here->catalog, there->catalog) != 0)
        return other_text(a, "the catalog", here->catalog, there->catalog);
    if (here->provider_string && there->provider_string &&
        strcmp(here->provider_string, there->provider_string) != 0)
        return other_text(a, "the provider string", here->provider_string, there->provider_string);
    if (options_differ(here->rpc_out, there->rpc_out))
        return other_text(a, "RPC OUT", here->rpc_out == TERNARY_TRUE ? "on" : "off",
                          there->rpc_out == TERNARY_TRUE ? "on" : "off");
    return options_differ(here->data_access, there->data_access)
               ? other_text(a, "data access", here->data_access == TERNARY_TRUE ? "on" : "off",
                            there->data_access == TERNARY_TRUE ? "on" : "off")
               : NULL;
}

/* A link that the other instance's audit login could not see is not missing there. */
static const char *difference_there(struct assessment *a, const struct linked_server *link,
                                    const struct instance *other)
{
    const struct linked_server *there = link_named(other, link->name);
    if (there)
        return difference(a, link, there);
    return may_hide(other, "unmapped-links") ? NULL : "is missing there";
}

static void compare_replicas(struct assessment *a, const char *group, const struct instance *one,
                             const struct instance *other)
{
    struct prose prose = prose_new(a->arena);
    size_t count = 0;
    list_each (struct linked_server, link, &one->linked_servers) {
        const char *what = link_is_replication(link) ? NULL : difference_there(a, link, other);
        if (what && count++ < 10) {
            prose_separate(&prose, "; ");
            prose_add(&prose, "%s %s", link->name, what);
        }
    }
    if (prose.length)
        report(a, (struct subject){.instance = one},
               arena_format(a->arena, "availability group %s, compared with %s: %s%s", group, other->name,
                            prose_text(&prose),
                            count > 10 ? arena_format(a->arena, "; and %zu more links", count - 10) : ""));
}

void check_v09(struct assessment *a)
{
    list_each (struct instance, instance, &a->audit->instances)
        list_each (struct property, property, &instance->properties) {
            const char *tab = property->value ? strchr(property->value, '\t') : NULL;
            if (!tab || strcmp(property->name, PROPERTY_GROUP_REPLICA) != 0)
                continue;
            const struct instance *other = instance_by_server_name(a->instances_by_name, tab + 1);
            if (other && other != instance && other->status == INSTANCE_AUDITED &&
                instance->status == INSTANCE_AUDITED)
                compare_replicas(a, arena_text_n(a->arena, property->value, (size_t)(tab - property->value)),
                                 instance, other);
        }
}
