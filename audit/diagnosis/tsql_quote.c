#include "audit/diagnosis/tsql_quote.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

/* U+0085, U+2028 and U+2029 end lines for some editors; with them a comment could become a statement there.
 */
static size_t line_end_of_unicode(const char *at)
{
    if (strncmp(at, "\xC2\x85", 2) == 0)
        return 2;
    return strncmp(at, "\xE2\x80\xA8", 3) == 0 || strncmp(at, "\xE2\x80\xA9", 3) == 0 ? 3 : 0;
}

/* Copies the text with `doubled` doubled and control characters replaced. Each byte grows threefold at most.
 */
static char *quoted(struct arena *arena, const char *before, const char *text, char doubled,
                    const char *after)
{
    size_t size = strlen(before) + 3 * strlen(text) + strlen(after) + 1;
    char *copy = arena_alloc(arena, size), *to = copy;
    to = stpcpy(to, before);
    for (const char *at = text; *at; at++) {
        size_t line_end = line_end_of_unicode(at);
        if (line_end || (iscntrl((unsigned char)*at) && *at != '\t')) {
            to = stpcpy(to, REPLACEMENT);
            at += line_end ? line_end - 1 : 0;
            continue;
        }
        *to++ = *at;
        if (doubled && *at == doubled)
            *to++ = *at;
    }
    strcpy(to, after);
    return copy;
}

char *quote_identifier(struct arena *arena, const char *name)
{
    return quoted(arena, "[", name ? name : "", ']', "]");
}

char *quote_literal(struct arena *arena, const char *text)
{
    return text ? quoted(arena, "N'", text, '\'', "'") : arena_text(arena, "NULL");
}

char *quote_comment(struct arena *arena, const char *text)
{
    char *copy = quoted(arena, "", text ? text : "", '\0', "");
    for (char *at = copy; *at; at++)
        if ((at[0] == '*' && at[1] == '/') || (at[0] == '/' && at[1] == '*'))
            at[0] = at[1] = ' ';
    return copy;
}

char *quote_shell(struct arena *arena, const char *text)
{
    bool plain = text && *text;
    for (const char *at = text; at && *at; at++)
        plain = plain && (isalnum((unsigned char)*at) || strchr(".-_:\\,@", *at));
    return plain ? arena_text(arena, text) : quoted(arena, "'", text ? text : "", '\'', "'");
}
