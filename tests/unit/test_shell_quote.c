#include "audit/diagnosis/shell_quote.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define REPLACED "\xEF\xBF\xBD"

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
    assert_string_equal(quote_shell(arena, "a\xE2\x80\x99"
                                           "b"),
                        "\"a" REPLACED "b\"");
    assert_string_equal(quote_shell(arena, "a\xE2\x80\xAE"
                                           "b"),
                        "\"a" REPLACED "b\"");
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
        cmocka_unit_test(words_for_a_shell_are_quoted_where_they_must),
        cmocka_unit_test(words_cannot_break_out_of_a_shell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
