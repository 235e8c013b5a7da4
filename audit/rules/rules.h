/* Findings: what is wrong in an audited estate, why it matters and what to do.
 *
 * Pure functions of the report's structs, to be called after diagnose_audit (or its single functions). */
#pragma once

#include "audit/rules/policy.h"

struct assessment;

struct rule {
    const char *id;
    enum severity severity; /* unless the evidence or the policy says otherwise */
    const char *title;
    const char *applies; /* what it is about, and what it leaves out */
    const char *why;
    const char *remedy;        /* may hold the placeholders of audit/diagnosis/template.h */
    const char *references[4]; /* ended by NULL */
    void (*check)(struct assessment *assessment);
};

/* All rules, in the order of their ids within groups. */
extern const struct rule rules[];
extern const size_t rule_count;

/* Replaces audit->findings: the worst first, then by rule, instance and link; and audit->compliance. What is
 * owned by the arena may be used as long as the arena. `policy` NULL: the defaults. */
void assess(struct arena *arena, struct audit *audit, const struct policy *policy);

/* Replaces audit->summary. */
void summarize(struct arena *arena, struct audit *audit);

/* The rules as a Markdown table. */
char *rules_markdown(struct arena *arena);
