#include "audit/model/arena.h"
#include "audit/model/hash.h"
#include "audit/model/memory.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_SIZE 4096
#define SHARED_ROOM 256    /* places for shared texts to begin with; a power of two */
#define SHARED_LENGTH 1024 /* longer ones are rarely said twice */
#define SHARED_TRIES 16 /* places that are looked at: nobody makes a search longer by texts of his choice */

struct block {
    struct block *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *blocks;
    size_t size;
    char **shared; /* by their hash, or at one of the next places */
    size_t shared_count, shared_room;
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
    free(arena->shared);
    free(arena);
}

void arena_owns(void *item)
{
    (void)item;
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

/* ---- shared texts ---------------------------------------------------------------------------------- */

/* Where the text stands, or may stand; NULL: it has no place. */
static char **shared_place(const struct arena *arena, const char *text, size_t length)
{
    size_t hash = (size_t)hash_quickly(text, length);
    for (size_t i = 0; i < SHARED_TRIES; i++) {
        char **place = &arena->shared[(hash + i) & (arena->shared_room - 1)];
        if (!*place || strcmp(*place, text) == 0)
            return place;
    }
    return NULL;
}

static void grow_shared(struct arena *arena)
{
    struct arena grown = {.shared_room = arena->shared_room ? arena->shared_room * 2 : SHARED_ROOM};
    grown.shared = memory_new(grown.shared_room, sizeof(*grown.shared));
    for (size_t i = 0; i < arena->shared_room; i++) {
        char *text = arena->shared[i], **place = text ? shared_place(&grown, text, strlen(text)) : NULL;
        if (place)
            *place = text;
    }
    free(arena->shared);
    arena->size += (grown.shared_room - arena->shared_room) * sizeof(*grown.shared);
    arena->shared = grown.shared;
    arena->shared_room = grown.shared_room;
}

char *arena_shared(struct arena *arena, const char *text)
{
    if (!text)
        return NULL;
    size_t length = strlen(text);
    if (length > SHARED_LENGTH)
        return arena_text_n(arena, text, length);
    if (arena->shared_count * 2 >= arena->shared_room)
        grow_shared(arena);
    char **place = shared_place(arena, text, length);
    if (!place)
        return arena_text_n(arena, text, length);
    if (!*place) {
        *place = arena_text_n(arena, text, length);
        arena->shared_count++;
    }
    return *place;
}

/* Most texts fit into what is left of the block: they are put there at once. */
char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments, again;
    struct block *block = arena->blocks;
    size_t room = block ? block->size - block->used : 0;
    char *rest = room > 0 ? (char *)block->bytes + block->used : NULL;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(rest, room, format, arguments);
    va_end(arguments);
    bool whole = length >= 0 && (size_t)length < room;
    if (rest && !whole)
        memset(rest, 0, room);
    char *text = arena_alloc(arena, length < 0 ? 1 : (size_t)length + 1);
    if (length >= 0 && !whole)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}
