#include "odbc/hide_password.h"
#include "tests/unit/check.h"

static const struct {
    const char *text, *expected;
} cases[] = {
    {"Login failed for user 'app'.", "Login failed for user 'app'."},
    {"the password of the account has expired", "the password of the account has expired"},
    {"cannot open DRIVER={X};Server=s;UID=a;PWD={s3cr3t;x};APP=y",
     "cannot open DRIVER={X};Server=s;UID=a;PWD=***"},
    {"keyword 'Password = s3cr3t' is not known", "keyword 'Password =***"},
    {"host=h user=u password=other", "host=h user=u password=***"},
    {"the server said s3cr3t, s3cr3t and again s3cr3t", "the server said ***, *** and again ***"},
    {"AccessToken=abc", "AccessToken=***"},
    {"=", "="},
    {"a = b", "a = b"},
    {"", ""},
};

static void test_no_message_repeats_a_password(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct message message = {.text = arena_text(arena, cases[i].text)};
        message_list messages = {0};
        list_append(&messages, &message);
        hide_passwords(&messages, "s3cr3t", arena);
        assert_string_equal(message.text, cases[i].expected);
    }
    arena_free(arena);
}

static void test_without_a_known_password_the_keyword_still_tells(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct message one = {.text = arena_text(arena, "pwd=x")}, two = {.text = NULL};
    message_list messages = {0};
    list_append(&messages, &one);
    list_append(&messages, &two);
    hide_passwords(&messages, NULL, arena);
    assert_string_equal(one.text, "pwd=***");
    assert_null(two.text);
    one.text = arena_text(arena, "the word is a pw");
    hide_passwords(&messages, "pw", arena);
    assert_string_equal(one.text, "the word is a pw");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_message_repeats_a_password),
        cmocka_unit_test(test_without_a_known_password_the_keyword_still_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
