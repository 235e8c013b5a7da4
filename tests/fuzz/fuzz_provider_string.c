/* Any text is read and redacted without harm, and a password planted into it, quoted as a driver wants it, is
   not in what comes out. */
#include "audit/target/provider_string.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECRET "S3cr3TQz"
#define COUNT(table) (sizeof(table) / sizeof *(table))

static const char *const keywords[] = {
    "PWD=", "Password=", " pass word =", "Jet OLEDB:Database Password=", "pwd= "};
static const struct {
    const char *open, *close;
} quotes[] = {{"", ""}, {"{", "}"}, {"\"", "\""}, {"'", "'"}};

/* Appends TEXT to OUT, each character of CLOSE doubled; unquoted text (no CLOSE) cannot hold ";". */
static void append(char *out, const char *text, size_t length, const char *close)
{
    out += strlen(out);
    for (size_t i = 0; i < length; i++) {
        if (!*close && text[i] == ';')
            continue;
        *out++ = text[i];
        if (*close && text[i] == *close)
            *out++ = text[i];
    }
    *out = '\0';
}

static void read_both_ways(const char *text)
{
    for (int dialect = PROVIDER_OLEDB; dialect <= PROVIDER_ODBC; dialect++) {
        struct provider_string string;
        if (!provider_string_parse((enum provider_dialect)dialect, text, &string))
            abort();
        struct provider_options options = provider_options(&string);
        if (options.user && strlen(options.user) > strlen(text))
            abort();
        provider_string_clear(&string);
    }
}

/* Text comes out as it was, but for the parts that were hidden. */
static void redact(const char *text)
{
    char *redacted = provider_string_redact(text, NULL);
    if (!redacted || (!strstr(redacted, "***") && strcmp(redacted, text) != 0))
        abort();
    free(redacted);
}

/* before ; keyword = open within SECRET within close ; behind: what stands before holds no quote, or the
   keyword would be part of another value. */
static char *plant(const uint8_t *choice, const char *rest)
{
    size_t length = strlen(rest), quarter = length / 4;
    const char *open = quotes[choice[0] % COUNT(quotes)].open;
    const char *close = quotes[choice[0] % COUNT(quotes)].close;
    char *text = calloc(2, length + 64);
    strncat(text, rest, quarter);
    for (char *quote; (quote = strpbrk(text, "\"'{}"));)
        *quote = '_';
    strcat(text, ";");
    strcat(text, keywords[choice[1] % COUNT(keywords)]);
    strcat(text, open);
    append(text, rest + quarter, quarter, close);
    strcat(text, SECRET);
    append(text, rest + 2 * quarter, quarter, close);
    strcat(text, close);
    strcat(text, ";");
    strcat(text, rest + 3 * quarter);
    return text;
}

/* The whole as the quoted value of another keyword, or as it is. */
static char *nest(unsigned choice, char *text)
{
    const char *close = quotes[choice % COUNT(quotes)].close;
    if (!*close)
        return text;
    char *outer = calloc(2, strlen(text) + 64);
    strcat(strcat(outer, "Extended Properties="), quotes[choice % COUNT(quotes)].open);
    append(outer, text, strlen(text), close);
    strcat(strcat(outer, close), ";Server=a");
    free(text);
    return outer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 4000)
        return 0;
    char *rest = strndup((const char *)data + 2, size - 2);
    for (char *found; (found = strstr(rest, SECRET));)
        *found = '#'; /* only the planted one counts */
    read_both_ways(rest);
    redact(rest);
    char *text = nest(data[1] / COUNT(keywords), nest(data[0] / COUNT(quotes), plant(data, rest)));
    char *redacted = provider_string_redact(text, NULL);
    if (!redacted || strstr(redacted, SECRET))
        abort();
    read_both_ways(text);
    free(redacted);
    free(text);
    free(rest);
    return 0;
}
