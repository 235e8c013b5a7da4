/* The T-SQL functions and @@ values that the estate knows, for the grammar and for SQLite. */
#pragma once

#include "sql_type.h"

struct session;

struct sql_function {
    const char *name; /* "@@SPID" for a value */
    int least, most;  /* arguments */
    int since;        /* version, major * 100 + minor */
    const char *type; /* of the result */
    void (*run)(sqlite3_context *context, int count, sqlite3_value **arguments);
};

/* The function in this version, or NULL. */
const struct sql_function *sql_function_find(const char *name, int version);

/* Makes all of them, LIKE with T-SQL's meaning and the collations known to SQLite; session must outlive
 * database. */
void sql_functions_register(sqlite3 *database, const struct session *session);

/* Latin1_General…, SQL_Latin1_General…, Modern_Spanish_CI_AS and their like. */
bool sql_is_collation(const char *name);
