/* Who the audit is and what it may see. */
#include "odbc/inventory.h"
#include "odbc/statement.h"

#include <stdio.h>
#include <string.h>

bool own_login_row(void *context, const struct result_row *row)
{
    static const struct column_property columns[] = {
        {"principal_id", PROPERTY_LOGIN_ID}, {"type", PROPERTY_LOGIN_TYPE}, {NULL, NULL}};
    send_columns(context, row, columns);
    return false;
}

struct group_ids {
    char text[4096];
    size_t used;
};

static bool login_token_row(void *context, const struct result_row *row)
{
    struct group_ids *ids = context;
    const char *type = row_text(row, "type"), *usage = row_text(row, "usage");
    bool deny_only = usage && strcmp(usage, "DENY ONLY") == 0;
    struct number id = row_number(row, "principal_id");
    if (!type || strcmp(type, "WINDOWS GROUP") != 0 || deny_only || !id.known || id.value <= 0)
        return true;
    int length = snprintf(ids->text + ids->used, sizeof(ids->text) - ids->used, "%s%lld",
                          ids->used ? " " : "", (long long)id.value);
    if (length < 0 || (size_t)length >= sizeof(ids->text) - ids->used)
        return false;
    ids->used += (size_t)length;
    return true;
}

void collect_login_groups(struct collector *collector)
{
    struct group_ids ids = {.used = 0};
    struct statement_result result = ask_statement(
        collector, statement_text(collector->scratch, "sql/login_token.sql"), login_token_row, &ids);
    if (result.outcome != STATEMENT_OK)
        send_not_readable(collector, "login_token", NULL, &result);
    else if (ids.used > 0)
        send_property(collector, PROPERTY_LOGIN_GROUPS, ids.text);
}

struct permission {
    const char *column, *name;
    bool of_object; /* NULL: the object is not there, or not for this login */
};

static const struct permission permissions[] = {
    {"alter_any_linked_server", "ALTER ANY LINKED SERVER", false},
    {"provider_strings_procedure", "EXECUTE master.dbo.linkaudit_provider_strings", true},
    {"alter_any_login", "ALTER ANY LOGIN", false},
    {"is_setupadmin", "setupadmin", false},
    {"is_sysadmin", "sysadmin", false},
    {"control_server", "CONTROL SERVER", false},
    {"view_any_definition", "VIEW ANY DEFINITION", false},
    {"view_any_security_definition", "VIEW ANY SECURITY DEFINITION", false},
    {"view_any_database", "VIEW ANY DATABASE", false},
    {"connect_any_database", "CONNECT ANY DATABASE", false},
    {"view_server_state", "VIEW SERVER STATE", false},
    {"view_server_performance_state", "VIEW SERVER PERFORMANCE STATE", false},
    {"view_server_security_state", "VIEW SERVER SECURITY STATE", false},
    {"select_sysjobs", "SELECT msdb.dbo.sysjobs", true},
    {"select_sysjobsteps", "SELECT msdb.dbo.sysjobsteps", true},
};

/* What is hidden without a permission, unless one of others shows it as well. */
static const struct {
    const char *column, *hides, *unless;
    bool usage; /* only the search for uses would miss it */
} hidden[] = {
    {"alter_any_linked_server", "provider-strings", "provider_strings_procedure", false},
    {"alter_any_linked_server", "unmapped-links", "alter_any_login is_setupadmin", false},
    {"view_any_definition", "login-names", "view_any_security_definition alter_any_login", false},
    {"view_any_definition", "role-members", "view_any_security_definition", false},
    {"view_any_definition", "server-permissions", "view_any_security_definition", false},
    {"view_any_definition", "availability-groups", "", false},
    {"view_any_definition", "modules", "", true},
    {"view_any_definition", "server-triggers", "", true},
    {"view_any_security_definition", "login-names", "view_any_definition alter_any_login", false},
    {"view_any_security_definition", "role-members", "view_any_definition", false},
    {"view_any_security_definition", "server-permissions", "view_any_definition", false},
    {"view_any_database", "databases", "", false},
    {"connect_any_database", "uses-in-databases", "", true},
    {"view_server_state", "connection-encryption", "view_server_performance_state", false},
    {"view_server_state", "load", "view_server_performance_state", false},
    {"view_server_state", "sessions", "view_server_performance_state", false},
    {"view_server_state", "listeners", "view_server_security_state", false},
    {"view_server_state", "registry", "view_server_security_state", false},
    {"view_server_performance_state", "connection-encryption", "view_server_state", false},
    {"view_server_performance_state", "load", "view_server_state", false},
    {"view_server_performance_state", "sessions", "view_server_state", false},
    {"view_server_security_state", "listeners", "view_server_state", false},
    {"view_server_security_state", "registry", "view_server_state", false},
    {"select_sysjobs", "job-steps", "", true},
    {"select_sysjobsteps", "job-steps", "", true},
};

static bool holds_one_of(const struct result_row *row, const char *columns)
{
    while (*columns) {
        char column[64];
        size_t length = strcspn(columns, " ");
        snprintf(column, sizeof(column), "%.*s", (int)length, columns);
        if (row_flag(row, column) == TERNARY_TRUE)
            return true;
        columns += length + strspn(columns + length, " ");
    }
    return false;
}

/* The words for what is hidden from this login, or NULL. */
static char *hides(struct collector *collector, const struct result_row *row, const char *column)
{
    char *words = NULL;
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        bool matters = !hidden[i].usage || collector->job->usage == TERNARY_TRUE;
        if (strcmp(hidden[i].column, column) != 0 || !matters || holds_one_of(row, hidden[i].unless))
            continue;
        words = words ? arena_format(collector->scratch, "%s %s", words, hidden[i].hides)
                      : arena_text(collector->scratch, hidden[i].hides);
    }
    return words;
}

static void send_permission(struct collector *collector, const struct result_row *row,
                            const struct permission *permission)
{
    struct visibility visibility = {.permission = (char *)permission->name,
                                    .granted = row_flag(row, permission->column),
                                    .hides = hides(collector, row, permission->column)};
    bool is_procedure = strcmp(permission->column, "provider_strings_procedure") == 0;
    if (permission->of_object && visibility.granted == TERNARY_UNKNOWN) {
        if (is_procedure) /* nobody installed it: no gap */
            return;
        visibility.granted = TERNARY_FALSE;
    }
    send_row(collector, &visibility_element, &visibility);
}

bool permissions_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    for (size_t i = 0; i < sizeof(permissions) / sizeof(permissions[0]); i++)
        if (row_has(row, permissions[i].column))
            send_permission(collector, row, &permissions[i]);
    collector->sees_provider_strings = row_flag(row, "alter_any_linked_server");
    collector->provider_strings_procedure = row_flag(row, "provider_strings_procedure");
    bool both = row_flag(row, "select_sysjobs") == TERNARY_TRUE &&
                row_flag(row, "select_sysjobsteps") == TERNARY_TRUE;
    collector->may_read_jobs = both ? TERNARY_TRUE : TERNARY_FALSE;
    return false;
}
