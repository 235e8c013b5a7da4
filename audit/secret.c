#include "audit/secret.h"
#include "audit/frame.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
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

/* Reads up to one byte too many. -1 for an error, -2 when the time is over. */
static ssize_t read_up_to(int fd, char *bytes, time_t until)
{
    size_t used = 0;
    while (used < SECRET_MAXIMUM + 1) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int ready = now.tv_sec >= until ? 0 : poll(&wait, 1, (int)(until - now.tv_sec) * 1000);
        if (ready == 0)
            return -2;
        ssize_t got = ready < 0 ? -1 : read(fd, bytes + used, SECRET_MAXIMUM + 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -1 : (ssize_t)used;
        used += (size_t)got;
    }
    return (ssize_t)used;
}

static time_t soon(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + COMMAND_SECONDS;
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
    ssize_t length = reason ? 0 : read_up_to(fd, secret->bytes, soon());
    close(fd);
    if (!reason && length < 0)
        reason = "it cannot be read";
    if (reason) {
        secret_clear(secret);
        return reason;
    }
    secret->length = (size_t)length;
    return check(secret);
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

/* The command gets a process group of its own, so that what it started ends with it. */
static pid_t start_command(const char *command, int output)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    setpgid(0, 0);
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(output, STDOUT_FILENO) < 0)
        _exit(127);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* Waits for a command that has closed its output, but not for ever. */
static bool ends_by(pid_t child, time_t until, int *status)
{
    struct timespec now, pause = {0, 10 * 1000 * 1000};
    do {
        if (waitpid(child, status, WNOHANG) == child)
            return true;
        nanosleep(&pause, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec < until);
    return false;
}

const char *secret_from_command(struct secret *secret, const char *command)
{
    int pipe_ends[2], status = -1;
    time_t until = soon();
    *secret = (struct secret){0};
    if (!(secret->bytes = secret_memory()) || pipe2(pipe_ends, O_CLOEXEC) != 0) {
        secret_clear(secret);
        return "out of memory or descriptors";
    }
    pid_t child = start_command(command, pipe_ends[1]);
    close(pipe_ends[1]);
    ssize_t length = child > 0 ? read_up_to(pipe_ends[0], secret->bytes, until) : -1;
    close(pipe_ends[0]);
    if (child > 0) {
        if (length < 0 || length > SECRET_MAXIMUM || !ends_by(child, until, &status)) {
            kill(-child, SIGKILL);
            while (waitpid(child, &status, 0) < 0 && errno == EINTR)
                ;
        }
        kill(-child, SIGKILL);
    }
    if (length >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        secret->length = (size_t)length;
        return check(secret);
    }
    secret_clear(secret);
    return length == -2 ? "it gave no answer within 30 s" : "it could not be run, or failed";
}
