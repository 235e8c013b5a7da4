/* Frames on the pipe between main and a child: file descriptor 3 of the child, a stream in both directions.
 *
 * A frame is: length of the payload, u32 little-endian; a type byte; the payload. Down: J job (a row of the
 * vocabulary), S secret (raw bytes). Up: X row of the report's vocabulary, L line for the log, D done (the
 * answer to one J). A stream that ends without D is a crash. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FRAME_FD = 3, FRAME_HEADER = 5, FRAME_MAXIMUM = 16 * 1024 * 1024, SECRET_MAXIMUM = 4096 };

enum frame_type { FRAME_JOB = 'J', FRAME_SECRET = 'S', FRAME_ROW = 'X', FRAME_LOG = 'L', FRAME_DONE = 'D' };

/* Fills the 5 header bytes. */
void frame_header(unsigned char header[FRAME_HEADER], enum frame_type type, size_t length);

/* ---- blocking side: the roles that handle one thing at a time ------------------------------------------ */

/* Writes a frame whole. False when the other side is gone. */
bool frame_write(int fd, enum frame_type type, const void *payload, size_t length);

/* printf of one L frame, without a newline at its end. */
bool frame_log(int fd, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct frame {
    enum frame_type type;
    size_t length;
    char *payload; /* NUL-terminated behind its length; malloc'ed: frame_clear */
};

enum frame_result { FRAME_END = 0, FRAME_OK = 1, FRAME_BAD = -1 };

/* Reads the next frame, blocking. FRAME_END at the stream's end, FRAME_BAD for a length over FRAME_MAXIMUM,
 * an unknown type or an end within a frame. */
enum frame_result frame_read(int fd, struct frame *frame);

/* Frees the payload, wiping it first. */
void frame_clear(struct frame *frame);

/* ---- several frames: to be written at once, or collected from bytes as they come -------------------- */

struct frame_buffer {
    unsigned char *bytes; /* all zero to begin with */
    size_t used, size, taken;
};

/* Adds a frame to be written with others: one write wakes the other side once. */
void frame_buffer_put(struct frame_buffer *buffer, enum frame_type type, const void *payload, size_t length);

/* Writes all that was put and empties the buffer, blocking. False when the other side is gone. */
bool frame_buffer_write(struct frame_buffer *buffer, int fd);

/* Adds bytes that were read. */
void frame_buffer_add(struct frame_buffer *buffer, const void *bytes, size_t length);

/* The next whole frame: FRAME_OK with *frame set, whose payload belongs to the caller (frame_clear);
 * FRAME_END when more bytes are needed; FRAME_BAD as in frame_read: nothing further can be read from this
 * stream. */
enum frame_result frame_buffer_next(struct frame_buffer *buffer, struct frame *frame);

void frame_buffer_clear(struct frame_buffer *buffer);
