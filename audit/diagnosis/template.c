#include "audit/diagnosis/template.h"

#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/remedy.h"
#include "audit/diagnosis/shell_quote.h"
#include "audit/diagnosis/tsql_quote.h"
#include "audit/model/properties.h"
#include "audit/target/data_source.h"

#include <string.h>

static const char *address_of(const struct view *v)
{
    if (!v->network)
        return NULL;
    if (v->connected)
        return v->connected->ip;
    if (v->telling)
        return v->telling->ip;
    return v->endpoint->resolve && v->endpoint->resolve->addresses.first
               ? v->endpoint->resolve->addresses.first->ip
               : NULL;
}

static char *port_of(const struct view *v)
{
    struct number port = v->network ? endpoint_port(v->endpoint) : (struct number){0};
    return port.known ? arena_format(v->arena, "%lld", (long long)port.value) : arena_text(v->arena, "?");
}

static char *shell_word(const struct view *v, const char *text)
{
    return text ? quote_shell(v->arena, text) : arena_text(v->arena, "?");
}

/* What openssl s_client -connect takes. */
static char *host_and_port(const struct view *v)
{
    const char *host = v->network ? v->endpoint->host : NULL;
    bool ipv6 = host && strchr(host, ':');
    return shell_word(
        v, host ? arena_format(v->arena, "%s%s%s:%s", ipv6 ? "[" : "", host, ipv6 ? "]" : "", port_of(v))
                : NULL);
}

/* The same target with its port, as a T-SQL literal: SQL Browser does not tell the port, an audited instance
 * may. */
static char *with_port(const struct view *v)
{
    struct number port = v->network ? endpoint_port(v->endpoint) : (struct number){0};
    const char *host = v->network ? v->endpoint->host : NULL;
    if (!port.known && v->target)
        port = instance_property_number(v->target, PROPERTY_LOCAL_PORT);
    char *server = port.known
                       ? arena_format(v->arena, "%s,%lld", host ? host : "<host>", (long long)port.value)
                       : arena_format(v->arena, "%s,<port>", host ? host : "<host>");
    return quote_literal(v->arena, server);
}

static char *windows_service(const struct view *v)
{
    const char *instance = v->network && v->endpoint->instance ? v->endpoint->instance : "";
    return quote_shell(v->arena, *instance ? arena_format(v->arena, "MSSQL$%s", instance) : "MSSQLSERVER");
}

/* The link's provider string with Encrypt=Strict, as a literal, where it can be written. */
static char *strict_provider_string(const struct view *v)
{
    struct remedy_change change = {.value = NULL};
    if (v->link)
        change = remedy_provider_string(v->arena, v->link, KEYWORD_ENCRYPT, "Strict");
    return change.value ? quote_literal(v->arena, change.value)
                        : arena_text(v->arena, "N'<the present one, with Encrypt=Strict>'");
}

/* A pipe's endpoint has SMB's port. Which one the instance has over TCP, SQL Browser tells where the pipe
 * names the instance, or an audited instance on the same machine. */
static char *tcp_server_of_pipe(const struct view *v)
{
    const char *host = v->endpoint->host;
    struct data_source source;
    bool parsed =
        v->link && v->link->data_source && data_source_parse(v->link->data_source, &source) == DATA_SOURCE_OK;
    if (parsed && source.instance[0])
        return arena_format(v->arena, "tcp:%s\\%s", host, source.instance);
    if (!v->tcp_port.known)
        return arena_format(v->arena, "tcp:%s,<port>", host);
    return v->tcp_port.value == 1433
               ? arena_format(v->arena, "tcp:%s", host)
               : arena_format(v->arena, "tcp:%s,%lld", host, (long long)v->tcp_port.value);
}

/* The same target over TCP, as a T-SQL literal. */
static char *tcp_data_source(const struct view *v)
{
    const struct endpoint *endpoint = v->network ? v->endpoint : NULL;
    if (!endpoint || !endpoint->host)
        return arena_text(v->arena, "N'tcp:<server>'");
    return quote_literal(v->arena,
                         v->pipes ? tcp_server_of_pipe(v)
                                  : arena_format(v->arena, "tcp:%s", endpoint_server(v->arena, endpoint)));
}

/* What sqlcmd -A takes: the administrator's connection has a port of its own, which SQL Browser tells. */
static const char *admin_server(struct arena *arena, const struct endpoint *endpoint)
{
    return endpoint->instance && *endpoint->instance
               ? arena_format(arena, "%s\\%s", endpoint->host ? endpoint->host : "?", endpoint->instance)
               : endpoint->host;
}

bool link_cannot_be_typed(const struct view *v)
{
    return v->link && v->link->name &&
           (!quote_is_exact(v->link->name) || strstr(v->link->name, "\xEF\xBF\xBD"));
}

/* A RST of the address itself: not what a firewall's ICMP message looks like. */
static bool reset_by_host(const struct view *v)
{
    return v->network && v->telling && v->telling->outcome == CONNECT_REFUSED;
}

/* Where connections of the source come from, as far as the audit's own connection to it shows. */
static char *source_address(const struct view *v)
{
    const char *ip = v->instance ? instance_property(v->instance, PROPERTY_LOCAL_ADDRESS) : NULL;
    return ip ? shell_word(v, ip) : arena_text(v->arena, "<address of the source>");
}

static const struct endpoint *network_endpoint(const struct view *v)
{
    return v->network ? v->endpoint : NULL;
}

static char *it_word(const struct view *v)
{
    return arena_text(v->arena, v->link ? "The link" : "The endpoint");
}

static char *link_word(const struct view *v)
{
    return arena_text(v->arena, v->link ? v->link->name : "?");
}

static char *link_literal(const struct view *v)
{
    if (!v->link)
        return arena_text(v->arena, "N'<link>'");
    return v->link->server_id.known && link_cannot_be_typed(v) ? arena_text(v->arena, "@link")
                                                               : quote_literal(v->arena, v->link->name);
}

static char *source_word(const struct view *v)
{
    return shell_word(v, v->instance ? v->instance->name : "the linked server's instance");
}

static char *host_word(const struct view *v)
{
    const struct endpoint *endpoint = network_endpoint(v);
    return shell_word(v, endpoint ? endpoint->host : v->link ? v->link->data_source : NULL);
}

static char *address_word(const struct view *v)
{
    return address_of(v) ? shell_word(v, address_of(v)) : arena_text(v->arena, "no address");
}

static char *rejecting_words(const struct view *v)
{
    return arena_text(v->arena, reset_by_host(v) ? "" : ", a firewall rejects it");
}

static char *dead_words(const struct view *v)
{
    const struct endpoint *endpoint = network_endpoint(v);
    return arena_text(v->arena, endpoint && endpoint_is_alive(endpoint)
                                    ? "the listener's queue is full; the host is alive"
                                    : "the host is dead");
}

static char *instance_word(const struct view *v)
{
    const struct endpoint *endpoint = network_endpoint(v);
    return shell_word(v, endpoint ? endpoint->instance : NULL);
}

static char *server_word(const struct view *v)
{
    const struct endpoint *endpoint = network_endpoint(v);
    return shell_word(v, endpoint ? endpoint_server(v->arena, endpoint) : NULL);
}

static char *admin_word(const struct view *v)
{
    const struct endpoint *endpoint = network_endpoint(v);
    return shell_word(v, endpoint ? admin_server(v->arena, endpoint) : NULL);
}

static char *data_source_literal(const struct view *v)
{
    const struct endpoint *endpoint = network_endpoint(v);
    const char *own = v->link ? v->link->data_source : NULL;
    return quote_literal(v->arena, own && *own ? own
                                   : endpoint  ? endpoint_server(v->arena, endpoint)
                                               : "<server>");
}

static char *data_source_word(const struct view *v)
{
    return shell_word(v, v->link ? v->link->data_source : NULL);
}

static char *provider_word(const struct view *v)
{
    return arena_text(v->arena, v->link && v->link->provider ? v->link->provider : "?");
}

static char *login_identifier(const struct view *v)
{
    const struct link_test *test = v->link ? v->link->test : NULL;
    return test && test->login ? quote_identifier(v->arena, test->login)
                               : arena_text(v->arena, "[<remote login>]");
}

static const struct {
    const char *name;
    char *(*value)(const struct view *view);
} placeholders[] = {
    {"it", it_word},
    {"link", link_word},
    {"link'", link_literal},
    {"source", source_word},
    {"source-ip", source_address},
    {"host", host_word},
    {"ip", address_word},
    {"port", port_of},
    {"host:port", host_and_port},
    {"host,port'", with_port},
    {"instance", instance_word},
    {"service", windows_service},
    {"server", server_word},
    {"admin", admin_word},
    {"tcp'", tcp_data_source},
    {"data-source", data_source_word},
    {"data-source'", data_source_literal},
    {"provider", provider_word},
    {"strict'", strict_provider_string},
    {"login]", login_identifier},
    {"rejecting", rejecting_words},
    {"dead", dead_words},
};

/* NULL: there is no such word. Only the one that is asked for is built: templates are filled for every link.
 */
static char *placeholder(const struct view *v, const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof(placeholders) / sizeof(placeholders[0]); i++)
        if (strncmp(placeholders[i].name, name, length) == 0 && !placeholders[i].name[length])
            return placeholders[i].value(v);
    return NULL;
}

char *fill_template(const struct view *view, const char *text)
{
    struct prose prose = prose_new(view->arena);
    while (*text) {
        size_t plain = strcspn(text, "{");
        prose_add(&prose, "%.*s", (int)plain, text);
        text += plain;
        if (!*text)
            break;
        size_t length = strcspn(text + 1, "}");
        char *value = text[1 + length] ? placeholder(view, text + 1, length) : NULL;
        prose_put(&prose, value ? value : "{");
        text += value ? length + 2 : 1;
    }
    return prose_text(&prose);
}
