/* One cause for each link and each endpoint, and what is said about it. */
#pragma once

#include "audit/diagnosis/view.h"

/* The cause from the audit host's view alone. */
enum cause endpoint_cause(const struct view *view);

/* The cause from both views. */
enum cause link_cause(const struct view *view);

/* What decides: of each table the first row whose condition holds; the last one always holds. */
struct cause_rule {
    enum cause cause; /* of a link also 0: its endpoint's cause, or -1: the message's */
    const char *condition;
    bool (*when)(const struct view *view);
};
extern const struct cause_rule endpoint_cause_rules[], link_cause_rules[];
extern const size_t endpoint_cause_rule_count, link_cause_rule_count;

/* Whether a cause means that the expected service does not answer: true: it does not. Unknown where the cause
 * does not tell. */
enum ternary cause_is_unreachable(enum cause cause);

/* Fills cause, actor, text and next command for the view. */
void explain_cause(const struct view *view, enum cause cause, struct diagnosis *diagnosis);
