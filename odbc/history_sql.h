/* The history's database: its tables, and how three dialects of SQL say the same. Pure.
 *
 * Names are plain ASCII and no reserved word of any dialect, so nothing is quoted. All times are UTC. Numbers
 * of `flag` columns are 0 and 1; NULL is "not known". */
#pragma once

#include "audit/model/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum { HISTORY_SCHEMA_VERSION = 1 };

enum history_type {
    HISTORY_IDENTITY, /* the database numbers the rows; the primary key */
    HISTORY_NUMBER,
    HISTORY_FLAG,
    HISTORY_SHORT, /* text that can be an index's key */
    HISTORY_TEXT,  /* of any length */
    HISTORY_MOMENT,
    HISTORY_TYPES
};

struct history_column {
    const char *name;
    enum history_type type;
    bool required, unique;
    const char *documentation;
};

struct history_table {
    const char *name;
    const struct history_column *columns;
    size_t count;
    bool of_run; /* belongs to a run: run_number and item are its primary key */
};

/* Each table with its columns in the order of the values of history_insert. */
extern const struct history_table history_schema_table, history_runs, history_instances, history_links,
    history_endpoints, history_findings;

/* In the order in which they can be created, ended by NULL; each that belongs to a run after the runs. */
extern const struct history_table *const history_tables[];

struct history_dialect {
    const char *product; /* how its drivers name it: SQLGetInfo's SQL_DBMS_NAME begins with it */
    const char *types[HISTORY_TYPES];
    const char *tables_exist; /* a SELECT whose column `found` is 1 where the schema has been created */
};

/* NULL for a database that there is no dialect for. */
const struct history_dialect *history_dialect_find(const char *product);

/* "SQLite, PostgreSQL or Microsoft SQL Server": for messages; of the arena. */
char *history_dialect_list(struct arena *arena);

/* CREATE TABLE with a comment for each column. All texts below are of the arena. */
char *history_create(struct arena *arena, const struct history_dialect *dialect,
                     const struct history_table *table);

/* Columns that an INSERT gives values for: all but the identity. */
size_t history_insert_columns(const struct history_table *table);

/* INSERT of that many rows, each value a ?. */
char *history_insert(struct arena *arena, const struct history_table *table, size_t rows);

/* DELETE of the rows of one run, whose number is the ?. */
char *history_delete(struct arena *arena, const struct history_table *table);
