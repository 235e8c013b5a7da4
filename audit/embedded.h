/* Files of the source tree that are part of the binary: sql/ *.sql and reports/report.* */
#pragma once

struct embedded_file {
    const char *path; /* as in the source tree, "sql/servers.sql"; NULL ends the table */
    const char *data; /* followed by a NUL byte that does not count */
    const char *end;
};

extern const struct embedded_file embedded_files[];

/* The file of that path, or NULL. */
const struct embedded_file *embedded_file_find(const char *path);
