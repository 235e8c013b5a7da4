#include "catalog.h"

#include "scenario.h"
#include "session.h"
#include "sql_function.h"

#include <stdlib.h>
#include <string.h>

struct view_state {
    bool is_open;
    struct sql_column *columns;
    size_t count;
};

struct catalog {
    const struct session *session;
    sqlite3 *database;
    int version;
    struct view_state *views; /* beside catalog_views */
};

struct catalog_row {
    sqlite3_stmt *insert;
    const struct sql_column *columns;
    size_t count;
};

struct catalog *catalog_new(const struct session *session)
{
    struct catalog *catalog = allocate(sizeof *catalog);
    catalog->session = session;
    catalog->version = session->instance->major * 100 + session->instance->minor;
    catalog->views = allocate(catalog_view_count * sizeof *catalog->views);
    if (sqlite3_open(":memory:", &catalog->database) != SQLITE_OK ||
        sqlite3_exec(catalog->database, "ATTACH ':memory:' AS sys; ATTACH ':memory:' AS dbo", NULL, NULL,
                     NULL) != SQLITE_OK) {
        fprintf(stderr, "estate: SQLite: %s\n", sqlite3_errmsg(catalog->database));
        abort();
    }
    sql_functions_register(catalog->database, session);
    return catalog;
}

void catalog_free(struct catalog *catalog)
{
    for (size_t i = 0; i < catalog_view_count; i++)
        free(catalog->views[i].columns);
    free(catalog->views);
    sqlite3_close(catalog->database);
    free(catalog);
}

sqlite3 *catalog_database(struct catalog *catalog)
{
    return catalog->database;
}

int catalog_version(const struct catalog *catalog)
{
    return catalog->version;
}

const struct catalog_view *catalog_find(const struct catalog *catalog, const char *schema, const char *name)
{
    for (size_t i = 0; i < catalog_view_count; i++) {
        const struct catalog_view *view = &catalog_views[i];
        if (same_text(view->schema, schema) && same_text(view->name, name) &&
            catalog->version >= view->since &&
            (!view->database || same_text(view->database, catalog->session->database)))
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

const struct sql_column *catalog_columns(struct catalog *catalog, const struct catalog_view *view,
                                         size_t *count)
{
    struct view_state *state = &catalog->views[view - catalog_views];
    if (!state->columns) {
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
    *count = state->count;
    return state->columns;
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

static bool may_read(const struct catalog *catalog, const struct catalog_view *view, struct reply *reply)
{
    const struct session *session = catalog->session;
    if (view->guard == GUARD_STATE)
        return has_state_permission(catalog, "VIEW SERVER PERFORMANCE STATE", reply);
    if (view->guard == GUARD_SECURITY_STATE)
        return has_state_permission(catalog, "VIEW SERVER SECURITY STATE", reply);
    if (view->guard == GUARD_NONE)
        return true;
    char *what = format_text("SELECT %s.%s", view->schema, view->name);
    bool allowed = catalog_database_permission(session->instance, session->login, session->database, what);
    free(what);
    if (!allowed)
        reply_error(reply, 229, 5, 14,
                    "The SELECT permission was denied on the object '%s', database '%s', schema '%s'.",
                    view->name, same_text(view->schema, "sys") ? "mssqlsystemresource" : session->database,
                    view->schema);
    return allowed;
}

/* --- making a view --- */

static void create_table(struct catalog *catalog, const struct catalog_view *view,
                         const struct view_state *state)
{
    const char *collation =
        entry_value(catalog->session->instance->entry, "collation", "SQL_Latin1_General_CP1_CI_AS");
    struct buffer sql = {0};
    buffer_format(&sql, "CREATE TABLE %s.[%s] (", view->schema, view->name);
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

static sqlite3_stmt *prepare_insert(struct catalog *catalog, const struct catalog_view *view, size_t count)
{
    struct buffer sql = {0};
    sqlite3_stmt *insert = NULL;
    buffer_format(&sql, "INSERT INTO %s.[%s] VALUES (", view->schema, view->name);
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

static void fill_view(struct catalog *catalog, const struct catalog_view *view,
                      const struct view_state *state)
{
    const struct session *session = catalog->session;
    struct catalog_row row = {.columns = state->columns, .count = state->count};
    row.insert = prepare_insert(catalog, view, state->count);
    struct catalog_fill fill = {session, &row};
    clear_row(&row);
    if (view->fill)
        view->fill(&fill);
    add_written_rows(&row, view, session->instance->entry);
    add_written_rows(&row, view, entry_child(session->instance->entry, "database", session->database));
    sqlite3_finalize(row.insert);
}

bool catalog_open(struct catalog *catalog, const struct catalog_view *view, struct reply *reply)
{
    struct view_state *state = &catalog->views[view - catalog_views];
    size_t count;
    if (!may_read(catalog, view, reply))
        return false;
    if (state->is_open)
        return true;
    state->is_open = true;
    catalog_columns(catalog, view, &count);
    create_table(catalog, view, state);
    sqlite3_exec(catalog->database, "BEGIN", NULL, NULL, NULL);
    fill_view(catalog, view, state);
    sqlite3_exec(catalog->database, "COMMIT", NULL, NULL, NULL);
    return true;
}
