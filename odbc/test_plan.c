#include "odbc/test_plan.h"
#include "audit/model/same_text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- refusals ----------------------------------------------------------------------------------------- */

static bool is_among(int64_t number, const int *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (numbers[i] == number)
            return true;
    return false;
}

static bool contains_one_of(const char *text, const char *const *parts, size_t count)
{
    for (size_t i = 0; text && i < count; i++)
        if (strcasestr(text, parts[i]))
            return true;
    return false;
}

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

bool is_login_refusal(const struct message *message)
{
    /* Numbers of SQL Server: unknown or wrong, locked, disabled, expired; a domain that is not trusted; a
     * logon trigger. */
    static const int refusals[] = {18456, 18450, 18452, 18470, 18483, 18486, 18487, 18488, 17892};
    /* "Login failed", too, but whoever asks: upgrade, licences, single-user mode, no answer in time, full. */
    static const int servers_own[] = {18401, 18451, 18458, 18459, 18460, 18461, 17197, 17809};
    /* Other products are known by their text, which the provider passes on. */
    static const char *const texts[] = {"ORA-01017",
                                        "ORA-01005",
                                        "ORA-01045",
                                        "ORA-28000",
                                        "ORA-28001",
                                        "Login failed for user",
                                        "authentication failed",
                                        "28P01",
                                        "no pg_hba.conf entry",
                                        "is not permitted to log in",
                                        "Access denied for user",
                                        "account is locked",
                                        "SQL30082N",
                                        "SQL1403N",
                                        "Incorrect password or user",
                                        "UserId, Password or Account is invalid",
                                        "user name or password is incorrect",
                                        "Logon failure",
                                        "Invalid credentials"};
    int64_t number = message->number.known ? message->number.value : 0;
    if (is_among(number, servers_own, COUNT(servers_own)))
        return false;
    return is_among(number, refusals, COUNT(refusals)) ||
           (message->sqlstate && strcmp(message->sqlstate, "28000") == 0) ||
           contains_one_of(message->text, texts, COUNT(texts));
}

/* ---- the audit login's mapping ------------------------------------------------------------------------ */

struct audit_login {
    const char *name, *groups;
    struct number id;
    bool windows, sees_no_mappings;
};

/* Then a mapping that is not there may only not have been read. */
static bool mappings_are_missing(const struct instance *instance)
{
    list_each (struct not_readable, question, &instance->not_readables)
        if (question->what && strcmp(question->what, "linked_logins") == 0)
            return true;
    return false;
}

static struct audit_login audit_login_of(const struct instance *instance)
{
    struct audit_login login = {.name = instance_property(instance, PROPERTY_LOGIN),
                                .groups = instance_property(instance, PROPERTY_LOGIN_GROUPS),
                                .id = instance_property_number(instance, PROPERTY_LOGIN_ID)};
    const char *type = instance_property(instance, PROPERTY_LOGIN_TYPE);
    login.sees_no_mappings = mappings_are_missing(instance);
    /* SQL Server forbids a backslash in a SQL login's name. */
    login.windows = type ? *type == 'U' || *type == 'G' : login.name && strchr(login.name, '\\');
    return login;
}

static bool has_id(const char *ids, int64_t id)
{
    while (ids && *ids) {
        char *end;
        if (strtoll(ids, &end, 10) == id)
            return true;
        if (end == ids)
            return false;
        ids = end;
    }
    return false;
}

enum mapping_kind { MAPPING_NONE, MAPPING_FOUND, MAPPING_OF_GROUP };

/* The login's own mapping wins over the default for everyone. Which of a group's mappings applies is
 * documented nowhere. */
static enum mapping_kind effective_mapping(const struct linked_server *link, const struct audit_login *login,
                                           const struct login_mapping **found)
{
    bool of_group = false;
    *found = NULL;
    list_each (struct login_mapping, mapping, &link->logins) {
        int64_t id = mapping->local_id.known ? mapping->local_id.value : -1;
        bool same_name =
            login->name && mapping->local && id != 0 && strcasecmp(mapping->local, login->name) == 0;
        bool own = login->id.known ? id == login->id.value : same_name;
        if (own) {
            *found = mapping;
            return MAPPING_FOUND;
        }
        of_group = of_group || (id > 0 && has_id(login->groups, id));
        if (id == 0)
            *found = mapping;
    }
    if (of_group)
        return MAPPING_OF_GROUP;
    return *found ? MAPPING_FOUND : MAPPING_NONE;
}

/* ---- what is never tested ----------------------------------------------------------------------------- */

static bool is_replication(const struct linked_server *link)
{
    return link->publisher == TERNARY_TRUE || link->subscriber == TERNARY_TRUE ||
           link->distributor == TERNARY_TRUE || link->nonsql_subscriber == TERNARY_TRUE ||
           strcasecmp(link->name, "repl_distributor") == 0;
}

/* Providers of SQL Server that open a plain login at the target: SQLOLEDB, SQLNCLI11, MSOLEDBSQL19 … */
static bool is_sql_server_provider(const char *provider)
{
    static const char *const names[] = {"SQLOLEDB", "SQLNCLI", "MSOLEDBSQL"};
    for (size_t i = 0; provider && i < sizeof(names) / sizeof(names[0]); i++) {
        size_t length = strlen(names[i]);
        if (strncasecmp(provider, names[i], length) != 0)
            continue;
        while (isdigit((unsigned char)provider[length]) || provider[length] == '.')
            length++;
        if (provider[length] == '\0')
            return true;
    }
    return false;
}

static const char *why_link_is_left_alone(const struct linked_server *link, const struct test_rules *rules)
{
    if (!rules->enabled)
        return "link_test = none";
    if (link->system == TERNARY_TRUE)
        return "a system link: the engine's own";
    if (link->linked == TERNARY_FALSE)
        return "an old-style remote server, not a linked server";
    if (is_replication(link))
        return "replication's own link";
    if (!rules->other_providers && !is_sql_server_provider(link->provider))
        return "not a SQL Server provider: a test would load its DLL on the instance (link_test = all tests "
               "it)";
    return NULL;
}

static const char *why_mapping_is_left_alone(const struct linked_server *link,
                                             const struct audit_login *login, const struct test_rules *rules,
                                             const struct login_mapping **mapping)
{
    if (login->sees_no_mappings)
        return "the mappings could not be read, so with whose credential a test would log in is not known";
    if (!login->name)
        return "the audit login's name could not be read, so its mapping is not known";
    enum mapping_kind kind = effective_mapping(link, login, mapping);
    if (kind == MAPPING_NONE)
        return "no mapping for the audit login: the answer would be error 7416";
    if (kind == MAPPING_OF_GROUP)
        return "mapped through a Windows group of the audit login: which mapping would apply is not certain";
    if ((*mapping)->self == TERNARY_UNKNOWN)
        return "whether the mapping uses the caller's own credential could not be read";
    if ((*mapping)->self == TERNARY_TRUE && !login->windows && !rules->self)
        return "self mapping: a test would hand the audit login's name and password to the target "
               "(link_test_self = yes tests it)";
    return NULL;
}

/* What a refusal would be counted for. A Windows login has a ticket at most, and that is nothing to lock. */
static const char *offered_login(const struct login_mapping *mapping, const struct audit_login *login)
{
    if (mapping->self != TERNARY_TRUE)
        return mapping->remote ? mapping->remote : "";
    return login->windows ? NULL : login->name;
}

test_plan test_plan_make(struct arena *arena, const struct instance *instance, const struct test_rules *rules,
                         const char *(*endpoint_key)(const struct linked_server *link, void *context),
                         void *context)
{
    test_plan plan = {0};
    struct audit_login login = audit_login_of(instance);
    list_each (struct linked_server, link, &instance->linked_servers) {
        const struct login_mapping *mapping = NULL;
        struct planned_test *test = arena_alloc(arena, sizeof(*test));
        test->link = link;
        test->skip = why_link_is_left_alone(link, rules);
        if (!test->skip)
            test->skip = why_mapping_is_left_alone(link, &login, rules, &mapping);
        test->login = mapping ? offered_login(mapping, &login) : NULL;
        test->endpoint = endpoint_key ? endpoint_key(link, context) : link->data_source;
        list_append(&plan, test);
    }
    return plan;
}

/* ---- sharing ------------------------------------------------------------------------------------------ */

/* The job that has a test of the same endpoint and login already, or the shortest. */
static size_t choose_job(const struct planned_test *test, const struct collector_job *jobs, size_t maximum)
{
    size_t shortest = 0;
    for (size_t i = 0; i < maximum; i++) {
        list_each (struct test_request, request, &jobs[i].tests) {
            if (same_text_any_case(request->login, test->login) &&
                same_text_any_case(request->endpoint, test->endpoint))
                return i;
        }
        if (jobs[i].tests.count < jobs[shortest].tests.count)
            shortest = i;
    }
    return shortest;
}

size_t test_plan_share(struct arena *arena, const test_plan *plan, struct collector_job *jobs, size_t maximum)
{
    size_t used = 0;
    for (size_t i = 0; i < maximum; i++)
        memset(&jobs[i].tests, 0, sizeof(jobs[i].tests));
    list_each (struct planned_test, test, plan) {
        if (test->skip || maximum == 0)
            continue;
        size_t job = choose_job(test, jobs, maximum);
        struct test_request *request = arena_alloc(arena, sizeof(*request));
        request->link = test->link->name;
        request->login = (char *)test->login;
        request->endpoint = (char *)test->endpoint;
        list_append(&jobs[job].tests, request);
        used = job + 1 > used ? job + 1 : used;
    }
    return used;
}
