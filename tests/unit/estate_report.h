/* The corpus's report of an estate, read. */
#pragma once

#include "reports/report_reader.h"
#include "tests/unit/check.h"

static inline struct audit *estate_report(struct arena *arena)
{
    const char *error = NULL;
    struct audit *audit = report_read_all(arena, "tests/corpus/reports/estate.xml", &error);
    if (!audit)
        fail_msg("%s", error);
    return audit;
}
