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

/* ---- statements ---------------------------------------------------------------------------------------- */

/* The call of sp_serveroption; `server` is an expression, as quote_literal gives it; `value` NULL takes the
 * option's value away. */
char *remedy_set_option(struct arena *arena, const char *server, const char *option, const char *value);
/* For the link; `value` NULL or empty takes the provider string away. */
char *remedy_set_provider_string(struct arena *arena, const struct linked_server *link, const char *value);
char *remedy_set_data_source(struct arena *arena, const struct linked_server *link, const char *value);

/* ---- steps of a fix -------------------------------------------------------------------------------- */

enum remedy_kind {
    REMEDY_OTHER_STATEMENT,
    REMEDY_SETS_PROVIDER_STRING,
    REMEDY_SETS_DATA_SOURCE,
};

/* Words, a statement, or a statement and why a person must decide on it. */
struct remedy_step {
    struct remedy_step *next;
    enum remedy_kind kind; /* of the statement */
    bool runs;             /* the statement may run as it stands; then it has no words */
    char *words;           /* of one line; before a statement without the colon */
    char *statement;       /* of one line; NULL: there is none */
    char *value;           /* the provider string or data source that it sets */
};
typedef LIST_OF(struct remedy_step) remedy_steps;

/* A line for the words and one for the statement, both behind "-- " but for a statement that runs: it stands
 * alone on its line, so that another one runs when the "-- " is taken away. */
char *remedy_steps_text(struct arena *arena, const remedy_steps *steps);

/* The statement behind a comment; the words, if any, as the line before. */
char *remedy_commented(struct arena *arena, const char *words, const char *statement);

/* Whether every text of the link's definition can be quoted as it is: only then a statement finds the link.
 */
bool remedy_can_name(const struct linked_server *link);

/* Whether the text fits into what the procedures take. */
bool remedy_fits(const char *value);
