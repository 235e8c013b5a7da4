#include "audit/diagnosis/tls12_builds.h"

#include "audit/diagnosis/version.h"

#include <string.h>

/* clang-format off */
const struct tls12_branch tls12_branches[] = {
    /* release, branch, from, below, capable from */
    {"2005 and older", "all", "0.0", "10.0", "never"},
    {"2008", "SP2 and older", "10.0.0", "10.0.5500", "never"},
    {"2008", "SP3 GDR", "10.0.5500", "10.0.5750", "10.0.5545.0"},
    {"2008", "SP3 CU (IA-64)", "10.0.5750", "10.0.6000", "10.0.5896.0"},
    {"2008", "SP4", "10.0.6000", "10.50", "10.0.6547.0"},
    {"2008 R2", "SP1 and older", "10.50.0", "10.50.4000", "never"},
    {"2008 R2", "SP2 GDR", "10.50.4000", "10.50.4250", "10.50.4047.0"},
    {"2008 R2", "SP2 CU (IA-64)", "10.50.4250", "10.50.6000", "10.50.4344.0"},
    {"2008 R2", "SP3", "10.50.6000", "11.0", "10.50.6542.0"},
    {"2012", "SP1 and older", "11.0.0", "11.0.5058", "never"},
    {"2012", "SP2 GDR", "11.0.5058", "11.0.5500", "11.0.5352.0"},
    {"2012", "SP2 CU", "11.0.5500", "11.0.6020", "11.0.5644.2"},
    {"2012", "SP3 GDR", "11.0.6020", "11.0.6300", "11.0.6216.27"},
    {"2012", "SP3 CU", "11.0.6300", "11.0.7001", "11.0.6518.0"},
    {"2012", "SP4", "11.0.7001", "12.0", "all"},
    {"2014", "RTM GDR", "12.0.0", "12.0.2300", "12.0.2271.0"},
    {"2014", "RTM CU", "12.0.2300", "12.0.4100", "12.0.2564.0"},
    {"2014", "SP1 GDR", "12.0.4100", "12.0.4400", "12.0.4219.0"},
    {"2014", "SP1 CU", "12.0.4400", "12.0.5000", "12.0.4439.1"},
    {"2014", "SP2, SP3", "12.0.5000", "13.0", "all"},
    {"2016 and newer", "all", "13.0", "", "all"},
};
/* clang-format on */
const size_t tls12_branch_count = sizeof(tls12_branches) / sizeof(tls12_branches[0]);

static const char *const unstable_builds[] = {"10.50.6537", "10.50.4046", "10.50.4343",
                                              "10.0.6543",  "10.0.5544",  "10.0.5894"};

const struct tls12_branch *tls12_branch_of(const char *build)
{
    struct version version = version_of(build);
    for (size_t i = 0; version.known && i < tls12_branch_count; i++) {
        const struct tls12_branch *branch = &tls12_branches[i];
        if (version_compare(version, version_of(branch->from)) >= 0 &&
            (!*branch->below || version_compare(version, version_of(branch->below)) < 0))
            return branch;
    }
    return NULL;
}

char *tls12_rule(struct arena *arena, const struct tls12_branch *branch)
{
    bool whole = strcmp(branch->branch, "all") == 0, number = strchr(branch->capable_from, '.');
    return arena_format(arena, "SQL Server %s%s%s: %s%s", branch->release, whole ? "" : " ",
                        whole ? "" : branch->branch, number ? "from " : "", branch->capable_from);
}

enum ternary tls12_capable(const char *build)
{
    const struct tls12_branch *branch = tls12_branch_of(build);
    if (!branch)
        return TERNARY_UNKNOWN;
    if (strcmp(branch->capable_from, "all") == 0)
        return TERNARY_TRUE;
    if (strcmp(branch->capable_from, "never") == 0)
        return TERNARY_FALSE;
    /* KB3135244 gives some builds with a revision that PRELOGIN does not carry: three parts decide. */
    struct version first = version_of(branch->capable_from);
    first.part[3] = 0;
    return version_compare(version_of(build), first) >= 0 ? TERNARY_TRUE : TERNARY_FALSE;
}

bool tls12_unstable(const char *build)
{
    struct version version = version_of(build);
    version.part[3] = 0;
    for (size_t i = 0; version.known && i < sizeof(unstable_builds) / sizeof(unstable_builds[0]); i++)
        if (version_compare(version, version_of(unstable_builds[i])) == 0)
            return true;
    return false;
}
