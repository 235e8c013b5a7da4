/* From what was observed to what follows from it: which endpoints are audited instances, diagnoses,
 * readiness, changes, findings and their age, compliance, the summary. */
#pragma once

#include "audit/config.h"
#include "audit/rules/policy.h"

/* The policy: the configuration's [policy] and its policy file. NULL after messages on standard error. */
struct policy *load_policy(struct arena *arena, const struct config *config);

/* Concludes from an audit that has just been made; `before` is the former one, or NULL. */
void conclude(struct arena *arena, struct audit *audit, const struct policy *policy,
              const struct audit *before);

/* Concludes anew from an audit that was read from a report: its changes, and since when a finding has been
 * open, stay. */
void conclude_again(struct arena *arena, struct audit *audit, const struct policy *policy);
