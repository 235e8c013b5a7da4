/* The subcommands. Exit codes of run: 0 complete and nothing at or above fail_on, 1 complete with such
 * findings, 2 a report was written but it is incomplete, or a wanted file beside it could not be made, 3
 * nothing was written. Of the others: 0, and 3 when they failed; but check gives 1 when a target is not
 * reachable with TLS 1.2 or newer, diff when something differs, and fix 2 when it failed after some scripts
 * were written. */
#pragma once

enum { EXIT_COMPLETE = 0, EXIT_FINDINGS = 1, EXIT_INCOMPLETE = 2, EXIT_NOTHING = 3 };

struct command {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
    const char *usage;                 /* its arguments */
    const char *summary;               /* one line */
};

int command_run(int argc, char **argv);
int command_check(int argc, char **argv);
int command_render(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_fix(int argc, char **argv);
int command_config(int argc, char **argv);
