/* What is different between two reports. */
#pragma once

#include "audit/model/model.h"

/* All differences, of the arena; texts are shared with both audits. What the new run did not observe (outside
 * of its scope, an instance that failed, an endpoint that did not answer) has not disappeared: it is at most
 * one `not-observed`. Instances and links are compared by name, endpoints by their canonical target. */
struct changes *report_diff(struct arena *arena, const struct audit *old, const struct audit *new);

/* The same but for findings, which a rule that looks at changes comes before. */
struct changes *report_diff_observed(struct arena *arena, const struct audit *old, const struct audit *new);

/* Gives each finding of the new audit its `since`: that of the same finding in the former one, or the former
 * run's start where that had none; new->started when it is new. `old` may be NULL. Where `changes` is given,
 * the differences of their findings are added to it. */
void findings_since(struct arena *arena, const struct audit *old, struct audit *new, struct changes *changes);

/* How many of them are differences: all but not-observed. */
size_t changes_count(const struct changes *changes);
