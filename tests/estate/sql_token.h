/* The words of a T-SQL batch. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum sql_token_kind {
    SQL_WORD,      /* name or keyword */
    SQL_BRACKETED, /* [name] */
    SQL_STRING,    /* 'text' */
    SQL_NATIONAL,  /* N'text' */
    SQL_NUMBER,    /* decimal integer */
    SQL_HEX,       /* 0x… */
    SQL_VARIABLE,  /* @name */
    SQL_GLOBAL,    /* @@NAME */
    SQL_SYMBOL,    /* one or two characters */
    SQL_REFUSED,   /* what is not on the list, "quoted" names among it */
    SQL_END,
};

struct sql_token {
    enum sql_token_kind kind;
    char *text; /* names and strings without their quotes; as written otherwise */
};

struct sql_tokens {
    struct sql_token *list; /* ends with SQL_END */
    size_t count;           /* without SQL_END */
};

/* Splits a batch; comments (nested, too) are dropped. Always succeeds. */
struct sql_tokens sql_tokens_read(const char *text);
void sql_tokens_free(struct sql_tokens *tokens);

bool sql_is_word(const struct sql_token *token, const char *word); /* keyword, any case */
bool sql_is_symbol(const struct sql_token *token, const char *symbol);
