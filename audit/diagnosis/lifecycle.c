#include "audit/diagnosis/lifecycle.h"

#include "audit/diagnosis/version.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* clang-format off */
static const struct servicing_level levels[] = {
    /* first build, release, level, supported until */
    {"8.0.194", "2000", "RTM", "2000-11-30"},
    {"8.0.384", "2000", "SP1", "2002-02-28"},
    {"8.0.532", "2000", "SP2", "2003-04-07"},
    {"8.0.760", "2000", "SP3", "2007-07-10"},
    {"8.0.2039", "2000", "SP4", "2013-04-09"},
    {"9.0.1399", "2005", "RTM", "2007-07-10"},
    {"9.0.2047", "2005", "SP1", "2008-04-08"},
    {"9.0.3042", "2005", "SP2", "2010-01-12"},
    {"9.0.4035", "2005", "SP3", "2012-01-10"},
    {"9.0.5000", "2005", "SP4", "2016-04-12"},
    {"10.0.1600", "2008", "RTM", "2010-04-13"},
    {"10.0.2531", "2008", "SP1", "2011-10-11"},
    {"10.0.4000", "2008", "SP2", "2012-10-09"},
    {"10.0.5500", "2008", "SP3", "2015-10-13"},
    {"10.0.6000", "2008", "SP4", "2019-07-09"},
    {"10.50.1600", "2008 R2", "RTM", "2012-07-10"},
    {"10.50.2500", "2008 R2", "SP1", "2013-10-08"},
    {"10.50.4000", "2008 R2", "SP2", "2015-10-13"},
    {"10.50.6000", "2008 R2", "SP3", "2019-07-09"},
    {"11.0.2100", "2012", "RTM", "2014-01-14"},
    {"11.0.3000", "2012", "SP1", "2015-07-14"},
    {"11.0.5058", "2012", "SP2", "2017-01-10"},
    {"11.0.6020", "2012", "SP3", "2018-10-09"},
    {"11.0.7001", "2012", "SP4", "2022-07-12"},
    {"12.0.2000", "2014", "RTM", "2016-07-12"},
    {"12.0.4100", "2014", "SP1", "2017-10-10"},
    {"12.0.5000", "2014", "SP2", "2020-01-14"},
    {"12.0.6024", "2014", "SP3", "2024-07-09"},
    {"13.0.1601", "2016", "RTM", "2018-01-09"},
    {"13.0.4001", "2016", "SP1", "2019-07-09"},
    {"13.0.5026", "2016", "SP2", "2026-07-14"},
    {"13.0.6300", "2016", "SP3", "2026-07-14"},
    {"14.0.1000", "2017", "RTM", "2027-10-12"},
    {"15.0.1900.25", "2019", "RC", ""},
    {"15.0.1900.47", "2019", "RC", ""},
    {"15.0.2000", "2019", "RTM", "2030-01-08"},
    {"16.0.900", "2022", "RC", ""},
    {"16.0.950", "2022", "RC", ""},
    {"16.0.1000", "2022", "RTM", "2033-01-11"},
    {"17.0.900", "2025", "RC", ""},
    {"17.0.925", "2025", "RC", ""},
    {"17.0.1000", "2025", "RTM", "2036-01-06"},
};

static const struct servicing_branch branches[] = {
    /* release, branch, from, below, newest, released */
    {"2016", "SP3 GDR", "13.0.6300", "13.0.7000", "13.0.6500", "2026-07-14"},
    {"2016", "SP3 Azure Connect", "13.0.7000", "14.0", "13.0.7095", "2026-07-14"},
    {"2017", "GDR", "14.0.1000", "14.0.3000", "14.0.2120", "2026-07-14"},
    {"2017", "CU", "14.0.3000", "15.0", "14.0.3540", "2026-07-14"},
    {"2019", "GDR", "15.0.2000", "15.0.4000", "15.0.2180", "2026-07-14"},
    {"2019", "CU", "15.0.4000", "16.0", "15.0.4480", "2026-07-14"},
    {"2022", "GDR", "16.0.1000", "16.0.4000", "16.0.1190", "2026-07-14"},
    {"2022", "CU", "16.0.4000", "17.0", "16.0.4265", "2026-07-16"},
    {"2025", "GDR", "17.0.1000", "17.0.4000", "17.0.1125", "2026-07-14"},
    {"2025", "CU", "17.0.4000", "18.0", "17.0.4065", "2026-07-16"},
};

/* First build of each branch with the MSDASQL regression, and where the branch ends. */
static const struct { const char *from, *below; } msdasql_regressions[] = {
    {"13.0.6485", "13.0.7000"}, {"13.0.7080", "14.0"},
    {"14.0.2105", "14.0.3000"}, {"14.0.3525", "15.0"},
    {"15.0.2165", "15.0.4000"}, {"15.0.4465", "16.0"},
    {"16.0.1175", "16.0.4000"}, {"16.0.4245", "17.0"},
    {"17.0.1110", "17.0.4000"}, {"17.0.4030", "18.0"},
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static bool between(struct version version, const char *from, const char *below)
{
    return version.known && version_compare(version, version_of(from)) >= 0 &&
           version_compare(version, version_of(below)) < 0;
}

const struct servicing_level *lifecycle_level_of(const char *build)
{
    struct version version = version_of(build);
    const struct servicing_level *level = NULL;
    for (size_t i = 0; version.known && i < COUNT(levels); i++) {
        struct version first = version_of(levels[i].build);
        if (first.part[0] == version.part[0] && first.part[1] == version.part[1] &&
            version_compare(first, version) <= 0)
            level = &levels[i];
    }
    return level;
}

const struct servicing_level *lifecycle_release_of(const char *build)
{
    const struct servicing_level *level = lifecycle_level_of(build);
    if (!level)
        return NULL;
    while (level + 1 < levels + COUNT(levels) && strcmp(level[1].release, level->release) == 0)
        level++;
    return level;
}

moment lifecycle_date(const char *date)
{
    int year, month, day;
    char rest;
    if (!date || sscanf(date, "%4d-%2d-%2d%c", &year, &month, &day, &rest) != 3)
        return (moment){0};
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    time_t time = timegm(&tm);
    if (tm.tm_mday != day || tm.tm_mon != month - 1)
        return (moment){0};
    return number_of(time);
}

moment lifecycle_end(const struct servicing_level *level)
{
    moment last_day = lifecycle_date(level->supported_until);
    return last_day.known ? number_of(last_day.value + 86400) : last_day;
}

const struct servicing_branch *lifecycle_branch_of(const char *build)
{
    struct version version = version_of(build);
    for (size_t i = 0; i < COUNT(branches); i++)
        if (between(version, branches[i].from, branches[i].below))
            return &branches[i];
    return NULL;
}

const char *lifecycle_product(const char *build)
{
    static const struct {
        unsigned major, minor;
        const char *name;
    } products[] = {
        {8, 0, "SQL Server 2000"},      {9, 0, "SQL Server 2005"},  {10, 0, "SQL Server 2008"},
        {10, 50, "SQL Server 2008 R2"}, {11, 0, "SQL Server 2012"}, {12, 0, "SQL Server 2014"},
        {13, 0, "SQL Server 2016"},     {14, 0, "SQL Server 2017"}, {15, 0, "SQL Server 2019"},
        {16, 0, "SQL Server 2022"},     {17, 0, "SQL Server 2025"},
    };
    struct version version = version_of(build);
    for (size_t i = 0; version.known && i < COUNT(products); i++)
        if (products[i].major == version.part[0] && products[i].minor == version.part[1])
            return products[i].name;
    return NULL;
}

bool lifecycle_msdasql_regression(const char *build)
{
    struct version version = version_of(build);
    for (size_t i = 0; i < COUNT(msdasql_regressions); i++)
        if (between(version, msdasql_regressions[i].from, msdasql_regressions[i].below))
            return true;
    return false;
}
