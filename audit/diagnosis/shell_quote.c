#include "audit/diagnosis/shell_quote.h"

#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/tsql_quote.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

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
    struct prose word = prose_new(arena);
    prose_add(&word, "%c", quote);
    for (const char *at = text ? text : ""; *at; at++) {
        size_t unsafe = quote_unsafe_length(at);
        if (!unsafe && is_shell_unsafe(at, quote))
            unsafe = is_typographic_quote(at) ? 3 : 1;
        if (unsafe) {
            prose_put(&word, QUOTE_REPLACEMENT);
            at += unsafe - 1;
        } else {
            prose_add(&word, "%c", *at);
        }
    }
    prose_add(&word, "%c", quote);
    return prose_text(&word);
}
