#include "audit/rules/fixing.h"

#include "audit/diagnosis/tsql_quote.h"

#include <string.h>

void script_line(struct fixing *f, const char *text)
{
    prose_put(&f->script, text);
    prose_put(&f->script, "\n");
}

void script_code(struct fixing *f, const char *text)
{
    if (f->by_hand)
        prose_put(&f->script, "-- ");
    script_line(f, text);
}

void script_remark(struct fixing *f, const char *text)
{
    while (text && *text) {
        size_t length = strcspn(text, "\n");
        char *one = quote_comment(f->arena, arena_text_n(f->arena, text, length));
        script_line(f, arena_format(f->arena, "--   %s", one));
        text += length + (text[length] == '\n');
    }
}

char *script_literal(struct fixing *f, const char *text)
{
    return quote_literal(f->arena, text);
}

char *script_comment(struct fixing *f, const char *text)
{
    return quote_comment(f->arena, text);
}

void script_commented(struct fixing *f, const char *why, const char *statement)
{
    if (why)
        script_line(f, arena_format(f->arena, "-- %s", why));
    script_line(f, arena_format(f->arena, "-- %s", statement));
}

char *script_option(struct fixing *f, const char *name, const char *option, const char *value)
{
    return arena_format(f->arena, "EXEC sys.sp_serveroption @server = %s, @optname = '%s', @optvalue = %s;",
                        script_literal(f, name), option, script_literal(f, value));
}
