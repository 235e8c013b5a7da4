#include "catalog.h"

#include "scenario.h"
#include "session.h"
#include "sql_function.h"

#include <stdlib.h>
#include <string.h>

struct view_state {
    struct sql_column *columns; /* NULL: not made yet */
    size_t count;
};

/* The views of one database: the current one, or another that a three-part name led to. */
struct part {
    char *database;
    char *prefix;             /* of the schemas in SQLite: "" or "msdb." */
    struct view_state *views; /* beside catalog_views */
    struct part *next;
};

struct catalog {
    const struct session *session;
    sqlite3 *database;
    int version;
    struct part *parts;
};

struct catalog_row {
    sqlite3_stmt *insert;
    const struct sql_column *columns;
    size_t count;
};

static struct part *add_part(struct catalog *catalog, const char *database, const char *prefix)
{
    char *sql = format_text("ATTACH ':memory:' AS [%ssys]; ATTACH ':memory:' AS [%sdbo]", prefix, prefix);
    int result = sqlite3_exec(catalog->database, sql, NULL, NULL, NULL);
    free(sql);
    if (result != SQLITE_OK)
        return NULL;
    struct part *part = allocate(sizeof *part);
    part->database = duplicate(database);
    part->prefix = duplicate(prefix);
    part->views = allocate(catalog_view_count * sizeof *part->views);
    part->next = catalog->parts;
    catalog->parts = part;
    return part;
}

struct catalog *catalog_new(const struct session *session)
{
    struct catalog *catalog = allocate(sizeof *catalog);
    catalog->session = session;
    catalog->version = session->instance->major * 100 + session->instance->minor;
    if (sqlite3_open(":memory:", &catalog->database) != SQLITE_OK ||
        !add_part(catalog, session->database, "")) {
        fprintf(stderr, "estate: SQLite: %s\n", sqlite3_errmsg(catalog->database));
        abort();
    }
    sql_functions_register(catalog->database, session);
    return catalog;
}

void catalog_free(struct catalog *catalog)
{
    while (catalog->parts) {
        struct part *part = catalog->parts;
        catalog->parts = part->next;
        for (size_t i = 0; i < catalog_view_count; i++)
            free(part->views[i].columns);
        free(part->views);
        free(part->database);
        free(part->prefix);
        free(part);
    }
    sqlite3_close(catalog->database);
    free(catalog);
}

sqlite3 *catalog_database(struct catalog *catalog)
{
    return catalog->database;
}

const char *catalog_current_database(const struct catalog *catalog)
{
    return catalog->session->database;
}

int catalog_version(const struct catalog *catalog)
{
    return catalog->version;
}

static const struct catalog_view *find_view(const struct catalog *catalog, const char *database,
                                            const char *schema, const char *name)
{
    for (size_t i = 0; i < catalog_view_count; i++) {
        const struct catalog_view *view = &catalog_views[i];
        if (same_text(view->schema, schema) && same_text(view->name, name) &&
            catalog->version >= view->since && (!view->database || same_text(view->database, database)))
            return view;
    }
    return NULL;
}

/* "name type>=1300": false when the version is older. */
static bool read_column(const char *text, size_t length, int version, struct sql_column *column)
{
    char *copy = duplicate_n(text, length);
    char *name = copy + strspn(copy, " \n");
    char *type = name + strcspn(name, " ");
    char *since = strstr(type, ">=");
    if (*type)
        *type++ = 0;
    if (since)
        *since = 0;
    bool known = !since || version >= atoi(since + 2);
    *column = (struct sql_column){.name = ""};
    snprintf(column->name, sizeof column->name, "%s", name);
    if (!sql_type_parse(type, &column->type)) {
        fprintf(stderr, "estate: view column %s has no known type: %s\n", name, type);
        abort();
    }
    free(copy);
    return known;
}

static void read_columns(const struct catalog *catalog, const struct catalog_view *view,
                         struct view_state *state)
{
    size_t most = 1;
    for (const char *at = view->columns; *at; at++)
        most += *at == ',';
    state->columns = allocate(most * sizeof *state->columns);
    for (const char *at = view->columns; *at;) {
        size_t length = strcspn(at, ",");
        if (read_column(at, length, catalog->version, &state->columns[state->count]))
            state->count++;
        at += length + (at[length] == ',');
    }
}

/* --- who may read --- */

static bool has_state_permission(const struct catalog *catalog, const char *since_2022, struct reply *reply)
{
    const struct session *session = catalog->session;
    const char *name = catalog->version >= 1600 ? since_2022 : "VIEW SERVER STATE";
    if (catalog_server_permission(session->instance, session->login, name) == 1)
        return true;
    reply_error(reply, 300, 1, 14, "%s permission was denied on object 'server', database 'master'.", name);
    reply_error(reply, 297, 1, 16, "The user does not have permission to perform this action.");
    return false;
}

static bool may_read(const struct catalog *catalog, const struct part *part, const struct catalog_view *view,
                     struct reply *reply)
{
    const struct session *session = catalog->session;
    if (view->guard == GUARD_STATE)
        return has_state_permission(catalog, "VIEW SERVER PERFORMANCE STATE", reply);
    if (view->guard == GUARD_SECURITY_STATE)
        return has_state_permission(catalog, "VIEW SERVER SECURITY STATE", reply);
    if (view->guard == GUARD_NONE)
        return true;
    char *what = format_text("SELECT %s.%s", view->schema, view->name);
    bool allowed = catalog_database_permission(session->instance, session->login, part->database, what);
    free(what);
    if (!allowed)
        reply_error(reply, 229, 5, 14,
                    "The SELECT permission was denied on the object '%s', database '%s', schema '%s'.",
                    view->name, same_text(view->schema, "sys") ? "mssqlsystemresource" : part->database,
                    view->schema);
    return allowed;
}

/* --- making a view --- */

static void create_table(struct catalog *catalog, const struct part *part, const struct catalog_view *view,
                         const struct view_state *state)
{
    const char *collation =
        entry_value(catalog->session->instance->entry, "collation", "SQL_Latin1_General_CP1_CI_AS");
    struct buffer sql = {0};
    buffer_format(&sql, "CREATE TABLE [%s%s].[%s] (", part->prefix, view->schema, view->name);
    for (size_t i = 0; i < state->count; i++) {
        const char *storage = sql_type_storage(state->columns[i].type);
        buffer_format(&sql, "%s[%s] %s", i ? ", " : "", state->columns[i].name, storage);
        if (strcmp(storage, "TEXT") == 0)
            buffer_format(&sql, " COLLATE [%s]", collation);
    }
    buffer_bytes(&sql, ")", 2);
    if (sqlite3_exec(catalog->database, (char *)sql.data, NULL, NULL, NULL) != SQLITE_OK)
        fprintf(stderr, "estate: %s: %s\n", view->name, sqlite3_errmsg(catalog->database));
    buffer_free(&sql);
}

static sqlite3_stmt *prepare_insert(struct catalog *catalog, const struct part *part,
                                    const struct catalog_view *view, size_t count)
{
    struct buffer sql = {0};
    sqlite3_stmt *insert = NULL;
    buffer_format(&sql, "INSERT INTO [%s%s].[%s] VALUES (", part->prefix, view->schema, view->name);
    for (size_t i = 0; i < count; i++)
        buffer_text(&sql, i ? ",?" : "?");
    buffer_bytes(&sql, ")", 2);
    if (sqlite3_prepare_v2(catalog->database, (char *)sql.data, -1, &insert, NULL) != SQLITE_OK)
        fprintf(stderr, "estate: %s: %s\n", view->name, sqlite3_errmsg(catalog->database));
    buffer_free(&sql);
    return insert;
}

static void clear_row(struct catalog_row *row)
{
    sqlite3_reset(row->insert);
    sqlite3_clear_bindings(row->insert);
    for (size_t i = 0; i < row->count; i++)
        if (row->columns[i].type.kind == TYPE_BIT)
            sqlite3_bind_int(row->insert, (int)i + 1, 0);
}

static int place_of(const struct catalog_row *row, const char *column)
{
    for (size_t i = 0; i < row->count; i++)
        if (same_text(row->columns[i].name, column))
            return (int)i + 1;
    return 0;
}

void row_number(struct catalog_row *row, const char *column, long long value)
{
    int place = place_of(row, column);
    if (place)
        sqlite3_bind_int64(row->insert, place, value);
}

void row_text(struct catalog_row *row, const char *column, const char *value)
{
    int place = place_of(row, column);
    if (place && value)
        sqlite3_bind_text(row->insert, place, value, -1, SQLITE_TRANSIENT);
    else if (place)
        sqlite3_bind_null(row->insert, place);
}

void row_bytes(struct catalog_row *row, const char *column, const void *value, size_t length)
{
    int place = place_of(row, column);
    if (place)
        sqlite3_bind_blob(row->insert, place, value, (int)length, SQLITE_TRANSIENT);
}

void row_insert(struct catalog_row *row)
{
    sqlite3_step(row->insert);
    clear_row(row);
}

/* A scenario's `row sys.view column=value …`; NULL is the word, and numbers become numbers in sql_variant
 * columns unless they are written '123'. */
static void add_written_row(struct catalog_row *row, const struct entry *entry)
{
    for (size_t i = 0; i < entry->property_count; i++) {
        const char *key = entry->properties[i].key, *value = entry->properties[i].value;
        int place = place_of(row, key);
        char *end;
        long long number = strtoll(value, &end, 0);
        if (place && row->columns[place - 1].type.kind == TYPE_VARIANT && *value && !*end)
            row_number(row, key, number);
        else
            row_text(row, key, strcmp(value, "NULL") == 0 ? NULL : value);
    }
    row_insert(row);
}

static void add_written_rows(struct catalog_row *row, const struct catalog_view *view,
                             const struct entry *parent)
{
    char *name = format_text("%s.%s", view->schema, view->name);
    const struct entry *entry;
    for (size_t position = 0; parent && (entry = entry_next(parent, "row", &position));)
        if (same_text(entry->name, name))
            add_written_row(row, entry);
    free(name);
}

static void fill_view(struct catalog *catalog, const struct part *part, const struct catalog_view *view,
                      const struct view_state *state)
{
    const struct session *session = catalog->session;
    struct catalog_row row = {.columns = state->columns, .count = state->count};
    row.insert = prepare_insert(catalog, part, view, state->count);
    struct catalog_fill fill = {session, part->database, &row};
    clear_row(&row);
    if (view->fill)
        view->fill(&fill);
    add_written_rows(&row, view, session->instance->entry);
    add_written_rows(&row, view, entry_child(session->instance->entry, "database", part->database));
    sqlite3_finalize(row.insert);
}

/* The part of that database; NULL when there is none, or (*denied) when the login may not enter it. */
static struct part *find_part(struct catalog *catalog, const char *database, struct reply *reply,
                              bool *denied)
{
    const struct session *session = catalog->session;
    struct part *part = catalog->parts;
    if (!database)
        database = session->database;
    while (part && !same_text(part->database, database))
        part = part->next;
    if (part || !catalog_database_exists(session->instance, database))
        return part;
    *denied = !catalog_has_database_access(session->instance, session->login, database);
    if (*denied) {
        reply_error(reply, 916, 1, 14,
                    "The server principal \"%s\" is not able to access the database \"%s\" under the current "
                    "security context.",
                    session->login->name, database);
        return NULL;
    }
    char *prefix = format_text("%s.", database);
    part = add_part(catalog, database, prefix);
    free(prefix);
    return part;
}

enum catalog_result catalog_open(struct catalog *catalog, const char *database, const char *schema,
                                 const char *name, struct reply *reply, const struct sql_column **columns,
                                 size_t *count)
{
    bool denied = false;
    struct part *part = find_part(catalog, database, reply, &denied);
    if (denied)
        return CATALOG_DENIED;
    const struct catalog_view *view = part ? find_view(catalog, part->database, schema, name) : NULL;
    if (!view)
        return CATALOG_NOT_FOUND;
    if (!may_read(catalog, part, view, reply))
        return CATALOG_DENIED;
    struct view_state *state = &part->views[view - catalog_views];
    if (!state->columns) {
        read_columns(catalog, view, state);
        create_table(catalog, part, view, state);
        sqlite3_exec(catalog->database, "BEGIN", NULL, NULL, NULL);
        fill_view(catalog, part, view, state);
        sqlite3_exec(catalog->database, "COMMIT", NULL, NULL, NULL);
    }
    *columns = state->columns;
    *count = state->count;
    return CATALOG_FOUND;
}
