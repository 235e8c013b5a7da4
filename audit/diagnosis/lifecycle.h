/* Releases of SQL Server: their names, the end of support of each servicing level, the newest build of each
 * servicing branch, and the builds with known regressions.
 *
 * Source: Microsoft's product lifecycle pages and "Latest updates and version history for SQL Server", read
 * 2026-07-16; paid Extended Security Updates are not counted. Nothing here is valid for what reports itself
 * as 12.0.2000 and is not SQL Server 2014: Azure SQL and Babelfish. */
#pragma once

#include "audit/model/model.h"

struct servicing_level {
    const char *build;           /* the first build of the level */
    const char *release, *level; /* "2016", "SP3" */
    const char *supported_until; /* YYYY-MM-DD, the last day; "" when it never was supported (RC) */
};

struct servicing_branch {
    const char *release, *branch; /* "2022", "CU" */
    const char *from, *below;
    const char *newest, *released; /* newest build known, and when it came */
};

/* The day up to which the tables know of releases and builds. */
#define LIFECYCLE_AS_OF "2026-07-16"

/* The level of a build; NULL when the text is no build of SQL Server 2000 or newer. */
const struct servicing_level *lifecycle_level_of(const char *build);

/* The last level of the build's release: its end is the release's end of extended support. NULL as above. */
const struct servicing_level *lifecycle_release_of(const char *build);

/* The moment after which the level has no support any more: the end of its last day, UTC. Unknown for "". */
moment lifecycle_end(const struct servicing_level *level);

/* The branch of a build, for releases that still receive updates; NULL otherwise. */
const struct servicing_branch *lifecycle_branch_of(const char *build);

/* "SQL Server 2016", or NULL. */
const char *lifecycle_product(const char *build);

/* The build carries the MSDASQL regression of 2026, in which links with a provider string fail with error
 * 7416 for callers that are not sysadmin (Microsoft support, "MSDASQL query fails with error 7416", May
 * 2026): the first build of the branch that has it, and all later ones as long as no fixed build is known. */
bool lifecycle_msdasql_regression(const char *build);

/* YYYY-MM-DD as the moment at 00:00 UTC; unknown when it is no date of that form. */
moment lifecycle_date(const char *date);
