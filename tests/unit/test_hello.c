#include "audit/prober/hello.h"
#include "audit/prober/looks_like.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t zeros[HELLO_RANDOM];

/* A record with one handshake message. */
static size_t message(uint8_t *out, uint8_t type, const uint8_t *body, size_t length)
{
    const uint8_t head[9] = {0x16,
                             3,
                             1,
                             (uint8_t)((length + 4) >> 8),
                             (uint8_t)(length + 4),
                             type,
                             0,
                             (uint8_t)(length >> 8),
                             (uint8_t)length};
    memcpy(out, head, sizeof(head));
    memcpy(out + sizeof(head), body, length);
    return sizeof(head) + length;
}

static size_t server_hello(uint8_t *out, uint8_t minor, uint16_t suite)
{
    uint8_t body[38] = {3, minor};
    body[35] = (uint8_t)(suite >> 8);
    body[36] = (uint8_t)suite;
    return message(out, 2, body, sizeof(body));
}

static void an_ssl3_hello_is_bare(void **state)
{
    (void)state;
    static const uint16_t suites[] = {0x000a, 0x0005, 0x0004, 0x002f, 0x0035};
    struct bytes out = {0};
    hello_write(&out, TLS_SSL3, suites, 5, zeros);
    assert_int_equal(out.length, 60);
    assert_memory_equal(out.at, "\x16\x03\x00\x00\x37\x01\x00\x00\x33\x03\x00", 11);
    assert_memory_equal(out.at + 43, "\x00\x00\x0c\x00\x0a\x00\x05\x00\x04\x00\x2f\x00\x35\x00\xff\x01\x00",
                        17);
    bytes_free(&out);
}

static void a_tls_hello_says_its_lengths_truly(void **state)
{
    (void)state;
    static const uint16_t suites[] = {0x0005};
    struct bytes out = {0};
    bytes_add(&out, "before", 6); /* what is there already stays */
    hello_write(&out, TLS_1_2, suites, 1, zeros);
    const uint8_t *hello = out.at + 6;
    assert_memory_equal(hello, "\x16\x03\x01", 3);
    assert_int_equal(u16_at(hello + 3), out.length - 6 - 5);
    assert_int_equal(u24_at(hello + 6), out.length - 6 - 9);
    assert_int_equal(u16_at(hello + 9), 0x0303);
    bytes_free(&out);
}

static void an_ssl2_hello_is_as_long_as_it_says(void **state)
{
    (void)state;
    struct bytes out = {0};
    hello_write_ssl2(&out, zeros);
    assert_int_equal(out.length, 48);
    assert_int_equal(u16_at(out.at) & 0x7fff, 46);
    bytes_free(&out);
}

static void a_server_hello_with_certificates_is_an_acceptance(void **state)
{
    (void)state;
    uint8_t answer[300];
    static const uint8_t certificates[] = {0, 0, 9, 0, 0, 3, 'a', 'b', 'c', 0, 0, 0};
    size_t length = server_hello(answer, 1, 0x0005);
    length += message(answer + length, 11, certificates, sizeof(certificates));
    struct bytes messages = {0};
    struct hello_answer read;
    assert_int_equal(hello_read(answer, length, &messages, &read), HELLO_ACCEPTED);
    assert_int_equal(read.version, TLS_1_0);
    assert_int_equal(read.suite, 0x0005);
    assert_int_equal(read.certificates, 2);
    assert_int_equal(read.certificate[0].length, 3);
    assert_memory_equal(messages.at + read.certificate[0].offset, "abc", 3);
    /* each beginning of it is unfinished, and is never misread */
    for (size_t part = 0; part < length; part++)
        assert_int_equal(hello_read(answer, part, &messages, &read), HELLO_MORE);
    bytes_free(&messages);
}

static void a_message_may_be_cut_into_records(void **state)
{
    (void)state;
    uint8_t answer[300];
    static const uint8_t certificates[] = {0, 0, 6, 0, 0, 3, 'a', 'b', 'c'};
    size_t first = server_hello(answer, 1, 0x0005);
    size_t length = first + message(answer + first, 11, certificates, sizeof(certificates));
    /* the certificate's last two bytes in a record of their own */
    answer[first + 4] -= 2;
    memmove(answer + length + 3, answer + length - 2, 2);
    memcpy(answer + length - 2, "\x16\x03\x01\x00\x02", 5);
    struct bytes messages = {0};
    struct hello_answer read;
    assert_int_equal(hello_read(answer, length - 2, &messages, &read), HELLO_MORE);
    assert_int_equal(read.certificates, 0);
    assert_int_equal(hello_read(answer, length + 5, &messages, &read), HELLO_ACCEPTED);
    assert_int_equal(read.certificates, 1);
    bytes_free(&messages);
}

static void a_version_is_known_from_server_hello_alone(void **state)
{
    (void)state;
    uint8_t answer[100];
    struct bytes messages = {0};
    struct hello_answer read;
    size_t length = server_hello(answer, 0, 0x000a);
    assert_int_equal(hello_read(answer, length, &messages, &read), HELLO_MORE);
    assert_int_equal(read.version, TLS_SSL3);
    bytes_free(&messages);
}

static void alerts_are_read(void **state)
{
    (void)state;
    struct bytes messages = {0};
    struct hello_answer read;
    const uint8_t alert[] = {0x15, 3, 0, 0, 2, 2, 40};
    assert_int_equal(hello_read(alert, sizeof(alert), &messages, &read), HELLO_ALERT);
    assert_int_equal(read.alert, 40);
    assert_int_equal(hello_read_ssl2(alert, sizeof(alert), &messages, &read), HELLO_ALERT);
    bytes_free(&messages);
}

static void lengths_that_lie_and_other_protocols_are_not_tls(void **state)
{
    (void)state;
    struct bytes messages = {0};
    struct hello_answer read;
    uint8_t answer[200];
    static const uint8_t lying[] = {0, 0, 9, 0, 0, 30, 'a', 'b', 'c', 0, 0, 0};
    size_t length = server_hello(answer, 3, 5);
    length += message(answer + length, 11, lying, sizeof(lying));
    assert_int_equal(hello_read(answer, length, &messages, &read), HELLO_NOT_TLS);
    assert_int_equal(hello_read((const uint8_t *)"HTTP/1.1", 8, &messages, &read), HELLO_NOT_TLS);
    assert_int_equal(hello_read((const uint8_t *)"\x16\x03\x01\x00\x00", 5, &messages, &read), HELLO_NOT_TLS);
    assert_int_equal(hello_read((const uint8_t *)"\x16\x03\x01\xff\xff", 5, &messages, &read), HELLO_NOT_TLS);
    /* a Certificate without a ServerHello before it */
    length = message(answer, 11, lying, sizeof(lying));
    assert_int_equal(hello_read(answer, length, &messages, &read), HELLO_NOT_TLS);
    bytes_free(&messages);
}

static void ssl2_is_told_from_its_server_hello(void **state)
{
    (void)state;
    struct bytes messages = {0};
    struct hello_answer read;
    const uint8_t answer[] = {0x80, 14, 4, 0, 1, 0, 2, 0, 3, 0, 0, 0, 0, 'a', 'b', 'c'};
    assert_int_equal(hello_read_ssl2(answer, sizeof(answer), &messages, &read), HELLO_ACCEPTED);
    assert_int_equal(read.version, TLS_SSL2);
    assert_int_equal(read.certificates, 1);
    assert_memory_equal(messages.at, "abc", 3);
    assert_int_equal(hello_read_ssl2(answer, sizeof(answer) - 1, &messages, &read), HELLO_MORE);
    const uint8_t error[] = {0x80, 3, 0, 0, 1};
    assert_int_equal(hello_read_ssl2(error, sizeof(error), &messages, &read), HELLO_NOT_TLS);
    bytes_free(&messages);
}

static void other_protocols_are_known_by_their_first_words(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        const char *name;
    } cases[] = {
        {"HTTP/1.1 400", 12, "http"},
        {"SSH-2.0-x", 9, "ssh"},
        {"\x15\x03\x01\x00\x02\x02\x28", 7, "tls"},
        {"\x4a\x00\x00\x00\x0a"
         "8.0.36",
         11, "mysql"},
        {"220 mail", 8, "smtp or ftp"},
        {"\xde\xad\xbe\xef\xde\xad", 6, NULL},
        {"", 0, NULL},
        {"H", 1, NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *name = looks_like((const uint8_t *)cases[i].bytes, cases[i].length);
        if (cases[i].name) {
            assert_non_null(name);
            assert_string_equal(name, cases[i].name);
        } else {
            assert_null(name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ssl3_hello_is_bare),
        cmocka_unit_test(a_tls_hello_says_its_lengths_truly),
        cmocka_unit_test(an_ssl2_hello_is_as_long_as_it_says),
        cmocka_unit_test(a_server_hello_with_certificates_is_an_acceptance),
        cmocka_unit_test(a_message_may_be_cut_into_records),
        cmocka_unit_test(a_version_is_known_from_server_hello_alone),
        cmocka_unit_test(alerts_are_read),
        cmocka_unit_test(lengths_that_lie_and_other_protocols_are_not_tls),
        cmocka_unit_test(ssl2_is_told_from_its_server_hello),
        cmocka_unit_test(other_protocols_are_known_by_their_first_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
