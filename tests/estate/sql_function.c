#include "sql_function.h"

#include "scenario.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct session *session_of(sqlite3_context *context)
{
    return sqlite3_user_data(context);
}

static const char *text_of(sqlite3_value *value)
{
    const char *text = (const char *)sqlite3_value_text(value);
    return text ? text : "";
}

static void give(sqlite3_context *context, const char *text)
{
    if (text)
        sqlite3_result_text(context, text, -1, SQLITE_TRANSIENT);
}

/* --- the instance --- */

static const char *edition_of(const struct instance *instance)
{
    return entry_value(instance->entry, "edition", "Standard Edition (64-bit)");
}

static int engine_edition(const struct instance *instance)
{
    static const struct {
        const char *prefix;
        int number;
    } editions[] = {{"Express", 4}, {"Enterprise", 3}, {"Developer", 3}, {"Evaluation", 3}, {"SQL Azure", 8}};
    for (size_t i = 0; i < sizeof editions / sizeof *editions; i++)
        if (strncmp(edition_of(instance), editions[i].prefix, strlen(editions[i].prefix)) == 0)
            return editions[i].number;
    return 2;
}

static void give_version(sqlite3_context *context, const struct instance *instance)
{
    char *text = instance->minor < 50 ? format_text("%d.%d.%d.%d", instance->major, instance->minor,
                                                    instance->build, instance->revision)
                                      : format_text("%d.%02d.%d.%d", instance->major, instance->minor,
                                                    instance->build, instance->revision);
    give(context, text);
    free(text);
}

static void server_property(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    const struct instance *instance = session_of(context)->instance;
    const struct entry *entry = instance->entry;
    bool is_named = *instance->instance_name;
    int version = instance->major * 100;
    const struct {
        const char *name;
        int since;
        const char *text; /* or */
        long number;
    } properties[] = {
        {"ServerName", 0, instance->server_name, 0},
        {"MachineName", 0, instance->machine, 0},
        {"ComputerNamePhysicalNetBIOS", 0, instance->machine, 0},
        {"InstanceName", 0, is_named ? instance->instance_name : NULL, is_named ? 0 : -1},
        {"ProductLevel", 0, entry_value(entry, "product_level", "RTM"), 0},
        {"ProductUpdateLevel", 1100, entry_value(entry, "update_level", NULL), -1},
        {"Edition", 0, edition_of(instance), 0},
        {"EngineEdition", 0, NULL, entry_number(entry, "engine_edition", engine_edition(instance))},
        {"IsClustered", 0, NULL, entry_flag(entry, "clustered", false)},
        {"IsHadrEnabled", 1100, NULL, entry_flag(entry, "hadr", false)},
        {"IsIntegratedSecurityOnly", 0, NULL, entry_flag(entry, "windows_only", false)},
        {"IsSingleUser", 0, NULL, 0},
        {"Collation", 0, entry_value(entry, "collation", "SQL_Latin1_General_CP1_CI_AS"), 0},
        {"ProcessID", 0, NULL, 4000 + instance->number},
    };
    const char *wanted = text_of(arguments[0]);
    if (same_text(wanted, "ProductVersion"))
        give_version(context, instance);
    for (size_t i = 0; i < sizeof properties / sizeof *properties; i++) {
        if (!same_text(properties[i].name, wanted) || version < properties[i].since)
            continue;
        if (properties[i].text)
            give(context, properties[i].text);
        else if (properties[i].number >= 0)
            sqlite3_result_int64(context, properties[i].number);
    }
}

static void at_servername(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    (void)arguments;
    const struct instance *instance = session_of(context)->instance;
    const char *name = entry_value(instance->entry, "at_servername", instance->server_name);
    give(context, same_text(name, "NULL") ? NULL : name);
}

static const char *release_of(const struct instance *instance)
{
    static const char *const releases[] = {"2005", "2008", "2012", "2014", "2016",
                                           "2017", "2019", "2022", "2025"};
    int index = instance->major == 9 ? 0 : instance->major - 9;
    if (instance->major == 10 && instance->minor == 50)
        return "2008 R2";
    return index >= 0 && index < (int)(sizeof releases / sizeof *releases) ? releases[index] : "";
}

static void at_version(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    (void)arguments;
    const struct instance *instance = session_of(context)->instance;
    bool is_linux = same_text(entry_value(instance->entry, "platform", "Windows"), "Linux");
    char *text = format_text(
        "Microsoft SQL Server %s (%s) - %d.%d.%d.%d (X64) \n\tCopyright (C) Microsoft Corporation\n\t"
        "%s on %s",
        release_of(instance), entry_value(instance->entry, "product_level", "RTM"), instance->major,
        instance->minor, instance->build, instance->revision, edition_of(instance),
        is_linux ? "Linux <X64>" : "Windows <X64> (Hypervisor)");
    give(context, text);
    free(text);
}

static void at_spid(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    (void)arguments;
    sqlite3_result_int(context, (int)session_of(context)->reply.spid);
}

static void at_max_connections(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    (void)arguments;
    sqlite3_result_int64(context,
                         entry_number(session_of(context)->instance->entry, "max_connections", 32767));
}

static void at_trancount(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    (void)arguments;
    sqlite3_result_int(context, session_of(context)->transaction != 0);
}

static void at_servicename(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    (void)arguments;
    const struct instance *instance = session_of(context)->instance;
    give(context, *instance->instance_name ? instance->instance_name : "MSSQLSERVER");
}

static void at_language(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    (void)arguments;
    give(context, "us_english");
}

static void give_time(sqlite3_context *context, long offset_minutes)
{
    struct timespec now;
    struct tm parts;
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    time_t shifted = now.tv_sec + 60 * offset_minutes;
    gmtime_r(&shifted, &parts);
    size_t length = strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
    snprintf(text + length, sizeof text - length, ".%03ld", now.tv_nsec / 1000000);
    give(context, text);
}

static void get_date(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    (void)arguments;
    give_time(context, entry_number(session_of(context)->instance->entry, "utc_offset", 0));
}

static void get_utc_date(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    (void)arguments;
    give_time(context, 0);
}

static void connection_property(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    const struct session *session = session_of(context);
    const char *wanted = text_of(arguments[0]);
    char address[INET6_ADDRSTRLEN];
    address_text(&session->instance->address, address);
    const char *const texts[][2] = {
        {"net_transport", "TCP"},       {"physical_net_transport", "TCP"},
        {"protocol_type", "TSQL"},      {"auth_scheme", "SQL"},
        {"local_net_address", address}, {"client_net_address", session->client_address}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (same_text(texts[i][0], wanted))
            give(context, texts[i][1]);
    if (same_text(wanted, "local_tcp_port"))
        sqlite3_result_int(context, session->instance->port);
}

/* --- logins and permissions --- */

static void own_login(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    (void)arguments;
    give(context, session_of(context)->login->name);
}

static void has_perms_by_name(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    const struct session *session = session_of(context);
    const char *permission = text_of(arguments[2]);
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL) {
        int held = catalog_server_permission(session->instance, session->login, permission);
        if (held >= 0)
            sqlite3_result_int(context, held);
        return;
    }
    const char *securable = text_of(arguments[0]);
    if (same_text(text_of(arguments[1]), "DATABASE")) {
        sqlite3_result_int(
            context, catalog_database_permission(session->instance, session->login, securable, permission));
    } else if (same_text(text_of(arguments[1]), "OBJECT")) {
        size_t dots = 0, first_part = strcspn(securable, ".");
        for (const char *at = securable; *at; at++)
            dots += *at == '.';
        char *database = dots == 2 ? duplicate_n(securable, first_part) : duplicate(session->database);
        char *what = format_text("%s %s", permission, dots == 2 ? securable + first_part + 1 : securable);
        if (catalog_database_exists(session->instance, database) &&
            catalog_object_exists(session->instance, database, what))
            sqlite3_result_int(
                context, catalog_database_permission(session->instance, session->login, database, what));
        free(database);
        free(what);
    }
}

static void has_dbaccess(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    const struct session *session = session_of(context);
    const char *name = text_of(arguments[0]);
    const struct entry *database = entry_child(session->instance->entry, "database", name);
    if (!catalog_database_exists(session->instance, name))
        return;
    catalog_count_look(session->instance, name); /* whether there is a user of that name stands inside */
    bool is_open = !database || same_text(entry_value(database, "state", "ONLINE"), "ONLINE");
    sqlite3_result_int(context,
                       is_open && catalog_has_database_access(session->instance, session->login, name));
}

/* sa exists whether the scenario names it or not. */
static const struct entry *login_named(const struct session *session, const char *name)
{
    static struct property sa_role = {(char *)"role", (char *)"sysadmin"};
    static const struct entry sa = {
        .keyword = "login", .name = (char *)"sa", .properties = &sa_role, .property_count = 1};
    const struct entry *login = entry_child(session->instance->entry, "login", name);
    return login ? login : same_text(name, "sa") ? &sa : NULL;
}

static void is_srvrolemember(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    const struct session *session = session_of(context);
    const struct entry *login = count > 1 ? login_named(session, text_of(arguments[1])) : session->login;
    int member = login ? catalog_role_member(login, text_of(arguments[0])) : -1;
    if (member >= 0)
        sqlite3_result_int(context, member);
}

static void login_property(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    const struct session *session = session_of(context);
    const struct entry *login = login_named(session, text_of(arguments[0]));
    const char *property = text_of(arguments[1]);
    static const struct {
        const char *name, *key;
    } flags[] = {{"IsLocked", "locked"}, {"IsExpired", "expired"}, {"IsMustChange", "must_change"}};
    for (size_t i = 0; login && i < sizeof flags / sizeof *flags; i++)
        if (same_text(flags[i].name, property))
            sqlite3_result_int(context, entry_flag(login, flags[i].key, false));
    if (login && same_text(property, "BadPasswordCount"))
        sqlite3_result_int(context, entry_flag(login, "locked", false) ? 5 : 0);
    if (login && same_text(property, "DaysUntilExpiration"))
        sqlite3_result_int(context, entry_flag(login, "expired", false) ? 0 : 42);
}

/* --- names and objects --- */

static void db_name(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    static const char *const system_databases[] = {"master", "tempdb", "model", "msdb"};
    const struct session *session = session_of(context);
    if (!count) {
        give(context, session->database);
        return;
    }
    int id = sqlite3_value_int(arguments[0]);
    size_t position = 0;
    const struct entry *database = NULL;
    for (int i = 5; i <= id && (database = entry_next(session->instance->entry, "database", &position)); i++)
        ;
    give(context, id >= 1 && id <= 4 ? system_databases[id - 1] : id > 4 && database ? database->name : NULL);
}

/* Splits [a].b.c; false when a part is not closed or there are more than four. */
static bool split_name(const char *name, char parts[4][260], int *count)
{
    *count = 0;
    while (*count < 4) {
        char *part = parts[(*count)++];
        size_t length = 0;
        bool bracket = *name == '[', quote = *name == '"';
        char end = bracket ? ']' : quote ? '"' : '.';
        for (name += bracket || quote; *name && length < 259; name++) {
            if (*name == end && !((bracket || quote) && name[1] == end))
                break;
            name += *name == end;
            part[length++] = *name;
        }
        part[length] = 0;
        if (bracket || quote) {
            if (*name != end)
                return false;
            name++;
        }
        if (!*name)
            return true;
        if (*name++ != '.')
            return false;
    }
    return false;
}

static void parse_name(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    char parts[4][260];
    int parts_count, wanted = sqlite3_value_int(arguments[1]);
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL ||
        !split_name(text_of(arguments[0]), parts, &parts_count))
        return;
    if (wanted >= 1 && wanted <= parts_count && *parts[parts_count - wanted])
        give(context, parts[parts_count - wanted]);
}

static void object_property(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    (void)count;
    const struct session *session = session_of(context);
    const struct entry *database = entry_child(session->instance->entry, "database", session->database);
    size_t position = 0;
    const struct entry *module = NULL;
    int id = sqlite3_value_int(arguments[0]);
    for (int i = CATALOG_FIRST_OBJECT;
         database && (module = entry_next(database, "module", &position)) && i < id; i++)
        ;
    if (!module)
        return;
    if (same_text(text_of(arguments[1]), "IsEncrypted"))
        sqlite3_result_int(context, !entry_value(module, "text", NULL));
    else if (same_text(text_of(arguments[1]), "IsMSShipped"))
        sqlite3_result_int(context, entry_flag(module, "shipped", false));
}

static const struct sql_function functions[] = {
    {"@@SERVERNAME", 0, 0, 0, "nvarchar(128)", at_servername},
    {"@@VERSION", 0, 0, 0, "nvarchar(300)", at_version},
    {"@@SPID", 0, 0, 0, "smallint", at_spid},
    {"@@MAX_CONNECTIONS", 0, 0, 0, "int", at_max_connections},
    {"@@TRANCOUNT", 0, 0, 0, "int", at_trancount},
    {"@@SERVICENAME", 0, 0, 0, "nvarchar(128)", at_servicename},
    {"@@LANGUAGE", 0, 0, 0, "nvarchar(128)", at_language},
    {"GETDATE", 0, 0, 0, "datetime", get_date},
    {"GETUTCDATE", 0, 0, 0, "datetime", get_utc_date},
    {"SERVERPROPERTY", 1, 1, 0, "sql_variant", server_property},
    {"CONNECTIONPROPERTY", 1, 1, 1000, "sql_variant", connection_property},
    {"SUSER_SNAME", 0, 0, 0, "nvarchar(128)", own_login},
    {"SUSER_NAME", 0, 0, 0, "nvarchar(128)", own_login},
    {"ORIGINAL_LOGIN", 0, 0, 0, "nvarchar(128)", own_login},
    {"HAS_PERMS_BY_NAME", 3, 5, 0, "int", has_perms_by_name},
    {"HAS_DBACCESS", 1, 1, 0, "int", has_dbaccess},
    {"IS_SRVROLEMEMBER", 1, 2, 0, "int", is_srvrolemember},
    {"LOGINPROPERTY", 2, 2, 0, "sql_variant", login_property},
    {"DB_NAME", 0, 1, 0, "nvarchar(128)", db_name},
    {"PARSENAME", 2, 2, 0, "nvarchar(128)", parse_name},
    {"OBJECTPROPERTYEX", 2, 2, 0, "sql_variant", object_property},
    {"OBJECTPROPERTY", 2, 2, 0, "int", object_property},
};

const struct sql_function *sql_function_find(const char *name, int version)
{
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        if (same_text(functions[i].name, name) && version >= functions[i].since)
            return &functions[i];
    return NULL;
}

/* --- LIKE and collations --- */

static int fold(unsigned char byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

static size_t character_length(const char *text)
{
    size_t length = 1;
    while (((unsigned char)text[length] & 0xC0) == 0x80)
        length++;
    return length;
}

/* [a-c], [^abc]; *pattern is moved behind the set. An unclosed set matches nothing. */
static bool matches_set(const char **pattern, const char *text)
{
    const char *at = *pattern + 1;
    bool negated = *at == '^', found = false;
    int character = fold((unsigned char)*text);
    for (at += negated; *at && *at != ']'; at++) {
        if (at[1] == '-' && at[2] && at[2] != ']') {
            found |= character >= fold((unsigned char)at[0]) && character <= fold((unsigned char)at[2]);
            at += 2;
        } else {
            found |= character == fold((unsigned char)*at);
        }
    }
    if (!*at)
        return false;
    *pattern = at + 1;
    return found != negated;
}

static bool matches(const char *pattern, const char *text, char escape)
{
    while (*pattern) {
        if (*pattern == '%') {
            for (pattern++; *text && !matches(pattern, text, escape);)
                text += character_length(text);
            return *text || matches(pattern, text, escape);
        }
        if (!*text)
            return false;
        if (escape && *pattern == escape && pattern[1]) {
            if (fold((unsigned char)*++pattern) != fold((unsigned char)*text++))
                return false;
            pattern++;
        } else if (*pattern == '[') {
            if (!matches_set(&pattern, text))
                return false;
            text += character_length(text);
        } else if (*pattern == '_') {
            pattern++;
            text += character_length(text);
        } else if (fold((unsigned char)*pattern++) != fold((unsigned char)*text++)) {
            return false;
        }
    }
    return !*text;
}

/* SQLite gives (pattern, text [, escape]). */
static void like(sqlite3_context *context, int count, sqlite3_value **arguments)
{
    if (sqlite3_value_type(arguments[0]) == SQLITE_NULL || sqlite3_value_type(arguments[1]) == SQLITE_NULL)
        return;
    char escape = count > 2 ? *text_of(arguments[2]) : 0;
    sqlite3_result_int(context, matches(text_of(arguments[0]), text_of(arguments[1]), escape));
}

/* Trailing blanks do not count, and case only in collations that say so. */
static int compare(void *sensitive, int a_length, const void *a, int b_length, const void *b)
{
    const unsigned char *left = a, *right = b;
    while (a_length && left[a_length - 1] == ' ')
        a_length--;
    while (b_length && right[b_length - 1] == ' ')
        b_length--;
    for (int i = 0; i < a_length && i < b_length; i++) {
        int difference = sensitive ? left[i] - right[i] : fold(left[i]) - fold(right[i]);
        if (difference)
            return difference;
    }
    return a_length - b_length;
}

bool sql_is_collation(const char *name)
{
    static const char *const endings[] = {"_CI_AS", "_CS_AS", "_CI_AI", "_CS_AI", "_BIN",
                                          "_BIN2",  "_UTF8",  "_SC",    "_KS_WS"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && same_text(name + length - ending, endings[i]))
            return true;
    }
    return false;
}

static void collation_needed(void *unused, sqlite3 *database, int encoding, const char *name)
{
    (void)unused;
    bool sensitive = strcasestr(name, "_CS_") || strcasestr(name, "_BIN");
    sqlite3_create_collation(database, name, encoding, sensitive ? (void *)1 : NULL, compare);
}

void sql_functions_register(sqlite3 *database, const struct session *session)
{
    void *data = (void *)session;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        sqlite3_create_function(database, functions[i].name,
                                functions[i].least == functions[i].most ? functions[i].least : -1,
                                SQLITE_UTF8, data, functions[i].run, NULL, NULL);
    sqlite3_create_function(database, "like", 2, SQLITE_UTF8, data, like, NULL, NULL);
    sqlite3_create_function(database, "like", 3, SQLITE_UTF8, data, like, NULL, NULL);
    sqlite3_collation_needed(database, NULL, collation_needed);
}
