#include "odbc/session.h"
#include "audit/model/clock.h"
#include "odbc/utf16.h"

#include <sql.h>
#include <sqlext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

_Static_assert(sizeof(SQLWCHAR) == sizeof(uint16_t), "unixODBC's SQLWCHAR is a unit of UTF-16");

enum {
    MESSAGES_MAXIMUM = 200,          /* diagnostic records kept of one call */
    MESSAGE_UNITS = 4096,            /* UTF-16 units of one */
    COLUMNS_MAXIMUM = 256,           /* of a result */
    NAME_UNITS = 256,                /* of a column's name */
    PIECE_UNITS = 4096,              /* a long value is read in pieces of this many */
    VALUE_UNITS = 1024 * 1024,       /* and no more of it than this is kept */
    RESULT_UNITS = 64 * 1024 * 1024, /* of all values of one batch */
    RESULTS_MAXIMUM = 1000,          /* results of one batch */
    REST_MAXIMUM = 8,                /* rows that are read on when no more are wanted */
    /* Microsoft's fields of a diagnostic record (msodbcsql.h), which other drivers may know or not. */
    DIAGNOSTIC_STATE = -1150,
    DIAGNOSTIC_SEVERITY = -1151
};

struct odbc_session {
    SQLHENV environment;
    SQLHDBC connection;
    struct session_settings settings;
    bool connected;
};

struct column_value {
    char *name, *text; /* text NULL: NULL */
    bool cut;
    SQLSMALLINT type;
};

struct result_row {
    struct column_value columns[COLUMNS_MAXIMUM];
    size_t count;
    size_t units; /* UTF-16 that all rows so far took */
};

static SQLPOINTER seconds_of(int64_t milliseconds)
{
    return (SQLPOINTER)(SQLULEN)((milliseconds + 999) / 1000);
}

/* ---- diagnostic records ------------------------------------------------------------------------------- */

static char *arena_utf16(struct arena *arena, const SQLWCHAR *units, size_t count)
{
    char *text = utf8_from_utf16(units, count);
    char *copy = arena_text(arena, text);
    free(text);
    return copy;
}

/* How many units the driver really wrote, whatever length it claims: up to the first 0. */
static size_t units_in(const SQLWCHAR *units, size_t capacity)
{
    size_t count = 0;
    while (count < capacity && units[count] != 0)
        count++;
    return count;
}

static struct number diagnostic_field(SQLSMALLINT type, SQLHANDLE handle, SQLSMALLINT record, int field)
{
    SQLINTEGER value = -1; /* where a driver says yes and writes nothing */
    SQLSMALLINT length = 0;
    SQLRETURN rc =
        SQLGetDiagFieldW(type, handle, record, (SQLSMALLINT)field, &value, SQL_IS_INTEGER, &length);
    return SQL_SUCCEEDED(rc) && value >= 0 && value <= 255 ? number_of(value) : (struct number){0, false};
}

/* Appends every record of the handle. */
static void collect_messages(SQLSMALLINT type, SQLHANDLE handle, struct arena *arena, message_list *messages)
{
    SQLWCHAR *text = calloc(MESSAGE_UNITS + 1, sizeof(*text));
    for (SQLSMALLINT record = 1; text && record <= MESSAGES_MAXIMUM; record++) {
        SQLWCHAR state[6] = {0};
        SQLINTEGER native = 0;
        SQLSMALLINT length = 0;
        memset(text, 0, (MESSAGE_UNITS + 1) * sizeof(*text));
        SQLRETURN rc = SQLGetDiagRecW(type, handle, record, state, &native, text, MESSAGE_UNITS, &length);
        if (!SQL_SUCCEEDED(rc))
            break;
        struct message *message = arena_alloc(arena, sizeof(*message));
        message->number = number_of(native);
        message->sqlstate = arena_utf16(arena, state, units_in(state, 5));
        message->text = arena_utf16(arena, text, units_in(text, MESSAGE_UNITS));
        message->severity = diagnostic_field(type, handle, record, DIAGNOSTIC_SEVERITY);
        message->state = diagnostic_field(type, handle, record, DIAGNOSTIC_STATE);
        list_append(messages, message);
    }
    free(text);
}

static void add_message(struct arena *arena, message_list *messages, const char *text)
{
    struct message *message = arena_alloc(arena, sizeof(*message));
    message->text = arena_text(arena, text);
    list_append(messages, message);
}

const struct message *deciding_message(const message_list *messages)
{
    list_each (struct message, message, messages)
        if (message->number.known && message->number.value > 0 && message->number.value != 5701 &&
            message->number.value != 5703)
            return message;
    return messages->first;
}

/* ---- connection --------------------------------------------------------------------------------------- */

static struct odbc_session *session_new(const struct session_settings *settings)
{
    struct odbc_session *session = calloc(1, sizeof(*session));
    if (!session)
        return NULL;
    session->settings = *settings;
    if (!SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_ENV, SQL_NULL_HANDLE, &session->environment)) ||
        !SQL_SUCCEEDED(
            SQLSetEnvAttr(session->environment, SQL_ATTR_ODBC_VERSION, (SQLPOINTER)SQL_OV_ODBC3, 0)) ||
        !SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_DBC, session->environment, &session->connection))) {
        session_close(session);
        return NULL;
    }
    return session;
}

/* Attributes that a driver does not know make no difference to what is asked of it. */
static void set_attributes(struct odbc_session *session)
{
    SQLHDBC connection = session->connection;
    if (session->settings.login_timeout > 0) {
        SQLPOINTER seconds = seconds_of(session->settings.login_timeout);
        SQLSetConnectAttrW(connection, SQL_ATTR_LOGIN_TIMEOUT, seconds, SQL_IS_UINTEGER);
        SQLSetConnectAttrW(connection, SQL_ATTR_CONNECTION_TIMEOUT, seconds, SQL_IS_UINTEGER);
    }
    if (!session->settings.writes)
        SQLSetConnectAttrW(connection, SQL_ATTR_ACCESS_MODE, (SQLPOINTER)SQL_MODE_READ_ONLY, SQL_IS_UINTEGER);
}

struct odbc_session *session_open(const char *connection_string, const struct session_settings *settings,
                                  struct arena *arena, message_list *messages)
{
    struct odbc_session *session = session_new(settings);
    if (!session) {
        add_message(arena, messages, "the ODBC driver manager could not be initialised");
        return NULL;
    }
    set_attributes(session);
    size_t count;
    uint16_t *units = utf16_from_utf8(connection_string, &count);
    SQLRETURN rc = SQLDriverConnectW(session->connection, NULL, units, (SQLSMALLINT)count, NULL, 0, NULL,
                                     SQL_DRIVER_NOPROMPT);
    explicit_bzero(units, count * sizeof(*units));
    free(units);
    if (rc != SQL_SUCCESS)
        collect_messages(SQL_HANDLE_DBC, session->connection, arena, messages);
    if (!SQL_SUCCEEDED(rc)) {
        if (!messages->first)
            add_message(arena, messages, "the ODBC driver could not connect and gave no reason");
        session_close(session);
        return NULL;
    }
    session->connected = true;
    SQLSetConnectAttrW(session->connection, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)SQL_AUTOCOMMIT_ON,
                       SQL_IS_UINTEGER);
    return session;
}

void session_close(struct odbc_session *session)
{
    if (!session)
        return;
    if (session->connected)
        SQLDisconnect(session->connection);
    if (session->connection)
        SQLFreeHandle(SQL_HANDLE_DBC, session->connection);
    if (session->environment)
        SQLFreeHandle(SQL_HANDLE_ENV, session->environment);
    free(session);
}

static const char *get_info(struct odbc_session *session, SQLUSMALLINT what, struct arena *arena)
{
    SQLWCHAR text[257] = {0};
    SQLSMALLINT length = 0;
    SQLRETURN rc = SQLGetInfoW(session->connection, what, text, 256 * sizeof(*text), &length);
    return SQL_SUCCEEDED(rc) ? arena_utf16(arena, text, units_in(text, 256)) : arena_text(arena, "");
}

const char *session_product(struct odbc_session *session, struct arena *arena)
{
    return get_info(session, SQL_DBMS_NAME, arena);
}

const char *session_product_version(struct odbc_session *session, struct arena *arena)
{
    return get_info(session, SQL_DBMS_VER, arena);
}

bool session_alive(struct odbc_session *session)
{
    SQLUINTEGER dead = SQL_CD_FALSE;
    SQLRETURN rc =
        SQLGetConnectAttrW(session->connection, SQL_ATTR_CONNECTION_DEAD, &dead, SQL_IS_UINTEGER, NULL);
    return session->connected && !(SQL_SUCCEEDED(rc) && dead == SQL_CD_TRUE);
}

/* ---- rows --------------------------------------------------------------------------------------------- */

static const struct column_value *find_column(const struct result_row *row, const char *name)
{
    for (size_t i = 0; i < row->count; i++)
        if (strcasecmp(row->columns[i].name, name) == 0)
            return &row->columns[i];
    return NULL;
}

bool row_has(const struct result_row *row, const char *column)
{
    return find_column(row, column) != NULL;
}

const char *row_long_text(const struct result_row *row, const char *column)
{
    const struct column_value *value = find_column(row, column);
    return value ? value->text : NULL;
}

/* In place: the column is asked for again by the same name only. */
const char *row_text(const struct result_row *row, const char *column)
{
    static const char ellipsis[] = "\xE2\x80\xA6";
    const struct column_value *value = find_column(row, column);
    if (!value || !value->text || strlen(value->text) <= ROW_TEXT_MAXIMUM)
        return value ? value->text : NULL;
    size_t end = ROW_TEXT_MAXIMUM - strlen(ellipsis);
    while (end > 0 && (value->text[end] & 0xC0) == 0x80)
        end--;
    strcpy(value->text + end, ellipsis);
    return value->text;
}

bool row_cut(const struct result_row *row, const char *column)
{
    const struct column_value *value = find_column(row, column);
    return value && value->cut;
}

struct number row_number(const struct result_row *row, const char *column)
{
    const char *text = row_text(row, column);
    char *end = NULL;
    long long value = text ? strtoll(text, &end, 10) : 0;
    /* A driver may give a whole number as 3.0 */
    return text && end != text && (*end == '\0' || *end == '.') ? number_of(value)
                                                                : (struct number){0, false};
}

enum ternary row_flag(const struct result_row *row, const char *column)
{
    struct number value = row_number(row, column);
    if (!value.known)
        return TERNARY_UNKNOWN;
    return value.value ? TERNARY_TRUE : TERNARY_FALSE;
}

moment row_moment(const struct result_row *row, const char *column, int offset)
{
    const char *text = row_text(row, column);
    struct tm parts = {0};
    if (!text || sscanf(text, "%4d-%2d-%2d%*1[T ]%2d:%2d:%2d", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
                        &parts.tm_hour, &parts.tm_min, &parts.tm_sec) != 6)
        return (moment){0, false};
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    return number_of((int64_t)timegm(&parts) - (int64_t)offset * 60);
}

size_t row_columns(const struct result_row *row)
{
    return row->count;
}

const char *row_column_name(const struct result_row *row, size_t index)
{
    return row->columns[index].name;
}

static void clear_values(struct result_row *row)
{
    for (size_t i = 0; i < row->count; i++) {
        free(row->columns[i].text);
        row->columns[i].text = NULL;
        row->columns[i].cut = false;
    }
}

static void clear_row(struct result_row *row)
{
    clear_values(row);
    for (size_t i = 0; i < row->count; i++)
        free(row->columns[i].name);
    row->count = 0;
}

static bool is_time(SQLSMALLINT type)
{
    return type == SQL_TYPE_TIMESTAMP || type == SQL_TIMESTAMP || type == SQL_TYPE_DATE;
}

/* How a driver prints a date depends on its locale files; the struct does not. */
static SQLRETURN fetch_time(SQLHSTMT statement, SQLUSMALLINT number, struct column_value *value)
{
    SQL_TIMESTAMP_STRUCT time = {0};
    SQLLEN indicator = SQL_NULL_DATA;
    SQLRETURN rc = SQLGetData(statement, number, SQL_C_TYPE_TIMESTAMP, &time, sizeof(time), &indicator);
    bool plausible = time.year >= 1 && time.year <= 9999 && time.month >= 1 && time.month <= 12 &&
                     time.day >= 1 && time.day <= 31 && time.hour <= 23 && time.minute <= 59 &&
                     time.second <= 61;
    if (SQL_SUCCEEDED(rc) && indicator != SQL_NULL_DATA && plausible &&
        asprintf(&value->text, "%04d-%02d-%02dT%02d:%02d:%02d", time.year, time.month, time.day, time.hour,
                 time.minute, time.second) < 0)
        value->text = NULL;
    return rc;
}

/* The units of one piece: a driver's claim is believed only within the buffer. */
static size_t piece_length(SQLLEN indicator, bool *more)
{
    *more = indicator == SQL_NO_TOTAL || indicator >= (SQLLEN)(PIECE_UNITS * sizeof(SQLWCHAR));
    if (*more)
        return PIECE_UNITS - 1; /* the last is the driver's 0 */
    return indicator > 0 ? (size_t)indicator / sizeof(SQLWCHAR) : 0;
}

static void append_units(SQLWCHAR **units, size_t *used, size_t *size, const SQLWCHAR *piece, size_t length)
{
    if (*used + length > *size) {
        *size = (*used + length) * 2;
        SQLWCHAR *larger = realloc(*units, *size * sizeof(**units));
        if (!larger)
            exit(3);
        *units = larger;
    }
    if (length > 0)
        memcpy(*units + *used, piece, length * sizeof(**units));
    *used += length;
}

static SQLRETURN fetch_text(SQLHSTMT statement, SQLUSMALLINT number, struct column_value *value,
                            size_t *total)
{
    static SQLWCHAR
        piece[PIECE_UNITS]; /* all 0 but during a call: what a driver says it wrote, and did not */
    SQLWCHAR *units = NULL;
    size_t used = 0, size = 0;
    bool more = true, some = false;
    SQLRETURN rc = SQL_SUCCESS;
    while (more && !value->cut) {
        SQLLEN indicator = SQL_NULL_DATA;
        rc = SQLGetData(statement, number, SQL_C_WCHAR, piece, sizeof(piece), &indicator);
        if (!SQL_SUCCEEDED(rc) || indicator == SQL_NULL_DATA)
            break;
        some = true;
        size_t length = piece_length(indicator, &more);
        append_units(&units, &used, &size, piece, length);
        memset(piece, 0, (length + 1) * sizeof(*piece));
        value->cut = more && used >= VALUE_UNITS;
    }
    if (some)
        value->text = utf8_from_utf16(units, used);
    *total += used;
    free(units);
    return rc == SQL_NO_DATA ? SQL_SUCCESS : rc;
}

static void describe_columns(SQLHSTMT statement, struct result_row *row)
{
    SQLSMALLINT count = 0;
    if (!SQL_SUCCEEDED(SQLNumResultCols(statement, &count)) || count <= 0)
        return;
    for (SQLSMALLINT i = 0; i < count && i < COLUMNS_MAXIMUM; i++) {
        SQLWCHAR name[NAME_UNITS + 1] = {0};
        SQLSMALLINT length = 0, scale = 0, nullable = 0;
        SQLULEN size = 0;
        struct column_value *column = &row->columns[row->count++];
        SQLDescribeColW(statement, (SQLUSMALLINT)(i + 1), name, NAME_UNITS, &length, &column->type, &size,
                        &scale, &nullable);
        column->name = utf8_from_utf16(name, units_in(name, NAME_UNITS));
    }
}

static bool fetch_values(SQLHSTMT statement, struct result_row *row, struct arena *arena,
                         message_list *messages)
{
    for (size_t i = 0; i < row->count; i++) {
        struct column_value *column = &row->columns[i];
        SQLRETURN rc = is_time(column->type)
                           ? fetch_time(statement, (SQLUSMALLINT)(i + 1), column)
                           : fetch_text(statement, (SQLUSMALLINT)(i + 1), column, &row->units);
        if (!SQL_SUCCEEDED(rc)) {
            collect_messages(SQL_HANDLE_STMT, statement, arena, messages);
            return false;
        }
    }
    return true;
}

/* ---- parameters --------------------------------------------------------------------------------------- */

/* A parameter as the driver reads it while the statement runs. */
struct bound {
    SQLLEN indicator;
    SQLBIGINT number;
    SQL_TIMESTAMP_STRUCT time;
    uint16_t *units;
};

static SQLRETURN bind_number(SQLHSTMT statement, SQLUSMALLINT place, struct bound *bound,
                             const struct parameter *parameter)
{
    bound->number = parameter->number.value;
    bound->indicator = parameter->number.known ? (SQLLEN)sizeof(bound->number) : SQL_NULL_DATA;
    return SQLBindParameter(statement, place, SQL_PARAM_INPUT, SQL_C_SBIGINT, SQL_BIGINT, 19, 0,
                            &bound->number, sizeof(bound->number), &bound->indicator);
}

static SQLRETURN bind_text(SQLHSTMT statement, SQLUSMALLINT place, struct bound *bound,
                           const struct parameter *parameter)
{
    enum { SHORT_MAXIMUM = 4000 }; /* SQL Server's nvarchar(n) */
    size_t count = 0;
    bound->units = utf16_from_utf8(parameter->text ? parameter->text : "", &count);
    bound->indicator = parameter->text ? (SQLLEN)(count * sizeof(*bound->units)) : SQL_NULL_DATA;
    return SQLBindParameter(statement, place, SQL_PARAM_INPUT, SQL_C_WCHAR,
                            count > SHORT_MAXIMUM ? SQL_WLONGVARCHAR : SQL_WVARCHAR, count ? count : 1, 0,
                            bound->units, (SQLLEN)(count * sizeof(*bound->units)), &bound->indicator);
}

static SQLRETURN bind_moment(SQLHSTMT statement, SQLUSMALLINT place, struct bound *bound,
                             const struct parameter *parameter)
{
    time_t when = (time_t)parameter->number.value;
    struct tm parts = {0};
    bool good = parameter->number.known && gmtime_r(&when, &parts) && parts.tm_year >= 1753 - 1900 &&
                parts.tm_year <= 9999 - 1900; /* what the old type datetime can hold, which drivers may use */
    bound->time = (SQL_TIMESTAMP_STRUCT){.year = (SQLSMALLINT)(parts.tm_year + 1900),
                                         .month = (SQLUSMALLINT)(parts.tm_mon + 1),
                                         .day = (SQLUSMALLINT)parts.tm_mday,
                                         .hour = (SQLUSMALLINT)parts.tm_hour,
                                         .minute = (SQLUSMALLINT)parts.tm_min,
                                         .second = (SQLUSMALLINT)parts.tm_sec};
    bound->indicator = good ? (SQLLEN)sizeof(bound->time) : SQL_NULL_DATA;
    return SQLBindParameter(statement, place, SQL_PARAM_INPUT, SQL_C_TYPE_TIMESTAMP, SQL_TYPE_TIMESTAMP, 19,
                            0, &bound->time, sizeof(bound->time), &bound->indicator);
}

static struct bound *bounds_new(size_t count)
{
    struct bound *bounds = calloc(count + 1, sizeof(*bounds));
    if (!bounds)
        exit(3);
    return bounds;
}

static void bounds_free(struct bound *bounds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(bounds[i].units);
    free(bounds);
}

typedef SQLRETURN bind_function(SQLHSTMT, SQLUSMALLINT, struct bound *, const struct parameter *);

static SQLRETURN bind_parameters(SQLHSTMT statement, struct bound *bounds, const struct parameter *parameters,
                                 size_t count)
{
    static bind_function *const functions[] = {
        [PARAMETER_NUMBER] = bind_number, [PARAMETER_TEXT] = bind_text, [PARAMETER_MOMENT] = bind_moment};
    SQLRETURN rc = SQL_SUCCESS;
    for (size_t i = 0; i < count && SQL_SUCCEEDED(rc); i++)
        rc = functions[parameters[i].kind](statement, (SQLUSMALLINT)(i + 1), &bounds[i], &parameters[i]);
    return rc;
}

/* ---- a statement -------------------------------------------------------------------------------------- */

struct run {
    struct odbc_session *session;
    SQLHSTMT statement;
    struct arena *arena;
    row_handler *handler;
    void *context;
    struct statement_result *result;
    const struct parameter *parameters;
    size_t parameter_count;
    struct bound *bounds; /* the driver may read them until the statement is freed */
    bool stopped;         /* no further rows are wanted */
};

static void fail(struct run *run)
{
    run->result->outcome = STATEMENT_FAILED;
    list_each (struct message, message, &run->result->messages)
        if (message->sqlstate && strncmp(message->sqlstate, "HYT0", 4) == 0)
            run->result->outcome = STATEMENT_TIMEOUT;
}

static void note(struct run *run, SQLRETURN rc)
{
    if (rc == SQL_SUCCESS_WITH_INFO || rc == SQL_ERROR)
        collect_messages(SQL_HANDLE_STMT, run->statement, run->arena, &run->result->messages);
    if (rc == SQL_ERROR || rc == SQL_INVALID_HANDLE)
        fail(run);
}

/* Where the handler has its row there is little left as a rule. To have it cancelled would cost the server an
 * attention, and a turn of its own to answer it. */
static void read_rest(SQLHSTMT statement)
{
    for (int rows = 0; rows < REST_MAXIMUM; rows++)
        if (SQLFetch(statement) == SQL_NO_DATA && !SQL_SUCCEEDED(SQLMoreResults(statement)))
            return;
}

/* One result: its rows up to the limit. False: the statement is not to be read on. */
static bool read_rows(struct run *run)
{
    struct result_row row = {.count = 0};
    int64_t maximum = run->session->settings.maximum_rows;
    describe_columns(run->statement, &row);
    while (row.count > 0 && !run->stopped) {
        SQLRETURN rc = SQLFetch(run->statement);
        if (rc == SQL_NO_DATA)
            break;
        note(run, rc);
        if (!SQL_SUCCEEDED(rc)) {
            run->stopped = true;
        } else if ((maximum > 0 && run->result->rows >= maximum) || row.units > RESULT_UNITS) {
            run->result->rows_cut = true;
            run->stopped = true;
        } else if (!fetch_values(run->statement, &row, run->arena, &run->result->messages)) {
            fail(run);
            run->stopped = true;
        } else {
            run->result->rows++;
            run->stopped = run->handler && !run->handler(run->context, &row);
            if (run->stopped)
                read_rest(run->statement);
        }
        clear_values(&row);
    }
    clear_row(&row);
    return !run->stopped;
}

static void read_results(struct run *run)
{
    for (int results = 0; read_rows(run); results++) {
        if (results == RESULTS_MAXIMUM) {
            run->result->rows_cut = true;
            return;
        }
        SQLRETURN rc = SQLMoreResults(run->statement);
        if (rc == SQL_NO_DATA)
            return;
        note(run, rc);
        if (!SQL_SUCCEEDED(rc))
            return;
    }
}

static SQLRETURN execute_direct(struct run *run, const char *sql)
{
    size_t count;
    uint16_t *units = utf16_from_utf8(sql, &count);
    SQLRETURN rc = bind_parameters(run->statement, run->bounds, run->parameters, run->parameter_count);
    if (SQL_SUCCEEDED(rc))
        rc = SQLExecDirectW(run->statement, units, (SQLINTEGER)count);
    free(units);
    return rc;
}

static void execute(struct run *run, const char *sql)
{
    const struct session_settings *settings = &run->session->settings;
    if (settings->query_timeout > 0)
        SQLSetStmtAttrW(run->statement, SQL_ATTR_QUERY_TIMEOUT, seconds_of(settings->query_timeout), 0);
    if (settings->maximum_rows > 0) /* one more, to see that there were more */
        SQLSetStmtAttrW(run->statement, SQL_ATTR_MAX_ROWS, (SQLPOINTER)(SQLULEN)(settings->maximum_rows + 1),
                        0);
    SQLRETURN rc = execute_direct(run, sql);
    if (rc == SQL_NO_DATA)
        return;
    note(run, rc);
    if (SQL_SUCCEEDED(rc))
        read_results(run);
}

struct statement_result session_run_with(struct odbc_session *session, struct arena *arena, const char *sql,
                                         const struct parameter *parameters, size_t count,
                                         row_handler *handler, void *context)
{
    struct statement_result result = {.outcome = STATEMENT_OK};
    struct run run = {.session = session,
                      .arena = arena,
                      .handler = handler,
                      .context = context,
                      .result = &result,
                      .parameters = parameters,
                      .parameter_count = count,
                      .bounds = bounds_new(count)};
    int64_t start = monotonic_ms();
    if (SQL_SUCCEEDED(SQLAllocHandle(SQL_HANDLE_STMT, session->connection, &run.statement))) {
        execute(&run, sql);
        SQLFreeHandle(SQL_HANDLE_STMT, run.statement);
    } else {
        collect_messages(SQL_HANDLE_DBC, session->connection, arena, &result.messages);
        result.outcome = STATEMENT_FAILED;
    }
    bounds_free(run.bounds, count);
    result.ms = monotonic_ms() - start;
    return result;
}

struct statement_result session_run(struct odbc_session *session, struct arena *arena, const char *sql,
                                    row_handler *handler, void *context)
{
    return session_run_with(session, arena, sql, NULL, 0, handler, context);
}

/* ---- a transaction ------------------------------------------------------------------------------------ */

static SQLRETURN set_autocommit(struct odbc_session *session, SQLULEN value)
{
    return SQLSetConnectAttrW(session->connection, SQL_ATTR_AUTOCOMMIT, (SQLPOINTER)value, SQL_IS_UINTEGER);
}

bool session_begin(struct odbc_session *session, struct arena *arena, message_list *messages)
{
    bool good = SQL_SUCCEEDED(set_autocommit(session, SQL_AUTOCOMMIT_OFF));
    if (!good)
        collect_messages(SQL_HANDLE_DBC, session->connection, arena, messages);
    return good;
}

bool session_commit(struct odbc_session *session, struct arena *arena, message_list *messages)
{
    bool good = SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, session->connection, SQL_COMMIT));
    if (!good) {
        collect_messages(SQL_HANDLE_DBC, session->connection, arena, messages);
        session_roll_back(session);
    }
    /* Switching it on would commit as well: only when nothing is left to be committed. */
    set_autocommit(session, SQL_AUTOCOMMIT_ON);
    return good;
}

void session_roll_back(struct odbc_session *session)
{
    if (SQL_SUCCEEDED(SQLEndTran(SQL_HANDLE_DBC, session->connection, SQL_ROLLBACK)))
        set_autocommit(session, SQL_AUTOCOMMIT_ON);
}
