#include "audit/diagnosis/view.h"

#include "audit/diagnosis/prose.h"
#include "audit/model/properties.h"

#include "audit/target/host_name.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define SMB_PORT 445

bool endpoint_is_pipe(const struct endpoint *endpoint)
{
    return endpoint->kind == ENDPOINT_TCP && endpoint->port.known && endpoint->port.value == SMB_PORT;
}

/* The prober writes who sent the ICMP message behind what it says. */
static bool is_from_host_itself(const struct browser *browser)
{
    const char *said = browser->detail ? strstr(browser->detail, "port unreachable from ") : NULL;
    return said && browser->ip && strcmp(said + strlen("port unreachable from "), browser->ip) == 0;
}

bool endpoint_is_alive(const struct endpoint *endpoint)
{
    list_each (struct ping, ping, &endpoint->pings)
        if (ping->outcome == PING_ANSWERED)
            return true;
    return endpoint->browser && endpoint->browser->outcome == BROWSER_UNREACHABLE &&
           is_from_host_itself(endpoint->browser);
}

static bool is_network(const struct endpoint *endpoint)
{
    return endpoint && endpoint->kind != ENDPOINT_FILE && endpoint->kind != ENDPOINT_ALIAS &&
           endpoint->kind != ENDPOINT_LOCAL;
}

/* How much a failed connection tells: a refusal shows that the host lives, silence may be anything. */
static int telling(enum connect_outcome outcome)
{
    static const int weights[] = {
        [CONNECT_REFUSED] = 9,         [CONNECT_REJECTED] = 8, [CONNECT_PROHIBITED] = 7,
        [CONNECT_RESET] = 6,           [CONNECT_TIMEOUT] = 5,  [CONNECT_HOST_UNREACHABLE] = 4,
        [CONNECT_NET_UNREACHABLE] = 3, [CONNECT_FAILED] = 2,   [CONNECT_SKIPPED] = 1,
    };
    return (size_t)outcome < sizeof(weights) / sizeof(weights[0]) ? weights[outcome] : 0;
}

static void view_connections(struct view *view)
{
    list_each (struct connection, connection, &view->endpoint->connects) {
        if (connection->outcome == CONNECT_OK) {
            view->connected = view->connected ? view->connected : connection;
            view->connected_count++;
        } else if (!view->telling || telling(connection->outcome) > telling(view->telling->outcome)) {
            view->telling = connection;
        }
    }
}

static void view_tls(struct view *view)
{
    bool conclusive = false, inconclusive = false, accepted = false, modern_open = false,
         asked_modern = false;
    list_each (struct tls, tls, &view->endpoint->tls) {
        bool modern = tls->protocol >= TLS_1_2;
        bool refused = tls->outcome == TLS_REJECTED || tls->outcome == TLS_CLOSED;
        accepted = accepted || tls->outcome == TLS_ACCEPTED;
        view->modern_tls = view->modern_tls || (modern && tls->outcome == TLS_ACCEPTED);
        view->old_tls = view->old_tls || (!modern && tls->outcome == TLS_ACCEPTED);
        asked_modern = asked_modern || (tls->protocol == TLS_1_2 && refused);
        modern_open = modern_open || (modern && !refused && tls->outcome != TLS_SKIPPED);
        /* What failed over its whole range of versions is noted under the highest. */
        conclusive = conclusive || (modern && (refused || tls->outcome == TLS_TIMEOUT));
        inconclusive = inconclusive || tls->outcome == TLS_INCONCLUSIVE;
    }
    view->modern_tls_denied = asked_modern && !modern_open;
    view->tls_failed = conclusive && !accepted && !inconclusive;
}

/* The answers of other services, as those to PRELOGIN. */
static enum prelogin_outcome service_outcome(const struct endpoint *endpoint)
{
    static const struct {
        const char *service;
        enum prelogin_outcome outcome;
    } outcomes[] = {{"answered", PRELOGIN_OK},
                    {"not-expected", PRELOGIN_NOT_TDS},
                    {"closed", PRELOGIN_CLOSED},
                    {"reset", PRELOGIN_RESET},
                    {"silent", PRELOGIN_SILENT}};
    const char *service = endpoint_property(endpoint, PROPERTY_SERVICE);
    for (size_t i = 0; service && i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        if (strcmp(outcomes[i].service, service) == 0)
            return outcomes[i].outcome;
    return 0;
}

struct view view_of(struct arena *arena, const struct instance *instance, const struct linked_server *link,
                    const struct endpoint *endpoint)
{
    struct view view = {.arena = arena, .instance = instance, .link = link, .endpoint = endpoint};
    if (link && link->test && link->test->outcome != TEST_OK)
        view.heard = hear(arena, &link->test->messages);
    view.network = is_network(endpoint);
    if (!view.network)
        return view;
    view.named = endpoint->instance && *endpoint->instance && !endpoint->port.known;
    view.pipes = endpoint_is_pipe(endpoint);
    view.resolved = endpoint->resolve ? endpoint->resolve->outcome : 0;
    if (endpoint->resolve)
        list_each (struct address, address, &endpoint->resolve->addresses) {
            view.addresses++;
            view.denied += address->allowed == TERNARY_FALSE;
        }
    view_connections(&view);
    view.browser = endpoint->browser ? endpoint->browser->outcome : 0;
    view.prelogin = endpoint->prelogin ? endpoint->prelogin->outcome : service_outcome(endpoint);
    view.no_encryption = endpoint_offers_no_encryption(endpoint);
    view_tls(&view);
    list_each (struct certificate, certificate, &endpoint->certificates)
        if (certificate->position.known && certificate->position.value == 0)
            view.certificate = certificate;
    view.strict = endpoint->strict && endpoint->strict->outcome == STRICT_YES;
    return view;
}

bool view_test_is(const struct view *view, enum test_outcome outcome)
{
    return view->link && view->link->test && view->link->test->outcome == outcome;
}

bool view_reached(const struct view *view)
{
    return view_test_is(view, TEST_OK) || heard_proves_network(&view->heard);
}

bool view_connected(const struct view *view)
{
    const struct catalogue_row *row = view->heard.row;
    return view_reached(view) ||
           (row && (row->phase == HEARD_TLS || row->phase == HEARD_CERTIFICATE ||
                    row->cause == CAUSE_INSTANCE_NOT_FOUND || /* Oracle's listener said so */
                    (row->cause == CAUSE_CLOSED_ON_PRELOGIN && !row->vague)));
}

bool view_named(const struct view *view)
{
    const struct catalogue_row *row = view->heard.row;
    return view_connected(view) ||
           (row && (row->cause == CAUSE_PORT_REFUSED || (row->cause == CAUSE_PORT_TIMEOUT && !row->vague)));
}

const char *certificate_fault(const struct certificate *certificate, moment now)
{
    if (!certificate)
        return NULL;
    if (now.known && certificate->not_after.known && now.value > certificate->not_after.value)
        return "it has expired";
    if (now.known && certificate->not_before.known && now.value < certificate->not_before.value)
        return "it is not valid yet";
    if (certificate->fallback == TERNARY_TRUE)
        return "it is the one that SQL Server made for itself";
    if (certificate->self_signed == TERNARY_TRUE && certificate->trusted != TERNARY_TRUE)
        return "it is self-signed";
    if (certificate->trusted == TERNARY_FALSE)
        return "its chain is not trusted by the audit host";
    return NULL;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = text ? strlen(text) : 0, tail = strlen(end);
    while (length && text[length - 1] == '.')
        length--;
    return length >= tail && strncasecmp(text + length - tail, end, tail) == 0;
}

static bool is_azure_name(const char *host)
{
    static const char *const suffixes[] = {
        ".database.windows.net", ".database.chinacloudapi.cn",     ".database.usgovcloudapi.net",
        ".database.cloudapi.de", ".database.fabric.microsoft.com", ".datawarehouse.fabric.microsoft.com",
        ".sql.azuresynapse.net"};
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
        if (ends_with(host, suffixes[i]))
            return true;
    return false;
}

/* Who hosts it; "" for one that is hosted like any other. */
static const char *hosting_of(const struct instance *instance)
{
    const char *hosting = instance_property(instance, PROPERTY_MANAGED);
    return hosting ? hosting : "";
}

bool instance_is_azure(const struct instance *instance)
{
    if (!instance)
        return false;
    int64_t edition = instance->engine_edition.value;
    if (instance->engine_edition.known && (edition == 5 || edition == 6 || edition == 8 || edition == 11))
        return true;
    const char *hosting = hosting_of(instance); /* once: this is asked of each link, several times */
    return strcmp(hosting, "managed-instance") == 0 || strcmp(hosting, "azure-sql-database") == 0 ||
           strcmp(hosting, "babelfish") == 0 ||
           (!instance->engine_edition.known &&
            (is_azure_name(instance->server_name) || is_azure_name(instance->server)));
}

bool instance_is_managed(const struct instance *instance)
{
    return instance && ((instance->engine_edition.known && instance->engine_edition.value == 8) ||
                        strcmp(hosting_of(instance), "managed-instance") == 0);
}

bool instance_is_installed(const struct instance *instance)
{
    return instance && !instance_is_azure(instance) &&
           (!instance->engine_edition.known ||
            (instance->engine_edition.value >= 1 && instance->engine_edition.value <= 4));
}

bool instance_is_rds(const struct instance *instance)
{
    return instance && (strcmp(hosting_of(instance), "rds") == 0 ||
                        (instance->server && strcasestr(instance->server, ".rds.amazonaws.com")));
}

bool instance_is_linux(const struct instance *instance)
{
    const char *platform = instance ? instance_property(instance, PROPERTY_PLATFORM) : NULL;
    return platform && strcasecmp(platform, "Linux") == 0;
}

bool instance_name_is_given(const struct instance *instance)
{
    return instance &&
           (!instance_is_installed(instance) || instance_is_rds(instance) || instance_is_linux(instance));
}

bool endpoint_may_be_azure(const struct endpoint *endpoint)
{
    if (!endpoint)
        return false;
    if (is_azure_name(endpoint->host))
        return true;
    list_each (struct certificate, certificate, &endpoint->certificates)
        list_each (struct certificate_name, name, &certificate->names)
            if (is_azure_name(name->value))
                return true;
    const char *version = endpoint->prelogin ? endpoint->prelogin->server_version : NULL;
    return version && strncmp(version, "12.0.2000", 9) == 0 && (version[9] == '\0' || version[9] == '.');
}

bool link_is_replication(const struct linked_server *link)
{
    return link->system == TERNARY_TRUE || link->publisher == TERNARY_TRUE ||
           link->subscriber == TERNARY_TRUE || link->distributor == TERNARY_TRUE ||
           link->nonsql_subscriber == TERNARY_TRUE ||
           (link->name && strcasecmp(link->name, "repl_distributor") == 0);
}

bool link_is_sqlserver(const struct linked_server *link)
{
    if (!link->provider)
        return link->product && strcasecmp(link->product, "SQL Server") == 0;
    return strncasecmp(link->provider, "SQLNCLI", 7) == 0 ||
           strncasecmp(link->provider, "MSOLEDBSQL", 10) == 0 || strcasecmp(link->provider, "SQLOLEDB") == 0;
}

bool endpoint_offers_no_encryption(const struct endpoint *endpoint)
{
    const char *tls = endpoint_property(endpoint, PROPERTY_SERVICE_TLS);
    return (endpoint->prelogin && endpoint->prelogin->encryption == ENCRYPTION_NOT_SUPPORTED) ||
           (tls && strcmp(tls, "not-offered") == 0);
}

static bool nine_tenths(struct number part, struct number whole)
{
    return part.known && whole.known && whole.value > 0 && part.value * 10 >= whole.value * 9;
}

static void add_share(struct prose *prose, struct number part, struct number whole, const char *of_what)
{
    if (!nine_tenths(part, whole))
        return;
    prose_separate(prose, "; ");
    prose_add(prose, "%lld of %lld %s in use", (long long)part.value, (long long)whole.value, of_what);
}

char *instance_load(struct arena *arena, const struct instance *instance)
{
    if (!instance)
        return NULL;
    struct prose prose = prose_new(arena);
    struct number waiters = instance_property_number(instance, PROPERTY_THREADPOOL_WAITERS);
    if (waiters.known && waiters.value > 0)
        prose_add(&prose, "%lld tasks wait for a worker thread (THREADPOOL)", (long long)waiters.value);
    add_share(&prose, instance_property_number(instance, PROPERTY_WORKERS),
              instance_property_number(instance, PROPERTY_MAX_WORKERS), "workers");
    add_share(&prose, instance_property_number(instance, PROPERTY_USER_SESSIONS),
              instance_property_number(instance, PROPERTY_MAX_CONNECTIONS), "connections");
    return prose.length ? prose_text(&prose) : NULL;
}

bool endpoint_is_numeric(const struct endpoint *endpoint)
{
    return endpoint->host && host_name_is_address(endpoint->host);
}

struct number endpoint_port(const struct endpoint *endpoint)
{
    list_each (struct connection, connection, &endpoint->connects)
        if (connection->outcome == CONNECT_OK && connection->port.known)
            return connection->port;
    if (endpoint->port.known)
        return endpoint->port;
    if (endpoint->browser && endpoint->browser->tcp_port.known)
        return endpoint->browser->tcp_port;
    return endpoint->connects.first ? endpoint->connects.first->port : (struct number){0};
}

char *endpoint_server(struct arena *arena, const struct endpoint *endpoint)
{
    const char *host = endpoint->host ? endpoint->host : "?";
    if (endpoint->port.known && endpoint->port.value == 1433)
        return arena_text(arena, host);
    if (endpoint->port.known)
        return arena_format(arena, "%s,%lld", host, (long long)endpoint->port.value);
    if (endpoint->instance && *endpoint->instance)
        return arena_format(arena, "%s\\%s", host, endpoint->instance);
    return arena_text(arena, host);
}

char *date_text(struct arena *arena, moment when)
{
    time_t seconds = (time_t)when.value;
    struct tm tm;
    if (!when.known || !gmtime_r(&seconds, &tm))
        return arena_text(arena, "?");
    return arena_format(arena, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}
