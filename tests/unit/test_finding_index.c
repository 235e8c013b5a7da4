#include "audit/rules/finding_index.h"
#include "tests/unit/check.h"

static void add(struct arena *arena, struct audit *audit, const char *rule, const char *instance,
                const char *link, const char *endpoint)
{
    struct finding *finding = arena_alloc(arena, sizeof(*finding));
    *finding = (struct finding){.rule = arena_text(arena, rule),
                                .instance = arena_text(arena, instance),
                                .link = arena_text(arena, link),
                                .endpoint = arena_text(arena, endpoint)};
    list_append(&audit->findings, finding);
}

/* The rules of a range, separated by blanks. */
static char *rules_of(struct arena *arena, struct finding_range range)
{
    char *text = arena_text(arena, "");
    for (size_t i = 0; i < range.count; i++)
        text = arena_format(arena, "%s%s%s", text, i ? " " : "", range.first[i]->rule);
    return text;
}

static void findings_are_found_by_what_they_are_about(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit audit = {0};
    add(arena, &audit, "A1", "A", NULL, NULL);
    add(arena, &audit, "L9", "A", "L", "e2");
    add(arena, &audit, "E1", NULL, NULL, "e1");
    add(arena, &audit, "B1", "AB", "L", NULL);
    add(arena, &audit, "L1", "A", "L", "e1");
    add(arena, &audit, "A3", NULL, NULL, NULL);
    add(arena, &audit, "L0", "A", "L", NULL);
    add(arena, &audit, "K1", "A", "K", NULL);
    add(arena, &audit, "E2", NULL, NULL, "e10");
    struct finding_index *index = finding_index_new(arena, &audit);
    /* In the audit's order, whatever endpoint stands beside. */
    assert_string_equal(rules_of(arena, findings_of_link(index, "A", "L")), "L9 L1 L0");
    assert_string_equal(rules_of(arena, findings_of_link(index, "A", NULL)), "A1");
    assert_string_equal(rules_of(arena, findings_of_instance(index, "A")), "A1 K1 L9 L1 L0");
    assert_string_equal(rules_of(arena, findings_of_instance(index, "AB")), "B1");
    assert_string_equal(rules_of(arena, findings_of_endpoint(index, "e1")), "E1");
    assert_string_equal(rules_of(arena, findings_of_endpoint(index, "e10")), "E2");
    assert_int_equal(findings_of_link(index, "A", "l").count, 0);
    assert_int_equal(findings_of_instance(index, "").count, 3);
    assert_int_equal(findings_of_instance(index, "Z").count, 0);
    assert_int_equal(findings_of_endpoint(index, "e2").count, 0);
    arena_free(arena);
}

static void no_findings_are_an_index_too(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit audit = {0};
    assert_int_equal(findings_of_instance(finding_index_new(arena, &audit), "A").count, 0);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(findings_are_found_by_what_they_are_about),
        cmocka_unit_test(no_findings_are_an_index_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
