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

/* What turns the direction of a line makes a comment look like a statement; U+009B is a command to terminals.
 */
static void names_cannot_change_what_a_line_looks_like(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(quote_comment(arena, "a\xE2\x80\xAE"
                                             "b\xE2\x81\xA6"
                                             "c\xC2\x9B"
                                             "2J"),
                        "a" REPLACED "b" REPLACED "c" REPLACED "2J");
    assert_string_equal(quote_literal(arena, "\xEF\xBB\xBFx\xE2\x80\x8B"), "N'" REPLACED "x" REPLACED "'");
    assert_false(quote_is_exact("a\xE2\x80\xAE"));
    arena_free(arena);
}

/* sqlcmd replaces $(name), in strings and comments too, and ends where it is not defined. */
static void names_cannot_name_variables_of_sqlcmd(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(quote_literal(arena, "a$(USERNAME)"), "N'a" REPLACED "(USERNAME)'");
    assert_string_equal(quote_identifier(arena, "$(x)"), "[" REPLACED "(x)]");
    assert_string_equal(quote_comment(arena, "$$(x)$"), "$" REPLACED "(x)$");
    assert_string_equal(quote_literal(arena, "MSSQL$SALES"), "N'MSSQL$SALES'");
    assert_true(quote_is_exact("MSSQL$SALES 'Größe' ]\t") && quote_is_exact(NULL));
    assert_false(quote_is_exact("a$(b)"));
    assert_false(quote_is_exact("a\nb"));
    assert_false(quote_is_exact("a\xE2\x80\xA8"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_cannot_break_out),
        cmocka_unit_test(names_cannot_begin_lines),
        cmocka_unit_test(names_cannot_change_what_a_line_looks_like),
        cmocka_unit_test(names_cannot_name_variables_of_sqlcmd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
