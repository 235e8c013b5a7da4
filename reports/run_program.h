/* Small programs of the system, as children with a deadline. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct program;

/* Starts arguments[0] (looked for in PATH; ended by NULL) without environment. `deadline`: for how many
 * milliseconds its caller may wait for it in all. NULL when it could not be started. SIGPIPE must be ignored.
 */
struct program *program_start(const char *const *arguments, int deadline);

/* Gives it input, and keeps what it says meanwhile. False when it takes no more of it. */
bool program_give(struct program *program, const char *bytes, size_t length);

/* Ends its input and returns all that it said, NUL-terminated: the caller frees. NULL when it did not take
 * all of its input, ended badly or was still running at its deadline: then it is killed. A NULL program gives
 * NULL.
 */
char *program_end(struct program *program);

/* The three in one. */
char *run_program(const char *const *arguments, const char *input, size_t length, int deadline);
