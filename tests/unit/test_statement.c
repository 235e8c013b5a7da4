#include "audit/embedded.h"
#include "odbc/statement.h"
#include "tests/unit/check.h"

static void test_names_are_quoted_for_where_they_stand(void **state)
{
    (void)state;
    static const struct {
        const char *text, *value;
        enum quoting quoting;
        const char *result;
    } cases[] = {
        {"N'X'", "a'b", QUOTE_STRING, "N'a''b'"},
        {"N'X'", "'; DROP TABLE t --", QUOTE_STRING, "N'''; DROP TABLE t --'"},
        {"USE [X]", "a]b'c", QUOTE_BRACKET, "USE [a]]b'c]"},
        {"LIKE N'%X%' ESCAPE N'~'", "a_b%[c~'", QUOTE_PATTERN, "LIKE N'%a~_b~%~[c~~%%' ESCAPE N'~'"},
        {"LIKE N'%X%'", "a]b\"c", QUOTE_PATTERN, "LIKE N'%a%b%c%'"},
        {"X and X", "X", QUOTE_STRING, "X and X"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_string_equal(statement_with(arena, cases[i].text, "X", cases[i].value, cases[i].quoting),
                            cases[i].result);
    arena_free(arena);
}

static void test_the_line_of_a_placeholder_is_repeated(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    static const char *const names[] = {"a", "b'"};
    assert_string_equal(statement_with_each(arena, "1\n or X\n2", "X", names, 2, QUOTE_PATTERN),
                        "1\n or a\n or b%\n2");
    assert_string_equal(statement_with_each(arena, "1\n or X\n2", "X", names, 0, QUOTE_PATTERN), "1\n2");
    arena_free(arena);
}

static void test_every_file_is_headed_by_what_it_needs_and_returns(void **state)
{
    (void)state;
    size_t files = 0;
    struct arena *arena = arena_new();
    for (const struct embedded_file *file = embedded_files; file->path; file++) {
        if (strncmp(file->path, "sql/", 4) != 0)
            continue;
        files++;
        if (!strstr(file->data, "-- Question:") || !strstr(file->data, "-- Permission:") ||
            !strstr(file->data, "Versions:") || !strstr(file->data, "Returns:"))
            fail_msg("%s", file->path);
        char *text = statement_text(arena, file->path);
        assert_null(strstr(text, "--"));
        assert_true(strlen(text) > 5);
    }
    assert_true(files > 30);
    assert_null(statement_text(arena, "sql/nothing.sql"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_are_quoted_for_where_they_stand),
        cmocka_unit_test(test_the_line_of_a_placeholder_is_repeated),
        cmocka_unit_test(test_every_file_is_headed_by_what_it_needs_and_returns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
