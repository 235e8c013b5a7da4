/* How busy the instance is at this moment, and who came in through links of other instances. */
#include "audit/model/same_text.h"
#include "odbc/inventory.h"
#include "odbc/statement.h"

#include <string.h>

static bool worker_row(void *context, const struct result_row *row)
{
    static const struct column_property columns[] = {{"max_workers_count", PROPERTY_MAX_WORKERS},
                                                     {"max_connections", PROPERTY_MAX_CONNECTIONS},
                                                     {NULL, NULL}};
    send_columns(context, row, columns);
    return false;
}

struct load {
    int64_t workers, active, queued, runnable, schedulers, waiters;
};

static bool scheduler_row(void *context, const struct result_row *row)
{
    struct load *load = context;
    load->schedulers++;
    load->workers += row_number(row, "current_workers_count").value;
    load->active += row_number(row, "active_workers_count").value;
    load->queued += row_number(row, "work_queue_count").value;
    load->runnable += row_number(row, "runnable_tasks_count").value;
    return true;
}

static bool user_session_row(void *context, const struct result_row *row)
{
    send_property(context, PROPERTY_USER_SESSIONS, row_text(row, "user_sessions"));
    return false;
}

static bool waiter_row(void *context, const struct result_row *row)
{
    struct load *load = context;
    (void)row;
    load->waiters++;
    return true;
}

void collect_load(struct collector *collector)
{
    struct load load = {0};
    struct arena *scratch = collector->scratch;
    struct statement_result result =
        ask_statement(collector, statement_text(scratch, "sql/workers.sql"), worker_row, collector);
    if (result.outcome != STATEMENT_OK) { /* the other questions need the same permission */
        send_not_readable(collector, "load", NULL, &result);
        return;
    }
    result = ask_statement(collector, statement_text(scratch, "sql/schedulers.sql"), scheduler_row, &load);
    if (result.outcome != STATEMENT_OK)
        send_not_readable(collector, "schedulers", NULL, &result);
    else if (load.schedulers > 0) {
        send_property_number(collector, PROPERTY_WORKERS, number_of(load.workers));
        send_property_number(collector, PROPERTY_ACTIVE_WORKERS, number_of(load.active));
        send_property_number(collector, PROPERTY_QUEUED_TASKS, number_of(load.queued));
        send_property_number(collector, PROPERTY_RUNNABLE_TASKS, number_of(load.runnable));
    }
    result =
        ask_statement(collector, statement_text(scratch, "sql/threadpool_waiters.sql"), waiter_row, &load);
    if (result.outcome == STATEMENT_OK)
        send_property_number(collector, PROPERTY_THREADPOOL_WAITERS, number_of(load.waiters));
    else
        send_not_readable(collector, "threadpool_waiters", NULL, &result);
    result = ask_statement(collector, statement_text(scratch, "sql/user_sessions.sql"), user_session_row,
                           collector);
    if (result.outcome != STATEMENT_OK)
        send_not_readable(collector, "user_sessions", NULL, &result);
}

struct session_entry {
    struct session_entry *next;
    struct session session;
};

struct session_groups {
    struct collector *collector;
    LIST_OF(struct session_entry) list;
};

static bool same_session(const struct session *a, const struct session *b)
{
    return same_text(a->host, b->host) && same_text(a->address, b->address) &&
           same_text(a->login, b->login) && same_text(a->interface_name, b->interface_name) &&
           same_text(a->encrypted, b->encrypted) && same_text(a->auth_scheme, b->auth_scheme) &&
           same_text(a->transport, b->transport);
}

static bool link_session_row(void *context, const struct result_row *row)
{
    struct session_groups *groups = context;
    struct collector *collector = groups->collector;
    struct session session = {.host = (char *)row_text(row, "host_name"),
                              .address = (char *)row_text(row, "client_net_address"),
                              .login = (char *)row_text(row, "login_name"),
                              .interface_name = (char *)row_text(row, "client_interface_name"),
                              .encrypted = (char *)row_text(row, "encrypt_option"),
                              .auth_scheme = (char *)row_text(row, "auth_scheme"),
                              .transport = (char *)row_text(row, "net_transport")};
    moment seen = row_moment(row, "last_request_end_time", collector->utc_offset);
    struct session_entry *entry = groups->list.first;
    while (entry && !same_session(&entry->session, &session))
        entry = entry->next;
    if (!entry) {
        char **texts[] = {&session.host,           &session.address,   &session.login,
                          &session.interface_name, &session.encrypted, &session.auth_scheme,
                          &session.transport};
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
            *texts[i] = arena_text(collector->scratch, *texts[i]);
        entry = arena_alloc(collector->scratch, sizeof(*entry));
        entry->session = session;
        entry->session.sessions = number_of(0);
        list_append(&groups->list, entry);
    }
    entry->session.sessions.value++;
    if (seen.known && (!entry->session.last_seen.known || seen.value > entry->session.last_seen.value))
        entry->session.last_seen = seen;
    return true;
}

void collect_link_sessions(struct collector *collector)
{
    struct session_groups groups = {.collector = collector};
    struct statement_result result = ask_statement(
        collector, statement_text(collector->scratch, "sql/link_sessions.sql"), link_session_row, &groups);
    if (result.outcome != STATEMENT_OK)
        send_not_readable(collector, "link_sessions", NULL, &result);
    list_each (struct session_entry, entry, &groups.list)
        send_row(collector, &session_element, &entry->session);
}
