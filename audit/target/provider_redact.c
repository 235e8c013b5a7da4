#include "audit/target/provider_string.h"

#include "audit/target/text.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The redactor does not use the parser: a parser answers what a driver would see, the redactor must be right
   for whichever driver it was. It reads quotes of every kind, goes into every quoted value, and gives up
   (hiding the rest) where two drivers could read differently. */

#define NESTING_LIMIT 8 /* quoted strings within quoted strings; beyond it the value is hidden whole */

struct scan {
    const char *text;
    size_t length;
    const size_t
        *origin; /* LENGTH + 1 positions in the original text; a doubled quote is one character here */
    unsigned char *hide; /* one mark per byte of the original text */
    size_t total;        /* the length of the original text */
    unsigned depth;
    bool *found;  /* a password that is not empty was seen */
    size_t first; /* where the first password of this text or one nested in it begins in the original; NONE */
};
#define NONE SIZE_MAX

static bool is_alphanumeric(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t skip_blanks(const struct scan *scan, size_t at, size_t end)
{
    while (at < end && text_is_blank(scan->text[at]))
        at++;
    return at;
}

/* WORD occurs in [FROM, TO), whatever stands between its letters. */
static bool has_word(const struct scan *scan, size_t from, size_t to, const char *word)
{
    for (size_t start = from; start < to; start++) {
        const char *letter = word;
        for (size_t at = start; at < to && *letter; at++) {
            if (!is_alphanumeric(scan->text[at]) && letter != word)
                continue;
            if ((scan->text[at] | 0x20) != *letter)
                break;
            letter++;
        }
        if (!*letter)
            return true;
    }
    return false;
}

/* [FROM, TO) holds the letters of WORD and no others. */
static bool is_word(const struct scan *scan, size_t from, size_t to, const char *word)
{
    for (size_t at = from; at < to; at++) {
        if (!is_alphanumeric(scan->text[at]))
            continue;
        if (!*word || (scan->text[at] | 0x20) != *word)
            return false;
        word++;
    }
    return !*word;
}

static bool is_password_keyword(const struct scan *scan, size_t from, size_t to)
{
    static const char *const within[] = {"pwd",        "passw",     "passphrase", "passcode",
                                         "secret",     "token",     "credential", "apikey",
                                         "accountkey", "accesskey", "privatekey", "sharedaccess"};
    static const char *const whole[] = {"pass", "pw", "pin"};
    for (size_t i = 0; i < sizeof within / sizeof *within; i++)
        if (has_word(scan, from, to, within[i]))
            return true;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (is_word(scan, from, to, whole[i]))
            return true;
    return false;
}

static void hide(struct scan *scan, size_t from, size_t to)
{
    memset(scan->hide + scan->origin[from], 1, scan->origin[to] - scan->origin[from]);
}

/* The text at FROM cannot be read with certainty, so neither is it certain where a password before it ended:
   hides everything from the first password on, or from FROM, to the original text's end. Always false. */
static bool hide_rest(struct scan *scan, size_t from)
{
    size_t start = scan->origin[from] < scan->first ? scan->origin[from] : scan->first;
    *scan->found |= is_password_keyword(scan, from, scan->length);
    memset(scan->hide + start, 1, scan->total - start);
    return false;
}

static void note_password(struct scan *scan, size_t value)
{
    if (scan->first == NONE)
        scan->first = scan->origin[value];
}

/* Where a quote inside unquoted text is no more than a character for one driver, another ends or begins a
 * value. */
static bool has_quote(const struct scan *scan, size_t from, size_t to)
{
    for (size_t at = from; at < to; at++)
        if (strchr("\"'{}", scan->text[at]))
            return true;
    return false;
}

static bool scan_pairs(struct scan *scan);

/* Reads [FROM, TO), the inside of a quoted value, as a connection string of its own. */
static bool scan_nested(struct scan *outer, size_t from, size_t to, char close)
{
    char *text = malloc(to - from + 1);
    size_t *origin = malloc((to - from + 1) * sizeof *origin);
    bool certain;
    if (!text || !origin || outer->depth == NESTING_LIMIT) {
        certain = hide_rest(outer, from);
    } else {
        struct scan inner = *outer;
        inner.length = 0;
        for (size_t at = from; at < to; at++) {
            text[inner.length] = outer->text[at];
            origin[inner.length++] = outer->origin[at];
            if (outer->text[at] == close)
                at++; /* the second of a doubled quote */
        }
        origin[inner.length] = outer->origin[to];
        inner.text = text;
        inner.origin = origin;
        inner.depth++;
        inner.first = NONE;
        certain = scan_pairs(&inner);
        outer->first = outer->first < inner.first ? outer->first : inner.first;
    }
    if (text)
        explicit_bzero(text, to - from + 1);
    free(text);
    free(origin);
    return certain;
}

/* The password of "scheme://user:password@host" within [FROM, TO). */
static void hide_url_password(struct scan *scan, size_t from, size_t to)
{
    const char *base = scan->text;
    const char *scheme = memmem(base + from, to - from, "://", 3);
    const char *at = memrchr(base + from, '@', to - from);
    if (!scheme || !at || at < scheme)
        return;
    const char *colon = memchr(scheme + 3, ':', (size_t)(at - scheme - 3));
    if (colon && colon + 1 < at) {
        hide(scan, (size_t)(colon + 1 - base), (size_t)(at - base));
        *scan->found = true;
    }
}

/* The password of Oracle's "user/password@identifier" within [FROM, TO); it may hold any character but the
   NUL, so it reaches to the last "@". */
static void hide_oracle_password(struct scan *scan, size_t from, size_t to)
{
    size_t slash = skip_blanks(scan, from, to);
    size_t start = slash;
    while (slash < to && !strchr("/@=;:\\,(", scan->text[slash]) && !text_is_blank(scan->text[slash]))
        slash++;
    if (slash == start || slash + 1 >= to || scan->text[slash] != '/' || scan->text[slash + 1] == '/')
        return;
    const char *at = memrchr(scan->text + slash + 1, '@', to - slash - 1);
    if (!at || at == scan->text + slash + 1)
        return;
    hide(scan, slash + 1, (size_t)(at - scan->text));
    *scan->found = true;
}

/* Text without "=" that is not blank. A password that held ";" goes on in it, and "PWD: x" is none of a
   driver's grammars: both hide the rest. */
static bool scan_bare(struct scan *scan, size_t from, size_t to)
{
    size_t word = from;
    while (word < to && is_alphanumeric(scan->text[word]))
        word++;
    bool label = word < to && (text_is_blank(scan->text[word]) || scan->text[word] == ':') &&
                 is_password_keyword(scan, from, word);
    if (scan->first == NONE && !label)
        return true;
    *scan->found = true;
    return hide_rest(scan, label ? word : from);
}

/* The unquoted value [FROM, TO) of a password. */
static bool hide_unquoted(struct scan *scan, size_t from, size_t to)
{
    while (to > from && text_is_blank(scan->text[to - 1]))
        to--;
    if (from == to)
        return true;
    *scan->found = true;
    hide(scan, from, to);
    /* "PWD==x='a;b'": one driver's value is another's keyword, and then the quote matters. */
    for (size_t at = from; at < to; at++) {
        if (scan->text[at] != '=')
            continue;
        size_t next = skip_blanks(scan, at + 1, to);
        if (next < to && strchr("\"'{", scan->text[next]))
            return hide_rest(scan, from);
    }
    return true;
}

/* An unquoted value that is no password's may hold one: "Extended Properties=PWD=x", "host=a password=b". */
static bool scan_unquoted(struct scan *scan, size_t from, size_t to)
{
    size_t keyword = from;
    for (size_t at = from; at < to; at++) {
        if (scan->text[at] != '=')
            continue;
        if (is_password_keyword(scan, keyword, at)) {
            size_t value = skip_blanks(scan, at + 1, to);
            note_password(scan, value);
            if (value < to && strchr("\"'{", scan->text[value])) {
                *scan->found = true;
                return hide_rest(scan, value);
            }
            return hide_unquoted(scan, value, to);
        }
        keyword = at + 1;
    }
    return true;
}

/* The value that begins with a quote at FROM; *END becomes the position behind it. */
static bool scan_quoted(struct scan *scan, size_t from, bool password, size_t *end)
{
    char close = scan->text[from] == '{' ? '}' : scan->text[from];
    size_t at = from + 1;
    while (at < scan->length &&
           (scan->text[at] != close || (at + 1 < scan->length && scan->text[at + 1] == close)))
        at += scan->text[at] == close ? 2 : 1;
    size_t after = at < scan->length ? skip_blanks(scan, at + 1, scan->length) : scan->length;
    *end = after;
    if (at >= scan->length || (after < scan->length && scan->text[after] != ';')) {
        *scan->found |= password;
        return hide_rest(scan, from);
    }
    if (!password) {
        hide_url_password(scan, from + 1, at);
        hide_oracle_password(scan, from + 1, at);
        return scan_nested(scan, from + 1, at, close) || hide_rest(scan, at);
    }
    if (at > from + 1) {
        *scan->found = true;
        hide(scan, from, at + 1);
    }
    return true;
}

/* The pair whose keyword is [FROM, EQUALS) and whose value ends at *END unless it is quoted. */
static bool scan_pair(struct scan *scan, size_t from, size_t equals, size_t *end)
{
    bool password = is_password_keyword(scan, from, equals);
    size_t value = skip_blanks(scan, equals + 1, *end);
    bool quoted = value < *end && strchr("\"'{", scan->text[value]);
    if (scan->first != NONE && (has_quote(scan, from, equals) || (!quoted && has_quote(scan, value, *end))))
        return hide_rest(scan, from);
    if (password)
        note_password(scan, value);
    if (quoted)
        return scan_quoted(scan, value, password, end);
    return password ? hide_unquoted(scan, value, *end) : scan_unquoted(scan, value, *end);
}

/* True when all was read with certainty; false when the rest has been hidden. */
static bool scan_pairs(struct scan *scan)
{
    for (size_t at = 0, end; at < scan->length; at = end) {
        end = at + 1;
        if (text_is_blank(scan->text[at]) || scan->text[at] == ';')
            continue;
        const char *semicolon = memchr(scan->text + at, ';', scan->length - at);
        end = semicolon ? (size_t)(semicolon - scan->text) : scan->length;
        const char *equals = memchr(scan->text + at, '=', end - at);
        if (equals ? !scan_pair(scan, at, (size_t)(equals - scan->text), &end) : !scan_bare(scan, at, end))
            return false;
    }
    return true;
}

/* URLs and Oracle's credentials keep to no keyword: looked for in each unquoted part, and in the text as a
 * whole. */
static void hide_credentials(struct scan *scan)
{
    hide_oracle_password(scan, 0, scan->length);
    for (size_t from = 0; from < scan->length;) {
        const char *semicolon = memchr(scan->text + from, ';', scan->length - from);
        size_t end = semicolon ? (size_t)(semicolon - scan->text) : scan->length;
        const char *equals = memchr(scan->text + from, '=', end - from);
        hide_url_password(scan, from, end);
        if (equals)
            hide_oracle_password(scan, (size_t)(equals - scan->text) + 1, end);
        from = end + 1;
    }
}

static char *with_asterisks(const char *text, size_t length, const unsigned char *hidden)
{
    char *out = malloc(3 * length + 1); /* one byte can become "***" */
    char *to = out;
    for (size_t i = 0; out && i < length; i++) {
        if (!hidden[i])
            *to++ = text[i];
        else if (i == 0 || !hidden[i - 1])
            to = mempcpy(to, "***", 3);
    }
    if (out)
        *to = '\0';
    return out;
}

char *provider_string_redact(const char *text, bool *has_password)
{
    struct text_span whole = text_span(text);
    bool found = false;
    unsigned char *hidden = calloc(whole.length + 1, 1);
    size_t *origin = malloc((whole.length + 1) * sizeof *origin);
    char *out = NULL;
    if (hidden && origin) {
        for (size_t i = 0; i <= whole.length; i++)
            origin[i] = i;
        struct scan scan = {whole.start, whole.length, origin, hidden, whole.length, 0, &found, NONE};
        scan_pairs(&scan);
        hide_credentials(&scan);
        out = with_asterisks(whole.start, whole.length, hidden);
    }
    free(hidden);
    free(origin);
    if (has_password)
        *has_password = found;
    return out;
}
