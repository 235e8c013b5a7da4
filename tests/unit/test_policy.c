#include "audit/rules/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/linkaudit-policy-XXXXXX";

static void write_policy(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

static void a_policy_is_read_whole(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct policy *policy = policy_new(arena);
    write_policy("# our policy\n[policy]\ncertificate_days = 45\nslow_ms = 250\nenvironments = prod test\n"
                 "disabled = H02, r06\n\n[severity]\nT03 = high\n\n[approved reporting]\ninstance = SQL0*\n"
                 "link = REPORTING\nowner = BI team\n\n[waiver old tls]\nrule = T03\nendpoint = sql07.*\n"
                 "owner = Müller\nreason = replaced in spring\nexpires = 2027-01-31\n");
    const char *mistakes = policy_read(arena, policy, path);
    assert_string_equal(mistakes ? mistakes : "none", "none");
    assert_int_equal(policy->certificate_days, 45);
    assert_int_equal(policy->slow_ms, 250);
    assert_int_equal(policy->password_days, 14);
    assert_string_equal(policy->environments, "prod test");
    assert_true(policy_rule(policy, "H02")->disabled);
    assert_true(policy_rule(policy, "R06")->disabled);
    assert_int_equal(policy_rule(policy, "T03")->severity, SEVERITY_HIGH);
    assert_null(policy_rule(policy, "T04"));
    assert_int_equal(policy->approved.count, 1);
    assert_string_equal(policy->approved.first->owner, "BI team");
    assert_int_equal(policy->waivers.count, 1);
    assert_string_equal(policy->waivers.first->owner, "Müller");
    assert_int_equal(policy->waivers.first->expires.value, 1801353600);
    assert_non_null(strstr(policy->waivers.first->place, "line 17"));
    arena_free(arena);
}

static void mistakes_are_named_with_file_and_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line, *words;
    } cases[] = {
        {"[policy]\nslow_sm = 5\n", ":2: ", "unknown key"},
        {"[policy]\nslow_ms = fast\n", ":2: ", "whole number"},
        {"[policy]\nslow_ms = -1\n", ":2: ", "whole number"},
        {"[policy]\n\ndisabled = H02 X99\n", ":3: ", "X99: no such rule"},
        {"[severity]\nT03 = severe\n", ":2: ", "critical, high, medium, low or info"},
        {"[severity]\nT99 = high\n", ":2: ", "no such rule"},
        {"[approved x]\nserver = a\n", ":2: ", "expected instance, link or owner"},
        {"[waiver x]\nrule = T03\nowner = a\nreason = b\n", ":2: ", "needs rule, owner, reason and expires"},
        {"[waiver x]\nrule = T03\nowner = a\nreason = b\nexpires = soon\n", ":5: ", "expected a date"},
        {"[waiver x]\nrule = T3\nowner = a\nreason = b\nexpires = 2027-01-01\n", ":2: ", "no such rule"},
        {"[waiver x]\nrule = X*\nowner = a\nreason = b\nexpires = 2027-01-01\n", ":2: ", "no such rule"},
        {"[waiver x]\nrule = T03\nowner =\nreason = b\nexpires = 2027-01-01\n", ":2: ", "needs rule, owner"},
        {"[waiver x]\nrule = T03\nowner = a\nreason = b\nexpires = 2027-02-29\n", ":5: ", "expected a date"},
        {"[waiver x]\nrule = T03\n[waiver x]\nrule = T04\n", ":3: ", "Duplicate section"},
        {"[approved x]\nowner = a\n", ":2: ", "needs link"},
        {"[approved x]\nlink = L\n", ":2: ", "needs link (* for all of an instance) and owner"},
        {"[wavier x]\nrule = T03\n", ":1: ", "unknown section"},
        {"[policy]\n[waiver x]\n", ":2: ", "needs rule, owner, reason and expires"},
        {"[severity]\nT03 = high\n[ severity ]\n", ":3: ", "[severity] stands in line 1 already"},
        {"[policy]\nslow_ms\n", ":2: ", "key = value"},
        {"[policy]\nslow_ms = 1\nslow_ms = 2\n", ":3: ", "Duplicate key"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        write_policy(cases[i].text);
        const char *mistakes = policy_read(arena, policy_new(arena), path);
        char *place = arena_format(arena, "%s%s", path, cases[i].line);
        if (!mistakes || !strstr(mistakes, place) || !strstr(mistakes, cases[i].words))
            fail_msg("%s gave %s", cases[i].text, mistakes ? mistakes : "no mistake");
        arena_free(arena);
    }
}

static void a_file_that_is_not_there_is_a_mistake(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *mistakes = policy_read(arena, policy_new(arena), "/nonexistent/policy.ini");
    assert_non_null(mistakes);
    assert_non_null(strstr(mistakes, "cannot be read"));
    arena_free(arena);
}

static void patterns_match_without_regard_to_case(void **state)
{
    (void)state;
    assert_true(policy_matches("SQL0*", "sql07"));
    assert_true(policy_matches("sql0?", "SQL07"));
    assert_false(policy_matches("sql0?", "SQL107"));
    assert_true(policy_matches(NULL, "x"));
    assert_true(policy_matches("*", NULL));
    assert_false(policy_matches("x", NULL));
    assert_true(policy_matches("SQL07\\SALES", "sql07\\sales"));
    /* brackets are part of names */
    assert_true(policy_matches("[OLD]*", "[old] link"));
    assert_false(policy_matches("[OLD]", "O"));
    assert_true(policy_matches("M?LLER*", "MÜLLER-SQL"));
    assert_true(policy_matches("*a*b?c*", "xxaayybzc"));
    assert_false(policy_matches("*a*b?c", "xxaayybzcd"));
    assert_true(policy_matches("", ""));
    assert_false(policy_matches("", "x"));
    /* a pattern of many stars ends soon */
    assert_false(policy_matches("*a*a*a*a*a*a*a*a*a*a*a*a*b",
                                "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_policy_is_read_whole),
        cmocka_unit_test(mistakes_are_named_with_file_and_line),
        cmocka_unit_test(a_file_that_is_not_there_is_a_mistake),
        cmocka_unit_test(patterns_match_without_regard_to_case),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
