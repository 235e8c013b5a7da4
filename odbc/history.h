/* The history: every run in a database that is reached through ODBC. Two tasks of the collector, because the
 * report must hold what former runs were like, and a run is stored when its report has been published.
 * Internal to odbc/.
 *
 * Both answer a failure with a <failure> row, whose first message says what could not be done. A failure
 * leaves the database as it was. */
#pragma once

#include "odbc/collector.h"

/* Sends a <trend> row for each of the newest runs of the series, the oldest first. A database without the
 * tables is an empty history. */
void history_read_runs(struct collector *collector);

/* Stores the published report, whole or not at all, and removes runs of its series that are older or more
 * than are kept. Creates the tables where they are missing. A run that is there already is left as it is. */
void history_store_run(struct collector *collector);
