#include "odbc/usage.h"
#include "audit/model/memory.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    EXECUTES_DEEP = 16,
    NAME_BYTES = 1024, /* a name has at most 128 UTF-16 units */
    STRINGS_DEEP = 2,  /* literals within literals: EXEC('EXEC(''…'') AT x') */
    SERVER_NAME_PARTS = 4
};

struct scanner {
    const char *at;
    int depth;                               /* of literals around this text */
    int parentheses;                         /* open ones */
    int execute_at[EXECUTES_DEEP], executes; /* the depths of those that an EXECUTE opened */
    name_use_handler *handler;
    void *context;
};

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_STRING, TOKEN_SYMBOL };

struct token {
    enum token_kind kind;
    char symbol;
    char name[NAME_BYTES];   /* TOKEN_WORD, TOKEN_QUOTED: without quotes; cut when longer */
    const char *start, *end; /* in the text */
};

static void scan(struct scanner *scanner);

/* Block comments nest. */
static const char *skip_block_comment(const char *at)
{
    int depth = 0;
    do {
        bool opens = strncmp(at, "/*", 2) == 0, closes = strncmp(at, "*/", 2) == 0;
        depth += opens - closes;
        at += opens || closes ? 2 : 1;
    } while (depth > 0 && *at);
    return at;
}

static const char *skip_blanks(const char *at)
{
    for (;;) {
        while (isspace((unsigned char)*at))
            at++;
        if (strncmp(at, "--", 2) == 0)
            at += strcspn(at, "\r\n");
        else if (strncmp(at, "/*", 2) == 0)
            at = skip_block_comment(at);
        else
            return at;
    }
}

static bool starts_word(char c)
{
    return isalpha((unsigned char)c) || c == '_' || c == '#' || c == '@' || (unsigned char)c >= 0x80;
}

static bool continues_word(char c)
{
    return starts_word(c) || isdigit((unsigned char)c) || c == '$';
}

/* Behind the closing quote, or at the text's end; the name gets what is between, a doubled end quote once. */
static const char *read_quoted(const char *at, char end, char *name, size_t size)
{
    size_t used = 0;
    for (at++; *at; at++) {
        if (*at == end && at[1] != end)
            break;
        at += *at == end;
        if (used + 1 < size)
            name[used++] = *at;
    }
    name[used] = '\0';
    return *at ? at + 1 : at;
}

static const char *skip_string(const char *at)
{
    for (at++; *at && (*at != '\'' || at[1] == '\''); at++)
        at += *at == '\'';
    return *at ? at + 1 : at;
}

static const char *read_word(const char *at, char *name)
{
    size_t used = 0;
    for (; continues_word(*at); at++)
        if (used + 1 < NAME_BYTES)
            name[used++] = *at;
    name[used] = '\0';
    return at;
}

static struct token next_token(const char *at)
{
    struct token token = {.kind = TOKEN_SYMBOL, .name = ""};
    at = skip_blanks(at);
    token.start = at;
    token.symbol = *at;
    if (!*at) {
        token.kind = TOKEN_END;
    } else if (*at == '[' || *at == '"') {
        token.kind = TOKEN_QUOTED;
        at = read_quoted(at, *at == '[' ? ']' : '"', token.name, sizeof(token.name));
    } else if (*at == '\'' || ((*at == 'N' || *at == 'n') && at[1] == '\'')) {
        token.kind = TOKEN_STRING;
        token.start = *at == '\'' ? at : at + 1;
        at = skip_string(token.start);
    } else if (starts_word(*at)) {
        token.kind = TOKEN_WORD;
        at = read_word(at, token.name);
    } else if (isdigit((unsigned char)*at)) {
        while (continues_word(*at) || *at == '.') /* 1.5e3, 0xFF: no name may hang on it */
            at++;
    } else {
        at++;
    }
    token.end = at;
    return token;
}

static bool is_name(const struct token *token)
{
    return token->kind == TOKEN_QUOTED || (token->kind == TOKEN_WORD && token->name[0] != '@');
}

static bool is_word(const struct token *token, const char *word)
{
    return token->kind == TOKEN_WORD && strcasecmp(token->name, word) == 0;
}

static bool is_symbol(const struct token *token, char symbol)
{
    return token->kind == TOKEN_SYMBOL && token->symbol == symbol;
}

static void report(struct scanner *scanner, const char *how, const char *name, bool certain)
{
    struct name_use use = {scanner->depth > 0 ? HOW_STRING : how, name, certain && scanner->depth == 0};
    if (*name)
        scanner->handler(scanner->context, &use);
}

/* OPENQUERY ( name , */
static void look_for_openquery(struct scanner *scanner, const struct token *word)
{
    struct token parenthesis = next_token(word->end);
    struct token name = next_token(parenthesis.end);
    struct token comma = next_token(name.end);
    if (is_symbol(&parenthesis, '(') && is_name(&name) && is_symbol(&comma, ','))
        report(scanner, HOW_OPENQUERY, name.name, true);
}

/* EXECUTE ( … ) AT name: the parenthesis has just been closed. AT DATA_SOURCE name is something else. */
static void look_for_at(struct scanner *scanner)
{
    struct token at = next_token(scanner->at);
    struct token name = next_token(at.end);
    if (is_word(&at, "AT") && is_name(&name) && !is_word(&name, "DATA_SOURCE"))
        report(scanner, HOW_EXECUTE_AT, name.name, true);
}

/* Remembers which open parentheses belong to an EXECUTE, so that one pass over the text is enough. */
static void count_parenthesis(struct scanner *scanner, char symbol, bool after_execute)
{
    if (symbol == '(') {
        scanner->parentheses++;
        if (after_execute && scanner->executes < EXECUTES_DEEP)
            scanner->execute_at[scanner->executes++] = scanner->parentheses;
        return;
    }
    if (scanner->executes > 0 && scanner->execute_at[scanner->executes - 1] == scanner->parentheses) {
        scanner->executes--;
        look_for_at(scanner);
    }
    if (scanner->parentheses > 0)
        scanner->parentheses--;
}

/* After these words a name is that of a table or a procedure, never a column's. */
static bool precedes_object(const char *word)
{
    static const char *const words[] = {"FROM", "JOIN",    "INTO",  "UPDATE", "INSERT", "DELETE",
                                        "EXEC", "EXECUTE", "USING", "APPLY",  "TABLE"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(word, words[i]) == 0)
            return true;
    return false;
}

/* A name of several parts, blanks and comments around its dots allowed and the middle ones perhaps empty.
 * Moves behind it. */
static void read_name(struct scanner *scanner, const struct token *first, const char *before)
{
    const char *at = first->end;
    int parts = 1;
    bool last_empty = false, is_method = false;
    for (;;) {
        struct token dot = next_token(at);
        if (!is_symbol(&dot, '.'))
            break;
        struct token part = next_token(dot.end);
        last_empty = !is_name(&part);
        is_method = is_word(&part, "nodes"); /* schema.table.column.nodes('…') of an XML column */
        at = last_empty ? dot.end : part.end;
        parts++;
    }
    if (parts >= SERVER_NAME_PARTS && !last_empty)
        report(scanner, HOW_FOUR_PART_NAME, first->name,
               precedes_object(before) && parts == SERVER_NAME_PARTS && !is_method);
    scanner->at = at;
}

/* A literal may be the text of dynamic SQL. So may what stands in double quotes: with QUOTED_IDENTIFIER OFF,
 * as Agent jobs have it and old procedures do, that is a literal as well. */
static void read_string(struct scanner *scanner, const struct token *string)
{
    size_t length = (size_t)(string->end - string->start), size = length + 1;
    bool may_name = memchr(string->start, '.', length) || memchr(string->start, '(', length);
    if (scanner->depth >= STRINGS_DEEP || !may_name)
        return;
    char *text = memory_new(1, size);
    read_quoted(string->start, *string->start, text, size);
    struct scanner inner = {
        .at = text, .depth = scanner->depth + 1, .handler = scanner->handler, .context = scanner->context};
    scan(&inner);
    free(text);
}

static bool is_execute(const char *word)
{
    return strcasecmp(word, "EXEC") == 0 || strcasecmp(word, "EXECUTE") == 0;
}

/* EXECUTE @status = name: the name still follows the EXECUTE. */
static bool is_status(const char *before, const struct token *token)
{
    return is_execute(before) &&
           ((token->kind == TOKEN_WORD && token->name[0] == '@') || is_symbol(token, '='));
}

static void scan(struct scanner *scanner)
{
    char before[NAME_BYTES] = ""; /* the word that stands directly before */
    for (;;) {
        struct token token = next_token(scanner->at);
        if (token.kind == TOKEN_END)
            return;
        scanner->at = token.end;
        if (is_word(&token, "OPENQUERY"))
            look_for_openquery(scanner, &token);
        if (token.kind == TOKEN_STRING || (token.kind == TOKEN_QUOTED && token.symbol == '"'))
            read_string(scanner, &token);
        if (is_name(&token))
            read_name(scanner, &token, before);
        else if (is_symbol(&token, '(') || is_symbol(&token, ')'))
            count_parenthesis(scanner, token.symbol, is_execute(before));
        if (is_status(before, &token))
            continue;
        if (token.kind == TOKEN_WORD)
            memcpy(before, token.name, sizeof(before));
        else
            before[0] = '\0';
    }
}

void usage_find(const char *text, name_use_handler *handler, void *context)
{
    struct scanner scanner = {.at = text, .handler = handler, .context = context};
    scan(&scanner);
}
