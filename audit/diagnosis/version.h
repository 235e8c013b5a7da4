/* Builds of SQL Server as numbers: "16.0.4245.2", as ProductVersion and PRELOGIN give them. */
#pragma once

#include <stdbool.h>

struct version {
    unsigned part[4]; /* major, minor, build, revision; what is not given is 0 */
    bool known;
};

/* Not known unless the text begins with a major number and a dot. What follows the fourth part is ignored. */
struct version version_of(const char *text);

/* Below 0, 0, above 0, like strcmp. */
int version_compare(struct version a, struct version b);
