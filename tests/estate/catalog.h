/* The catalog views of one instance as one login sees them in one database, in an in-memory SQLite database
 * with the schemas sys and dbo. A view is made and filled when a statement first names it. */
#pragma once

#include "sql_type.h"

#include <stdbool.h>

struct session;
struct instance;
struct entry;
struct catalog;
struct catalog_view;

struct catalog *catalog_new(const struct session *session);
void catalog_free(struct catalog *catalog);
sqlite3 *catalog_database(struct catalog *catalog);
const char *catalog_current_database(const struct catalog *catalog);
int catalog_version(const struct catalog *catalog); /* major * 100 + minor */

enum catalog_result { CATALOG_FOUND, CATALOG_NOT_FOUND, CATALOG_DENIED };

/* Makes the rows of a view ready, in the current database or (when not NULL) another one, where SQLite knows
 * it as [database.schema].name. NOT_FOUND when this version or that database has no such view; DENIED after
 * an ERROR token (229, 300, 916 …). The columns are those of this version and belong to the catalog. */
enum catalog_result catalog_open(struct catalog *catalog, const char *database, const char *schema,
                                 const char *name, struct reply *reply, const struct sql_column **columns,
                                 size_t *count);

enum { CATALOG_FIRST_OBJECT = 1000001 }; /* object_id of the first module of a database; the others follow */

/* --- questions about logins, databases and links of an instance --- */

bool catalog_database_exists(const struct instance *instance, const char *database);
/* AUTO_CLOSE, and nobody is in it: whatever looks inside starts it. */
bool catalog_database_is_closed(const struct entry *database);
/* Counts what looking inside does to a database. */
void catalog_count_look(const struct instance *instance, const char *database);
bool catalog_has_database_access(const struct instance *instance, const struct entry *login,
                                 const char *database);
/* 1 held, 0 not held, -1: the version has no server permission of that name. */
int catalog_server_permission(const struct instance *instance, const struct entry *login,
                              const char *permission);
/* `what` is "VIEW DEFINITION", "SELECT dbo.sysjobs" … */
bool catalog_database_permission(const struct instance *instance, const struct entry *login,
                                 const char *database, const char *what);
/* Procedures of users exist where some login may execute them; everything else that is asked for exists. */
bool catalog_object_exists(const struct instance *instance, const char *database, const char *what);
/* 1 member, 0 not, -1: no such role. */
int catalog_role_member(const struct entry *login, const char *role);
/* principal_id of a login by name; a decimal number stands for itself; 0 when unknown. */
int catalog_principal(const struct instance *instance, const char *name);
bool catalog_sees_link(const struct instance *instance, const struct entry *login, const struct entry *link);

/* A row being made: set columns by name, then insert. Columns that the version has not are left out. */
struct catalog_row;
void row_number(struct catalog_row *row, const char *column, long long value);
void row_text(struct catalog_row *row, const char *column, const char *value); /* NULL is NULL */
void row_bytes(struct catalog_row *row, const char *column, const void *value, size_t length);
void row_insert(struct catalog_row *row); /* columns that were not set are NULL, bits 0 */

struct catalog_fill {
    const struct session *session;
    const char *database;
    struct catalog_row *row;
};

/* One view: its columns with their types ("name type" separated by commas; ">=1300" after a type is the first
 * version that has it, major * 100 + minor), who may read it, and what fills it. */
enum catalog_guard {
    GUARD_NONE,
    GUARD_STATE,          /* VIEW SERVER STATE; from 2022 VIEW SERVER PERFORMANCE STATE: error 300 */
    GUARD_SECURITY_STATE, /* the same with VIEW SERVER SECURITY STATE */
    GUARD_OBJECT,         /* SELECT on the object in this database: error 229 */
};

struct catalog_view {
    const char *schema, *name;
    int since;            /* major * 100 + minor */
    const char *database; /* the only one that has it, or NULL */
    enum catalog_guard guard;
    const char *columns;
    void (*fill)(struct catalog_fill *fill);
};

extern const struct catalog_view catalog_views[];
extern const size_t catalog_view_count;
