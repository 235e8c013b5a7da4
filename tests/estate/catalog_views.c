/* The views: columns by version, and their rows from the scenario. Sources: the documentation of each view.
 */
#include "catalog.h"
#include "scenario.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>

static const char default_date[] = "2021-03-08 09:12:44";

/* --- links --- */

static void fill_local_server(struct catalog_fill *fill)
{
    const struct instance *instance = fill->session->instance;
    const char *name = entry_value(instance->entry, "at_servername", instance->server_name);
    if (same_text(name, "NULL")) /* dropped, never added again */
        return;
    row_number(fill->row, "server_id", 0);
    row_text(fill->row, "name", name);
    row_text(fill->row, "product", "SQL Server");
    row_text(fill->row, "provider", instance->major >= 15 ? "MSOLEDBSQL" : "SQLNCLI");
    row_text(fill->row, "data_source", name);
    row_number(fill->row, "connect_timeout", 0);
    row_number(fill->row, "query_timeout", 0);
    row_number(fill->row, "is_remote_login_enabled", 1);
    row_number(fill->row, "is_rpc_out_enabled", 1);
    row_number(fill->row, "uses_remote_collation", 1);
    row_number(fill->row, "is_remote_proc_transaction_promotion_enabled", 0);
    row_text(fill->row, "modify_date", entry_value(instance->entry, "start", default_date));
    row_insert(fill->row);
}

static void link_text(struct catalog_fill *fill, const char *column, const struct entry *link,
                      const char *key, const char *otherwise, int copy)
{
    const char *value = entry_value(link, key, otherwise);
    char *expanded = value ? entry_expand(value, fill->session->instance->number, copy) : NULL;
    row_text(fill->row, column, expanded);
    free(expanded);
}

static const struct link_flag {
    const char *column, *key;
    bool otherwise;
} link_flags[] = {
    {"is_linked", "is_linked", true},
    {"is_remote_login_enabled", "rpc", false},
    {"is_rpc_out_enabled", "rpc_out", false},
    {"is_data_access_enabled", "data_access", true},
    {"is_collation_compatible", "collation_compatible", false},
    {"uses_remote_collation", "remote_collation", true},
    {"lazy_schema_validation", "lazy_schema", false},
    {"is_system", "system", false},
    {"is_publisher", "publisher", false},
    {"is_subscriber", "subscriber", false},
    {"is_distributor", "distributor", false},
    {"is_nonsql_subscriber", "nonsql_subscriber", false},
    {"is_remote_proc_transaction_promotion_enabled", "promotion", true},
    {"is_rda_server", "rda", false},
};

static void fill_link(struct catalog_fill *fill, const struct entry *link, int id, int copy)
{
    const struct session *session = fill->session;
    struct catalog_row *row = fill->row;
    char *name = entry_expand(link->name, session->instance->number, copy);
    row_number(row, "server_id", id);
    row_text(row, "name", name);
    free(name);
    link_text(fill, "product", link, "product", "", copy);
    link_text(fill, "provider", link, "provider", "SQLNCLI", copy);
    link_text(fill, "data_source", link, "data_source", NULL, copy);
    link_text(fill, "location", link, "location", NULL, copy);
    if (catalog_server_permission(session->instance, session->login, "ALTER ANY LINKED SERVER") == 1)
        link_text(fill, "provider_string", link, "provider_string", NULL, copy);
    link_text(fill, "catalog", link, "catalog", NULL, copy);
    link_text(fill, "collation_name", link, "collation", NULL, copy);
    row_number(row, "connect_timeout", entry_number(link, "connect_timeout", 0));
    row_number(row, "query_timeout", entry_number(link, "query_timeout", 0));
    for (size_t i = 0; i < sizeof link_flags / sizeof *link_flags; i++)
        if (same_text(entry_value(link, link_flags[i].key, ""), "NULL"))
            row_text(row, link_flags[i].column, NULL);
        else
            row_number(row, link_flags[i].column,
                       entry_flag(link, link_flags[i].key, link_flags[i].otherwise));
    row_text(row, "modify_date", entry_value(link, "modified", default_date));
    row_insert(row);
}

static void each_link(struct catalog_fill *fill,
                      void (*use)(struct catalog_fill *fill, const struct entry *link, int id, int copy))
{
    const struct session *session = fill->session;
    const struct entry *link;
    int id = 1;
    for (size_t position = 0; (link = entry_next(session->instance->entry, "link", &position));) {
        long copies = entry_number(link, "count", 1);
        bool is_visible = catalog_sees_link(session->instance, session->login, link);
        for (int copy = 0; copy < copies; copy++, id++)
            if (is_visible)
                use(fill, link, id, copy);
    }
}

static void fill_servers(struct catalog_fill *fill)
{
    fill_local_server(fill);
    each_link(fill, fill_link);
}

static void fill_mapping(struct catalog_fill *fill, const struct entry *mapping, int id, const char *modified)
{
    const char *local = mapping ? entry_value(mapping, "local", "*") : "*";
    if (same_text(local, "none"))
        return;
    int principal = strcmp(local, "*") == 0 ? 0 : catalog_principal(fill->session->instance, local);
    const char *remote = mapping ? entry_value(mapping, "remote", NULL) : NULL;
    row_number(fill->row, "server_id", id);
    row_number(fill->row, "local_principal_id", principal);
    row_number(fill->row, "uses_self_credential", mapping ? entry_flag(mapping, "self", false) : true);
    row_text(fill->row, "remote_name", remote);
    row_text(fill->row, "modify_date", mapping ? entry_value(mapping, "modified", modified) : modified);
    row_insert(fill->row);
}

static void fill_mappings(struct catalog_fill *fill, const struct entry *link, int id, int copy)
{
    const struct entry *mapping;
    const char *modified = entry_value(link, "modified", default_date);
    bool has_mapping = false;
    (void)copy;
    for (size_t position = 0; (mapping = entry_next(link, "mapping", &position)); has_mapping = true)
        fill_mapping(fill, mapping, id, modified);
    if (!has_mapping)
        fill_mapping(fill, NULL, id, modified);
}

static void fill_linked_logins(struct catalog_fill *fill)
{
    each_link(fill, fill_mappings);
}

/* --- principals --- */

static bool sees_principals(const struct session *session)
{
    static const char *const permissions[] = {"VIEW ANY DEFINITION", "VIEW ANY SECURITY DEFINITION",
                                              "ALTER ANY LOGIN", "CONTROL SERVER"};
    for (size_t i = 0; i < sizeof permissions / sizeof *permissions; i++)
        if (catalog_server_permission(session->instance, session->login, permissions[i]) == 1)
            return true;
    return false;
}

static const struct fixed_principal {
    int id;
    const char *name;
    char type;
} fixed_principals[] = {
    {1, "sa", 'S'},          {2, "public", 'R'},     {3, "sysadmin", 'R'},     {4, "securityadmin", 'R'},
    {5, "serveradmin", 'R'}, {6, "setupadmin", 'R'}, {7, "processadmin", 'R'}, {8, "diskadmin", 'R'},
    {9, "dbcreator", 'R'},   {10, "bulkadmin", 'R'},
};

static const struct principal_type {
    char letter;
    const char *description;
} principal_types[] = {{'S', "SQL_LOGIN"},
                       {'U', "WINDOWS_LOGIN"},
                       {'G', "WINDOWS_GROUP"},
                       {'R', "SERVER_ROLE"},
                       {'C', "CERTIFICATE_MAPPED_LOGIN"}};

static void fill_principal(struct catalog_fill *fill, int id, const char *name, char type,
                           const struct entry *login)
{
    struct catalog_row *row = fill->row;
    char letter[2] = {type, 0};
    unsigned char sid[16] = {(unsigned char)id, (unsigned char)(id >> 8), 0x5A};
    row_text(row, "name", name);
    row_number(row, "principal_id", id);
    row_bytes(row, "sid", sid, id == 1 ? 1 : sizeof sid);
    row_text(row, "type", letter);
    for (size_t i = 0; i < sizeof principal_types / sizeof *principal_types; i++)
        if (principal_types[i].letter == type)
            row_text(row, "type_desc", principal_types[i].description);
    row_number(row, "is_disabled", login && entry_flag(login, "disabled", false));
    row_text(row, "create_date", login ? entry_value(login, "created", default_date) : "2003-04-08 09:10:35");
    row_text(row, "modify_date", login ? entry_value(login, "modified", default_date) : default_date);
    if (type != 'R') {
        row_text(row, "default_database_name",
                 login ? entry_value(login, "default_database", "master") : "master");
        row_text(row, "default_language_name", "us_english");
    } else {
        row_number(row, "owning_principal_id", 1);
        row_number(row, "is_fixed_role", id < 11);
    }
    row_number(row, "is_policy_checked", 1);
    row_insert(row);
}

static void fill_logins(struct catalog_fill *fill, bool sql_logins_only)
{
    const struct session *session = fill->session;
    const struct entry *login;
    int id = 260;
    for (size_t i = 0; i < sizeof fixed_principals / sizeof *fixed_principals; i++) {
        const struct fixed_principal *fixed = &fixed_principals[i];
        if (!sql_logins_only || fixed->type == 'S')
            fill_principal(fill, fixed->id, fixed->name, fixed->type,
                           fixed->id == 1 ? entry_child(session->instance->entry, "login", "sa") : NULL);
    }
    for (size_t position = 0; (login = entry_next(session->instance->entry, "login", &position)); id++) {
        char type = *entry_value(login, "type", "S");
        if (!same_text(login->name, "sa") && (login == session->login || sees_principals(session)) &&
            (!sql_logins_only || type == 'S'))
            fill_principal(fill, id, login->name, type, login);
    }
}

static void fill_server_principals(struct catalog_fill *fill)
{
    fill_logins(fill, false);
}

static void fill_sql_logins(struct catalog_fill *fill)
{
    fill_logins(fill, true);
}

static void each_login_value(struct catalog_fill *fill, const char *key,
                             void (*use)(struct catalog_fill *fill, int id, const char *value))
{
    const struct session *session = fill->session;
    const struct entry *login;
    int id = 260;
    for (size_t position = 0; (login = entry_next(session->instance->entry, "login", &position)); id++)
        for (size_t i = 0; i < login->property_count; i++)
            if (strcmp(login->properties[i].key, key) == 0 &&
                (login == session->login || sees_principals(session)))
                use(fill, same_text(login->name, "sa") ? 1 : id, login->properties[i].value);
}

static void fill_permission(struct catalog_fill *fill, int id, const char *permission)
{
    row_number(fill->row, "class", 100);
    row_text(fill->row, "class_desc", "SERVER");
    row_number(fill->row, "major_id", 0);
    row_number(fill->row, "minor_id", 0);
    row_number(fill->row, "grantee_principal_id", id);
    row_number(fill->row, "grantor_principal_id", 1);
    row_text(fill->row, "permission_name", permission);
    row_text(fill->row, "state", "G");
    row_text(fill->row, "state_desc", "GRANT");
    row_insert(fill->row);
}

static void fill_server_permissions(struct catalog_fill *fill)
{
    each_login_value(fill, "grant", fill_permission);
}

static void fill_member(struct catalog_fill *fill, int id, const char *role)
{
    for (size_t i = 0; i < sizeof fixed_principals / sizeof *fixed_principals; i++)
        if (fixed_principals[i].type == 'R' && same_text(fixed_principals[i].name, role)) {
            row_number(fill->row, "role_principal_id", fixed_principals[i].id);
            row_number(fill->row, "member_principal_id", id);
            row_insert(fill->row);
        }
}

static void fill_role_members(struct catalog_fill *fill)
{
    if (!entry_child(fill->session->instance->entry, "login", "sa"))
        fill_member(fill, 1, "sysadmin");
    each_login_value(fill, "role", fill_member);
}

static void fill_login_token(struct catalog_fill *fill)
{
    const struct session *session = fill->session;
    row_number(fill->row, "principal_id", catalog_principal(session->instance, session->login->name));
    row_text(fill->row, "name", session->login->name);
    row_text(fill->row, "type", "SQL LOGIN");
    row_text(fill->row, "usage", "GRANT OR DENY");
    row_insert(fill->row);
    row_number(fill->row, "principal_id", 2);
    row_text(fill->row, "name", "public");
    row_text(fill->row, "type", "SERVER ROLE");
    row_text(fill->row, "usage", "GRANT OR DENY");
    row_insert(fill->row);
}

/* --- the instance --- */

static const struct option {
    int id;
    const char *name;
    long value;
    bool is_advanced;
} options[] = {
    {103, "user connections", 0, true},
    {117, "remote access", 1, false},
    {503, "max worker threads", 0, true},
    {542, "remote proc trans", 0, false},
    {1519, "remote login timeout (s)", 10, false},
    {1520, "remote query timeout (s)", 600, false},
    {1568, "default trace enabled", 1, true},
    {1576, "remote admin connections", 0, false},
    {16390, "xp_cmdshell", 0, true},
    {16391, "Ad Hoc Distributed Queries", 0, true},
    {16393, "contained database authentication", 0, false},
};

static void fill_configurations(struct catalog_fill *fill)
{
    const struct instance *instance = fill->session->instance;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const struct option *option = &options[i];
        const struct entry *entry = entry_child(instance->entry, "configuration", option->name);
        long otherwise = option->id == 1519 && instance->major < 11 ? 20 : option->value;
        long value = entry ? entry_number(entry, "value", otherwise) : otherwise;
        if (option->id == 16393 && instance->major < 11)
            continue;
        row_number(fill->row, "configuration_id", option->id);
        row_text(fill->row, "name", option->name);
        row_number(fill->row, "value", value);
        row_number(fill->row, "value_in_use", entry ? entry_number(entry, "in_use", value) : value);
        row_number(fill->row, "minimum", 0);
        row_number(fill->row, "maximum", 2147483647);
        row_text(fill->row, "description", option->name);
        row_number(fill->row, "is_dynamic", option->id != 103);
        row_number(fill->row, "is_advanced", option->is_advanced);
        row_insert(fill->row);
    }
}

static void fill_database(struct catalog_fill *fill, int id, const char *name, const struct entry *database)
{
    const struct instance *instance = fill->session->instance;
    static const struct entry plain = {.keyword = "database"};
    const struct entry *entry = database ? database : &plain;
    static const char *const states[] = {"ONLINE",  "RESTORING", "RECOVERING", "RECOVERY_PENDING",
                                         "SUSPECT", "EMERGENCY", "OFFLINE"};
    const char *state = entry_value(entry, "state", "ONLINE"),
               *access = entry_value(entry, "access", "MULTI_USER");
    const char *collation = entry_value(instance->entry, "collation", "SQL_Latin1_General_CP1_CI_AS");
    row_text(fill->row, "name", name);
    row_number(fill->row, "database_id", id);
    if (entry_value(entry, "source", NULL))
        row_number(fill->row, "source_database_id", entry_number(entry, "source", 5));
    row_bytes(fill->row, "owner_sid", "\x01", 1);
    row_text(fill->row, "create_date",
             id == 2 ? entry_value(instance->entry, "start", "2026-06-01 04:00:12")
                     : entry_value(entry, "created", id < 4 ? "2003-04-08 09:13:36" : default_date));
    row_number(fill->row, "compatibility_level", instance->major * 10);
    /* Its collation is unknown until it is opened. */
    bool is_closed = catalog_database_is_closed(database) || !same_text(state, "ONLINE");
    row_text(fill->row, "collation_name", is_closed ? NULL : entry_value(entry, "collation", collation));
    row_number(fill->row, "user_access", same_text(access, "SINGLE_USER"));
    row_text(fill->row, "user_access_desc", access);
    row_number(fill->row, "is_read_only", entry_flag(entry, "read_only", false));
    row_number(fill->row, "is_auto_close_on", entry_flag(entry, "auto_close", false));
    row_number(fill->row, "is_in_standby", entry_flag(entry, "standby", false));
    for (int i = 0; i < 7; i++)
        if (same_text(states[i], state))
            row_number(fill->row, "state", i);
    row_text(fill->row, "state_desc", state);
    row_insert(fill->row);
}

static void fill_databases(struct catalog_fill *fill)
{
    static const char *const system_databases[] = {"master", "tempdb", "model", "msdb"};
    const struct entry *database;
    int id = 5;
    for (int i = 0; i < 4; i++)
        fill_database(fill, i + 1, system_databases[i],
                      entry_child(fill->session->instance->entry, "database", system_databases[i]));
    for (size_t position = 0; (database = entry_next(fill->session->instance->entry, "database", &position));)
        if (!same_text(database->name, "msdb") && !same_text(database->name, "master") &&
            !same_text(database->name, "model"))
            fill_database(fill, id++, database->name, database);
}

static void fill_connections(struct catalog_fill *fill)
{
    const struct session *session = fill->session;
    row_number(fill->row, "session_id", session->reply.spid);
    row_number(fill->row, "most_recent_session_id", session->reply.spid);
    row_text(fill->row, "net_transport", "TCP");
    row_text(fill->row, "protocol_type", "TSQL");
    row_number(fill->row, "protocol_version", session->tds_version);
    row_number(fill->row, "endpoint_id", 4);
    row_text(fill->row, "encrypt_option", session->encrypted ? "TRUE" : "FALSE");
    row_text(fill->row, "auth_scheme", "SQL");
    row_number(fill->row, "net_packet_size", session->reply.packet_size);
    row_text(fill->row, "client_net_address", session->client_address);
    row_number(fill->row, "local_tcp_port", session->instance->port);
    row_insert(fill->row);
}

/* Other sessions come from `row sys.dm_exec_sessions`; they are visible with the state permission only. */
static void fill_sessions(struct catalog_fill *fill)
{
    const struct session *session = fill->session;
    row_number(fill->row, "session_id", session->reply.spid);
    row_text(fill->row, "host_name", session->host);
    row_text(fill->row, "program_name", session->program);
    row_text(fill->row, "login_name", session->login->name);
    row_text(fill->row, "original_login_name", session->login->name);
    row_text(fill->row, "client_interface_name", "ODBC");
    row_text(fill->row, "status", "running");
    row_text(fill->row, "language", "us_english");
    row_number(fill->row, "is_user_process", 1);
    row_insert(fill->row);
}

static void fill_sys_info(struct catalog_fill *fill)
{
    const struct entry *entry = fill->session->instance->entry;
    row_number(fill->row, "cpu_count", entry_number(entry, "schedulers", 4));
    row_number(fill->row, "scheduler_count", entry_number(entry, "schedulers", 4));
    row_number(fill->row, "max_workers_count", entry_number(entry, "max_workers", 512));
    row_number(fill->row, "ms_ticks", 123456789);
    row_text(fill->row, "sqlserver_start_time", entry_value(entry, "start", "2026-06-01 04:00:12"));
    row_insert(fill->row);
}

static void fill_schedulers(struct catalog_fill *fill)
{
    const struct entry *entry = fill->session->instance->entry;
    long count = entry_number(entry, "schedulers", 4), workers = entry_number(entry, "workers", 40);
    for (long i = 0; i < count + 1; i++) {
        bool is_hidden = i == count; /* the DAC's */
        row_number(fill->row, "scheduler_id", is_hidden ? 1048576 : i);
        row_number(fill->row, "cpu_id", is_hidden ? 0 : i);
        row_text(fill->row, "status", is_hidden ? "VISIBLE ONLINE (DAC)" : "VISIBLE ONLINE");
        row_number(fill->row, "is_online", 1);
        row_number(fill->row, "current_tasks_count", 4);
        row_number(fill->row, "runnable_tasks_count", 0);
        row_number(fill->row, "current_workers_count", is_hidden ? 2 : workers / count);
        row_number(fill->row, "active_workers_count", is_hidden ? 1 : workers / count / 2);
        row_number(fill->row, "work_queue_count", i == 0 ? entry_number(entry, "queued", 0) : 0);
        row_insert(fill->row);
    }
}

static void fill_waiting_tasks(struct catalog_fill *fill)
{
    long count = entry_number(fill->session->instance->entry, "threadpool_waiters", 0);
    for (long i = 0; i < count; i++) {
        row_text(fill->row, "wait_type", "THREADPOOL");
        row_number(fill->row, "wait_duration_ms", 800 + 130 * i);
        row_insert(fill->row);
    }
}

static void fill_listeners(struct catalog_fill *fill)
{
    const struct instance *instance = fill->session->instance;
    row_number(fill->row, "listener_id", 1);
    row_text(fill->row, "ip_address", "0.0.0.0");
    row_number(fill->row, "is_ipv4", 1);
    row_number(fill->row, "port", instance->port);
    row_number(fill->row, "type", 0);
    row_text(fill->row, "type_desc", "TSQL");
    row_number(fill->row, "state", 0);
    row_text(fill->row, "state_desc", "ONLINE");
    row_text(fill->row, "start_time", entry_value(instance->entry, "start", "2026-06-01 04:00:12"));
    row_insert(fill->row);
}

static void fill_registry(struct catalog_fill *fill)
{
    const struct instance *instance = fill->session->instance;
    if (same_text(entry_value(instance->entry, "platform", "Windows"), "Linux"))
        return;
    char *root = format_text(
        "HKLM\\Software\\Microsoft\\Microsoft SQL Server\\MSSQL%d.%s\\MSSQLServer\\SuperSocketNetLib",
        instance->major, *instance->instance_name ? instance->instance_name : "MSSQLSERVER");
    char *port = format_text("%u", instance->port);
    const struct {
        const char *key, *name, *text;
        int number;
    } values[] = {{"Tcp", "Enabled", NULL, 1},        {"Tcp", "ListenOnAllIPs", NULL, 1},
                  {"Tcp\\IPAll", "TcpPort", port, 0}, {"Tcp\\IPAll", "TcpDynamicPorts", "", 0},
                  {"Np", "Enabled", NULL, 0},         {"Sm", "Enabled", NULL, 1}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char *key = format_text("%s\\%s", root, values[i].key);
        row_text(fill->row, "registry_key", key);
        row_text(fill->row, "value_name", values[i].name);
        if (values[i].text)
            row_text(fill->row, "value_data", values[i].text);
        else
            row_number(fill->row, "value_data", values[i].number);
        row_insert(fill->row);
        free(key);
    }
    free(root);
    free(port);
}

static void fill_host_info(struct catalog_fill *fill)
{
    const struct instance *instance = fill->session->instance;
    bool is_linux = same_text(entry_value(instance->entry, "platform", "Windows"), "Linux");
    row_text(fill->row, "host_platform", is_linux ? "Linux" : "Windows");
    row_text(fill->row, "host_distribution", is_linux ? "Ubuntu" : "Windows Server 2019 Standard");
    row_text(fill->row, "host_release", is_linux ? "22.04" : "10.0");
    row_text(fill->row, "host_service_pack_level", "");
    row_number(fill->row, "os_language_version", 1033);
    row_insert(fill->row);
}

/* --- one database --- */

static const struct entry *current_database(const struct catalog_fill *fill)
{
    return entry_child(fill->session->instance->entry, "database", fill->database);
}

static bool sees_definitions(const struct catalog_fill *fill)
{
    const struct session *session = fill->session;
    return catalog_database_permission(session->instance, session->login, session->database,
                                       "VIEW DEFINITION");
}

static const char *const schema_names[] = {"dbo", "guest", "sales", "stage", "app"};

static int schema_id(const char *name)
{
    for (size_t i = 0; i < sizeof schema_names / sizeof *schema_names; i++)
        if (same_text(schema_names[i], name))
            return i < 2 ? (int)i + 1 : (int)i + 3;
    return 1;
}

static void fill_schemas(struct catalog_fill *fill)
{
    for (size_t i = 0; i < sizeof schema_names / sizeof *schema_names; i++) {
        row_text(fill->row, "name", schema_names[i]);
        row_number(fill->row, "schema_id", schema_id(schema_names[i]));
        row_number(fill->row, "principal_id", 1);
        row_insert(fill->row);
    }
    row_text(fill->row, "name", "sys");
    row_number(fill->row, "schema_id", 4);
    row_insert(fill->row);
}

static const struct object_type {
    const char *letters, *description;
} object_types[] = {{"P", "SQL_STORED_PROCEDURE"},
                    {"V", "VIEW"},
                    {"FN", "SQL_SCALAR_FUNCTION"},
                    {"IF", "SQL_INLINE_TABLE_VALUED_FUNCTION"},
                    {"TF", "SQL_TABLE_VALUED_FUNCTION"},
                    {"TR", "SQL_TRIGGER"},
                    {"SN", "SYNONYM"},
                    {"U", "USER_TABLE"}};

static void fill_object_columns(struct catalog_fill *fill, const struct entry *object, int id,
                                const char *type)
{
    row_text(fill->row, "name", object->name);
    row_number(fill->row, "object_id", id);
    row_number(fill->row, "schema_id", schema_id(entry_value(object, "schema", "dbo")));
    row_number(fill->row, "parent_object_id", 0);
    row_text(fill->row, "type", type);
    for (size_t i = 0; i < sizeof object_types / sizeof *object_types; i++)
        if (same_text(object_types[i].letters, type))
            row_text(fill->row, "type_desc", object_types[i].description);
    row_text(fill->row, "create_date", entry_value(object, "created", default_date));
    row_text(fill->row, "modify_date", entry_value(object, "created", default_date));
    row_number(fill->row, "is_ms_shipped", entry_flag(object, "shipped", false));
}

enum { FIRST_SYNONYM = CATALOG_FIRST_OBJECT + 500000 };

static void each_child(struct catalog_fill *fill, const char *keyword, int id,
                       void (*use)(struct catalog_fill *fill, const struct entry *child, int id))
{
    const struct entry *database = current_database(fill), *child;
    for (size_t position = 0; database && (child = entry_next(database, keyword, &position)); id++)
        use(fill, child, id);
}

static void fill_module_object(struct catalog_fill *fill, const struct entry *module, int id)
{
    fill_object_columns(fill, module, id, entry_value(module, "type", "P"));
    row_insert(fill->row);
}

static void fill_synonym(struct catalog_fill *fill, const struct entry *synonym, int id)
{
    fill_object_columns(fill, synonym, id, "SN");
    row_text(fill->row, "base_object_name", entry_value(synonym, "target", NULL));
    row_insert(fill->row);
}

static void fill_objects(struct catalog_fill *fill)
{
    if (!sees_definitions(fill)) /* metadata of objects without any permission is not shown */
        return;
    each_child(fill, "module", CATALOG_FIRST_OBJECT, fill_module_object);
    each_child(fill, "synonym", FIRST_SYNONYM, fill_synonym);
}

static void fill_synonyms(struct catalog_fill *fill)
{
    if (sees_definitions(fill))
        each_child(fill, "synonym", FIRST_SYNONYM, fill_synonym);
}

static void fill_module(struct catalog_fill *fill, const struct entry *module, int id)
{
    row_number(fill->row, "object_id", id);
    row_text(fill->row, "definition", entry_value(module, "text", NULL));
    row_number(fill->row, "uses_ansi_nulls", 1);
    row_number(fill->row, "uses_quoted_identifier", 1);
    row_insert(fill->row);
}

static void fill_sql_modules(struct catalog_fill *fill)
{
    if (sees_definitions(fill))
        each_child(fill, "module", CATALOG_FIRST_OBJECT, fill_module);
}

static int module_id(const struct entry *database, const char *name)
{
    const struct entry *module;
    int id = CATALOG_FIRST_OBJECT;
    for (size_t position = 0; (module = entry_next(database, "module", &position)); id++)
        if (same_text(module->name, name))
            return id;
    return 0;
}

static void fill_dependency(struct catalog_fill *fill, const struct entry *dependency, int id)
{
    (void)id;
    row_number(fill->row, "referencing_id",
               module_id(current_database(fill), entry_value(dependency, "object", dependency->name)));
    row_number(fill->row, "referencing_minor_id", 0);
    row_number(fill->row, "referencing_class", entry_number(dependency, "class", 1));
    row_text(fill->row, "referencing_class_desc", "OBJECT_OR_COLUMN");
    row_number(fill->row, "referenced_class", 1);
    row_text(fill->row, "referenced_class_desc", "OBJECT_OR_COLUMN");
    row_text(fill->row, "referenced_server_name", entry_value(dependency, "server", NULL));
    row_text(fill->row, "referenced_database_name", entry_value(dependency, "db", NULL));
    row_text(fill->row, "referenced_schema_name", entry_value(dependency, "schema", NULL));
    row_text(fill->row, "referenced_entity_name", entry_value(dependency, "entity", NULL));
    row_number(fill->row, "referenced_minor_id", 0);
    row_insert(fill->row);
}

static void fill_dependencies(struct catalog_fill *fill)
{
    each_child(fill, "dependency", 0, fill_dependency);
}

static void job_id(int number, char text[37])
{
    snprintf(text, 37, "6F9619FF-8B86-D011-B42D-%012X", 0xC04F00 + number);
}

static void fill_job(struct catalog_fill *fill, const struct entry *job, int number)
{
    char id[37];
    job_id(number, id);
    row_text(fill->row, "job_id", id);
    row_number(fill->row, "originating_server_id", 0);
    row_text(fill->row, "name", job->name);
    row_number(fill->row, "enabled", entry_flag(job, "enabled", true));
    row_text(fill->row, "description", "No description available.");
    row_number(fill->row, "start_step_id", 1);
    row_text(fill->row, "date_created", entry_value(job, "created", default_date));
    row_text(fill->row, "date_modified", entry_value(job, "created", default_date));
    row_number(fill->row, "version_number", 3);
    row_insert(fill->row);
}

static void fill_jobs(struct catalog_fill *fill)
{
    each_child(fill, "job", 0, fill_job);
}

static void fill_steps(struct catalog_fill *fill, const struct entry *job, int number)
{
    const struct entry *step;
    char id[37];
    int step_id = 1;
    job_id(number, id);
    for (size_t position = 0; (step = entry_next(job, "step", &position)); step_id++) {
        row_text(fill->row, "job_id", id);
        row_number(fill->row, "step_id", step_id);
        row_text(fill->row, "step_name", step->name);
        row_text(fill->row, "subsystem", entry_value(step, "subsystem", "TSQL"));
        row_text(fill->row, "command", entry_value(step, "command", NULL));
        row_text(fill->row, "server", entry_value(step, "server", NULL));
        row_text(fill->row, "database_name", entry_value(step, "database", "master"));
        row_number(fill->row, "flags", 0);
        row_insert(fill->row);
    }
}

static void fill_jobsteps(struct catalog_fill *fill)
{
    each_child(fill, "job", 0, fill_steps);
}

#define OBJECT_COLUMNS                                                                                       \
    "name sysname,object_id int,principal_id int,schema_id int,parent_object_id int,type char(2),"           \
    "type_desc nvarchar(60),create_date datetime,modify_date datetime,is_ms_shipped bit,is_published bit,"   \
    "is_schema_published bit"

#define PRINCIPAL_COLUMNS                                                                                    \
    "name sysname,principal_id int,sid varbinary(85),type char(1),type_desc nvarchar(60),is_disabled int,"   \
    "create_date datetime,modify_date datetime,default_database_name sysname,default_language_name sysname," \
    "credential_id int"

#define MODULE_COLUMNS                                                                                       \
    "object_id int,definition nvarchar(max),uses_ansi_nulls bit,uses_quoted_identifier bit,"                 \
    "execute_as_principal_id int"

const struct catalog_view catalog_views[] = {
    {"sys", "servers", 0, NULL, GUARD_NONE,
     "server_id int,name sysname,product sysname,provider sysname,data_source nvarchar(4000),location "
     "nvarchar(4000),"
     "provider_string nvarchar(4000),catalog sysname,connect_timeout int,query_timeout int,is_linked bit,"
     "is_remote_login_enabled bit,is_rpc_out_enabled bit,is_data_access_enabled bit,is_collation_compatible "
     "bit,"
     "uses_remote_collation bit,collation_name sysname,lazy_schema_validation bit,is_system bit,is_publisher "
     "bit,"
     "is_subscriber bit,is_distributor bit,is_nonsql_subscriber bit,"
     "is_remote_proc_transaction_promotion_enabled bit>=1000,modify_date datetime,is_rda_server bit>=1300",
     fill_servers},
    {"sys", "linked_logins", 0, NULL, GUARD_NONE,
     "server_id int,local_principal_id int,uses_self_credential bit,remote_name sysname,modify_date datetime",
     fill_linked_logins},
    {"sys", "server_principals", 0, NULL, GUARD_NONE,
     PRINCIPAL_COLUMNS ",owning_principal_id int>=1100,is_fixed_role bit>=1100", fill_server_principals},
    {"sys", "sql_logins", 0, NULL, GUARD_NONE,
     PRINCIPAL_COLUMNS ",is_policy_checked bit,is_expiration_checked bit", fill_sql_logins},
    {"sys", "server_permissions", 0, NULL, GUARD_NONE,
     "class tinyint,class_desc nvarchar(60),major_id int,minor_id int,grantee_principal_id int,"
     "grantor_principal_id int,type char(4),permission_name nvarchar(128),state char(1),state_desc "
     "nvarchar(60)",
     fill_server_permissions},
    {"sys", "server_role_members", 0, NULL, GUARD_NONE, "role_principal_id int,member_principal_id int",
     fill_role_members},
    {"sys", "login_token", 0, NULL, GUARD_NONE,
     "principal_id int,sid varbinary(85),name nvarchar(128),type nvarchar(128),usage nvarchar(128)",
     fill_login_token},
    {"sys", "configurations", 0, NULL, GUARD_NONE,
     "configuration_id int,name nvarchar(35),value sql_variant,minimum sql_variant,maximum sql_variant,"
     "value_in_use sql_variant,description nvarchar(255),is_dynamic bit,is_advanced bit",
     fill_configurations},
    {"sys", "databases", 0, NULL, GUARD_NONE,
     "name sysname,database_id int,source_database_id int,owner_sid varbinary(85),create_date datetime,"
     "compatibility_level tinyint,collation_name sysname,user_access tinyint,user_access_desc nvarchar(60),"
     "is_read_only bit,is_auto_close_on bit,is_auto_shrink_on bit,state tinyint,state_desc nvarchar(60),"
     "is_in_standby bit,is_trustworthy_on bit,is_published bit,is_subscribed bit,is_distributor bit,"
     "replica_id uniqueidentifier>=1100,group_database_id uniqueidentifier>=1100,containment tinyint>=1100",
     fill_databases},
    {"sys", "dm_exec_connections", 0, NULL, GUARD_STATE,
     "session_id int,most_recent_session_id int,connect_time datetime,net_transport nvarchar(40),"
     "protocol_type nvarchar(40),protocol_version int,endpoint_id int,encrypt_option nvarchar(40),"
     "auth_scheme nvarchar(40),net_packet_size int,client_net_address varchar(48),client_tcp_port int,"
     "local_net_address varchar(48),local_tcp_port int",
     fill_connections},
    {"sys", "dm_exec_sessions", 0, NULL, GUARD_NONE,
     "session_id smallint,login_time datetime,host_name nvarchar(128),program_name nvarchar(128),"
     "client_interface_name nvarchar(32),login_name nvarchar(128),status nvarchar(30),"
     "last_request_start_time datetime,last_request_end_time datetime,is_user_process bit,language "
     "nvarchar(128),"
     "original_login_name nvarchar(128)>=1000,database_id smallint>=1100",
     fill_sessions},
    {"sys", "dm_exec_requests", 0, NULL, GUARD_NONE,
     "session_id smallint,request_id int,start_time datetime,status nvarchar(30),command nvarchar(32),"
     "wait_type nvarchar(60),wait_time int,last_wait_type nvarchar(60)",
     NULL},
    {"sys", "dm_os_sys_info", 0, NULL, GUARD_STATE,
     "ms_ticks bigint,cpu_count int,max_workers_count int,scheduler_count int,sqlserver_start_time "
     "datetime>=1000",
     fill_sys_info},
    {"sys", "dm_os_schedulers", 0, NULL, GUARD_STATE,
     "scheduler_id int,cpu_id int,status nvarchar(60),is_online bit,current_tasks_count int,"
     "runnable_tasks_count int,current_workers_count int,active_workers_count int,work_queue_count bigint",
     fill_schedulers},
    {"sys", "dm_os_waiting_tasks", 0, NULL, GUARD_STATE,
     "session_id smallint,wait_duration_ms bigint,wait_type nvarchar(60),blocking_session_id smallint",
     fill_waiting_tasks},
    {"sys", "dm_os_ring_buffers", 0, NULL, GUARD_STATE,
     "ring_buffer_type nvarchar(60),timestamp bigint,record nvarchar(max)", NULL},
    {"sys", "dm_tcp_listener_states", 1100, NULL, GUARD_SECURITY_STATE,
     "listener_id int,ip_address nvarchar(48),is_ipv4 bit,port int,type tinyint,type_desc nvarchar(20),state "
     "tinyint,"
     "state_desc nvarchar(16),start_time datetime",
     fill_listeners},
    {"sys", "dm_server_registry", 1050, NULL, GUARD_SECURITY_STATE,
     "registry_key nvarchar(256),value_name nvarchar(256),value_data sql_variant", fill_registry},
    {"sys", "dm_server_services", 1050, NULL, GUARD_SECURITY_STATE,
     "servicename nvarchar(256),startup_type_desc nvarchar(256),status int,status_desc nvarchar(256),"
     "service_account nvarchar(256)",
     NULL},
    {"sys", "dm_os_host_info", 1400, NULL, GUARD_NONE,
     "host_platform nvarchar(256),host_distribution nvarchar(256),host_release nvarchar(256),"
     "host_service_pack_level nvarchar(256),host_sku int,os_language_version int",
     fill_host_info},
    {"sys", "availability_groups", 1100, NULL, GUARD_NONE,
     "group_id uniqueidentifier,name sysname,resource_id nvarchar(40),resource_group_id nvarchar(40),"
     "failure_condition_level int,health_check_timeout int,is_contained bit>=1600",
     NULL},
    {"sys", "availability_replicas", 1100, NULL, GUARD_NONE,
     "replica_id uniqueidentifier,group_id uniqueidentifier,replica_metadata_id int,"
     "replica_server_name nvarchar(256),endpoint_url nvarchar(128),availability_mode tinyint,"
     "availability_mode_desc nvarchar(60),failover_mode tinyint,failover_mode_desc nvarchar(60),"
     "secondary_role_allow_connections tinyint,secondary_role_allow_connections_desc nvarchar(60),"
     "create_date datetime,modify_date datetime",
     NULL},
    {"sys", "availability_group_listeners", 1100, NULL, GUARD_NONE,
     "group_id uniqueidentifier,listener_id nvarchar(36),dns_name nvarchar(63),port int,is_conformant bit",
     NULL},
    {"sys", "availability_group_listener_ip_addresses", 1100, NULL, GUARD_NONE,
     "listener_id nvarchar(36),ip_address nvarchar(48),ip_subnet_mask nvarchar(15),is_dhcp bit,state tinyint,"
     "state_desc nvarchar(60)",
     NULL},
    {"sys", "dm_hadr_availability_replica_states", 1100, NULL, GUARD_STATE,
     "replica_id uniqueidentifier,group_id uniqueidentifier,is_local bit,role tinyint,role_desc nvarchar(60),"
     "connected_state_desc nvarchar(60),synchronization_health_desc nvarchar(60)",
     NULL},
    {"sys", "server_triggers", 0, NULL, GUARD_NONE,
     "name sysname,object_id int,parent_class tinyint,parent_class_desc nvarchar(60),parent_id int,type "
     "char(2),"
     "type_desc nvarchar(60),create_date datetime,modify_date datetime,is_ms_shipped bit,is_disabled bit",
     NULL},
    {"sys", "server_sql_modules", 0, NULL, GUARD_NONE, MODULE_COLUMNS, NULL},
    {"sys", "schemas", 0, NULL, GUARD_NONE, "name sysname,schema_id int,principal_id int", fill_schemas},
    {"sys", "objects", 0, NULL, GUARD_NONE, OBJECT_COLUMNS, fill_objects},
    {"sys", "synonyms", 0, NULL, GUARD_NONE, OBJECT_COLUMNS ",base_object_name nvarchar(1035)",
     fill_synonyms},
    {"sys", "sql_modules", 0, NULL, GUARD_NONE, MODULE_COLUMNS ",is_schema_bound bit", fill_sql_modules},
    {"sys", "triggers", 0, NULL, GUARD_NONE,
     "name sysname,object_id int,parent_class tinyint,parent_class_desc nvarchar(60),parent_id int,type "
     "char(2),"
     "type_desc nvarchar(60),create_date datetime,modify_date datetime,is_ms_shipped bit,is_disabled bit,"
     "is_instead_of_trigger bit",
     NULL},
    {"sys", "numbered_procedures", 0, NULL, GUARD_NONE,
     "object_id int,procedure_number smallint,definition nvarchar(max)", NULL},
    {"sys", "sql_expression_dependencies", 1000, NULL, GUARD_OBJECT,
     "referencing_id int,referencing_minor_id int,referencing_class tinyint,referencing_class_desc "
     "nvarchar(60),"
     "is_schema_bound_reference bit,referenced_class tinyint,referenced_class_desc nvarchar(60),"
     "referenced_server_name sysname,referenced_database_name sysname,referenced_schema_name sysname,"
     "referenced_entity_name sysname,referenced_id int,referenced_minor_id int,is_caller_dependent bit,"
     "is_ambiguous bit",
     fill_dependencies},
    {"dbo", "sysjobs", 0, "msdb", GUARD_OBJECT,
     "job_id uniqueidentifier,originating_server_id int,name sysname,enabled tinyint,description "
     "nvarchar(512),"
     "start_step_id int,category_id int,owner_sid varbinary(85),date_created datetime,date_modified datetime,"
     "version_number int",
     fill_jobs},
    {"dbo", "sysjobsteps", 0, "msdb", GUARD_OBJECT,
     "job_id uniqueidentifier,step_id int,step_name sysname,subsystem nvarchar(40),command "
     "nvarchar(max),flags int,"
     "server sysname,database_name sysname,database_user_name sysname,last_run_outcome int,proxy_id int",
     fill_jobsteps},
};

const size_t catalog_view_count = sizeof catalog_views / sizeof *catalog_views;
