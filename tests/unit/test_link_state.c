#include "audit/model/link_state.h"
#include "tests/unit/check.h"

#include <stdio.h>

static const struct {
    enum test_outcome test; /* 0: none */
    enum cause cause;       /* 0: no diagnosis */
    enum link_state state;
} cases[] = {
    {TEST_OK, 0, LINK_WORKS},
    {TEST_OK, CAUSE_OK, LINK_WORKS},
    {TEST_OK, CAUSE_FAILS_ONLY_FROM_AUDIT_HOST, LINK_WORKS},
    {TEST_FAILED, 0, LINK_BROKEN},
    {TEST_TIMEOUT, 0, LINK_BROKEN},
    {TEST_FAILED, CAUSE_PORT_REFUSED, LINK_BROKEN},
    {TEST_FAILED, CAUSE_NAME_SERVICE_FAILED, LINK_BROKEN},
    {TEST_FAILED, CAUSE_LOGIN_FAILED, LINK_REFUSED_LOGIN},
    {TEST_FAILED, CAUSE_NO_LOGIN_MAPPING, LINK_REFUSED_LOGIN},
    {TEST_FAILED, CAUSE_LINK_DISABLED, LINK_OFF},
    {TEST_FAILED, CAUSE_NOT_A_NETWORK_TARGET, LINK_BROKEN},
    {0, 0, LINK_NOT_TESTED},
    {TEST_SKIPPED, 0, LINK_NOT_TESTED},
    {TEST_SKIPPED, CAUSE_NOT_TESTED, LINK_NOT_TESTED},
    {TEST_SKIPPED, CAUSE_PORT_TIMEOUT, LINK_BROKEN},
    {TEST_SKIPPED, CAUSE_NAME_SERVICE_FAILED, LINK_NOT_TESTED},
    {TEST_SKIPPED, CAUSE_NOT_A_NETWORK_TARGET, LINK_NOT_NETWORK},
};

static void test_a_link_is_called_what_is_known_of_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct link_test test = {.outcome = cases[i].test};
        struct diagnosis diagnosis = {.cause = cases[i].cause};
        struct linked_server link = {.test = cases[i].test ? &test : NULL,
                                     .diagnosis = cases[i].cause ? &diagnosis : NULL};
        if (link_state(&link) != cases[i].state)
            fail_msg("case %zu is %s", i, name_of(&link_state_names, (int)link_state(&link)));
    }
}

static void test_passwords_that_cannot_be_decrypted_break_the_link(void **state)
{
    (void)state;
    struct message refusal = {.number = number_of(7416)},
                   lost = {.number = number_of(MESSAGE_DECRYPTION_FAILED)};
    struct link_test test = {.outcome = TEST_FAILED};
    struct diagnosis diagnosis = {.cause = CAUSE_NO_LOGIN_MAPPING};
    struct linked_server link = {.test = &test, .diagnosis = &diagnosis};
    list_append(&test.messages, &refusal);
    assert_int_equal(link_state(&link), LINK_REFUSED_LOGIN);
    list_append(&test.messages, &lost);
    assert_int_equal(link_state(&link), LINK_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_link_is_called_what_is_known_of_it),
        cmocka_unit_test(test_passwords_that_cannot_be_decrypted_break_the_link),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
