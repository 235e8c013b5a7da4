#include "audit/rules/fix.h"

#include "audit/diagnosis/diagnosis.h"
#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/remedy.h"
#include "audit/diagnosis/tsql_quote.h"
#include "audit/diagnosis/version.h"
#include "audit/diagnosis/view.h"
#include "audit/model/properties.h"
#include "audit/rules/finding_index.h"
#include "audit/target/provider_change.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAJOR_2012 11
#define CONNECT_SECONDS 15
#define CONNECT_SECONDS_TEXT "15"

struct fixing {
    struct arena *arena;
    const struct fix_plan *plan;
    struct instance *instance;
    struct linked_server *link; /* as the statements so far leave it; NULL: of the instance as a whole */
    const struct endpoint *endpoint;
    struct prose script;
    bool recreated; /* the link's recreation was written already */
    bool by_hand; /* nothing may run as it stands: replication's link, or a name that a script cannot carry */
};

/* ---- lines ----------------------------------------------------------------------------------------------
 */

static void line(struct fixing *f, const char *text)
{
    prose_put(&f->script, text);
    prose_put(&f->script, "\n");
}

/* A line of what may run. */
static void code(struct fixing *f, const char *text)
{
    if (f->by_hand)
        prose_put(&f->script, "-- ");
    line(f, text);
}

/* Text of several lines, each behind a comment. */
static void remark(struct fixing *f, const char *text)
{
    while (text && *text) {
        size_t length = strcspn(text, "\n");
        char *one = quote_comment(f->arena, arena_text_n(f->arena, text, length));
        line(f, arena_format(f->arena, "--   %s", one));
        text += length + (text[length] == '\n');
    }
}

static char *literal(struct fixing *f, const char *text)
{
    return quote_literal(f->arena, text);
}

static char *comment(struct fixing *f, const char *text)
{
    return quote_comment(f->arena, text);
}

/* A statement that a person must decide on: why first, then the statement behind a comment. */
static void commented(struct fixing *f, const char *why, const char *statement)
{
    if (why)
        line(f, arena_format(f->arena, "-- %s", why));
    line(f, arena_format(f->arena, "-- %s", statement));
}

static char *option_of(struct fixing *f, const char *name, const char *option, const char *value)
{
    return arena_format(f->arena, "EXEC sys.sp_serveroption @server = %s, @optname = '%s', @optvalue = %s;",
                        literal(f, name), option, literal(f, value));
}

static char *option_call(struct fixing *f, const char *option, const char *value)
{
    return option_of(f, f->link->name, option, value);
}

static unsigned major_version(const struct fixing *f)
{
    return version_of(f->instance->server_version).part[0];
}

/* ---- changes in place -------------------------------------------------------------------------------------
 */

/* A column of sys.servers still holds what the report says. */
static char *holds(struct fixing *f, const char *column, const char *value)
{
    return value && *value ? arena_format(f->arena, "%s = %s", column, literal(f, value))
                           : arena_format(f->arena, "(%s IS NULL OR %s = N'')", column, column);
}

/* The link is there, and the condition (may be NULL) on its row holds. */
static char *exists(struct fixing *f, const char *condition)
{
    return arena_format(f->arena, "EXISTS (SELECT * FROM sys.servers WHERE name = %s AND is_linked = 1%s%s)",
                        literal(f, f->link->name), condition ? " AND " : "", condition ? condition : "");
}

/* What the remedies were worked out from. */
static char *definition_holds(struct fixing *f)
{
    return arena_format(f->arena, "%s AND %s", holds(f, "data_source", f->link->data_source),
                        holds(f, "provider_string", f->link->provider_string));
}

/* Only while the condition holds; verified afterwards: `after` must hold then. */
static void guarded(struct fixing *f, const char *before, const char *statement, const char *after)
{
    code(f, arena_format(f->arena, "IF %s", exists(f, before)));
    code(f, "BEGIN");
    code(f, arena_format(f->arena, "    %s", statement));
    code(f, arena_format(f->arena, "    IF NOT %s", exists(f, after)));
    code(f, "        RAISERROR(N'The link was not changed: this version may need it to be created anew.', "
            "16, 1);");
    code(f, "END");
    code(f, "ELSE");
    code(f, "    PRINT N'Nothing done: the link is gone, was changed after the report, or is as wanted "
            "already.';");
}

/* What follows in the script starts from the new provider string. */
static void set_provider_string(struct fixing *f, char *value)
{
    guarded(f, definition_holds(f), remedy_set_provider_string(f->arena, f->link, value),
            holds(f, "provider_string", value));
    f->link->provider_string = value;
}

/* A statement that a person must decide on, and that changes nothing that is no longer as it was thought of.
 */
static char *chosen(struct fixing *f, const char *condition, const char *statement)
{
    return arena_format(f->arena,
                        "IF NOT %s PRINT N'Nothing done: the link was changed after the report.' ELSE %s",
                        exists(f, condition), statement);
}

static void choose_provider_string(struct fixing *f, const char *why, struct remedy_change change)
{
    if (change.obstacle)
        line(f, arena_format(f->arena, "-- %s: %s", change.hint ? change.hint : why, change.obstacle));
    else
        commented(
            f, why,
            chosen(f, definition_holds(f), remedy_set_provider_string(f->arena, f->link, change.value)));
}

/* ---- recreation
 * --------------------------------------------------------------------------------------------- */

/* A text of the definition as a parameter. What was hidden from the report is never written back. */
static void add_parameter(struct prose *prose, struct fixing *f, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    bool known = !provider_string_hides(value) && quote_is_exact(value);
    prose_add(prose, ", @%s = %s", name, known ? literal(f, value) : "N'<as it is now, with its password>'");
}

/* With product SQL Server, provider and data source may not be given (15428). */
static void recreate_definition(struct fixing *f, const char *name, const char *provider)
{
    const struct linked_server *link = f->link;
    bool bare = link->product && strcasecmp(link->product, "SQL Server") == 0;
    const char *data_source = link->data_source && *link->data_source ? link->data_source
                              : bare                                  ? link->name
                                                                      : NULL;
    struct prose call = prose_new(f->arena);
    prose_add(&call, "EXEC sys.sp_addlinkedserver @server = %s, @srvproduct = %s", literal(f, name),
              literal(f, bare || !link->product ? "" : link->product));
    add_parameter(&call, f, "provider", provider);
    add_parameter(&call, f, "datasrc", data_source);
    add_parameter(&call, f, "location", link->location);
    add_parameter(&call, f, "provstr", link->provider_string);
    add_parameter(&call, f, "catalog", link->catalog);
    prose_put(&call, ";");
    commented(f, NULL, prose_text(&call));
}

/* A login that is not visible must not become NULL, which is every login. */
static char *local_login(struct fixing *f, const struct login_mapping *mapping)
{
    if (mapping->local)
        return strcmp(mapping->local, "*") == 0 ? arena_text(f->arena, "NULL") : literal(f, mapping->local);
    return arena_format(f->arena, "N'<login of local_principal_id %lld, not visible or gone>'",
                        (long long)mapping->local_id.value);
}

static void recreate_mappings(struct fixing *f, const char *name)
{
    list_each (struct login_mapping, mapping, &f->link->logins) {
        char *head =
            arena_format(f->arena, "EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = %s, @locallogin = %s",
                         literal(f, name), local_login(f, mapping));
        if (mapping->self == TERNARY_TRUE)
            commented(f, NULL, arena_format(f->arena, "%s, @useself = N'True';", head));
        else
            commented(f, NULL,
                      arena_format(f->arena, "%s, @useself = N'False', @rmtuser = %s, @rmtpassword = %s;",
                                   head, literal(f, mapping->remote),
                                   mapping->remote ? "N'<password>'" : "NULL"));
    }
}

/* Every option whose value is known: what a new link has is not the same in all versions. */
static void recreate_options(struct fixing *f, const char *name)
{
    const struct linked_server *link = f->link;
    const struct {
        const char *option;
        enum ternary value;
    } flags[] = {{"rpc", link->rpc},
                 {"rpc out", link->rpc_out},
                 {"data access", link->data_access},
                 {"collation compatible", link->collation_compatible},
                 {"use remote collation", link->uses_remote_collation},
                 {"lazy schema validation", link->lazy_schema_validation},
                 {"remote proc transaction promotion", link->rpc_promotion}};
    const struct {
        const char *option;
        struct number value;
    } seconds[] = {{"connect timeout", link->connect_timeout}, {"query timeout", link->query_timeout}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (flags[i].value != TERNARY_UNKNOWN)
            commented(f, NULL,
                      option_of(f, name, flags[i].option, flags[i].value == TERNARY_TRUE ? "true" : "false"));
    if (link->collation_name)
        commented(f, NULL, option_of(f, name, "collation name", link->collation_name));
    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
        if (seconds[i].value.known)
            commented(f, NULL,
                      option_of(f, name, seconds[i].option,
                                arena_format(f->arena, "%lld", (long long)seconds[i].value.value)));
}

static void list_uses(struct fixing *f)
{
    list_each (struct use, use, &f->link->uses)
        line(f, arena_format(f->arena, "--   used by %s %s%s%s", name_of(&use_type_names, (int)use->type),
                             use->database ? comment(f, use->database) : "", use->database ? "." : "",
                             comment(f, use->object)));
    if (!f->link->uses.count)
        line(f, "--   no use of it was found in what could be searched");
}

static bool has_link(const struct instance *instance, const char *name)
{
    list_each (struct linked_server, link, &instance->linked_servers)
        if (strcasecmp(link->name, name) == 0)
            return true;
    return false;
}

/* A name that no link of the instance has (15028). */
static char *new_name(struct fixing *f)
{
    char *name = arena_format(f->arena, "%s_new", f->link->name);
    if (!remedy_fits(name))
        name = arena_text(f->arena, "link_new");
    while (has_link(f->instance, name))
        name = arena_format(f->arena, "%s_", name);
    return name;
}

static char *drop_link(struct fixing *f)
{
    return arena_format(f->arena, "EXEC sys.sp_dropserver @server = %s, @droplogins = 'droplogins';",
                        literal(f, f->link->name));
}

/* What the other provider makes of the link, where that is known to be bad. */
static void warn_of_provider(struct fixing *f, const char *provider)
{
    struct linked_server planned = *f->link;
    planned.provider = (char *)provider;
    planned.test = NULL;
    assess_readiness(f->arena, f->instance, &planned, f->endpoint);
    if (planned.readiness && planned.readiness->verdict == VERDICT_BREAKS) {
        line(f, "-- With that provider the definition as it is breaks on SQL Server 2025:");
        remark(f, planned.readiness->reason);
    }
}

/* Provider, product, catalog and location change only so. The old link, with its passwords, stays until the
 * new one works. */
static void recreate(struct fixing *f, const char *provider)
{
    if (f->recreated)
        return;
    f->recreated = true;
    const char *name = new_name(f);
    line(f, "-- To be created anew, beside the old link, which goes when the new one works. Not in a "
            "transaction. The "
            "report\n-- has no passwords: have them at hand.");
    list_uses(f);
    if (!f->link->provider_string && f->link->provider_string_visible != TERNARY_TRUE)
        line(f, "-- Its provider string was not visible to the audit: read it from sys.servers before.");
    warn_of_provider(f, provider);
    recreate_definition(f, name, provider);
    commented(f, "A new link maps every login to itself; that mapping goes first.",
              arena_format(f->arena, "EXEC sys.sp_droplinkedsrvlogin @rmtsrvname = %s, @locallogin = NULL;",
                           literal(f, name)));
    recreate_mappings(f, name);
    recreate_options(f, name);
    commented(f, "Only when this succeeds, also as one of the logins that use it:",
              arena_format(f->arena, "EXEC sys.sp_testlinkedserver @servername = %s;", literal(f, name)));
    commented(f, NULL, drop_link(f));
    commented(f,
              "Where the version has no option 'name', the statements above again with the old name instead:",
              option_of(f, name, "name", f->link->name));
}

/* ---- a remedy for each rule
 * ----------------------------------------------------------------------------------- */

/* Another remedy instead of the one that ran, or beside it: the provider string is the former or the new one.
 */
static char *alternative(struct fixing *f, const char *former, const char *statement)
{
    char *source = holds(f, "data_source", f->link->data_source);
    if (strstr(statement, "sp_setnetname"))
        return chosen(f, source, statement);
    return chosen(f,
                  arena_format(f->arena, "%s AND (%s OR %s)", source, holds(f, "provider_string", former),
                               holds(f, "provider_string", f->link->provider_string)),
                  statement);
}

/* A line of the fix is a comment or a statement; a statement in a comment is guarded as well. */
static void write_readiness_line(struct fixing *f, const char *text, const char *former,
                                 char *provider_string)
{
    const char *statement = strstr(text, ": EXEC sys.sp_se");
    if (strncmp(text, "--", 2) != 0)
        set_provider_string(f, provider_string);
    else if (statement)
        line(f, arena_format(f->arena, "%.*s: %s", (int)(statement - text), text,
                             alternative(f, former, statement + 2)));
    else
        line(f, text);
}

static void fix_readiness(struct fixing *f, const struct finding *finding)
{
    const char *former = f->link->provider_string;
    char *provider_string = assess_readiness(f->arena, f->instance, f->link, f->endpoint);
    const char *text = f->link->readiness ? f->link->readiness->fix : NULL;
    if (!text)
        remark(f, finding->remedy);
    while (text && *text) {
        size_t length = strcspn(text, "\n");
        write_readiness_line(f, arena_text_n(f->arena, text, length), former, provider_string);
        text += length + (text[length] == '\n');
    }
}

/* Drivers refuse MultiSubnetFailover beside a failover partner. */
static bool has_failover_partner(const struct linked_server *link)
{
    struct provider_string string;
    provider_string_parse(PROVIDER_OLEDB, link->provider_string, &string);
    const char *partner = provider_string_value(&string, KEYWORD_FAILOVER_PARTNER);
    bool has = partner && *partner;
    provider_string_clear(&string);
    return has;
}

static void fix_multi_subnet(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    bool known = link_knows_keyword(f->link, major_version(f), KEYWORD_MULTI_SUBNET_FAILOVER);
    bool first = !f->link->provider_string || !*f->link->provider_string;
    struct remedy_change change =
        remedy_provider_string(f->arena, f->link, KEYWORD_MULTI_SUBNET_FAILOVER, "Yes");
    if (!link_is_sqlserver(f->link) || has_failover_partner(f->link))
        line(f, "-- By hand: MultiSubnetFailover is not for this driver, or not beside a failover partner.");
    else if (change.obstacle || (known && first))
        choose_provider_string(f,
                               "With a first provider string and without User ID, callers that are not "
                               "sysadmin can meet error 7416. Test as such a login:",
                               change);
    else if (known)
        set_provider_string(f, change.value);
    else
        choose_provider_string(
            f, "Once the link's provider is MSOLEDBSQL; the OLE DB provider of today has no such keyword:",
            change);
}

static void fix_trust(struct fixing *f, const struct finding *finding)
{
    static const enum provider_keyword keywords[] = {KEYWORD_TRUST_SERVER_CERTIFICATE, KEYWORD_UNKNOWN};
    (void)finding;
    choose_provider_string(f, "Without TrustServerCertificate, once the certificate holds:",
                           remedy_without(f->arena, f->link, keywords));
}

static void fix_everyone(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    commented(
        f,
        "First map the logins that need the link; this drops the mapping of all others, with its password.",
        arena_format(f->arena, "EXEC sys.sp_droplinkedsrvlogin @rmtsrvname = %s, @locallogin = NULL;",
                     literal(f, f->link->name)));
}

static void fix_rpc_out(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    commented(f, "Where nothing runs procedures or batches (EXEC … AT) over it:",
              option_call(f, "rpc out", "false"));
}

/* 0 is the instance's own setting. */
static struct number effective(const struct fixing *f, struct number value, const char *property)
{
    return value.known && !value.value ? instance_property_number(f->instance, property) : value;
}

static void fix_timeout(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    struct number connect = effective(f, f->link->connect_timeout, PROPERTY_REMOTE_LOGIN_TIMEOUT);
    struct number query = effective(f, f->link->query_timeout, PROPERTY_REMOTE_QUERY_TIMEOUT);
    if (connect.known && (connect.value == 0 || connect.value > CONNECT_SECONDS))
        guarded(f,
                arena_format(f->arena, "connect_timeout = %lld", (long long)f->link->connect_timeout.value),
                option_call(f, "connect timeout", CONNECT_SECONDS_TEXT),
                "connect_timeout = " CONNECT_SECONDS_TEXT);
    if (query.known && query.value == 0)
        commented(f, "A query that takes longer than these seconds then fails:",
                  option_call(f, "query timeout", "600"));
}

static void fix_dangling(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    list_uses(f);
    commented(f, "Where it is not needed any more:", drop_link(f));
}

static bool has_provider(const struct instance *instance, const char *name)
{
    list_each (struct provider, provider, &instance->providers)
        if (provider->name && strcasecmp(provider->name, name) == 0)
            return true;
    return false;
}

static void fix_provider(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    if (!link_is_sqlserver(f->link) ||
        (f->link->provider && strncasecmp(f->link->provider, "MSOLEDBSQL", 10) == 0)) {
        line(f, "-- Install the provider (64 bit) on the instance's machine.");
        return;
    }
    if (!has_provider(f->instance, "MSOLEDBSQL"))
        line(f, "-- Needs the Microsoft OLE DB Driver for SQL Server on the instance's machine.");
    recreate(f, "MSOLEDBSQL");
}

static void fix_gone_login(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    line(f, "-- A mapping can be dropped by its login's name only; that one is gone.");
    recreate(f, f->link->provider);
}

static void fix_password(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    commented(f, "For each login that uses the link, or NULL for every one of them:",
              arena_format(f->arena,
                           "EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = %s, @useself = N'False', @locallogin "
                           "= N'<login>', @rmtuser = N'<user>', @rmtpassword = N'<password>';",
                           literal(f, f->link->name)));
    line(f, "-- Then take user and password out of the provider string (sp_serveroption 'provider string'; "
            "NULL when nothing "
            "else\n-- stands in it). The report has *** for the password: never write that back.");
}

static void fix_server_name(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    const struct instance *instance = f->instance;
    line(f, "-- Needs a restart, and is refused while replication names the server.");
    if (instance->at_at_servername)
        commented(f, NULL,
                  arena_format(f->arena, "EXEC sys.sp_dropserver @server = %s;",
                               literal(f, instance->at_at_servername)));
    commented(f, NULL,
              arena_format(f->arena, "EXEC sys.sp_addserver @server = %s, @local = 'local';",
                           literal(f, instance->server_name)));
}

/* Amazon's masters have no ALTER SETTINGS. */
static bool is_parameter_of_rds(struct fixing *f)
{
    bool rds = instance_is_rds(f->instance);
    if (rds)
        line(f, "-- Amazon RDS: in the parameter group of the instance.");
    return rds;
}

static void fix_remote_access(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    if (is_parameter_of_rds(f))
        return;
    commented(f, "Takes effect after a restart; old-style remote calls then fail with 7201.",
              "EXEC sys.sp_configure 'remote access', 0; RECONFIGURE;");
}

static void fix_ad_hoc(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    if (is_parameter_of_rds(f))
        return;
    commented(f, "Where nothing uses OPENROWSET or OPENDATASOURCE with a provider:",
              "EXEC sys.sp_configure 'show advanced options', 1; RECONFIGURE; EXEC sys.sp_configure 'Ad Hoc "
              "Distributed "
              "Queries', 0; RECONFIGURE;");
}

/* One finding for each principal: its evidence begins with the name. */
static bool is_about_principal(const struct finding *finding, const struct principal *principal)
{
    size_t length = principal->name ? strlen(principal->name) : 0;
    return length && finding->evidence && strncmp(finding->evidence, principal->name, length) == 0 &&
           (strncmp(finding->evidence + length, " holds ", 7) == 0 ||
            strncmp(finding->evidence + length, " is a member of ", 16) == 0);
}

/* ALTER SERVER ROLE is SQL Server 2012's. */
static char *leave_role(struct fixing *f, const char *name)
{
    if (major_version(f) >= MAJOR_2012)
        return arena_format(f->arena, "ALTER SERVER ROLE setupadmin DROP MEMBER %s;",
                            quote_identifier(f->arena, name));
    return arena_format(f->arena, "EXEC sys.sp_dropsrvrolemember @loginame = %s, @rolename = N'setupadmin';",
                        literal(f, name));
}

static void fix_principals(struct fixing *f, const struct finding *finding)
{
    list_each (struct principal, principal, &f->instance->principals) {
        if (!is_about_principal(finding, principal))
            continue;
        char *name = quote_identifier(f->arena, principal->name);
        if (principal->permission && strcasecmp(principal->permission, "ALTER ANY LINKED SERVER") == 0)
            commented(f, NULL, arena_format(f->arena, "REVOKE ALTER ANY LINKED SERVER FROM %s;", name));
        if (principal->role && strcasecmp(principal->role, "setupadmin") == 0)
            commented(f, NULL, leave_role(f, principal->name));
    }
}

static const struct {
    const char *rule;
    void (*write)(struct fixing *fixing, const struct finding *finding);
    bool of_link;
} fixes[] = {
    {"V06", fix_readiness, true},    {"R07", fix_multi_subnet, true},   {"T11", fix_trust, true},
    {"S01", fix_everyone, true},     {"S14", fix_everyone, true},       {"S04", fix_rpc_out, true},
    {"H05", fix_timeout, true},      {"S13", fix_dangling, true},       {"V03", fix_provider, true},
    {"V10", fix_provider, true},     {"S11", fix_gone_login, true},     {"S03", fix_password, true},
    {"V04", fix_server_name, false}, {"S05", fix_remote_access, false}, {"S06", fix_ad_hoc, false},
    {"S10", fix_principals, false},
};

/* ---- the script
 * ---------------------------------------------------------------------------------------------- */

static bool same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

struct fix_plan {
    struct arena *arena;
    const struct audit *audit;
    struct finding_index *findings;
    const struct endpoint **by_id, **by_instance; /* by id; by the audited instance that each is */
    size_t endpoints;
};

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static int compare_ids(const void *a, const void *b)
{
    const struct endpoint *const *left = a, *const *right = b;
    return strcmp(or_empty((*left)->id), or_empty((*right)->id));
}

static int compare_instances(const void *a, const void *b)
{
    const struct endpoint *const *left = a, *const *right = b;
    return strcmp(or_empty((*left)->audited_as), or_empty((*right)->audited_as));
}

struct fix_plan *fix_plan_new(struct arena *arena, const struct audit *audit)
{
    struct fix_plan *plan = arena_alloc(arena, sizeof(*plan));
    *plan = (struct fix_plan){arena, audit, finding_index_new(arena, audit), NULL, NULL, 0};
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

static void write_finding(struct fixing *f, const struct finding *finding)
{
    bool written = false;
    line(f, arena_format(f->arena, "-- %s (%s) %s: %s", comment(f, finding->rule),
                         or_empty(name_of(&severity_names, (int)finding->severity)),
                         comment(f, finding->title), comment(f, finding->evidence)));
    for (size_t i = 0; i < sizeof(fixes) / sizeof(fixes[0]); i++)
        if (same(fixes[i].rule, finding->rule) && fixes[i].of_link == (f->link != NULL)) {
            fixes[i].write(f, finding);
            written = true;
        }
    if (!written)
        remark(f, finding->remedy);
    line(f, "");
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
    line(f, arena_format(f->arena, "---- linked server %s", comment(f, f->link->name)));
    if (link_is_replication(f->link))
        line(f, "-- Replication's own link: only replication's procedures may change it; statements stand "
                "for reading.");
    if (!remedy_can_name(f->link))
        line(f, "-- Its texts hold characters that a script cannot carry, here replaced: by hand.");
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
        line(f, "---- the instance");
    return write_findings_that_are(f, range, true) + write_findings_that_are(f, range, false);
}

static void write_check(struct fixing *f)
{
    line(f, arena_format(f->arena,
                         "SELECT name, provider, data_source, provider_string, is_rpc_out_enabled, "
                         "connect_timeout, query_timeout, modify_date "
                         "FROM sys.servers WHERE name = %s;",
                         literal(f, f->link->name)));
    line(f, "GO\n");
}

static void write_head(struct fixing *f)
{
    const char *name = f->instance->server_name;
    line(f, arena_format(f->arena, "-- Remedies for the instance %s, from the linkaudit report %s (%s).",
                         comment(f, f->instance->name), comment(f, f->plan->audit->run_id),
                         date_text(f->arena, f->plan->audit->started)));
    line(f, "-- Nothing of this was run. Read it, and run what you mean to change. What drops something, "
            "needs a password, or\n"
            "-- may stop something that works stands commented out. It can be run again.");
    line(f, "-- Needs ALTER ANY LINKED SERVER, for login mappings ALTER ANY LOGIN, for sp_setnetname "
            "sysadmin or setupadmin, "
            "for\n-- sp_configure ALTER SETTINGS. The syntax is that of SQL Server 2005 and newer.");
    line(f, "USE master;\nGO\n"
            "SET NOCOUNT ON; SET IMPLICIT_TRANSACTIONS OFF; -- sp_addlinkedserver and its like refuse to run "
            "in a transaction");
    line(f, arena_format(f->arena,
                         "IF @@TRANCOUNT > 0 OR COALESCE(CAST(SERVERPROPERTY('ServerName') AS "
                         "nvarchar(256)), N'') <> %s\nBEGIN\n"
                         "    RAISERROR(N'A transaction is open, or this script was made for another "
                         "instance. Nothing was done.', "
                         "16, 1);\n"
                         "    SET NOEXEC ON;\nEND",
                         literal(f, name)));
    line(f, "GO\n");
}

static size_t write_findings_of(struct fixing *f, const struct endpoint *endpoint, size_t before)
{
    struct finding_range range = findings_of_endpoint(f->plan->findings, endpoint->id);
    if (is_open(range) && !before)
        line(f, "---- the instance as a target of links: not mended by T-SQL");
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
        if (strcmp(or_empty(plan->by_instance[middle]->audited_as), f->instance->name) < 0)
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
        f.recreated = false;
        f.by_hand = link_is_replication(link) || !remedy_can_name(link);
        size_t of_link = write_findings(&f);
        if (of_link)
            write_check(&f);
        count += of_link;
    }
    line(&f, "SET NOEXEC OFF;\nGO");
    return count ? prose_text(&f.script) : NULL;
}
