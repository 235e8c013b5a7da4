/* From what was observed to the report's files: diagnosis, findings, changes since the former report, XML,
 * HTML. */
#pragma once

#include "audit/config.h"

struct publication {
    char *xml;  /* the XML's path; NULL: nothing was written */
    char *html; /* NULL: not wanted, or it could not be made */
    bool whole; /* every wanted file was made */
};

/* Publishes the audit in the directory, in the formats ("xml,html,csv"). Whatever goes wrong
 * is said on standard error. */
struct publication publish(const struct config *config, const char *directory, const char *formats,
                           struct arena *arena, const struct audit *audit);

/* Whether the words are formats that there are; a message on standard error if not. */
bool formats_known(const char *formats);

/* Whether a report could be written there, as far as can be known before: a message on standard error if not.
 */
bool directory_writable(const char *directory);
