#include "audit/target/provider_string.h"

#include "audit/target/text.h"
#include <stdlib.h>
#include <string.h>

/* Where the reader stands, and where the next unquoted text goes: never longer than what it was read from. */
struct reader {
    enum provider_dialect dialect;
    const char *at;
    char *out;
    bool malformed;
};

static void skip_blanks(struct reader *reader)
{
    while (text_is_blank(*reader->at))
        reader->at++;
}

/* Ends the text that began at START: blanks after it go, a NUL is added. */
static char *finish(struct reader *reader, char *start, bool trim)
{
    while (trim && reader->out > start && text_is_blank(reader->out[-1]))
        reader->out--;
    *reader->out++ = '\0';
    return start;
}

/* The keyword before "=", with the reader left behind the "="; NULL when ";" or the end comes first. */
static char *read_keyword(struct reader *reader)
{
    char *start = reader->out;
    for (; *reader->at && *reader->at != ';'; reader->at++) {
        if (*reader->at == '=') {
            reader->at++;
            if (reader->dialect == PROVIDER_ODBC || *reader->at != '=')
                return finish(reader, start, true);
        }
        *reader->out++ = *reader->at;
    }
    reader->out = start;
    return NULL;
}

/* A value that begins with a quote, up to its CLOSE; a doubled CLOSE stands for itself. */
static char *read_quoted(struct reader *reader, char close)
{
    char *start = reader->out;
    bool closed = false;
    for (reader->at++; *reader->at && !closed; reader->at++) {
        if (*reader->at == close && reader->at[1] != close) {
            closed = true;
            continue;
        }
        reader->at += *reader->at == close;
        *reader->out++ = *reader->at;
    }
    skip_blanks(reader);
    if (!closed || (*reader->at && *reader->at != ';'))
        reader->malformed = true;
    while (*reader->at && *reader->at != ';')
        reader->at++;
    return finish(reader, start, false);
}

static char *read_value(struct reader *reader)
{
    skip_blanks(reader);
    if (*reader->at == '{')
        return read_quoted(reader, '}');
    if (reader->dialect == PROVIDER_OLEDB && (*reader->at == '"' || *reader->at == '\''))
        return read_quoted(reader, *reader->at);
    char *start = reader->out;
    while (*reader->at && *reader->at != ';')
        *reader->out++ = *reader->at++;
    return finish(reader, start, true);
}

static void read_pairs(struct reader *reader, struct provider_string *out)
{
    const char *text = reader->at;
    for (;;) {
        while (text_is_blank(*reader->at) || *reader->at == ';')
            reader->at++;
        if (!*reader->at)
            break;
        const char *start = reader->at;
        char *name = read_keyword(reader);
        if (!name) {
            reader->malformed = true;
            continue;
        }
        char *value = read_value(reader);
        out->pairs[out->count++] = (struct provider_pair){.keyword = provider_keyword_from_name(name),
                                                          .name = name,
                                                          .value = value,
                                                          .offset = (size_t)(start - text),
                                                          .length = (size_t)(reader->at - start)};
    }
    out->malformed = reader->malformed;
}

bool provider_string_parse(enum provider_dialect dialect, const char *text, struct provider_string *out)
{
    *out = (struct provider_string){0};
    if (!text)
        text = "";
    char *redacted = provider_string_redact(text, &out->has_password);
    free(redacted);
    size_t parts = 1;
    for (const char *at = text; *at; at++)
        parts += *at == ';';
    out->storage = malloc(strlen(text) + 2 * parts + 1); /* a NUL for each keyword and each value */
    out->pairs = calloc(parts, sizeof *out->pairs);
    if (!redacted || !out->storage || !out->pairs) {
        free(out->storage);
        free(out->pairs);
        *out = (struct provider_string){0};
        return false;
    }
    struct reader reader = {dialect, text, out->storage, false};
    read_pairs(&reader, out);
    return true;
}

void provider_string_clear(struct provider_string *out)
{
    for (size_t i = 0; i < out->count; i++)
        explicit_bzero((char *)out->pairs[i].value, strlen(out->pairs[i].value));
    free(out->pairs);
    free(out->storage);
    *out = (struct provider_string){0};
}

const char *provider_string_value(const struct provider_string *string, enum provider_keyword keyword)
{
    for (size_t i = 0; i < string->count; i++)
        if (string->pairs[i].keyword == keyword)
            return string->pairs[i].value;
    return NULL;
}

const char *provider_string_server(const struct provider_string *string)
{
    const char *address = provider_string_value(string, KEYWORD_ADDRESS);
    if (address && *address)
        return address;
    const char *server = provider_string_value(string, KEYWORD_SERVER);
    return server && *server ? server : NULL;
}

enum provider_answer provider_answer(const char *value)
{
    static const struct {
        const char *text;
        enum provider_answer answer;
    } answers[] = {{"yes", PROVIDER_YES}, {"true", PROVIDER_YES}, {"1", PROVIDER_YES}, {"sspi", PROVIDER_YES},
                   {"no", PROVIDER_NO},   {"false", PROVIDER_NO}, {"0", PROVIDER_NO}};
    if (!value)
        return PROVIDER_ABSENT;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
        if (text_equal(value, answers[i].text))
            return answers[i].answer;
    return PROVIDER_UNRECOGNISED;
}

struct provider_options provider_options(const struct provider_string *string)
{
    const char *user_id = provider_string_value(string, KEYWORD_USER_ID);
    const char *uid = provider_string_value(string, KEYWORD_UID);
    return (struct provider_options){
        .user = user_id ? user_id : uid,
        .user_id_given = user_id != NULL,
        .uid_without_user_id = uid && !user_id,
        .has_password = string->has_password,
        .encrypt = provider_string_value(string, KEYWORD_ENCRYPT),
        .trust_server_certificate =
            provider_answer(provider_string_value(string, KEYWORD_TRUST_SERVER_CERTIFICATE)),
        .host_name_in_certificate = provider_string_value(string, KEYWORD_HOST_NAME_IN_CERTIFICATE),
        .server_certificate = provider_string_value(string, KEYWORD_SERVER_CERTIFICATE),
        .multi_subnet_failover =
            provider_answer(provider_string_value(string, KEYWORD_MULTI_SUBNET_FAILOVER)),
        .failover_partner = provider_string_value(string, KEYWORD_FAILOVER_PARTNER),
        .trusted_connection = provider_answer(provider_string_value(string, KEYWORD_TRUSTED_CONNECTION)),
        .application_intent = provider_string_value(string, KEYWORD_APPLICATION_INTENT),
        .authentication = provider_string_value(string, KEYWORD_AUTHENTICATION),
    };
}
