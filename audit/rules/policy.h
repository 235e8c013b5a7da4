/* What a site has decided: severities, thresholds, rules that are off, approved links, waivers, environments.
 *
 * The file is an INI file:
 *
 *     [policy]
 *     # T05: days before the end of a certificate; S16: before the end of a remote login's password
 *     certificate_days = 30
 *     password_days = 14
 *     # R05: an answer that takes this long is slow; H05: a longer effective time-out is a finding
 *     slow_ms = 1000
 *     timeout_seconds = 60
 *     # S09: the tags that name environments
 *     environments = prod test dev
 *     # rules that are off
 *     disabled = H02 R06
 *
 *     [severity]
 *     # critical, high, medium, low or info
 *     T03 = high
 *
 *     # S07: from the first such section on, every other link is a finding. Names may hold * and ?;
 *     # the instance is * where not given
 *     [approved NAME]
 *     instance = SQL01
 *     link = REPORTING
 *     owner = …
 *
 *     # also instance and link; an endpoint by its host or canonical target; the last day
 *     [waiver NAME]
 *     rule = T03
 *     endpoint = sqllegacy*
 *     owner = …
 *     reason = …
 *     expires = 2027-01-31
 */
#pragma once

#include "audit/model/model.h"

struct rule_setting {
    struct rule_setting *next;
    char *rule;
    enum severity severity; /* 0: the rule's own */
    bool disabled;
};

struct approved_link {
    struct approved_link *next;
    char *name, *instance, *link, *owner;
};

struct waiver {
    struct waiver *next;
    char *name; /* the section's */
    char *rule, *instance, *link, *endpoint, *owner, *reason;
    moment expires; /* 00:00 UTC of the last day */
    char *place;    /* "policy.ini line 12" */
};

struct policy {
    int64_t certificate_days, password_days, slow_ms, timeout_seconds;
    char *environments; /* separated by blanks; NULL: none */
    LIST_OF(struct rule_setting) rules;
    LIST_OF(struct approved_link) approved;
    LIST_OF(struct waiver) waivers;
};

/* The defaults: nothing approved, waived or disabled. */
struct policy *policy_new(struct arena *arena);

/* One key of [policy], wherever it stands. NULL, or what is wrong with it and what is accepted. */
const char *policy_set(struct arena *arena, struct policy *policy, const char *key, const char *value);

/* Adds what the file says. NULL, or a text of one line, newline included, for each mistake: file,
 * line, what was expected. */
const char *policy_read(struct arena *arena, struct policy *policy, const char *path);

/* The setting of a rule, or NULL. */
const struct rule_setting *policy_rule(const struct policy *policy, const char *rule);

/* Whether a pattern with * and ? stands for a name; case does not matter. A NULL pattern stands for all. */
bool policy_matches(const char *pattern, const char *name);
