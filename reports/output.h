/* The formats that a report can be turned into: one table, a file each. */
#pragma once

#include "audit/model/model.h"

#include <stdio.h>

struct output_options {
    const char *stylesheet; /* html: instead of the built-in one, applied to the whole report; NULL */
};

struct output {
    const char *format;    /* as in --format and `format =` */
    const char *extension; /* of its file */
    const char *summary;
    /* Errors of the stream stay in the stream; others give false and *error, of the arena. */
    bool (*write)(FILE *stream, const struct audit *audit, const struct output_options *options,
                  struct arena *arena, const char **error);
};

extern const struct output outputs[]; /* ended by a NULL format */

/* The row of that format, or NULL. */
const struct output *output_find(const char *format);

/* All formats, separated by blanks, for messages. */
char *output_formats(struct arena *arena);

/* Writes the report's output to the path, whole or not at all. */
bool output_write(const struct output *output, const char *path, const struct audit *audit,
                  const struct output_options *options, struct arena *arena, const char **error);

typedef bool output_writer(FILE *stream, const struct audit *audit, const struct output_options *options,
                           struct arena *arena, const char **error);
output_writer xml_write, html_write, csv_write_links, csv_write_findings, metrics_write, junit_write,
    xccdf_write;
