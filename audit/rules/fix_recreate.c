#include "audit/rules/fixing.h"

#include "audit/diagnosis/diagnosis.h"
#include "audit/diagnosis/remedy.h"
#include "audit/diagnosis/tsql_quote.h"
#include "audit/target/provider_change.h"

#include <string.h>
#include <strings.h>

/* A text of the definition as a parameter. What was hidden from the report is never written back. */
static void add_parameter(struct prose *prose, struct fixing *f, const char *name, const char *value)
{
    if (!value || !*value)
        return;
    bool known = !provider_string_hides(value) && quote_is_exact(value);
    prose_add(prose, ", @%s = %s", name,
              known ? script_literal(f, value) : "N'<as it is now, with its password>'");
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
    prose_add(&call, "EXEC sys.sp_addlinkedserver @server = %s, @srvproduct = %s", script_literal(f, name),
              script_literal(f, bare || !link->product ? "" : link->product));
    add_parameter(&call, f, "provider", provider);
    add_parameter(&call, f, "datasrc", data_source);
    add_parameter(&call, f, "location", link->location);
    add_parameter(&call, f, "provstr", link->provider_string);
    add_parameter(&call, f, "catalog", link->catalog);
    prose_put(&call, ";");
    script_commented(f, NULL, prose_text(&call));
}

static void recreate_mappings(struct fixing *f, const char *name)
{
    list_each (struct login_mapping, mapping, &f->link->logins) {
        char *head =
            arena_format(f->arena, "EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = %s, @locallogin = %s",
                         script_literal(f, name), fix_local_login(f, mapping));
        if (mapping->self == TERNARY_TRUE)
            script_commented(f, NULL, arena_format(f->arena, "%s, @useself = N'True';", head));
        else
            script_commented(
                f, NULL,
                arena_format(f->arena, "%s, @useself = N'False', @rmtuser = %s, @rmtpassword = %s;", head,
                             fix_remote_user(f, mapping), mapping->remote ? "N'<password>'" : "NULL"));
    }
}

/* Every option whose value is known: what a new link has is not the same in all versions. */
static void recreate_options(struct fixing *f, const char *name)
{
    const struct linked_server *link = f->link;
    char *server = script_literal(f, name);
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
            script_commented(
                f, NULL,
                script_option(f, server, flags[i].option, flags[i].value == TERNARY_TRUE ? "true" : "false"));
    if (link->collation_name)
        script_commented(f, NULL, script_option(f, server, "collation name", link->collation_name));
    for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
        if (seconds[i].value.known)
            script_commented(
                f, NULL,
                script_option(f, server, seconds[i].option,
                              arena_format(f->arena, "%lld", (long long)seconds[i].value.value)));
}

void fix_list_uses(struct fixing *f)
{
    list_each (struct use, use, &f->link->uses)
        script_line(f,
                    arena_format(f->arena, "--   used by %s %s%s%s", name_of(&use_type_names, (int)use->type),
                                 use->database ? script_comment(f, use->database) : "",
                                 use->database ? "." : "", script_comment(f, use->object)));
    if (!f->link->uses.count)
        script_line(f, "--   no use of it was found in what could be searched");
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
    if (!remedy_fits(name) || !quote_is_exact(name))
        name = arena_text(f->arena, "link_new");
    while (has_link(f->instance, name))
        name = arena_format(f->arena, "%s_", name);
    return name;
}

char *fix_drop_link(struct fixing *f)
{
    return arena_format(f->arena, "EXEC sys.sp_dropserver @server = %s, @droplogins = 'droplogins';",
                        script_link(f));
}

/* What the other provider makes of the link, where that is known to be bad. */
static void warn_of_provider(struct fixing *f, const char *provider)
{
    struct linked_server planned = *f->link;
    planned.provider = (char *)provider;
    planned.test = NULL;
    assess_readiness(f->arena, f->instance, &planned, f->endpoint);
    if (planned.readiness && planned.readiness->verdict == VERDICT_BREAKS) {
        script_line(f, "-- With that provider the definition as it is breaks on SQL Server 2025:");
        script_remark(f, planned.readiness->reason);
    }
}

/* Provider, product, catalog and location change only so. The old link, with its passwords, stays until the
 * new one works. */
void fix_recreate(struct fixing *f, const char *provider)
{
    if (f->recreated)
        return;
    f->recreated = true;
    const char *name = new_name(f);
    script_line(f, "-- To be created anew, beside the old link, which goes when the new one works. Not in a "
                   "transaction. The "
                   "report\n-- has no passwords: have them at hand.");
    fix_list_uses(f);
    if (!f->link->provider_string && f->link->provider_string_visible != TERNARY_TRUE)
        script_line(f,
                    "-- Its provider string was not visible to the audit: read it from sys.servers before.");
    warn_of_provider(f, provider);
    recreate_definition(f, name, provider);
    script_commented(f, "A new link maps every login to itself; that mapping goes first.",
                     arena_format(f->arena,
                                  "EXEC sys.sp_droplinkedsrvlogin @rmtsrvname = %s, @locallogin = NULL;",
                                  script_literal(f, name)));
    recreate_mappings(f, name);
    recreate_options(f, name);
    script_commented(
        f, "Only when this succeeds, also as one of the logins that use it:",
        arena_format(f->arena, "EXEC sys.sp_testlinkedserver @servername = %s;", script_literal(f, name)));
    script_commented(f, NULL, fix_drop_link(f));
    if (!quote_is_exact(f->link->name))
        script_line(f, "-- Then give it the old name, by hand.");
    else
        script_commented(
            f,
            "Where the version has no option 'name', the statements above again with the old name instead:",
            script_option(f, script_literal(f, name), "name", f->link->name));
}
