#include "audit/model/same_text.h"
#include "audit/rules/fixing.h"

#include "audit/diagnosis/remedy.h"
#include "audit/diagnosis/tsql_quote.h"
#include "audit/diagnosis/view.h"
#include "audit/model/instance_index.h"
#include "audit/rules/finding_index.h"

#include <stdlib.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

struct fix_plan {
    struct arena *arena;
    const struct audit *audit;
    struct finding_index *findings;
    struct instance_index *instances;
    const struct endpoint **by_id, **by_instance; /* by id; by the audited instance that each is */
    size_t endpoints;
};

static int compare_ids(const void *a, const void *b)
{
    const struct endpoint *const *left = a, *const *right = b;
    return compare_texts((*left)->id, (*right)->id);
}

static int compare_instances(const void *a, const void *b)
{
    const struct endpoint *const *left = a, *const *right = b;
    return compare_texts((*left)->audited_as, (*right)->audited_as);
}

struct fix_plan *fix_plan_new(struct arena *arena, const struct audit *audit)
{
    struct fix_plan *plan = arena_alloc(arena, sizeof(*plan));
    *plan = (struct fix_plan){.arena = arena, .audit = audit};
    plan->findings = finding_index_new(arena, audit);
    plan->instances = instance_index_new(arena, audit);
    plan->by_id = arena_alloc(arena, (audit->endpoints.count + 1) * sizeof(struct endpoint *));
    plan->by_instance = arena_alloc(arena, (audit->endpoints.count + 1) * sizeof(struct endpoint *));
    list_each (struct endpoint, endpoint, &audit->endpoints) {
        plan->by_id[plan->endpoints] = plan->by_instance[plan->endpoints] = endpoint;
        plan->endpoints++;
    }
    qsort(plan->by_id, plan->endpoints, sizeof(struct endpoint *), compare_ids);
    qsort(plan->by_instance, plan->endpoints, sizeof(struct endpoint *), compare_instances);
    return plan;
}

static const struct endpoint *endpoint_named(const struct fix_plan *plan, char *id)
{
    const struct endpoint wanted = {.id = id}, *key = &wanted;
    const struct endpoint **found =
        id ? bsearch(&key, plan->by_id, plan->endpoints, sizeof(key), compare_ids) : NULL;
    return found ? *found : NULL;
}

const struct instance *fix_target(const struct fixing *f)
{
    return f->endpoint ? instance_by_name(f->plan->instances, f->endpoint->audited_as) : NULL;
}

static void write_finding(struct fixing *f, const struct finding *finding)
{
    script_line(f, arena_format(f->arena, "-- %s (%s) %s: %s", script_comment(f, finding->rule),
                                text_or_empty(name_of(&severity_names, (int)finding->severity)),
                                script_comment(f, finding->title), script_comment(f, finding->evidence)));
    if (!fix_remedy(f, finding))
        script_remark(f, finding->remedy);
    script_line(f, "");
}

/* What changes in place what another remedy starts from: first. */
static bool is_early(const struct finding *finding)
{
    return same(finding->rule, "R07");
}

static size_t write_findings_that_are(struct fixing *f, struct finding_range range, bool early)
{
    size_t count = 0;
    for (size_t i = 0; i < range.count; i++)
        if (range.first[i]->waived != TERNARY_TRUE && is_early(range.first[i]) == early) {
            write_finding(f, range.first[i]);
            count++;
        }
    return count;
}

static void write_link_head(struct fixing *f)
{
    script_line(f, arena_format(f->arena, "---- linked server %s", script_comment(f, f->link->name)));
    if (link_is_replication(f->link))
        script_line(
            f, "-- Replication's own link: only replication's procedures may change it; statements stand "
               "for reading.");
    if (!remedy_can_name(f->link))
        script_line(f, "-- Its texts hold characters that a script cannot carry, here replaced: by hand.");
    if (script_has_variable(f))
        script_line(f, arena_format(
                           f->arena,
                           "-- Its name is one of them: @link is what has its server_id now. Look whether it "
                           "is the link that is meant.\n"
                           "DECLARE @link sysname; SELECT @link = name FROM sys.servers WHERE server_id = "
                           "%lld AND is_linked = 1;",
                           (long long)f->link->server_id.value));
}

static bool is_open(struct finding_range range)
{
    for (size_t i = 0; i < range.count; i++)
        if (range.first[i]->waived != TERNARY_TRUE)
            return true;
    return false;
}

static size_t write_findings(struct fixing *f)
{
    struct finding_range range =
        findings_of_link(f->plan->findings, f->instance->name, f->link ? f->link->name : NULL);
    if (!is_open(range))
        return 0;
    if (f->link)
        write_link_head(f);
    else
        script_line(f, "---- the instance");
    return write_findings_that_are(f, range, true) + write_findings_that_are(f, range, false);
}

static void write_check(struct fixing *f)
{
    if (!quote_is_exact(f->link->name) && !script_has_variable(f)) {
        script_line(f, "GO\n");
        return;
    }
    script_line(f, arena_format(f->arena,
                                "SELECT name, provider, data_source, provider_string, is_rpc_out_enabled, "
                                "connect_timeout, query_timeout, modify_date "
                                "FROM sys.servers WHERE name = %s;",
                                script_link(f)));
    script_line(f, "GO\n");
}

static void write_head(struct fixing *f)
{
    const char *name = f->instance->server_name;
    script_line(f,
                arena_format(f->arena, "-- Remedies for the instance %s, from the linkaudit report %s (%s).",
                             script_comment(f, f->instance->name), script_comment(f, f->plan->audit->run_id),
                             date_text(f->arena, f->plan->audit->started)));
    script_line(f,
                "-- Nothing of this was run. Read it, and run what you mean to change. What drops something, "
                "needs a password, or\n"
                "-- may stop something that works stands commented out. It can be run again.");
    script_line(f, "-- Needs ALTER ANY LINKED SERVER, for login mappings ALTER ANY LOGIN, for sp_setnetname "
                   "sysadmin or setupadmin, "
                   "for\n-- sp_configure ALTER SETTINGS. The syntax is that of SQL Server 2005 and newer.");
    script_line(
        f, "USE master;\nGO\n"
           "SET NOCOUNT ON; SET IMPLICIT_TRANSACTIONS OFF; -- sp_addlinkedserver and its like refuse to run "
           "in a transaction");
    if (!quote_is_exact(name))
        script_line(
            f,
            "-- The server's name holds characters that a script cannot carry: it refuses to run anywhere.");
    script_line(f, arena_format(f->arena,
                                "IF @@TRANCOUNT > 0 OR COALESCE(CAST(SERVERPROPERTY('ServerName') AS "
                                "nvarchar(256)), N'') <> %s\nBEGIN\n"
                                "    RAISERROR(N'A transaction is open, or this script was made for another "
                                "instance. Nothing was done.', "
                                "16, 1);\n"
                                "    SET NOEXEC ON;\nEND",
                                script_literal(f, name)));
    script_line(f, "GO\n");
}

static size_t write_findings_of(struct fixing *f, const struct endpoint *endpoint, size_t before)
{
    struct finding_range range = findings_of_endpoint(f->plan->findings, endpoint->id);
    if (is_open(range) && !before)
        script_line(f, "---- the instance as a target of links: not mended by T-SQL");
    return before + write_findings_that_are(f, range, true) + write_findings_that_are(f, range, false);
}

/* Findings of the endpoints that the instance itself is: certificate, TLS versions. T-SQL mends none of them.
 */
static size_t write_endpoint_findings(struct fixing *f)
{
    const struct fix_plan *plan = f->plan;
    const struct endpoint *own = endpoint_named(plan, f->instance->endpoint);
    size_t count = own ? write_findings_of(f, own, 0) : 0, low = 0, high = plan->endpoints;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(text_or_empty(plan->by_instance[middle]->audited_as), f->instance->name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < plan->endpoints && same(plan->by_instance[low]->audited_as, f->instance->name); low++)
        if (plan->by_instance[low] != own)
            count = write_findings_of(f, plan->by_instance[low], count);
    return count;
}

char *fix_script(const struct fix_plan *plan, struct instance *instance)
{
    struct arena *arena = plan->arena;
    struct fixing f = {.arena = arena, .plan = plan, .instance = instance, .script = prose_new(arena)};
    size_t count;
    if (!instance->server_name)
        return NULL;
    write_head(&f);
    count = write_findings(&f);
    count += write_endpoint_findings(&f);
    list_each (struct linked_server, link, &instance->linked_servers) {
        f.link = arena_alloc(arena, sizeof(*f.link));
        *f.link = *link;
        f.endpoint = endpoint_named(plan, link->endpoint);
        f.recreated = f.sysadmins_mapped = false;
        f.by_hand = link_is_replication(link) || !remedy_can_name(link);
        size_t of_link = write_findings(&f);
        if (of_link)
            write_check(&f);
        count += of_link;
    }
    script_line(&f, "SET NOEXEC OFF;\nGO");
    return count ? prose_text(&f.script) : NULL;
}
