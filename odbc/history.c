#include "odbc/history.h"
#include "audit/model/link_state.h"
#include "odbc/history_sql.h"
#include "reports/report_reader.h"

#include <stdlib.h>
#include <string.h>

/* Values of one INSERT. Older builds of SQLite allow 999, SQL Server 2,100. */
enum { PARAMETERS_MAXIMUM = 900 };

/* Rows of one table that wait to be sent together: a row each would be a round trip each. */
struct batch {
    const struct history_table *table;
    struct arena *arena; /* its values' texts */
    struct parameter values[PARAMETERS_MAXIMUM];
    size_t count;
    int64_t items; /* all rows so far */
};

enum batch_of { OF_INSTANCES, OF_LINKS, OF_ENDPOINTS, OF_FINDINGS, BATCHES };

struct history {
    struct collector *collector;
    const struct history_dialect *dialect;
    const char *path;    /* of the report */
    struct audit *audit; /* its root, summary and whether it was limited */
    bool limited, failed;
    struct number run; /* run_number; not known before its row is there */
    struct batch *batches[BATCHES];
    int64_t *responses; /* response_ms of the endpoints, malloc'ed */
    size_t response_count, response_size;
};

/* ---- parameters --------------------------------------------------------------------------------------- */

static struct parameter text_value(const char *text)
{
    return (struct parameter){.kind = PARAMETER_TEXT, .text = text};
}

/* Of a column that must not be NULL. */
static struct parameter word_value(const char *text)
{
    return text_value(text ? text : "");
}

static struct parameter name_value(const struct name_table *table, int value)
{
    return text_value(name_of(table, value));
}

static struct parameter number_value(struct number number)
{
    return (struct parameter){.kind = PARAMETER_NUMBER, .number = number};
}

static struct parameter flag_value(enum ternary flag)
{
    return number_value((struct number){flag == TERNARY_TRUE, flag != TERNARY_UNKNOWN});
}

static struct parameter moment_value(moment when)
{
    return (struct parameter){.kind = PARAMETER_MOMENT, .number = when};
}

/* ---- asking ------------------------------------------------------------------------------------------- */

/* Says once what could not be done, and why; nothing further is done after it. */
static void fail(struct history *history, const char *what, const message_list *reasons)
{
    if (history->failed)
        return;
    history->failed = true;
    message_list messages = {0};
    struct message message = {.text = (char *)what};
    list_append(&messages, &message);
    message.next = reasons ? reasons->first : NULL;
    send_failure(history->collector, PHASE_INVENTORY, &messages);
}

static bool run_statement(struct history *history, const char *what, const char *sql,
                          const struct parameter *parameters, size_t count, row_handler *handler,
                          void *context)
{
    struct collector *collector = history->collector;
    if (history->failed)
        return false;
    send_rows(collector);
    struct statement_result result =
        session_run_with(collector->session, collector->scratch, sql, parameters, count, handler, context);
    if (result.outcome != STATEMENT_OK)
        fail(history, what, &result.messages);
    return result.outcome == STATEMENT_OK;
}

static bool take_number(void *context, const struct result_row *row)
{
    *(struct number *)context = row_number(row, row_column_name(row, 0));
    return false;
}

/* The first column of the first row; not known when there is no row, or the statement failed. */
static struct number ask_number(struct history *history, const char *what, const char *sql,
                                const struct parameter *parameters, size_t count)
{
    struct number answer = {0, false};
    run_statement(history, what, sql, parameters, count, take_number, &answer);
    return answer;
}

static bool find_dialect(struct history *history)
{
    struct collector *collector = history->collector;
    const char *product = session_product(collector->session, collector->arena);
    history->dialect = history_dialect_find(product);
    if (!history->dialect)
        fail(history,
             arena_format(collector->arena, "the database is '%s': expected %s", product,
                          history_dialect_list(collector->arena)),
             NULL);
    return history->dialect;
}

/* ---- the tables --------------------------------------------------------------------------------------- */

static bool begin(struct history *history)
{
    struct collector *collector = history->collector;
    message_list messages = {0};
    bool good = session_begin(collector->session, collector->arena, &messages);
    if (!good)
        fail(history, "no transaction could be begun", &messages);
    return good;
}

/* Commits what was done since begin(), or undoes it when something of it failed. */
static bool end(struct history *history)
{
    struct collector *collector = history->collector;
    message_list messages = {0};
    if (history->failed)
        session_roll_back(collector->session);
    else if (!session_commit(collector->session, collector->arena, &messages))
        fail(history, "the transaction could not be committed", &messages);
    return !history->failed;
}

static bool tables_exist(struct history *history)
{
    return ask_number(history, "whether the tables exist could not be read", history->dialect->tables_exist,
                      NULL, 0)
               .value > 0;
}

static bool create_tables(struct history *history)
{
    struct arena *arena = history->collector->arena;
    const struct parameter version = number_value(number_of(HISTORY_SCHEMA_VERSION));
    if (!begin(history))
        return false;
    for (const struct history_table *const *table = history_tables; *table; table++)
        run_statement(history, arena_format(arena, "the table %s could not be created", (*table)->name),
                      history_create(arena, history->dialect, *table), NULL, 0, NULL, NULL);
    run_statement(history, "the version of the tables could not be stored",
                  history_insert(arena, &history_schema_table, 1), &version, 1, NULL, NULL);
    return end(history);
}

static bool check_version(struct history *history)
{
    struct number version = ask_number(history, "the version of the tables could not be read",
                                       "SELECT version FROM linkaudit_schema", NULL, 0);
    if (!history->failed && version.value != HISTORY_SCHEMA_VERSION)
        fail(history,
             arena_format(history->collector->arena,
                          "its tables are of version %lld, and this program's of version %d: use the program "
                          "that made them, or another database",
                          (long long)version.value, HISTORY_SCHEMA_VERSION),
             NULL);
    return !history->failed;
}

/* ---- reading ------------------------------------------------------------------------------------------ */

struct trends {
    struct arena *arena;
    struct trend *oldest; /* they come with the newest first and go up with the oldest first */
    size_t count, wanted;
};

static bool take_run(void *context, const struct result_row *row)
{
    struct trends *trends = context;
    struct trend *trend = arena_alloc(trends->arena, sizeof(*trend));
    *trend = (struct trend){.run_id = arena_text(trends->arena, row_text(row, "run_id")),
                            .started = row_moment(row, "started", 0),
                            .complete = row_flag(row, "complete"),
                            .links = row_number(row, "links"),
                            .links_ok = row_number(row, "links_ok"),
                            .links_failed = row_number(row, "links_failed"),
                            .links_unknown = row_number(row, "links_unknown"),
                            .endpoints = row_number(row, "endpoints"),
                            .endpoints_reachable = row_number(row, "endpoints_reachable"),
                            .critical = row_number(row, "critical"),
                            .high = row_number(row, "high"),
                            .medium = row_number(row, "medium"),
                            .low = row_number(row, "low"),
                            .info = row_number(row, "info"),
                            .response_ms = row_number(row, "response_ms")};
    if (!trend->run_id || !trend->started.known)
        return true;
    trend->next = trends->oldest;
    trends->oldest = trend;
    return ++trends->count < trends->wanted;
}

void history_read_runs(struct collector *collector)
{
    static const struct history_request none = {0};
    struct history history = {.collector = collector};
    const struct history_request *request = collector->job->history ? collector->job->history : &none;
    struct trends trends = {.arena = collector->arena,
                            .wanted = request->runs.known ? (size_t)request->runs.value : 0};
    const struct parameter series[] = {word_value(request->title), word_value(request->zone)};
    if (trends.wanted == 0 || !find_dialect(&history) || !tables_exist(&history) || !check_version(&history))
        return;
    run_statement(&history, "former runs could not be read",
                  "SELECT * FROM linkaudit_runs WHERE title = ? AND zone = ? AND limited = 0 "
                  "ORDER BY started DESC, run_number DESC",
                  series, 2, take_run, &trends);
    for (const struct trend *trend = trends.oldest; trend && !history.failed; trend = trend->next)
        send_row(collector, &trend_element, trend);
}

/* ---- storing ------------------------------------------------------------------------------------------ */

static void flush(struct history *history, struct batch *batch)
{
    if (batch->count == 0)
        return;
    size_t rows = batch->count / batch->table->count;
    run_statement(history,
                  arena_format(history->collector->scratch, "%zu rows of %s were not accepted", rows,
                               batch->table->name),
                  history_insert(batch->arena, batch->table, rows), batch->values, batch->count, NULL, NULL);
    batch->count = 0;
    arena_free(batch->arena);
    batch->arena = arena_new();
    forget_scratch(history->collector);
}

/* Adds a row: `values` are those of the columns behind run_number and item. */
static void add_row(struct history *history, enum batch_of which, const struct parameter *values,
                    size_t count)
{
    struct batch *batch = history->batches[which];
    if (count + 2 != batch->table->count)
        abort(); /* a mistake in this file */
    batch->values[batch->count++] = number_value(history->run);
    batch->values[batch->count++] = number_value(number_of(++batch->items));
    for (size_t i = 0; i < count; i++) {
        struct parameter *value = &batch->values[batch->count++];
        *value = values[i];
        value->text = arena_text(batch->arena, value->text);
    }
    if (batch->count + batch->table->count > PARAMETERS_MAXIMUM)
        flush(history, batch);
}
#define ADD_ROW(history, which, values) add_row(history, which, values, sizeof(values) / sizeof((values)[0]))

static void store_link(struct history *history, const struct instance *instance,
                       const struct linked_server *link)
{
    const struct diagnosis *diagnosis = link->diagnosis;
    const struct link_test *test = link->test;
    const struct parameter values[] = {
        word_value(instance->name),
        word_value(link->name),
        text_value(link->provider),
        text_value(link->data_source),
        text_value(link->endpoint),
        name_value(&link_state_names, (int)link_state(link)),
        name_value(&cause_names, diagnosis ? (int)diagnosis->cause : 0),
        name_value(&actor_names, diagnosis ? (int)diagnosis->actor : 0),
        name_value(&test_outcome_names, test ? (int)test->outcome : 0),
        number_value(test ? test->ms : (struct number){0, false}),
        name_value(&verdict_names, link->readiness ? (int)link->readiness->verdict : 0),
    };
    ADD_ROW(history, OF_LINKS, values);
}

static void store_instance(struct history *history, const void *item)
{
    const struct instance *instance = item;
    const struct parameter values[] = {
        word_value(instance->name),
        text_value(instance->server),
        name_value(&instance_status_names, (int)instance->status),
        name_value(&failure_phase_names, instance->failure ? (int)instance->failure->phase : 0),
        text_value(instance->server_version),
        text_value(instance->edition),
        text_value(instance->tags),
        number_value(instance->ms),
    };
    ADD_ROW(history, OF_INSTANCES, values);
    list_each (struct linked_server, link, &instance->linked_servers)
        store_link(history, instance, link);
}

/* "TLSv1.0 TLSv1.2"; NULL when none was accepted. */
static char *accepted_versions(struct arena *arena, const struct endpoint *endpoint)
{
    char *versions = NULL;
    list_each (struct tls, tls, &endpoint->tls)
        if (tls->outcome == TLS_ACCEPTED)
            versions = arena_format(arena, "%s%s%s", versions ? versions : "", versions ? " " : "",
                                    name_of(&tls_version_names, (int)tls->protocol));
    return versions;
}

static struct number connect_ms(const struct endpoint *endpoint)
{
    list_each (struct connection, connection, &endpoint->connects)
        if (connection->outcome == CONNECT_OK)
            return connection->ms;
    return (struct number){0, false};
}

static void note_response(struct history *history, int64_t ms)
{
    if (history->response_count == history->response_size) {
        history->response_size = history->response_size * 2 + 64;
        history->responses =
            realloc(history->responses, history->response_size * sizeof(*history->responses));
        if (!history->responses)
            abort();
    }
    history->responses[history->response_count++] = ms;
}

/* The time until the endpoint answered: the connection, and PRELOGIN where the kind has one. */
static struct number response_ms(struct number connect, const struct prelogin *prelogin)
{
    bool answered = prelogin && prelogin->outcome == PRELOGIN_OK && prelogin->ms.known;
    if (!connect.known || (prelogin && !answered))
        return (struct number){0, false};
    return number_of(connect.value + (answered ? prelogin->ms.value : 0));
}

static void store_endpoint(struct history *history, const void *item)
{
    const struct endpoint *endpoint = item;
    const struct prelogin *prelogin = endpoint->prelogin;
    const struct certificate *certificate = endpoint->certificates.first;
    struct number connect = connect_ms(endpoint), response = response_ms(connect, prelogin);
    const struct parameter values[] = {
        word_value(endpoint->id),
        text_value(endpoint->key),
        name_value(&endpoint_kind_names, (int)endpoint->kind),
        text_value(endpoint->host),
        number_value(endpoint->port),
        text_value(endpoint->instance),
        number_value(endpoint->links),
        flag_value(endpoint->reachable),
        name_value(&cause_names, endpoint->diagnosis ? (int)endpoint->diagnosis->cause : 0),
        text_value(prelogin ? prelogin->server_version : NULL),
        name_value(&encryption_names, prelogin ? (int)prelogin->encryption : 0),
        text_value(accepted_versions(history->collector->scratch, endpoint)),
        name_value(&strict_outcome_names, endpoint->strict ? (int)endpoint->strict->outcome : 0),
        moment_value(certificate ? certificate->not_after : (moment){0, false}),
        text_value(certificate ? certificate->sha256 : NULL),
        number_value(connect),
        number_value(prelogin ? prelogin->ms : (struct number){0, false}),
        number_value(response),
    };
    if (response.known)
        note_response(history, response.value);
    ADD_ROW(history, OF_ENDPOINTS, values);
}

static void store_finding(struct history *history, const void *item)
{
    const struct finding *finding = item;
    const struct parameter values[] = {
        word_value(finding->rule),     name_value(&severity_names, (int)finding->severity),
        text_value(finding->instance), text_value(finding->link),
        text_value(finding->endpoint), moment_value(finding->since),
        flag_value(finding->waived),   text_value(finding->title),
    };
    ADD_ROW(history, OF_FINDINGS, values);
}

static struct number find_run(struct history *history)
{
    const struct parameter id = word_value(history->audit->run_id);
    return ask_number(history, "whether the run is stored already could not be read",
                      "SELECT run_number FROM linkaudit_runs WHERE run_id = ?", &id, 1);
}

/* The run's own row, when all that it says has been read: the summary stands before everything else. */
static bool store_run(struct history *history)
{
    static const struct summary unknown = {0};
    const struct audit *audit = history->audit;
    const struct summary *summary = audit->summary ? audit->summary : &unknown;
    const struct parameter values[] = {
        word_value(audit->run_id),
        moment_value(audit->started),
        moment_value(audit->finished),
        word_value(audit->host),
        word_value(audit->program),
        word_value(audit->title),
        word_value(audit->zone),
        flag_value(audit->complete),
        flag_value(history->limited ? TERNARY_TRUE : TERNARY_FALSE),
        number_value(summary->instances),
        number_value(summary->instances_failed),
        number_value(summary->links),
        number_value(summary->links_ok),
        number_value(summary->links_failed),
        number_value(summary->links_unknown),
        number_value(summary->endpoints),
        number_value(summary->endpoints_reachable),
        number_value(summary->critical),
        number_value(summary->high),
        number_value(summary->medium),
        number_value(summary->low),
        number_value(summary->info),
        number_value(summary->waived),
        number_value((struct number){0, false}),
    };
    if (!run_statement(history, "the run was not accepted",
                       history_insert(history->collector->arena, &history_runs, 1), values,
                       history_insert_columns(&history_runs), NULL, NULL))
        return false;
    history->run = find_run(history);
    if (!history->run.known)
        fail(history, "the run that was just stored cannot be found", NULL);
    return history->run.known;
}

static void store_part(struct history *history, const struct report_part *part)
{
    static const struct {
        const struct element *element;
        void (*store)(struct history *, const void *);
    } parts[] = {{&instance_element, store_instance},
                 {&endpoint_element, store_endpoint},
                 {&finding_element, store_finding}};
    const struct element *element = part->member->element;
    if (strcmp(element->name, "scope") == 0)
        history->limited = true;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i].element == element && (history->run.known || store_run(history)))
            parts[i].store(history, part->item);
}

static int compare_numbers(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;
    return (a > b) - (a < b);
}

/* Of an even number the smaller of the two in the middle: a time that was measured. */
static void store_median(struct history *history)
{
    if (history->response_count == 0)
        return;
    qsort(history->responses, history->response_count, sizeof(*history->responses), compare_numbers);
    const struct parameter values[] = {
        number_value(number_of(history->responses[(history->response_count - 1) / 2])),
        number_value(history->run)};
    run_statement(history, "the run's response time was not accepted",
                  "UPDATE linkaudit_runs SET response_ms = ? WHERE run_number = ?", values, 2, NULL, NULL);
}

/* Reads the report to its end: only then is it known to be good. */
static void store_parts(struct history *history, struct report_reader *reader)
{
    enum report_result result = REPORT_PART;
    while (result == REPORT_PART && !history->failed) {
        struct arena *arena = arena_new();
        struct report_part part;
        const char *error = NULL;
        result = report_reader_next(reader, arena, &part, &error);
        if (result == REPORT_BAD)
            fail(history, error, NULL);
        if (result == REPORT_PART && part.member->element == &summary_element) {
            history->audit->summary = arena_alloc(history->collector->arena, sizeof(struct summary));
            *history->audit->summary = *(struct summary *)part.item;
        } else if (result == REPORT_PART) {
            store_part(history, &part);
        }
        arena_free(arena);
    }
    if (!history->failed && !history->run.known)
        store_run(history);
    for (size_t i = 0; i < BATCHES; i++)
        flush(history, history->batches[i]);
    store_median(history);
}

/* ---- removing ----------------------------------------------------------------------------------------- */

struct old_run {
    struct old_run *next;
    struct number run;
};

struct pruning {
    const struct history *history;
    const struct history_request *request;
    int64_t seen;
    LIST_OF(struct old_run) list;
};

static bool is_over(const struct number *limit, int64_t value)
{
    return limit->known && limit->value > 0 && value > limit->value;
}

/* They come with the newest first. */
static bool take_old_run(void *context, const struct result_row *row)
{
    struct pruning *pruning = context;
    struct number run = row_number(row, "run_number");
    moment started = row_moment(row, "started", 0);
    int64_t age = started.known ? pruning->history->audit->started.value - started.value : 0;
    pruning->seen++;
    if (!run.known || run.value == pruning->history->run.value)
        return true;
    if (is_over(&pruning->request->keep_runs, pruning->seen) || is_over(&pruning->request->keep, age)) {
        struct old_run *old = arena_alloc(pruning->history->collector->arena, sizeof(*old));
        old->run = run;
        list_append(&pruning->list, old);
    }
    return true;
}

static void remove_run(struct history *history, struct number run)
{
    struct arena *arena = history->collector->arena;
    const struct parameter number = number_value(run);
    for (const struct history_table *const *table = history_tables; *table; table++)
        if ((*table)->of_run)
            run_statement(history, "an old run could not be removed", history_delete(arena, *table), &number,
                          1, NULL, NULL);
    run_statement(history, "an old run could not be removed", history_delete(arena, &history_runs), &number,
                  1, NULL, NULL);
}

static void remove_old_runs(struct history *history)
{
    struct pruning pruning = {.history = history, .request = history->collector->job->history};
    const struct parameter series[] = {word_value(history->audit->title), word_value(history->audit->zone)};
    run_statement(history, "the runs of the series could not be read",
                  "SELECT run_number, started FROM linkaudit_runs WHERE title = ? AND zone = ? "
                  "ORDER BY started DESC, run_number DESC",
                  series, 2, take_old_run, &pruning);
    list_each (struct old_run, old, &pruning.list)
        remove_run(history, old->run);
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static void store_transaction(struct history *history, struct report_reader *reader)
{
    /* Its first statement writes: an SQLite transaction that begins with a question cannot wait for another
     * writer's end. */
    if (!begin(history))
        return;
    store_parts(history, reader);
    remove_old_runs(history);
    end(history);
}

static void batches_new(struct history *history)
{
    static const struct history_table *const tables[BATCHES] = {
        [OF_INSTANCES] = &history_instances,
        [OF_LINKS] = &history_links,
        [OF_ENDPOINTS] = &history_endpoints,
        [OF_FINDINGS] = &history_findings,
    };
    for (size_t i = 0; i < BATCHES; i++) {
        history->batches[i] = arena_alloc(history->collector->arena, sizeof(struct batch));
        history->batches[i]->table = tables[i];
        history->batches[i]->arena = arena_new();
    }
}

static void batches_free(struct history *history)
{
    for (size_t i = 0; i < BATCHES; i++)
        arena_free(history->batches[i]->arena);
    free(history->responses);
}

void history_store_run(struct collector *collector)
{
    struct history history = {.collector = collector};
    const char *error = NULL;
    const struct history_request *request = collector->job->history;
    struct report_reader *reader = report_reader_open(request && request->report ? request->report : "",
                                                      collector->arena, &history.audit, &error);
    if (!reader) {
        fail(&history, error, NULL);
        return;
    }
    batches_new(&history);
    if (find_dialect(&history) && (tables_exist(&history) || create_tables(&history)) &&
        check_version(&history) && !find_run(&history).known)
        store_transaction(&history, reader);
    batches_free(&history);
    report_reader_close(reader);
}
