/* The history: former runs into the report, and the finished run into the database of [history].
 *
 * Without that section nothing happens. Whatever goes wrong is a message and never harms the report: former
 * runs are read before the audit begins, when an interrupt can lose nothing yet, and the run is stored when
 * its report is published. */
#pragma once

#include "audit/config.h"

struct former_runs {
    LIST_OF(struct trend) trends; /* the oldest first */
    char *problem;                /* why they could not be read; NULL: nothing went wrong */
    bool refused;                 /* the database refused the login: it is not to be offered again */
};

/* Reads the former runs of the configuration's series into the arena. */
struct former_runs history_read(const struct config *config, struct arena *arena);

/* Puts them into audit->trends, and what went wrong into audit->problems; of the same arena. */
void history_tell(const struct former_runs *runs, struct arena *arena, struct audit *audit);

/* Stores the published report, unless the login was refused when the former runs were read. What goes wrong
 * is said on standard error. */
void history_store(const struct config *config, const struct former_runs *runs, const char *report);

/* Whether its connection string can be carried to a driver: a message on standard error if not. Passwords are
 * part of it where they are loaded. */
bool history_check(const struct config *config);

/* The connection string that its driver gets, without the password, or NULL; of the configuration's arena. */
char *history_text(const struct config *config);
