/* Runs the collector role as main would, in a child with its end of a socket pair on descriptor 3, and prints
 * what comes up, a frame a line: the type, a blank, the payload. Usage: collector_driver JOB.xml
 * [PASSWORD-FILE] The last line is "exit STATUS" or "signal NUMBER". */
#include "audit/frame.h"
#include "audit/role.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;
    ssize_t got = file ? getdelim(&text, &size, EOF, file) : -1;
    if (!file || got < 0) {
        perror(path);
        exit(2);
    }
    fclose(file);
    *length = (size_t)got;
    return text;
}

static void send_file(int fd, enum frame_type type, const char *path)
{
    size_t length;
    char *text = read_file(path, &length);
    while (type == FRAME_SECRET && length > 0 && text[length - 1] == '\n')
        length--;
    if (!frame_write(fd, type, text, length))
        exit(2);
    free(text);
}

int main(int count, char **arguments)
{
    int pair[2], status;
    if (count < 2 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return 2;
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int role_end = dup(pair[1]); /* neither end may be closed by what follows */
        close(pair[0]);
        if (dup2(role_end, FRAME_FD) < 0)
            _exit(2);
        exit(collector_role());
    }
    close(pair[1]);
    send_file(pair[0], FRAME_JOB, arguments[1]);
    if (count > 2)
        send_file(pair[0], FRAME_SECRET, arguments[2]);
    struct frame frame;
    while (frame_read(pair[0], &frame) == FRAME_OK) {
        printf("%c %s\n", frame.type, frame.payload);
        fflush(stdout);
        bool done = frame.type == FRAME_DONE;
        frame_clear(&frame);
        if (done)
            shutdown(pair[0], SHUT_WR);
    }
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        printf("signal %d\n", WTERMSIG(status));
    else
        printf("exit %d\n", WEXITSTATUS(status));
    return 0;
}
