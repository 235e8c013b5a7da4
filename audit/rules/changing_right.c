#include "audit/rules/changing_right.h"

#include "audit/diagnosis/tsql_quote.h"
#include "audit/diagnosis/version.h"
#include "audit/rules/assessment.h"

#include <strings.h>

#define MAJOR_2012 11 /* ALTER SERVER ROLE … DROP MEMBER came with it */

/* The widest first. */
static const struct changing_right rights[] = {{"sysadmin", true, true},
                                               {"CONTROL SERVER", false, true},
                                               {"setupadmin", true, false},
                                               {"ALTER ANY LINKED SERVER", false, false}};

const struct changing_right *changing_right_of_audit(const struct instance *instance)
{
    for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++)
        if (permission_held(instance, rights[i].name) == TERNARY_TRUE)
            return &rights[i];
    return NULL;
}

const struct changing_right *changing_right_named(const char *name)
{
    for (size_t i = 0; name && i < sizeof(rights) / sizeof(rights[0]); i++)
        if (strcasecmp(rights[i].name, name) == 0)
            return &rights[i];
    return NULL;
}

char *changing_right_taken_away(struct arena *arena, const struct instance *instance,
                                const struct changing_right *right, const char *login)
{
    struct version version = version_of(instance->server_version);
    char *name = quote_identifier(arena, login);
    if (!right->role)
        return arena_format(arena, "REVOKE %s FROM %s;", right->name, name);
    if (version.known && version.part[0] >= MAJOR_2012)
        return arena_format(arena, "ALTER SERVER ROLE %s DROP MEMBER %s;", right->name, name);
    return arena_format(arena, "EXEC sys.sp_dropsrvrolemember @loginame = %s, @rolename = N'%s';",
                        quote_literal(arena, login), right->name);
}
