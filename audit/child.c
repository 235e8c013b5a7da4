#include "audit/child.h"
#include "audit/fork_server.h"
#include "audit/model/memory.h"
#include "audit/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE_MAXIMUM (64u << 20)
#define TAIL 600
#define EXIT_PATIENCE 5000     /* milliseconds for the end of an exited child's stream */
#define LOG_MAXIMUM (1u << 20) /* bytes of log lines: who has more to say is broken, or worse */

struct child {
    struct fork_server *server; /* that made it; NULL: it is main's own process */
    uv_process_t process;
    uv_pipe_t pipe, errors;
    uv_timer_t deadline;
    const struct child_events *events;
    void *context;
    struct frame_buffer input;
    char tail[TAIL + 1]; /* the last it wrote on its standard error */
    const char *fault;   /* why main gave it up */
    enum child_end end;
    int64_t status;
    size_t logged;
    int signal;
    int open_handles;
    bool exited, stream_ended, killed, reported;
    bool deaf; /* main: nothing that the child has sent is listened to any more */
    char read_buffer[65536];
};

/* ---- its end ------------------------------------------------------------------------------------------ */

static void on_closed(uv_handle_t *handle)
{
    struct child *child = handle->data;
    if (--child->open_handles > 0)
        return;
    frame_buffer_clear(&child->input);
    free(child);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void close_handles(struct child *child)
{
    if (!child->server)
        close_handle((uv_handle_t *)&child->process);
    close_handle((uv_handle_t *)&child->pipe);
    close_handle((uv_handle_t *)&child->errors);
    close_handle((uv_handle_t *)&child->deadline);
}

/* Sanitizers and the dynamic loader say on standard error what happened. */
static void describe_end(const struct child *child, char *text, size_t size)
{
    if (child->fault)
        snprintf(text, size, "%s", child->fault);
    else if (child->signal)
        snprintf(text, size, "the process died of signal %d (%s)%s%s", child->signal,
                 strsignal(child->signal), *child->tail ? ": " : "", child->tail);
    else if (child->status)
        snprintf(text, size, "the process ended with exit status %lld%s%s", (long long)child->status,
                 *child->tail ? ": " : "", child->tail);
    else
        snprintf(text, size, "the process ended");
}

/* Both must have come: the exit status, and the last of what it had sent. */
static void report_end(struct child *child)
{
    char reason[TAIL + 200];
    if (!child->exited || !child->stream_ended || child->reported)
        return;
    child->reported = true;
    if (child->end == CHILD_FINISHED && (child->signal || child->status))
        child->end = CHILD_CRASHED;
    describe_end(child, reason, sizeof(reason));
    child->events->ended(child->context, child->end, reason);
    close_handles(child);
}

/* What it had sent is there to be read. Only a process that it left behind can keep the stream open: nobody
 * waits for that one. */
void child_exited(struct child *child, int64_t status, int signal)
{
    child->exited = true;
    child->status = status;
    child->signal = signal;
    if (!child->stream_ended)
        child_set_deadline(child, EXIT_PATIENCE);
    report_end(child);
}

void child_lost(struct child *child, const char *fault)
{
    if (!child->killed) {
        child->killed = true;
        child->end = CHILD_CRASHED;
        child->fault = fault;
    }
    child_exited(child, 0, 0);
}

static void on_process_exit(uv_process_t *process, int64_t status, int signal)
{
    child_exited(process->data, status, signal);
}

static void give_up(struct child *child, enum child_end end, const char *fault)
{
    if (child->exited) {
        uv_read_stop((uv_stream_t *)&child->pipe);
        child->deaf = true;
        child->stream_ended = true;
        report_end(child);
        return;
    }
    if (child->killed)
        return;
    child->killed = true;
    child->end = end;
    child->fault = fault;
    if (child->server)
        fork_server_kill(child->server, child);
    else
        uv_process_kill(&child->process, SIGKILL);
}

static void on_deadline(uv_timer_t *timer)
{
    give_up(timer->data, CHILD_DEADLINE, "the process overran its deadline and was ended");
}

void child_set_deadline(struct child *child, int64_t milliseconds)
{
    uv_timer_start(&child->deadline, on_deadline, milliseconds > 0 ? (uint64_t)milliseconds : 0, 0);
}

/* ---- its stream --------------------------------------------------------------------------------------- */

static const char *handle_log(struct child *child, const struct frame *frame)
{
    child->logged += FRAME_HEADER + frame->length;
    if (child->logged > LOG_MAXIMUM)
        return "the process wrote log lines without end";
    child->events->log(child->context, frame->payload);
    return NULL;
}

/* NULL, or why the child is not believed any more. Of one that was ended by its deadline or with the run, the
 * rows that were still on their way are kept. */
static const char *handle_frame(struct child *child, const struct frame *frame)
{
    if (child->killed && frame->type != FRAME_ROW)
        return NULL;
    switch (frame->type) {
    case FRAME_ROW:
        return child->events->row(child->context, frame->payload, frame->length);
    case FRAME_LOG:
        return handle_log(child, frame);
    case FRAME_DONE:
        return child->events->done(child->context, frame->payload);
    default:
        return "the process sent a frame that only goes down";
    }
}

static void distrust(struct child *child, const char *fault)
{
    child->deaf = true;
    if (child->exited && !child->killed) {
        child->end = CHILD_CRASHED;
        child->fault = fault;
    }
    give_up(child, CHILD_CRASHED, fault);
}

static void handle_input(struct child *child)
{
    struct frame frame;
    enum frame_result result;
    while (!child->deaf && (result = frame_buffer_next(&child->input, &frame)) != FRAME_END) {
        const char *fault =
            result == FRAME_BAD ? "the process sent what is no frame" : handle_frame(child, &frame);
        frame_clear(&frame);
        if (fault)
            distrust(child, fault);
    }
}

static void on_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct child *child = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(child->read_buffer, sizeof(child->read_buffer));
}

static void on_read(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct child *child = stream->data;
    if (length > 0) {
        if (!child->deaf) {
            frame_buffer_add(&child->input, buffer->base, (size_t)length);
            handle_input(child);
        }
        explicit_bzero(buffer->base, (size_t)length);
        return;
    }
    if (length == 0)
        return;
    uv_read_stop(stream);
    if (child->input.used > child->input.taken && !child->killed && !child->deaf) {
        child->end = CHILD_CRASHED;
        child->fault = "the process ended within a frame";
    }
    child->stream_ended = true;
    report_end(child);
}

/* Keeps the last that a driver, the loader or a sanitizer printed, as one line of printable characters. */
static void on_errors(uv_stream_t *stream, ssize_t length, const uv_buf_t *buffer)
{
    struct child *child = stream->data;
    if (length < 0)
        uv_read_stop(stream);
    if (getenv("LINKAUDIT_CHILD_ERRORS") && length > 0)
        fwrite(buffer->base, 1, (size_t)length, stderr);
    for (ssize_t i = length > TAIL ? length - TAIL : 0; i < length; i++) {
        unsigned char byte = (unsigned char)buffer->base[i];
        size_t used = strlen(child->tail);
        if (used == TAIL) {
            memmove(child->tail, child->tail + TAIL / 2, TAIL / 2 + 1);
            used = TAIL / 2;
        }
        child->tail[used] = byte >= 0x20 && byte < 0x7F ? (char)byte : ' ';
        child->tail[used + 1] = '\0';
    }
}

struct sending {
    uv_write_t request;
    size_t length;
    unsigned char bytes[];
};

static void on_sent(uv_write_t *request, int status)
{
    struct sending *sending = request->data;
    (void)status; /* a child that is gone says so by its exit */
    explicit_bzero(sending->bytes, sending->length);
    free(sending);
}

void child_send(struct child *child, enum frame_type type, const void *payload, size_t length)
{
    if (child->killed || child->exited)
        return;
    if (uv_stream_get_write_queue_size((uv_stream_t *)&child->pipe) > QUEUE_MAXIMUM) {
        give_up(child, CHILD_CRASHED, "the process took no more jobs");
        return;
    }
    struct sending *sending = memory_new(1, sizeof(*sending) + FRAME_HEADER + length);
    sending->request.data = sending;
    sending->length = FRAME_HEADER + length;
    frame_header(sending->bytes, type, length);
    if (length)
        memcpy(sending->bytes + FRAME_HEADER, payload, length);
    uv_buf_t buffer = uv_buf_init((char *)sending->bytes, (unsigned)sending->length);
    if (uv_write(&sending->request, (uv_stream_t *)&child->pipe, &buffer, 1, on_sent) != 0)
        on_sent(&sending->request, -1);
}

static void on_shutdown(uv_shutdown_t *request, int status)
{
    (void)status;
    free(request);
}

void child_close_input(struct child *child)
{
    uv_shutdown_t *request = memory_new(1, sizeof(*request));
    if (uv_shutdown(request, (uv_stream_t *)&child->pipe, on_shutdown) != 0)
        free(request);
}

void child_kill(struct child *child)
{
    give_up(child, CHILD_ENDED, "the run was ended");
}

/* ---- its beginning ------------------------------------------------------------------------------------ */

/* What a role may know of main's environment. Drivers have variables that write secrets into files (TDSDUMP),
 * so everything else is left behind. The sanitizers' and valgrind's are there in builds that use them. */
static const char *const inherited_variables[] = {
    "PATH",         "HOME",          "TZ",           "KRB5CCNAME",  "KRB5_CONFIG",   "KRB5_CLIENT_KTNAME",
    "ODBCSYSINI",   "ODBCINI",       "FREETDS",      "FREETDSCONF", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "ODBCINSTINI",

#ifdef __SANITIZE_ADDRESS__
    "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS",
#endif
};
#define VARIABLES (sizeof(inherited_variables) / sizeof(inherited_variables[0]))

static char **child_environment(void)
{
    char **environment = memory_new(VARIABLES + 2, sizeof(*environment));
    size_t count = 0;
    for (size_t i = 0; i < VARIABLES; i++) {
        const char *value = getenv(inherited_variables[i]);
        if (value && asprintf(&environment[count++], "%s=%s", inherited_variables[i], value) < 0)
            memory_exhausted();
    }
    /* Drivers convert text by the locale; ours is always UTF-8. */
    if (asprintf(&environment[count], "LC_ALL=C.UTF-8") < 0)
        memory_exhausted();
    return environment;
}

static void free_environment(char **environment)
{
    for (char **variable = environment; *variable; variable++)
        free(*variable);
    free(environment);
}

static struct child *child_new(uv_loop_t *loop, const struct child_events *events, void *context)
{
    struct child *child = memory_new(1, sizeof(*child));
    child->events = events;
    child->context = context;
    child->open_handles = 3;
    uv_pipe_init(loop, &child->pipe, 0);
    uv_pipe_init(loop, &child->errors, 0);
    uv_timer_init(loop, &child->deadline);
    child->process.data = child->pipe.data = child->errors.data = child->deadline.data = child;
    return child;
}

/* descriptor: -1, or what becomes FORK_CONTROL_FD. */
static int spawn(uv_loop_t *loop, struct child *child, const char *role, int descriptor)
{
    char program[4096], role_argument[64];
    size_t size = sizeof(program);
    if (uv_exepath(program, &size) != 0)
        snprintf(program, sizeof(program), "/proc/self/exe");
    snprintf(role_argument, sizeof(role_argument), "--role=%s", role);
    char *arguments[] = {program, role_argument, NULL};
    uv_stdio_container_t stdio[5] = {
        {.flags = UV_IGNORE},
        {.flags = UV_IGNORE}, /* drivers print here */
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&child->errors},
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE | UV_WRITABLE_PIPE,
         .data.stream = (uv_stream_t *)&child->pipe},
        {.flags = UV_INHERIT_FD, .data.fd = descriptor},
    };
    /* A program that is replaced while it runs goes on as what it was.
     * In a session of its own: a signal to main's process group may not end what main has not heard yet. */
    uv_process_options_t options = {.exit_cb = on_process_exit,
                                    .flags = UV_PROCESS_DETACHED,
                                    .file = access(program, X_OK) == 0 ? program : "/proc/self/exe",
                                    .args = arguments,
                                    .env = child_environment(),
                                    .stdio = stdio,
                                    .stdio_count = descriptor < 0 ? 4 : 5};
    child->open_handles++;
    int rc = uv_spawn(loop, &child->process, &options);
    free_environment(options.env);
    return rc;
}

static void start_reading(struct child *child)
{
    uv_read_start((uv_stream_t *)&child->pipe, on_buffer, on_read);
    uv_read_start((uv_stream_t *)&child->errors, on_buffer, on_errors);
}

struct child *child_start_with(uv_loop_t *loop, const char *role, int descriptor,
                               const struct child_events *events, void *context, const char **error)
{
    struct child *child = child_new(loop, events, context);
    int rc = spawn(loop, child, role, descriptor);
    if (rc != 0) {
        *error = uv_strerror(rc);
        close_handles(child);
        return NULL;
    }
    start_reading(child);
    return child;
}

struct child *child_start(uv_loop_t *loop, const char *role, const struct child_events *events, void *context,
                          const char **error)
{
    return child_start_with(loop, role, -1, events, context, error);
}

/* Main's ends become the child's handles, the others go to the fork server. */
static bool fork_with(struct child *child, const int *frames, const int *errors)
{
    bool good = fork_server_fork(child->server, child, frames[1], errors[1]);
    close(frames[1]);
    close(errors[1]);
    uv_pipe_open(&child->pipe, frames[0]);
    uv_pipe_open(&child->errors, errors[0]);
    return good;
}

struct child *child_fork(struct fork_server *server, const struct child_events *events, void *context,
                         const char **error)
{
    struct child *child = child_new(fork_server_loop(server), events, context);
    int frames[2], errors[2];
    child->server = server;
    *error = "the process that forks them takes no more requests";
    bool good = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, frames) == 0;
    if (good && pipe2(errors, O_CLOEXEC) != 0) {
        close(frames[0]);
        close(frames[1]);
        good = false;
    }
    if (!good)
        *error = strerror(errno);
    if (!good || !fork_with(child, frames, errors)) {
        close_handles(child);
        return NULL;
    }
    start_reading(child);
    return child;
}

void child_begin(void)
{
    static const struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__
    prctl(PR_SET_DUMPABLE, 0); /* nobody looks into its memory; the leak checker must */
#endif
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    signals_ignore();
}
