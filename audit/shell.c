#include "audit/shell.h"
#include "audit/model/clock.h"
#include "audit/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void run_command(const char *command, int output)
{
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || (output >= 0 && dup2(output, STDOUT_FILENO) < 0))
        _exit(127);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    signals_release();
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

static void end_group(int number)
{
    (void)number;
    kill(0, SIGKILL); /* this process is one of them */
}

/* The leader of the command's process group: it lives as long as the command, and when this program dies it
 * takes everything with it that the command has started. */
static void watch_command(const char *command, int output, pid_t parent)
{
    sigset_t none;
    int status;
    setpgid(0, 0);
    signal(SIGTERM, end_group);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
        _exit(127);
    pid_t child = fork();
    if (child == 0)
        run_command(command, output);
    close(output);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    _exit(child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 127);
}

static pid_t start(const char *command, int output)
{
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        watch_command(command, output, parent);
    return child;
}

/* Reads to the end, or one byte more than fits. */
static enum shell_end read_output(int fd, int64_t until, char *output, size_t size, size_t *length)
{
    char beyond;
    *length = 0;
    for (;;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int64_t left = until - monotonic_ms();
        int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
        if (ready == 0)
            return SHELL_LATE;
        bool full = *length == size;
        ssize_t got = ready < 0 ? -1 : read(fd, full ? &beyond : output + *length, full ? 1 : size - *length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            return SHELL_OK;
        if (got < 0 || full)
            return SHELL_FAILED;
        *length += (size_t)got;
    }
}

static enum shell_end wait_until(pid_t child, int64_t until)
{
    static const struct timespec pause = {0, 10 * 1000 * 1000};
    int status;
    do {
        if (waitpid(child, &status, WNOHANG) == child)
            return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? SHELL_OK : SHELL_FAILED;
        nanosleep(&pause, NULL);
    } while (monotonic_ms() < until);
    return SHELL_LATE;
}

enum shell_end shell_run(const char *command, int seconds, char *output, size_t size, size_t *length)
{
    int ends[2] = {-1, -1};
    int64_t until = monotonic_ms() + (int64_t)seconds * 1000;
    enum shell_end end = SHELL_OK;
    if (output && pipe2(ends, O_CLOEXEC) != 0)
        return SHELL_FAILED;
    pid_t child = start(command, ends[1]);
    if (output) {
        close(ends[1]);
        end = child > 0 ? read_output(ends[0], until, output, size, length) : SHELL_FAILED;
        close(ends[0]);
    }
    if (child <= 0)
        return SHELL_FAILED;
    enum shell_end exit = end == SHELL_OK ? wait_until(child, until) : end;
    kill(-child, SIGKILL);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ; /* ECHILD: it was waited for above */
    return exit;
}
