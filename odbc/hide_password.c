#include "odbc/hide_password.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* A shorter one is part of too many words, and is found by its keyword. */
#define SHORTEST 4

#define KEYWORD_BYTES 64 /* what is looked at before an equals sign */

static bool is_password_keyword(const char *text, const char *equals)
{
    static const char *const words[] = {"pwd", "passw", "secret", "token"};
    char keyword[KEYWORD_BYTES + 1];
    size_t length = 0;
    while (length < KEYWORD_BYTES && equals - length > text && !strchr(";,\"'([{", equals[-1 - (long)length]))
        length++;
    memcpy(keyword, equals - length, length);
    keyword[length] = '\0';
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasestr(keyword, words[i]))
            return true;
    return false;
}

static char *cut_behind_keyword(struct arena *arena, char *text)
{
    for (const char *equals = text; (equals = strchr(equals, '=')); equals++)
        if (is_password_keyword(text, equals))
            return arena_format(arena, "%.*s=***", (int)(equals - text), text);
    return text;
}

static char *without(struct arena *arena, char *text, const char *password)
{
    size_t length = password ? strlen(password) : 0;
    char *at = length >= SHORTEST ? strstr(text, password) : NULL;
    return at ? arena_format(arena, "%.*s***%s", (int)(at - text), text,
                             without(arena, at + length, password))
              : text;
}

void hide_passwords(const message_list *messages, const char *password, struct arena *arena)
{
    list_each (struct message, message, messages)
        if (message->text)
            message->text = without(arena, cut_behind_keyword(arena, message->text), password);
}
