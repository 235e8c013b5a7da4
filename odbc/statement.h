/* The statements of sql/, made ready to run: names are put into them only here, quoted for where they stand.
 * Pure. */
#pragma once

#include "audit/model/arena.h"

#include <stddef.h>

/* The file's text without its comments' lines, or NULL when there is no such file; of the arena. */
char *statement_text(struct arena *arena, const char *path);

enum quoting {
    QUOTE_STRING,  /* within N'…' */
    QUOTE_BRACKET, /* within […] */
    QUOTE_PATTERN  /* within LIKE N'%…%' ESCAPE N'~' */
};

/* The text with each occurrence of the placeholder replaced by the value, quoted; of the arena. */
char *statement_with(struct arena *arena, const char *text, const char *placeholder, const char *value,
                     enum quoting quoting);

/* The text with the line that holds the placeholder repeated once for each value (dropped when there is
 * none). */
char *statement_with_each(struct arena *arena, const char *text, const char *placeholder,
                          const char *const *values, size_t count, enum quoting quoting);
