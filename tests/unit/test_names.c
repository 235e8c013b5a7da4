#include "audit/model/job.h"
#include "tests/unit/check.h"

/* Each table with the highest value of its enumeration: a value without a name, or a name without a value,
 * shows here. */
static const struct {
    const struct name_table *table;
    int last;
    const char *name;
} tables[] = {
    {&instance_status_names, INSTANCE_NOT_RUN, "not-run"},
    {&failure_phase_names, PHASE_CRASH, "crash"},
    {&endpoint_kind_names, ENDPOINT_LOCAL, "local"},
    {&use_type_names, USE_OTHER, "other"},
    {&test_outcome_names, TEST_SKIPPED, "skipped"},
    {&actor_names, ACTOR_NOBODY, "nobody"},
    {&cause_names, CAUSE_UNEXPLAINED, "unexplained"},
    {&step_names, STEP_LOGIN, "login"},
    {&step_result_names, RESULT_NOT_APPLICABLE, "not-applicable"},
    {&verdict_names, VERDICT_UNKNOWN, "unknown"},
    {&severity_names, SEVERITY_INFO, "info"},
    {&resolve_outcome_names, RESOLVE_SKIPPED, "skipped"},
    {&ping_outcome_names, PING_SKIPPED, "skipped"},
    {&browser_outcome_names, BROWSER_SKIPPED, "skipped"},
    {&connect_outcome_names, CONNECT_SKIPPED, "skipped"},
    {&prelogin_outcome_names, PRELOGIN_SKIPPED, "skipped"},
    {&encryption_names, ENCRYPTION_REQUIRED, "required"},
    {&tls_version_names, TLS_1_3, "TLSv1.3"},
    {&tls_outcome_names, TLS_INCONCLUSIVE, "inconclusive"},
    {&strict_outcome_names, STRICT_INCONCLUSIVE, "inconclusive"},
    {&change_kind_names, CHANGE_NOT_OBSERVED, "not-observed"},
    {&change_what_names, CHANGED_FINDING, "finding"},
    {&compliance_result_names, COMPLIANCE_NOT_ASSESSABLE, "not-assessable"},
    {&probe_depth_names, DEPTH_FULL, "full"},
};

static void test_every_value_has_its_name_and_every_name_its_value(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        const struct name_table *table = tables[i].table;
        assert_int_equal(table->count, tables[i].last + 1);
        assert_string_equal(name_of(table, tables[i].last), tables[i].name);
        for (int value = 1; value <= tables[i].last; value++)
            assert_int_equal(value_of(table, name_of(table, value)), value);
    }
}

static void test_what_is_no_value_has_no_name(void **state)
{
    (void)state;
    assert_null(name_of(&cause_names, 0));
    assert_null(name_of(&cause_names, -1));
    assert_null(name_of(&cause_names, CAUSE_UNEXPLAINED + 1));
    assert_int_equal(value_of(&cause_names, "OK"), 0);
    assert_int_equal(value_of(&cause_names, ""), 0);
    assert_int_equal(value_of(&cause_names, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_value_has_its_name_and_every_name_its_value),
        cmocka_unit_test(test_what_is_no_value_has_no_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
