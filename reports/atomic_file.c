#include "reports/atomic_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX ".linkaudit-"
#define SUFFIX ".partial"

static void *checked(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static char *temporary_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name;
    if (asprintf(&name, "%.*s" PREFIX "XXXXXX" SUFFIX, slash ? (int)(slash - path + 1) : 0, path) < 0)
        abort();
    return name;
}

static bool fail(struct arena *arena, const char **error, const char *path, const char *what)
{
    *error = arena_format(arena, "%s: %s: %s", path, what, strerror(errno));
    return false;
}

static void clear(struct atomic_file *file)
{
    free(file->path);
    free(file->temporary);
    *file = (struct atomic_file){0};
}

bool atomic_file_open(struct atomic_file *file, const char *path, struct arena *arena, const char **error)
{
    *error = NULL;
    file->path = checked(strdup(path));
    file->temporary = temporary_name(path);
    int fd = mkostemps(file->temporary, (int)strlen(SUFFIX), O_CLOEXEC);
    /* The lock says that somebody is still writing; the kernel takes it back from a killed process. */
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && fchmod(fd, 0640) == 0) {
        file->stream = checked(fdopen(fd, "w"));
        return true;
    }
    fail(arena, error, path, "cannot be written");
    if (fd >= 0) {
        unlink(file->temporary);
        close(fd);
    }
    clear(file);
    return false;
}

/* The new name is on the disk only when the directory is. */
static void sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash == path ? strdup("/")
                      : slash       ? strndup(path, (size_t)(slash - path))
                                    : strdup(".");
    int fd = open(checked(directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    free(directory);
}

static bool take_place(struct atomic_file *file, struct arena *arena, const char **error)
{
    if (ferror(file->stream) || fflush(file->stream) != 0 || fsync(fileno(file->stream)) != 0)
        return fail(arena, error, file->path, "cannot be written whole");
    if (rename(file->temporary, file->path) != 0)
        return fail(arena, error, file->path, "cannot be put in its place");
    sync_directory(file->path);
    return true;
}

bool atomic_file_close(struct atomic_file *file, bool good, struct arena *arena, const char **error)
{
    if (good)
        good = take_place(file, arena, error);
    if (!good)
        unlink(file->temporary);
    fclose(file->stream);
    clear(file);
    return good;
}

static bool is_temporary(const char *name)
{
    size_t length = strlen(name), expected = strlen(PREFIX "XXXXXX" SUFFIX);
    return length == expected && strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
           strcmp(name + length - strlen(SUFFIX), SUFFIX) == 0;
}

/* Between its creation and its lock a file looks abandoned: leave it alone for a minute. */
static void remove_abandoned(int directory, const char *name)
{
    struct stat status;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_mtime + 60 < time(NULL) &&
        flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(directory, name, 0);
    close(fd);
}

void atomic_file_sweep(const char *directory)
{
    DIR *stream = opendir(directory);
    if (!stream)
        return;
    for (struct dirent *entry; (entry = readdir(stream));)
        if (is_temporary(entry->d_name))
            remove_abandoned(dirfd(stream), entry->d_name);
    closedir(stream);
}
