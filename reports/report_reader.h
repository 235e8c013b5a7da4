/* Reads a report file: strictly what the vocabulary allows, one instance, endpoint or finding at a time. */
#pragma once

#include "reports/vocabulary.h"

struct report_reader;

/* Opens the file and reads the root element's attributes into a new `struct audit` of the arena (its lists
 * are empty). NULL when that fails; *error then names file, line and reason, and is of the arena. */
struct report_reader *report_reader_open(const char *path, struct arena *arena, struct audit **audit,
                                         const char **error);

/* The same of less than the report: elements of these names (ended by NULL) are passed over, wherever they
 * are allowed or not. For who reads a report that this program wrote, and needs little of it. */
struct report_reader *report_reader_open_without(const char *path, const char *const *names,
                                                 struct arena *arena, struct audit **audit,
                                                 const char **error);

/* A part of the report, in the document's order: a scope, a setting, a problem, the summary, an instance, an
 * endpoint, a finding, the changes, an answer. */
struct report_part {
    const struct member *member; /* of audit_element: which list or pointer it belongs to */
    void *item;                  /* of the arena that was given */
};

enum report_result { REPORT_END = 0, REPORT_PART = 1, REPORT_BAD = -1 };

/* Reads the next part into the arena, which may be a fresh one each time. REPORT_END only after the whole
 * document turned out to be good; REPORT_BAD: *error as above, and nothing further can be read. */
enum report_result report_reader_next(struct report_reader *reader, struct arena *arena,
                                      struct report_part *part, const char **error);

void report_reader_close(struct report_reader *reader);

/* All of it at once, for what must look at all of it. NULL as report_reader_open. */
struct audit *report_read_all(struct arena *arena, const char *path, const char **error);
struct audit *report_read_without(struct arena *arena, const char *path, const char *const *names,
                                  const char **error);
