#include "audit/frame.h"
#include "tests/unit/check.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void test_frames_come_out_as_they_went_in(void **state)
{
    int ends[2];
    struct frame frame;
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_true(frame_write(ends[0], FRAME_ROW, "<row/>", 6));
    assert_true(frame_log(ends[0], "%s %d", "line", 7));
    assert_true(frame_write(ends[0], FRAME_DONE, "", 0));
    close(ends[0]);
    assert_int_equal(frame_read(ends[1], &frame), FRAME_OK);
    assert_int_equal(frame.type, FRAME_ROW);
    assert_string_equal(frame.payload, "<row/>");
    frame_clear(&frame);
    assert_int_equal(frame_read(ends[1], &frame), FRAME_OK);
    assert_string_equal(frame.payload, "line 7");
    frame_clear(&frame);
    assert_int_equal(frame_read(ends[1], &frame), FRAME_OK);
    assert_int_equal(frame.type, FRAME_DONE);
    assert_int_equal(frame.length, 0);
    frame_clear(&frame);
    assert_int_equal(frame_read(ends[1], &frame), FRAME_END);
    close(ends[1]);
}

static enum frame_result read_bytes(const void *bytes, size_t length)
{
    int ends[2];
    struct frame frame;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(write(ends[0], bytes, length), length);
    close(ends[0]);
    enum frame_result result = frame_read(ends[1], &frame);
    frame_clear(&frame);
    close(ends[1]);
    return result;
}

static void test_hostile_streams_are_refused(void **state)
{
    (void)state;
    assert_int_equal(read_bytes("\xFF\xFF\xFF\xFFX", 5), FRAME_BAD); /* longer than any frame */
    assert_int_equal(read_bytes("\x01\x00\x00\x01X", 5), FRAME_BAD); /* one byte over the maximum */
    assert_int_equal(read_bytes("\x04\x00\x00\x00?abcd", 9), FRAME_BAD);
    assert_int_equal(read_bytes("\x04\x00\x00\x00Xabc", 8), FRAME_BAD); /* ends within */
    assert_int_equal(read_bytes("\x04\x00", 2), FRAME_BAD);
    assert_int_equal(read_bytes("", 0), FRAME_END);
}

static void test_a_stream_in_single_bytes_gives_the_same_frames(void **state)
{
    struct frame_buffer buffer = {0};
    struct frame frame;
    unsigned char stream[3 * (FRAME_HEADER + 3)];
    int frames = 0;
    (void)state;
    for (int i = 0; i < 3; i++) {
        frame_header(stream + i * (FRAME_HEADER + 3), FRAME_ROW, 3);
        memcpy(stream + i * (FRAME_HEADER + 3) + FRAME_HEADER, "abc", 3);
    }
    for (size_t i = 0; i < sizeof(stream); i++) {
        frame_buffer_add(&buffer, stream + i, 1);
        while (frame_buffer_next(&buffer, &frame) == FRAME_OK) {
            assert_string_equal(frame.payload, "abc");
            frame_clear(&frame);
            frames++;
        }
    }
    assert_int_equal(frames, 3);
    frame_buffer_add(&buffer, "\xFF\xFF\xFF\xFFX", 5);
    assert_int_equal(frame_buffer_next(&buffer, &frame), FRAME_BAD);
    frame_buffer_clear(&buffer);
}

static void test_frames_written_together_come_out_one_by_one(void **state)
{
    int ends[2];
    struct frame_buffer buffer = {0};
    struct frame frame;
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    for (int turn = 0; turn < 2; turn++) {
        frame_buffer_put(&buffer, FRAME_ROW, "<row/>", 6);
        frame_buffer_put(&buffer, FRAME_DONE, "", 0);
        assert_true(frame_buffer_write(&buffer, ends[0]));
        assert_int_equal(frame_read(ends[1], &frame), FRAME_OK);
        assert_int_equal(frame.type, FRAME_ROW);
        assert_string_equal(frame.payload, "<row/>");
        frame_clear(&frame);
        assert_int_equal(frame_read(ends[1], &frame), FRAME_OK);
        assert_int_equal(frame.type, FRAME_DONE);
        frame_clear(&frame);
    }
    assert_true(frame_buffer_write(&buffer, -1)); /* nothing is nothing to write */
    frame_buffer_put(&buffer, FRAME_DONE, "", 0);
    assert_false(frame_buffer_write(&buffer, -1));
    frame_buffer_clear(&buffer);
    close(ends[0]);
    assert_int_equal(frame_read(ends[1], &frame), FRAME_END);
    close(ends[1]);
}

static void test_what_is_longer_than_a_frame_is_not_written(void **state)
{
    (void)state;
    assert_false(frame_write(-1, FRAME_ROW, "", FRAME_MAXIMUM + 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_come_out_as_they_went_in),
        cmocka_unit_test(test_hostile_streams_are_refused),
        cmocka_unit_test(test_a_stream_in_single_bytes_gives_the_same_frames),
        cmocka_unit_test(test_frames_written_together_come_out_one_by_one),
        cmocka_unit_test(test_what_is_longer_than_a_frame_is_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
