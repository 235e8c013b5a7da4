/* Why a link or an endpoint works or does not: pure functions of what was observed.
 *
 * Two vantage points are compared and never mixed up: what the audit host saw when it probed the endpoint,
 * and what the instance said when it tested its own link. Each step of a diagnosis says whose evidence
 * decided it. All text is owned by the arena; calling a function again replaces its former result. */
#pragma once

#include "audit/model/model.h"

/* An answer that takes this many milliseconds or more is slow (step 8). */
#define DIAGNOSIS_SLOW_MS 1000
/* A test of a link that takes this many is slow. */
#define DIAGNOSIS_SLOW_TEST_MS 5000

/* Fills endpoint->diagnosis (steps 1 to 8, one cause) and endpoint->reachable from the audit host's view
 * alone. */
void diagnose_endpoint(struct arena *arena, struct endpoint *endpoint);

/* Fills link->certificate_checks: for the name that this link's provider compares, whether the endpoint's
 * certificate carries it, whether its chain is trusted by the audit host, and whether the link validates at
 * all. Nothing where no certificate was seen or the provider is not SQL Server's. */
void check_certificate_names(struct arena *arena, const struct instance *instance, struct linked_server *link,
                             const struct endpoint *endpoint);

/* Fills link->readiness: what SQL Server 2025 and its OLE DB Driver 19 do to the link, why, and the T-SQL
 * that mends it (readiness.h), by line: a comment, or a statement that can be run today. Nothing for links
 * that are not SQL Server's. check_certificate_names is not needed before. */
void assess_readiness(struct arena *arena, const struct instance *instance, struct linked_server *link,
                      const struct endpoint *endpoint);

/* Whether the link is one that SQL Server 2025 breaks and whose instance is that release already: it is
 * broken today. */
bool breaks_already(const struct instance *instance, const struct linked_server *link);

/* Fills everything of every endpoint and link of the audit: the above, and each link's diagnosis of ten steps
 * and one cause from both vantage points; step 9 also looks at the target where it is an audited instance
 * itself. */
void diagnose_audit(struct arena *arena, struct audit *audit);

/* The table of the ten steps and the table of the causes as Markdown, as the program applies them. */
char *diagnosis_steps_markdown(struct arena *arena);
char *diagnosis_causes_markdown(struct arena *arena);
