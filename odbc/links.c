#include "audit/target/provider_string.h"
#include "odbc/inventory.h"

#include <stdlib.h>
#include <string.h>

bool linked_login_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    struct number id = row_number(row, "local_principal_id");
    struct mapping_entry *entry = arena_alloc(collector->arena, sizeof(*entry));
    struct login_mapping *mapping = &entry->mapping;
    entry->server_id = row_number(row, "server_id").value;
    mapping->local_id = id;
    if (id.known && id.value == 0)
        mapping->local = arena_text(collector->arena, "*");
    else
        mapping->local = arena_text(collector->arena, row_text(row, "local_name"));
    const char *type = row_text(row, "local_type");
    mapping->local_type = type && *type ? arena_text_n(collector->arena, type, 1) : NULL;
    mapping->local_disabled = row_flag(row, "local_disabled");
    mapping->self = row_flag(row, "uses_self_credential");
    /* A remote name is no more than a name, but people paste connection strings anywhere. */
    mapping->remote = arena_text(collector->arena, row_text(row, "remote_name"));
    mapping->modified = row_moment(row, "modify_date", collector->utc_offset);
    list_append(&collector->mappings, entry);
    return true;
}

static char *redacted(struct collector *collector, const char *text)
{
    if (!text)
        return NULL;
    char *clean = provider_string_redact(text, NULL);
    if (!clean)
        exit(3); /* only memory can be missing */
    char *copy = arena_text(collector->scratch, clean);
    explicit_bzero(clean, strlen(clean));
    free(clean);
    return copy;
}

static bool provider_string_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    struct string_entry *entry = arena_alloc(collector->arena, sizeof(*entry));
    entry->server_id = row_number(row, "server_id").value;
    entry->text = arena_text(collector->arena, redacted(collector, row_text(row, "provider_string")));
    list_append(&collector->provider_strings, entry);
    return true;
}

void collect_provider_strings(struct collector *collector)
{
    const char *file = "sql/provider_strings.sql";
    if (collector->sees_provider_strings == TERNARY_TRUE ||
        collector->provider_strings_procedure != TERNARY_TRUE)
        return;
    struct statement_result result = ask(collector, file, provider_string_row);
    if (result.outcome != STATEMENT_OK || result.rows_cut)
        send_not_readable(collector, question_name(collector, file), NULL, &result);
    else
        collector->sees_provider_strings = TERNARY_TRUE;
}

/* The columns that <linked-server> has an attribute for; what else a version has becomes a <column>. */
static const char *const known_columns[] = {"server_id",
                                            "name",
                                            "product",
                                            "provider",
                                            "data_source",
                                            "location",
                                            "provider_string",
                                            "catalog",
                                            "connect_timeout",
                                            "query_timeout",
                                            "is_linked",
                                            "is_remote_login_enabled",
                                            "is_rpc_out_enabled",
                                            "is_data_access_enabled",
                                            "is_collation_compatible",
                                            "uses_remote_collation",
                                            "collation_name",
                                            "lazy_schema_validation",
                                            "is_system",
                                            "is_publisher",
                                            "is_subscriber",
                                            "is_distributor",
                                            "is_nonsql_subscriber",
                                            "is_remote_proc_transaction_promotion_enabled",
                                            "is_rda_server",
                                            "modify_date"};

static bool is_known(const char *column)
{
    for (size_t i = 0; i < sizeof(known_columns) / sizeof(known_columns[0]); i++)
        if (strcmp(known_columns[i], column) == 0)
            return true;
    return false;
}

static void add_columns(struct collector *collector, struct linked_server *link, const struct result_row *row)
{
    for (size_t i = 0; i < row_columns(row); i++) {
        const char *name = row_column_name(row, i);
        if (is_known(name))
            continue;
        struct column *column = arena_alloc(collector->scratch, sizeof(*column));
        column->name = arena_text(collector->scratch, name);
        column->value = redacted(collector, row_text(row, name));
        list_append(&link->columns, column);
    }
}

static void add_logins(struct collector *collector, struct linked_server *link)
{
    list_each (struct mapping_entry, entry, &collector->mappings) {
        if (entry->server_id != link->server_id.value)
            continue;
        struct login_mapping *mapping = arena_alloc(collector->scratch, sizeof(*mapping));
        *mapping = entry->mapping;
        list_append(&link->logins, mapping);
    }
}

/* NULL means "none" only where the permission to see it is held. */
static void add_provider_string(struct collector *collector, struct linked_server *link,
                                const struct result_row *row)
{
    link->provider_string = redacted(collector, row_text(row, "provider_string"));
    list_each (struct string_entry, entry, &collector->provider_strings)
        if (entry->server_id == link->server_id.value && !link->provider_string)
            link->provider_string = entry->text;
    bool seen = collector->sees_provider_strings == TERNARY_TRUE || link->provider_string;
    link->provider_string_visible = seen ? TERNARY_TRUE : TERNARY_FALSE;
}

static void fill_options(struct linked_server *link, const struct result_row *row, int utc_offset)
{
    link->connect_timeout = row_number(row, "connect_timeout");
    link->query_timeout = row_number(row, "query_timeout");
    link->linked = row_flag(row, "is_linked");
    link->rpc = row_flag(row, "is_remote_login_enabled");
    link->rpc_out = row_flag(row, "is_rpc_out_enabled");
    link->data_access = row_flag(row, "is_data_access_enabled");
    link->collation_compatible = row_flag(row, "is_collation_compatible");
    link->uses_remote_collation = row_flag(row, "uses_remote_collation");
    link->lazy_schema_validation = row_flag(row, "lazy_schema_validation");
    link->system = row_flag(row, "is_system");
    link->publisher = row_flag(row, "is_publisher");
    link->subscriber = row_flag(row, "is_subscriber");
    link->distributor = row_flag(row, "is_distributor");
    link->nonsql_subscriber = row_flag(row, "is_nonsql_subscriber");
    link->rpc_promotion = row_flag(row, "is_remote_proc_transaction_promotion_enabled");
    link->rda_server = row_flag(row, "is_rda_server");
    link->modified = row_moment(row, "modify_date", utc_offset);
}

static void remember(struct collector *collector, const struct linked_server *link)
{
    struct link_entry *entry = arena_alloc(collector->arena, sizeof(*entry));
    entry->name = arena_text(collector->arena, link->name);
    entry->provider = arena_text(collector->arena, link->provider);
    list_append(&collector->links, entry);
}

bool linked_server_row(void *context, const struct result_row *row)
{
    struct collector *collector = context;
    struct linked_server link = {.name = (char *)row_text(row, "name"),
                                 .server_id = row_number(row, "server_id")};
    if (!link.name)
        return true;
    if (link.server_id.known && link.server_id.value == 0) {
        collector->local_server = arena_text(collector->arena, link.name);
        send_property(collector, PROPERTY_LOCAL_SERVER, link.name);
        return true;
    }
    link.product = (char *)row_text(row, "product");
    link.provider = (char *)row_text(row, "provider");
    link.data_source = redacted(collector, row_text(row, "data_source"));
    link.location = redacted(collector, row_text(row, "location"));
    link.catalog = redacted(collector, row_text(row, "catalog"));
    link.collation_name = (char *)row_text(row, "collation_name");
    fill_options(&link, row, collector->utc_offset);
    add_provider_string(collector, &link, row);
    add_logins(collector, &link);
    add_columns(collector, &link, row);
    send_row(collector, &linked_server_element, &link);
    remember(collector, &link);
    return true;
}
