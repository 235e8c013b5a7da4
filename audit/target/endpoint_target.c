#include "audit/target/endpoint_target.h"

#include "audit/target/provider_family.h"
#include <stdlib.h>
#include <string.h>

/* The first row whose prefix fits. */
static const struct provider_row providers[] = {
    {"SQLNCLI", sqlserver_family, ENDPOINT_SQLSERVER, 0, true},
    {"MSOLEDBSQL", sqlserver_family, ENDPOINT_SQLSERVER, 0, true},
    {"SQLOLEDB", sqlserver_family, ENDPOINT_SQLSERVER, 0, true},
    {"MSDASQL", odbc_family, ENDPOINT_ALIAS, 0, false},
    {"OraOLEDB", oracle_family, ENDPOINT_ORACLE, 0, false},
    {"MSDAORA", oracle_family, ENDPOINT_ORACLE, 0, false},
    {"MSOLAP", analysis_services_family, ENDPOINT_ANALYSIS_SERVICES, 0, true},
    {"ADSDSOObject", directory_family, ENDPOINT_LDAP, 0, false},
    {"DB2OLEDB", network_family, ENDPOINT_DB2, 446, false},
    {"IBMDADB2", network_family, ENDPOINT_DB2, 50000, false},
    {"IBMDA400", network_family, ENDPOINT_TCP, 8471, true},
    {"PGNP", network_family, ENDPOINT_POSTGRESQL, 0, true},
    {"PostgreSQL", network_family, ENDPOINT_POSTGRESQL, 0, true},
    {"MySQL", network_family, ENDPOINT_MYSQL, 0, true},
    {"OLEMySQL", network_family, ENDPOINT_MYSQL, 0, true},
    {"TDOLEDB", network_family, ENDPOINT_TCP, 1025, true},
    {"ASEOLEDB", network_family, ENDPOINT_TCP, 5000, true},
    {"Sybase.ASEOLEDB", network_family, ENDPOINT_TCP, 5000, true},
    {"Microsoft.ACE.OLEDB", file_family, ENDPOINT_FILE, 0, false},
    {"Microsoft.Jet.OLEDB", file_family, ENDPOINT_FILE, 0, false},
    {"VFPOLEDB", file_family, ENDPOINT_FILE, 0, false},
    {"MSIDXS", local_family, ENDPOINT_LOCAL, 0, false},
    {"Search.CollatorDSO", local_family, ENDPOINT_LOCAL, 0, false},
    {"", network_family, ENDPOINT_TCP, 0, false},
};

static const struct provider_row *find_provider(const struct link_definition *link)
{
    struct text_span provider = text_trim(text_span(link->provider));
    /* Product "SQL Server" admits no other provider; old rows and remote servers leave it out. */
    if (provider.length == 0 && text_equal(link->product, "SQL Server"))
        return &providers[0];
    const struct provider_row *row = providers;
    while (!text_starts(provider, row->prefix))
        row++;
    return row;
}

struct target *target_add(struct target_list *list, enum endpoint_kind kind)
{
    if (list->count == TARGETS_MAX) {
        list->more = true; /* the last of them gives way */
        list->count--;
    }
    struct target *target = &list->at[list->count++];
    *target = (struct target){.kind = kind, .role = list->count == 1 ? TARGET_PRIMARY : TARGET_ALTERNATIVE};
    return target;
}

const char *target_link_label(const struct link_definition *link)
{
    return text_trim(text_span(link->data_source)).length > 0 ? link->data_source : link->name;
}

void target_set_reason(struct target *target, const char *reason)
{
    text_copy_shortened(target->reason, sizeof target->reason, text_span(reason));
}

bool target_set_name_only(struct target_list *list, enum endpoint_kind kind, const char *name,
                          const char *reason)
{
    char *redacted = provider_string_redact(name, NULL);
    if (!redacted)
        return false;
    struct target *target = target_add(list, kind);
    text_copy_shortened(target->name, sizeof target->name, text_trim(text_span(redacted)));
    free(redacted);
    target_set_reason(target, reason);
    return true;
}

static void set_scope(struct target *target, const char *scope)
{
    text_copy_shortened(target->scope, sizeof target->scope, text_trim(text_span(scope)));
    text_lower(target->scope);
}

/* "localhost" in a link is the machine of the instance, not ours. */
static void settle_own_host(struct target *target, const struct target_surroundings *surroundings)
{
    if (host_name_is_own(target->host))
        target->own_host = true;
    if (!target->own_host || !endpoint_kind_is_network(target->kind))
        return;
    if (host_name_canonical(text_span(surroundings->owner_host), target->host) == HOST_NAME_OK)
        return;
    target->kind = ENDPOINT_LOCAL;
    target->host[0] = '\0';
    target_set_reason(target, "names the instance's own machine, whose address is not known here");
}

static void settle(struct target *target, const struct target_surroundings *surroundings)
{
    settle_own_host(target, surroundings);
    if (!endpoint_kind_is_network(target->kind)) {
        if (target->kind != ENDPOINT_FILE || !target->host[0])
            set_scope(target, surroundings->owner);
        return;
    }
    if (target->port == 0 && !target->instance[0])
        target->port = endpoint_kind_default_port(target->kind);
    if (host_name_is_single_label(target->host) && !host_table_find(surroundings->hosts, target->host) &&
        !target->own_host)
        set_scope(target, surroundings->owner_domain);
}

bool link_targets(const struct link_definition *link, const struct target_surroundings *surroundings,
                  struct target_list *out)
{
    static const struct target_surroundings nothing_known = {0};
    if (!surroundings)
        surroundings = &nothing_known;
    out->count = 0;
    out->more = false;
    const struct provider_row *row = find_provider(link);
    if (!row->family(link, surroundings, row, out))
        return false;
    for (size_t i = 0; i < out->count; i++)
        settle(&out->at[i], surroundings);
    return true;
}

void target_key(const struct target *target, char key[TARGET_KEY_SIZE])
{
    const char *kind = name_of(&endpoint_kind_names, (int)target->kind);
    const char *open = strchr(target->host, ':') ? "[" : "";
    const char *close = *open ? "]" : "";
    const char *scope_open = target->scope[0] ? " (" : "";
    const char *scope_close = target->scope[0] ? ")" : "";
    if (!endpoint_kind_is_network(target->kind))
        text_format(key, TARGET_KEY_SIZE, "%s://%s%s%s%s", kind, target->name, scope_open, target->scope,
                    scope_close);
    else if (target->instance[0])
        text_format(key, TARGET_KEY_SIZE, "%s://%s%s%s\\%s%s%s%s%s", kind, open, target->host, close,
                    target->instance, target->dedicated_admin ? " admin" : "", scope_open, target->scope,
                    scope_close);
    else
        text_format(key, TARGET_KEY_SIZE, "%s://%s%s%s:%u%s%s%s", kind, open, target->host, close,
                    target->port, scope_open, target->scope, scope_close);
}
