#include "audit/target/provider_family.h"

#include <string.h>

/* Schemes of Analysis Services' own addresses, all of them HTTPS but the first. */
static const struct {
    const char *scheme;
    enum endpoint_kind kind;
    unsigned port;
} schemes[] = {
    {"http://", ENDPOINT_TCP, 80},     {"https://", ENDPOINT_TLS, 443}, {"asazure://", ENDPOINT_TLS, 443},
    {"powerbi://", ENDPOINT_TLS, 443}, {"link://", ENDPOINT_TLS, 443},
};

/* The "host[:port]" of "scheme://[user@]host[:port]/path", with SCHEME bytes before it, as a text in OUT. */
static void authority(const char *url, size_t scheme, char *out, size_t size)
{
    struct text_span host = {url + scheme, strcspn(url + scheme, "/?#")};
    const char *at = memrchr(host.start, '@', host.length);
    if (at)
        host = (struct text_span){at + 1, host.length - (size_t)(at + 1 - host.start)};
    text_copy(out, size, host);
}

/* "host", "host:port", "host\instance": the redirector of named instances listens on 2382. */
static bool add_analysis_server(struct target_list *out, const char *data_source)
{
    struct text_span instance;
    char host[HOST_NAME_SIZE];
    text_copy(host, sizeof host, text_trim(text_split(text_span(data_source), '\\', &instance)));
    if (!instance.start)
        return network_add(out, ENDPOINT_ANALYSIS_SERVICES, data_source, NULL, 0);
    if (!network_add(out, ENDPOINT_ANALYSIS_SERVICES, host, NULL, 2382))
        return false;
    struct target *target = &out->at[out->count - 1];
    if (target->kind == ENDPOINT_ANALYSIS_SERVICES && !target->port_given) {
        text_copy(target->instance, sizeof target->instance, text_trim(instance));
        text_upper(target->instance);
        target_set_reason(target, "a named instance: the SQL Browser's redirector on port 2382 leads to it");
    }
    return true;
}

static bool add_analysis_address(struct target_list *out, const char *address)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (text_starts(text_span(address), schemes[i].scheme)) {
            char host[HOST_NAME_SIZE + 8];
            authority(address, strlen(schemes[i].scheme), host, sizeof host);
            return network_add(out, schemes[i].kind, host, NULL, schemes[i].port);
        }
    }
    return add_analysis_server(out, address);
}

bool analysis_services_family(const struct link_definition *link,
                              const struct target_surroundings *surroundings, const struct provider_row *row,
                              struct target_list *out)
{
    (void)surroundings;
    (void)row;
    struct provider_string string;
    if (!provider_string_parse(PROVIDER_OLEDB, link->provider_string, &string))
        return false;
    const char *address = link->data_source;
    if (text_trim(text_span(address)).length == 0)
        address = provider_string_server(&string);
    bool done = add_analysis_address(out, address ? address : "localhost");
    provider_string_clear(&string);
    return done;
}

/* The directory is named by each query's own LDAP path; the data source is a placeholder. */
bool directory_family(const struct link_definition *link, const struct target_surroundings *surroundings,
                      const struct provider_row *row, struct target_list *out)
{
    (void)row;
    const char *texts[] = {link->data_source, link->location, link->provider_string};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *path = texts[i] ? strcasestr(texts[i], "LDAP://") : NULL;
        if (!path)
            continue;
        char host[HOST_NAME_SIZE + 8];
        authority(path, strlen("LDAP://"), host, sizeof host);
        /* "LDAP://DC=corp,DC=example" names a naming context, not a server. */
        if (host[0] && !strchr(host, '='))
            return network_add(out, ENDPOINT_LDAP, host, NULL, 0);
    }
    char domain[HOST_NAME_SIZE];
    if (host_name_canonical(text_span(surroundings->owner_domain), domain) != HOST_NAME_OK)
        return target_set_name_only(
            out, ENDPOINT_ALIAS, target_link_label(link),
            "Active Directory: each query names its server, or the domain chooses one");
    struct target *target = target_add(out, ENDPOINT_LDAP);
    text_copy(target->host, sizeof target->host, text_span(domain));
    target_set_reason(
        target, "assumed: each query names its server, or a controller of the instance's domain answers");
    return true;
}

bool local_family(const struct link_definition *link, const struct target_surroundings *surroundings,
                  const struct provider_row *row, struct target_list *out)
{
    (void)surroundings;
    (void)row;
    return target_set_name_only(out, ENDPOINT_LOCAL, target_link_label(link),
                                "an index service of the instance's own machine");
}
