#include "reports/row.h"
#include "tests/unit/filled.h"

#include <stdlib.h>

static void test_every_row_comes_back_as_it_was_written(void **state)
{
    (void)state;
    int seed = 0;
    for (const struct element *const *element = row_elements; *element; element++) {
        struct arena *arena = arena_new();
        void *item = fill_item(arena, *element, &seed);
        size_t length;
        char *bytes = row_write(*element, item, &length);
        const char *error = NULL;
        struct row row = row_read(arena, bytes, length, &error);
        if (!row.element)
            fail_msg("<%s>: %s", (*element)->name, error);
        assert_ptr_equal(row.element, *element);
        assert_same_item(*element, item, row.item);
        free(bytes);
        arena_free(arena);
    }
}

static void test_absent_values_stay_absent(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct linked_server link = {.name = arena_text(arena, "")};
    size_t length;
    char *bytes = row_write(&linked_server_element, &link, &length);
    assert_string_equal(bytes, "<linked-server name=\"\"/>");
    const char *error;
    struct row row = row_read(arena, bytes, length, &error);
    assert_ptr_equal(row.element, &linked_server_element);
    assert_same_item(&linked_server_element, &link, row.item);
    free(bytes);
    arena_free(arena);
}

/* What comes in, and what a reader of the report sees. */
static const char *const unclean[][2] = {
    {"plain", NULL},
    {"tab\tnewline\nreturn\r", NULL},
    {"nul-free \x01\x1F", "nul-free \xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xED\xA0\x80 lone surrogate", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD lone surrogate"},
    {"\xFF\xFE bytes", "\xEF\xBF\xBD\xEF\xBF\xBD bytes"},
    {"cut \xF0\x9F\x98", "cut \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    {"\xC0\xAF overlong", "\xEF\xBF\xBD\xEF\xBF\xBD overlong"},
    {"\xEF\xBF\xBE noncharacter", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD noncharacter"},
    {"\xF4\x90\x80\x80 beyond", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD beyond"},
    {"\xF0\x9F\x98\x80 \xEF\xBF\xBD kept", NULL},
};

static void test_what_XML_cannot_carry_is_replaced_visibly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(unclean) / sizeof(unclean[0]); i++) {
        struct arena *arena = arena_new();
        struct message message = {.text = arena_text(arena, unclean[i][0]),
                                  .sqlstate = arena_text(arena, unclean[i][0])};
        const char *expected = unclean[i][1] ? unclean[i][1] : unclean[i][0];
        size_t length;
        char *bytes = row_write(&message_element, &message, &length);
        const char *error = "";
        struct row row = row_read(arena, bytes, length, &error);
        if (!row.item)
            fail_msg("case %zu: %s", i, error);
        assert_string_equal(((struct message *)row.item)->text, expected);
        assert_string_equal(((struct message *)row.item)->sqlstate, expected);
        free(bytes);
        arena_free(arena);
    }
}

static const char *const refused[] = {
    "",
    "not XML",
    "<nosuch/>",
    "<message",
    "<message>cut off",
    "<message/><message/>",
    "<message/>text",
    "<message number=\"x\"/>",
    "<message number=\"\"/>",
    "<message number=\"+1\"/>",
    "<message number=\" 1\"/>",
    "<message number=\"99999999999999999999\"/>",
    "<message nosuch=\"1\"/>",
    "<message number=\"1\" number=\"1\"/>",
    "<message><b/></message>",
    "<message>&unknown;</message>",
    "<!DOCTYPE message [<!ENTITY a \"b\">]><message>&a;</message>",
    "<m:message xmlns:m=\"urn:linkaudit:report:1\"/>",
    "<message xmlns=\"urn:other\"/>",
    "<linked-server/>",
    "<instance name=\"a\" status=\"nosuch\"/>",
    "<instance name=\"a\" status=\"audited\">text</instance>",
    "<instance name=\"a\" status=\"audited\"><nosuch/></instance>",
    "<instance name=\"a\" status=\"audited\" started=\"yesterday\"/>",
    "<instance name=\"a\" status=\"audited\" started=\"2026-02-31T00:00:00Z\"/>",
    "<instance name=\"a\" status=\"audited\" started=\"2026-01-01T00:00:00+01:00\"/>",
    "<instance name=\"a\" status=\"audited\" started=\"2026-01-01T24:00:00Z\"/>",
    "<instance name=\"a\" status=\"audited\"><property name=\"b\"/><failure phase=\"login\"/></instance>",
    "<instance name=\"a\" status=\"audited\"><failure phase=\"login\"/><failure phase=\"login\"/></instance>",
    "<linked-server name=\"a\" linked=\"1\"/>",
    "<diagnosis cause=\"ok\"><text a=\"b\">c</text></diagnosis>",
    "<instance name=\"a\" status=\"audited\"><?php?></instance>",
    "<!DOCTYPE property [<!ENTITY a \"b\">]><property name=\"&a;\"/>",
    "<!DOCTYPE property><property name=\"a\"/>",
    "<!----><property name=\"a\"/>",
    "<?xml version=\"1.0\"?><property name=\"a\"/>",
    "\xEF\xBB\xBF<property name=\"a\"/>",
};

static void test_anything_that_the_vocabulary_does_not_allow_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct arena *arena = arena_new();
        const char *error = NULL;
        struct row row = row_read(arena, refused[i], strlen(refused[i]), &error);
        if (row.element)
            fail_msg("%s was accepted", refused[i]);
        assert_non_null(error);
        arena_free(arena);
    }
}

static void test_a_row_cut_anywhere_is_refused(void **state)
{
    (void)state;
    int seed = 0;
    struct arena *arena = arena_new();
    size_t length;
    char *bytes = row_write(&endpoint_element, fill_item(arena, &endpoint_element, &seed), &length);
    for (size_t cut = 0; cut < length; cut += 7) {
        struct arena *each = arena_new();
        const char *error;
        assert_null(row_read(each, bytes, cut, &error).element);
        arena_free(each);
    }
    free(bytes);
    arena_free(arena);
}

static void test_a_text_longer_than_anybody_has_is_refused(void **state)
{
    (void)state;
    enum { LONGEST = 256 * 1024 };
    static char value[LONGEST + 2];
    for (size_t length = LONGEST; length <= LONGEST + 1; length++) {
        struct arena *arena = arena_new();
        const char *error;
        memset(value, 'a', length);
        struct property property = {.name = (char *)"n", .value = value};
        char *bytes = row_write(&property_element, &property, NULL);
        struct row row = row_read(arena, bytes, strlen(bytes), &error);
        assert_int_equal(row.element != NULL, length == LONGEST);
        free(bytes);
        arena_free(arena);
    }
}

static void test_moments_beyond_the_calendar_are_not_known(void **state)
{
    (void)state;
    static const struct {
        int64_t seconds;
        const char *text;
    } cases[] = {{0, "1970-01-01T00:00:00Z"},
                 {-62135596800, "0001-01-01T00:00:00Z"},
                 {-62135596801, NULL},
                 {253402300799, "9999-12-31T23:59:59Z"},
                 {253402300800, NULL},
                 {INT64_MAX, NULL},
                 {INT64_MIN, NULL}};
    static const struct member member = {.kind = MEMBER_MOMENT};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        moment when = number_of(cases[i].seconds);
        char buffer[MEMBER_TEXT_SIZE];
        const char *text = member_text(&member, &when, buffer);
        if (cases[i].text)
            assert_string_equal(text, cases[i].text);
        else
            assert_null(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_comes_back_as_it_was_written),
        cmocka_unit_test(test_absent_values_stay_absent),
        cmocka_unit_test(test_what_XML_cannot_carry_is_replaced_visibly),
        cmocka_unit_test(test_anything_that_the_vocabulary_does_not_allow_is_refused),
        cmocka_unit_test(test_a_row_cut_anywhere_is_refused),
        cmocka_unit_test(test_a_text_longer_than_anybody_has_is_refused),
        cmocka_unit_test(test_moments_beyond_the_calendar_are_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
