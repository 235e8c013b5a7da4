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
    assert_string_equal(quote_shell(arena, "a\xE2\x80\xAE"
                                           "b"),
                        "\"a" REPLACED "b\"");
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

static void words_for_a_shell_are_quoted_where_they_must(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(quote_shell(arena, "sql07.corp.example"), "sql07.corp.example");
    assert_string_equal(quote_shell(arena, "sql07\\SALES"), "sql07\\SALES");
    assert_string_equal(quote_shell(arena, "fe80::1"), "fe80::1");
    /* A comma would make two words of it in PowerShell; a dash in front an option; an @ a variable. */
    assert_string_equal(quote_shell(arena, "sql07\\SALES,1433"), "\"sql07\\SALES,1433\"");
    assert_string_equal(quote_shell(arena, "-Query"), "\"-Query\"");
    assert_string_equal(quote_shell(arena, "@x"), "\"@x\"");
    assert_string_equal(quote_shell(arena, "a; calc & calc | calc"), "\"a; calc & calc | calc\"");
    assert_string_equal(quote_shell(arena, "sql07\\IN$T"), "'sql07\\IN$T'");
    assert_string_equal(quote_shell(arena, ""), "\"\"");
    assert_string_equal(quote_shell(arena, NULL), "\"\"");
    arena_free(arena);
}

/* Neither in PowerShell, where typographic quotes end strings too, nor in cmd, where single quotes are none.
 */
static void words_cannot_break_out_of_a_shell(void **state)
{
    (void)state;
    static const char *const words[] = {"a\" & calc & \"",
                                        "a' & calc & '$",
                                        "$(calc)",
                                        "`$(calc)\"",
                                        "a\xE2\x80\x99; calc; \xE2\x80\x98$",
                                        "a\xE2\x80\x9D; calc",
                                        "%COMSPEC%",
                                        "!x!",
                                        "$x|calc",
                                        "$x^&calc>f<g",
                                        "a\ncalc",
                                        "a\\",
                                        "$'a''",
                                        "\xE2\x80\x9Ax\xE2\x80\x9B$"};
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char *word = quote_shell(arena, words[i]);
        size_t length = strlen(word);
        const char *active = *word == '"' ? "\"`$%!\n" : "'\"`%!&|<>^\n";
        assert_true(length >= 2 && (*word == '"' || *word == '\'') && word[length - 1] == *word);
        word[length - 1] = '\0';
        if (strpbrk(word + 1, active) || strstr(word, "\xE2\x80") || word[length - 2] == '\\')
            fail_msg("breaks out: %s becomes %s", words[i], word);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_cannot_break_out),
        cmocka_unit_test(names_cannot_begin_lines),
        cmocka_unit_test(names_cannot_change_what_a_line_looks_like),
        cmocka_unit_test(names_cannot_name_variables_of_sqlcmd),
        cmocka_unit_test(words_for_a_shell_are_quoted_where_they_must),
        cmocka_unit_test(words_cannot_break_out_of_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
