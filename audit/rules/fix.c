#include "audit/rules/fix.h"

#include "audit/diagnosis/diagnosis.h"
#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/tsql_quote.h"
#include "audit/diagnosis/view.h"
#include "audit/rules/rules.h"
#include "audit/target/provider_string.h"

#include <string.h>
#include <strings.h>

#define OPTION_VALUE_MAX 128 /* @optvalue of sp_serveroption is nvarchar(128) */

struct fixing {
    struct arena *arena;
    struct audit *audit;
    struct instance *instance;
    struct linked_server *link; /* NULL: of the instance as a whole */
    const struct endpoint *endpoint;
    struct prose script;
    bool recreated; /* the link's recreation was written already */
};

/* ---- lines ----------------------------------------------------------------------------------------------
 */

static void line(struct fixing *f, const char *text)
{
    prose_put(&f->script, text);
    prose_put(&f->script, "\n");
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

static char *option_call(struct fixing *f, const char *option, const char *value)
{
    return arena_format(f->arena, "EXEC sys.sp_serveroption @server = %s, @optname = '%s', @optvalue = %s;",
                        literal(f, f->link->name), option, literal(f, value));
}

/* Only while the link is there and the condition (may be NULL) on its row of sys.servers holds. */
static void guarded(struct fixing *f, const char *condition, const char *statement)
{
    line(f,
         arena_format(f->arena, "IF EXISTS (SELECT * FROM sys.servers WHERE name = %s AND is_linked = 1%s%s)",
                      literal(f, f->link->name), condition ? " AND " : "", condition ? condition : ""));
    line(f, arena_format(f->arena, "    %s", statement));
}

/* ---- provider strings -------------------------------------------------------------------------------------
 */

static bool has_password(const char *text)
{
    struct provider_string string;
    provider_string_parse(PROVIDER_ODBC, text, &string);
    bool password = string.has_password;
    provider_string_clear(&string);
    return password;
}

static void set_provider_string(struct fixing *f, const char *value)
{
    const char *call = option_call(f, "provider string", value);
    if (has_password(value))
        commented(
            f,
            "The present provider string holds a password that the report has not: enter it in place of ***.",
            call);
    else if (strlen(value) > OPTION_VALUE_MAX)
        commented(f,
                  "Longer than the 128 characters that sp_serveroption takes: the link must be created anew.",
                  call);
    else
        guarded(
            f,
            arena_format(f->arena, "(provider_string IS NULL OR provider_string <> %s)", literal(f, value)),
            call);
}

static void add_keyword(struct fixing *f, const char *keyword)
{
    const char *old = f->link->provider_string;
    if (!old && f->link->provider_string_visible != TERNARY_TRUE) {
        commented(f, "The provider string is not visible to the audit: add to what is there.",
                  option_call(f, "provider string", arena_format(f->arena, "<the present one>;%s", keyword)));
        return;
    }
    size_t length = old ? strlen(old) : 0;
    set_provider_string(f, arena_format(f->arena, "%s%s%s", old ? old : "",
                                        length && old[length - 1] != ';' ? ";" : "", keyword));
    if (!length)
        line(f, "-- The link had no provider string: with one and without User ID, callers that are not "
                "sysadmin can meet "
                "error 7416. Test as such a login.");
}

/* The string without one keyword; NULL where quotes make plain cutting unsafe. */
static char *without_keyword(struct fixing *f, enum provider_keyword keyword)
{
    struct prose rest = prose_new(f->arena);
    const char *text = f->link->provider_string;
    if (!text || strpbrk(text, "\"'{}"))
        return NULL;
    while (*text) {
        size_t length = strcspn(text, ";"), name = strcspn(text, "=;");
        const char *start = text + strspn(text, " ");
        while (name && text[name - 1] == ' ')
            name--;
        char *given = arena_text_n(f->arena, start, text + name > start ? (size_t)(text + name - start) : 0);
        if (length && provider_keyword_from_name(given) != keyword) {
            prose_separate(&rest, ";");
            prose_add(&rest, "%.*s", (int)length, text);
        }
        text += length + (text[length] != '\0');
    }
    return prose_text(&rest);
}

/* ---- recreation
 * --------------------------------------------------------------------------------------------- */

static void add_parameter(struct prose *prose, struct fixing *f, const char *name, const char *value)
{
    if (value)
        prose_add(prose, ", @%s = %s", name, literal(f, value));
}

static void recreate_definition(struct fixing *f, const char *provider)
{
    const struct linked_server *link = f->link;
    struct prose call = prose_new(f->arena);
    prose_add(&call, "EXEC sys.sp_addlinkedserver @server = %s", literal(f, link->name));
    add_parameter(&call, f, "srvproduct", link->product ? link->product : "");
    add_parameter(&call, f, "provider", provider);
    add_parameter(&call, f, "datasrc", link->data_source);
    add_parameter(&call, f, "location", link->location);
    add_parameter(&call, f, "provstr", link->provider_string);
    add_parameter(&call, f, "catalog", link->catalog);
    prose_put(&call, ";");
    commented(f, NULL, prose_text(&call));
}

static void recreate_mappings(struct fixing *f)
{
    list_each (struct login_mapping, mapping, &f->link->logins) {
        const char *local =
            mapping->local && strcmp(mapping->local, "*") != 0 ? literal(f, mapping->local) : "NULL";
        if (!mapping->local)
            line(f, arena_format(
                        f->arena,
                        "-- The mapping of local_principal_id %lld, whose login is not visible or gone:",
                        (long long)mapping->local_id.value));
        if (mapping->self == TERNARY_TRUE)
            commented(
                f, NULL,
                arena_format(
                    f->arena,
                    "EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = %s, @useself = N'True', @locallogin = %s;",
                    literal(f, f->link->name), local));
        else
            commented(
                f, NULL,
                arena_format(
                    f->arena,
                    "EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = %s, @useself = N'False', @locallogin = %s, "
                    "@rmtuser = %s, @rmtpassword = %s;",
                    literal(f, f->link->name), local, literal(f, mapping->remote),
                    mapping->remote ? "N'<password>'" : "NULL"));
    }
}

static void recreate_options(struct fixing *f)
{
    const struct linked_server *link = f->link;
    const struct {
        const char *name;
        enum ternary value, initial;
    } flags[] = {{"rpc", link->rpc, TERNARY_FALSE},
                 {"rpc out", link->rpc_out, TERNARY_FALSE},
                 {"data access", link->data_access, TERNARY_TRUE},
                 {"collation compatible", link->collation_compatible, TERNARY_FALSE},
                 {"use remote collation", link->uses_remote_collation, TERNARY_TRUE},
                 {"lazy schema validation", link->lazy_schema_validation, TERNARY_FALSE},
                 {"remote proc transaction promotion", link->rpc_promotion, TERNARY_TRUE}};
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
        if (flags[i].value != TERNARY_UNKNOWN && flags[i].value != flags[i].initial)
            commented(f, NULL,
                      option_call(f, flags[i].name, flags[i].value == TERNARY_TRUE ? "true" : "false"));
    if (link->collation_name)
        commented(f, NULL, option_call(f, "collation name", link->collation_name));
    if (link->connect_timeout.known && link->connect_timeout.value)
        commented(f, NULL,
                  option_call(f, "connect timeout",
                              arena_format(f->arena, "%lld", (long long)link->connect_timeout.value)));
    if (link->query_timeout.known && link->query_timeout.value)
        commented(f, NULL,
                  option_call(f, "query timeout",
                              arena_format(f->arena, "%lld", (long long)link->query_timeout.value)));
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

/* Provider, product, catalog and location change only so, and the mappings' passwords are lost. */
static void recreate(struct fixing *f, const char *provider)
{
    if (f->recreated)
        return;
    f->recreated = true;
    line(f, "-- To be created anew. Not in a transaction. Enter the passwords first; the report has none of "
            "them.");
    list_uses(f);
    if (!f->link->provider_string && f->link->provider_string_visible != TERNARY_TRUE)
        line(f, "-- Its provider string was not visible to the audit: read it from sys.servers before.");
    commented(f, NULL,
              arena_format(f->arena, "EXEC sys.sp_dropserver @server = %s, @droplogins = 'droplogins';",
                           literal(f, f->link->name)));
    recreate_definition(f, provider);
    commented(f, "A new link maps every login to itself; that mapping goes first.",
              arena_format(f->arena, "EXEC sys.sp_droplinkedsrvlogin @rmtsrvname = %s, @locallogin = NULL;",
                           literal(f, f->link->name)));
    recreate_mappings(f);
    recreate_options(f);
}

/* ---- a remedy for each rule
 * ----------------------------------------------------------------------------------- */

static void fix_readiness(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    assess_readiness(f->arena, f->instance, f->link, f->endpoint);
    const char *text = f->link->readiness ? f->link->readiness->fix : NULL;
    while (text && *text) {
        size_t length = strcspn(text, "\n");
        char *one = arena_text_n(f->arena, text, length);
        if (strncmp(one, "--", 2) == 0)
            line(f, one);
        else
            guarded(f, NULL, one);
        text += length + (text[length] == '\n');
    }
}

static void fix_multi_subnet(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    add_keyword(f, "MultiSubnetFailover=Yes");
}

static void fix_trust(struct fixing *f, const struct finding *finding)
{
    char *value = without_keyword(f, KEYWORD_TRUST_SERVER_CERTIFICATE);
    (void)finding;
    if (!value)
        line(f, "-- Remove TrustServerCertificate from the provider string by hand: it holds quotes.");
    else
        commented(f, "Once the certificate holds:", option_call(f, "provider string", value));
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

static void fix_timeout(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    guarded(f, "(connect_timeout = 0 OR connect_timeout > 60)", option_call(f, "connect timeout", "15"));
}

static void fix_dangling(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    list_uses(f);
    commented(f, "Where it is not needed any more:",
              arena_format(f->arena, "EXEC sys.sp_dropserver @server = %s, @droplogins = 'droplogins';",
                           literal(f, f->link->name)));
}

static void fix_provider(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    if (link_is_sqlserver(f->link))
        recreate(f, "MSOLEDBSQL");
    else
        line(f, "-- Install the provider (64 bit) on the instance's machine.");
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
    commented(f, "Move the password into a mapping, then take it out of the provider string:",
              arena_format(f->arena,
                           "EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = %s, @useself = N'False', @locallogin "
                           "= NULL, @rmtuser = "
                           "N'<user>', @rmtpassword = N'<password>';",
                           literal(f, f->link->name)));
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

static void fix_remote_access(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    commented(f, "Takes effect after a restart; old-style remote calls then fail with 7201.",
              "EXEC sys.sp_configure 'remote access', 0; RECONFIGURE;");
}

static void fix_ad_hoc(struct fixing *f, const struct finding *finding)
{
    (void)finding;
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

static void fix_principals(struct fixing *f, const struct finding *finding)
{
    list_each (struct principal, principal, &f->instance->principals) {
        if (!is_about_principal(finding, principal))
            continue;
        char *name = quote_identifier(f->arena, principal->name);
        if (principal->permission && strcasecmp(principal->permission, "ALTER ANY LINKED SERVER") == 0)
            commented(f, NULL, arena_format(f->arena, "REVOKE ALTER ANY LINKED SERVER FROM %s;", name));
        if (principal->role && strcasecmp(principal->role, "setupadmin") == 0)
            commented(f, NULL, arena_format(f->arena, "ALTER SERVER ROLE setupadmin DROP MEMBER %s;", name));
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

static const struct endpoint *endpoint_named(const struct audit *audit, const char *id)
{
    list_each (struct endpoint, endpoint, &audit->endpoints)
        if (same(endpoint->id, id))
            return endpoint;
    return NULL;
}

static void write_finding(struct fixing *f, const struct finding *finding)
{
    bool written = false;
    line(f, arena_format(f->arena, "-- %s (%s) %s: %s", finding->rule,
                         name_of(&severity_names, (int)finding->severity), comment(f, finding->title),
                         comment(f, finding->evidence)));
    for (size_t i = 0; i < sizeof(fixes) / sizeof(fixes[0]); i++)
        if (same(fixes[i].rule, finding->rule) && fixes[i].of_link == (f->link != NULL)) {
            fixes[i].write(f, finding);
            written = true;
        }
    if (!written && finding->remedy)
        line(f, arena_format(f->arena, "--   %s", comment(f, finding->remedy)));
    line(f, "");
}

/* What a finding about one link, or about the instance as a whole, has to do with this instance. */
static bool is_about(const struct finding *finding, const struct instance *instance,
                     const struct linked_server *link)
{
    return finding->waived != TERNARY_TRUE && same(finding->instance, instance->name) &&
           (link ? same(finding->link, link->name) : !finding->link);
}

static size_t write_findings(struct fixing *f)
{
    size_t count = 0;
    list_each (struct finding, finding, &f->audit->findings) {
        if (!is_about(finding, f->instance, f->link))
            continue;
        if (count++ == 0)
            line(f, f->link ? arena_format(f->arena, "---- linked server %s", comment(f, f->link->name))
                            : "---- the instance");
        write_finding(f, finding);
    }
    return count;
}

static void write_check(struct fixing *f)
{
    line(f, arena_format(f->arena,
                         "SELECT name, provider, data_source, provider_string, is_rpc_out_enabled, "
                         "connect_timeout, modify_date "
                         "FROM sys.servers WHERE name = %s;",
                         literal(f, f->link->name)));
    line(f, "GO\n");
}

static void write_head(struct fixing *f)
{
    const char *name = f->instance->server_name;
    line(f, arena_format(f->arena, "-- Remedies for the instance %s, from the linkaudit report %s (%s).",
                         comment(f, f->instance->name), comment(f, f->audit->run_id),
                         date_text(f->arena, f->audit->started)));
    line(f, "-- Nothing of this was run. Read it, and run what you mean to change. What drops something, "
            "needs a password, or\n"
            "-- may stop something that works stands commented out. It can be run again.");
    line(f, "SET NOCOUNT ON; SET IMPLICIT_TRANSACTIONS OFF; -- sp_addlinkedserver and its like refuse to run "
            "in a transaction");
    line(f, arena_format(
                f->arena,
                "IF COALESCE(CAST(SERVERPROPERTY('ServerName') AS nvarchar(256)), N'') <> %s\nBEGIN\n"
                "    RAISERROR(N'This script was made for another instance. Nothing was done.', 16, 1);\n"
                "    SET NOEXEC ON;\nEND",
                literal(f, name)));
    line(f, "GO\n");
}

/* Findings of the endpoint that the instance itself is: certificate, TLS versions. T-SQL mends none of them.
 */
static size_t write_endpoint_findings(struct fixing *f)
{
    size_t count = 0;
    list_each (struct finding, finding, &f->audit->findings) {
        const struct endpoint *endpoint =
            finding->endpoint && !finding->instance ? endpoint_named(f->audit, finding->endpoint) : NULL;
        if (!endpoint || finding->waived == TERNARY_TRUE ||
            !(same(endpoint->audited_as, f->instance->name) || same(endpoint->id, f->instance->endpoint)))
            continue;
        if (count++ == 0)
            line(f, "---- the instance as a target of links: not mended by T-SQL");
        write_finding(f, finding);
    }
    return count;
}

char *fix_script(struct arena *arena, struct audit *audit, struct instance *instance)
{
    struct fixing f = {.arena = arena, .audit = audit, .instance = instance, .script = prose_new(arena)};
    size_t count;
    if (!instance->server_name)
        return NULL;
    write_head(&f);
    count = write_findings(&f);
    count += write_endpoint_findings(&f);
    list_each (struct linked_server, link, &instance->linked_servers) {
        f.link = link;
        f.endpoint = endpoint_named(audit, link->endpoint);
        f.recreated = false;
        size_t of_link = write_findings(&f);
        if (of_link)
            write_check(&f);
        count += of_link;
    }
    line(&f, "SET NOEXEC OFF;\nGO");
    return count ? prose_text(&f.script) : NULL;
}
