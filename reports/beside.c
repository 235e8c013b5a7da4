#include "reports/beside.h"
#include "audit/model/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct beside {
    pid_t pid;
    int output;
};

/* The last byte of the output, which no text has: without it, the work was not finished. An exit status may
 * have nobody to tell it to, where SIGCHLD is ignored. */
enum { DONE = '\0' };

static size_t processors(void)
{
    cpu_set_t usable;
    return sched_getaffinity(0, sizeof(usable), &usable) == 0 ? (size_t)CPU_COUNT(&usable) : 1;
}

/* Ends without the clean-up of a program that was never its own: streams that are open here are its
 * parent's. */
static _Noreturn void do_work(beside_work *work, void *context, int fd, pid_t parent)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        _exit(1);
    FILE *output = fdopen(fd, "w");
    bool good = output && work(output, context) && fputc(DONE, output) == DONE && fclose(output) == 0;
    _exit(good ? 0 : 1);
}

struct beside *beside_start(beside_work *work, void *context)
{
    int ends[2];
    if (processors() < 2 || pipe2(ends, O_CLOEXEC) != 0)
        return NULL;
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        do_work(work, context, ends[1], parent);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return NULL;
    }
    struct beside *beside = memory_new(1, sizeof(*beside));
    *beside = (struct beside){pid, ends[0]};
    return beside;
}

char *beside_end(struct beside *beside, size_t *size)
{
    char bytes[65536], *text = NULL;
    ssize_t count;
    FILE *said = open_memstream(&text, size);
    if (!said)
        memory_exhausted();
    while ((count = read(beside->output, bytes, sizeof(bytes))) > 0 || (count < 0 && errno == EINTR))
        fwrite(bytes, 1, count > 0 ? (size_t)count : 0, said);
    fclose(said);
    close(beside->output);
    while (waitpid(beside->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    free(beside);
    if (*size == 0 || text[*size - 1] != DONE) {
        free(text);
        return NULL;
    }
    --*size;
    return text;
}
