/* Changes of a link in place: what can be written, and the statement that does it. Mappings and their
 * passwords survive such a change. */
#pragma once

#include "audit/diagnosis/link_encryption.h"

/* What sp_serveroption and sp_setnetname take: @optvalue is nvarchar(128), @netname a sysname. In UTF-16
 * units. */
#define REMEDY_VALUE_MAX 128

struct remedy_change {
    char *value;          /* the whole new text; NULL where there is an obstacle */
    const char *hint;     /* "Encrypt=Optional": what is wanted of it */
    const char *obstacle; /* why it cannot be written; a sentence */
};

/* The provider string of the link with one keyword changed, as its reader will find it. */
struct remedy_change remedy_provider_string(struct arena *arena, const struct linked_server *link,
                                            enum provider_keyword keyword, const char *value);
/* Without the keywords of that list, ended by KEYWORD_UNKNOWN. */
struct remedy_change remedy_without(struct arena *arena, const struct linked_server *link,
                                    const enum provider_keyword *keywords);

/* ---- statements -----------------------------------------------------------------------------------------
 */

/* The call of sp_serveroption; `server` is an expression, as quote_literal gives it; `value` NULL takes the
 * option's value away. */
char *remedy_set_option(struct arena *arena, const char *server, const char *option, const char *value);
/* For the link; `value` NULL or empty takes the provider string away. */
char *remedy_set_provider_string(struct arena *arena, const struct linked_server *link, const char *value);
char *remedy_set_data_source(struct arena *arena, const struct linked_server *link, const char *value);

/* ---- lines ----------------------------------------------------------------------------------------------
 * A fix is read by line: a statement that may run as it stands, or behind "-- " words, or a statement that a
 * person must decide on. Such a statement has its line for itself, so that it runs when the "-- " is taken
 * away. */

/* The words as one line, the statement behind a comment as the next. `why` NULL: the statement alone. */
char *remedy_commented(struct arena *arena, const char *why, const char *statement);

enum remedy_line_kind {
    REMEDY_WORDS,
    REMEDY_SETS_PROVIDER_STRING,
    REMEDY_SETS_DATA_SOURCE,
    REMEDY_OTHER_STATEMENT,
};

struct remedy_line {
    enum remedy_line_kind kind;
    bool commented;
    const char *text; /* without the comment's dashes; within the line that was read */
};

struct remedy_line remedy_read_line(const char *line);

/* Whether every text of the link's definition can be quoted as it is: only then a statement finds the link.
 */
bool remedy_can_name(const struct linked_server *link);

/* Whether the text fits into what the procedures take. */
bool remedy_fits(const char *value);
