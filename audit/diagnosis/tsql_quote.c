#include "audit/diagnosis/tsql_quote.h"

#include "audit/model/deceiving.h"

#include <ctype.h>
#include <string.h>

size_t quote_unsafe_length(const char *at)
{
    size_t length = 0;
    if (deceiving_character(at, &length))
        return length;
    /* U+0080 to U+009F are C2 80 to C2 9F in UTF-8. */
    if ((unsigned char)at[0] == 0xC2 && (unsigned char)at[1] >= 0x80 && (unsigned char)at[1] < 0xA0)
        return 2;
    /* $(name) is replaced by sqlcmd and by Management Studio's SQLCMD mode, in strings and comments as well.
     */
    return (iscntrl((unsigned char)*at) && *at != '\t') || (at[0] == '$' && at[1] == '(') ? 1 : 0;
}

/* Copies the text with `doubled` doubled and what is unsafe replaced. Each byte grows threefold at most. */
static char *quoted(struct arena *arena, const char *before, const char *text, char doubled,
                    const char *after)
{
    size_t size = strlen(before) + 3 * strlen(text) + strlen(after) + 1;
    char *copy = arena_alloc(arena, size), *to = copy;
    to = stpcpy(to, before);
    for (const char *at = text; *at; at++) {
        size_t unsafe = quote_unsafe_length(at);
        if (unsafe) {
            to = stpcpy(to, QUOTE_REPLACEMENT);
            at += unsafe - 1;
            continue;
        }
        *to++ = *at;
        if (doubled && *at == doubled)
            *to++ = *at;
    }
    strcpy(to, after);
    return copy;
}

bool quote_is_exact(const char *text)
{
    for (const char *at = text; at && *at; at++)
        if (quote_unsafe_length(at))
            return false;
    return true;
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
