#include "audit/conclude.h"
#include "audit/diagnosis/diagnosis.h"
#include "audit/diagnosis/same_server.h"
#include "audit/rules/rules.h"
#include "reports/diff.h"

#include <stdio.h>

struct policy *load_policy(struct arena *arena, const struct config *config)
{
    struct policy *policy = policy_new(arena);
    bool good = true;
    list_each (struct policy_config, setting, &config->policy) {
        const char *error = policy_set(arena, policy, setting->key, setting->value);
        if (error)
            fprintf(stderr, "%s:%u: [policy] %s\n", setting->place.file, setting->place.line, error);
        good = good && !error;
    }
    const char *errors = config->policy_file ? policy_read(arena, policy, config->policy_file) : NULL;
    if (errors)
        fputs(errors, stderr);
    return good && !errors ? policy : NULL;
}

void conclude(struct arena *arena, struct audit *audit, const struct policy *policy,
              const struct audit *before)
{
    match_audited_instances(arena, audit);
    diagnose_audit(arena, audit);
    audit->changes = before ? report_diff_observed(arena, before, audit) : NULL;
    assess(arena, audit, policy);
    findings_since(arena, before, audit, audit->changes);
    summarize(arena, audit);
}

void conclude_again(struct arena *arena, struct audit *audit, const struct policy *policy)
{
    const struct audit as_read = *audit; /* with the findings that `assess` replaces */
    match_audited_instances(arena, audit);
    diagnose_audit(arena, audit);
    assess(arena, audit, policy);
    findings_since(arena, &as_read, audit, NULL);
    summarize(arena, audit);
}
