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
    bool recreated; /* the link's recreation was written already */
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
/* The call of sp_serveroption for the link of that name. */
char *script_option(struct fixing *f, const char *name, const char *option, const char *value);

/* ---- parts ---- */

/* The remedy of a finding; false when its rule has none that T-SQL can be. */
bool fix_remedy(struct fixing *f, const struct finding *finding);

/* The link created anew with that provider, everything commented out, once for each link. */
void fix_recreate(struct fixing *f, const char *provider);
void fix_list_uses(struct fixing *f);
char *fix_drop_link(struct fixing *f);
