/* T-SQL that no name can break out of. */
#pragma once

#include "audit/model/arena.h"

/* [name], each ] doubled, as QUOTENAME does it. NULL gives []. Control characters become U+FFFD, so that a
 * name cannot add lines to a script. */
char *quote_identifier(struct arena *arena, const char *name);

/* N'text', each ' doubled. NULL gives NULL without quotes. Control characters as above, but for the tab. */
char *quote_literal(struct arena *arena, const char *text);

/* The text for a comment of one line: without line ends and control characters, and without the ends and
 * beginnings of block comments. */
char *quote_comment(struct arena *arena, const char *text);

/* A word for a command line of PowerShell: as it is when it holds only letters, digits and .-_:\,@; otherwise
 * in single quotes, each ' doubled. */
char *quote_shell(struct arena *arena, const char *text);
