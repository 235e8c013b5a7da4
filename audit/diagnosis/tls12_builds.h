/* Which builds of SQL Server can speak TLS 1.2: the first build of each servicing branch.
 *
 * Source: Microsoft KB3135244, "TLS 1.2 support for Microsoft SQL Server", and KB3146034 for the builds that
 * end by themselves; read 2026-07-16. A build is compared within its own branch: 11.0.5352 is capable
 * although 11.0.5500 is not. */
#pragma once

#include "audit/model/arena.h"
#include "audit/model/names.h"

#include <stdbool.h>

struct tls12_branch {
    const char *release, *branch; /* "2012", "SP2 GDR" */
    const char *from, *below;     /* the branch's builds; below is "" for the last */
    const char *capable_from;     /* a build, "all" or "never" */
};

/* The branch of a build; NULL when the text is no build. 12.0.2000 must be told from Azure by the caller. */
const struct tls12_branch *tls12_branch_of(const char *build);

/* "SQL Server 2008 R2 SP2 GDR: from 10.50.4047.0", "SQL Server 2005 and older: never". */
char *tls12_rule(struct arena *arena, const struct tls12_branch *branch);

/* Whether that build can speak TLS 1.2; unknown when the text is no build. */
enum ternary tls12_capable(const char *build);

/* Builds that speak TLS 1.2 and whose service ends by itself now and then (KB3146034). */
bool tls12_unstable(const char *build);

/* All branches, for tests and documentation. */
extern const struct tls12_branch tls12_branches[];
extern const size_t tls12_branch_count;
