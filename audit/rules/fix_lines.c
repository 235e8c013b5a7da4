#include "audit/rules/fixing.h"

#include "audit/diagnosis/remedy.h"
#include "audit/diagnosis/tsql_quote.h"

#include <string.h>

#define WORDS_AFTER ";   "
#define COMMENT "-- "
#define CALL "EXEC "

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

/* The words of "STATEMENT;   WORDS", as remedies of rules have them; NULL: there are none, or no statement.
 */
static const char *words_after_statement(const char *line)
{
    bool quoted = false;
    const char *begin = line + (strncmp(line, COMMENT, strlen(COMMENT)) == 0 ? strlen(COMMENT) : 0);
    if (strncmp(begin, CALL, strlen(CALL)) != 0)
        return NULL;
    for (; *line; line++) {
        quoted ^= *line == '\'';
        if (!quoted && strncmp(line, WORDS_AFTER, strlen(WORDS_AFTER)) == 0)
            return line + strlen(WORDS_AFTER);
    }
    return NULL;
}

static void remark_line(struct fixing *f, char *line)
{
    const char *words = words_after_statement(line);
    if (!words) {
        script_line(f, arena_format(f->arena, "--   %s", line));
        return;
    }
    char *statement = arena_text_n(f->arena, line, (size_t)(words - line) - strlen(WORDS_AFTER) + 1);
    script_commented(f, arena_format(f->arena, "%s:", words), statement);
}

void script_remark(struct fixing *f, const char *text)
{
    while (text && *text) {
        size_t length = strcspn(text, "\n");
        remark_line(f, quote_comment(f->arena, arena_text_n(f->arena, text, length)));
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
    script_line(f, remedy_commented(f->arena, NULL, statement));
}

bool script_has_variable(const struct fixing *f)
{
    return !quote_is_exact(f->link->name) && f->link->server_id.known;
}

char *script_link(struct fixing *f)
{
    return script_has_variable(f) ? arena_text(f->arena, "@link") : script_literal(f, f->link->name);
}

char *script_option(struct fixing *f, const char *server, const char *option, const char *value)
{
    return remedy_set_option(f->arena, server, option, value);
}
