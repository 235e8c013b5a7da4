#include "audit/prober/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct answer_case {
    service_reader *read;
    const char *bytes;
    size_t length;
    enum greeting greeting;
    size_t taken;
    bool tls;
    const char *version, *detail;
};

#define BYTES(text) text, sizeof(text) - 1
#define MYSQL_BEHIND_VERSION(low, high) "\x01\0\0\0saltsalt\0" low high "\x21\x02\0"
static const char refused[] =
    "\0\x55\0\0\x04\0\0\0\x04\0\0\x49(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR=1189)"
    "(ERROR_STACK=(ERROR=(CODE=1189))))";

static const struct answer_case cases[] = {
    {postgresql_read, BYTES(""), GREETING_MORE, 0, false, "", ""},
    {postgresql_read, BYTES("S"), GREETING_DONE, 1, true, "", ""},
    {postgresql_read, BYTES("N"), GREETING_NO_TLS, 1, false, "", ""},
    {postgresql_read, BYTES("HTTP"), GREETING_WRONG, 1, false, "", ""},
    {mysql_read,
     BYTES("\x27\0\0\0\x0a"
           "8.0.36\0" MYSQL_BEHIND_VERSION("\xff", "\xff") "rest of it 12"),
     GREETING_DONE, 43, true, "8.0.36", ""},
    {mysql_read,
     BYTES("\x1a\0\0\0\x0a"
           "5.0.1\0" MYSQL_BEHIND_VERSION("\xff", "\xf7") "r"),
     GREETING_NO_TLS, 30, false, "5.0.1", ""},
    {mysql_read,
     BYTES("\x1a\0\0\0\x0a"
           "5.0.1\0"),
     GREETING_MORE, 0, false, "", ""},
    {mysql_read,
     BYTES("\x0d\0\0\0\xff\x69\x04"
           "Host block"),
     GREETING_NO_TLS, 17, false, "", "Host block"},
    {mysql_read,
     BYTES("\x05\0\0\0\x0a"
           "5.0."),
     GREETING_WRONG, 9, false, "", ""},
    {mysql_read, BYTES("SSH-2.0"), GREETING_WRONG, 0, false, "", ""},
    {ldap_read, BYTES("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\0\x04\0\x04\0"), GREETING_DONE, 14, true, "", ""},
    {ldap_read, BYTES("\x30\x84\0\0\0\x10\x02\x01\x01\x78\x84\0\0\0\x07\x0a\x01\x34\x04\0\x04\0"),
     GREETING_NO_TLS, 22, false, "", "StartTLS is refused with result code 52"},
    {ldap_read, BYTES("\x30\x0c\x02\x01\x01\x78"), GREETING_MORE, 0, false, "", ""},
    {ldap_read, BYTES("\x30\x05\x02\x01\x01\x78\x07"), GREETING_WRONG, 7, false, "", ""},
    {ldap_read, BYTES("\x30\x84\xff\xff\xff\xff"), GREETING_WRONG, 0, false, "", ""},
    {ldap_read, BYTES("HTTP"), GREETING_WRONG, 0, false, "", ""},
    {oracle_read, refused, sizeof(refused) - 1, GREETING_NO_TLS, 85, false, "19.0.0.0.0",
     "the listener refuses with ORA-01189 or TNS-01189"},
    {oracle_read, BYTES("\0\x08\0\0\x0b\0\0\0"), GREETING_NO_TLS, 8, false, "", ""},
    {oracle_read, BYTES("\0\x08\0\0\x09\0\0\0"), GREETING_WRONG, 0, false, "", ""},
    {oracle_read, BYTES("\0\x04\0\0\x04\0\0\0"), GREETING_WRONG, 0, false, "", ""},
    {oracle_read, BYTES("\0\x20\0\0\x04\0\0\0"), GREETING_MORE, 0, false, "", ""},
    {db2_read, BYTES("\0\x16\xd0\x03\0\x01\0\x10\x14\x43\0\x0c\x11\x5a\xe2\xd8\xd3\xf1\xf1\xf0\xf5\xf5"),
     GREETING_NO_TLS, 22, false, "SQL11055", ""},
    {db2_read, BYTES("\0\x0e\xd0\x03\0\x01\0\x08\x14\x43\0\xff\x11\x5a"), GREETING_NO_TLS, 14, false, "", ""},
    {db2_read, BYTES("HTTP/1.1 400"), GREETING_WRONG, 0, false, "", ""},
};

static void answers_are_read_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct service_answer answer = {0};
        size_t taken = 0;
        enum greeting greeting =
            cases[i].read((const uint8_t *)cases[i].bytes, cases[i].length, &taken, &answer);
        if (greeting != cases[i].greeting)
            print_error("case %zu\n", i);
        assert_int_equal(greeting, cases[i].greeting);
        if (greeting == GREETING_WRONG)
            continue;
        assert_int_equal(taken, cases[i].taken);
        assert_int_equal(answer.tls, cases[i].tls);
        assert_string_equal(answer.version, cases[i].version);
        assert_string_equal(answer.detail, cases[i].detail);
    }
}

static void no_beginning_of_an_answer_is_taken_for_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].read == postgresql_read || cases[i].greeting == GREETING_WRONG)
            continue;
        for (size_t part = 0; part < cases[i].taken; part++) {
            struct service_answer answer = {0};
            size_t taken = 0;
            assert_int_equal(cases[i].read((const uint8_t *)cases[i].bytes, part, &taken, &answer),
                             GREETING_MORE);
        }
    }
}

static void questions_are_as_long_as_they_say(void **state)
{
    (void)state;
    struct bytes out = {0};
    oracle_ask(&out);
    assert_int_equal(u16_at(out.at), out.length);
    assert_int_equal(u16_at(out.at + 24), strlen("(CONNECT_DATA=(COMMAND=version))"));
    assert_int_equal(u16_at(out.at + 26), out.length - strlen("(CONNECT_DATA=(COMMAND=version))"));
    bytes_free(&out);
    db2_ask(&out);
    assert_int_equal(u16_at(out.at), out.length);
    bytes_free(&out);
    ldap_ask(&out);
    assert_int_equal(out.at[1] + 2, out.length);
    bytes_free(&out);
    mysql_ask_for_tls(&out);
    assert_int_equal(out.at[0] + 4, out.length);
    bytes_free(&out);
    postgresql_ask(&out);
    assert_int_equal(out.length, 8);
    bytes_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_read_or_refused),
        cmocka_unit_test(no_beginning_of_an_answer_is_taken_for_the_whole),
        cmocka_unit_test(questions_are_as_long_as_they_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
