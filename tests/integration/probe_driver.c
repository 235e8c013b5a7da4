/* Drives one role by itself: probe_driver prober|resolver <ROWS
 *
 * Each line of standard input is a row that is sent as a job. What comes back is printed, a frame a line: its
 * type, a blank, its payload. Exits with the role's status, or 128 and the signal that ended it. */
#include "audit/frame.h"
#include "audit/role.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static int run_role(const char *name, int fd)
{
    if (dup2(fd, FRAME_FD) < 0)
        return 1;
    if (fd != FRAME_FD)
        close(fd);
    return strcmp(name, "resolver") == 0 ? resolver_role() : prober_role();
}

static void send_rows(int fd)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    while ((length = getline(&line, &size, stdin)) > 1)
        frame_write(fd, FRAME_JOB, line, (size_t)length - 1);
    free(line);
    shutdown(fd, SHUT_WR);
}

int main(int argc, char **argv)
{
    int ends[2], status = 0;
    struct frame frame;
    if (argc != 2 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return 2;
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        exit(run_role(argv[1], ends[1]));
    }
    close(ends[1]);
    pid_t sender = fork();
    if (sender == 0) {
        send_rows(ends[0]);
        _exit(0);
    }
    while (frame_read(ends[0], &frame) == FRAME_OK) {
        printf("%c %s\n", frame.type, frame.payload);
        fflush(stdout);
        frame_clear(&frame);
    }
    waitpid(sender, NULL, 0);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
