#include "audit/target/provider_family.h"

#include <string.h>

/* Where a driver's own keywords lead. The first row of which the name occurs in DRIVER= fits. Default ports
   are those of the drivers' manuals; 0: the kind's. */
enum odbc_address { ADDRESS_SQLSERVER, ADDRESS_ORACLE, ADDRESS_NETWORK, ADDRESS_FILE };
static const struct odbc_driver {
    const char *name;
    enum odbc_address address;
    enum endpoint_kind kind;
    unsigned port;
} drivers[] = {
    {"sql server", ADDRESS_SQLSERVER, ENDPOINT_SQLSERVER, 0},
    {"sql native client", ADDRESS_SQLSERVER, ENDPOINT_SQLSERVER, 0},
    {"freetds", ADDRESS_SQLSERVER, ENDPOINT_SQLSERVER, 0},
    {"tdsodbc", ADDRESS_SQLSERVER, ENDPOINT_SQLSERVER, 0},
    {"msodbcsql", ADDRESS_SQLSERVER, ENDPOINT_SQLSERVER, 0},
    {"postgres", ADDRESS_NETWORK, ENDPOINT_POSTGRESQL, 0},
    {"psqlodbc", ADDRESS_NETWORK, ENDPOINT_POSTGRESQL, 0},
    {"redshift", ADDRESS_NETWORK, ENDPOINT_POSTGRESQL, 5439},
    {"mysql", ADDRESS_NETWORK, ENDPOINT_MYSQL, 0},
    {"mariadb", ADDRESS_NETWORK, ENDPOINT_MYSQL, 0},
    {"oracle", ADDRESS_ORACLE, ENDPOINT_ORACLE, 0},
    {"db2", ADDRESS_NETWORK, ENDPOINT_DB2, 50000},
    {"iseries", ADDRESS_NETWORK, ENDPOINT_TCP, 8471},
    {"ibm i access", ADDRESS_NETWORK, ENDPOINT_TCP, 8471},
    {"client access odbc", ADDRESS_NETWORK, ENDPOINT_TCP, 8471},
    {"snowflake", ADDRESS_NETWORK, ENDPOINT_TLS, 443},
    {"databricks", ADDRESS_NETWORK, ENDPOINT_TLS, 443},
    {"hdbodbc", ADDRESS_NETWORK, ENDPOINT_TCP, 30015},
    {"teradata", ADDRESS_NETWORK, ENDPOINT_TCP, 1025},
    {"informix", ADDRESS_NETWORK, ENDPOINT_TCP, 9088},
    {"sql anywhere", ADDRESS_NETWORK, ENDPOINT_TCP, 2638},
    {"adaptive server", ADDRESS_NETWORK, ENDPOINT_TCP, 5000},
    {"sybase", ADDRESS_NETWORK, ENDPOINT_TCP, 5000},
    {"vertica", ADDRESS_NETWORK, ENDPOINT_TCP, 5433},
    {"netezza", ADDRESS_NETWORK, ENDPOINT_TCP, 5480},
    {"firebird", ADDRESS_NETWORK, ENDPOINT_TCP, 3050},
    {"intersystems", ADDRESS_NETWORK, ENDPOINT_TCP, 1972},
    {"access driver", ADDRESS_FILE, ENDPOINT_FILE, 0},
    {"access text driver", ADDRESS_FILE, ENDPOINT_FILE, 0},
    {"excel driver", ADDRESS_FILE, ENDPOINT_FILE, 0},
    {"text driver", ADDRESS_FILE, ENDPOINT_FILE, 0},
    {"dbase driver", ADDRESS_FILE, ENDPOINT_FILE, 0},
    {"foxpro", ADDRESS_FILE, ENDPOINT_FILE, 0},
    {"sqlite", ADDRESS_FILE, ENDPOINT_FILE, 0},
};

/* The strings of one link, the one that the driver reads first in front. */
struct odbc_strings {
    struct provider_string part[4];
    size_t count;
};

static const char *find(const struct odbc_strings *strings, enum provider_keyword keyword)
{
    for (size_t i = 0; i < strings->count; i++) {
        const char *value = provider_string_value(&strings->part[i], keyword);
        if (value && *value)
            return value;
    }
    return NULL;
}

static const char *find_first(const struct odbc_strings *strings, const enum provider_keyword *order,
                              size_t count)
{
    const char *value = NULL;
    for (size_t i = 0; i < count && !value; i++)
        value = find(strings, order[i]);
    return value;
}

static const struct odbc_driver *find_driver(const char *name)
{
    for (size_t i = 0; name && i < sizeof drivers / sizeof *drivers; i++)
        if (strcasestr(name, drivers[i].name))
            return &drivers[i];
    return NULL;
}

static bool add_alias(const struct link_definition *link, const struct odbc_strings *strings,
                      struct target_list *out)
{
    const char *dsn = find(strings, KEYWORD_DSN);
    const char *reason = "an ODBC data source name: only the instance's machine knows where it leads";
    if (find(strings, KEYWORD_DRIVER))
        reason = "the ODBC driver's keywords name no server that this program knows how to find";
    else if (!dsn && find(strings, KEYWORD_FILE_DSN))
        reason = "a file DSN: only the instance's machine knows where it leads";
    const char *name = dsn ? dsn : find(strings, KEYWORD_FILE_DSN);
    if (!name)
        name = target_link_label(link);
    return target_set_name_only(out, ENDPOINT_ALIAS, name, reason);
}

static bool add_sqlserver(const struct odbc_strings *strings, const char *driver, struct target_list *out)
{
    static const enum provider_keyword order[] = {KEYWORD_ADDRESS, KEYWORD_SERVER};
    const char *server = find_first(strings, order, 2);
    const char *port = find(strings, KEYWORD_PORT);
    if (!sqlserver_add(out, server ? server : "", TARGET_PRIMARY))
        return false;
    struct target *target = &out->at[out->count - 1];
    /* Only FreeTDS knows a Port keyword; Microsoft's drivers ignore it. */
    if (port && (strcasestr(driver, "freetds") || strcasestr(driver, "tdsodbc")) && !target->port_given &&
        target->kind == ENDPOINT_SQLSERVER && host_name_port(text_span(port)) != 0) {
        target->port = host_name_port(text_span(port));
        target->port_given = true;
        target->instance[0] = '\0';
    }
    const char *partner = find(strings, KEYWORD_FAILOVER_PARTNER);
    return !partner || sqlserver_add(out, partner, TARGET_FAILOVER_PARTNER);
}

static bool add_oracle(const struct link_definition *link, const struct odbc_strings *strings,
                       struct target_list *out)
{
    static const enum provider_keyword order[] = {KEYWORD_DBQ, KEYWORD_SERVER, KEYWORD_ADDRESS};
    const char *host = find(strings, KEYWORD_HOST);
    if (host) /* DataDirect's drivers take host and port apart */
        return network_add(out, ENDPOINT_ORACLE, host, find(strings, KEYWORD_PORT), 0);
    const char *identifier = find_first(strings, order, sizeof order / sizeof *order);
    return identifier ? oracle_add(out, identifier) : add_alias(link, strings, out);
}

static bool add_driver(const struct link_definition *link, const struct odbc_strings *strings,
                       struct target_list *out)
{
    static const enum provider_keyword hosts[] = {KEYWORD_ADDRESS, KEYWORD_HOST, KEYWORD_SERVER};
    static const enum provider_keyword files[] = {KEYWORD_DBQ, KEYWORD_DATABASE, KEYWORD_SERVER};
    const char *name = find(strings, KEYWORD_DRIVER);
    const struct odbc_driver *driver = find_driver(name);
    if (!driver) {
        const char *host = find_first(strings, hosts, sizeof hosts / sizeof *hosts);
        const char *port = find(strings, KEYWORD_PORT);
        return name && host && port ? network_add(out, ENDPOINT_TCP, host, port, 0)
                                    : add_alias(link, strings, out);
    }
    switch (driver->address) {
    case ADDRESS_SQLSERVER:
        return add_sqlserver(strings, name, out);
    case ADDRESS_ORACLE:
        return add_oracle(link, strings, out);
    case ADDRESS_FILE: {
        const char *path = find_first(strings, files, sizeof files / sizeof *files);
        return path ? file_add(out, path) : add_alias(link, strings, out);
    }
    case ADDRESS_NETWORK:
        break;
    }
    const char *host = find_first(strings, hosts, sizeof hosts / sizeof *hosts);
    return host ? network_add(out, driver->kind, host, find(strings, KEYWORD_PORT), driver->port)
                : add_alias(link, strings, out);
}

static bool add_string(struct odbc_strings *strings, enum provider_dialect dialect, const char *text)
{
    if (!provider_string_parse(dialect, text, &strings->part[strings->count]))
        return false;
    strings->count++;
    return true;
}

/* MSDASQL hands its provider string to the driver manager; people also write the driver's string into
   Extended Properties (quoted as OLE DB does) or into the data source. */
static bool read_strings(const struct link_definition *link, struct odbc_strings *strings)
{
    if (!add_string(strings, PROVIDER_ODBC, link->provider_string) ||
        !add_string(strings, PROVIDER_OLEDB, link->provider_string))
        return false;
    const char *nested = provider_string_value(&strings->part[1], KEYWORD_EXTENDED_PROPERTIES);
    if (nested && !add_string(strings, PROVIDER_ODBC, nested))
        return false;
    bool pairs = link->data_source && strchr(link->data_source, '=');
    return !pairs || add_string(strings, PROVIDER_ODBC, link->data_source);
}

bool odbc_family(const struct link_definition *link, const struct target_surroundings *surroundings,
                 const struct provider_row *row, struct target_list *out)
{
    (void)surroundings;
    (void)row;
    struct odbc_strings strings = {.count = 0};
    bool done = read_strings(link, &strings) && add_driver(link, &strings, out);
    for (size_t i = 0; i < strings.count; i++)
        provider_string_clear(&strings.part[i]);
    return done;
}
