/* The remedies of an audited instance as a T-SQL script that a person reads before it is run.
 *
 * Each step is commented with its findings, guarded (the right instance, the link still there), and can be
 * run again. The strongest remedy comes first. What drops something, needs a password, or may stop something
 * that works stands commented out. Names and texts are quoted so that none of them can become a statement.
 * Passwords are never invented: where a link must be created anew, the mappings whose passwords must be
 * entered are listed. */
#pragma once

#include "audit/model/model.h"

/* What the scripts of an audit are written from, with its findings as they are now. Owned by the arena, as
 * are the scripts. */
struct fix_plan;
struct fix_plan *fix_plan_new(struct arena *arena, const struct audit *audit);

/* The script of one instance, from the findings that are not waived; NULL when there is nothing to do, or
 * when the instance was never reached: its own name, which guards the script, is then not known. The
 * readiness of its links is worked out again. */
char *fix_script(const struct fix_plan *plan, struct instance *instance);
