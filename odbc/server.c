/* What the instance is, how it is set, and how the audit came in. */
#include "odbc/inventory.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static char *keep(struct collector *collector, const char *text)
{
    return arena_text(collector->arena, text);
}

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

/* EngineEdition decides before the version: Azure's engines all say 12.0.2000, and so does Babelfish. */
static const char *product_name(enum hosting hosting, int64_t engine_edition, int major, int minor)
{
    if (hosting == HOSTING_BABELFISH)
        return "Babelfish for PostgreSQL";
    static const char *const azure[] = {
        [5] = "Azure SQL Database",          [6] = "Azure Synapse Analytics",
        [8] = "Azure SQL Managed Instance",  [9] = "Azure SQL Edge",
        [10] = "SQL Managed Instance (Arc)", [11] = "Azure Synapse serverless SQL"};
    bool known = engine_edition >= 5 && engine_edition <= 11 && azure[engine_edition];
    return known ? azure[engine_edition] : release_name(major, minor);
}

enum { FIRST_ON_LINUX = 14 }; /* SQL Server 2017 */

static enum hosting hosting_of(int64_t engine_edition, const char *version_text)
{
    if (strcasestr(version_text, "Babelfish"))
        return HOSTING_BABELFISH;
    if (engine_edition == 8)
        return HOSTING_MANAGED_INSTANCE;
    if (engine_edition == 5 || engine_edition == 6 || engine_edition == 11)
        return HOSTING_AZURE;
    return strcasestr(version_text, " on Linux") ? HOSTING_LINUX : HOSTING_WINDOWS;
}

static void send_hosting(struct collector *collector)
{
    static const char *const names[] = {[HOSTING_MANAGED_INSTANCE] = "managed-instance",
                                        [HOSTING_RDS] = "rds",
                                        [HOSTING_AZURE] = "azure-sql-database",
                                        [HOSTING_BABELFISH] = "babelfish"};
    if (names[collector->hosting])
        send_property(collector, PROPERTY_MANAGED, names[collector->hosting]);
}

static void send_header(struct collector *collector, const struct result_row *row)
{
    const char *version = row_text(row, "product_version");
    struct number engine = row_number(row, "engine_edition");
    if (version && sscanf(version, "%d.%d", &collector->major, &collector->minor) < 1)
        collector->major = 0;
    struct instance header = {
        .name = collector->job->instance,
        .status = INSTANCE_AUDITED,
        .server_version = (char *)version,
        .product = (char *)product_name(collector->hosting, engine.value, collector->major, collector->minor),
        .edition = (char *)row_text(row, "edition"),
        .engine_edition = engine,
        .server_name = (char *)row_text(row, "server_name"),
        .at_at_servername = (char *)row_text(row, "at_at_servername")};
    send_row(collector, &instance_element, &header);
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
    const char *text = row_text(row, "version_text"), *collation = row_text(row, "collation");
    text = text ? text : "";
    collector->case_sensitive = collation && (strstr(collation, "_CS") || strstr(collation, "_BIN"));
    collector->engine_edition = row_number(row, "engine_edition").value;
    collector->hosting = hosting_of(collector->engine_edition, text);
    send_header(collector, row);
    send_columns(collector, row, columns);
    send_property(collector, PROPERTY_VERSION_TEXT,
                  arena_text_n(collector->scratch, text, strcspn(text, "\r\n")));
    if (collector->hosting == HOSTING_WINDOWS && collector->major > 0 && collector->major < FIRST_ON_LINUX)
        send_property(collector, PROPERTY_PLATFORM, "Windows");
    send_hosting(collector);
    return false;
}

/* The offset of today stands for every date: one of the other half of the year may be an hour off. */
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
    entry->is_open = row_text(row, "collation_name") != NULL;
    entry->is_snapshot = row_number(row, "source_database_id").known;
    entry->is_standby = row_flag(row, "is_in_standby") == TERNARY_TRUE;
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
        send_hosting(collector);
    }
    return true;
}

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
