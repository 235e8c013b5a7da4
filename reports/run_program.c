#include "reports/run_program.h"
#include "audit/model/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct program {
    pid_t pid;
    int input, output;
};

static bool start(struct program *child, const char *const *arguments)
{
    int down[2], up[2];
    posix_spawn_file_actions_t actions;
    char *const environment[] = {NULL};
    if (pipe2(down, O_CLOEXEC) != 0)
        return false;
    if (pipe2(up, O_CLOEXEC) != 0) {
        close(down[0]), close(down[1]);
        return false;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, down[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, up[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    bool good =
        posix_spawnp(&child->pid, arguments[0], &actions, NULL, (char *const *)arguments, environment) == 0;
    posix_spawn_file_actions_destroy(&actions);
    close(down[0]), close(up[1]);
    child->input = down[1];
    child->output = up[0];
    fcntl(child->input, F_SETFL, O_NONBLOCK);
    if (!good)
        close(child->input), close(child->output);
    return good;
}

/* Writes what the child takes and keeps what it says, until it closes its output. */
static bool talk(struct program *child, const char *input, size_t length, FILE *output, int64_t deadline)
{
    char bytes[65536];
    for (;;) {
        struct pollfd wait[] = {{.fd = child->output, .events = POLLIN},
                                {.fd = child->input, .events = POLLOUT}};
        int64_t left = deadline - monotonic_ms();
        if (left <= 0 || (poll(wait, child->input >= 0 ? 2 : 1, (int)left) < 0 && errno != EINTR))
            return false;
        if (child->input >= 0 && wait[1].revents) {
            ssize_t written = write(child->input, input, length);
            if (written > 0)
                input += written, length -= (size_t)written;
            if (length == 0 || (written < 0 && errno != EAGAIN && errno != EINTR))
                close(child->input), child->input = -1;
        }
        if (wait[0].revents) {
            ssize_t count = read(child->output, bytes, sizeof(bytes));
            if (count == 0)
                return true;
            if (count > 0)
                fwrite(bytes, 1, (size_t)count, output);
            else if (errno != EINTR)
                return false;
        }
    }
}

char *run_program(const char *const *arguments, const char *input, size_t length, int deadline)
{
    struct program child;
    char *text = NULL;
    size_t size = 0;
    int status = 0;
    if (!start(&child, arguments))
        return NULL;
    FILE *output = open_memstream(&text, &size);
    if (!output)
        abort();
    bool good = talk(&child, input, length, output, monotonic_ms() + deadline);
    fclose(output);
    if (!good)
        kill(child.pid, SIGKILL);
    close(child.output);
    if (child.input >= 0)
        close(child.input);
    while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (good && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return text;
    free(text);
    return NULL;
}
