/* Statements: SELECT, SET, USE, EXEC, DBCC TRACESTATUS. */
#include "batch.h"

#include "behaviour.h"
#include "procedure.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    COMMAND_SET = 0xF9,
    COMMAND_USE = 0xE2,
    COMMAND_EXECUTE = 0xE0,
    ALL_HEADERS_LEAST = 4,
    SYNTAX_ERROR = 102
};

struct execution {
    struct session *session;
    struct sql_tokens tokens;
    size_t at;
    const struct sql_parameters *parameters;
    bool in_procedure; /* DONEINPROC instead of DONE */
    bool only_reads;   /* to see whether the whole batch can be read, before anything runs */
    bool cannot_be_read;
};

static const struct sql_token *here(const struct execution *execution)
{
    return &execution->tokens.list[execution->at];
}

static bool accept_token(struct execution *execution, const char *word)
{
    if (!sql_is_word(here(execution), word) && !sql_is_symbol(here(execution), word))
        return false;
    execution->at++;
    return true;
}

static bool syntax_error(struct execution *execution)
{
    const struct sql_token *token = here(execution);
    if (token->kind == SQL_END && execution->at)
        token--;
    execution->cannot_be_read = true;
    reply_error(&execution->session->reply, 102, 1, 15, "Incorrect syntax near '%.100s'.",
                token->text ? token->text : "");
    return false;
}

static void end_statement(struct execution *execution, int status, int command, uint64_t rows)
{
    while (accept_token(execution, ";"))
        ;
    if (execution->only_reads)
        return;
    bool more = execution->in_procedure || (here(execution)->kind != SQL_END && !(status & DONE_ERROR));
    reply_done(&execution->session->reply, execution->in_procedure ? TOKEN_DONEINPROC : TOKEN_DONE,
               status | (more ? DONE_MORE : 0), command, rows);
}

/* --- SELECT --- */

static void bind_parameters(const struct sql_parameters *parameters, sqlite3_stmt *statement)
{
    for (int i = 1; i <= sqlite3_bind_parameter_count(statement); i++) {
        const char *name = sqlite3_bind_parameter_name(statement, i);
        const struct sql_parameter *parameter = name ? sql_parameter_find(parameters, name) : NULL;
        if (!parameter || parameter->is_null)
            continue;
        if (parameter->is_number)
            sqlite3_bind_int64(statement, i, parameter->number);
        else
            sqlite3_bind_text(statement, i, parameter->text, -1, SQLITE_TRANSIENT);
    }
}

static bool send_rows(struct execution *execution, const struct select *select, sqlite3_stmt *statement)
{
    struct session *session = execution->session;
    uint64_t rows = 0;
    int step;
    reply_columns(&session->reply, select->columns, select->column_count);
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        if (!reply_row(&session->reply, select->columns, select->column_count, statement))
            return false;
        rows++;
        if (!reply_send(&session->reply, false) || (rows % 256 == 0 && !session_delay(session, 0)))
            return false;
    }
    if (step != SQLITE_DONE) {
        reply_error(&session->reply, 8180, 1, 16, "Statement(s) could not be prepared: %s",
                    sqlite3_errmsg(sqlite3_db_handle(statement)));
        return false;
    }
    end_statement(execution, session->no_count ? 0 : DONE_COUNT, COMMAND_SELECT, rows);
    return true;
}

static bool run_select(struct execution *execution)
{
    struct session *session = execution->session;
    struct select select;
    sqlite3_stmt *statement = NULL;
    if (!session->catalog)
        session->catalog = catalog_new(session);
    if (!select_read(session->catalog, &execution->tokens, &execution->at, execution->parameters,
                     &session->reply, &select)) {
        execution->cannot_be_read = select.error_number == SYNTAX_ERROR;
        return false;
    }
    if (execution->only_reads) {
        select_free(&select);
        return true;
    }
    sqlite3 *database = catalog_database(session->catalog);
    bool succeeded = select.column_count &&
                     sqlite3_prepare_v2(database, select.sql, -1, &statement, NULL) == SQLITE_OK &&
                     (size_t)sqlite3_column_count(statement) == select.column_count;
    if (!succeeded) {
        reply_error(&session->reply, 8180, 1, 16, "Statement(s) could not be prepared: %s",
                    sqlite3_errmsg(database));
    } else {
        bind_parameters(execution->parameters, statement);
        succeeded = send_rows(execution, &select, statement);
    }
    sqlite3_finalize(statement);
    select_free(&select);
    return succeeded;
}

/* --- SET --- */

static const struct setting {
    const char *name;
    const char *values; /* words; "#" is a number */
} settings[] = {
    {"NOCOUNT", "ON OFF"},
    {"IMPLICIT_TRANSACTIONS", "OFF"},
    {"XACT_ABORT", "ON OFF"},
    {"ROWCOUNT", "#"},
    {"TEXTSIZE", "#"},
    {"LOCK_TIMEOUT", "#"},
    {"DEADLOCK_PRIORITY", "LOW NORMAL HIGH #"},
    {"ANSI_NULLS", "ON OFF"},
    {"ANSI_WARNINGS", "ON OFF"},
    {"ANSI_PADDING", "ON OFF"},
    {"ANSI_NULL_DFLT_ON", "ON OFF"},
    {"ANSI_DEFAULTS", "ON OFF"},
    {"ARITHABORT", "ON OFF"},
    {"QUOTED_IDENTIFIER", "ON OFF"},
    {"CONCAT_NULL_YIELDS_NULL", "ON OFF"},
    {"CURSOR_CLOSE_ON_COMMIT", "ON OFF"},
    {"NUMERIC_ROUNDABORT", "OFF"},
    {"DATEFORMAT", "mdy dmy ymd"},
    {"LANGUAGE", "us_english"},
    {"QUERY_GOVERNOR_COST_LIMIT", "#"},
};

static bool is_allowed(const char *values, const char *value, bool is_number)
{
    size_t length = strlen(value);
    for (const char *at = values; *at; at += strcspn(at, " "), at += *at == ' ') {
        size_t word = strcspn(at, " ");
        if (is_number ? *at == '#' : word == length && strncasecmp(at, value, word) == 0)
            return true;
    }
    return false;
}

static bool set_isolation(struct execution *execution)
{
    if (!accept_token(execution, "ISOLATION") || !accept_token(execution, "LEVEL"))
        return syntax_error(execution);
    if (accept_token(execution, "READ")
            ? accept_token(execution, "UNCOMMITTED") || accept_token(execution, "COMMITTED")
        : accept_token(execution, "REPEATABLE")
            ? accept_token(execution, "READ")
            : accept_token(execution, "SERIALIZABLE") || accept_token(execution, "SNAPSHOT")) {
        end_statement(execution, 0, COMMAND_SET, 0);
        return true;
    }
    return syntax_error(execution);
}

static const struct setting *setting_of(const struct sql_token *token)
{
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (sql_is_word(token, settings[i].name))
            return &settings[i];
    return NULL;
}

static bool run_set(struct execution *execution)
{
    struct session *session = execution->session;
    if (accept_token(execution, "TRANSACTION"))
        return set_isolation(execution);
    const struct setting *setting = setting_of(here(execution));
    if (!setting)
        return syntax_error(execution);
    execution->at++;
    bool is_negative = accept_token(execution, "-");
    const struct sql_token *value = here(execution);
    bool is_number = value->kind == SQL_NUMBER;
    if ((!is_number && (is_negative || value->kind != SQL_WORD)) ||
        !is_allowed(setting->values, value->text, is_number))
        return syntax_error(execution);
    execution->at++;
    if (strcmp(setting->name, "NOCOUNT") == 0 && !execution->only_reads)
        session->no_count = same_text(value->text, "ON");
    if (strcmp(setting->name, "LANGUAGE") == 0 && !execution->only_reads) {
        reply_environment(&session->reply, ENVIRONMENT_LANGUAGE, "us_english", "us_english");
        reply_info(&session->reply, 5703, 1, 0, "Changed language setting to us_english.");
    }
    end_statement(execution, 0, COMMAND_SET, 0);
    return true;
}

/* --- USE, EXEC, DBCC --- */

static bool run_use(struct execution *execution)
{
    const struct sql_token *name = here(execution);
    if ((name->kind != SQL_WORD && name->kind != SQL_BRACKETED) || select_is_reserved(name->text))
        return syntax_error(execution);
    execution->at++;
    if (!execution->only_reads && !session_use(execution->session, name->text))
        return false;
    end_statement(execution, 0, COMMAND_USE, 0);
    return true;
}

static bool read_argument(struct execution *execution, struct call *call)
{
    struct argument *argument = &call->arguments[call->count++];
    *argument = (struct argument){0};
    if (here(execution)->kind == SQL_VARIABLE && sql_is_symbol(here(execution) + 1, "=")) {
        argument->name = duplicate(here(execution)->text);
        execution->at += 2;
    }
    bool is_negative = accept_token(execution, "-");
    const struct sql_token *value = here(execution);
    const struct sql_parameter *parameter =
        value->kind == SQL_VARIABLE ? sql_parameter_find(execution->parameters, value->text) : NULL;
    if (value->kind == SQL_STRING || value->kind == SQL_NATIONAL)
        argument->text = duplicate(value->text);
    else if (value->kind == SQL_NUMBER)
        argument->text = format_text("%s%s", is_negative ? "-" : "", value->text);
    else if (parameter)
        argument->text = parameter->text ? duplicate(parameter->text) : NULL;
    else if (!sql_is_word(value, "NULL"))
        return syntax_error(execution);
    execution->at++;
    return true;
}

static bool read_call(struct execution *execution, struct call *call)
{
    for (;;) {
        const struct sql_token *part = here(execution);
        if (part->kind != SQL_WORD && part->kind != SQL_BRACKETED)
            return syntax_error(execution);
        free(call->procedure);
        call->procedure = duplicate(part->text);
        execution->at++;
        if (!accept_token(execution, "."))
            break;
        accept_token(execution, "."); /* master..xp_regread */
    }
    const struct sql_token *next = here(execution);
    if (next->kind == SQL_END || sql_is_symbol(next, ";"))
        return true;
    do
        if (call->count == MOST_ARGUMENTS || !read_argument(execution, call))
            return call->count == MOST_ARGUMENTS ? syntax_error(execution) : false;
    while (accept_token(execution, ","));
    return true;
}

static void end_result(void *context, uint64_t rows)
{
    struct execution *execution = context;
    struct session *session = execution->session;
    reply_done(&session->reply, TOKEN_DONEINPROC, DONE_MORE | (session->no_count ? 0 : DONE_COUNT),
               COMMAND_SELECT, rows);
}

static bool run_execute(struct execution *execution)
{
    struct session *session = execution->session;
    struct call call = {0};
    bool succeeded = read_call(execution, &call);
    if (succeeded && !execution->only_reads) {
        succeeded = procedure_run(session, &call, end_result, execution);
        while (accept_token(execution, ";"))
            ;
        bool more = execution->in_procedure || here(execution)->kind != SQL_END;
        if (!session->interrupted && !session->reply.broken) {
            reply_return_status(&session->reply, succeeded ? 0 : 1);
            reply_done(&session->reply, TOKEN_DONEPROC, (succeeded ? 0 : DONE_ERROR) | (more ? DONE_MORE : 0),
                       COMMAND_EXECUTE, 0);
        }
        if (!succeeded)
            session->had_error = true;
        succeeded = !session->interrupted; /* an error inside a procedure does not end the batch */
    }
    call_free(&call);
    return succeeded;
}

/* DBCC TRACESTATUS (17600, -1) WITH NO_INFOMSGS */
static bool run_dbcc(struct execution *execution)
{
    struct session *session = execution->session;
    bool has_global = false;
    if (!accept_token(execution, "TRACESTATUS") || !accept_token(execution, "(") ||
        here(execution)->kind != SQL_NUMBER)
        return syntax_error(execution);
    const char *flag = here(execution)->text;
    execution->at++;
    if (accept_token(execution, ","))
        has_global = accept_token(execution, "-") && here(execution)->kind == SQL_NUMBER && ++execution->at;
    if ((!has_global && !sql_is_symbol(here(execution), ")")) || !accept_token(execution, ")"))
        return syntax_error(execution);
    bool quiet = accept_token(execution, "WITH");
    if (quiet && !accept_token(execution, "NO_INFOMSGS"))
        return syntax_error(execution);
    if (!execution->only_reads)
        trace_status(session, flag, end_result, execution);
    if (!quiet && !execution->only_reads)
        reply_info(
            &session->reply, 2528, 1, 0,
            "DBCC execution completed. If DBCC printed error messages, contact your system administrator.");
    end_statement(execution, 0, 0, 0);
    return true;
}

/* --- the batch --- */

static const struct statement {
    const char *word;
    bool (*run)(struct execution *execution);
} statements[] = {
    {"SET", run_set}, {"USE", run_use}, {"EXEC", run_execute}, {"EXECUTE", run_execute}, {"DBCC", run_dbcc}};

static bool run_statement(struct execution *execution)
{
    if (sql_is_word(here(execution), "SELECT"))
        return run_select(execution);
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
        if (accept_token(execution, statements[i].word))
            return statements[i].run(execution);
    return syntax_error(execution);
}

static void skip_semicolons(struct execution *execution)
{
    while (accept_token(execution, ";"))
        ;
}

/* A SQL Server reads the whole batch before it runs any of it; the error of what cannot be read is the only
 * answer. */
static bool can_be_read(struct execution *execution)
{
    struct session *session = execution->session;
    size_t before = session->reply.pending.length;
    bool readable = true;
    execution->only_reads = true;
    for (skip_semicolons(execution); readable && here(execution)->kind != SQL_END; skip_semicolons(execution))
        readable = run_statement(execution);
    if (execution->cannot_be_read)
        return false;
    session->reply.pending.length = before; /* names that do not exist are found when their statement runs */
    execution->only_reads = false;
    execution->at = 0;
    return true;
}

static bool run_all(struct execution *execution)
{
    struct session *session = execution->session;
    bool succeeded = can_be_read(execution);
    execution->only_reads = false;
    if (!succeeded)
        return false;
    skip_semicolons(execution);
    if (here(execution)->kind == SQL_END)
        end_statement(execution, 0, 0, 0);
    while (succeeded && here(execution)->kind != SQL_END) {
        statistics_count(session->instance->statistics, COUNT_STATEMENTS);
        succeeded = run_statement(execution);
    }
    return succeeded;
}

bool statements_run(struct session *session, const char *text, const struct sql_parameters *parameters,
                    bool in_procedure)
{
    struct execution execution = {.session = session,
                                  .tokens = sql_tokens_read(text),
                                  .parameters = parameters,
                                  .in_procedure = in_procedure};
    session->had_error = false;
    if (session->estate->verbose)
        fprintf(stderr, "%s: %s\n", session->instance->name, text);
    bool succeeded = run_all(&execution);
    if (!succeeded && !session->interrupted && !session->reply.broken)
        end_statement(&execution, DONE_ERROR, 0, 0);
    if ((!succeeded || session->had_error) && !session->interrupted)
        statistics_count(session->instance->statistics, COUNT_STATEMENTS_REFUSED);
    sql_tokens_free(&execution.tokens);
    return succeeded;
}

/* ALL_HEADERS comes first from TDS 7.2 on, [MS-TDS] 2.2.5.3. */
bool skip_headers(const struct session *session, const struct buffer *payload, size_t *at)
{
    *at = 0;
    if (session->tds_version < 0x72000000)
        return true;
    if (payload->length < ALL_HEADERS_LEAST)
        return false;
    *at = read_u32(payload->data);
    return *at >= ALL_HEADERS_LEAST && *at <= payload->length;
}

void protocol_error(struct session *session)
{
    reply_error(&session->reply, 4002, 1, 16,
                "The incoming tabular data stream (TDS) protocol stream is incorrect. The stream ended "
                "unexpectedly.");
    reply_done(&session->reply, TOKEN_DONE, DONE_ERROR, 0, 0);
}

void batch_execute(struct session *session, const struct buffer *payload)
{
    size_t at;
    if (!skip_headers(session, payload, &at)) {
        protocol_error(session);
        return;
    }
    char *text = text_from_utf16(payload->data + at, (payload->length - at) / 2);
    if (behaviour_at_statement(session, text))
        statements_run(session, text, NULL, false);
    free(text);
}
