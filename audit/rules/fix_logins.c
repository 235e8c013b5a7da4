/* What is done about logins: whom a link maps to whom, and who may change links. */
#include "audit/rules/changing_right.h"
#include "audit/rules/fixing.h"

#include "audit/diagnosis/lifecycle.h"
#include "audit/diagnosis/tsql_quote.h"
#include "audit/diagnosis/version.h"
#include "audit/diagnosis/view.h"
#include "audit/model/properties.h"
#include "audit/rules/assessment.h"

#include <string.h>
#include <strings.h>

#define LOGIN_FAILED 18456
#define CANNOT_CARRY "-- By hand: the name holds characters that a script cannot carry."

/* ---- mappings ---- */

char *fix_local_login(struct fixing *f, const struct login_mapping *mapping)
{
    if (is_everyone(mapping))
        return arena_text(f->arena, "NULL");
    if (mapping->local && quote_is_exact(mapping->local))
        return script_literal(f, mapping->local);
    return arena_format(f->arena,
                        "N'<login of local_principal_id %lld, not visible, gone or not to be typed>'",
                        (long long)mapping->local_id.value);
}

char *fix_remote_user(struct fixing *f, const struct login_mapping *mapping)
{
    return quote_is_exact(mapping->remote) ? script_literal(f, mapping->remote)
                                           : arena_text(f->arena, "N'<user as it is now>'");
}

static void map_again(struct fixing *f, const char *why, const struct login_mapping *mapping,
                      const char *user)
{
    script_commented(f, why,
                     arena_format(f->arena,
                                  "EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = %s, @useself = N'False', "
                                  "@locallogin = %s, @rmtuser = %s, @rmtpassword = N'<password>';",
                                  script_link(f), fix_local_login(f, mapping), user));
}

void fix_everyone(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    script_commented(
        f,
        "First map the logins that need the link; this drops the mapping of all others, with its password.",
        arena_format(f->arena, "EXEC sys.sp_droplinkedsrvlogin @rmtsrvname = %s, @locallogin = NULL;",
                     script_link(f)));
}

static bool has_stored_login(const struct login_mapping *mapping)
{
    return mapping->remote && mapping->self != TERNARY_TRUE;
}

/* Each mapping has a finding of its own; all of the link's stand under the first. */
void fix_sysadmin(struct fixing *f, const struct finding *finding)
{
    const struct instance *target = fix_target(f);
    const char *why = "With a login of the target that may do what the link is for and no more:";
    if (f->sysadmins_mapped) {
        script_line(f, "-- With the statements above.");
        return;
    }
    list_each (struct login_mapping, mapping, &f->link->logins)
        if (has_stored_login(mapping) &&
            (target ? is_sysadmin(target, mapping->remote) : strcasecmp(mapping->remote, "sa") == 0)) {
            map_again(f, f->sysadmins_mapped ? NULL : why, mapping, "N'<least-privileged login>'");
            f->sysadmins_mapped = true;
        }
    if (!f->sysadmins_mapped)
        script_remark(f, finding->remedy);
}

/* Login failed, as with a wrong password: not a login that is disabled, locked or expired, whose mapping may
 * be right. */
static bool may_be_wrong_password(const struct linked_server *link)
{
    if (link->test)
        list_each (struct message, message, &link->test->messages)
            if (message->number.known && message->number.value == LOGIN_FAILED)
                return true;
    return false;
}

/* The mappings to the login that the instance's test used, where that is known. */
void fix_refused_login(struct fixing *f, const struct finding *finding)
{
    const char *login = f->link->test ? f->link->test->login : NULL;
    bool written = false;
    list_each (struct login_mapping, mapping, &f->link->logins)
        if (may_be_wrong_password(f->link) && has_stored_login(mapping) &&
            (!login || strcasecmp(login, mapping->remote) == 0)) {
            map_again(f, written ? NULL : "With the password that the target has for this login:", mapping,
                      fix_remote_user(f, mapping));
            written = true;
        }
    if (!written)
        script_remark(f, finding->remedy);
}

/* MSDASQL on a build with the regression needs the user in the provider string, twice. */
static bool needs_user_keywords(const struct fixing *f)
{
    const struct instance *instance = f->instance;
    return f->link->provider && strcasecmp(f->link->provider, "MSDASQL") == 0 &&
           (instance_is_managed(instance) ||
            (instance_is_installed(instance) && lifecycle_msdasql_regression(instance->server_version)));
}

void fix_password(struct fixing *f, const struct finding *finding)
{
    (void)finding;
    script_commented(
        f, "For each login that uses the link, or NULL for every one of them:",
        arena_format(f->arena,
                     "EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = %s, @useself = N'False', @locallogin "
                     "= N'<login>', @rmtuser = N'<user>', @rmtpassword = N'<password>';",
                     script_link(f)));
    if (needs_user_keywords(f))
        script_line(f,
                    "-- Then take the password, and only that, out of the provider string "
                    "(sp_serveroption 'provider string'). Leave the\n-- user there, as UID and as User ID: "
                    "on this build callers that are not sysadmin fail with 7416 where either is missing "
                    "(V05).");
    else
        script_line(f, "-- Then take user and password out of the provider string (sp_serveroption 'provider "
                       "string'; NULL when nothing else\n-- stands in it).");
    script_line(f, "-- The report has *** for the password: never write that back.");
}

/* ---- who may change links ---- */

/* One finding for each principal: its evidence begins with the name. */
static bool is_about_principal(const struct finding *finding, const struct principal *principal)
{
    size_t length = principal->name ? strlen(principal->name) : 0;
    return length && finding->evidence && strncmp(finding->evidence, principal->name, length) == 0 &&
           (strncmp(finding->evidence + length, " holds ", 7) == 0 ||
            strncmp(finding->evidence + length, " is a member of ", 16) == 0);
}

/* Says why and then the statement, behind a comment. */
static void take_away(struct fixing *f, const char *why, const struct changing_right *right,
                      const char *login)
{
    if (!quote_is_exact(login))
        script_line(f, CANNOT_CARRY);
    script_commented(f, why, changing_right_taken_away(f->arena, f->instance, right, login));
}

void fix_principals(struct fixing *f, const struct finding *finding)
{
    list_each (struct principal, principal, &f->instance->principals) {
        const struct changing_right *permission = changing_right_named(principal->permission),
                                    *role = changing_right_named(principal->role);
        if (!is_about_principal(finding, principal))
            continue;
        if (permission && !permission->role && !permission->widest)
            take_away(f, NULL, permission, principal->name);
        if (role && role->role && !role->widest)
            take_away(f, NULL, role, principal->name);
    }
}

void fix_audit_login(struct fixing *f, const struct finding *finding)
{
    const struct changing_right *right = changing_right_of_audit(f->instance);
    const char *login = instance_property(f->instance, PROPERTY_LOGIN);
    struct number id = instance_property_number(f->instance, PROPERTY_LOGIN_ID);
    if (!right) {
        script_remark(f, finding->remedy);
        return;
    }
    if ((id.known && id.value == 1) || (login && strcasecmp(login, "sa") == 0)) {
        script_line(f, "-- The audit logs in as sa, which stays sysadmin: give it a login of its own.");
        return;
    }
    take_away(
        f, "Where the login has it itself; through a role or a Windows group, of that role or group instead:",
        right, login ? login : "<audit login>");
    script_line(
        f, "-- Provider strings are then shown by the signed procedure of the audit login's script alone.");
}
