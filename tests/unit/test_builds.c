/* Builds as data: every boundary of the tables, compared within its servicing branch; dates a day before and
 * after. */
#include "audit/diagnosis/lifecycle.h"
#include "audit/diagnosis/tls12_builds.h"
#include "audit/diagnosis/version.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void versions_are_numbers(void **state)
{
    (void)state;
    assert_true(version_compare(version_of("10.50.4000"), version_of("10.6.4000")) > 0);
    assert_true(version_compare(version_of("16.0.900"), version_of("16.0.1000")) < 0);
    assert_int_equal(version_compare(version_of("16.0.4245.2"), version_of("16.0.4245.2")), 0);
    assert_true(version_of("16.0.4245.2").part[3] == 2);
    assert_false(version_of("16").known);
    assert_false(version_of("Microsoft").known);
    assert_false(version_of(NULL).known);
    assert_true(version_of("99999999999999999999.1").known);
}

static const struct {
    const char *build;
    enum ternary capable;
} tls12_cases[] = {
    {"8.0.2039", TERNARY_FALSE},   {"9.0.5324", TERNARY_FALSE},      {"10.0.4371", TERNARY_FALSE},
    {"10.0.5499", TERNARY_FALSE},  {"10.0.5544", TERNARY_FALSE},     {"10.0.5545", TERNARY_TRUE},
    {"10.0.5749", TERNARY_TRUE},   {"10.0.5750", TERNARY_FALSE},     {"10.0.5895", TERNARY_FALSE},
    {"10.0.5896", TERNARY_TRUE},   {"10.0.5999", TERNARY_TRUE},      {"10.0.6000", TERNARY_FALSE},
    {"10.0.6546", TERNARY_FALSE},  {"10.0.6547", TERNARY_TRUE},      {"10.50.1600", TERNARY_FALSE},
    {"10.50.3999", TERNARY_FALSE}, {"10.50.4000", TERNARY_FALSE},    {"10.50.4046", TERNARY_FALSE},
    {"10.50.4047", TERNARY_TRUE},  {"10.50.4249", TERNARY_TRUE},     {"10.50.4250", TERNARY_FALSE},
    {"10.50.4343", TERNARY_FALSE}, {"10.50.4344", TERNARY_TRUE},     {"10.50.5999", TERNARY_TRUE},
    {"10.50.6000", TERNARY_FALSE}, {"10.50.6541", TERNARY_FALSE},    {"10.50.6542", TERNARY_TRUE},
    {"11.0.5057", TERNARY_FALSE},  {"11.0.5058", TERNARY_FALSE},     {"11.0.5351", TERNARY_FALSE},
    {"11.0.5352", TERNARY_TRUE},   {"11.0.5499", TERNARY_TRUE},      {"11.0.5500", TERNARY_FALSE},
    {"11.0.5643", TERNARY_FALSE},  {"11.0.5644", TERNARY_TRUE},      {"11.0.5644.2", TERNARY_TRUE},
    {"11.0.6019", TERNARY_TRUE},   {"11.0.6020", TERNARY_FALSE},     {"11.0.6215", TERNARY_FALSE},
    {"11.0.6216", TERNARY_TRUE},   {"11.0.6299", TERNARY_TRUE},      {"11.0.6300", TERNARY_FALSE},
    {"11.0.6517", TERNARY_FALSE},  {"11.0.6518", TERNARY_TRUE},      {"11.0.7000", TERNARY_TRUE},
    {"11.0.7001", TERNARY_TRUE},   {"12.0.2270", TERNARY_FALSE},     {"12.0.2271", TERNARY_TRUE},
    {"12.0.2299", TERNARY_TRUE},   {"12.0.2300", TERNARY_FALSE},     {"12.0.2563", TERNARY_FALSE},
    {"12.0.2564", TERNARY_TRUE},   {"12.0.4099", TERNARY_TRUE},      {"12.0.4100", TERNARY_FALSE},
    {"12.0.4218", TERNARY_FALSE},  {"12.0.4219", TERNARY_TRUE},      {"12.0.4399", TERNARY_TRUE},
    {"12.0.4400", TERNARY_FALSE},  {"12.0.4438", TERNARY_FALSE},     {"12.0.4439", TERNARY_TRUE},
    {"12.0.4999", TERNARY_TRUE},   {"12.0.5000", TERNARY_TRUE},      {"13.0.1601", TERNARY_TRUE},
    {"17.0.4065", TERNARY_TRUE},   {"not a build", TERNARY_UNKNOWN}, {"", TERNARY_UNKNOWN},
};

static void tls_12_is_judged_within_the_branch(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(tls12_cases) / sizeof(tls12_cases[0]); i++)
        if (tls12_capable(tls12_cases[i].build) != tls12_cases[i].capable)
            fail_msg("%s", tls12_cases[i].build);
    assert_int_equal(tls12_capable(NULL), TERNARY_UNKNOWN);
    assert_true(tls12_unstable("10.50.6537"));
    assert_true(tls12_unstable("10.50.6537.0"));
    assert_false(tls12_unstable("10.50.6538"));
}

/* The branches of the table leave no gap and do not overlap: each begins where the one before ends. */
static void the_branches_are_contiguous(void **state)
{
    (void)state;
    for (size_t i = 1; i < tls12_branch_count; i++)
        assert_int_equal(
            version_compare(version_of(tls12_branches[i - 1].below), version_of(tls12_branches[i].from)), 0);
    assert_string_equal(tls12_branches[tls12_branch_count - 1].below, "");
}

static void support_ends_with_the_last_day(void **state)
{
    (void)state;
    static const struct {
        const char *build, *level, *end, *release_end;
    } cases[] = {
        {"8.0.2039", "SP4", "2013-04-09", "2013-04-09"},
        {"10.50.1600", "RTM", "2012-07-10", "2019-07-09"},
        {"10.50.6560", "SP3", "2019-07-09", "2019-07-09"},
        {"12.0.6024", "SP3", "2024-07-09", "2024-07-09"},
        {"12.0.6023", "SP2", "2020-01-14", "2024-07-09"},
        {"13.0.5026", "SP2", "2026-07-14", "2026-07-14"},
        {"13.0.7095.5", "SP3", "2026-07-14", "2026-07-14"},
        {"14.0.3540", "RTM", "2027-10-12", "2027-10-12"},
        {"15.0.1999", "RC", "", "2030-01-08"},
        {"15.0.2000", "RTM", "2030-01-08", "2030-01-08"},
        {"16.0.4265", "RTM", "2033-01-11", "2033-01-11"},
        {"17.0.1000", "RTM", "2036-01-06", "2036-01-06"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct servicing_level *level = lifecycle_level_of(cases[i].build);
        assert_non_null(level);
        assert_string_equal(level->level, cases[i].level);
        assert_string_equal(level->supported_until, cases[i].end);
        assert_string_equal(lifecycle_release_of(cases[i].build)->supported_until, cases[i].release_end);
    }
    assert_null(lifecycle_level_of("7.0.623"));
    assert_null(lifecycle_level_of("18.0.1000"));
    /* 2026-07-14 23:59:59 UTC is supported, the next second is not. */
    assert_int_equal(lifecycle_end(lifecycle_level_of("13.0.6500")).value, 1784073600);
    assert_false(lifecycle_end(lifecycle_level_of("17.0.900")).known);
}

static void dates_are_read_strictly(void **state)
{
    (void)state;
    assert_int_equal(lifecycle_date("1970-01-02").value, 86400);
    assert_int_equal(lifecycle_date("2024-02-29").value, 1709164800);
    assert_false(lifecycle_date("2023-02-29").known);
    assert_false(lifecycle_date("2023-13-01").known);
    assert_false(lifecycle_date("2023-01-01x").known);
    assert_false(lifecycle_date("").known);
    assert_false(lifecycle_date(NULL).known);
}

static void updates_are_compared_within_the_branch(void **state)
{
    (void)state;
    assert_string_equal(lifecycle_branch_of("16.0.1190")->branch, "GDR");
    assert_string_equal(lifecycle_branch_of("16.0.4003")->branch, "CU");
    assert_string_equal(lifecycle_branch_of("15.0.3999")->newest, "15.0.2180");
    assert_string_equal(lifecycle_branch_of("15.0.4000")->newest, "15.0.4480");
    assert_null(lifecycle_branch_of("12.0.6024"));
    assert_null(lifecycle_branch_of("13.0.5026"));
    assert_string_equal(lifecycle_product("10.50.6000"), "SQL Server 2008 R2");
    assert_string_equal(lifecycle_product("10.0.6000"), "SQL Server 2008");
    assert_null(lifecycle_product("18.0.1"));
}

static void the_msdasql_regression_begins_per_branch(void **state)
{
    (void)state;
    static const struct {
        const char *build;
        bool affected;
    } cases[] = {{"13.0.6484", false}, {"13.0.6485", true},  {"13.0.7000", false},  {"13.0.7079", false},
                 {"13.0.7080", true},  {"14.0.2104", false}, {"14.0.2105", true},   {"14.0.3000", false},
                 {"14.0.3524", false}, {"14.0.3525", true},  {"15.0.2164", false},  {"15.0.2165", true},
                 {"15.0.4464", false}, {"15.0.4465", true},  {"16.0.1174", false},  {"16.0.1175", true},
                 {"16.0.4244", false}, {"16.0.4245", true},  {"16.0.4255.1", true}, {"17.0.1109", false},
                 {"17.0.1110", true},  {"17.0.4029", false}, {"17.0.4030", true},   {"18.0.1000", false},
                 {"12.0.6500", false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (lifecycle_msdasql_regression(cases[i].build) != cases[i].affected)
            fail_msg("%s", cases[i].build);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_numbers),
        cmocka_unit_test(tls_12_is_judged_within_the_branch),
        cmocka_unit_test(the_branches_are_contiguous),
        cmocka_unit_test(support_ends_with_the_last_day),
        cmocka_unit_test(dates_are_read_strictly),
        cmocka_unit_test(updates_are_compared_within_the_branch),
        cmocka_unit_test(the_msdasql_regression_begins_per_branch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
