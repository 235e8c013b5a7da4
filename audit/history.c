#include "audit/history.h"
#include "audit/one_job.h"
#include "odbc/connection_string.h"
#include "reports/row.h"
#include "reports/safe_text.h"

#include <stdio.h>

#define SECONDS_PER_DAY 86400
#define ADDRESS_SPACE 2048 /* megabytes */

/* What came of a task. */
struct answer {
    struct arena *arena;
    struct former_runs *runs; /* to read: where they go, and how many were asked for */
    size_t wanted;
    const char *failure; /* NULL: none */
    bool refused;        /* it is the login's */
};

/* SQLite's driver waits for another writer's end: twice, when connecting and when asking, and both times must
 * be over before the child's deadline, so that its own words are heard. */
static char *connection(struct arena *arena, const struct history_config *history)
{
    if (history->connection)
        return history->connection;
    return arena_format(arena, "DRIVER={SQLite3};Database=%s;Timeout=%lld", history->file,
                        (long long)history->deadline / 4);
}

static struct collector_job job_for(const struct config *config, struct arena *arena,
                                    enum collector_task task, struct history_request *request)
{
    const struct login_config *login = config->history.login;
    struct collector_job job = {.task = task,
                                .instance = arena_text(arena, "history"),
                                .connection = connection(arena, &config->history),
                                .login_timeout = number_of(config->login_timeout),
                                .query_timeout = number_of(config->query_timeout),
                                .memory = number_of(ADDRESS_SPACE),
                                .history = request};
    if (login) {
        job.uid = login->uid;
        job.has_password = login->password.bytes ? TERNARY_TRUE : TERNARY_FALSE;
    }
    return job;
}

static const char *failure_text(struct arena *arena, const struct failure *failure)
{
    const char *text = NULL;
    list_each (struct message, message, &failure->messages)
        if (message->text)
            text = text ? arena_format(arena, "%s: %s", text, message->text) : message->text;
    return text ? text : "no reason was given";
}

static const char *on_row(void *context, const char *bytes, size_t length)
{
    struct answer *answer = context;
    const char *error = NULL;
    struct row row = row_read(answer->arena, bytes, length, &error);
    if (row.element == &failure_element && !answer->failure) {
        const struct failure *failure = row.item;
        answer->failure = failure_text(answer->arena, failure);
        answer->refused = failure->phase == PHASE_LOGIN;
    } else if (row.element == &trend_element && answer->runs && answer->runs->trends.count < answer->wanted) {
        list_append(&answer->runs->trends, (struct trend *)row.item);
    } else {
        return row.element ? "its collector sent what it was not asked for" : error;
    }
    return NULL;
}

/* NULL, or why it failed. */
static const char *run_task(const struct config *config, struct arena *arena, enum collector_task task,
                            struct history_request *request, struct former_runs *runs)
{
    const struct login_config *login = config->history.login;
    const struct collector_job job = job_for(config, arena, task, request);
    struct answer answer = {.arena = arena, .runs = runs, .wanted = (size_t)request->runs.value};
    const struct one_job one_job = {.role = "collector",
                                    .element = &collector_job_element,
                                    .item = &job,
                                    .secret = login && login->password.bytes ? &login->password : NULL,
                                    .deadline = config->history.deadline,
                                    .ends_early = task == TASK_HISTORY_STORE,
                                    .row = on_row,
                                    .context = &answer};
    const char *fault = one_job_run(&one_job, arena);
    if (runs)
        runs->refused = answer.refused;
    return answer.failure ? answer.failure : fault;
}

/* It quotes a driver or a server. */
static void say(const char *text)
{
    fputs("linkaudit: ", stderr);
    print_safe(stderr, text);
    fputc('\n', stderr);
}

struct former_runs history_read(const struct config *config, struct arena *arena)
{
    struct former_runs runs = {.problem = NULL};
    struct history_request request = {.title = config->title, .runs = number_of(config->history.runs)};
    if (!config->history.wanted || config->history.runs == 0)
        return runs;
    const char *failure = run_task(config, arena, TASK_HISTORY_READ, &request, &runs);
    if (failure) {
        runs =
            (struct former_runs){.problem = arena_format(arena, "the history could not be read: %s", failure),
                                 .refused = runs.refused};
        say(runs.problem);
    }
    return runs;
}

void history_tell(const struct former_runs *runs, struct arena *arena, struct audit *audit)
{
    audit->trends.first = runs->trends.first;
    audit->trends.last = runs->trends.last;
    audit->trends.count = runs->trends.count;
    if (!runs->problem)
        return;
    struct message *problem = arena_alloc(arena, sizeof(*problem));
    problem->text = runs->problem;
    list_append(&audit->problems, problem);
}

void history_store(const struct config *config, const struct former_runs *runs, const char *report)
{
    if (!config->history.wanted)
        return;
    if (runs->refused) {
        say("the run is not stored in the history, whose login was refused before; the report is complete");
        return;
    }
    struct arena *arena = arena_new();
    struct history_request request = {.report = arena_text(arena, report),
                                      .keep_runs = number_of(config->history.keep_runs),
                                      .keep = number_of(config->history.keep_days * SECONDS_PER_DAY)};
    const char *failure = run_task(config, arena, TASK_HISTORY_STORE, &request, NULL);
    if (failure)
        say(arena_format(arena, "the run could not be stored in the history, the report is complete: %s",
                         failure));
    arena_free(arena);
}

bool history_check(const struct config *config)
{
    const struct history_config *history = &config->history;
    const struct login_config *login = history->login;
    if (!history->wanted)
        return true;
    const struct collector_job job = job_for(config, config->arena, TASK_HISTORY_READ, NULL);
    struct connection_string string =
        connection_string_build(&job, login && login->password.bytes ? login->password.bytes : NULL, NULL);
    const char *mistake = connection_string_exposes(job.connection);
    mistake = mistake ? mistake : string.error;
    if (mistake)
        fprintf(stderr, "%s:%u: [history]: %s\n", config->file, history->place.line, mistake);
    connection_string_clear(&string);
    return !mistake;
}

char *history_text(const struct config *config)
{
    if (!config->history.wanted)
        return NULL;
    const struct collector_job job = job_for(config, config->arena, TASK_HISTORY_READ, NULL);
    return connection_string_redacted(config->arena, &job, config->history.login != NULL, NULL);
}
