#include "audit/way_in.h"
#include "audit/model/memory.h"
#include "audit/target/provider_string.h"
#include "odbc/connection_string.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAXIMUM 100000 /* per question, asked of the driver */
#define ADDRESS_SPACE 2048  /* megabytes, per collector */

static bool connection_target(const char *connection, struct target *target)
{
    struct provider_string string;
    if (!provider_string_parse(PROVIDER_ODBC, connection, &string))
        memory_exhausted();
    const char *server = provider_string_server(&string),
               *port = provider_string_value(&string, KEYWORD_PORT);
    bool found = server && target_from_text(server, target) && target->kind == ENDPOINT_SQLSERVER;
    if (found && port && !target->port_given)
        target->port = host_name_port(text_span(port));
    provider_string_clear(&string);
    return found;
}

bool way_in_target(const struct instance_config *instance, struct target *target)
{
    if (instance->server)
        return target_from_text(instance->server, target) && target->kind == ENDPOINT_SQLSERVER;
    return instance->connection && connection_target(instance->connection, target);
}

/* An entry of [hosts] wins over the name service, for the driver as for the prober. */
static const char *mapped_host(const struct config *config, const char *host)
{
    const char *mapped = host_table_find(config->host_table, host);
    return mapped ? mapped : host;
}

void way_in_fill(struct arena *arena, const struct config *config, const struct instance_config *instance,
                 unsigned port, struct collector_job *job)
{
    const struct login_config *login = instance->login;
    struct target target;
    job->instance = instance->name;
    job->dsn = instance->dsn;
    job->connection = instance->connection;
    if (instance->server && way_in_target(instance, &target)) {
        unsigned known = target.port ? target.port : port;
        const char *host = mapped_host(config, target.host);
        job->server = arena_text(arena, host);
        job->port = number_of(known ? known : 1433);
        /* The driver would ask for a ticket of what it connects to. */
        if (host != target.host && login && login->trusted && strchr(target.host, '.'))
            job->spn = arena_format(arena, "MSSQLSvc/%s:%lld", target.host, (long long)job->port.value);
    }
    if (login) {
        job->driver = login->driver;
        job->uid = login->uid;
        job->encrypt = login->encrypt;
        job->trusted = login->trusted ? TERNARY_TRUE : TERNARY_FALSE;
        job->has_password = login->password.bytes ? TERNARY_TRUE : TERNARY_FALSE;
    }
    job->login_timeout = number_of(instance->login_timeout);
    job->query_timeout = number_of(instance->query_timeout);
    job->maximum_rows = number_of(ROWS_MAXIMUM);
#ifndef __SANITIZE_ADDRESS__
    job->memory = number_of(ADDRESS_SPACE); /* the sanitizer's shadow needs more than any limit */
#endif
}

char *way_in_text(const struct config *config, const struct instance_config *instance)
{
    struct collector_job job = {.task = TASK_INVENTORY};
    bool password = instance->login && !instance->login->trusted;
    way_in_fill(config->arena, config, instance, 0, &job);
    return connection_string_redacted(config->arena, &job, password, NULL);
}

static bool mistake(const struct instance_config *instance, const char *reason)
{
    fprintf(stderr, "%s:%u: [instance %s]: %s\n", instance->place.file, instance->place.line, instance->name,
            reason);
    return false;
}

static bool check_instance(const struct config *config, const struct instance_config *instance)
{
    struct target target;
    struct collector_job job = {.task = TASK_INVENTORY};
    const struct login_config *login = instance->login;
    if (instance->server && !target_from_text(instance->server, &target))
        return mistake(instance, target.reason);
    if (instance->server && target.kind != ENDPOINT_SQLSERVER)
        return mistake(instance, "server: expected [tcp:]host[\\instance][,port] of a SQL Server");
    const char *exposed = instance->connection ? connection_string_exposes(instance->connection) : NULL;
    if (exposed)
        return mistake(instance, exposed);
    way_in_fill(config->arena, config, instance, 0, &job);
    struct connection_string string =
        connection_string_build(&job, login && login->password.bytes ? login->password.bytes : NULL, NULL);
    bool good = string.text || mistake(instance, string.error);
    connection_string_clear(&string);
    return good;
}

bool way_in_check(const struct config *config)
{
    bool good = true;
    list_each (struct instance_config, instance, &config->instances)
        good = check_instance(config, instance) && good;
    return good;
}
