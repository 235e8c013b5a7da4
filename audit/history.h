/* The history: former runs into the report, and the finished run into the database of [history].
 *
 * Without that section nothing happens. Whatever goes wrong is a message and never harms the report. */
#pragma once

#include "audit/config.h"

/* Reads the former runs of this series into audit->trends. What goes wrong is one of audit->problems. */
void history_read(const struct config *config, struct arena *arena, struct audit *audit);

/* Stores the published report. What goes wrong is said on standard error. */
void history_store(const struct config *config, const char *report);

/* Whether its connection string can be carried to a driver: a message on standard error if not. Passwords are
 * part of it where they are loaded. */
bool history_check(const struct config *config);

/* The connection string that its driver gets, without the password, or NULL; of the configuration's arena. */
char *history_text(const struct config *config);
