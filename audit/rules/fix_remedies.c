/* What is done about each finding, in T-SQL. */
#include "audit/rules/fixing.h"

#include "audit/diagnosis/readiness.h"
#include "audit/diagnosis/tsql_quote.h"
#include "audit/diagnosis/version.h"
#include "audit/diagnosis/view.h"
#include "audit/model/properties.h"

#include <string.h>
#include <strings.h>

#define CONNECT_SECONDS_TEXT "15"
#define LONG_SECONDS 60 /* H05's limit, unless the policy sets another: then only its remedy is told */

static char *option_call(struct fixing *f, const char *option, const char *value)
{
    return script_option(f, script_link(f), option, value);
}

static unsigned major_version(const struct fixing *f)
{
    return version_of(f->instance->server_version).part[0];
}

/* ---- changes in place ---- */

/* A column of sys.servers still holds what the report says. */
static char *holds(struct fixing *f, const char *column, const char *value)
{
    return value && *value ? arena_format(f->arena, "%s = %s", column, script_literal(f, value))
                           : arena_format(f->arena, "(%s IS NULL OR %s = N'')", column, column);
}

/* The link is there, and the condition (may be NULL) on its row holds. */
static char *exists(struct fixing *f, const char *condition)
{
    return arena_format(f->arena, "EXISTS (SELECT * FROM sys.servers WHERE name = %s AND is_linked = 1%s%s)",
                        script_link(f), condition ? " AND " : "", condition ? condition : "");
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
    script_code(f, arena_format(f->arena, "IF %s", exists(f, before)));
    script_code(f, "BEGIN");
    script_code(f, arena_format(f->arena, "    %s", statement));
    script_code(f, arena_format(f->arena, "    IF NOT %s", exists(f, after)));
    script_code(
        f, "        RAISERROR(N'The link was not changed: this version may need it to be created anew.', "
           "16, 1);");
    script_code(f, "END");
    script_code(f, "ELSE");
    script_code(f,
                "    PRINT N'Nothing done: the link is gone, was changed after the report, or is as wanted "
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
        script_line(f, arena_format(f->arena, "-- %s: %s", change.hint ? change.hint : why, change.obstacle));
    else
        script_commented(
            f, why,
            chosen(f, definition_holds(f), remedy_set_provider_string(f->arena, f->link, change.value)));
}

/* ---- by rule ---- */

/* Another remedy instead of the one that ran, or beside it: the provider string is the former or the new one.
 */
static char *alternative(struct fixing *f, const char *former, const struct remedy_step *step)
{
    char *source = holds(f, "data_source", f->link->data_source);
    char *before = holds(f, "provider_string", former),
         *now = holds(f, "provider_string", f->link->provider_string);
    if (step->kind == REMEDY_SETS_DATA_SOURCE)
        return chosen(f, source, step->statement);
    return chosen(f,
                  strcmp(before, now) == 0 ? definition_holds(f)
                                           : arena_format(f->arena, "%s AND (%s OR %s)", source, before, now),
                  step->statement);
}

/* A statement in a comment is guarded as well. */
static void write_step(struct fixing *f, const char *former, const struct remedy_step *step)
{
    if (!step->statement)
        script_line(f, arena_format(f->arena, "-- %s", step->words));
    else if (step->runs)
        set_provider_string(f, step->value);
    else if (step->kind == REMEDY_OTHER_STATEMENT)
        script_line(f, remedy_commented(f->arena, step->words, step->statement));
    else
        script_line(f, remedy_commented(f->arena, step->words, alternative(f, former, step)));
}

static void fix_broken(struct fixing *f, const struct finding *finding)
{
    const struct diagnosis *diagnosis = f->link->diagnosis;
    bool known = diagnosis && diagnosis->action;
    if (known)
        script_line(f, "-- The next step of its diagnosis:");
    script_remark(f, known ? diagnosis->action : finding->remedy);
}

static void fix_readiness(struct fixing *f, const struct finding *finding)
{
    const char *former = f->link->provider_string;
    remedy_steps steps = readiness_fix(f->arena, f->instance, f->link, f->endpoint);
    if (!steps.count)
        script_remark(f, finding->remedy);
    list_each (struct remedy_step, step, &steps)
        write_step(f, former, step);
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
        script_line(
            f, "-- By hand: MultiSubnetFailover is not for this driver, or not beside a failover partner.");
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

static void fix_rpc_out(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    script_commented(f, "Where nothing runs procedures or batches (EXEC … AT) over it:",
                     option_call(f, "rpc out", "false"));
}

/* Amazon's masters have no ALTER SETTINGS. */
static bool is_parameter_of_rds(struct fixing *f)
{
    bool rds = instance_is_rds(f->instance);
    if (rds)
        script_line(f, "-- Amazon RDS: in the parameter group of the instance.");
    return rds;
}

static bool is_too_long(struct number seconds)
{
    return seconds.known && (seconds.value == 0 || seconds.value > LONG_SECONDS);
}

/* The link's own. 0 is the instance's setting, which is mended once for all of them. */
static void fix_timeout(struct fixing *f, const struct finding *finding)
{
    struct number connect = f->link->connect_timeout;
    if (!view_of(f->arena, f->instance, f->link, f->endpoint).network)
        script_line(f,
                    "-- Left as it is: the link leads to no network target, there is nothing to wait for.");
    else if (connect.value > 0 && is_too_long(connect))
        guarded(f, arena_format(f->arena, "connect_timeout = %lld", (long long)connect.value),
                option_call(f, "connect timeout", CONNECT_SECONDS_TEXT),
                "connect_timeout = " CONNECT_SECONDS_TEXT);
    else
        script_remark(f, finding->remedy);
}

/* Both options are plain ones. */
static void fix_instance_timeouts(struct fixing *f, const struct finding *finding)
{
    struct number login = instance_property_number(f->instance, PROPERTY_REMOTE_LOGIN_TIMEOUT);
    struct number query = instance_property_number(f->instance, PROPERTY_REMOTE_QUERY_TIMEOUT);
    bool connects = false, queries = false;
    size_t before = f->script.length;
    list_each (struct linked_server, link, &f->instance->linked_servers) {
        connects = connects || (link->connect_timeout.known && link->connect_timeout.value == 0);
        queries = queries || (link->query_timeout.known && link->query_timeout.value == 0);
    }
    if (is_parameter_of_rds(f))
        return;
    if (connects && is_too_long(login))
        script_commented(
            f, "For every link that has no connect timeout of its own; 10 is the default since 2012:",
            "EXEC sys.sp_configure 'remote login timeout (s)', 10; RECONFIGURE;");
    if (queries && query.known && query.value == 0)
        script_commented(f,
                         "For every link that has no query timeout of its own; a query that takes longer "
                         "then fails; 600 is the default:",
                         "EXEC sys.sp_configure 'remote query timeout (s)', 600; RECONFIGURE;");
    if (f->script.length == before)
        script_remark(f, finding->remedy);
}

static void fix_dangling(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    fix_list_uses(f);
    script_commented(f, "Where it is not needed any more:", fix_drop_link(f));
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
        script_line(f, "-- Install the provider (64 bit) on the instance's machine.");
        return;
    }
    if (!has_provider(f->instance, "MSOLEDBSQL"))
        script_line(f, "-- Needs the Microsoft OLE DB Driver for SQL Server on the instance's machine.");
    fix_recreate(f, "MSOLEDBSQL");
}

static void fix_gone_login(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    script_line(f, "-- A mapping can be dropped by its login's name only; that one is gone.");
    fix_recreate(f, f->link->provider);
}

static void fix_server_name(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    const struct instance *instance = f->instance;
    script_line(f, "-- Needs a restart, and is refused while replication names the server.");
    if (instance->at_at_servername)
        script_commented(f, NULL,
                         arena_format(f->arena, "EXEC sys.sp_dropserver @server = %s;",
                                      script_literal(f, instance->at_at_servername)));
    script_commented(f, NULL,
                     arena_format(f->arena, "EXEC sys.sp_addserver @server = %s, @local = 'local';",
                                  script_literal(f, instance->server_name)));
}

static void fix_remote_access(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    if (is_parameter_of_rds(f))
        return;
    script_commented(f, "Takes effect after a restart; old-style remote calls then fail with 7201.",
                     "EXEC sys.sp_configure 'remote access', 0; RECONFIGURE;");
}

static void fix_ad_hoc(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    if (is_parameter_of_rds(f))
        return;
    script_commented(
        f, "Where nothing uses OPENROWSET or OPENDATASOURCE with a provider:",
        "EXEC sys.sp_configure 'show advanced options', 1; RECONFIGURE; EXEC sys.sp_configure 'Ad Hoc "
        "Distributed "
        "Queries', 0; RECONFIGURE;");
}

static const struct {
    const char *rule;
    void (*write)(struct fixing *fixing, const struct finding *finding);
    bool of_link;
} fixes[] = {
    {"V06", fix_readiness, true}, {"R07", fix_multi_subnet, true},       {"T11", fix_trust, true},
    {"S01", fix_everyone, true},  {"S14", fix_everyone, true},           {"S04", fix_rpc_out, true},
    {"H05", fix_timeout, true},   {"H05", fix_instance_timeouts, false}, {"S13", fix_dangling, true},
    {"V03", fix_provider, true},  {"V10", fix_provider, true},           {"S11", fix_gone_login, true},
    {"S03", fix_password, true},  {"V04", fix_server_name, false},       {"S05", fix_remote_access, false},
    {"S06", fix_ad_hoc, false},   {"S10", fix_principals, false},        {"S02", fix_sysadmin, true},
    {"R01", fix_broken, true},    {"R08", fix_refused_login, true},      {"S15", fix_audit_login, false},
};

bool fix_remedy(struct fixing *f, const struct finding *finding)
{
    bool written = false;
    for (size_t i = 0; i < sizeof(fixes) / sizeof(fixes[0]); i++)
        if (strcmp(fixes[i].rule, finding->rule) == 0 && fixes[i].of_link == (f->link != NULL)) {
            fixes[i].write(f, finding);
            written = true;
        }
    return written;
}
