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

/* What one file writes another reads. */
static void lines_are_read_as_they_were_written(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct linked_server link = {.name = (char *)"L: EXEC '--"};
    char *string = remedy_set_provider_string(arena, &link, "Encrypt=Strict");
    char *source = remedy_set_data_source(arena, &link, "@optname = 'provider string'");
    const struct {
        const char *statement;
        enum remedy_line_kind kind;
    } cases[] = {
        {string, REMEDY_SETS_PROVIDER_STRING},
        {source, REMEDY_SETS_DATA_SOURCE},
        {remedy_set_option(arena, "N'L'", "rpc out", "false"), REMEDY_OTHER_STATEMENT},
        {"EXEC sys.sp_changedistributor_property @property = N'x', @value = N'y';", REMEDY_OTHER_STATEMENT},
        {"Whether EXEC sys.sp_setnetname @server = is enough is not known.", REMEDY_WORDS},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct remedy_line plain = remedy_read_line(cases[i].statement);
        assert_int_equal(plain.kind, cases[i].kind);
        assert_false(plain.commented);
        assert_string_equal(plain.text, cases[i].statement);
        char *both = remedy_commented(arena, "Weaker", cases[i].statement), *end = strchr(both, '\n');
        assert_non_null(end);
        struct remedy_line behind = remedy_read_line(end + 1);
        assert_int_equal(behind.kind, cases[i].kind);
        assert_true(behind.commented);
        assert_string_equal(behind.text, cases[i].statement);
        assert_string_equal(end + 1, remedy_commented(arena, NULL, cases[i].statement));
        *end = '\0';
        assert_string_equal(both, "-- Weaker:");
        assert_int_equal(remedy_read_line(both).kind, REMEDY_WORDS);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lengths_are_counted_as_the_server_does),
        cmocka_unit_test(what_stands_in_the_way_is_said),
        cmocka_unit_test(nothing_left_is_no_provider_string),
        cmocka_unit_test(lines_are_read_as_they_were_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
