#include "odbc/utf16.h"
#include "tests/unit/check.h"

#include <stdlib.h>

#define REPLACEMENT "\xEF\xBF\xBD"

static void test_units_become_utf8_whatever_they_are(void **state)
{
    (void)state;
    static const struct {
        uint16_t units[6];
        size_t count;
        const char *text;
    } cases[] = {
        {{0}, 0, ""},
        {{'a', 0xE4, 0x20AC}, 3, "a\xC3\xA4\xE2\x82\xAC"},
        {{0xD800, 0xDF48}, 2, "\xF0\x90\x8D\x88"},
        {{0xDBFF, 0xDFFF}, 2, "\xF4\x8F\xBF\xBF"},
        {{0xD800}, 1, REPLACEMENT},
        {{0xDC00}, 1, REPLACEMENT},
        {{0xD800, 0xDC00}, 1, REPLACEMENT}, /* what stands behind the end does not count */
        {{0xD800, 'a'}, 2, REPLACEMENT "a"},
        {{0xDC00, 0xD800}, 2, REPLACEMENT REPLACEMENT},
        {{0xD800, 0xD800, 0xDF48}, 3, REPLACEMENT "\xF0\x90\x8D\x88"},
        {{'a', 0, 'b'}, 3, "a" REPLACEMENT "b"},
        {{0xFFFF, 0x7FF, 0x800}, 3, "\xEF\xBF\xBF\xDF\xBF\xE0\xA0\x80"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = utf8_from_utf16(cases[i].units, cases[i].count);
        assert_string_equal(text, cases[i].text);
        free(text);
    }
}

static void test_bytes_become_units_whatever_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t units[6];
        size_t count;
    } cases[] = {
        {"", {0}, 0},
        {"a\xC3\xA4\xE2\x82\xAC", {'a', 0xE4, 0x20AC}, 3},
        {"\xF0\x90\x8D\x88", {0xD800, 0xDF48}, 2},
        {"\xF4\x8F\xBF\xBF", {0xDBFF, 0xDFFF}, 2},
        {"\xF4\x90\x80\x80", {0xFFFD, 0xFFFD, 0xFFFD, 0xFFFD}, 4},
        {"\xC0\x80", {0xFFFD, 0xFFFD}, 2},
        {"\xE0\x80\x80", {0xFFFD, 0xFFFD, 0xFFFD}, 3},
        {"\xED\xA0\x80", {0xFFFD, 0xFFFD, 0xFFFD}, 3},
        {"\x80"
         "a",
         {0xFFFD, 'a'},
         2},
        {"\xE2\x82", {0xFFFD, 0xFFFD}, 2},
        {"\xFF"
         "b",
         {0xFFFD, 'b'},
         2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t count;
        uint16_t *units = utf16_from_utf8(cases[i].text, &count);
        assert_int_equal(count, cases[i].count);
        assert_memory_equal(units, cases[i].units, count * sizeof(*units));
        assert_int_equal(units[count], 0);
        free(units);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units_become_utf8_whatever_they_are),
        cmocka_unit_test(test_bytes_become_units_whatever_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
