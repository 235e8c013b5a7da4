#include "reports/redact.h"
#include "audit/model/properties.h"
#include "reports/element.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct login {
    struct login *next;
    const char *name;
    const char *replacement;
    bool shared; /* something else has that name too: not replaced where a text could mean either */
    bool cased;  /* something else has that name in other case: told apart by it */
};

struct redaction {
    struct arena *arena;
    LIST_OF(struct login) found;
    struct login *sorted; /* by name, without regard to case */
    size_t count;
    size_t first[257]; /* where in `sorted` the names with that first byte (in lower case) begin */
};

/* ---- walking the report ---------------------------------------------------------------------------- */

typedef void visit_text(struct redaction *redaction, const struct element *element,
                        const struct member *member, void *item);

static void walk(struct redaction *redaction, const struct element *element, void *item, visit_text *visit)
{
    for (size_t i = 0; i < element->count; i++) {
        const struct member *member = &element->members[i];
        if (member->kind == MEMBER_TEXT || member->kind == MEMBER_CONTENT ||
            member->kind == MEMBER_TEXT_ELEMENT)
            visit(redaction, element, member, item);
        for (void *child = member_first(member, item); child; child = member_next(member, child))
            walk(redaction, member->element, child, visit);
    }
}

static char *text_of(const struct member *member, const void *item)
{
    char *text;
    memcpy(&text, (const char *)item + member->offset, sizeof(text));
    return text;
}

static void set_text(const struct member *member, void *item, char *text)
{
    memcpy((char *)item + member->offset, &text, sizeof(text));
}

/* ---- which names are logins ------------------------------------------------------------------------ */

static const struct {
    const struct element *element;
    const char *attribute;
} login_attributes[] = {
    {&login_mapping_element, "local"}, {&login_mapping_element, "remote"}, {&sql_login_element, "name"},
    {&principal_element, "name"},      {&session_element, "login"},        {&test_element, "login"},
    {&audit_element, "user"},
};

static bool is_login(const struct element *element, const struct member *member)
{
    for (size_t i = 0; i < sizeof(login_attributes) / sizeof(login_attributes[0]); i++)
        if (login_attributes[i].element == element && member->name &&
            strcmp(login_attributes[i].attribute, member->name) == 0)
            return true;
    return false;
}

static const char *const known_to_everybody[] = {"sa", "*", "public", "sysadmin", "root", NULL};

static void add_login(struct redaction *redaction, const char *name)
{
    for (const char *const *known = known_to_everybody; *known; known++)
        if (strcasecmp(*known, name) == 0)
            return;
    if (!*name)
        return;
    struct login *login = arena_alloc(redaction->arena, sizeof(*login));
    login->name = name;
    list_append(&redaction->found, login);
}

/* The value of UID= or User ID= in a provider string, as far as it is plain. */
static void add_provider_login(struct redaction *redaction, const char *text)
{
    static const char *const keys[] = {"uid", "user id", "user", "username"};
    for (const char *part = text; part; part = strchr(part, ';') ? strchr(part, ';') + 1 : NULL) {
        while (*part == ' ')
            part++;
        const char *equals = strchr(part, '=');
        size_t length = equals ? (size_t)(equals - part) : 0;
        while (length > 0 && part[length - 1] == ' ')
            length--;
        for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
            if (length == strlen(keys[i]) && strncasecmp(part, keys[i], length) == 0)
                add_login(redaction, arena_text_n(redaction->arena, equals + 1, strcspn(equals + 1, ";")));
    }
}

static void collect(struct redaction *redaction, const struct element *element, const struct member *member,
                    void *item)
{
    const char *text = text_of(member, item);
    if (!text || !member->name)
        return;
    if (is_login(element, member))
        add_login(redaction, text);
    if (element == &linked_server_element && strcmp(member->name, "provider-string") == 0)
        add_provider_login(redaction, text);
    if (element == &property_element && strcmp(member->name, "value") == 0) {
        const char *name = ((struct property *)item)->name;
        if (strcmp(name, PROPERTY_LOGIN) == 0 || strcmp(name, PROPERTY_ORIGINAL_LOGIN) == 0)
            add_login(redaction, text);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcasecmp(((const struct login *)a)->name, ((const struct login *)b)->name);
}

static void index_logins(struct redaction *redaction)
{
    redaction->sorted =
        arena_alloc(redaction->arena, (redaction->found.count + 1) * sizeof(*redaction->sorted));
    size_t all = 0;
    list_each (struct login, login, &redaction->found)
        redaction->sorted[all++] = *login;
    qsort(redaction->sorted, all, sizeof(*redaction->sorted), by_name);
    for (size_t i = 0; i < all; i++)
        if (i == 0 ||
            strcasecmp(redaction->sorted[i].name, redaction->sorted[redaction->count - 1].name) != 0)
            redaction->sorted[redaction->count++] = redaction->sorted[i];
    size_t at = 0;
    for (size_t byte = 0; byte <= 256; byte++) {
        while (at < redaction->count && (size_t)tolower((unsigned char)redaction->sorted[at].name[0]) < byte)
            at++;
        redaction->first[byte] = at;
    }
    for (size_t i = 0; i < redaction->count; i++)
        redaction->sorted[i].replacement = arena_format(redaction->arena, "login-%zu", i + 1);
}

/* Names that are kept. */
static const struct {
    const struct element *element;
    const char *attribute;
} identifiers[] = {
    {&linked_server_element, "name"}, {&linked_server_element, "catalog"},
    {&instance_element, "name"},      {&instance_element, "server-name"},
    {&endpoint_element, "host"},      {&endpoint_element, "instance"},
    {&database_element, "name"},      {&use_element, "object"},
    {&use_element, "database"},
};

static void mark_shared(struct redaction *redaction, const struct element *element,
                        const struct member *member, void *item)
{
    const struct login key = {.name = text_of(member, item)};
    if (!key.name || !member->name)
        return;
    for (size_t i = 0; i < sizeof(identifiers) / sizeof(identifiers[0]); i++)
        if (identifiers[i].element == element && strcmp(identifiers[i].attribute, member->name) == 0) {
            struct login *login = bsearch(&key, redaction->sorted, redaction->count, sizeof(key), by_name);
            if (login && strcmp(login->name, key.name) == 0)
                login->shared = true;
            else if (login)
                login->cased = true;
        }
}

/* ---- replacing ------------------------------------------------------------------------------------- */

static bool is_word(unsigned char byte)
{
    return isalnum(byte) || byte == '_' || byte >= 0x80;
}

/* Whether a name goes on: with a letter or digit, also behind a dot or hyphen, as host names do. */
static bool goes_on(const char *text)
{
    return is_word((unsigned char)text[0]) ||
           ((text[0] == '.' || text[0] == '-') && is_word((unsigned char)text[1]));
}

static bool is_here(const struct login *login, const char *text, size_t length)
{
    if (login->cased ? strncmp(text, login->name, length) : strncasecmp(text, login->name, length))
        return false;
    return !is_word((unsigned char)login->name[length - 1]) || !goes_on(text + length);
}

/* Whether what stands before says that a login comes: "user 'x'", "acts as x", "UID=x". A name that something
 * else has too is replaced only there. */
static bool is_announced(const char *start, const char *at)
{
    static const char *const words[] = {"user", "login", "logins", "principal", "account", "as", "uid"};
    while (at > start && memchr(" '\"[{=", at[-1], 6))
        at--;
    const char *end = at;
    while (at > start && isalpha((unsigned char)at[-1]))
        at--;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if ((size_t)(end - at) == strlen(words[i]) && strncasecmp(at, words[i], strlen(words[i])) == 0)
            return true;
    return false;
}

/* The longest login that begins there and ends at a word's end, or NULL. */
static const struct login *login_at(const struct redaction *redaction, const char *start, const char *text)
{
    const struct login *longest = NULL;
    char before = text > start ? text[-1] : '\0';
    size_t byte = (size_t)tolower((unsigned char)*text), best = 0;
    if (is_word((unsigned char)*text) && (is_word((unsigned char)before) || before == '.' || before == '-'))
        return NULL;
    for (size_t i = redaction->first[byte]; i < redaction->first[byte + 1]; i++) {
        const struct login *login = &redaction->sorted[i];
        size_t length = strlen(login->name);
        if (length > best && is_here(login, text, length) && (!login->shared || is_announced(start, text))) {
            longest = login;
            best = length;
        }
    }
    return longest;
}

/* What a text is read for: sentences, or a field of a definition, where a path goes on to its end. */
enum reading { SENTENCES, FIELD };

/* Whether a word behind a space still belongs to a path: "C:\My Files\x", "D:\Budget 2026.xlsx". */
static bool is_of_path(const char *word, size_t length, bool unix_path)
{
    if (memmem(word, length, "://", 3))
        return false;
    if (!unix_path && memchr(word, '\\', length))
        return true;
    while (length > 0 && ispunct((unsigned char)word[length - 1]))
        length--;
    const char *dot = memrchr(word, '.', length);
    size_t extension = dot ? length - (size_t)(dot - word) - 1 : 0;
    return dot > word && extension >= 1 && extension <= 5;
}

/* In a sentence a path ends with the last word that is of it. */
static size_t words_of_path(const char *text, bool unix_path)
{
    static const char ends[] = ";,\"'<>|\n\t";
    size_t length = strcspn(text, ";,\"'<>|\n\t ");
    for (size_t at = length; text[at] == ' ';) {
        size_t word = at + 1, next = word + strcspn(text + word, " ;,\"'<>|\n\t");
        if (is_of_path(text + word, next - word, unix_path))
            length = next;
        at = next;
        if (strchr(ends, text[at]))
            break;
    }
    return length;
}

/* Bytes of a path that begins here: C:\folder\file, \\server\share\file (not a pipe), \\?\C:\file,
 * /folder/file, file:///folder/file. */
static size_t path_length(const char *text, char before, enum reading reading)
{
    if (is_word((unsigned char)before) || before == '/' || before == '\\')
        return 0;
    bool drive = isalpha((unsigned char)text[0]) && text[1] == ':' && (text[2] == '\\' || text[2] == '/');
    bool share = text[0] == '\\' && text[1] == '\\' && (is_word((unsigned char)text[2]) || text[2] == '?');
    bool unix_path = text[0] == '/' && is_word((unsigned char)text[1]);
    bool url = strncasecmp(text, "file://", 7) == 0;
    if (!drive && !share && !unix_path && !url)
        return 0;
    const char quote[] = {before, '\0'};
    const char *end = before == '"' || before == '\'' ? strchr(text, before) : NULL;
    size_t length = end                ? strcspn(text, quote)
                    : reading == FIELD ? strcspn(text, ";\"")
                                       : words_of_path(text, unix_path);
    if (share && memmem(text, length, "\\pipe\\", 6))
        return 0;
    if (unix_path && !memchr(text + 1, '/', length - 1))
        return 0;
    return length;
}

static char *redacted(const struct redaction *redaction, const char *text, bool logins, enum reading reading)
{
    const char *start = text;
    char *result = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&result, &size);
    if (!stream)
        abort();
    for (char before = '\0'; *text;) {
        const struct login *login = logins ? login_at(redaction, start, text) : NULL;
        size_t path = login ? 0 : path_length(text, before, reading), taken = 1;
        if (login)
            taken = strlen(login->name), fputs(login->replacement, stream);
        else if (path)
            taken = path, fputs("[path]", stream);
        else
            putc(*text, stream);
        text += taken;
        before = text[-1];
    }
    fclose(stream);
    return result;
}

static const struct login *whole_login(const struct redaction *redaction, const char *text)
{
    const struct login key = {.name = text};
    return bsearch(&key, redaction->sorted, redaction->count, sizeof(key), by_name);
}

/* Attributes that may name logins and paths besides others; those that may only hold a path. What is in
 * neither is a name of something else. The text of elements is free text. */
static const char *const free_text[] = {"provider-string", "reason", "detail", "waiver",        "item",
                                        "before",          "after",  "value",  "configuration", NULL};
static const char *const paths[] = {"data-source", "location", "catalog",     "host",
                                    "key",         "endpoint", "target-note", NULL};
static const char *const fields[] = {"data-source", "location", "catalog", "provider-string", NULL};

static bool is_among(const char *const *list, const struct member *member)
{
    for (; *list; list++)
        if (strcmp(*list, member->name) == 0)
            return true;
    return false;
}

static void replace(struct redaction *redaction, const struct element *element, const struct member *member,
                    void *item)
{
    const char *text = text_of(member, item);
    if (!text)
        return;
    if (is_login(element, member)) {
        const struct login *login = whole_login(redaction, text);
        if (login)
            set_text(member, item, arena_text(redaction->arena, login->replacement));
        return;
    }
    bool is_free = member->kind != MEMBER_TEXT || is_among(free_text, member);
    if (!is_free && !is_among(paths, member))
        return;
    bool field = member->kind == MEMBER_TEXT && is_among(fields, member);
    char *result = redacted(redaction, text, is_free, field ? FIELD : SENTENCES);
    if (strcmp(result, text) != 0)
        set_text(member, item, arena_text(redaction->arena, result));
    free(result);
}

/* A file's endpoint is its path, in the spelling that makes two of them one. */
static void hide_files(struct arena *arena, struct audit *audit)
{
    list_each (struct endpoint, endpoint, &audit->endpoints) {
        if (endpoint->kind != ENDPOINT_FILE)
            continue;
        endpoint->key = arena_format(arena, "file:[path] %s", endpoint->id);
        if (!endpoint->port.known) /* else it is the server of a share */
            endpoint->host = arena_text(arena, "[path]");
    }
}

void report_redact(struct arena *arena, struct audit *audit)
{
    struct redaction redaction = {.arena = arena};
    walk(&redaction, &audit_element, audit, collect);
    index_logins(&redaction);
    walk(&redaction, &audit_element, audit, mark_shared);
    walk(&redaction, &audit_element, audit, replace);
    hide_files(arena, audit);
    struct property *note = arena_alloc(arena, sizeof(*note));
    note->name = arena_text(arena, "redacted");
    note->value = arena_text(arena, "login names and paths");
    list_append(&audit->settings, note);
}
