/* What the registry of the instance's machine says, by the view and by the undocumented procedures. */
#include "odbc/inventory.h"
#include "odbc/statement.h"

#include <string.h>
#include <strings.h>

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

/* A value of the root; which ones came is remembered, so that they are not asked for again. */
static void send_root_value(struct collector *collector, const char *value, const char *data)
{
    for (size_t i = 0; i < sizeof(network_values) / sizeof(network_values[0]); i++)
        if (strcasecmp(value, network_values[i].value) == 0) {
            send_property(collector, network_values[i].property, data);
            collector->network_values_seen |= 1U << i;
        }
}

/* The part of the key behind SuperSocketNetLib. */
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
    const char *key_below = root ? root + strlen("SuperSocketNetLib") : NULL;
    if (root && value && *key_below == '\0')
        send_root_value(collector, value, row_text(row, "value_data"));
    else if (root && value)
        send_protocol(collector, key_below, value, row_text(row, "value_data"));
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

/* The reason of the first value that could not be read stands for all: they share key and permission. */
static bool ask_values(struct collector *collector, const char *file, const char *placeholder,
                       const struct registry_property *values, size_t count, unsigned seen)
{
    for (size_t i = 0; i < count && !collector->lost; i++) {
        if (seen & 1U << i)
            continue;
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
               sizeof(network_values) / sizeof(network_values[0]), collector->network_values_seen);
    ask_values(collector, "sql/registry_driver_value.sql", "KEYNAME", driver_values,
               sizeof(driver_values) / sizeof(driver_values[0]), 0);
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
