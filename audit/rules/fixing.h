/* How a script is written, shared by the files that write parts of it. Internal to audit/rules/. */
#pragma once

#include "audit/diagnosis/prose.h"
#include "audit/rules/fix.h"

struct fixing {
    struct arena *arena;
    const struct fix_plan *plan;
    struct instance *instance;
    struct linked_server *link; /* as the statements so far leave it; NULL: of the instance as a whole */
    const struct endpoint *endpoint;
    struct prose script;
    bool recreated;        /* the link's recreation was written already */
    bool sysadmins_mapped; /* its mappings that reach sysadmin were */
    bool by_hand; /* nothing may run as it stands: replication's link, or a name that a script cannot carry */
};

/* ---- lines ---- */

void script_line(struct fixing *f, const char *text);
/* A line of what may run; behind a comment where the link is changed by hand only. */
void script_code(struct fixing *f, const char *text);
/* Text of several lines, each behind a comment and safe there. */
void script_remark(struct fixing *f, const char *text);
/* A statement that a person must decide on: why first (may be NULL), then the statement behind a comment. */
void script_commented(struct fixing *f, const char *why, const char *statement);

char *script_literal(struct fixing *f, const char *text);
char *script_comment(struct fixing *f, const char *text);
/* The link's name as an expression: where a literal cannot carry it, the variable that its part of the script
 * begins with, if there is one. */
char *script_link(struct fixing *f);
bool script_has_variable(const struct fixing *f);
/* The call of sp_serveroption for the server that the expression names. */
char *script_option(struct fixing *f, const char *server, const char *option, const char *value);

/* ---- parts ---- */

/* The audited instance that the link leads to, or NULL. */
const struct instance *fix_target(const struct fixing *f);

/* The remedy of a finding; false when its rule has none that T-SQL can be. */
bool fix_remedy(struct fixing *f, const struct finding *finding);

/* The link created anew with that provider, everything commented out, once for each link. */
void fix_recreate(struct fixing *f, const char *provider);
void fix_list_uses(struct fixing *f);
char *fix_drop_link(struct fixing *f);

/* A mapping's logins as expressions. A login that is not visible must not become NULL, which is every login.
 */
char *fix_local_login(struct fixing *f, const struct login_mapping *mapping);
char *fix_remote_user(struct fixing *f, const struct login_mapping *mapping);

/* Of logins, by finding. */
void fix_everyone(struct fixing *f, const struct finding *finding);
void fix_sysadmin(struct fixing *f, const struct finding *finding);
void fix_refused_login(struct fixing *f, const struct finding *finding);
void fix_password(struct fixing *f, const struct finding *finding);
void fix_principals(struct fixing *f, const struct finding *finding);
void fix_audit_login(struct fixing *f, const struct finding *finding);
