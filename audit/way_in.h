/* From an instance's configuration to its collector's job: server, port, login, time-outs. */
#pragma once

#include "audit/config.h"
#include "audit/target/endpoint_target.h"

/* Where ODBC will connect to, as a target that can be probed like any other. False for a DSN, which says
 * nothing, and for what cannot be read. */
bool way_in_target(const struct instance_config *instance, struct target *target);

/* Fills the job's server, port, login and time-outs; text is of the arena or the configuration. `port` is SQL
 * Browser's answer, or 0: then the target's own, or 1433. */
void way_in_fill(struct arena *arena, const struct config *config, const struct instance_config *instance,
                 unsigned port, struct collector_job *job);

/* The connection string that its driver gets, without the password; of the configuration's arena. */
char *way_in_text(const struct config *config, const struct instance_config *instance);

/* Whether every instance can be connected to as configured, as far as that can be known without connecting.
 * Mistakes are lines on standard error: file, line, reason. Passwords are part of it where they are loaded.
 */
bool way_in_check(const struct config *config);
