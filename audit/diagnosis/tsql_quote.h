/* T-SQL that no name can break out of. */
#pragma once

#include "audit/model/arena.h"

#include <stdbool.h>

/* [name], each ] doubled, as QUOTENAME does it. NULL gives []. Control characters but the tab, what ends a
 * line in Unicode, is invisible or turns its direction, and the $ of $(…) become U+FFFD, so that a name can
 * neither add lines to a script (GO, :r, !!) nor name a variable of sqlcmd. */
char *quote_identifier(struct arena *arena, const char *name);

/* N'text', each ' doubled. NULL gives NULL without quotes. Replaced is what is replaced above. */
char *quote_literal(struct arena *arena, const char *text);

/* Whether the quoted text is the text, nothing of it replaced. NULL is. */
bool quote_is_exact(const char *text);

/* The text for a comment of one line: what is replaced above is, and the ends and beginnings of block
 * comments become blanks. */
char *quote_comment(struct arena *arena, const char *text);

/* The bytes at AT that a script cannot carry: they end lines (some editors take U+0085, U+2028 and U+2029 for
 * line ends), are commands to a terminal or to what runs the script, or make a comment look like a statement
 * or a statement like a comment. 0: it can. */
size_t quote_unsafe_length(const char *at);
#define QUOTE_REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD, in their place */
