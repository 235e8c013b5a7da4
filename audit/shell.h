/* Commands of the configuration: run by /bin/sh in a process group of their own, which ends with them, and
 * with this program however it dies. */
#pragma once

#include <stddef.h>

enum shell_end {
    SHELL_OK,     /* exit status 0 */
    SHELL_FAILED, /* could not be run, another exit status, or a signal */
    SHELL_LATE    /* its time was over: it was killed */
};

/* Runs the command for at most that many seconds. With `output` its standard output goes there, up to `size`
 * bytes (more is SHELL_FAILED), and *length is set; without, it goes where the program's own goes. Its
 * standard input is empty. */
enum shell_end shell_run(const char *command, int seconds, char *output, size_t size, size_t *length);
