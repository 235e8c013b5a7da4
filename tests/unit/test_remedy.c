#include "audit/diagnosis/remedy.h"
#include "tests/unit/check.h"

static void lengths_are_counted_as_the_server_does(void **state)
{
    (void)state;
    char text[4 * REMEDY_VALUE_MAX + 2];
    memset(text, 'x', sizeof(text));
    text[REMEDY_VALUE_MAX] = '\0';
    assert_true(remedy_fits(text));
    text[REMEDY_VALUE_MAX] = 'x';
    text[REMEDY_VALUE_MAX + 1] = '\0';
    assert_false(remedy_fits(text));
    /* An umlaut is one unit of UTF-16, an emoji two. */
    for (size_t i = 0; i < REMEDY_VALUE_MAX; i++)
        memcpy(text + 2 * i, "\xC3\xBC", 2);
    text[2 * REMEDY_VALUE_MAX] = '\0';
    assert_true(remedy_fits(text));
    for (size_t i = 0; i < REMEDY_VALUE_MAX / 2; i++)
        memcpy(text + 4 * i, "\xF0\x9F\x98\x80", 4);
    text[2 * REMEDY_VALUE_MAX] = '\0';
    assert_true(remedy_fits(text));
    strcat(text, "x");
    assert_false(remedy_fits(text));
}

static void what_stands_in_the_way_is_said(void **state)
{
    (void)state;
    static const struct {
        struct linked_server link;
        const char *obstacle; /* part of it; NULL: none */
    } cases[] = {
        {{.name = (char *)"L", .provider_string = (char *)"APP=x"}, NULL},
        {{.name = (char *)"L", .provider_string_visible = TERNARY_TRUE}, NULL},
        {{.name = (char *)"L", .provider_string_visible = TERNARY_FALSE}, "not visible"},
        {{.name = (char *)"L"}, "not visible"},
        {{.name = (char *)"L", .provider_string = (char *)"PWD=***"}, "password"},
        {{.name = (char *)"L", .provider_string = (char *)"APP={"}, "read with certainty"},
        {{.name = (char *)"L\n", .provider_string = (char *)"APP=x"}, "a script cannot carry"},
        {{.name = (char *)"L", .data_source = (char *)"$(x)", .provider_string = (char *)""},
         "a script cannot carry"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct remedy_change change =
            remedy_provider_string(arena, &cases[i].link, KEYWORD_ENCRYPT, "Optional");
        assert_string_equal(change.hint, "Encrypt=Optional");
        assert_int_equal(change.value == NULL, cases[i].obstacle != NULL);
        if (cases[i].obstacle && !strstr(change.obstacle, cases[i].obstacle))
            fail_msg("case %zu: %s", i, change.obstacle);
    }
    arena_free(arena);
}

static void nothing_left_is_no_provider_string(void **state)
{
    (void)state;
    static const enum provider_keyword keywords[] = {KEYWORD_ENCRYPT, KEYWORD_TRUST_SERVER_CERTIFICATE,
                                                     KEYWORD_UNKNOWN};
    struct arena *arena = arena_new();
    struct linked_server link = {.name = (char *)"it's",
                                 .provider_string = (char *)"Encrypt=yes;TrustServerCertificate=yes"};
    struct remedy_change change = remedy_without(arena, &link, keywords);
    assert_string_equal(change.value, "");
    assert_string_equal(
        remedy_set_provider_string(arena, &link, change.value),
        "EXEC sys.sp_serveroption @server = N'it''s', @optname = 'provider string', @optvalue = NULL;");
    assert_string_equal(remedy_set_data_source(arena, &link, "a'b"),
                        "EXEC sys.sp_setnetname @server = N'it''s', @netname = N'a''b';");
    arena_free(arena);
}

static void steps_become_lines(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct remedy_step steps[] = {
        {.words = (char *)"On the target: a certificate."},
        {.kind = REMEDY_SETS_PROVIDER_STRING, .runs = true, .statement = (char *)"EXEC a;"},
        {.kind = REMEDY_SETS_DATA_SOURCE, .words = (char *)"Or", .statement = (char *)"EXEC b;"},
        {.statement = (char *)"EXEC c;"},
    };
    remedy_steps list = {0};
    assert_string_equal(remedy_steps_text(arena, &list), "");
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        list_append(&list, &steps[i]);
    assert_string_equal(remedy_steps_text(arena, &list), "-- On the target: a certificate.\n"
                                                         "EXEC a;\n"
                                                         "-- Or:\n"
                                                         "-- EXEC b;\n"
                                                         "-- EXEC c;");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_counted_as_the_server_does),
        cmocka_unit_test(what_stands_in_the_way_is_said),
        cmocka_unit_test(nothing_left_is_no_provider_string),
        cmocka_unit_test(steps_become_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
