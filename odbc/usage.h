/* Where T-SQL names a linked server: four-part names, OPENQUERY, EXECUTE … AT; comments, strings, [brackets]
 * and "quoted identifiers" are read as the engine reads them, so that a name in a comment is no use. Pure. */
#pragma once

#include <stdbool.h>

#define HOW_FOUR_PART_NAME "four-part-name"
#define HOW_OPENQUERY "openquery"
#define HOW_EXECUTE_AT "execute-at"
#define HOW_STRING                                                                                           \
    "string" /* a four-part name, OPENQUERY or EXECUTE … AT in a literal: dynamic SQL, perhaps */
#define HOW_SYNONYM "synonym"
#define HOW_DEPENDENCY "dependency"

struct name_use {
    const char *how;  /* one of the above; static */
    const char *name; /* the server's name without its quotes, UTF-8; valid during the call */
    /* Whether it can be nothing but a linked server's name. Elsewhere `a.b.c.d` may be a column of a local
     * table. */
    bool certain;
};

typedef void name_use_handler(void *context, const struct name_use *use);

/* Calls the handler for each use in the text, in their order. Text that ends within a comment or a quote is
 * read up to there. */
void usage_find(const char *text, name_use_handler *handler, void *context);
