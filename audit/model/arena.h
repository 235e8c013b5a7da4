/* Memory that lives and ends together: everything of one report, one job or one request. */
#pragma once

#include <stddef.h>

struct arena;

/* A new, empty arena. Never NULL: a batch job that has no memory left ends, with a message (exit 3). */
struct arena *arena_new(void);

/* Frees the arena and all that was allocated from it. NULL is allowed. */
void arena_free(struct arena *arena);

/* What tdestroy(3) is to do with a tree's items that are an arena's: nothing. */
void arena_owns(void *item);

/* Bytes that it holds for itself: what main may keep of somebody's words is counted by how far this grows. */
size_t arena_size(const struct arena *arena);

/* Zeroed memory of that many bytes, aligned for any type, owned by the arena. */
void *arena_alloc(struct arena *arena, size_t size);

/* A copy of the text, or of its first `length` bytes, NUL-terminated, owned by the arena. A NULL text gives
 * NULL. */
char *arena_text(struct arena *arena, const char *text);
char *arena_text_n(struct arena *arena, const char *text, size_t length);

/* The same for texts that many share: where the arena has given one that equals it, it gives that one again,
 * as a rule. It may not be written to. */
char *arena_shared(struct arena *arena, const char *text);

/* printf into the arena. */
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
