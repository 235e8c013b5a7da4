#include "audit/target/endpoint_target.h"

#include "audit/target/provider_family.h"
#include <string.h>

/* Schemes that people know from URLs, besides the names of the kinds. */
static const struct {
    const char *scheme;
    enum endpoint_kind kind;
    unsigned port;
} schemes[] = {
    {"mssql", ENDPOINT_SQLSERVER, 1433}, {"postgres", ENDPOINT_POSTGRESQL, 5432},
    {"mariadb", ENDPOINT_MYSQL, 3306},   {"ldaps", ENDPOINT_TLS, 636},
    {"https", ENDPOINT_TLS, 443},        {"http", ENDPOINT_TCP, 80},
    {"tcps", ENDPOINT_TLS, 1521},
};

static bool refuse(struct target *out, const char *reason)
{
    *out = (struct target){.kind = ENDPOINT_ALIAS};
    target_set_reason(out, reason);
    return false;
}

static bool find_scheme(const char *scheme, enum endpoint_kind *kind, unsigned *port)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (text_equal(scheme, schemes[i].scheme)) {
            *kind = schemes[i].kind;
            *port = schemes[i].port;
            return true;
        }
    }
    *kind = (enum endpoint_kind)value_of(&endpoint_kind_names, scheme);
    if (!*kind)
        return false;
    *port = endpoint_kind_default_port(*kind);
    return true;
}

static bool only_target(struct target_list *list, struct target *out)
{
    *out = list->at[0];
    if (out->port == 0 && !out->instance[0])
        out->port = endpoint_kind_default_port(out->kind);
    return endpoint_kind_is_network(out->kind);
}

static bool from_url(const char *scheme, struct text_span rest, struct target *out)
{
    enum endpoint_kind kind;
    unsigned port;
    if (!find_scheme(scheme, &kind, &port) || !endpoint_kind_is_network(kind))
        return refuse(
            out, "expected a SQL Server data source, or kind://host:port with one of sqlserver, postgresql, "
                 "mysql, oracle, db2, ldap, analysis-services, tls, tcp");
    char text[HOST_NAME_SIZE + DATA_SOURCE_INSTANCE_SIZE + 16];
    while (rest.length > 0 && rest.start[rest.length - 1] == '/')
        rest.length--;
    if (rest.length == 0 || memchr(rest.start, '/', rest.length) || !text_copy(text, sizeof text, rest))
        return refuse(out, "expected one host, and a port after a colon, behind kind://");
    struct target_list list = {0};
    if (kind == ENDPOINT_SQLSERVER && strpbrk(text, "\\,")) {
        if (!sqlserver_add(&list, text, TARGET_PRIMARY))
            return refuse(out, "memory is short");
        return only_target(&list, out);
    }
    struct text_span host, given;
    bool split = host_name_split_port(rest, &host, &given);
    if (split && !given.start && port == 0)
        return refuse(out, "this kind has no default port: expected kind://host:port");
    if (strchr(text, ','))
        return refuse(out, "expected one host, and a port after a colon, behind kind://");
    if (!network_add(&list, kind, text, NULL, port))
        return refuse(out, "memory is short");
    return only_target(&list, out);
}

bool target_from_text(const char *text, struct target *out)
{
    struct text_span trimmed = text_trim(text_span(text));
    if (trimmed.length == 0)
        return refuse(out, "expected a SQL Server data source such as server\\instance, or kind://host:port");
    const char *separator = memmem(trimmed.start, trimmed.length, "://", 3);
    if (separator) {
        char scheme[32];
        size_t length = (size_t)(separator - trimmed.start);
        text_copy(scheme, sizeof scheme, (struct text_span){trimmed.start, length});
        text_lower(scheme);
        return from_url(scheme, (struct text_span){separator + 3, trimmed.length - length - 3}, out);
    }
    struct target_list list = {0};
    if (!sqlserver_add(&list, trimmed.start, TARGET_PRIMARY))
        return refuse(out, "memory is short");
    return only_target(&list, out);
}
