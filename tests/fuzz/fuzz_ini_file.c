/* Any bytes as a configuration or a policy: what is read stands in the file's order, line by line, and what
 * is not read is a mistake that says what was expected. */
#include "audit/ini_file.h"
#include "audit/model/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct ini_file *file)
{
    unsigned line = 0;
    list_each (const struct ini_mistake, wrong, &file->mistakes)
        if (!wrong->text[0])
            abort();
    if (file->mistakes.count > 0)
        return;
    list_each (const struct ini_section, section, &file->sections) {
        if (!section->name[0] || section->line <= line)
            abort();
        line = section->line;
        list_each (const struct ini_key, key, &section->keys) {
            if (!key->name[0] || !key->value || key->line <= line)
                abort();
            line = key->line;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int fd = -1;
    char path[40];
    if (fd < 0)
        fd = memfd_create("ini", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    struct arena *arena = arena_new();
    check(ini_file_read(arena, path));
    arena_free(arena);
    return 0;
}
