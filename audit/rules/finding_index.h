/* The findings of an audit by what they are about. */
#pragma once

#include "audit/model/model.h"

struct finding_index;

/* Of the findings as they are now; waived ones are among them. Owned by the arena. */
struct finding_index *finding_index_new(struct arena *arena, const struct audit *audit);

/* Findings in the order that they have in the audit: for (i = 0; i < range.count; i++) range.first[i]. */
struct finding_range {
    const struct finding **first;
    size_t count;
};

/* All of an instance, by its name: of its links, in their names' order, and of itself. */
struct finding_range findings_of_instance(const struct finding_index *index, const char *instance);
/* Of one link; `link` NULL: of the instance as a whole. */
struct finding_range findings_of_link(const struct finding_index *index, const char *instance,
                                      const char *link);
/* Of an endpoint, by its id, and of no instance. */
struct finding_range findings_of_endpoint(const struct finding_index *index, const char *endpoint);
