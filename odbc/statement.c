#include "odbc/statement.h"
#include "audit/embedded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct output {
    FILE *stream;
    char *text;
    size_t length;
};

static void begin(struct output *output)
{
    output->stream = open_memstream(&output->text, &output->length);
    if (!output->stream)
        exit(3); /* only memory can be missing */
}

static char *finish(struct arena *arena, struct output *output)
{
    if (fclose(output->stream) != 0)
        exit(3);
    char *copy = arena_text_n(arena, output->text, output->length);
    free(output->text);
    return copy;
}

char *statement_text(struct arena *arena, const char *path)
{
    const struct embedded_file *file = embedded_file_find(path);
    if (!file)
        return NULL;
    char *text = arena_alloc(arena, (size_t)(file->end - file->data) + 1), *at = text;
    for (const char *line = file->data; line < file->end;) {
        const char *end = memchr(line, '\n', (size_t)(file->end - line));
        end = end ? end + 1 : file->end;
        if (strncmp(line, "--", 2) != 0)
            at = mempcpy(at, line, (size_t)(end - line));
        line = end;
    }
    *at = '\0';
    return text;
}

/* In a pattern, a name's own brackets and quotes may stand doubled in code, or in dynamic SQL: any text
 * matches there, and the exact look comes later. */
static void put_quoted(FILE *stream, const char *value, enum quoting quoting)
{
    for (const char *c = value; *c; c++) {
        if (quoting == QUOTE_PATTERN && strchr("]\"'", *c)) {
            fputc('%', stream);
            continue;
        }
        if (quoting == QUOTE_PATTERN && strchr("%_[~", *c))
            fputc('~', stream);
        if ((quoting != QUOTE_BRACKET && *c == '\'') || (quoting == QUOTE_BRACKET && *c == ']'))
            fputc(*c, stream);
        fputc(*c, stream);
    }
}

static void put_replaced(FILE *stream, const char *text, size_t length, const char *placeholder,
                         const char *value, enum quoting quoting)
{
    const char *end = text + length;
    size_t size = strlen(placeholder);
    for (const char *at; (at = memmem(text, (size_t)(end - text), placeholder, size)); text = at + size) {
        fwrite(text, 1, (size_t)(at - text), stream);
        put_quoted(stream, value, quoting);
    }
    fwrite(text, 1, (size_t)(end - text), stream);
}

char *statement_with(struct arena *arena, const char *text, const char *placeholder, const char *value,
                     enum quoting quoting)
{
    struct output output;
    begin(&output);
    put_replaced(output.stream, text, strlen(text), placeholder, value, quoting);
    return finish(arena, &output);
}

char *statement_with_each(struct arena *arena, const char *text, const char *placeholder,
                          const char *const *values, size_t count, enum quoting quoting)
{
    struct output output;
    begin(&output);
    while (*text) {
        size_t length = strcspn(text, "\n");
        length += text[length] == '\n';
        if (!memmem(text, length, placeholder, strlen(placeholder)))
            fwrite(text, 1, length, output.stream);
        else
            for (size_t i = 0; i < count; i++)
                put_replaced(output.stream, text, length, placeholder, values[i], quoting);
        text += length;
    }
    return finish(arena, &output);
}
