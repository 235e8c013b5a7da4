#include "odbc/inventory.h"
#include "odbc/statement.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

/* A property of the report for each column of the row. */
struct column_property {
    const char *column, *property;
};

static void send_columns(struct collector *collector, const struct result_row *row,
                         const struct column_property *columns)
{
    for (; columns->column; columns++)
        if (row_has(row, columns->column))
            send_property(collector, columns->property, row_text(row, columns->column));
}

static char *keep(struct collector *collector, const char *text)
{
    return arena_text(collector->arena, text);
}

/* ---- the server --------------------------------------------------------------------------------------- */

static const char *release_name(int major, int minor)
{
    static const struct {
        int major, minor;
        const char *name;
    } releases[] = {{9, 0, "SQL Server 2005"},  {10, 50, "SQL Server 2008 R2"}, {10, 0, "SQL Server 2008"},
                    {11, 0, "SQL Server 2012"}, {12, 0, "SQL Server 2014"},     {13, 0, "SQL Server 2016"},
                    {14, 0, "SQL Server 2017"}, {15, 0, "SQL Server 2019"},     {16, 0, "SQL Server 2022"},
                    {17, 0, "SQL Server 2025"}};
    for (size_t i = 0; i < sizeof(releases) / sizeof(releases[0]); i++)
        if (releases[i].major == major && minor >= releases[i].minor)
            return releases[i].name;
    return "SQL Server";
}

/* EngineEdition decides before the version: Azure's engines all say 12.0.2000. */
static const char *product_name(int64_t engine_edition, int major, int minor)
{
    static const char *const azure[] = {
        [5] = "Azure SQL Database",          [6] = "Azure Synapse Analytics",
        [8] = "Azure SQL Managed Instance",  [9] = "Azure SQL Edge",
        [10] = "SQL Managed Instance (Arc)", [11] = "Azure Synapse serverless SQL"};
    bool known = engine_edition >= 5 && engine_edition <= 11 && azure[engine_edition];
    return known ? azure[engine_edition] : release_name(major, minor);
}

bool server_row(void *context, const struct result_row *row)
{
    static const struct column_property columns[] = {{"machine_name", PROPERTY_MACHINE_NAME},
                                                     {"physical_name", PROPERTY_PHYSICAL_NAME},
                                                     {"instance_name", PROPERTY_INSTANCE_NAME},
                                                     {"product_level", PROPERTY_PRODUCT_LEVEL},
                                                     {"update_level", PROPERTY_UPDATE_LEVEL},
                                                     {"is_clustered", PROPERTY_CLUSTERED},
                                                     {"is_hadr_enabled", PROPERTY_HADR},
                                                     {"windows_only", PROPERTY_WINDOWS_ONLY},
                                                     {"single_user", PROPERTY_SINGLE_USER},
                                                     {"collation", PROPERTY_COLLATION},
                                                     {"login", PROPERTY_LOGIN},
                                                     {"original_login", PROPERTY_ORIGINAL_LOGIN},
                                                     {NULL, NULL}};
    struct collector *collector = context;
    const char *version = row_text(row, "product_version");
    int minor = 0;
    if (version && sscanf(version, "%d.%d", &collector->major, &minor) < 1)
        collector->major = 0;
    const char *collation = row_text(row, "collation");
    collector->case_sensitive = collation && (strstr(collation, "_CS") || strstr(collation, "_BIN"));
    struct number engine = row_number(row, "engine_edition");
    collector->engine_edition = engine.value;
    collector->hosting = engine.value == 8 ? HOSTING_MANAGED_INSTANCE
                         : engine.value == 5 || engine.value == 6 || engine.value == 11 ? HOSTING_AZURE
                                                                                        : HOSTING_WINDOWS;
    struct instance header = {.name = collector->job->instance,
                              .status = INSTANCE_AUDITED,
                              .server_version = (char *)version,
                              .product = (char *)product_name(engine.value, collector->major, minor),
                              .edition = (char *)row_text(row, "edition"),
                              .engine_edition = engine,
                              .server_name = (char *)row_text(row, "server_name"),
                              .at_at_servername = (char *)row_text(row, "at_at_servername")};
    send_row(collector, &instance_element, &header);
    send_columns(collector, row, columns);
    return false;
}

static const char *hosting_name(enum hosting hosting)
{
    static const char *const names[] = {[HOSTING_MANAGED_INSTANCE] = "managed-instance",
                                        [HOSTING_RDS] = "rds",
                                        [HOSTING_AZURE] = "azure-sql-database",
                                        [HOSTING_BABELFISH] = "babelfish"};
    return names[hosting];
}

enum { FIRST_ON_LINUX = 14 }; /* SQL Server 2017 */

bool version_text_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    const char *text = row_text(row, "version_text");
    if (!text)
        return false;
    send_property(collector, PROPERTY_VERSION_TEXT,
                  arena_text_n(collector->scratch, text, strcspn(text, "\r\n")));
    if (strcasestr(text, "Babelfish"))
        collector->hosting = HOSTING_BABELFISH;
    else if (collector->hosting == HOSTING_WINDOWS && strcasestr(text, " on Linux"))
        collector->hosting = HOSTING_LINUX;
    if (collector->hosting == HOSTING_WINDOWS && collector->major > 0 && collector->major < FIRST_ON_LINUX)
        send_property(collector, PROPERTY_PLATFORM, "Windows");
    if (hosting_name(collector->hosting))
        send_property(collector, PROPERTY_MANAGED, hosting_name(collector->hosting));
    return false;
}

/* The offset of today stands for that of every date: a date of the other half of the year may be an hour off.
 */
bool clock_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    moment local = row_moment(row, "local_time", 0), utc = row_moment(row, "utc_time", 0);
    if (!local.known || !utc.known)
        return false;
    int64_t seconds = local.value - utc.value;
    /* Offsets are whole quarters of an hour; the two clocks may be read a second apart. */
    int64_t quarters = (seconds + (seconds >= 0 ? 450 : -450)) / 900;
    if (quarters < -64 || quarters > 64)
        return false;
    collector->utc_offset = (int)quarters * 15;
    send_property_number(collector, PROPERTY_UTC_OFFSET, number_of(collector->utc_offset));
    return false;
}

bool database_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    const char *name = row_text(row, "name");
    if (!name)
        return true;
    struct database_entry *entry = arena_alloc(collector->arena, sizeof(*entry));
    entry->name = keep(collector, name);
    entry->state = keep(collector, row_text(row, "state_desc"));
    entry->user_access = keep(collector, row_text(row, "user_access_desc"));
    entry->auto_close = row_flag(row, "is_auto_close_on") == TERNARY_TRUE;
    entry->has_collation = row_text(row, "collation_name") != NULL;
    entry->is_snapshot = row_number(row, "source_database_id").known;
    entry->has_access = row_flag(row, "has_access") == TERNARY_TRUE;
    list_append(&collector->databases, entry);
    moment created = row_moment(row, "create_date", collector->utc_offset);
    if (row_number(row, "database_id").value == 2 && created.known) { /* tempdb is made at each start */
        char text[32];
        time_t seconds = (time_t)created.value;
        struct tm parts;
        if (gmtime_r(&seconds, &parts) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) > 0)
            send_property(collector, PROPERTY_STARTED, text);
    }
    if (strcasecmp(name, "rdsadmin") == 0 && collector->hosting == HOSTING_WINDOWS) {
        collector->hosting = HOSTING_RDS;
        send_property(collector, PROPERTY_MANAGED, hosting_name(HOSTING_RDS));
    }
    return true;
}

/* ---- the audit login ---------------------------------------------------------------------------------- */

bool own_login_row(void *context, const struct result_row *row)
{
    static const struct column_property columns[] = {
        {"principal_id", PROPERTY_LOGIN_ID}, {"type", PROPERTY_LOGIN_TYPE}, {NULL, NULL}};
    send_columns(context, row, columns);
    return false;
}

struct group_ids {
    char text[4096];
    size_t used;
};

static bool login_token_row(void *context, const struct result_row *row)
{
    struct group_ids *ids = context;
    const char *type = row_text(row, "type");
    struct number id = row_number(row, "principal_id");
    if (!type || strcmp(type, "WINDOWS GROUP") != 0 || !id.known || id.value <= 0)
        return true;
    int length = snprintf(ids->text + ids->used, sizeof(ids->text) - ids->used, "%s%lld",
                          ids->used ? " " : "", (long long)id.value);
    if (length < 0 || (size_t)length >= sizeof(ids->text) - ids->used)
        return false;
    ids->used += (size_t)length;
    return true;
}

void collect_login_groups(struct collector *collector)
{
    struct group_ids ids = {.used = 0};
    struct statement_result result = ask_statement(
        collector, statement_text(collector->scratch, "sql/login_token.sql"), login_token_row, &ids);
    if (result.outcome != STATEMENT_OK)
        send_not_readable(collector, "login_token", NULL, &result);
    else if (ids.used > 0)
        send_property(collector, PROPERTY_LOGIN_GROUPS, ids.text);
}

bool permissions_row(void *context, const struct result_row *row)
{
    static const struct {
        const char *column, *permission, *hides;
    } permissions[] = {
        {"alter_any_linked_server", "ALTER ANY LINKED SERVER", "provider-strings unmapped-links"},
        {"provider_strings_procedure", "EXECUTE master.dbo.linkaudit_provider_strings", "provider-strings"},
        {"alter_any_login", "ALTER ANY LOGIN", "unmapped-links login-names"},
        {"is_setupadmin", "setupadmin", "unmapped-links"},
        {"is_sysadmin", "sysadmin", "registry client-aliases providers"},
        {"control_server", "CONTROL SERVER", NULL},
        {"view_any_definition", "VIEW ANY DEFINITION", "login-names role-members server-permissions modules"},
        {"view_any_security_definition", "VIEW ANY SECURITY DEFINITION",
         "login-names role-members server-permissions"},
        {"view_any_database", "VIEW ANY DATABASE", "databases"},
        {"connect_any_database", "CONNECT ANY DATABASE", "uses-in-databases"},
        {"view_server_state", "VIEW SERVER STATE", "connection-encryption listeners registry load sessions"},
        {"view_server_performance_state", "VIEW SERVER PERFORMANCE STATE",
         "connection-encryption load sessions"},
        {"view_server_security_state", "VIEW SERVER SECURITY STATE", "listeners registry"},
        {"select_sysjobs", "SELECT msdb.dbo.sysjobs", "job-steps"},
        {"select_sysjobsteps", "SELECT msdb.dbo.sysjobsteps", "job-steps"},
    };
    struct collector *collector = context;
    for (size_t i = 0; i < sizeof(permissions) / sizeof(permissions[0]); i++) {
        struct visibility visibility = {.permission = (char *)permissions[i].permission,
                                        .granted = row_flag(row, permissions[i].column),
                                        .hides = (char *)permissions[i].hides};
        if (row_has(row, permissions[i].column))
            send_row(collector, &visibility_element, &visibility);
    }
    collector->sees_provider_strings = row_flag(row, "alter_any_linked_server");
    collector->provider_strings_procedure = row_flag(row, "provider_strings_procedure");
    bool both = row_flag(row, "select_sysjobs") == TERNARY_TRUE &&
                row_flag(row, "select_sysjobsteps") == TERNARY_TRUE;
    collector->may_read_jobs = both ? TERNARY_TRUE : TERNARY_FALSE;
    return false;
}

/* ---- connection, options, principals ------------------------------------------------------------------ */

bool connection_row(void *context, const struct result_row *row)
{
    static const struct column_property columns[] = {{"net_transport", PROPERTY_NET_TRANSPORT},
                                                     {"protocol_type", PROPERTY_PROTOCOL_TYPE},
                                                     {"auth_scheme", PROPERTY_AUTH_SCHEME},
                                                     {"local_address", PROPERTY_LOCAL_ADDRESS},
                                                     {"local_port", PROPERTY_LOCAL_PORT},
                                                     {"client_address", PROPERTY_CLIENT_ADDRESS},
                                                     {NULL, NULL}};
    send_columns(context, row, columns);
    return false;
}

bool connection_encryption_row(void *context, const struct result_row *row)
{
    static const struct column_property columns[] = {{"encrypt_option", PROPERTY_ENCRYPTED}, {NULL, NULL}};
    static const struct column_property before_2008[] = {
        {"auth_scheme", PROPERTY_AUTH_SCHEME}, {"net_transport", PROPERTY_NET_TRANSPORT}, {NULL, NULL}};
    struct collector *collector = context;
    send_columns(collector, row, columns);
    if (collector->major == 9) /* CONNECTIONPROPERTY is younger */
        send_columns(collector, row, before_2008);
    return false;
}

bool configuration_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    const char *name = row_text(row, "name");
    struct number configured = row_number(row, "configured"), in_use = row_number(row, "in_use");
    if (!name || !in_use.known)
        return true;
    send_property_number(collector, arena_format(collector->scratch, PROPERTY_OPTION "%s", name), in_use);
    if (configured.known && configured.value != in_use.value)
        send_property_number(collector, arena_format(collector->scratch, PROPERTY_CONFIGURED "%s", name),
                             configured);
    return true;
}

/* char(1) columns come padded from some drivers. */
static char *first_letter(struct collector *collector, const char *text)
{
    return text && *text ? arena_text_n(collector->scratch, text, 1) : NULL;
}

static enum ternary is_disabled(const struct result_row *row, const char *type)
{
    bool can_be = type && strchr("SUGEX", *type); /* a role's is_disabled says nothing */
    return can_be ? row_flag(row, "is_disabled") : TERNARY_UNKNOWN;
}

bool server_permission_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    const char *state = row_text(row, "state_desc");
    struct principal principal = {.name = (char *)row_text(row, "name"),
                                  .type = first_letter(collector, row_text(row, "type")),
                                  .permission = (char *)row_text(row, "permission_name")};
    principal.disabled = is_disabled(row, principal.type);
    if (principal.name && !(state && strcmp(state, "DENY") == 0))
        send_row(collector, &principal_element, &principal);
    return true;
}

bool server_role_member_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    struct principal principal = {.name = (char *)row_text(row, "member_name"),
                                  .type = first_letter(collector, row_text(row, "member_type")),
                                  .role = (char *)row_text(row, "role_name")};
    principal.disabled = is_disabled(row, principal.type);
    if (principal.name)
        send_row(collector, &principal_element, &principal);
    return true;
}

bool sql_login_row(void *context, const struct result_row *row)
{
    struct sql_login login = {.name = (char *)row_text(row, "name"),
                              .disabled = row_flag(row, "is_disabled"),
                              .locked = row_flag(row, "is_locked"),
                              .expired = row_flag(row, "is_expired"),
                              .sysadmin = row_flag(row, "is_sysadmin"),
                              .days_until_expiration = row_number(row, "days_until_expiration")};
    if (login.name && strncmp(login.name, "##", 2) != 0) /* the engine's own certificate logins */
        send_row(context, &sql_login_element, &login);
    return true;
}

bool host_row(void *context, const struct result_row *row)
{
    static const struct column_property columns[] = {
        {"host_platform", PROPERTY_PLATFORM}, {"host_distribution", PROPERTY_DISTRIBUTION}, {NULL, NULL}};
    struct collector *collector = context;
    const char *platform = row_text(row, "host_platform");
    send_columns(collector, row, columns);
    if (platform && strcmp(platform, "Linux") == 0 && collector->hosting == HOSTING_WINDOWS)
        collector->hosting = HOSTING_LINUX;
    return false;
}

/* ---- network, registry -------------------------------------------------------------------------------- */

bool listener_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    const char *address = row_text(row, "ip_address"), *port = row_text(row, "port");
    const char *type = row_text(row, "type_desc"), *state = row_text(row, "state_desc");
    if (address && port)
        send_property(collector, PROPERTY_LISTENER,
                      arena_format(collector->scratch, strchr(address, ':') ? "[%s]:%s %s %s" : "%s:%s %s %s",
                                   address, port, type ? type : "", state ? state : ""));
    return true;
}

struct registry_property {
    const char *value, *property;
};

/* Values of the SuperSocketNetLib key itself, which the view shows on some versions and not on others. */
static const struct registry_property network_values[] = {
    {"ForceEncryption", PROPERTY_FORCE_ENCRYPTION},
    {"ForceStrict", PROPERTY_FORCE_STRICT},
    {"HideInstance", PROPERTY_HIDE_INSTANCE},
    {"ExtendedProtection", PROPERTY_EXTENDED_PROTECTION},
    {"Certificate", PROPERTY_CERTIFICATE}};

/* The part of the key behind SuperSocketNetLib: "" is the root. */
static void send_protocol(struct collector *collector, const char *key, const char *value, const char *data)
{
    static const struct registry_property protocols[] = {{"\\Tcp", PROPERTY_TCP_ENABLED},
                                                         {"\\Np", PROPERTY_PIPES_ENABLED},
                                                         {"\\Sm", PROPERTY_SHARED_MEMORY_ENABLED}};
    if (strcasecmp(value, "Enabled") == 0)
        for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
            if (strcasecmp(key, protocols[i].value) == 0)
                send_property(collector, protocols[i].property, data);
    bool dynamic = strcasecmp(value, "TcpDynamicPorts") == 0;
    if (strncasecmp(key, "\\Tcp\\IP", 7) == 0 && (dynamic || strcasecmp(value, "TcpPort") == 0) && data &&
        *data)
        send_property(collector, PROPERTY_REGISTRY_PORT,
                      arena_format(collector->scratch, "%s %s%s", key + 5, data, dynamic ? " dynamic" : ""));
}

bool registry_network_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    const char *key = row_text(row, "registry_key"), *value = row_text(row, "value_name");
    const char *root = key ? strcasestr(key, "SuperSocketNetLib") : NULL;
    if (root && value)
        send_protocol(collector, root + strlen("SuperSocketNetLib"), value, row_text(row, "value_data"));
    return true;
}

struct registry_value {
    struct collector *collector;
    const char *property;
};

static bool registry_value_row(void *context, const struct result_row *row)
{
    const struct registry_value *value = context;
    send_property(value->collector, value->property, row_text(row, "Data"));
    return false;
}

/* 22001, error 2: there is no such key or value, which is an answer. Error 5 would be: access denied. */
bool registry_says_absent(const struct statement_result *result)
{
    const struct message *message = deciding_message(&result->messages);
    return message && message->number.known && message->number.value == 22001 && message->text &&
           strstr(message->text, "error 2,");
}

/* The reason of the first value that could not be read stands for all of them: they share key and permission.
 */
static bool ask_values(struct collector *collector, const char *file, const char *placeholder,
                       const struct registry_property *values, size_t count)
{
    for (size_t i = 0; i < count && !collector->lost; i++) {
        struct registry_value value = {collector, values[i].property};
        const char *sql = statement_with(collector->scratch, statement_text(collector->scratch, file),
                                         placeholder, values[i].value, QUOTE_STRING);
        struct statement_result result = ask_statement(collector, sql, registry_value_row, &value);
        if (result.outcome != STATEMENT_OK && !registry_says_absent(&result)) {
            send_not_readable(collector, question_name(collector, file), NULL, &result);
            return false;
        }
    }
    return true;
}

void collect_registry_values(struct collector *collector)
{
    static const struct registry_property driver_values[] = {
        {"SNI19.0\\GeneralFlags\\Flag1", PROPERTY_OLEDB19_ENCRYPT},
        {"SNI19.0\\GeneralFlags\\Flag2", PROPERTY_OLEDB19_TRUST},
        {"SNI18.0\\GeneralFlags\\Flag1", PROPERTY_OLEDB18_ENCRYPT},
        {"SNI18.0\\GeneralFlags\\Flag2", PROPERTY_OLEDB18_TRUST}};
    ask_values(collector, "sql/registry_instance_value.sql", "VALUENAME", network_values,
               sizeof(network_values) / sizeof(network_values[0]));
    ask_values(collector, "sql/registry_driver_value.sql", "KEYNAME", driver_values,
               sizeof(driver_values) / sizeof(driver_values[0]));
}

bool client_alias_row(void *context, const struct result_row *row)
{
    struct client_alias alias = {.name = (char *)row_text(row, "Value"),
                                 .target = (char *)row_text(row, "Data")};
    if (alias.name && alias.target)
        send_row(context, &client_alias_element, &alias);
    return true;
}

struct provider_entry {
    struct provider_entry *next;
    struct provider provider;
};

struct provider_list {
    struct arena *arena;
    LIST_OF(struct provider_entry) list;
};

static bool provider_row(void *context, const struct result_row *row)
{
    struct provider_list *providers = context;
    const char *name = row_text(row, "Provider Name");
    if (!name)
        return true;
    struct provider_entry *entry = arena_alloc(providers->arena, sizeof(*entry));
    entry->provider.name = arena_text(providers->arena, name);
    entry->provider.description = arena_text(providers->arena, row_text(row, "Provider Description"));
    list_append(&providers->list, entry);
    return true;
}

/* An option that is not in the registry is off. */
static bool provider_option_row(void *context, const struct result_row *row)
{
    struct provider *provider = context;
    const struct {
        const char *name;
        enum ternary *option;
    } options[] = {{"AllowInProcess", &provider->allow_in_process},
                   {"DisallowAdHocAccess", &provider->disallow_ad_hoc},
                   {"DynamicParameters", &provider->dynamic_parameters},
                   {"NestedQueries", &provider->nested_queries},
                   {"LevelZeroOnly", &provider->level_zero_only},
                   {"NonTransactedUpdates", &provider->non_transacted_updates},
                   {"IndexAsAccessPath", &provider->index_as_access_path},
                   {"SqlServerLIKE", &provider->sql_server_like}};
    const char *name = row_text(row, "Value");
    for (size_t i = 0; name && i < sizeof(options) / sizeof(options[0]); i++)
        if (strcasecmp(name, options[i].name) == 0)
            *options[i].option = row_flag(row, "Data");
    return true;
}

static void send_provider(struct collector *collector, struct provider *provider)
{
    const char *file = "sql/provider_options.sql";
    const char *sql = statement_with(collector->scratch, statement_text(collector->scratch, file),
                                     "PROVIDERNAME", provider->name, QUOTE_STRING);
    struct statement_result result = ask_statement(collector, sql, provider_option_row, provider);
    if (result.outcome != STATEMENT_OK && !registry_says_absent(&result))
        send_not_readable(collector, arena_format(collector->scratch, "provider_options %s", provider->name),
                          NULL, &result);
    send_row(collector, &provider_element, provider);
}

void collect_providers(struct collector *collector)
{
    struct provider_list providers = {.arena = collector->scratch};
    struct statement_result result = ask_statement(
        collector, statement_text(collector->scratch, "sql/providers.sql"), provider_row, &providers);
    if (result.outcome != STATEMENT_OK)
        send_not_readable(collector, "providers", NULL, &result);
    list_each (struct provider_entry, entry, &providers.list)
        send_provider(collector, &entry->provider);
}

bool trace_flag_row(void *context, const struct result_row *row)
{
    send_property(context, PROPERTY_TRACE_FLAG_17600, row_text(row, "Global"));
    return false;
}

bool availability_replica_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    const char *group = row_text(row, "group_name"), *replica = row_text(row, "replica_server_name");
    if (group && replica)
        send_property(collector, PROPERTY_GROUP_REPLICA,
                      arena_format(collector->scratch, "%s\t%s", group, replica));
    return true;
}

bool availability_listener_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    const char *group = row_text(row, "group_name"), *name = row_text(row, "dns_name");
    const char *port = row_text(row, "port");
    if (group && name)
        send_property(collector, PROPERTY_GROUP_LISTENER,
                      arena_format(collector->scratch, "%s\t%s:%s", group, name, port ? port : ""));
    return true;
}

/* ---- load --------------------------------------------------------------------------------------------- */

static bool worker_row(void *context, const struct result_row *row)
{
    static const struct column_property columns[] = {{"max_workers_count", PROPERTY_MAX_WORKERS},
                                                     {"max_connections", PROPERTY_MAX_CONNECTIONS},
                                                     {NULL, NULL}};
    send_columns(context, row, columns);
    return false;
}

struct load {
    int64_t workers, active, queued, runnable, schedulers, waiters;
};

static bool scheduler_row(void *context, const struct result_row *row)
{
    struct load *load = context;
    load->schedulers++;
    load->workers += row_number(row, "current_workers_count").value;
    load->active += row_number(row, "active_workers_count").value;
    load->queued += row_number(row, "work_queue_count").value;
    load->runnable += row_number(row, "runnable_tasks_count").value;
    return true;
}

static bool waiter_row(void *context, const struct result_row *row)
{
    struct load *load = context;
    (void)row;
    load->waiters++;
    return true;
}

void collect_load(struct collector *collector)
{
    struct load load = {0};
    struct arena *scratch = collector->scratch;
    struct statement_result result =
        ask_statement(collector, statement_text(scratch, "sql/workers.sql"), worker_row, collector);
    if (result.outcome != STATEMENT_OK) { /* the other questions need the same permission */
        send_not_readable(collector, "load", NULL, &result);
        return;
    }
    result = ask_statement(collector, statement_text(scratch, "sql/schedulers.sql"), scheduler_row, &load);
    if (result.outcome == STATEMENT_OK && load.schedulers > 0) {
        send_property_number(collector, PROPERTY_WORKERS, number_of(load.workers));
        send_property_number(collector, PROPERTY_ACTIVE_WORKERS, number_of(load.active));
        send_property_number(collector, PROPERTY_QUEUED_TASKS, number_of(load.queued));
        send_property_number(collector, PROPERTY_RUNNABLE_TASKS, number_of(load.runnable));
    }
    result =
        ask_statement(collector, statement_text(scratch, "sql/threadpool_waiters.sql"), waiter_row, &load);
    if (result.outcome == STATEMENT_OK)
        send_property_number(collector, PROPERTY_THREADPOOL_WAITERS, number_of(load.waiters));
}

struct session_entry {
    struct session_entry *next;
    struct session session;
};

struct session_groups {
    struct collector *collector;
    LIST_OF(struct session_entry) list;
};

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_session(const struct session *a, const struct session *b)
{
    return same(a->host, b->host) && same(a->address, b->address) && same(a->login, b->login) &&
           same(a->interface_name, b->interface_name) && same(a->encrypted, b->encrypted) &&
           same(a->auth_scheme, b->auth_scheme) && same(a->transport, b->transport);
}

static bool link_session_row(void *context, const struct result_row *row)
{
    struct session_groups *groups = context;
    struct collector *collector = groups->collector;
    struct session session = {.host = (char *)row_text(row, "host_name"),
                              .address = (char *)row_text(row, "client_net_address"),
                              .login = (char *)row_text(row, "login_name"),
                              .interface_name = (char *)row_text(row, "client_interface_name"),
                              .encrypted = (char *)row_text(row, "encrypt_option"),
                              .auth_scheme = (char *)row_text(row, "auth_scheme"),
                              .transport = (char *)row_text(row, "net_transport")};
    moment seen = row_moment(row, "last_request_end_time", collector->utc_offset);
    struct session_entry *entry = groups->list.first;
    while (entry && !same_session(&entry->session, &session))
        entry = entry->next;
    if (!entry) {
        char **texts[] = {&session.host,           &session.address,   &session.login,
                          &session.interface_name, &session.encrypted, &session.auth_scheme,
                          &session.transport};
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
            *texts[i] = arena_text(collector->scratch, *texts[i]);
        entry = arena_alloc(collector->scratch, sizeof(*entry));
        entry->session = session;
        entry->session.sessions = number_of(0);
        list_append(&groups->list, entry);
    }
    entry->session.sessions.value++;
    if (seen.known && (!entry->session.last_seen.known || seen.value > entry->session.last_seen.value))
        entry->session.last_seen = seen;
    return true;
}

void collect_link_sessions(struct collector *collector)
{
    struct session_groups groups = {.collector = collector};
    struct statement_result result = ask_statement(
        collector, statement_text(collector->scratch, "sql/link_sessions.sql"), link_session_row, &groups);
    if (result.outcome != STATEMENT_OK)
        send_not_readable(collector, "link_sessions", NULL, &result);
    list_each (struct session_entry, entry, &groups.list)
        send_row(collector, &session_element, &entry->session);
}
