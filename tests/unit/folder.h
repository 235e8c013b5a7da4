/* A folder of a test's own, and files in it. */
#pragma once

#include "tests/unit/check.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline int folder_new(void **state)
{
    char *folder = strdup("/tmp/linkaudit-test-XXXXXX");
    *state = mkdtemp(folder);
    return *state ? 0 : -1;
}

static inline int folder_remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status, (void)type, (void)walk;
    return remove(path);
}

static inline int folder_remove(void **state)
{
    nftw(*state, folder_remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(*state);
    return 0;
}

/* How many files there are whose name contains the text. */
static inline int folder_count(const char *folder, const char *text)
{
    int count = 0;
    DIR *stream = opendir(folder);
    for (struct dirent *entry; (entry = readdir(stream));)
        count += entry->d_name[0] != '.' && strstr(entry->d_name, text) != NULL;
    closedir(stream);
    return count;
}

/* All names but . and .., hidden ones too. */
static inline int folder_size(const char *folder)
{
    int count = -2;
    DIR *stream = opendir(folder);
    while (readdir(stream))
        count++;
    closedir(stream);
    return count;
}

static inline void file_write(const char *path, const char *text)
{
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    assert_int_equal(fclose(stream), 0);
}

/* The file's text; the caller frees. */
static inline char *file_read(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = fopen(path, "r");
    assert_non_null(stream);
    if (getdelim(&text, &size, '\0', stream) < 0) {
        free(text);
        text = strdup("");
    }
    fclose(stream);
    return text;
}
