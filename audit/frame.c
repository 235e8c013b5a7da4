#include "audit/frame.h"
#include "audit/model/memory.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

void frame_header(unsigned char header[FRAME_HEADER], enum frame_type type, size_t length)
{
    for (int i = 0; i < 4; i++)
        header[i] = (unsigned char)(length >> (8 * i));
    header[4] = (unsigned char)type;
}

static bool known_type(int type)
{
    return type == FRAME_JOB || type == FRAME_SECRET || type == FRAME_ROW || type == FRAME_LOG ||
           type == FRAME_DONE;
}

/* The pipe may have been made non-blocking by the parent: both ends of a socket pair share nothing, but a
 * role that inherits one must not depend on it. */
static bool wait_for(int fd, short events)
{
    struct pollfd wait = {.fd = fd, .events = events};
    return poll(&wait, 1, -1) > 0 || errno == EINTR;
}

/* The part of both that is not written yet; false when all is. */
static bool take_written(struct iovec *parts, size_t written)
{
    for (int i = 0; i < 2; i++) {
        size_t taken = written < parts[i].iov_len ? written : parts[i].iov_len;
        parts[i].iov_base = (char *)parts[i].iov_base + taken;
        parts[i].iov_len -= taken;
        written -= taken;
    }
    return parts[0].iov_len > 0 || parts[1].iov_len > 0;
}

/* A frame is one write as a rule: the other side wakes up once for it. */
static bool write_all(int fd, struct iovec *parts)
{
    do {
        ssize_t written = writev(fd, parts, 2);
        if (written < 0 && errno == EAGAIN && !wait_for(fd, POLLOUT))
            return false;
        if (written < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (written > 0 && !take_written(parts, (size_t)written))
            return true;
    } while (true);
}

bool frame_write(int fd, enum frame_type type, const void *payload, size_t length)
{
    unsigned char header[FRAME_HEADER];
    struct iovec parts[2] = {{header, sizeof(header)}, {(void *)payload, length}};
    if (length > FRAME_MAXIMUM)
        return false;
    frame_header(header, type, length);
    return write_all(fd, parts);
}

bool frame_log(int fd, const char *format, ...)
{
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    if (length < 0)
        return false;
    return frame_write(fd, FRAME_LOG, line,
                       (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}

/* 1: all read, 0: the end before the first byte, -1: an error or an end within. */
static int read_all(int fd, void *bytes, size_t length)
{
    size_t got = 0;
    while (got < length) {
        ssize_t count = read(fd, (char *)bytes + got, length - got);
        if (count > 0)
            got += (size_t)count;
        else if (count == 0)
            return got == 0 ? 0 : -1;
        else if (errno == EAGAIN && !wait_for(fd, POLLIN))
            return -1;
        else if (errno != EINTR && errno != EAGAIN)
            return -1;
    }
    return 1;
}

static bool parse_header(const unsigned char *header, struct frame *frame)
{
    frame->length =
        (size_t)header[0] | (size_t)header[1] << 8 | (size_t)header[2] << 16 | (size_t)header[3] << 24;
    frame->type = header[4];
    return known_type(header[4]) && frame->length <= FRAME_MAXIMUM;
}

enum frame_result frame_read(int fd, struct frame *frame)
{
    unsigned char header[FRAME_HEADER];
    *frame = (struct frame){0};
    int rc = read_all(fd, header, sizeof(header));
    if (rc <= 0)
        return rc == 0 ? FRAME_END : FRAME_BAD;
    if (!parse_header(header, frame))
        return FRAME_BAD;
    frame->payload = memory_new(1, frame->length + 1);
    frame->payload[frame->length] = '\0';
    if (frame->length > 0 && read_all(fd, frame->payload, frame->length) != 1) {
        frame_clear(frame);
        return FRAME_BAD;
    }
    return FRAME_OK;
}

void frame_clear(struct frame *frame)
{
    if (frame->payload)
        explicit_bzero(frame->payload, frame->length);
    free(frame->payload);
    *frame = (struct frame){0};
}

void frame_buffer_add(struct frame_buffer *buffer, const void *bytes, size_t length)
{
    if (buffer->taken > 0) {
        memmove(buffer->bytes, buffer->bytes + buffer->taken, buffer->used - buffer->taken);
        buffer->used -= buffer->taken;
        buffer->taken = 0;
    }
    if (buffer->used + length > buffer->size) {
        size_t size = (buffer->used + length) * 2;
        unsigned char *larger = memory_new(1, size);
        if (buffer->used)
            memcpy(larger, buffer->bytes, buffer->used);
        free(buffer->bytes);
        buffer->bytes = larger;
        buffer->size = size;
    }
    if (length)
        memcpy(buffer->bytes + buffer->used, bytes, length);
    buffer->used += length;
}

void frame_buffer_put(struct frame_buffer *buffer, enum frame_type type, const void *payload, size_t length)
{
    unsigned char header[FRAME_HEADER];
    frame_header(header, type, length);
    frame_buffer_add(buffer, header, sizeof(header));
    frame_buffer_add(buffer, payload, length);
}

bool frame_buffer_write(struct frame_buffer *buffer, int fd)
{
    struct iovec parts[2] = {{buffer->bytes, buffer->used}, {NULL, 0}};
    bool written = buffer->used == 0 || write_all(fd, parts);
    buffer->used = 0;
    return written;
}

enum frame_result frame_buffer_next(struct frame_buffer *buffer, struct frame *frame)
{
    size_t available = buffer->used - buffer->taken;
    *frame = (struct frame){0};
    if (available < FRAME_HEADER)
        return FRAME_END;
    if (!parse_header(buffer->bytes + buffer->taken, frame))
        return FRAME_BAD;
    if (available < FRAME_HEADER + frame->length)
        return FRAME_END;
    frame->payload = memory_new(1, frame->length + 1);
    memcpy(frame->payload, buffer->bytes + buffer->taken + FRAME_HEADER, frame->length);
    frame->payload[frame->length] = '\0';
    buffer->taken += FRAME_HEADER + frame->length;
    return FRAME_OK;
}

void frame_buffer_clear(struct frame_buffer *buffer)
{
    free(buffer->bytes);
    *buffer = (struct frame_buffer){0};
}
