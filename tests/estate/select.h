/* The grammar of the SELECTs that the estate answers: a subset of T-SQL, checked before SQLite sees it,
 * because SQLite would accept, and silently misread, much that a SQL Server refuses or understands otherwise.
 * README.md lists the subset. */
#pragma once

#include "catalog.h"
#include "sql_token.h"

struct sql_parameter {
    char *name; /* "@P1" */
    struct sql_type type;
    bool is_null, is_number;
    int64_t number;
    char *text;
};

struct sql_parameters {
    struct sql_parameter *list;
    size_t count;
};

const struct sql_parameter *sql_parameter_find(const struct sql_parameters *parameters, const char *name);

struct select {
    char *sql; /* for SQLite: N'…', @@NAME and a database's name rewritten, the rest as it was */
    struct sql_column *columns;
    size_t column_count;
    int error_number; /* why it could not be read: 102 is the grammar, others are what it names */
};

/* Reads one SELECT from tokens->list[*position] on and moves *position behind it. Views that it names are
 * opened. False after an ERROR token: 102, 137, 207, 208, 209, 229, 300, 4104, 8120 … */
bool select_read(struct catalog *catalog, const struct sql_tokens *tokens, size_t *position,
                 const struct sql_parameters *parameters, struct reply *reply, struct select *select);
void select_free(struct select *select);

/* Is it a word that T-SQL keeps for itself, so that it cannot be a name or an alias? */
bool select_is_reserved(const char *word);
