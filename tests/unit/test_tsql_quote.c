#include "audit/diagnosis/tsql_quote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define REPLACED "\xEF\xBF\xBD"

static void names_cannot_break_out(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(quote_identifier(arena, "SQL07"), "[SQL07]");
    assert_string_equal(quote_identifier(arena, "a]; DROP TABLE t;--"), "[a]]; DROP TABLE t;--]");
    assert_string_equal(quote_identifier(arena, "]]"), "[]]]]]");
    assert_string_equal(quote_identifier(arena, "a'b"), "[a'b]");
    assert_string_equal(quote_identifier(arena, NULL), "[]");
    assert_string_equal(quote_literal(arena, "it's"), "N'it''s'");
    assert_string_equal(quote_literal(arena, "'; DROP TABLE t;--"), "N'''; DROP TABLE t;--'");
    assert_string_equal(quote_literal(arena, "''"), "N''''''");
    assert_string_equal(quote_literal(arena, "a\\b"), "N'a\\b'");
    assert_string_equal(quote_literal(arena, NULL), "NULL");
    arena_free(arena);
}

/* GO on a line of its own ends a batch, and some editors end lines at U+0085, U+2028 and U+2029. */
static void names_cannot_begin_lines(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(quote_literal(arena, "a\nGO\nDROP"), "N'a" REPLACED "GO" REPLACED "DROP'");
    assert_string_equal(quote_identifier(arena, "a\r\x01z\tb"), "[a" REPLACED REPLACED "z\tb]");
    assert_string_equal(quote_comment(arena, "a\nDROP */ b /* c"), "a" REPLACED "DROP    b    c");
    assert_string_equal(quote_comment(arena, "x\xC2\x85y\xE2\x80\xA8z\xE2\x80\xA9w"),
                        "x" REPLACED "y" REPLACED "z" REPLACED "w");
    assert_string_equal(quote_comment(arena, "Größe"), "Größe");
    assert_string_equal(quote_comment(arena, "/*/"), "  /");
    arena_free(arena);
}

static void words_for_a_shell_are_quoted_where_they_must(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(quote_shell(arena, "sql07.corp.example"), "sql07.corp.example");
    assert_string_equal(quote_shell(arena, "sql07\\SALES,1433"), "sql07\\SALES,1433");
    assert_string_equal(quote_shell(arena, "a; rm -rf x"), "'a; rm -rf x'");
    assert_string_equal(quote_shell(arena, "a'b$(c)"), "'a''b$(c)'");
    assert_string_equal(quote_shell(arena, ""), "''");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_cannot_break_out),
        cmocka_unit_test(names_cannot_begin_lines),
        cmocka_unit_test(words_for_a_shell_are_quoted_where_they_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
