/* The T-SQL types of result columns and their form on the wire, [MS-TDS] 2.2.5.4 and 2.2.5.5. */
#pragma once

#include "token.h"

#include <sqlite3.h>

enum type_kind {
    TYPE_NULL, /* the literal NULL; int on the wire */
    TYPE_BIT,
    TYPE_TINYINT,
    TYPE_SMALLINT,
    TYPE_INT,
    TYPE_BIGINT,
    TYPE_CHAR,
    TYPE_VARCHAR,
    TYPE_NCHAR,
    TYPE_NVARCHAR,
    TYPE_VARBINARY,
    TYPE_GUID,
    TYPE_DATETIME,
    TYPE_VARIANT,
};

struct sql_type {
    enum type_kind kind;
    int length; /* characters, or bytes of varbinary; -1 is max */
};

/* "nvarchar(128)", "nvarchar(max)", "sysname", "int" …; false for a type that is not on the list. */
bool sql_type_parse(const char *text, struct sql_type *type);
/* The type of COALESCE(a, b) or of two CASE branches: the one of higher precedence. */
struct sql_type sql_type_combine(struct sql_type a, struct sql_type b);
/* The storage class to declare in SQLite: no affinity that would turn text into numbers. */
const char *sql_type_storage(struct sql_type type);

struct sql_column {
    char name[129];
    struct sql_type type;
};

void reply_columns(struct reply *reply, const struct sql_column *columns, size_t count);
/* One ROW token from the statement's current row. False when a value cannot be of its column's type: then an
 * ERROR token (245) has been written in place of the row. */
bool reply_row(struct reply *reply, const struct sql_column *columns, size_t count, sqlite3_stmt *statement);
/* RETURNVALUE of an int output parameter. */
void reply_return_int(struct reply *reply, int ordinal, const char *name, int32_t value);
