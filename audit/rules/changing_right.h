/* Rights to change links: what gives them, and the statement that takes them away. Internal to audit/rules/.
 */
#pragma once

#include "audit/model/model.h"

struct changing_right {
    const char *name; /* of the permission or of the server role */
    bool role, widest;
};

/* The widest one that the audit login holds: what is weaker comes with it. NULL: none. */
const struct changing_right *changing_right_of_audit(const struct instance *instance);

/* By name, whether as permission or as role; NULL: it is none. */
const struct changing_right *changing_right_named(const char *name);

/* ALTER SERVER ROLE … DROP MEMBER or REVOKE, as the instance's version knows it. */
char *changing_right_taken_away(struct arena *arena, const struct instance *instance,
                                const struct changing_right *right, const char *login);
