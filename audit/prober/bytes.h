/* Bytes that came or that are to go: a buffer that grows at its end and is taken from at its front. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct bytes {
    uint8_t *at; /* all zero to begin with */
    size_t length, size;
};

void bytes_add(struct bytes *bytes, const void *more, size_t length);
void bytes_add_u8(struct bytes *bytes, unsigned value);
void bytes_add_u16(struct bytes *bytes, unsigned value); /* big-endian */
void bytes_add_u24(struct bytes *bytes, unsigned value);

/* Removes that many bytes from the front; length must not be more than there is. */
void bytes_take(struct bytes *bytes, size_t length);

/* Writes a big-endian u16 or u24 over what is there already. */
void bytes_put_u16(struct bytes *bytes, size_t at, size_t value);
void bytes_put_u24(struct bytes *bytes, size_t at, size_t value);

/* Frees the memory; the buffer is empty and can be used again. */
void bytes_free(struct bytes *bytes);

static inline unsigned u16_at(const uint8_t *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

static inline size_t u24_at(const uint8_t *at)
{
    return (size_t)at[0] << 16 | (size_t)at[1] << 8 | at[2];
}
