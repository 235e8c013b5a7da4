#include "reports/run_program.h"
#include "audit/model/clock.h"
#include "audit/model/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct program {
    pid_t pid;
    int input, output;
    int64_t patience; /* milliseconds that are left of its deadline */
    bool failed;
    FILE *said; /* writes to text */
    char *text;
    size_t size;
};

/* The output goes to `up`, the input comes from `down`. */
static bool spawn(struct program *program, const char *const *arguments, const int down[2], const int up[2])
{
    posix_spawn_file_actions_t actions;
    char *const environment[] = {NULL};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, down[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, up[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    bool good =
        posix_spawnp(&program->pid, arguments[0], &actions, NULL, (char *const *)arguments, environment) == 0;
    posix_spawn_file_actions_destroy(&actions);
    return good;
}

struct program *program_start(const char *const *arguments, int deadline)
{
    int down[2], up[2];
    if (pipe2(down, O_CLOEXEC) != 0)
        return NULL;
    if (pipe2(up, O_CLOEXEC) != 0) {
        close(down[0]), close(down[1]);
        return NULL;
    }
    struct program *program = memory_new(1, sizeof(*program));
    *program = (struct program){.input = down[1], .output = up[0], .patience = deadline};
    bool good = spawn(program, arguments, down, up);
    close(down[0]), close(up[1]);
    fcntl(program->input, F_SETFL, O_NONBLOCK);
    if (!good) {
        close(program->input), close(program->output);
        free(program);
        return NULL;
    }
    program->said = open_memstream(&program->text, &program->size);
    if (!program->said)
        memory_exhausted();
    return program;
}

/* Waits until it says something, or takes input where there is some, and keeps what it says. False at the end
 * of that. */
static bool attend(struct program *program, bool give)
{
    char bytes[65536];
    struct pollfd wait[] = {{.fd = program->output, .events = POLLIN},
                            {.fd = give ? program->input : -1, .events = POLLOUT}};
    int64_t before = monotonic_ms();
    int ready = program->patience > 0 ? poll(wait, 2, (int)program->patience) : 0;
    program->patience -= monotonic_ms() - before;
    program->failed = program->patience <= 0 || (ready < 0 && errno != EINTR);
    if (program->failed || ready <= 0 || !wait[0].revents)
        return true;
    ssize_t count = read(program->output, bytes, sizeof(bytes));
    if (count > 0)
        fwrite(bytes, 1, (size_t)count, program->said);
    program->failed = count < 0 && errno != EINTR;
    return count != 0;
}

bool program_give(struct program *program, const char *bytes, size_t length)
{
    while (length > 0 && !program->failed) {
        ssize_t written = write(program->input, bytes, length);
        if (written > 0)
            bytes += written, length -= (size_t)written;
        else if (errno != EAGAIN)
            program->failed = errno != EINTR;
        else if (!attend(program, true))
            program->failed = true;
    }
    return !program->failed;
}

char *program_end(struct program *program)
{
    int status = 0;
    if (!program)
        return NULL;
    close(program->input);
    while (!program->failed && attend(program, false))
        ;
    if (program->failed)
        kill(program->pid, SIGKILL);
    close(program->output);
    fclose(program->said);
    while (waitpid(program->pid, &status, 0) < 0 && errno == EINTR)
        ;
    char *text = program->text;
    if (program->failed || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        free(text);
        text = NULL;
    }
    free(program);
    return text;
}

char *run_program(const char *const *arguments, const char *input, size_t length, int deadline)
{
    struct program *program = program_start(arguments, deadline);
    if (program)
        program_give(program, input, length);
    return program_end(program);
}
