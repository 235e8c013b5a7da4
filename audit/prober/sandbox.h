/* The seal of a process that reads bytes from strangers: no files, no programs, no processes, no ptrace, only
 * TCP, UDP and ICMP echo sockets of IPv4 and IPv6. A violation kills the process (SIGSYS).
 *
 * What is loaded late breaks in it: authorities and the time zone must be loaded before. */
#pragma once

#include <stdbool.h>

/* Gives up what root may do, forbids gaining privileges, and installs the filter. False with *error set
 * (static text) when that is not possible.
 *
 * Sanitizers and valgrind need what the filter forbids: a build for them (SANITIZE=1, VALGRIND=1) has the
 * rest only. Nothing that is set when the program runs takes it away. */
bool sandbox_seal(const char **error);
