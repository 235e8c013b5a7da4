/* Small programs of the system, as children with a deadline. */
#pragma once

#include <stddef.h>

/* Runs arguments[0] (looked for in PATH; ended by NULL) without environment, gives it the input and returns
 * what it says, NUL-terminated: the caller frees. NULL when it could not be started, ended badly or was still
 * running after `deadline` milliseconds: then it is killed. SIGPIPE must be ignored. */
char *run_program(const char *const *arguments, const char *input, size_t length, int deadline);
