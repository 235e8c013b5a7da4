#include "audit/diagnosis/prose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put(struct prose *prose, const char *text, size_t length)
{
    if (prose->length + length + 1 > prose->room) {
        size_t room = (prose->length + length + 1) * 2;
        char *bigger = arena_alloc(prose->arena, room);
        if (prose->length)
            memcpy(bigger, prose->text, prose->length);
        prose->text = bigger;
        prose->room = room;
    }
    memcpy(prose->text + prose->length, text, length);
    prose->length += length;
    prose->text[prose->length] = '\0';
}

void prose_add(struct prose *prose, const char *format, ...)
{
    char brief[512];
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(brief, sizeof(brief), format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < sizeof(brief)) {
        put(prose, brief, (size_t)length);
    } else if (length >= 0) {
        char *whole = arena_alloc(prose->arena, (size_t)length + 1);
        vsnprintf(whole, (size_t)length + 1, format, again);
        put(prose, whole, (size_t)length);
    }
    va_end(again);
}

void prose_put(struct prose *prose, const char *text)
{
    if (text)
        put(prose, text, strlen(text));
}

void prose_separate(struct prose *prose, const char *separator)
{
    if (prose->length)
        prose_put(prose, separator);
}

char *prose_text(struct prose *prose)
{
    put(prose, "", 0);
    return prose->text;
}
