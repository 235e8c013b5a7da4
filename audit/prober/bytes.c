#include "audit/prober/bytes.h"
#include "audit/model/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bytes_add(struct bytes *bytes, const void *more, size_t length)
{
    if (length == 0)
        return;
    if (bytes->length + length > bytes->size) {
        size_t size = (bytes->length + length) * 2;
        bytes->at = memory_resize(bytes->at, size, 1);
        bytes->size = size;
    }
    memcpy(bytes->at + bytes->length, more, length);
    bytes->length += length;
}

void bytes_add_u8(struct bytes *bytes, unsigned value)
{
    bytes_add(bytes, &(uint8_t){(uint8_t)value}, 1);
}

void bytes_add_u16(struct bytes *bytes, unsigned value)
{
    bytes_add_u8(bytes, value >> 8 & 0xff);
    bytes_add_u8(bytes, value & 0xff);
}

void bytes_add_u24(struct bytes *bytes, unsigned value)
{
    bytes_add_u8(bytes, value >> 16 & 0xff);
    bytes_add_u16(bytes, value & 0xffff);
}

void bytes_take(struct bytes *bytes, size_t length)
{
    bytes->length -= length;
    if (bytes->length > 0 && length > 0)
        memmove(bytes->at, bytes->at + length, bytes->length);
}

void bytes_put_u16(struct bytes *bytes, size_t at, size_t value)
{
    bytes->at[at] = (uint8_t)(value >> 8);
    bytes->at[at + 1] = (uint8_t)value;
}

void bytes_put_u24(struct bytes *bytes, size_t at, size_t value)
{
    bytes->at[at] = (uint8_t)(value >> 16);
    bytes_put_u16(bytes, at + 1, value);
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->at);
    *bytes = (struct bytes){0};
}
