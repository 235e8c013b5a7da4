/* Files that appear whole or not at all: written beside their place, synced, renamed, mode 0640. */
#pragma once

#include "audit/model/arena.h"

#include <stdbool.h>
#include <stdio.h>

struct atomic_file {
    FILE *stream;
    char *path, *temporary;
};

/* Opens a new file beside `path`. False with *error (of the arena) naming file and reason. */
bool atomic_file_open(struct atomic_file *file, const char *path, struct arena *arena, const char **error);

/* Ends the writing. With `good`, and when every byte reached the disk, the file takes its place, over a
 * former one; otherwise it vanishes, the former one stays, and the result is false. *error is set only where
 * writing itself failed. */
bool atomic_file_close(struct atomic_file *file, bool good, struct arena *arena, const char **error);

/* Removes what killed processes have left in the directory. Files still being written are locked, and stay.
 * */
void atomic_file_sweep(const char *directory);
