/* The report's files in the output folder: linkaudit-20261122T021500Z-RUNID.xml, .html and others of one run,
 * and latest.xml, latest.html and others that point to the newest. */
#pragma once

#include "audit/model/model.h"

#include <stdio.h>

/* Writes the report to the stream. False when the writer failed; the stream's own errors stay in the stream.
 */
bool report_print(FILE *stream, const struct audit *audit);

/* Writes the report to that path, whole or not at all. False with *error (of the arena) naming the file. */
bool report_write(struct arena *arena, const char *path, const struct audit *audit, const char **error);

/* Where the run's file of that extension ("xml") belongs: from `started` and `run_id`. */
char *report_path(struct arena *arena, const char *directory, const struct audit *audit,
                  const char *extension);

/* The path with its extension replaced: the HTML beside the XML. */
char *report_path_beside(struct arena *arena, const char *path, const char *extension);

/* Lets latest.EXTENSION beside the file point to it, unless it points to a run that began later. A file whose
 * name is not one of a run is left alone. */
bool report_set_latest(struct arena *arena, const char *path, const char **error);

/* Sweeps the folder, writes the XML and its hash to their places and lets latest.xml point to it. Returns its
 * path, or NULL with *error; a report that was written but could not become the latest, or has no hash, is
 * returned, with *error set. */
char *report_publish(struct arena *arena, const char *directory, const struct audit *audit,
                     const char **error);

/* Where the XML of the newest run before that one is, or before the end of time with NULL. NULL: there is
 * none. */
char *report_before(struct arena *arena, const char *directory, const char *path);

/* Removes the files of all runs but the newest `keep` (0: none is removed), and never of the one that
 * latest.xml points to. Only files with a run's name are touched. Returns how many were removed. */
size_t report_prune(const char *directory, size_t keep);
