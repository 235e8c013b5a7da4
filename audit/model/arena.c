#include "audit/model/arena.h"
#include "audit/model/memory.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 4096

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *blocks;
    size_t size;
};

struct arena *arena_new(void)
{
    return memory_new(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    for (struct block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        free(block);
    }
    free(arena);
}

static struct block *block_new(struct arena *arena, size_t size)
{
    struct block *block = memory_new(1, sizeof(struct block) + size);
    block->size = size;
    arena->size += size;
    return block;
}

size_t arena_size(const struct arena *arena)
{
    return arena->size;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2) {
        fputs("linkaudit: a size that no memory could hold was asked for\n", stderr);
        abort();
    }
    size = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    struct block *block = arena->blocks;
    if (size > BLOCK_SIZE / 4 && (!block || block->size - block->used < size)) {
        /* A block of its own, behind the current one, so that the current one's rest is not lost. */
        struct block *own = block_new(arena, size);
        own->used = size;
        if (block) {
            own->next = block->next;
            block->next = own;
        } else {
            arena->blocks = own;
        }
        return own->bytes;
    }
    if (!block || block->size - block->used < size) {
        block = block_new(arena, BLOCK_SIZE);
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *memory = block->bytes + block->used;
    block->used += size;
    return memory;
}

char *arena_text_n(struct arena *arena, const char *text, size_t length)
{
    if (!text)
        return NULL;
    char *copy = arena_alloc(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
    return text ? arena_text_n(arena, text, strlen(text)) : NULL;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = arena_alloc(arena, length < 0 ? 1 : (size_t)length + 1);
    if (length >= 0)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
