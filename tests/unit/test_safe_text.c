#include "reports/safe_text.h"
#include "tests/unit/check.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text, *printed;
} texts[] = {
    {"plain", "plain"},
    {"\x1b[31mred", "?[31mred"},
    {"a\rb\nc\td\x7f", "a?b?c?d?"},
    {"\xC2\x9B"
     "31m",
     "?31m"},
    {"\xC2\xA0 \u00E9 \u540D\u524D \U0001F600", "\xC2\xA0 \u00E9 \u540D\u524D \U0001F600"},
    {"gnp.\u202Eexe\u202C", "gnp.?exe?"},
    {"a\u200Bb\u2066c\u2069\uFEFF\u061C", "a?b?c???"},
    {"cut \xE2", "cut \xE2"},
    {"cut \xE2\x80", "cut \xE2\x80"},
};

static void test_what_a_terminal_obeys_or_an_eye_misses_is_a_question_mark(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);
        print_safe(stream, texts[i].text);
        fclose(stream);
        assert_string_equal(text, texts[i].printed);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_terminal_obeys_or_an_eye_misses_is_a_question_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
