#include "odbc/inventory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void send_columns(struct collector *collector, const struct result_row *row,
                  const struct column_property *columns)
{
    for (; columns->column; columns++)
        if (row_has(row, columns->column))
            send_property(collector, columns->property, row_text(row, columns->column));
}

/* What an instance must be for a question to make sense there. */
enum need {
    NEEDS_NOTHING = 0,
    NEEDS_WINDOWS = 1,    /* a registry */
    NEEDS_FULL_REACH = 2, /* undocumented procedures: not Managed Instance, RDS, Azure SQL Database */
    NOTHING_BEFORE = 4,   /* an older version has nothing that could be read: its silence is no gap */
};

struct question {
    const char *file;
    row_handler *row;
    int since;                       /* version of SQL Server, of ProductVersion: major * 100 + minor */
    unsigned needs;                  /* enum need */
    void (*ask)(struct collector *); /* instead of row: a question of several parts */
};

/* What everything else rests on: without an answer to these there is no inventory. */
static const struct question foundation[] = {
    {"sql/session.sql", NULL, 0, 0, NULL},
    {"sql/server.sql", server_row, 0, 0, NULL},
};

static const struct question before_links[] = {
    {"sql/clock.sql", clock_row, 0, 0, NULL},
    {"sql/databases.sql", database_row, 0, 0, NULL},
    {"sql/own_login.sql", own_login_row, 0, 0, NULL},
    {"sql/permissions.sql", permissions_row, 0, 0, NULL},
    {"sql/provider_strings.sql", NULL, 0, 0, collect_provider_strings},
    {"sql/linked_logins.sql", linked_login_row, 0, 0, NULL},
    /* An alias decides where a link leads. */
    {"sql/client_aliases.sql", client_alias_row, 0, NEEDS_WINDOWS | NEEDS_FULL_REACH, NULL},
};

/* In order of what the report needs most: a night's deadline may cut the rest off. */
static const struct question after_links[] = {
    {"sql/login_token.sql", NULL, 0, 0, collect_login_groups},
    {"sql/connection.sql", connection_row, 1000, 0, NULL},
    {"sql/connection_encryption.sql", connection_encryption_row, 0, 0, NULL},
    {"sql/configurations.sql", configuration_row, 0, 0, NULL},
    {"sql/server_permissions.sql", server_permission_row, 0, 0, NULL},
    {"sql/server_role_members.sql", server_role_member_row, 0, 0, NULL},
    {"sql/sql_logins.sql", sql_login_row, 0, 0, NULL},
    {"sql/host.sql", host_row, 1400, NOTHING_BEFORE, NULL},
    {"sql/listeners.sql", listener_row, 1100, 0, NULL},
    {"sql/registry_network.sql", registry_network_row, 1050, NEEDS_WINDOWS, NULL},
    {"sql/registry_instance_value.sql", NULL, 0, NEEDS_WINDOWS | NEEDS_FULL_REACH, collect_registry_values},
    {"sql/providers.sql", NULL, 0, NEEDS_WINDOWS | NEEDS_FULL_REACH, collect_providers},
    {"sql/trace_flag.sql", trace_flag_row, 1700, NOTHING_BEFORE, NULL},
    {"sql/availability_replicas.sql", availability_replica_row, 1100, NOTHING_BEFORE, NULL},
    {"sql/availability_listeners.sql", availability_listener_row, 1100, NOTHING_BEFORE, NULL},
    {"sql/workers.sql", NULL, 0, 0, collect_load},
    {"sql/link_sessions.sql", NULL, 0, 0, collect_link_sessions},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Whether there is anything to ask about; if not, nothing is missing from the report. */
static bool is_pointless(const struct collector *collector, const struct question *question, bool too_old)
{
    bool windows = collector->hosting != HOSTING_LINUX && collector->hosting != HOSTING_BABELFISH;
    return (too_old && (question->needs & NOTHING_BEFORE)) || (!windows && (question->needs & NEEDS_WINDOWS));
}

/* Why the question is not asked of this instance; NULL: it is. */
static const char *not_asked(const struct collector *collector, const struct question *question, bool too_old)
{
    bool full = collector->hosting == HOSTING_WINDOWS || collector->hosting == HOSTING_LINUX;
    if (too_old)
        return "this version has no such view or function";
    if ((question->needs & NEEDS_FULL_REACH) && !full)
        return "no registry procedures on this kind of hosting";
    if (collector->timeouts >= QUESTION_TIMEOUTS_MAXIMUM)
        return "three questions before it had no answer within the query time-out";
    return NULL;
}

static void ask_question(struct collector *collector, const struct question *question)
{
    /* Azure's engines call themselves version 12 whatever they are. */
    bool numbered = collector->engine_edition < 5 || collector->engine_edition > 11;
    bool too_old =
        numbered && collector->major > 0 && collector->major * 100 + collector->minor < question->since;
    if (is_pointless(collector, question, too_old))
        return;
    const char *reason = not_asked(collector, question, too_old);
    if (reason) {
        send_not_asked(collector, question_name(collector, question->file), NULL, reason);
        return;
    }
    if (question->ask) {
        forget_scratch(collector);
        question->ask(collector);
        return;
    }
    struct statement_result result = ask(collector, question->file, question->row);
    bool absent = (question->needs & NEEDS_WINDOWS) && registry_says_absent(&result);
    if ((result.outcome != STATEMENT_OK && !absent) || result.rows_cut)
        send_not_readable(collector, question_name(collector, question->file), NULL, &result);
}

/* After a loss nothing can be asked; what was not is named once by the failure. */
static void ask_all(struct collector *collector, const struct question *questions, size_t count)
{
    for (size_t i = 0; i < count && !collector->lost; i++)
        ask_question(collector, &questions[i]);
}

static void fail_with(struct collector *collector, const char *text, message_list *messages)
{
    struct message *message = arena_alloc(collector->scratch, sizeof(*message));
    message_list all = {0};
    message->text = (char *)text;
    list_append(&all, message);
    if (messages->first) {
        message->next = messages->first;
        all.last = messages->last;
        all.count += messages->count;
    }
    send_failure(collector, PHASE_INVENTORY, &all);
}

/* Drivers connect to anything; only SQL Server, and what speaks its language, has linked servers. */
static bool is_sql_server(struct collector *collector)
{
    const char *product = session_product(collector->session, collector->scratch);
    message_list none = {0};
    if (strcasestr(product, "SQL Server"))
        return true;
    fail_with(collector,
              arena_format(collector->scratch, "not a SQL Server (%s %s)",
                           *product ? product : "unknown product",
                           session_product_version(collector->session, collector->scratch)),
              &none);
    return false;
}

static bool ask_foundation(struct collector *collector)
{
    for (size_t i = 0; i < COUNT(foundation); i++) {
        struct statement_result result = ask(collector, foundation[i].file, foundation[i].row);
        if (result.outcome == STATEMENT_OK && (!foundation[i].row || result.rows > 0))
            continue;
        fail_with(collector,
                  arena_format(collector->scratch, "not a SQL Server that this program can read (%s): %s",
                               session_product(collector->session, collector->scratch),
                               foundation[i].row ? "it does not say what it is"
                                                 : "it refuses the session's settings"),
                  &result.messages);
        return false;
    }
    return true;
}

static bool ask_servers(struct collector *collector)
{
    struct statement_result result = ask(collector, "sql/servers.sql", linked_server_row);
    if (result.outcome != STATEMENT_OK) {
        fail_with(collector, "sys.servers could not be read", &result.messages);
        return false;
    }
    if (result.rows_cut)
        send_not_readable(collector, "servers", NULL, &result);
    if (!collector->local_server && !result.rows_cut)
        send_property(collector, PROPERTY_LOCAL_SERVER, NULL);
    return true;
}

void collect_inventory(struct collector *collector)
{
    message_list none = {0};
    if (!is_sql_server(collector) || !ask_foundation(collector))
        return;
    ask_all(collector, before_links, COUNT(before_links));
    if (!collector->lost && !ask_servers(collector))
        return;
    ask_all(collector, after_links, COUNT(after_links));
    if (!collector->lost)
        collect_uses(collector);
    if (collector->lost)
        fail_with(collector, "the connection broke during the inventory; what came before is in the report",
                  &none);
}
