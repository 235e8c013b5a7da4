/* Secrets: passwords from a file, a command or the environment; wiped when they end, never printed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct secret {
    char *bytes; /* NUL-terminated behind its length; memory of its own that core files leave out */
    size_t length;
};

/* Each fills *secret and gives NULL, or a reason (static text) why not. A secret has 1 to SECRET_MAXIMUM
 * (4096) bytes and one line; a newline at its end, also \r\n, is not part of it. */

/* A regular file, refused when group or others have any right to it. */
const char *secret_from_file(struct secret *secret, const char *path);

/* The standard output of the command, by /bin/sh, within 30 s. */
const char *secret_from_command(struct secret *secret, const char *command);

const char *secret_from_environment(struct secret *secret, const char *variable);

/* To be called before the first secret is read: a crash of this process leaves no core file, and others of
 * the same user cannot look into its memory. */
void secret_guard_process(void);

/* Wipes the variable's value out of this process's environment, and removes it: neither a command nor a child
 * nor /proc is to show it from now on. */
void secret_forget_environment(const char *variable);

/* Wipes and frees it. */
void secret_clear(struct secret *secret);
