/* The pipe's reader: frames however they are cut, and the rows in them. The first byte says where to cut. */
#include "audit/frame.h"
#include "reports/row.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_row(const struct frame *frame)
{
    const char *error = NULL;
    struct arena *arena = arena_new();
    struct row row = row_read(arena, frame->payload, frame->length, &error);
    if (row.element) {
        /* What was read can be written, and read again. */
        size_t length;
        char *text = row_write(row.element, row.item, &length);
        struct row again = row_read(arena, text, length, &error);
        if (again.element != row.element)
            abort();
        free(text);
    } else if (!error) {
        abort();
    }
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame_buffer buffer = {0};
    struct frame frame;
    if (size < 2)
        return 0;
    size_t step = (size_t)data[0] + 1;
    enum frame_result result = FRAME_END;
    for (size_t at = 1; at < size && result != FRAME_BAD; at += step) {
        frame_buffer_add(&buffer, data + at, size - at < step ? size - at : step);
        while ((result = frame_buffer_next(&buffer, &frame)) == FRAME_OK) {
            if (frame.type == FRAME_ROW || frame.type == FRAME_JOB)
                read_row(&frame);
            frame_clear(&frame);
        }
    }
    frame_buffer_clear(&buffer);
    return 0;
}
