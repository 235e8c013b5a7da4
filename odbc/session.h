/* One connection to one server through ODBC: the only place that calls the driver manager.
 *
 * Whatever comes from the driver is checked here: lengths, counts, encodings. A driver that overwrites memory
 * can only take its own process with it. */
#pragma once

#include "audit/model/model.h"

struct odbc_session;

struct session_settings {
    int64_t login_timeout, query_timeout; /* milliseconds; 0: the driver's own. Rounded up to whole seconds */
    int64_t maximum_rows;                 /* per statement; 0: no limit */
    bool writes;                          /* the history's own database: every other session is read-only */
};

/* Connects: read-only unless it `writes`, autocommit. The string is UTF-8 and is wiped from every copy made
 * here. NULL when there is no connection; every diagnostic record is appended to *messages (of the arena),
 * those of a success too. */
struct odbc_session *session_open(const char *connection_string, const struct session_settings *settings,
                                  struct arena *arena, message_list *messages);

/* Ends the connection. NULL is allowed. */
void session_close(struct odbc_session *session);

/* What the driver says it is connected to (SQL_DBMS_NAME, SQL_DBMS_VER); never NULL, of the arena. */
const char *session_product(struct odbc_session *session, struct arena *arena);
const char *session_product_version(struct odbc_session *session, struct arena *arena);

/* Whether the connection can still be used. */
bool session_alive(struct odbc_session *session);

/* ---- statements --------------------------------------------------------------------------------------- */

/* A row, as long as its handler runs. Columns are found by name, in any case of letters. */
struct result_row;

/* Whether the result has such a column: an older version's has not. */
bool row_has(const struct result_row *row, const char *column);

enum { ROW_TEXT_MAXIMUM = 32 * 1024 }; /* bytes */

/* The value as UTF-8, or NULL: NULL, or no such column. Dates and times are YYYY-MM-DDThh:mm:ss as the
 * server's clock has them. What is longer than anything that has a place in the report ends in an ellipsis.
 */
const char *row_text(const struct result_row *row, const char *column);
/* The same, as long as it is (row_cut): text to search through. */
const char *row_long_text(const struct result_row *row, const char *column);

/* Whole numbers, flags (0, 1), and times, which become UTC by the server's offset in minutes. */
struct number row_number(const struct result_row *row, const char *column);
enum ternary row_flag(const struct result_row *row, const char *column);
moment row_moment(const struct result_row *row, const char *column, int offset);

size_t row_columns(const struct result_row *row);
const char *row_column_name(const struct result_row *row, size_t index);
/* Whether the value was longer than what is kept of one. */
bool row_cut(const struct result_row *row, const char *column);

/* False: no further rows are wanted. */
typedef bool row_handler(void *context, const struct result_row *row);

enum statement_outcome { STATEMENT_OK = 1, STATEMENT_FAILED, STATEMENT_TIMEOUT };

struct statement_result {
    enum statement_outcome outcome;
    message_list messages; /* every diagnostic record, of the arena */
    int64_t rows, ms;
    bool rows_cut; /* there were more rows than the limit */
};

/* Runs one batch and gives each row of each of its results to the handler (NULL: rows are dropped). */
struct statement_result session_run(struct odbc_session *session, struct arena *arena, const char *sql,
                                    row_handler *handler, void *context);

/* ---- what the history's database needs besides -------------------------------------------------------- */

enum parameter_kind { PARAMETER_NUMBER = 1, PARAMETER_TEXT, PARAMETER_MOMENT };

/* The value of a ? in a statement. A text of NULL and a number that is not known are NULL; a moment goes to
 * the database as a timestamp in UTC. */
struct parameter {
    enum parameter_kind kind;
    const char *text;
    struct number number;
};

/* session_run, of a statement with as many ? as there are parameters. */
struct statement_result session_run_with(struct odbc_session *session, struct arena *arena, const char *sql,
                                         const struct parameter *parameters, size_t count,
                                         row_handler *handler, void *context);

/* A transaction: what was run since session_begin happens whole or not at all. False, with the reasons
 * appended to *messages; a connection that ends within a transaction undoes it. */
bool session_begin(struct odbc_session *session, struct arena *arena, message_list *messages);
bool session_commit(struct odbc_session *session, struct arena *arena, message_list *messages);
void session_roll_back(struct odbc_session *session);

/* The message that decides: the first with an error number of the server's, else the first; NULL: none. */
const struct message *deciding_message(const message_list *messages);
