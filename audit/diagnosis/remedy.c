#include "audit/diagnosis/remedy.h"

#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/tsql_quote.h"
#include "audit/target/provider_change.h"

#include <stdlib.h>
#include <string.h>

#define COMMENT "-- "
#define CALL "EXEC "
#define CALL_OPTION CALL "sys.sp_serveroption @server = "
#define CALL_NETNAME CALL "sys.sp_setnetname @server = "
#define OPTION_PROVIDER_STRING "provider string"

#define HIDDEN_PASSWORD                                                                                      \
    "The provider string holds a password, which the report has not: enter it again, or better, move it to " \
    "a login mapping."
#define UNREADABLE "The provider string cannot be read with certainty: change it by hand."
#define INVISIBLE "The provider string is not visible to the audit: add to what is there."
#define TOO_LONG                                                                                             \
    "The value is longer than the 128 characters that sp_serveroption takes: drop and recreate the link; "   \
    "its mappings' passwords must be entered again."
#define UNQUOTABLE "Its texts hold characters that a script cannot carry: change it by hand."

bool remedy_fits(const char *value)
{
    size_t units = 0;
    for (const char *at = value; *at; at++)
        units += ((unsigned char)*at & 0xC0) != 0x80 ? 1 + ((unsigned char)*at >= 0xF0) : 0;
    return units <= REMEDY_VALUE_MAX;
}

bool remedy_can_name(const struct linked_server *link)
{
    return quote_is_exact(link->name) && quote_is_exact(link->provider_string) &&
           quote_is_exact(link->data_source);
}

static const char *obstacle_of(const struct linked_server *link)
{
    if (!link->provider_string && link->provider_string_visible != TERNARY_TRUE)
        return INVISIBLE;
    if (provider_string_hides(link->provider_string))
        return HIDDEN_PASSWORD;
    return remedy_can_name(link) ? NULL : UNQUOTABLE;
}

static struct remedy_change change(struct arena *arena, const struct linked_server *link,
                                   const enum provider_keyword *keywords, const char *value)
{
    struct remedy_change result = {.obstacle = obstacle_of(link)};
    char *text = arena_text(arena, link->provider_string);
    for (; !result.obstacle && *keywords; keywords++) {
        char *changed = provider_string_change(text, *keywords, value);
        text = arena_text(arena, changed);
        free(changed);
        result.obstacle = text ? NULL : UNREADABLE;
    }
    if (!result.obstacle && !remedy_fits(text))
        result.obstacle = TOO_LONG;
    if (!result.obstacle)
        result.value = text;
    return result;
}

struct remedy_change remedy_provider_string(struct arena *arena, const struct linked_server *link,
                                            enum provider_keyword keyword, const char *value)
{
    const enum provider_keyword keywords[] = {keyword, KEYWORD_UNKNOWN};
    struct remedy_change result = change(arena, link, keywords, value);
    result.hint = arena_format(arena, "%s=%s", provider_keyword_name(keyword), value);
    return result;
}

struct remedy_change remedy_without(struct arena *arena, const struct linked_server *link,
                                    const enum provider_keyword *keywords)
{
    return change(arena, link, keywords, NULL);
}

char *remedy_set_option(struct arena *arena, const char *server, const char *option, const char *value)
{
    return arena_format(arena, CALL_OPTION "%s, @optname = '%s', @optvalue = %s;", server, option,
                        quote_literal(arena, value));
}

char *remedy_set_provider_string(struct arena *arena, const struct linked_server *link, const char *value)
{
    return remedy_set_option(arena, quote_literal(arena, link->name), OPTION_PROVIDER_STRING,
                             value && *value ? value : NULL);
}

char *remedy_set_data_source(struct arena *arena, const struct linked_server *link, const char *value)
{
    return arena_format(arena, CALL_NETNAME "%s, @netname = %s;", quote_literal(arena, link->name),
                        quote_literal(arena, value));
}

char *remedy_commented(struct arena *arena, const char *words, const char *statement)
{
    return words ? arena_format(arena, COMMENT "%s:\n" COMMENT "%s", words, statement)
                 : arena_format(arena, COMMENT "%s", statement);
}

char *remedy_steps_text(struct arena *arena, const remedy_steps *steps)
{
    struct prose prose = prose_new(arena);
    list_each (struct remedy_step, step, steps) {
        prose_separate(&prose, "\n");
        if (!step->statement)
            prose_add(&prose, COMMENT "%s", step->words);
        else
            prose_put(&prose,
                      step->runs ? step->statement : remedy_commented(arena, step->words, step->statement));
    }
    return prose_text(&prose);
}
