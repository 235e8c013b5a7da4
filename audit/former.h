/* The former report: what this run may carry over from it, and must not try again. */
#pragma once

#include "audit/model/model.h"

struct former;

/* Reads latest.xml of the directory; of the week before it, what is known of instances that it could not
 * read; and, as long as what was read is of runs limited by --only, the reports before it. NULL when there is
 * none; a former report that cannot be read is said on standard error and counts as none. */
struct former *former_load(const char *directory);
void former_free(struct former *former);

/* The newest report of a run that was not limited, or else the newest; NULL: there is none. */
const struct audit *former_audit(const struct former *former);

/* As the newest report has it that has it at all, a link with its test; NULL: none. `former` may be NULL. */
const struct endpoint *former_endpoint(const struct former *former, const char *key);
const struct linked_server *former_link(const struct former *former, const char *instance, const char *link);

/* Calls for every link of the former reports, each as former_link would return it. `endpoint` is the link's
 * key or NULL. */
void former_each_link(const struct former *former,
                      void (*function)(void *context, const char *instance, const struct linked_server *link,
                                       const struct endpoint *endpoint),
                      void *context);
