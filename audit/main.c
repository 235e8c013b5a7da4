/* Which role, which command: nothing else. */
#include "audit/child.h"
#include "audit/command.h"
#include "audit/options.h"
#include "audit/role.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    int (*run)(void);
} roles[] = {
    {"collector", collector_role}, {"fork-server", fork_server_role}, {"resolver", resolver_role},
    {"prober", prober_role},       {"reporter", reporter_role},
};

static const struct command commands[] = {
    {"run", command_run,
     "[-c FILE] [--only NAME|tag:TAG]... [--output DIR] [--format LIST] [--no-link-test] [-v|-q]",
     "audit the estate and write the report"},
    {"config", command_config, "[-c FILE]", "check the configuration and print what would be audited"},
    {"check", command_check, "[-c FILE] [-f FILE] [--xml] [--ciphers] [-v] TARGET...",
     "the checklist for targets without a linked server"},
    {"render", command_render,
     "REPORT.xml [-o FILE] [--format FORMAT] [--stylesheet FILE] [--redact] "
     "[--reassess [--policy FILE]]",
     "turn a report into HTML or another format"},
    {"diff", command_diff, "OLD.xml NEW.xml", "what appeared, disappeared, changed"},
    {"merge", command_merge, "A.xml B.xml... -o C.xml", "reports of several network zones as one"},
    {"fix", command_fix, "REPORT.xml [--instance NAME] [-o DIR]",
     "the remedies as a T-SQL script for each instance, to be read before it is run"},
};
#define COUNT(array) (sizeof(array) / sizeof(array[0]))

static int usage(FILE *stream, int status)
{
    fputs("usage: linkaudit COMMAND [ARGUMENTS]\n\n", stream);
    for (size_t i = 0; i < COUNT(commands); i++)
        fprintf(stream, "  linkaudit %-7s %s\n                    %s\n", commands[i].name, commands[i].usage,
                commands[i].summary);
    fputs("\n  linkaudit --help | --version\n", stream);
    return status;
}

static int run_role(const char *name)
{
    child_begin();
    for (size_t i = 0; i < COUNT(roles); i++)
        if (strcmp(roles[i].name, name) == 0)
            return roles[i].run();
    return EXIT_NOTHING;
}

/* A descriptor that is closed (`linkaudit run >&-`) would become somebody's file or pipe. Writing to what
 * stands in its place fails, as writing to a closed one does. */
static bool open_standard_files(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    return fd >= 0 && close(fd) == 0;
}

int main(int argc, char **argv)
{
    if (!open_standard_files())
        return EXIT_NOTHING;
    signal(SIGPIPE, SIG_IGN); /* a child or a reader that is gone is an error value, not a death */
    signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow */
    if (argc == 2 && strncmp(argv[1], "--role=", 7) == 0)
        return run_role(argv[1] + 7);
    if (argc == 2 && strcmp(argv[1], "--version") == 0)
        return puts("linkaudit " LINKAUDIT_VERSION), end_output(EXIT_COMPLETE);
    if (argc == 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return end_output(usage(stdout, EXIT_COMPLETE));
    for (size_t i = 0; argc > 1 && i < COUNT(commands); i++)
        if (strcmp(commands[i].name, argv[1]) == 0)
            return commands[i].run(argc - 1, argv + 1);
    if (argc > 1)
        fprintf(stderr, "linkaudit: no command named '%s'\n", argv[1]);
    return usage(stderr, EXIT_NOTHING);
}
