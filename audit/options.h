/* What several commands do with their arguments and their output. */
#pragma once

#include "audit/config.h"

/* Reads `path`, or the default configuration when it is NULL. NULL after messages on standard error. */
struct config *read_configuration(const char *path);

/* Ends a command that wrote to standard output: a full disk or a closed pipe is EXIT_NOTHING, with a message.
 */
int end_output(int status);

/* "linkaudit COMMAND: what is wrong" and how to get help, on standard error; EXIT_NOTHING. */
int usage_error(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
