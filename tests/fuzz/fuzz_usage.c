/* Any text as T-SQL: reading ends, each name found stands in the text, and what is put into a statement stays
 * where it was put. */
#include "odbc/statement.h"
#include "odbc/usage.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A name has no bytes that the text has not; doubled quotes may be taken out. */
static void check_use(void *context, const struct name_use *use)
{
    const char *text = context;
    if (!*use->name || strlen(use->name) > strlen(text) ||
        (use->certain && strcmp(use->how, HOW_STRING) == 0))
        abort();
    for (const char *c = use->name; *c; c++)
        if (!strchr(text, *c))
            abort();
}

/* How many characters of the literal or bracket that begins at `text` are its own, by the engine's rule. */
static size_t quoted_length(const char *text, char end)
{
    size_t i = 0;
    while (text[i] && (text[i] != end || text[i + 1] == end))
        i += text[i] == end ? 2 : 1;
    return i;
}

static void check_quoting(const char *name)
{
    static const struct {
        enum quoting quoting;
        const char *text;
        char end;
    } forms[] = {{QUOTE_STRING, "'X'", '\''}, {QUOTE_BRACKET, "[X]", ']'}, {QUOTE_PATTERN, "'X'", '\''}};
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char *statement = statement_with(arena, forms[i].text, "X", name, forms[i].quoting);
        if (1 + quoted_length(statement + 1, forms[i].end) + 1 != strlen(statement))
            abort();
    }
    arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 20000)
        return 0;
    char *text = strndup((const char *)data, size);
    usage_find(text, check_use, text);
    check_quoting(text);
    free(text);
    return 0;
}
