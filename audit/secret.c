#include "audit/secret.h"
#include "audit/frame.h"
#include "audit/shell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define COMMAND_SECONDS 30

/* Pages of their own, so that they can be kept out of core files. One more byte than the longest secret tells
 * one that is too long. */
#define PAGES (SECRET_MAXIMUM + 2)

static char *secret_memory(void)
{
    char *memory = mmap(NULL, PAGES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    madvise(memory, PAGES, MADV_DONTDUMP);
    return memory;
}

void secret_guard_process(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) == 0) {
        limit.rlim_cur = 0;
        setrlimit(RLIMIT_CORE, &limit);
    }
#ifndef __SANITIZE_ADDRESS__
    prctl(PR_SET_DUMPABLE,
          0); /* where cores go to a program, the limit says nothing; the leak checker must look in */
#endif
}

void secret_clear(struct secret *secret)
{
    if (secret->bytes) {
        explicit_bzero(secret->bytes, PAGES);
        munmap(secret->bytes, PAGES);
    }
    *secret = (struct secret){0};
}

static const char *check(struct secret *secret)
{
    const char *reason = NULL;
    if (secret->length > 0 && secret->length <= SECRET_MAXIMUM && secret->bytes[secret->length - 1] == '\n') {
        secret->length--;
        if (secret->length > 0 && secret->bytes[secret->length - 1] == '\r')
            secret->length--;
    }
    if (secret->length == 0)
        reason = "it is empty";
    else if (secret->length > SECRET_MAXIMUM)
        reason = "it is longer than 4096 bytes";
    else if (memchr(secret->bytes, '\0', secret->length) || memchr(secret->bytes, '\n', secret->length))
        reason = "it has more than one line, or a NUL byte";
    if (reason)
        secret_clear(secret);
    else
        secret->bytes[secret->length] = '\0';
    return reason;
}

/* One byte more than a secret may have tells one that is too long. */
static bool read_file(int fd, struct secret *secret)
{
    while (secret->length < SECRET_MAXIMUM + 1) {
        ssize_t got = read(fd, secret->bytes + secret->length, SECRET_MAXIMUM + 1 - secret->length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        secret->length += (size_t)got;
    }
    return true;
}

const char *secret_from_file(struct secret *secret, const char *path)
{
    struct stat status;
    *secret = (struct secret){0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return errno == EACCES   ? "permission denied"
               : errno == ENOENT ? "no such file"
                                 : "it cannot be opened";
    const char *reason = NULL;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        reason = "it is not a regular file";
    else if (status.st_mode & (S_IRWXG | S_IRWXO))
        reason = "group or others may read or write it: chmod 600";
    else if (!(secret->bytes = secret_memory()))
        reason = "out of memory";
    else if (!read_file(fd, secret))
        reason = "it cannot be read";
    close(fd);
    if (!reason)
        return check(secret);
    secret_clear(secret);
    return reason;
}

const char *secret_from_environment(struct secret *secret, const char *variable)
{
    const char *value = getenv(variable);
    *secret = (struct secret){0};
    if (!value)
        return "no such environment variable";
    if (!(secret->bytes = secret_memory()))
        return "out of memory";
    secret->length = strnlen(value, SECRET_MAXIMUM + 1);
    memcpy(secret->bytes, value, secret->length);
    return check(secret);
}

void secret_forget_environment(const char *variable)
{
    char *value = getenv(variable);
    if (!value)
        return;
    explicit_bzero(value, strlen(value)); /* it is this process's own memory, and what /proc shows of it */
    unsetenv(variable);
}

const char *secret_from_command(struct secret *secret, const char *command)
{
    *secret = (struct secret){0};
    if (!(secret->bytes = secret_memory()))
        return "out of memory";
    enum shell_end end =
        shell_run(command, COMMAND_SECONDS, secret->bytes, SECRET_MAXIMUM + 1, &secret->length);
    if (end == SHELL_OK)
        return check(secret);
    secret_clear(secret);
    return end == SHELL_LATE ? "it gave no answer within 30 s"
                             : "it could not be run, failed, or wrote too much";
}
