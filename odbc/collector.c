#include "odbc/collector.h"
#include "audit/frame.h"
#include "audit/model/clock.h"
#include "audit/role.h"
#include "odbc/connection_string.h"
#include "odbc/hide_password.h"
#include "odbc/history.h"
#include "odbc/statement.h"
#include "odbc/test_plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MEGABYTES_DEFAULT = 1024,
    ROWS_DEFAULT = 100000,
    HELD_MAXIMUM = 32 * 1024, /* bytes of rows that are held back to be sent together */
    HELD_MILLISECONDS = 50
};

/* ---- rows up ------------------------------------------------------------------------------------------ */

/* Without main there is nobody to work for. */
void send_rows(struct collector *collector)
{
    if (!frame_buffer_write(&collector->rows, collector->fd))
        exit(3);
    collector->sent_at = monotonic_ms();
}

void send_row(struct collector *collector, const struct element *element, const void *item)
{
    size_t length;
    char *row = row_write(element, item, &length);
    if (length > FRAME_MAXIMUM)
        frame_log(collector->fd, "%s: a row <%s> of %zu bytes is too long and was left out",
                  collector->job->instance, element->name, length);
    else
        frame_buffer_put(&collector->rows, FRAME_ROW, row, length);
    free(row);
    if (collector->rows.used >= HELD_MAXIMUM || monotonic_ms() - collector->sent_at >= HELD_MILLISECONDS)
        send_rows(collector);
}

void send_property(struct collector *collector, const char *name, const char *value)
{
    struct property property = {.name = (char *)name, .value = (char *)value};
    send_row(collector, &property_element, &property);
}

void send_property_number(struct collector *collector, const char *name, struct number value)
{
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)value.value);
    send_property(collector, name, value.known ? text : NULL);
}

void send_failure(struct collector *collector, enum failure_phase phase, const message_list *messages)
{
    struct failure failure = {.phase = phase};
    hide_passwords(messages, collector->password, collector->arena);
    failure.messages.first = messages->first;
    failure.messages.last = messages->last;
    failure.messages.count = messages->count;
    send_row(collector, &failure_element, &failure);
}

void send_not_readable(struct collector *collector, const char *what, const char *database,
                       const struct statement_result *result)
{
    const struct message *message = deciding_message(&result->messages);
    struct not_readable row = {.what = (char *)what, .database = (char *)database};
    if (message && message->number.known && message->number.value != 0)
        row.number = message->number;
    row.reason = message && message->text ? message->text : (char *)"the driver gave no reason";
    if (result->outcome == STATEMENT_TIMEOUT)
        row.reason = arena_format(collector->scratch, "no answer within the query time-out: %s", row.reason);
    else if (result->rows_cut)
        row.reason =
            arena_format(collector->scratch, "only the first %lld rows were read", (long long)result->rows);
    send_row(collector, &not_readable_element, &row);
}

void send_not_asked(struct collector *collector, const char *what, const char *database, const char *reason)
{
    struct not_readable row = {.what = (char *)what, .database = (char *)database, .reason = (char *)reason};
    send_row(collector, &not_readable_element, &row);
}

/* ---- asking ------------------------------------------------------------------------------------------- */

static void note_loss(struct collector *collector, const struct statement_result *result)
{
    collector->timeouts += result->outcome == STATEMENT_TIMEOUT;
    if (result->outcome == STATEMENT_OK || collector->lost || session_alive(collector->session))
        return;
    collector->lost = true;
    frame_log(collector->fd, "%s: the connection was lost", collector->job->instance);
}

struct statement_result ask_statement(struct collector *collector, const char *sql, row_handler *handler,
                                      void *context)
{
    struct statement_result result = {.outcome = STATEMENT_FAILED};
    if (collector->lost || !sql)
        return result;
    send_rows(collector);
    result = session_run(collector->session, collector->scratch, sql, handler, context);
    hide_passwords(&result.messages, collector->password, collector->scratch);
    note_loss(collector, &result);
    return result;
}

void forget_scratch(struct collector *collector)
{
    arena_free(collector->scratch);
    collector->scratch = arena_new();
}

struct statement_result ask(struct collector *collector, const char *file, row_handler *handler)
{
    forget_scratch(collector);
    return ask_statement(collector, statement_text(collector->scratch, file), handler, collector);
}

char *question_name(struct collector *collector, const char *file)
{
    const char *name = strrchr(file, '/');
    name = name ? name + 1 : file;
    return arena_text_n(collector->scratch, name, strcspn(name, "."));
}

/* ---- a job -------------------------------------------------------------------------------------------- */

/* Whether the server answered and refused, or there was no session at all. */
static enum failure_phase phase_of(const message_list *messages)
{
    list_each (struct message, message, messages) {
        int64_t number = message->number.known ? message->number.value : 0;
        if (is_login_refusal(message) || (number >= 18400 && number <= 18499) || number == 17892 ||
            number == 17809 || number == 4060 || number == 4064 || number == 40615 || number == 40914 ||
            number == 47073)
            return PHASE_LOGIN;
    }
    return PHASE_CONNECT;
}

static bool connect_session(struct collector *collector, const char *password)
{
    const struct collector_job *job = collector->job;
    const struct session_settings settings = {
        .login_timeout = job->login_timeout.value,
        .query_timeout = job->query_timeout.value,
        .maximum_rows = job->maximum_rows.known ? job->maximum_rows.value : ROWS_DEFAULT,
        .writes = job->task == TASK_HISTORY_STORE};
    char host[256] = "";
    gethostname(host, sizeof(host) - 1);
    message_list messages = {0};
    struct connection_string string = connection_string_build(job, password, host);
    if (string.text) {
        collector->session = session_open(string.text, &settings, collector->arena, &messages);
    } else {
        struct message message = {.text = (char *)string.error};
        list_append(&messages, &message);
        send_failure(collector, PHASE_CONNECT, &messages);
        return false;
    }
    connection_string_clear(&string);
    if (!collector->session)
        send_failure(collector, phase_of(&messages), &messages);
    return collector->session != NULL;
}

/* At once: logins of other collectors may wait for how this one fares. */
static void send_opened(struct collector *collector)
{
    const struct session_opened opened = {collector->job->instance};
    send_row(collector, &session_opened_element, &opened);
    send_rows(collector);
}

static void (*const tasks[])(struct collector *) = {
    [TASK_INVENTORY] = collect_inventory,
    [TASK_LINK_TESTS] = collect_link_tests,
    [TASK_HISTORY_READ] = history_read_runs,
    [TASK_HISTORY_STORE] = history_store_run,
};

/* Jobs of link tests follow the inventory and one another within a process and share its session, so that the
 * instance sees one login, not one for every test. */
static void run_job(struct collector *collector, const char *password)
{
    collector->fresh = !collector->session;
    if (collector->fresh && !connect_session(collector, password))
        return;
    if (collector->fresh &&
        (collector->job->task == TASK_INVENTORY || collector->job->task == TASK_LINK_TESTS))
        send_opened(collector);
    tasks[collector->job->task](collector);
    if (collector->lost || collector->timeouts > 0) {
        send_rows(collector);
        session_close(collector->session);
        collector->session = NULL;
    }
}

/* A driver that leaks must not take the machine's memory. The sanitizers reserve terabytes for themselves,
 * and valgrind lives in the same address space. */
static void limit_memory(const struct collector_job *job)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(LINKAUDIT_VALGRIND)
    int64_t megabytes = job->memory.known ? job->memory.value : MEGABYTES_DEFAULT;
    if (megabytes > 0) {
        struct rlimit limit = {(rlim_t)megabytes << 20, (rlim_t)megabytes << 20};
        setrlimit(RLIMIT_AS, &limit);
    }
#else
    (void)job;
#endif
}

/* The job's password, where one was announced; false when it did not come. */
static bool read_password(const struct collector_job *job, struct frame *secret)
{
    *secret = (struct frame){0};
    if (job->has_password != TERNARY_TRUE)
        return true;
    return frame_read(FRAME_FD, secret) == FRAME_OK && secret->type == FRAME_SECRET &&
           secret->length <= SECRET_MAXIMUM && strlen(secret->payload) == secret->length;
}

/* `session`: the former job's, or NULL; left for the next one. */
static int answer(const struct frame *frame, struct odbc_session **session)
{
    struct collector collector = {.fd = FRAME_FD,
                                  .sent_at = monotonic_ms(),
                                  .arena = arena_new(),
                                  .scratch = arena_new(),
                                  .session = *session};
    const char *error = NULL;
    struct row row = row_read(collector.arena, frame->payload, frame->length, &error);
    struct frame secret = {0};
    int status = 0;
    if (row.element != &collector_job_element) {
        frame_log(FRAME_FD, "collector: no job of mine: %s", error ? error : "another row");
        status = 3;
    } else if (!read_password(row.item, &secret)) {
        frame_log(FRAME_FD, "collector: the password that the job announces did not come, or holds a NUL");
        status = 3;
    } else {
        collector.job = row.item;
        collector.password = secret.payload;
        limit_memory(collector.job);
        run_job(&collector, secret.payload);
    }
    *session = collector.session;
    frame_clear(&secret);
    arena_free(collector.scratch);
    arena_free(collector.arena);
    const char *session_left = *session ? "" : "closed";
    frame_buffer_put(&collector.rows, FRAME_DONE, session_left, strlen(session_left));
    if (status == 0 && !frame_buffer_write(&collector.rows, FRAME_FD))
        status = 3;
    frame_buffer_clear(&collector.rows);
    return status;
}

int collector_role(void)
{
    struct frame frame;
    enum frame_result result;
    struct odbc_session *session = NULL;
    int status = 0;
    umask(S_IRWXO); /* what a driver writes, an SQLite file above all, is as private as the report */
    while (status == 0 && (result = frame_read(FRAME_FD, &frame)) != FRAME_END) {
        if (result == FRAME_OK && frame.type == FRAME_JOB)
            status = answer(&frame, &session);
        else
            status = 3;
        frame_clear(&frame);
    }
    session_close(session);
    return status;
}
