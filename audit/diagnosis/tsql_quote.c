#include "audit/diagnosis/tsql_quote.h"

#include "audit/diagnosis/prose.h"
#include "audit/model/deceiving.h"

#include <ctype.h>
#include <string.h>

#define REPLACEMENT "\xEF\xBF\xBD"

/* The bytes at AT that a script cannot carry: they end lines (some editors take U+0085, U+2028 and U+2029 for
 * line ends), are commands to a terminal or to what runs the script, or make a comment look like a statement
 * or a statement like a comment. 0: it can. */
static size_t unsafe_length(const char *at)
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
        size_t unsafe = unsafe_length(at);
        if (unsafe) {
            to = stpcpy(to, REPLACEMENT);
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
        if (unsafe_length(at))
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

/* U+2018 to U+201F: PowerShell takes most of them for quotes. */
static bool is_typographic_quote(const char *at)
{
    return strncmp(at, "\xE2\x80", 2) == 0 && (unsigned char)at[2] >= 0x98 && (unsigned char)at[2] <= 0x9F;
}

/* In single quotes PowerShell expands no $, but for cmd they are no quotes at all. */
static bool is_shell_unsafe(const char *at, char quote)
{
    const char *active = quote == '"' ? "\"`%!" : "'\"`%!&|<>^";
    return strchr(active, *at) || is_typographic_quote(at) || (at[0] == '\\' && !at[1]);
}

char *quote_shell(struct arena *arena, const char *text)
{
    bool plain = text && *text && *text != '-';
    for (const char *at = text; at && *at; at++)
        plain = plain && (isalnum((unsigned char)*at) || strchr("._-:\\", *at)) && (*at != '\\' || at[1]);
    if (plain)
        return arena_text(arena, text);
    char quote = text && strchr(text, '$') ? '\'' : '"';
    const char mark[] = {quote, '\0'};
    struct prose safe = prose_new(arena);
    for (const char *at = text ? text : ""; *at; at++) {
        if (is_shell_unsafe(at, quote)) {
            prose_put(&safe, REPLACEMENT);
            at += is_typographic_quote(at) ? 2 : 0;
        } else {
            prose_add(&safe, "%c", *at);
        }
    }
    return quoted(arena, mark, prose_text(&safe), '\0', mark);
}
