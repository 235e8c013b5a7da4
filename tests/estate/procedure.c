#include "procedure.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

void call_free(struct call *call)
{
    free(call->procedure);
    for (size_t i = 0; i < call->count; i++) {
        free(call->arguments[i].name);
        free(call->arguments[i].text);
    }
    *call = (struct call){0};
}

const char *call_argument(const struct call *call, const char *name, size_t place)
{
    for (size_t i = 0; i < call->count; i++)
        if (call->arguments[i].name ? same_text(call->arguments[i].name, name) : i == place)
            return call->arguments[i].text;
    return NULL;
}

/* --- result sets of text and numbers --- */

struct cell {
    const char *text; /* or */
    long long number;
};

/* SQLite is asked for the constants, so that there is one way to write a row. */
static void send_row(struct session *session, const struct sql_column *columns, const struct cell *cells,
                     size_t count)
{
    sqlite3_stmt *statement = NULL;
    struct buffer sql = {0};
    for (size_t i = 0; i < count; i++)
        buffer_text(&sql, i ? ",?" : "SELECT ?");
    buffer_u8(&sql, 0);
    if (!session->catalog)
        session->catalog = catalog_new(session);
    sqlite3_prepare_v2(catalog_database(session->catalog), (char *)sql.data, -1, &statement, NULL);
    for (size_t i = 0; i < count; i++)
        if (cells[i].text)
            sqlite3_bind_text(statement, (int)i + 1, cells[i].text, -1, SQLITE_STATIC);
        else
            sqlite3_bind_int64(statement, (int)i + 1, cells[i].number);
    if (sqlite3_step(statement) == SQLITE_ROW)
        reply_row(&session->reply, columns, count, statement);
    sqlite3_finalize(statement);
    buffer_free(&sql);
}

/* --- the registry --- */

static bool send_registry_value(struct session *session, const struct entry *registry, result_end done,
                                void *context)
{
    struct sql_column columns[] = {{"Value", {TYPE_NVARCHAR, 256}}, {"Data", {TYPE_NVARCHAR, 256}}};
    bool is_number = same_text(entry_value(registry, "type", "string"), "dword");
    struct cell cells[] = {{.text = entry_value(registry, "value", "")},
                           {.text = entry_value(registry, "data", "")}};
    if (is_number) {
        columns[1].type = (struct sql_type){TYPE_INT, 4};
        cells[1] = (struct cell){.number = entry_number(registry, "data", 0)};
    }
    reply_columns(&session->reply, columns, 2);
    send_row(session, columns, cells, 2);
    done(context, 1);
    return true;
}

static bool registry_refused(struct session *session, int code, const char *text)
{
    reply_error(&session->reply, 22001, 1, 16, "RegOpenKeyEx() returned error %d, '%s'", code, text);
    return false;
}

static bool may_read_registry(const struct session *session, const struct entry *registry)
{
    return !same_text(entry_value(registry, "access", "public"), "sysadmin") ||
           catalog_role_member(session->login, "sysadmin") == 1;
}

/* What the listener is set to stands in the registry without being written into the scenario. */
static bool send_force_encryption(struct session *session, const char *key, const char *value,
                                  result_end done, void *context)
{
    struct property properties[] = {
        {(char *)"value", (char *)"ForceEncryption"},
        {(char *)"type", (char *)"dword"},
        {(char *)"data", session->instance->encryption == ENCRYPT_ON ? (char *)"1" : (char *)"0"}};
    struct entry registry = {.keyword = "registry", .properties = properties, .property_count = 3};
    if (!strcasestr(key, "SuperSocketNetLib") || !same_text(value, "ForceEncryption"))
        return false;
    return send_registry_value(session, &registry, done, context);
}

static bool read_registry(struct session *session, const struct call *call, result_end done, void *context)
{
    const char *key = call_argument(call, "@key", 1), *value = call_argument(call, "@value_name", 2);
    const struct entry *registry;
    for (size_t position = 0;
         key && value && (registry = entry_next(session->instance->entry, "registry", &position));)
        if (same_text(entry_value(registry, "key", ""), key) &&
            same_text(entry_value(registry, "value", ""), value))
            return may_read_registry(session, registry)
                       ? send_registry_value(session, registry, done, context)
                       : registry_refused(session, 5, "Access is denied.");
    if (key && value && send_force_encryption(session, key, value, done, context))
        return true;
    reply_info(&session->reply, 22001, 1, 1,
               "RegQueryValueEx() returned error 2, 'The system cannot find the file specified.'");
    return true;
}

/* One result set per value, as the real procedure gives them. */
static bool enumerate_registry(struct session *session, const struct call *call, result_end done,
                               void *context)
{
    const char *key = call_argument(call, "@key", 1);
    const struct entry *registry;
    bool found = false;
    for (size_t position = 0;
         key && (registry = entry_next(session->instance->entry, "registry", &position));) {
        if (!same_text(entry_value(registry, "key", ""), key))
            continue;
        if (!may_read_registry(session, registry))
            return registry_refused(session, 5, "Access is denied.");
        send_registry_value(session, registry, done, context);
        found = true;
    }
    return found || registry_refused(session, 2, "The system cannot find the file specified.");
}

static const struct sql_column provider_columns[] = {{"Provider Name", {TYPE_NVARCHAR, 255}},
                                                     {"Parse Name", {TYPE_NVARCHAR, 255}},
                                                     {"Provider Description", {TYPE_NVARCHAR, 255}}};

static void send_provider(struct session *session, const char *name, const char *description)
{
    struct cell cells[] = {{.text = name}, {.text = ""}, {.text = description}};
    send_row(session, provider_columns, cells, 3);
}

static bool enumerate_providers(struct session *session, const struct call *call, result_end done,
                                void *context)
{
    static const struct {
        const char *name, *description;
        int from, until; /* major versions that bring it along */
    } providers[] = {
        {"SQLOLEDB", "Microsoft OLE DB Provider for SQL Server", 9, 99},
        {"SQLNCLI10", "SQL Server Native Client 10.0", 10, 10},
        {"SQLNCLI11", "SQL Server Native Client 11.0", 11, 15},
        {"MSOLEDBSQL", "Microsoft OLE DB Driver for SQL Server", 15, 99},
        {"MSOLEDBSQL19", "Microsoft OLE DB Driver 19 for SQL Server", 17, 99},
        {"MSDASQL", "Microsoft OLE DB Provider for ODBC Drivers", 9, 99},
        {"ADsDSOObject", "OLE DB Provider for Microsoft Directory Services", 9, 99},
    };
    uint64_t rows = 0;
    const struct entry *provider;
    (void)call;
    reply_columns(&session->reply, provider_columns, 3);
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++) {
        if (session->instance->major < providers[i].from || session->instance->major > providers[i].until)
            continue;
        send_provider(session, providers[i].name, providers[i].description);
        rows++;
    }
    for (size_t position = 0; (provider = entry_next(session->instance->entry, "provider", &position));
         rows++)
        send_provider(session, provider->name, entry_value(provider, "description", provider->name));
    done(context, rows);
    return true;
}

/* Up to the semicolon; {in braces}, where }} is a brace, semicolons are part of the value. */
static size_t value_length(const char *text)
{
    size_t length = 0;
    if (*text == '{')
        for (length = 1; text[length] && (text[length] != '}' || text[length + 1] == '}'); length++)
            length += text[length] == '}';
    return length + strcspn(text + length, ";");
}

/* Password=…; and PWD=…; become ***, as the signed procedure does it on the server. */
static char *without_passwords(const char *text)
{
    static const char *const keys[] = {"password=", "pwd="};
    struct buffer result = {0};
    while (*text) {
        size_t key = 0;
        for (size_t i = 0; i < sizeof keys / sizeof *keys && !key; i++)
            if (strncasecmp(text, keys[i], strlen(keys[i])) == 0)
                key = strlen(keys[i]);
        buffer_bytes(&result, text, key ? key : 1);
        text += key ? key : 1;
        if (key) {
            buffer_text(&result, "***");
            text += value_length(text);
        }
    }
    buffer_u8(&result, 0);
    return (char *)result.data;
}

/* The signed procedure that an administrator may have installed for the audit login. */
static bool list_provider_strings(struct session *session, const struct call *call, result_end done,
                                  void *context)
{
    static const struct sql_column columns[] = {{"server_id", {TYPE_INT, 4}},
                                                {"provider_string", {TYPE_NVARCHAR, 4000}}};
    static const char what[] = "EXECUTE dbo.linkaudit_provider_strings";
    const struct entry *link;
    uint64_t rows = 0;
    int id = 1;
    if (!catalog_object_exists(session->instance, "master", what)) {
        reply_error(&session->reply, 2812, 62, 16, "Could not find stored procedure '%s'.", call->procedure);
        return false;
    }
    if (!catalog_database_permission(session->instance, session->login, "master", what)) {
        reply_error(&session->reply, 229, 5, 14,
                    "The EXECUTE permission was denied on the object '%s', database 'master', schema 'dbo'.",
                    call->procedure);
        return false;
    }
    reply_columns(&session->reply, columns, 2);
    for (size_t position = 0; (link = entry_next(session->instance->entry, "link", &position));
         id += (int)entry_number(link, "count", 1)) {
        const char *written = entry_value(link, "provider_string", NULL);
        char *shown = written ? without_passwords(written) : NULL;
        struct cell cells[] = {{.number = id}, {.text = shown}};
        if (shown)
            send_row(session, columns, cells, 2);
        rows += shown != NULL;
        free(shown);
    }
    done(context, rows);
    return true;
}

static bool test_link(struct session *session, const struct call *call, result_end done, void *context)
{
    const char *link = call_argument(call, "@servername", 0);
    (void)done;
    (void)context;
    if (!link) {
        reply_error(
            &session->reply, 201, 4, 16,
            "Procedure or function 'sp_testlinkedserver' expects parameter '@servername', which was not "
            "supplied.");
        return false;
    }
    return link_test(session, link);
}

static const struct procedure {
    const char *name;
    bool windows_only;
    bool (*run)(struct session *session, const struct call *call, result_end done, void *context);
} procedures[] = {
    {"sp_testlinkedserver", false, test_link},
    {"linkaudit_provider_strings", false, list_provider_strings},
    {"xp_instance_regread", true, read_registry},
    {"xp_regread", true, read_registry},
    {"xp_instance_regenumvalues", true, enumerate_registry},
    {"xp_regenumvalues", true, enumerate_registry},
    {"xp_enum_oledb_providers", true, enumerate_providers},
    {"sp_enum_oledb_providers", true, enumerate_providers},
};

bool procedure_run(struct session *session, const struct call *call, result_end done, void *context)
{
    bool is_linux = same_text(entry_value(session->instance->entry, "platform", "Windows"), "Linux");
    for (size_t i = 0; i < sizeof procedures / sizeof *procedures; i++)
        if (same_text(procedures[i].name, call->procedure) && !(is_linux && procedures[i].windows_only))
            return procedures[i].run(session, call, done, context);
    reply_error(&session->reply, 2812, 62, 16, "Could not find stored procedure '%s'.", call->procedure);
    return false;
}

void trace_status(struct session *session, const char *flag, result_end done, void *context)
{
    static const struct sql_column columns[] = {{"TraceFlag", {TYPE_SMALLINT, 2}},
                                                {"Status", {TYPE_SMALLINT, 2}},
                                                {"Global", {TYPE_SMALLINT, 2}},
                                                {"Session", {TYPE_SMALLINT, 2}}};
    bool is_on = entry_child(session->instance->entry, "traceflag", flag);
    struct cell cells[] = {{.number = atoi(flag)}, {.number = is_on}, {.number = is_on}, {.number = 0}};
    reply_columns(&session->reply, columns, 4);
    send_row(session, columns, cells, 4);
    done(context, 1);
}
