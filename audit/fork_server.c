#include "audit/fork_server.h"
#include "audit/command.h"
#include "audit/model/memory.h"
#include "audit/role.h"
#include "odbc/preload.h"
#include "reports/row.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define READY_PATIENCE 60000 /* milliseconds until everything is loaded */
#define KILL_PATIENCE 10000  /* and until a child that is killed has ended */
#define STOP_PATIENCE 10000  /* and until it ends by itself when its children have */
#define DRIVER_MAXIMUM 1024

/* Requests go down on a socket that keeps them apart and carries descriptors; answers come up as D frames:
 * empty, everything is loaded; "NUMBER STATUS", a child has ended, with waitpid's status. */
enum request_type { REQUEST_LOAD, REQUEST_READY, REQUEST_FORK, REQUEST_KILL };

struct request {
    enum request_type type;
    unsigned number;             /* the child's */
    char driver[DRIVER_MAXIMUM]; /* to be loaded */
};

enum { NOT_FORKED = -1 }; /* in place of a status */

union descriptors {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(2 * sizeof(int))];
};

/* ---- main's side --------------------------------------------------------------------------------------- */

struct forked {
    struct forked *next;
    unsigned number;
    struct child *child;
};

struct fork_server {
    uv_loop_t *loop;
    struct child *process;
    const struct fork_server_events *events;
    void *context;
    int control; /* -1: closed */
    struct forked *forked;
    unsigned last_number;
    bool ready, stopping;
};

/* Only what loads a driver carries its name: a socket holds some hundred requests. */
static size_t request_length(enum request_type type)
{
    return type == REQUEST_LOAD ? sizeof(struct request) : offsetof(struct request, driver);
}

/* Never waits. Where the socket is full a child may be started from the binary instead; anything else must
 * arrive: a server that does not take it is ended. */
static bool request(struct fork_server *server, const struct request *request, const int *descriptors)
{
    struct iovec part = {(void *)request, request_length(request->type)};
    union descriptors control = {.bytes = ""};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (descriptors) {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control);
        control.header = (struct cmsghdr){
            .cmsg_len = CMSG_LEN(2 * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.header), descriptors, 2 * sizeof(int));
    }
    if (server->control >= 0 &&
        sendmsg(server->control, &message, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)part.iov_len)
        return true;
    if (request->type != REQUEST_FORK)
        child_set_deadline(server->process, 0);
    return false;
}

static void close_control(struct fork_server *server)
{
    if (server->control >= 0)
        close(server->control);
    server->control = -1;
}

static void end_if_idle(struct fork_server *server)
{
    if (!server->stopping || server->forked || server->control < 0)
        return;
    close_control(server);
    child_set_deadline(server->process, STOP_PATIENCE);
}

static struct forked *take_forked(struct fork_server *server, unsigned number)
{
    struct forked **at = &server->forked;
    while (*at && (*at)->number != number)
        at = &(*at)->next;
    struct forked *forked = *at;
    if (forked)
        *at = forked->next;
    return forked;
}

static void on_child_ended(struct fork_server *server, struct forked *forked, int status)
{
    if (status == NOT_FORKED)
        child_lost(forked->child, "the system made no process for it");
    else
        child_exited(forked->child, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
                     WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    free(forked);
    end_if_idle(server);
}

/* What it was not asked is no reason to wait for it any longer. */
static const char *on_done(void *context, const char *payload)
{
    struct fork_server *server = context;
    unsigned number = 0;
    int status = 0, length = 0;
    if (!*payload && server->ready)
        return "the process said twice that everything is loaded";
    bool is_end = sscanf(payload, "%u %d%n", &number, &status, &length) == 2 && !payload[length];
    struct forked *forked = is_end ? take_forked(server, number) : NULL;
    if (*payload && !forked)
        return "the process told the end of a child that it does not have";
    if (server->control >= 0) /* closed, it has its time to end */
        child_set_deadline(server->process, INT64_MAX / 2);
    if (forked) {
        on_child_ended(server, forked, status);
    } else {
        server->ready = true;
        server->events->ready(server->context);
    }
    return NULL;
}

static const char *on_row(void *context, const char *bytes, size_t length)
{
    (void)context, (void)bytes, (void)length;
    return "the process sent a row, and was asked for none";
}

static void on_log(void *context, const char *line)
{
    const struct fork_server *server = context;
    server->events->log(server->context, line);
}

static void on_ended(void *context, enum child_end end, const char *reason)
{
    struct fork_server *server = context;
    bool fault = !server->stopping || end != CHILD_FINISHED;
    close_control(server);
    server->events->ended(server->context, fault ? reason : NULL);
    for (struct forked *forked = server->forked, *next; forked; forked = next) {
        next = forked->next;
        child_lost(forked->child, "the process that it was forked from died");
        free(forked);
    }
    free(server);
}

static const struct child_events events = {on_row, on_log, on_done, on_ended};

struct fork_server *fork_server_start(uv_loop_t *loop, const char *const *drivers,
                                      const struct fork_server_events *server_events, void *context,
                                      const char **error)
{
    int control[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) < 0) {
        *error = strerror(errno);
        return NULL;
    }
    struct fork_server *server = memory_new(1, sizeof(*server));
    *server = (struct fork_server){
        .loop = loop, .events = server_events, .context = context, .control = control[0]};
    server->process = child_start_with(loop, "fork-server", control[1], &events, server, error);
    close(control[1]);
    if (!server->process) {
        close_control(server);
        free(server);
        return NULL;
    }
    child_set_deadline(server->process, READY_PATIENCE);
    for (; *drivers; drivers++) {
        struct request load = {.type = REQUEST_LOAD};
        if (strlen(*drivers) < sizeof(load.driver)) {
            memcpy(load.driver, *drivers, strlen(*drivers));
            request(server, &load, NULL);
        }
    }
    request(server, &(struct request){.type = REQUEST_READY}, NULL);
    return server;
}

void fork_server_stop(struct fork_server *server)
{
    server->stopping = true;
    end_if_idle(server);
}

uv_loop_t *fork_server_loop(const struct fork_server *server)
{
    return server->loop;
}

bool fork_server_fork(struct fork_server *server, struct child *child, int frames, int errors)
{
    const struct request ask = {.type = REQUEST_FORK, .number = ++server->last_number};
    if (!request(server, &ask, (int[]){frames, errors}))
        return false;
    struct forked *forked = memory_new(1, sizeof(*forked));
    *forked = (struct forked){server->forked, ask.number, child};
    server->forked = forked;
    return true;
}

void fork_server_kill(struct fork_server *server, const struct child *child)
{
    for (const struct forked *forked = server->forked; forked; forked = forked->next)
        if (forked->child == child) {
            child_set_deadline(server->process, KILL_PATIENCE);
            request(server, &(struct request){.type = REQUEST_KILL, .number = forked->number}, NULL);
            return;
        }
}

/* ---- the role ------------------------------------------------------------------------------------------ */

struct process {
    struct process *next;
    unsigned number;
    pid_t pid; /* not waited for yet, so nobody else's */
};

struct role {
    struct process *processes;
    int signals;
    sigset_t mask; /* as it was */
};

/* False at the end: main has closed its side, or is gone. */
static bool receive(struct request *request, int *descriptors)
{
    struct iovec part = {request, sizeof(*request)};
    union descriptors control;
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    ssize_t length = recvmsg(FORK_CONTROL_FD, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *header = length > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    bool whole = header && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(2 * sizeof(int));
    if (whole)
        memcpy(descriptors, CMSG_DATA(header), 2 * sizeof(int));
    return length >= (ssize_t)sizeof(request->type) && length == (ssize_t)request_length(request->type) &&
           (whole || request->type != REQUEST_FORK);
}

static bool tell(unsigned number, int status)
{
    char text[32];
    int length = snprintf(text, sizeof(text), "%u %d", number, status);
    return frame_write(FRAME_FD, FRAME_DONE, text, (size_t)length);
}

/* Without what libraries do at a process's end: for one that the system clears away it is work, and it calls
 * each of them from the disk once more. */
static _Noreturn void end_collector(int status)
{
#ifdef __SANITIZE_ADDRESS__
    exit(status); /* looks for leaks */
#else
    _exit(status);
#endif
}

/* The copy becomes a collector. What its driver opened stays open; what is the fork server's does not. */
static _Noreturn void become_collector(const struct role *role, pid_t parent, const int *descriptors)
{
    child_begin();
    setsid(); /* so that what its driver starts ends with it */
    if (getppid() != parent)
        _exit(EXIT_NOTHING); /* it died before it could take its children with it */
    prctl(PR_SET_NAME, "collector");
    dup2(descriptors[0], FRAME_FD);
    dup2(descriptors[1], STDERR_FILENO);
    close(descriptors[0]);
    close(descriptors[1]);
    close(FORK_CONTROL_FD);
    close(role->signals);
    sigprocmask(SIG_SETMASK, &role->mask, NULL);
    end_collector(collector_role());
}

static bool fork_collector(struct role *role, unsigned number, const int *descriptors)
{
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        become_collector(role, parent, descriptors);
    close(descriptors[0]);
    close(descriptors[1]);
    if (pid < 0)
        return tell(number, NOT_FORKED);
    struct process *process = memory_new(1, sizeof(*process));
    *process = (struct process){role->processes, number, pid};
    role->processes = process;
    return true;
}

static bool handle_request(struct role *role)
{
    struct request request;
    int descriptors[2];
    if (!receive(&request, descriptors))
        return false;
    switch (request.type) {
    case REQUEST_LOAD:
        request.driver[sizeof(request.driver) - 1] = '\0';
        preload_driver(request.driver);
        return true;
    case REQUEST_READY:
        row_prepare();
        return frame_write(FRAME_FD, FRAME_DONE, "", 0);
    case REQUEST_FORK:
        return fork_collector(role, request.number, descriptors);
    case REQUEST_KILL:
        for (const struct process *process = role->processes; process; process = process->next)
            if (process->number == request.number)
                kill(process->pid, SIGKILL);
        return true;
    }
    return false;
}

/* Its number is still its own, and so is its group's: the processes that its driver started end as well. */
static bool has_ended(pid_t pid, int *status)
{
    siginfo_t info = {.si_pid = 0};
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid != pid)
        return false;
    kill(-pid, SIGKILL);
    return waitpid(pid, status, 0) == pid;
}

static bool tell_ends(struct role *role)
{
    struct signalfd_siginfo info;
    while (read(role->signals, &info, sizeof(info)) == sizeof(info)) {
    }
    for (struct process **at = &role->processes; *at;) {
        struct process *process = *at;
        int status;
        if (!has_ended(process->pid, &status)) {
            at = &process->next;
            continue;
        }
        bool told = tell(process->number, status);
        *at = process->next;
        free(process);
        if (!told)
            return false;
    }
    return true;
}

int fork_server_role(void)
{
    struct role role = {.processes = NULL};
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_BLOCK, &ends, &role.mask);
    role.signals = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
    bool good = role.signals >= 0;
    while (good) {
        struct pollfd waits[] = {{FORK_CONTROL_FD, POLLIN, 0}, {role.signals, POLLIN, 0}};
        if (poll(waits, 2, -1) < 0)
            good = errno == EINTR;
        else if (waits[1].revents)
            good = tell_ends(&role);
        else
            good = handle_request(&role);
    }
    return role.processes ? EXIT_FAILURE : EXIT_SUCCESS;
}
