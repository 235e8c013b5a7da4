#include "sql_token.h"

#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct scanner {
    const char *at;
    struct sql_tokens tokens;
};

static void add(struct scanner *scanner, enum sql_token_kind kind, char *text)
{
    struct sql_tokens *tokens = &scanner->tokens;
    if (tokens->count % 64 == 0)
        tokens->list = reallocate(tokens->list, (tokens->count + 65) * sizeof *tokens->list);
    tokens->list[tokens->count++] = (struct sql_token){kind, text};
    tokens->list[tokens->count] = (struct sql_token){SQL_END, NULL};
}

/* White space and comments; T-SQL's block comments nest. An open comment swallows the rest. */
static void skip_blanks(struct scanner *scanner)
{
    for (;;) {
        while (isspace((unsigned char)*scanner->at))
            scanner->at++;
        if (strncmp(scanner->at, "--", 2) == 0) {
            scanner->at += strcspn(scanner->at, "\n");
        } else if (strncmp(scanner->at, "/*", 2) == 0) {
            int depth = 0;
            do {
                bool opens = strncmp(scanner->at, "/*", 2) == 0, closes = strncmp(scanner->at, "*/", 2) == 0;
                depth += opens - closes;
                scanner->at += opens || closes ? 2 : 1;
            } while (depth && *scanner->at);
        } else {
            return;
        }
    }
}

/* Between quotes; a doubled end quote stands for itself. */
static void read_quoted(struct scanner *scanner, enum sql_token_kind kind, char end)
{
    struct buffer text = {0};
    for (scanner->at++; *scanner->at; scanner->at++) {
        if (*scanner->at == end && *++scanner->at != end) {
            buffer_u8(&text, 0);
            add(scanner, kind, (char *)text.data);
            return;
        }
        buffer_u8(&text, (uint8_t)*scanner->at);
    }
    buffer_u8(&text, 0);
    add(scanner, SQL_REFUSED, (char *)text.data);
}

static bool is_name_byte(char byte)
{
    return isalnum((unsigned char)byte) || (byte && strchr("_@#$", byte)) || (unsigned char)byte >= 0x80;
}

static void read_run(struct scanner *scanner, enum sql_token_kind kind, size_t prefix)
{
    size_t length = prefix;
    while (is_name_byte(scanner->at[length]))
        length++;
    add(scanner, kind, duplicate_n(scanner->at, length));
    scanner->at += length;
}

static void read_number(struct scanner *scanner)
{
    bool is_hex = scanner->at[0] == '0' && (scanner->at[1] | 0x20) == 'x';
    size_t length = is_hex ? 2 : 0;
    while (is_hex ? isxdigit((unsigned char)scanner->at[length])
                  : isdigit((unsigned char)scanner->at[length]))
        length++;
    bool is_more = scanner->at[length] == '.' || is_name_byte(scanner->at[length]);
    add(scanner, is_more ? SQL_REFUSED : is_hex ? SQL_HEX : SQL_NUMBER, duplicate_n(scanner->at, length));
    scanner->at += length;
}

static void read_symbol(struct scanner *scanner)
{
    static const char *const symbols[] = {"<>", "<=", ">=", "!=", "(", ")", ",", ".", ";",
                                          "=",  "<",  ">",  "*",  "-", "/", "%", "&"};
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        size_t length = strlen(symbols[i]);
        if (strncmp(scanner->at, symbols[i], length) == 0) {
            add(scanner, SQL_SYMBOL, duplicate(symbols[i]));
            scanner->at += length;
            return;
        }
    }
    add(scanner, SQL_REFUSED, duplicate_n(scanner->at, 1));
    scanner->at++;
}

static void read_token(struct scanner *scanner)
{
    char first = *scanner->at;
    if (first == '\'')
        read_quoted(scanner, SQL_STRING, '\'');
    else if ((first == 'N' || first == 'n') && scanner->at[1] == '\'') {
        scanner->at++;
        read_quoted(scanner, SQL_NATIONAL, '\'');
    } else if (first == '[')
        read_quoted(scanner, SQL_BRACKETED, ']');
    else if (first == '"')
        read_quoted(scanner, SQL_REFUSED, '"');
    else if (isdigit((unsigned char)first))
        read_number(scanner);
    else if (first == '@')
        read_run(scanner, scanner->at[1] == '@' ? SQL_GLOBAL : SQL_VARIABLE, 1);
    else if (is_name_byte(first))
        read_run(scanner, SQL_WORD, 0);
    else
        read_symbol(scanner);
}

struct sql_tokens sql_tokens_read(const char *text)
{
    struct scanner scanner = {.at = text};
    scanner.tokens.list = reallocate(NULL, 65 * sizeof *scanner.tokens.list);
    scanner.tokens.list[0] = (struct sql_token){SQL_END, NULL};
    for (skip_blanks(&scanner); *scanner.at; skip_blanks(&scanner))
        read_token(&scanner);
    return scanner.tokens;
}

void sql_tokens_free(struct sql_tokens *tokens)
{
    for (size_t i = 0; i < tokens->count; i++)
        free(tokens->list[i].text);
    free(tokens->list);
    *tokens = (struct sql_tokens){0};
}

bool sql_is_word(const struct sql_token *token, const char *word)
{
    return token->kind == SQL_WORD && same_text(token->text, word);
}

bool sql_is_symbol(const struct sql_token *token, const char *symbol)
{
    return token->kind == SQL_SYMBOL && strcmp(token->text, symbol) == 0;
}
