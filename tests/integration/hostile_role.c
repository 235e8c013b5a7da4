/* linkaudit with one role that was taken over. It is the program itself, with all of its roles and `run`, but
 * for the role that the file "attack" beside the executable names: "ROLE ATTACK". That one sends what it
 * likes. */
#include "audit/child.h"
#include "audit/command.h"
#include "audit/model/arena.h"
#include "audit/role.h"
#include "reports/row.h"

#include <libgen.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char attack[64];

/* ---- what it sends ------------------------------------------------------------------------------------ */

static void send_text(enum frame_type type, const char *text)
{
    if (!frame_write(FRAME_FD, type, text, strlen(text)))
        _exit(0); /* main has ended it */
}

static void __attribute__((format(printf, 1, 2))) send_row(const char *format, ...)
{
    char row[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(row, sizeof(row), format, arguments);
    va_end(arguments);
    send_text(FRAME_ROW, row);
}

/* A row with so many letters between its halves. */
static void send_large(const char *before, size_t letters, const char *after)
{
    size_t first = strlen(before), length = first + letters + strlen(after);
    char *row = malloc(length + 1);
    if (!row)
        abort();
    memset(row, 'A', length);
    memcpy(row, before, first);
    strcpy(row + first + letters, after);
    send_text(FRAME_ROW, row);
    free(row);
}

static void wait_for_the_end(void)
{
    struct frame frame;
    while (frame_read(FRAME_FD, &frame) == FRAME_OK)
        frame_clear(&frame);
    _exit(0);
}

static bool is(const char *name)
{
    return strcmp(attack, name) == 0;
}

/* ---- attacks that any role can try -------------------------------------------------------------------- */

static void send_entities(void)
{
    static const char head[] = "<!DOCTYPE property [<!ENTITY a0 \"AAAAAAAAAA\">";
    char row[4096], *to = row + sprintf(row, "%s", head);
    for (int i = 1; i < 12; i++) {
        to += sprintf(to, "<!ENTITY a%d \"", i);
        for (int j = 0; j < 10; j++)
            to += sprintf(to, "&a%d;", i - 1);
        to += sprintf(to, "\">");
    }
    sprintf(to, "]><property name=\"bomb\" value=\"&a11;\"/>");
    send_text(FRAME_ROW, row);
}

static void try_anything(void)
{
    if (is("entities"))
        send_entities();
    else if (is("logs"))
        for (;;)
            send_text(FRAME_LOG,
                      "there is always one more thing to say, and another, and one more than that");
    else if (is("job"))
        send_text(FRAME_JOB, "<collector-job/>");
    else if (is("garbage") && write(FRAME_FD, "GET / HTTP/1.1\r\n\r\n", 18) == 18)
        wait_for_the_end();
    else if (is("done"))
        for (;;)
            send_text(FRAME_DONE, "e999");
}

/* ---- resolver and prober ------------------------------------------------------------------------------ */

static void answer_resolve(const struct resolve_job *job)
{
    const char *name = job->candidates.first->name;
    if (is("another-name"))
        send_row("<endpoint id=\"%s\"><resolve outcome=\"ok\" name=\"127.75.0.9\"><address "
                 "ip=\"127.75.0.9\"/></resolve>"
                 "</endpoint>",
                 job->id);
    else if (is("no-address"))
        send_row("<endpoint id=\"%s\"><resolve outcome=\"ok\" name=\"%s\"><address "
                 "ip=\"0x7f.75.9\"/></resolve></endpoint>",
                 job->id, name);
    else if (is("another-endpoint"))
        for (int i = 1; i < 10; i++)
            send_row("<endpoint id=\"e%d\"><resolve outcome=\"no-name\"/></endpoint>", i);
    send_text(FRAME_DONE, job->id);
}

static void answer_probe(const struct probe_job *job)
{
    static const char port[] = "<browser outcome=\"answered\" tcp-port=\"1433\"/>";
    if (is("another-port"))
        send_row("<endpoint id=\"%s\" reachable=\"true\" connections=\"9223372036854775807\">"
                 "<browser outcome=\"answered\" tcp-port=\"1499\"/></endpoint>",
                 job->id);
    else if (is("another-name"))
        send_row("<endpoint id=\"%s\"><resolve outcome=\"ok\" name=\"127.75.0.9\"><address "
                 "ip=\"127.75.0.9\"/></resolve>"
                 "%s</endpoint>",
                 job->id, port);
    else if (is("no-port"))
        send_row("<endpoint id=\"%s\"><browser outcome=\"answered\" tcp-port=\"4294968729\"/></endpoint>",
                 job->id);
    else if (is("another-endpoint"))
        for (int i = 1; i < 10; i++)
            send_row("<endpoint id=\"e%d\">%s</endpoint>", i, port);
    else if (is("rows"))
        for (char row[256];;) {
            snprintf(row, sizeof(row), "<endpoint id=\"%s\"><browser outcome=\"silent\" detail=\"", job->id);
            send_large(row, 200 << 10, "\"/></endpoint>");
        }
    send_text(FRAME_DONE, job->id);
}

/* ---- collector ---------------------------------------------------------------------------------------- */

#define HEADER "<instance name=\"x\" status=\"audited\" server-version=\"16.0.4230.1\"/>"

/* To one server, so that all may be tested as soon as it is probed; each with a login of its own, so that
 * they may go together. */
static void send_links_to_test(void)
{
    send_row("<property name=\"login\" value=\"audit\"/>");
    for (int i = 0; i < 9; i++)
        send_row("<linked-server name=\"L%d\" provider=\"SQLNCLI\" product=\"\" data-source=\"127.75.0.1\">"
                 "<login local=\"*\" local-id=\"0\" remote=\"app%d\" self=\"false\"/></linked-server>",
                 i, i);
}

static void answer_inventory(void)
{
    send_row("<session-opened instance=\"x\"/>");
    send_row(HEADER);
    if (is("another-row"))
        send_row("<endpoint id=\"e1\"><browser outcome=\"answered\" tcp-port=\"1499\"/></endpoint>");
    else if (is("links-endpoint"))
        send_row("<linked-server name=\"L\" provider=\"SQLNCLI\" product=\"\" endpoint=\"e1\"/>");
    else if (is("links-diagnosis"))
        send_row("<linked-server name=\"L\" provider=\"SQLNCLI\" product=\"\"><diagnosis cause=\"ok\" "
                 "actor=\"network\"/>"
                 "</linked-server>");
    else if (is("untested"))
        send_row("<linked-server name=\"L\" provider=\"SQLNCLI\" product=\"\"><test "
                 "outcome=\"ok\"/></linked-server>");
    else if (is("twice"))
        for (int i = 0; i < 2; i++)
            send_row(
                "<linked-server name=\"L\" provider=\"SQLNCLI\" product=\"\" data-source=\"127.75.0.%d\"/>",
                i + 1);
    else if (is("rows"))
        for (;;)
            send_large("<property name=\"x\" value=\"", 200 << 10, "\"/>");
    else if (is("text"))
        send_large("<property name=\"x\" value=\"", 300 << 10, "\"/>");
    else if (is("dies-in-tests") || is("tests-nothing"))
        send_links_to_test();
    send_text(FRAME_DONE, "");
}

/* The fifth of the links is a process's end, or none is tested at all. */
static void answer_link_tests(const struct collector_job *job)
{
    list_each (struct test_request, request, &job->tests) {
        if (is("tests-nothing"))
            break;
        if (strcmp(request->link, "L4") == 0)
            _exit(1);
        send_row("<linked-server name=\"%s\"><test outcome=\"ok\"/></linked-server>", request->link);
    }
    send_text(FRAME_DONE, "");
}

static void after_inventory(void)
{
    if (is("after"))
        send_row("<property name=\"late\" value=\"x\"/>");
}

static void answer_collector(const struct collector_job *job)
{
    if (job->task == TASK_LINK_TESTS) {
        answer_link_tests(job);
    } else {
        answer_inventory();
        after_inventory();
    }
}

/* ---- fork server -------------------------------------------------------------------------------------- */

/* Descriptors come with it, and are dropped here. */
static void wait_for_fork_request(void)
{
    char bytes[4096];
    struct iovec part = {bytes, sizeof(bytes)};
    struct msghdr message;
    do {
        message = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
        if (recvmsg(FORK_CONTROL_FD, &message, 0) <= 0)
            _exit(0);
    } while (!(message.msg_flags & MSG_CTRUNC));
}

static _Noreturn void answer_fork_requests(void)
{
    send_text(FRAME_DONE, "");
    wait_for_fork_request();
    send_text(FRAME_DONE, is("another-child") ? "4000000000 0" : "");
    wait_for_the_end();
    _exit(0);
}

/* ---- the program -------------------------------------------------------------------------------------- */

static int take_over(const char *role)
{
    struct frame frame;
    struct arena *arena = arena_new();
    const char *error;
    try_anything();
    if (strcmp(role, "fork-server") == 0)
        answer_fork_requests();
    while (frame_read(FRAME_FD, &frame) == FRAME_OK) {
        struct row row = row_read(arena, frame.payload, frame.length, &error);
        if (row.element == &resolve_job_element)
            answer_resolve(row.item);
        else if (row.element == &probe_job_element)
            answer_probe(row.item);
        else if (row.element == &collector_job_element)
            answer_collector(row.item);
        frame_clear(&frame);
    }
    arena_free(arena);
    return 0;
}

/* Whether the file beside the executable says that this role is the one. */
static bool is_taken_over(const char *role)
{
    char path[4096] = "", name[64];
    if (readlink("/proc/self/exe", path, sizeof(path) - 16) < 0)
        return false;
    strcat(dirname(path), "/attack");
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    bool read = fscanf(file, "%63s %63s", name, attack) == 2;
    fclose(file);
    return read && strcmp(name, role) == 0;
}

/* Without a fork server that does its work: its copies would not be the ones that were taken over. */
static int run_role(const char *role)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } roles[] = {{"collector", collector_role},
                 {"resolver", resolver_role},
                 {"prober", prober_role},
                 {"reporter", reporter_role}};
    child_begin();
    if (is_taken_over(role))
        return take_over(role);
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (strcmp(roles[i].name, role) == 0)
            return roles[i].run();
    return EXIT_NOTHING;
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    if (argc == 2 && strncmp(argv[1], "--role=", 7) == 0)
        return run_role(argv[1] + 7);
    return argc > 1 ? command_run(argc - 1, argv + 1) : EXIT_NOTHING;
}
