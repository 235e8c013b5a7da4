/* Memory, or the end: a batch job that has none left says so and ends with exit code 3. Nothing here gives
 * NULL. */
#pragma once

#include <stddef.h>

/* `count` zeroed items of `size` bytes; free. */
void *memory_new(size_t count, size_t size);

/* `memory` (NULL: none yet) with room for `count` items of `size` bytes; what is new is not zeroed; free. */
void *memory_resize(void *memory, size_t count, size_t size);

/* A copy of the text; free. */
char *memory_text(const char *text);

/* What a function of a library must not do for lack of memory did happen: the same end. */
_Noreturn void memory_exhausted(void);
