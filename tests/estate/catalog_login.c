/* Who holds which right, as far as what the catalog shows depends on it. */
#include "catalog.h"
#include "scenario.h"
#include "statistics.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int version_of(const struct instance *instance)
{
    return instance->major * 100 + instance->minor;
}

bool catalog_database_exists(const struct instance *instance, const char *database)
{
    static const char *const system_databases[] = {"master", "tempdb", "model", "msdb"};
    for (size_t i = 0; i < sizeof system_databases / sizeof *system_databases; i++)
        if (same_text(system_databases[i], database))
            return true;
    return entry_child(instance->entry, "database", database);
}

bool catalog_database_is_closed(const struct entry *database)
{
    return database && entry_flag(database, "auto_close", false) && !entry_flag(database, "open", false);
}

void catalog_count_look(const struct instance *instance, const char *name)
{
    const struct entry *database = entry_child(instance->entry, "database", name);
    bool has_one_seat = database && same_text(entry_value(database, "access", ""), "SINGLE_USER");
    bool is_standby = database && entry_flag(database, "standby", false);
    if (catalog_database_is_closed(database))
        statistics_count(instance->statistics, COUNT_DATABASES_WOKEN);
    if (has_one_seat || is_standby || same_text(name, "model"))
        statistics_count(instance->statistics, COUNT_DATABASES_SEIZED);
}

/* Server permissions with the version that brought them and the ones that include them. */
static const struct permission {
    const char *name;
    int since;
    const char *included_in[4];
} permissions[] = {
    {"CONTROL SERVER", 0, {NULL}},
    {"ALTER ANY LINKED SERVER", 0, {NULL}},
    {"ALTER ANY LOGIN", 0, {NULL}},
    {"ALTER ANY DATABASE", 0, {NULL}},
    {"IMPERSONATE ANY LOGIN", 1200, {NULL}},
    {"CONNECT SQL", 0, {NULL}},
    {"VIEW ANY DATABASE", 0, {NULL}},
    {"CONNECT ANY DATABASE", 1200, {NULL}},
    {"VIEW ANY DEFINITION", 0, {NULL}},
    {"VIEW ANY SECURITY DEFINITION", 1600, {"VIEW ANY DEFINITION"}},
    {"VIEW ANY PERFORMANCE DEFINITION", 1600, {"VIEW ANY DEFINITION"}},
    {"VIEW SERVER STATE", 0, {"ALTER SERVER STATE"}},
    {"ALTER SERVER STATE", 0, {NULL}},
    {"VIEW SERVER PERFORMANCE STATE", 1600, {"VIEW SERVER STATE"}},
    {"VIEW SERVER SECURITY STATE", 1600, {"VIEW SERVER STATE"}},
    {"SELECT ALL USER SECURABLES", 1200, {NULL}},
    {"ADMINISTER BULK OPERATIONS", 0, {NULL}},
    {"SHUTDOWN", 0, {NULL}},
};

/* What fixed server roles bring with them, as far as it matters here. */
static const struct role {
    const char *name, *permission;
} role_permissions[] = {
    {"setupadmin", "ALTER ANY LINKED SERVER"},
    {"securityadmin", "ALTER ANY LOGIN"},
    {"serveradmin", "VIEW SERVER STATE"},
    {"processadmin", "VIEW SERVER STATE"},
};

static const char *const fixed_roles[] = {"sysadmin",     "securityadmin", "serveradmin", "setupadmin",
                                          "processadmin", "diskadmin",     "dbcreator",   "bulkadmin"};

int catalog_role_member(const struct entry *login, const char *role)
{
    bool exists = same_text(role, "public");
    for (size_t i = 0; i < sizeof fixed_roles / sizeof *fixed_roles; i++)
        exists |= same_text(role, fixed_roles[i]);
    if (entry_has(login, "role", role) || same_text(role, "public"))
        return 1;
    return exists ? entry_has(login, "role", "sysadmin") : -1;
}

static const struct permission *permission_of(const struct instance *instance, const char *name)
{
    for (size_t i = 0; i < sizeof permissions / sizeof *permissions; i++)
        if (same_text(permissions[i].name, name) && version_of(instance) >= permissions[i].since)
            return &permissions[i];
    return NULL;
}

static bool holds(const struct instance *instance, const struct entry *login, const char *name)
{
    static const char *const public_permissions[] = {"VIEW ANY DATABASE", "CONNECT SQL"};
    if (entry_has(login, "grant", name))
        return true;
    for (size_t i = 0; i < sizeof public_permissions / sizeof *public_permissions; i++)
        if (same_text(public_permissions[i], name))
            return true;
    for (size_t i = 0; i < sizeof role_permissions / sizeof *role_permissions; i++)
        if (same_text(role_permissions[i].permission, name) &&
            entry_has(login, "role", role_permissions[i].name))
            return true;
    const struct permission *permission = permission_of(instance, name);
    for (size_t i = 0; permission && i < 4 && permission->included_in[i]; i++)
        if (holds(instance, login, permission->included_in[i]))
            return true;
    return false;
}

int catalog_server_permission(const struct instance *instance, const struct entry *login, const char *name)
{
    if (!permission_of(instance, name))
        return -1;
    return entry_has(login, "role", "sysadmin") || entry_has(login, "grant", "CONTROL SERVER") ||
           holds(instance, login, name);
}

bool catalog_has_database_access(const struct instance *instance, const struct entry *login,
                                 const char *database)
{
    static const char *const guests[] = {"master", "tempdb", "msdb"}; /* guest may enter */
    for (size_t i = 0; i < sizeof guests / sizeof *guests; i++)
        if (same_text(guests[i], database) && !entry_has(login, "database", "-msdb"))
            return true;
    return entry_has(login, "database", database) || entry_has(login, "database", "*") ||
           catalog_server_permission(instance, login, "CONNECT ANY DATABASE") == 1 ||
           catalog_server_permission(instance, login, "CONTROL SERVER") == 1;
}

/* `database_grant` values are "DATABASE: PERMISSION" or "DATABASE: SELECT schema.object". */
bool catalog_database_permission(const struct instance *instance, const struct entry *login,
                                 const char *database, const char *what)
{
    if (catalog_server_permission(instance, login, "CONTROL SERVER") == 1)
        return true;
    if (same_text(what, "VIEW DEFINITION") &&
        catalog_server_permission(instance, login, "VIEW ANY DEFINITION") == 1)
        return catalog_has_database_access(instance, login, database);
    char *written = format_text("%s: %s", database, what);
    char *owner = format_text("%s: db_owner", database);
    bool granted = entry_has(login, "database_grant", written) || entry_has(login, "database_grant", owner);
    free(written);
    free(owner);
    return granted;
}

bool catalog_object_exists(const struct instance *instance, const char *database, const char *what)
{
    const struct entry *login;
    char *written = format_text("%s: %s", database, what);
    bool exists = strncasecmp(what, "EXECUTE dbo.", 12) != 0;
    for (size_t position = 0; !exists && (login = entry_next(instance->entry, "login", &position));)
        exists = entry_has(login, "database_grant", written);
    free(written);
    return exists;
}

int catalog_principal(const struct instance *instance, const char *name)
{
    const struct entry *login;
    char *end;
    long number = strtol(name, &end, 10);
    int id = 260;
    if (*name && !*end)
        return (int)number;
    if (same_text(name, "sa"))
        return 1;
    for (size_t position = 0; (login = entry_next(instance->entry, "login", &position)); id++)
        if (same_text(login->name, name))
            return id;
    return 0;
}

bool catalog_sees_link(const struct instance *instance, const struct entry *login, const struct entry *link)
{
    const struct entry *mapping;
    bool has_mapping = false;
    if (catalog_server_permission(instance, login, "ALTER ANY LINKED SERVER") == 1 ||
        catalog_server_permission(instance, login, "ALTER ANY LOGIN") == 1)
        return true;
    for (size_t position = 0; (mapping = entry_next(link, "mapping", &position)); has_mapping = true) {
        const char *local = entry_value(mapping, "local", "*");
        if (strcmp(local, "*") == 0 || same_text(local, login->name))
            return true;
    }
    return !has_mapping; /* sp_addlinkedserver maps everybody to themselves */
}
