#include "audit/rules/assessment.h"

#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/tsql_quote.h"
#include "audit/diagnosis/version.h"
#include "audit/diagnosis/view.h"
#include "audit/model/properties.h"
#include "audit/rules/changing_right.h"

#include <string.h>
#include <strings.h>

static const char *local_name(struct assessment *a, const struct login_mapping *mapping)
{
    if (is_everyone(mapping))
        return "every login";
    if (mapping->local)
        return mapping->local;
    return arena_format(a->arena, "(login not visible, id %lld)", (long long)mapping->local_id.value);
}

void check_s01(struct assessment *a)
{
    each_place (a, place)
        if (place->maps_everyone)
            list_each (struct login_mapping, mapping, &place->link->logins)
                if (is_everyone(mapping) && mapping->remote && mapping->self != TERNARY_TRUE)
                    report(a, subject_of_place(place),
                           arena_format(a->arena, "every login of %s acts as %s", place->instance->name,
                                        mapping->remote));
}

void check_s02(struct assessment *a)
{
    each_place (a, place) {
        if (!place->maps_sysadmin)
            continue;
        list_each (struct login_mapping, mapping, &place->link->logins) {
            if (!mapping->remote || mapping->self == TERNARY_TRUE ||
                !(place->target ? is_sysadmin(place->target, mapping->remote)
                                : strcasecmp(mapping->remote, "sa") == 0))
                continue;
            report_as(
                a, is_everyone(mapping) ? SEVERITY_CRITICAL : a->rule->severity, subject_of_place(place),
                arena_format(a->arena, "%s acts as %s, %s", local_name(a, mapping), mapping->remote,
                             place->target
                                 ? arena_format(a->arena, "a member of sysadmin on the audited instance %s",
                                                place->target->name)
                                 : "which is a sysadmin unless it was renamed or disabled"));
        }
    }
}

void check_s03(struct assessment *a)
{
    each_place (a, place)
        if (holds_password(place))
            report(a, subject_of_place(place),
                   arena_format(a->arena, "provider string: %s", place->link->provider_string));
}

void check_s04(struct assessment *a)
{
    each_place (a, place)
        if (place->link->rpc_out == TERNARY_TRUE && !place->replication)
            report_as(a, place->maps_everyone || place->maps_sysadmin ? SEVERITY_MEDIUM : a->rule->severity,
                      subject_of_place(place),
                      arena_text(a->arena, place->maps_sysadmin
                                               ? "is_rpc_out_enabled = 1, and a mapping reaches sysadmin"
                                           : place->maps_everyone
                                               ? "is_rpc_out_enabled = 1, and every login is mapped"
                                               : "is_rpc_out_enabled = 1"));
}

static void report_option(struct assessment *a, const char *property, const char *name)
{
    list_each (struct instance, instance, &a->audit->instances) {
        struct number value = instance_property_number(instance, property);
        if (!value.known || value.value != 1 || !instance_is_installed(instance))
            continue;
        struct finding *finding = report(a, (struct subject){.instance = instance},
                                         arena_format(a->arena, "%s: value_in_use = 1", name));
        if (instance_is_rds(instance)) /* nobody runs sp_configure there */
            finding->remedy =
                arena_format(a->arena, "Set '%s' to 0 in the DB parameter group of %s", name, instance->name);
    }
}

void check_s05(struct assessment *a)
{
    report_option(a, PROPERTY_REMOTE_ACCESS, "remote access");
}

void check_s06(struct assessment *a)
{
    report_option(a, PROPERTY_AD_HOC, "Ad Hoc Distributed Queries");
}

void check_s07(struct assessment *a)
{
    if (a->policy->approved.count == 0)
        return;
    each_place (a, place) {
        bool approved = place->replication;
        list_each (struct approved_link, entry, &a->policy->approved)
            approved = approved || (policy_matches(entry->instance, place->instance->name) &&
                                    policy_matches(entry->link, place->link->name));
        if (!approved)
            report(a, subject_of_place(place),
                   arena_format(a->arena, "none of the %zu approved entries is for it",
                                a->policy->approved.count));
    }
}

/* ---- environments ---------------------------------------------------------------------------------- */

bool tags_hold(const char *tags, const char *tag, size_t length)
{
    while (tags && *tags) {
        size_t next = strcspn(tags, TAG_SEPARATORS);
        if (next == length && strncasecmp(tags, tag, length) == 0)
            return true;
        tags += next + (tags[next] != '\0');
    }
    return false;
}

/* The instance's first tag that the policy calls an environment. */
static char *environment_of(struct assessment *a, const struct instance *instance)
{
    const char *tags = instance->tags;
    while (tags && *tags) {
        size_t length = strcspn(tags, TAG_SEPARATORS);
        if (length && tags_hold(a->policy->environments, tags, length))
            return arena_text_n(a->arena, tags, length);
        tags += length + (tags[length] != '\0');
    }
    return NULL;
}

void check_s09(struct assessment *a)
{
    if (!a->policy->environments)
        return;
    each_place (a, place) {
        char *from = environment_of(a, place->instance),
             *to = place->target ? environment_of(a, place->target) : NULL;
        if (from && to && strcasecmp(from, to) != 0)
            report(a, subject_of_place(place),
                   arena_format(a->arena, "from %s (%s) to %s (%s)", place->instance->name, from,
                                place->target->name, to));
    }
}

/* ---- who may change links -------------------------------------------------------------------------- */

static bool is_administrator(const struct instance *instance, const struct principal *principal)
{
    if (strcasecmp(principal->name, "sa") == 0)
        return true;
    list_each (struct principal, other, &instance->principals)
        if (other->name && strcasecmp(other->name, principal->name) == 0 &&
            ((other->role && strcasecmp(other->role, "sysadmin") == 0) ||
             (other->permission && strcasecmp(other->permission, "CONTROL SERVER") == 0)))
            return true;
    return false;
}

static bool is_audit_login(const struct instance *instance, const char *name)
{
    const char *login = instance_property(instance, PROPERTY_LOGIN);
    return login && strcasecmp(login, name) == 0;
}

/* The right of somebody who is no administrator; NULL: none, or one that is as it must be. */
static const struct changing_right *right_of(const struct instance *instance,
                                             const struct principal *principal)
{
    const struct changing_right *permission = changing_right_named(principal->permission),
                                *role = changing_right_named(principal->role),
                                *right = permission && !permission->role ? permission
                                         : role && role->role            ? role
                                                                         : NULL;
    if (!principal->name || !right || right->widest || principal->disabled == TERNARY_TRUE ||
        is_administrator(instance, principal) || is_audit_login(instance, principal->name) ||
        (principal->type && strcmp(principal->type, "R") == 0 && strncmp(principal->name, "##MS_", 5) == 0))
        return NULL;
    return right;
}

void check_s10(struct assessment *a)
{
    list_each (struct instance, instance, &a->audit->instances)
        list_each (struct principal, principal, &instance->principals) {
            const struct changing_right *right = right_of(instance, principal);
            if (!right)
                continue;
            struct finding *finding =
                report(a, (struct subject){.instance = instance},
                       arena_format(a->arena, "%s%s%s%s", principal->name,
                                    right->role ? " is a member of " : " holds ", right->name,
                                    principal->type && strcmp(principal->type, "G") == 0
                                        ? " (a Windows group: its members are not visible here)"
                                        : ""));
            finding->remedy = arena_format(
                a->arena, "%s   on %s", changing_right_taken_away(a->arena, instance, right, principal->name),
                instance->name);
        }
}

static bool sees_logins(const struct instance *instance)
{
    return permission_held(instance, "VIEW ANY DEFINITION") == TERNARY_TRUE ||
           permission_held(instance, "ALTER ANY LOGIN") == TERNARY_TRUE ||
           permission_held(instance, "VIEW ANY SECURITY DEFINITION") == TERNARY_TRUE ||
           permission_held(instance, "sysadmin") == TERNARY_TRUE;
}

void check_s11(struct assessment *a)
{
    each_place (a, place)
        if (sees_logins(place->instance))
            list_each (struct login_mapping, mapping, &place->link->logins)
                if (!mapping->local && mapping->local_id.known && mapping->local_id.value > 0)
                    report(a, subject_of_place(place),
                           arena_format(a->arena,
                                        "local_principal_id %lld is no login any more; mapped to %s",
                                        (long long)mapping->local_id.value,
                                        mapping->self == TERNARY_TRUE ? "its own credential"
                                        : mapping->remote             ? mapping->remote
                                                                      : "no login"));
}

/* ---- what changed, what dangles -------------------------------------------------------------------- */

void check_s12(struct assessment *a)
{
    if (!a->audit->changes)
        return;
    list_each (struct change, change, &a->audit->changes->list) {
        if ((change->what != CHANGED_LINK && change->what != CHANGED_LOGIN) ||
            change->kind == CHANGE_NOT_OBSERVED)
            continue;
        struct finding *finding =
            report(a, (struct subject){0},
                   arena_format(a->arena, "%s %s%s%s%s%s%s%s since run %s",
                                name_of(&change_what_names, (int)change->what),
                                name_of(&change_kind_names, (int)change->kind), change->item ? ": " : "",
                                change->item ? change->item : "", change->before ? ", before: " : "",
                                change->before ? change->before : "", change->after ? ", after: " : "",
                                change->after ? change->after : "", a->audit->changes->since_run));
        /* By name: what disappeared has no struct to be named by. */
        finding->instance = change->instance;
        finding->link = change->link;
    }
}

static bool offers_credential(const struct link_place *place)
{
    list_each (struct login_mapping, mapping, &place->link->logins)
        if (mapping->self == TERNARY_TRUE || (mapping->remote && *mapping->remote))
            return true;
    return holds_password(place);
}

void check_s13(struct assessment *a)
{
    each_place (a, place) {
        const struct endpoint *endpoint = place->endpoint ? place->endpoint->endpoint : NULL;
        enum cause cause = endpoint && endpoint->diagnosis ? endpoint->diagnosis->cause : 0;
        bool gone = (cause == CAUSE_NAME_NOT_FOUND && !place->endpoint->named_by_link) ||
                    (cause == CAUSE_NOT_THE_EXPECTED_SERVICE && !place->endpoint->reached_by_link);
        if (gone && !place->replication && offers_credential(place))
            report(a, subject_of_place(place),
                   arena_format(a->arena, "%s: %s; whoever takes the name is offered the credential",
                                endpoint_label(a, endpoint), name_of(&cause_names, (int)cause)));
    }
}

void check_s14(struct assessment *a)
{
    each_place (a, place) {
        if (place->sqlserver || place->replication)
            continue;
        list_each (struct login_mapping, mapping, &place->link->logins)
            if (is_everyone(mapping) && mapping->self == TERNARY_TRUE)
                report(a, subject_of_place(place),
                       arena_format(a->arena, "provider %s, every login uses its own credential",
                                    place->link->provider ? place->link->provider : "?"));
    }
}

void check_s15(struct assessment *a)
{
    list_each (struct instance, instance, &a->audit->instances) {
        const struct changing_right *right = changing_right_of_audit(instance);
        const char *login = instance_property(instance, PROPERTY_LOGIN);
        if (!right)
            continue;
        struct finding *finding = report_as(a, right->widest ? SEVERITY_MEDIUM : a->rule->severity,
                                            (struct subject){.instance = instance},
                                            arena_format(a->arena, "the audit login%s%s holds %s",
                                                         login ? " " : "", login ? login : "", right->name));
        finding->remedy = arena_format(
            a->arena,
            "%s   on %s%s; the signed procedure of the audit login's script (sql/) then shows the "
            "provider strings",
            changing_right_taken_away(a->arena, instance, right, login ? login : "<audit login>"),
            instance->name,
            instance_property(instance, PROPERTY_LOGIN_GROUPS)
                ? "; or from the Windows group that it comes in by"
                : "");
    }
}

static const char *login_trouble(struct assessment *a, const struct sql_login *login, bool *soon)
{
    *soon = false;
    if (login->locked == TERNARY_TRUE)
        return "is locked out";
    if (login->disabled == TERNARY_TRUE)
        return "is disabled";
    if (login->expired == TERNARY_TRUE)
        return "has an expired password";
    if (!login->days_until_expiration.known || login->days_until_expiration.value < 0 ||
        login->days_until_expiration.value > a->policy->password_days)
        return NULL;
    *soon = true;
    return arena_format(a->arena, "has a password that expires in %lld days",
                        (long long)login->days_until_expiration.value);
}

void check_s16(struct assessment *a)
{
    each_place (a, place) {
        if (!place->target || !place->sqlserver)
            continue;
        list_each (struct login_mapping, mapping, &place->link->logins) {
            if (!mapping->remote || mapping->self == TERNARY_TRUE)
                continue;
            list_each (struct sql_login, login, &place->target->sql_logins) {
                bool soon;
                const char *trouble = login->name && strcasecmp(login->name, mapping->remote) == 0
                                          ? login_trouble(a, login, &soon)
                                          : NULL;
                if (trouble)
                    report_as(
                        a, soon ? SEVERITY_MEDIUM : a->rule->severity, subject_of_place(place),
                        arena_format(a->arena, "%s on %s %s", mapping->remote, place->target->name, trouble));
            }
        }
    }
}
