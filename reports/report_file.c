#include "reports/report_file.h"
#include "audit/model/memory.h"
#include "reports/atomic_file.h"
#include "reports/element.h"
#include "reports/run_program.h"
#include "reports/xml_stream.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#define PREFIX "linkaudit-"
#define STAMP "%Y%m%dT%H%M%SZ"
#define STAMP_LENGTH 16

bool report_print(FILE *stream, const struct audit *audit)
{
    xmlTextWriterPtr writer = xmlNewTextWriter(xml_stream(stream));
    if (!writer)
        abort();
    bool good = xmlTextWriterSetIndent(writer, 1) == 0 &&
                xmlTextWriterStartDocument(writer, "1.0", "UTF-8", NULL) >= 0 &&
                element_write(writer, &audit_element, audit, true) && xmlTextWriterEndDocument(writer) >= 0 &&
                xmlTextWriterFlush(writer) >= 0;
    xmlFreeTextWriter(writer);
    return good && !ferror(stream);
}

/* Where a report is written to: its file, and a program that has it at the same time. */
struct both {
    FILE *file;
    struct program *program;
    size_t waiting; /* bytes that the disk has not been told of */
};

static ssize_t write_both(void *context, const char *bytes, size_t length)
{
    enum { ENOUGH_FOR_THE_DISK = 4 * 1024 * 1024 };
    struct both *both = context;
    fwrite(bytes, 1, length, both->file);
    both->waiting += length;
    if (both->waiting >= ENOUGH_FOR_THE_DISK) { /* so that the sync at the end waits for little */
        sync_file_range(fileno(both->file), 0, 0, SYNC_FILE_RANGE_WRITE);
        both->waiting = 0;
    }
    program_give(both->program, bytes, length);
    return (ssize_t)length;
}

static void print_both(struct both *both, const struct audit *audit)
{
    enum { BUFFER = 65536 }; /* what a pipe holds */
    char *buffer = memory_new(BUFFER, 1);
    FILE *stream = fopencookie(both, "w", (cookie_io_functions_t){.write = write_both});
    if (!stream)
        memory_exhausted();
    setvbuf(stream, buffer, _IOFBF, BUFFER); /* without one of ours, glibc takes its own, of a smaller size */
    report_print(stream, audit);
    fclose(stream);
    free(buffer);
}

/* `program` may be NULL. Errors of writing stay in the file's stream, where closing finds them. */
static bool write_report(struct arena *arena, const char *path, const struct audit *audit,
                         struct program *program, const char **error)
{
    struct atomic_file file;
    if (!atomic_file_open(&file, path, arena, error))
        return false;
    if (program)
        print_both(&(struct both){.file = file.stream, .program = program}, audit);
    else
        report_print(file.stream, audit);
    return atomic_file_close(&file, true, arena, error);
}

bool report_write(struct arena *arena, const char *path, const struct audit *audit, const char **error)
{
    return write_report(arena, path, audit, NULL, error);
}

/* ---- names -------------------------------------------------------------------------------------------- */

char *report_path(struct arena *arena, const char *directory, const struct audit *audit,
                  const char *extension)
{
    time_t when = (time_t)audit->started.value;
    struct tm parts;
    char stamp[32] = "00000000T000000Z";
    if (gmtime_r(&when, &parts))
        strftime(stamp, sizeof(stamp), STAMP, &parts);
    char *run = arena_text(arena, audit->run_id);
    for (char *at = run; at && *at; at++)
        if (!isalnum((unsigned char)*at))
            *at = '-';
    return arena_format(arena, "%s/" PREFIX "%s-%s.%s", directory, stamp, run ? run : "0", extension);
}

char *report_path_beside(struct arena *arena, const char *path, const char *extension)
{
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    return arena_format(arena, "%.*s.%s", dot ? (int)(dot - path) : (int)strlen(path), path, extension);
}

/* Length of "linkaudit-20261122T021500Z-RUNID" at the beginning of a run's file name, or 0 when it is none.
 */
static size_t run_name_length(const char *name)
{
    static const char form[] = PREFIX "00000000T000000Z-";
    size_t i = 0;
    for (; form[i]; i++)
        if (form[i] == '0' ? !isdigit((unsigned char)name[i]) : name[i] != form[i])
            return 0;
    while (isalnum((unsigned char)name[i]) || name[i] == '-')
        i++;
    return name[i] == '.' && name[i + 1] != '\0' && i > sizeof(form) - 1 ? i : 0;
}

static char *directory_of(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/');
    return !slash          ? arena_text(arena, ".")
           : slash == path ? arena_text(arena, "/")
                           : arena_text_n(arena, path, (size_t)(slash - path));
}

/* ---- the newest --------------------------------------------------------------------------------------- */

/* The folder is locked while its links change, so that of two runs that end together the later one wins. A
 * file system without locks leaves it to luck. */
static int lock_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0)
        flock(fd, LOCK_EX);
    return fd;
}

/* What a clock that was wrong has dated in the future is no later run: it would stay the latest for years. */
static bool is_in_the_future(const char *name)
{
    char now[32];
    time_t when = time(NULL);
    struct tm parts;
    return gmtime_r(&when, &parts) && strftime(now, sizeof(now), PREFIX STAMP, &parts) > 0 &&
           strncmp(name, now, strlen(now)) > 0;
}

/* Of two runs that began in the same second, the later one has the higher process number at its end, unless
 * those have just begun anew. For all files of the two it is the same one. */
static bool is_later(const char *name, const char *other)
{
    int order = strncmp(name, other, strlen(PREFIX) + STAMP_LENGTH);
    return order ? order > 0 : strverscmp(name, other) > 0;
}

static bool points_to_later(int directory, const char *link, const char *name)
{
    char target[NAME_MAX + 1];
    ssize_t length = readlinkat(directory, link, target, sizeof(target) - 1);
    if (length <= 0)
        return false;
    target[length] = '\0';
    return run_name_length(target) > 0 && is_later(target, name) && !is_in_the_future(target) &&
           faccessat(directory, target, F_OK, 0) == 0;
}

static bool replace_link(struct arena *arena, int directory, const char *link, const char *name)
{
    const char *beside = arena_format(arena, ".%s.%ld", link, (long)getpid());
    unlinkat(directory, beside, 0);
    if (symlinkat(name, directory, beside) != 0)
        return false;
    if (renameat(directory, beside, directory, link) == 0) {
        fsync(directory);
        return true;
    }
    int reason = errno;
    unlinkat(directory, beside, 0);
    errno = reason;
    return false;
}

bool report_set_latest(struct arena *arena, const char *path, const char **error)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    size_t length = run_name_length(name);
    *error = NULL;
    if (length == 0)
        return true;
    const char *link = arena_format(arena, "latest%s", name + length);
    int directory = lock_directory(directory_of(arena, path));
    bool good = directory >= 0 &&
                (points_to_later(directory, link, name) || replace_link(arena, directory, link, name));
    if (!good)
        *error = arena_format(arena, "%s: cannot point to %s: %s", link, name, strerror(errno));
    if (directory >= 0)
        close(directory);
    return good;
}

/* Writes the report, and PATH.sha256 beside it, for `sha256sum -c`: kept elsewhere, it proves that nobody
 * changed the report. By the program of every Debian system, while the report is written; SHA-256 is nothing
 * to write oneself. False: there is no report; *no_hash: there is no hash. */
static bool write_with_hash(struct arena *arena, const char *path, const struct audit *audit,
                            const char **no_hash, const char **error)
{
    enum { DIGITS = 64, DEADLINE = 60000 };
    const char *slash = strrchr(path, '/');
    struct atomic_file file;
    struct program *program = program_start((const char *const[]){"sha256sum", NULL}, DEADLINE);
    bool written = write_report(arena, path, audit, program, error);
    char *answer = program_end(program);
    bool good = answer && strspn(answer, "0123456789abcdef") == DIGITS;
    *no_hash = good ? NULL : arena_format(arena, "%s: sha256sum gave no hash", path);
    if (written && good && atomic_file_open(&file, arena_format(arena, "%s.sha256", path), arena, no_hash)) {
        fprintf(file.stream, "%.*s  %s\n", DIGITS, answer, slash ? slash + 1 : path);
        atomic_file_close(&file, true, arena, no_hash);
    }
    free(answer);
    return written;
}

char *report_publish(struct arena *arena, const char *directory, const struct audit *audit,
                     const char **error)
{
    const char *no_hash;
    char *path = report_path(arena, directory, audit, "xml");
    atomic_file_sweep(directory);
    if (!write_with_hash(arena, path, audit, &no_hash, error))
        return NULL;
    if (report_set_latest(arena, path, error))
        *error = no_hash;
    return path;
}

/* ---- the oldest --------------------------------------------------------------------------------------- */

static int run_files_only(const struct dirent *entry)
{
    return run_name_length(entry->d_name) > 0;
}

static bool is_xml(const char *name)
{
    return strcmp(name + run_name_length(name), ".xml") == 0;
}

char *report_before(struct arena *arena, const char *directory, const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL, *name = slash ? slash + 1 : path;
    struct dirent **files;
    int count = scandir(directory, &files, run_files_only, alphasort);
    char *before = NULL;
    for (int i = count - 1; i >= 0; i--) {
        if (!before && is_xml(files[i]->d_name) && (!name || strcmp(files[i]->d_name, name) < 0))
            before = arena_format(arena, "%s/%s", directory, files[i]->d_name);
        free(files[i]);
    }
    if (count >= 0)
        free(files);
    return before;
}

static bool same_run(const char *a, const char *b)
{
    size_t length = run_name_length(a);
    return length == run_name_length(b) && strncmp(a, b, length) == 0;
}

size_t report_prune(const char *directory, size_t keep)
{
    struct dirent **files;
    int fd = lock_directory(directory);
    int count = keep && fd >= 0 ? scandirat(fd, ".", &files, run_files_only, alphasort) : -1;
    char latest[NAME_MAX + 1] = "";
    if (fd >= 0 && readlinkat(fd, "latest.xml", latest, sizeof(latest) - 1) < 0)
        latest[0] = '\0';
    size_t runs = 0, removed = 0;
    /* From the newest to the oldest: names sort by time, and one run's files stand together. */
    for (int i = count - 1; i >= 0; i--) {
        if (i == count - 1 || !same_run(files[i]->d_name, files[i + 1]->d_name))
            runs++;
        if (runs > keep && !same_run(files[i]->d_name, latest))
            removed += unlinkat(fd, files[i]->d_name, 0) == 0;
    }
    for (int i = 0; i < count; i++)
        free(files[i]);
    if (count >= 0)
        free(files);
    if (fd >= 0)
        close(fd);
    return removed;
}
