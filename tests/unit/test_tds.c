#include "audit/prober/tds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void prelogin_is_as_the_specification_writes_it(void **state)
{
    (void)state;
    /* MS-TDS 4.1, with another client version and no thread id. */
    static const uint8_t expected[] = {0x12, 0x01, 0x00, 0x2f, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x1a, 0x00,
                                       0x06, 0x01, 0x00, 0x20, 0x00, 0x01, 0x02, 0x00, 0x21, 0x00, 0x01, 0x03,
                                       0x00, 0x22, 0x00, 0x04, 0x04, 0x00, 0x26, 0x00, 0x01, 0xff, 0x09, 0x00,
                                       0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00};
    struct bytes out = {0};
    prelogin_write(&out, TDS_ENCRYPT_ON, NULL);
    assert_int_equal(out.length, sizeof(expected));
    assert_memory_equal(out.at, expected, sizeof(expected));
    bytes_free(&out);
    prelogin_write(&out, TDS_ENCRYPT_OFF, "INST1");
    assert_int_equal(out.length, sizeof(expected) + 5);
    assert_non_null(memmem(out.at, out.length, "INST1", 6));
    bytes_free(&out);
}

static void a_long_message_is_cut_into_packets_and_put_together_again(void **state)
{
    (void)state;
    uint8_t payload[10000], type = 0;
    struct bytes out = {0}, back = {0};
    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (uint8_t)(i * 7);
    tds_message_write(&out, TDS_PRELOGIN, payload, sizeof(payload));
    assert_int_equal(out.length, sizeof(payload) + 3 * TDS_HEADER);
    assert_int_equal(u16_at(out.at + 2), TDS_PACKET_SIZE);
    assert_int_equal(out.at[1], 0);
    /* however it is cut on its way */
    struct bytes in = {0};
    enum tds_result result = TDS_MORE;
    for (size_t at = 0; at < out.length; at += 333) {
        assert_int_equal(result, TDS_MORE);
        bytes_add(&in, out.at + at, out.length - at < 333 ? out.length - at : 333);
        result = tds_message_read(&in, &back, &type);
    }
    assert_int_equal(result, TDS_WHOLE);
    assert_int_equal(type, TDS_PRELOGIN);
    assert_int_equal(back.length, sizeof(payload));
    assert_memory_equal(back.at, payload, sizeof(payload));
    assert_int_equal(in.length, 0);
    bytes_free(&in);
    bytes_free(&out);
    bytes_free(&back);
}

static void an_answer_is_read(void **state)
{
    (void)state;
    static const uint8_t answer[] = {0x00, 0x00, 0x15, 0x00, 0x06, 0x01, 0x00, 0x1b, 0x00, 0x01,
                                     0x02, 0x00, 0x1c, 0x00, 0x01, 0x03, 0x00, 0x1d, 0x00, 0x00,
                                     0xff, 0x10, 0x00, 0x10, 0x27, 0x00, 0x04, 0x03, 0x01};
    struct prelogin_answer read;
    assert_null(prelogin_read(answer, sizeof(answer), &read));
    assert_int_equal(read.major, 16);
    assert_int_equal(read.minor, 0);
    assert_int_equal(read.build, 4135);
    assert_int_equal(read.sub_build, 4);
    assert_true(read.has_encryption);
    assert_int_equal(read.encryption, TDS_ENCRYPT_REQUIRED);
    assert_true(read.has_instance);
    assert_true(read.instance_differs);
}

static void hostile_answers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
    } answers[] = {
        {"", 0},
        {"\xff", 1},                                          /* no VERSION */
        {"\x01\x00\x06\x00\x01\xff\x00", 7},                  /* ENCRYPTION first */
        {"\x00", 1},                                          /* cut off */
        {"\x00\x00\x06\x00\x06", 5},                          /* no end */
        {"\x00\x00\x06\x00\x06\xff\x10\x00\x00\x00\x00", 11}, /* a byte is missing */
        {"\x00\xff\xff\x00\x06\xff", 6},                      /* far outside */
        {"\x00\x00\x06\xff\xff\xff\x10\x00\x00\x00\x00\x00", 12},
        {"\x00\x00\x06\x00\x05\xff\x10\x00\x00\x00\x00\x00", 12}, /* VERSION too short */
    };
    struct prelogin_answer read;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        assert_non_null(prelogin_read((const uint8_t *)answers[i].bytes, answers[i].length, &read));
}

static void what_is_no_packet_of_an_answer_is_told_at_its_first_byte(void **state)
{
    (void)state;
    struct tds_packet packet;
    assert_int_equal(tds_packet_read((const uint8_t *)"H", 1, &packet), TDS_INVALID);
    assert_int_equal(tds_packet_read((const uint8_t *)"\x04", 1, &packet), TDS_MORE);
    assert_int_equal(tds_packet_read((const uint8_t *)"", 0, &packet), TDS_MORE);
    assert_int_equal(tds_packet_read((const uint8_t *)"\x04\x01\x00\x07\0\0\1\0", 8, &packet), TDS_INVALID);
    assert_int_equal(tds_packet_read((const uint8_t *)"\x04\x01\xff\xff\0\0\1\0", 8, &packet), TDS_INVALID);
    assert_int_equal(tds_packet_read((const uint8_t *)"\x04\x01\x00\x09\0\0\1\0", 8, &packet), TDS_MORE);
    assert_int_equal(tds_packet_read((const uint8_t *)"\x04\x01\x00\x09\0\0\1\0\xff", 9, &packet), TDS_WHOLE);
    assert_int_equal(packet.length, 1);
    assert_true(packet.last);
}

static void a_message_without_end_is_not_gathered_for_ever(void **state)
{
    (void)state;
    struct bytes in = {0}, payload = {0};
    uint8_t packet[TDS_PACKET_SIZE] = {TDS_REPLY, 0, TDS_PACKET_SIZE >> 8, 0}, type;
    enum tds_result result = TDS_MORE;
    for (int i = 0; i < 100 && result == TDS_MORE; i++) {
        bytes_add(&in, packet, sizeof(packet));
        result = tds_message_read(&in, &payload, &type);
    }
    assert_int_equal(result, TDS_INVALID);
    assert_true(payload.length <= TDS_MESSAGE_MAXIMUM);
    bytes_free(&in);
    bytes_free(&payload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prelogin_is_as_the_specification_writes_it),
        cmocka_unit_test(a_long_message_is_cut_into_packets_and_put_together_again),
        cmocka_unit_test(an_answer_is_read),
        cmocka_unit_test(hostile_answers_are_refused),
        cmocka_unit_test(what_is_no_packet_of_an_answer_is_told_at_its_first_byte),
        cmocka_unit_test(a_message_without_end_is_not_gathered_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
