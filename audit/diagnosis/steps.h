/* The ten steps of the checklist, as one table of conditions. */
#pragma once

#include "audit/diagnosis/view.h"

/* Adds the steps to the diagnosis: all ten of a link, the first eight of an endpoint alone. */
void add_steps(const struct view *view, struct diagnosis *diagnosis);

enum vantage { VANTAGE_NOBODY, VANTAGE_AUDIT_HOST, VANTAGE_INSTANCE };

struct step_rule {
    enum step_name step;
    enum step_result result;
    enum vantage from;
    const char *condition;
    bool (*when)(const struct view *view);
};

/* Of each step the first row whose condition holds decides; its last one always holds. */
extern const struct step_rule step_rules[];
extern const size_t step_rule_count;
