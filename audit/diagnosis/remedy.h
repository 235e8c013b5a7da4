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

/* The statements; `value` NULL or empty takes the provider string away. */
char *remedy_set_provider_string(struct arena *arena, const struct linked_server *link, const char *value);
char *remedy_set_data_source(struct arena *arena, const struct linked_server *link, const char *value);

/* Whether every text of the link's definition can be quoted as it is: only then a statement finds the link.
 */
bool remedy_can_name(const struct linked_server *link);

/* Whether the text fits into what the procedures take. */
bool remedy_fits(const char *value);
