/* Work done beside other work, on another processor. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* What is to be done, and the text that is written to `output`. False when it failed. */
typedef bool beside_work(FILE *output, void *context);

struct beside;

/* Begins the work in a copy of this process, which sees what there is now and changes nothing here. NULL when
 * there is one processor only, or no process could be made: the caller does the work itself. */
struct beside *beside_start(beside_work *work, void *context);

/* Waits for its end and returns what it wrote, *size bytes, which the caller frees; NULL when it failed or
 * did not come to its end. */
char *beside_end(struct beside *beside, size_t *size);
