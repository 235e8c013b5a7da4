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

/* A word for a command line of PowerShell and of cmd: as it is when it holds only letters, digits and
 * ._-:\ and begins with no dash; otherwise in double quotes, or in single ones when it holds a $, which
 * PowerShell alone then takes for one word. What could end the quotes or be expanded within them becomes
 * U+FFFD: no name of a host or an instance holds it. */
char *quote_shell(struct arena *arena, const char *text);
