#include "audit/target/provider_family.h"

#include <string.h>

/* One "host", "host:port" or "[v6]:port" of a list. */
static bool add_one(struct target_list *list, enum endpoint_kind kind, struct text_span text,
                    unsigned default_port)
{
    struct text_span host, port;
    char canonical[HOST_NAME_SIZE];
    if (!host_name_split_port(text, &host, &port) || host_name_canonical(host, canonical) != HOST_NAME_OK)
        return false;
    unsigned number = port.start ? host_name_port(port) : default_port;
    if (number == 0)
        return false;
    struct target *target = target_add(list, kind);
    text_copy(target->host, sizeof target->host, text_span(canonical));
    target->port = number;
    target->port_given = port.start != NULL;
    return true;
}

bool network_add(struct target_list *list, enum endpoint_kind kind, const char *hosts, const char *port,
                 unsigned default_port)
{
    static const char unreadable[] =
        "the host or the port cannot be read; expected host, host:port or a list of them";
    bool port_given = text_trim(text_span(port)).length > 0;
    if (port_given)
        default_port = host_name_port(text_span(port));
    else if (default_port == 0)
        default_port = endpoint_kind_default_port(kind);
    size_t before = list->count;
    struct text_span rest = text_trim(text_span(hosts));
    do {
        struct text_span one = text_trim(text_split(rest, ',', &rest));
        if (one.length == 0)
            continue;
        /* "host,5000": after a comma only a number is a port, not a host. */
        if (text_is_number(one) && list->count > before && host_name_port(one) != 0) {
            list->at[list->count - 1].port = host_name_port(one);
            list->at[list->count - 1].port_given = true;
        } else if (!add_one(list, kind, one, default_port)) {
            list->count = before;
            return target_set_name_only(list, ENDPOINT_ALIAS, hosts, unreadable);
        } else if (port_given) {
            list->at[list->count - 1].port_given = true;
        }
    } while (rest.start);
    return list->count > before || target_set_name_only(list, ENDPOINT_ALIAS, hosts, unreadable);
}

/* Provider strings such as PGNP's keep host and port in Extended Properties: looked up when the outer has
 * none. */
static const char *find(const struct provider_string *outer, const struct provider_string *inner,
                        enum provider_keyword keyword)
{
    const char *value = provider_string_value(outer, keyword);
    return value && *value ? value : provider_string_value(inner, keyword);
}

static const char *host_of(const struct link_definition *link, const struct provider_row *row,
                           const struct provider_string *outer, const struct provider_string *inner)
{
    static const enum provider_keyword order[] = {KEYWORD_ADDRESS, KEYWORD_HOST, KEYWORD_SERVER};
    if (row->data_source_is_host && text_trim(text_span(link->data_source)).length > 0)
        return link->data_source;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const char *value = find(outer, inner, order[i]);
        if (value && *value)
            return value;
    }
    return NULL;
}

static bool add_link(const struct link_definition *link, const struct provider_row *row,
                     const struct provider_string *outer, const struct provider_string *inner,
                     struct target_list *out)
{
    const char *host = host_of(link, row, outer, inner);
    const char *port = find(outer, inner, KEYWORD_PORT);
    bool unknown_provider = row->prefix[0] == '\0';
    if (!host || (unknown_provider && !port)) {
        char reason[TARGET_REASON_SIZE];
        text_format(reason, sizeof reason,
                    unknown_provider
                        ? "how provider \"%.64s\" finds its server is not known to this program"
                        : "provider \"%.64s\" finds its server in a catalog of the instance's machine",
                    link->provider ? link->provider : "");
        return target_set_name_only(out, ENDPOINT_ALIAS, target_link_label(link), reason);
    }
    const char *security = find(outer, inner, KEYWORD_SECURITY);
    enum endpoint_kind kind =
        row->kind == ENDPOINT_DB2 && text_equal(security, "SSL") ? ENDPOINT_TLS : row->kind;
    return network_add(out, kind, host, port, row->port);
}

bool network_family(const struct link_definition *link, const struct target_surroundings *surroundings,
                    const struct provider_row *row, struct target_list *out)
{
    (void)surroundings;
    struct provider_string outer, inner;
    if (!provider_string_parse(PROVIDER_OLEDB, link->provider_string, &outer))
        return false;
    const char *nested = provider_string_value(&outer, KEYWORD_EXTENDED_PROPERTIES);
    if (!provider_string_parse(PROVIDER_OLEDB, nested, &inner)) {
        provider_string_clear(&outer);
        return false;
    }
    bool done = add_link(link, row, &outer, &inner, out);
    provider_string_clear(&inner);
    provider_string_clear(&outer);
    return done;
}
