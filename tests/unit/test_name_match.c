#include "audit/diagnosis/name_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void names_match_as_the_drivers_compare(void **state)
{
    (void)state;
    static const struct {
        const char *type, *pattern, *host;
        bool matches;
    } cases[] = {
        {"dns", "sql07.corp.example", "sql07.corp.example", true},
        {"dns", "SQL07.Corp.Example", "sql07.corp.example", true},
        {"dns", "sql07.corp.example.", "sql07.corp.example", true},
        {"dns", "sql07.corp.example", "sql07.corp.example.", true},
        {"dns", "sql07.corp.example", "sql07", false},
        {"dns", "sql07", "sql07.corp.example", false},
        {"dns", "sql07", "SQL07", true},
        {"dns", "*.corp.example", "sql07.corp.example", true},
        {"dns", "*.corp.example", "a.b.corp.example", false},
        {"dns", "*.corp.example", "corp.example", false},
        {"dns", "*.corp.example", ".corp.example", false},
        {"dns", "*.example", "corp.example", false},
        {"dns", "*", "sql07", false},
        {"dns", "sql*.corp.example", "sql07.corp.example", false},
        {"dns", "10.0.0.7", "10.0.0.7", false},
        {"cn", "10.0.0.7", "10.0.0.7", true},
        {"ip", "10.0.0.7", "10.0.0.7", true},
        {"ip", "10.0.0.7", "10.0.0.8", false},
        {"ip", "2001:db8:0:0::1", "2001:db8::1", true},
        {"ip", "10.0.0.7", "sql07", false},
        {"dns", "", "sql07", false},
        {"dns", NULL, "sql07", false},
        {"dns", "sql07", "", false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (certificate_name_matches(cases[i].type, cases[i].pattern, cases[i].host) != cases[i].matches)
            fail_msg("%s %s, %s", cases[i].type, cases[i].pattern, cases[i].host);
}

static void the_common_name_counts_only_without_alternative_names(void **state)
{
    (void)state;
    struct certificate certificate = {0};
    struct certificate_name cn = {.type = (char *)"cn", .value = (char *)"sql07"};
    struct certificate_name dns = {.type = (char *)"dns", .value = (char *)"other"};
    assert_int_equal(certificate_matches_host(&certificate, "sql07"), TERNARY_UNKNOWN);
    list_append(&certificate.names, &cn);
    assert_int_equal(certificate_matches_host(&certificate, "sql07"), TERNARY_TRUE);
    list_append(&certificate.names, &dns);
    assert_int_equal(certificate_matches_host(&certificate, "sql07"), TERNARY_FALSE);
    assert_int_equal(certificate_matches_host(&certificate, "other"), TERNARY_TRUE);
    assert_int_equal(certificate_matches_host(NULL, "sql07"), TERNARY_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_match_as_the_drivers_compare),
        cmocka_unit_test(the_common_name_counts_only_without_alternative_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
