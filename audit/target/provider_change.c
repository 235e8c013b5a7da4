#include "audit/target/provider_change.h"

#include "audit/target/text.h"
#include <stdlib.h>
#include <string.h>

bool provider_string_hides(const char *text)
{
    return text && strstr(text, "***");
}

/* Both dialects cut the text at the same places, and nothing of it is left out. */
static bool is_read_alike(const struct provider_string *a, const struct provider_string *b)
{
    if (a->malformed || b->malformed || a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (a->pairs[i].offset != b->pairs[i].offset || a->pairs[i].length != b->pairs[i].length ||
            a->pairs[i].keyword != b->pairs[i].keyword)
            return false;
    return true;
}

static char *put(char *to, const char *start, const char *text, size_t length)
{
    if (to > start)
        *to++ = ';';
    memcpy(to, text, length);
    return to + length;
}

static char *put_pair(char *to, const char *start, const char *name, const char *value)
{
    to = put(to, start, name, strlen(name));
    *to++ = '=';
    return stpcpy(to, value);
}

static char *join(const char *text, const struct provider_string *string, enum provider_keyword keyword,
                  const char *value)
{
    const char *name = provider_keyword_name(keyword);
    char *joined = malloc(strlen(text) + strlen(name) + (value ? strlen(value) : 0) + 3), *to = joined;
    bool given = !value;
    for (size_t i = 0; joined && i < string->count; i++) {
        const struct provider_pair *pair = &string->pairs[i];
        if (pair->keyword != keyword) {
            to = put(to, joined, text + pair->offset, pair->length);
        } else if (!given) {
            to = put_pair(to, joined, name, value);
            given = true;
        }
    }
    if (joined && !given)
        to = put_pair(to, joined, name, value);
    if (joined)
        *to = '\0';
    return joined;
}

static bool needs_quotes(const char *value)
{
    return *value == '\0' || strpbrk(value, ";{}\"'=") || text_is_blank(*value) ||
           text_is_blank(value[strlen(value) - 1]);
}

char *provider_string_change(const char *text, enum provider_keyword keyword, const char *value)
{
    struct provider_string oledb, odbc;
    char *changed = NULL;
    if (!text)
        text = "";
    /* Of "}}" Microsoft documents that the first brace ends the value, and drivers that both are one. */
    if (provider_string_hides(text) || strstr(text, "}}") || (value && needs_quotes(value)))
        return NULL;
    bool read = provider_string_parse(PROVIDER_OLEDB, text, &oledb);
    read = provider_string_parse(PROVIDER_ODBC, text, &odbc) && read;
    if (read && is_read_alike(&oledb, &odbc))
        changed = join(text, &oledb, keyword, value);
    provider_string_clear(&oledb);
    provider_string_clear(&odbc);
    return changed;
}
