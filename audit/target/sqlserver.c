#include "audit/target/provider_family.h"

#include <string.h>

const char *sqlserver_library_prefix(const char *library)
{
    static const struct {
        const char *library;
        const char *prefix;
    } libraries[] = {{"dbmssocn", "tcp:"}, {"tcp", "tcp:"},      {"tcpip", "tcp:"}, {"dbnmpntw", "np:"},
                     {"np", "np:"},        {"dbmslpcn", "lpc:"}, {"lpc", "lpc:"},   {"dbmsshrn", "lpc:"}};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (text_equal(library, libraries[i].library))
            return libraries[i].prefix;
    return "";
}

/* Shared memory, LocalDB and a pipe of "\\\\." never leave the machine. */
static void use_local(struct target *target, const struct data_source *source)
{
    target->kind = ENDPOINT_LOCAL;
    target->own_host = true;
    target->host[0] = '\0';
    target->instance[0] = '\0';
    if (source->localdb) {
        text_format(target->name, sizeof target->name, "(localdb)\\%s",
                    source->instance[0] ? source->instance : source->pipe);
        target_set_reason(target, "LocalDB: a process of one user of the instance's own machine");
    } else if (source->protocol == DATA_SOURCE_PIPES) {
        text_format(target->name, sizeof target->name, "np:%s", target->pipe);
        target_set_reason(target, "a named pipe of the instance's own machine");
    } else {
        text_format(target->name, sizeof target->name, "lpc:%s", source->instance);
        target_set_reason(target, "shared memory: never leaves the instance's own machine");
    }
}

/* A named pipe travels over SMB: the port can be tested, TDS needs a Windows login there. */
static void use_pipe(struct target *target, const struct data_source *source)
{
    text_copy(target->pipe, sizeof target->pipe, text_span(source->pipe));
    if (!source->pipe[0] && source->instance[0]) {
        text_format(target->pipe, sizeof target->pipe, "mssql$%s\\sql\\query", source->instance);
        text_lower(target->pipe);
    } else if (!source->pipe[0]) {
        text_format(target->pipe, sizeof target->pipe, "sql\\query");
    }
    if (source->own_host) {
        use_local(target, source);
        return;
    }
    target->kind = ENDPOINT_TCP;
    target->port = 445;
    target->instance[0] = '\0';
    target_set_reason(target, "a named pipe: it travels over SMB, of which only port 445 can be tested");
}

static void from_data_source(const struct data_source *source, struct target *target)
{
    text_copy(target->host, sizeof target->host, text_span(source->host));
    text_copy(target->instance, sizeof target->instance, text_span(source->instance));
    target->own_host = source->own_host;
    if (source->own_host)
        text_copy(target->host, sizeof target->host, text_span("localhost"));
    target->port = source->port;
    target->port_given = source->port != 0;
    if (source->localdb || source->protocol == DATA_SOURCE_SHARED_MEMORY) {
        use_local(target, source);
    } else if (source->protocol == DATA_SOURCE_PIPES) {
        use_pipe(target, source);
    } else if (source->protocol == DATA_SOURCE_ADMIN) {
        target->dedicated_admin = true;
        if (!source->port && !source->instance[0])
            target->port = 1434;
    }
}

bool sqlserver_add(struct target_list *list, const char *data_source, enum target_role role)
{
    struct data_source source;
    enum data_source_error error = data_source_parse(data_source, &source);
    /* Drivers disagree about the last two: what can be meant is the default instance. */
    if (error == DATA_SOURCE_OK || error == DATA_SOURCE_DEFAULT_INSTANCE ||
        error == DATA_SOURCE_EMPTY_INSTANCE) {
        struct target *target = target_add(list, ENDPOINT_SQLSERVER);
        from_data_source(&source, target);
        if (error != DATA_SOURCE_OK && !target->reason[0])
            target_set_reason(target, data_source_error_text(error));
    } else if (!target_set_name_only(list, ENDPOINT_ALIAS, data_source, data_source_error_text(error))) {
        return false;
    }
    list->at[list->count - 1].role = role;
    return true;
}

/* The data source that an alias of the client stands for: "DBMSSOCN,host[,port]" becomes "tcp:host,port". */
static bool follow_alias(const struct target_surroundings *surroundings, const char *data_source, char *out,
                         size_t size)
{
    struct text_span wanted = text_trim(text_span(data_source));
    for (size_t i = 0; i < surroundings->alias_count; i++) {
        const struct alias_entry *alias = &surroundings->aliases[i];
        struct text_span name = text_trim(text_span(alias->name));
        if (name.length == 0 || name.length != wanted.length ||
            strncasecmp(name.start, wanted.start, name.length) != 0)
            continue;
        struct text_span rest;
        char library[32];
        text_copy(library, sizeof library, text_trim(text_split(text_span(alias->connect_to), ',', &rest)));
        if (!rest.start)
            continue;
        text_format(out, size, "%s%.*s", sqlserver_library_prefix(library), (int)rest.length, rest.start);
        return true;
    }
    return false;
}

/* Where the link leads by its definition: the data source, else the provider string, else the link's own
 * name. */
static const char *server_of(const struct link_definition *link, const struct provider_string *string)
{
    if (text_trim(text_span(link->data_source)).length > 0)
        return link->data_source;
    const char *server = provider_string_server(string);
    if (server)
        return server;
    return text_equal(link->product, "SQL Server") ? link->name : "";
}

static bool add_server(const struct target_surroundings *surroundings, const struct provider_string *string,
                       const char *server, enum target_role role, struct target_list *out)
{
    char text[HOST_NAME_SIZE + DATA_SOURCE_PIPE_SIZE + 16];
    if (follow_alias(surroundings, server, text, sizeof text)) {
        if (!sqlserver_add(out, text, role))
            return false;
        struct target *target = &out->at[out->count - 1];
        if (!target->reason[0])
            text_format(target->reason, sizeof target->reason,
                        "a client alias of the instance's machine redirects the data source to %s", text);
        return true;
    }
    const char *prefix = sqlserver_library_prefix(provider_string_value(string, KEYWORD_NETWORK_LIBRARY));
    if (!*prefix || strchr(server, ':') || text_starts(text_trim(text_span(server)), "\\\\") ||
        strlen(server) + 8 > sizeof text)
        return sqlserver_add(out, server, role);
    text_format(text, sizeof text, "%s%s", prefix, server);
    return sqlserver_add(out, text, role);
}

bool sqlserver_family(const struct link_definition *link, const struct target_surroundings *surroundings,
                      const struct provider_row *row, struct target_list *out)
{
    (void)row;
    struct provider_string string;
    if (!provider_string_parse(PROVIDER_OLEDB, link->provider_string, &string))
        return false;
    bool done = add_server(surroundings, &string, server_of(link, &string), TARGET_PRIMARY, out);
    const char *partner = provider_string_value(&string, KEYWORD_FAILOVER_PARTNER);
    if (done && partner && *partner)
        done = add_server(surroundings, &string, partner, TARGET_FAILOVER_PARTNER, out);
    provider_string_clear(&string);
    return done;
}
