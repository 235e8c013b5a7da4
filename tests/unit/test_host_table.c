#include "audit/model/arena.h"
#include "audit/target/host_table.h"
#include "tests/unit/check.h"

static void entries_are_found_by_the_canonical_spelling_of_their_names(void **state)
{
    static const struct host_entry entries[] = {
        {"SQL09", "10.1.2.3"},
        {"sql10.Corp.example.", "Other.Example."},
        {"[2001:DB8::1]", "sql11"},
        {"sql09.", "10.9.9.9"},
        {"a b", "10.0.0.1"},
        {"", "10.0.0.2"},
        {"a", "1"},
        {"Sql09", "10.8.8.8"},
    };
    static const struct {
        const char *name, *value; /* NULL: none */
    } cases[] = {
        {"sql09", "10.1.2.3"}, /* the first */
        {"sql10.corp.example", "Other.Example."},
        {"2001:db8::1", "sql11"},
        {"a", "1"},
        {"SQL09", NULL}, /* is not canonical */
        {"sql10", NULL},
        {"a b", NULL},
        {"", NULL},
    };
    (void)state;
    struct arena *arena = arena_new();
    const struct host_table *table = host_table_new(arena, entries, sizeof(entries) / sizeof(entries[0]));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *value = host_table_find(table, cases[i].name);
        assert_string_equal(value ? value : "none", cases[i].value ? cases[i].value : "none");
    }
    arena_free(arena);
}

static void no_entries_are_a_table_too(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_null(host_table_find(host_table_new(arena, NULL, 0), "sql09"));
    assert_null(host_table_find(NULL, "sql09"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_found_by_the_canonical_spelling_of_their_names),
        cmocka_unit_test(no_entries_are_a_table_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
