#include "scenario.h"

#include "statistics.h"
#include "text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Every keyword, where it belongs, and its keys. "*" as a key accepts any (columns of a row). */
static const struct keyword {
    const char *name;
    const char *parents; /* space-separated, innermost first */
    const char *keys;
} keywords[] = {
    {"network", "", ""},
    {"ca", "", "subject issuer key from to signature"},
    {"certificate", "", "subject dns ip issuer key signature from to"},
    {"host", "", "browser"},
    {"instance", "",
     "address port version edition engine_edition collation server_name at_servername machine domain "
     "instance "
     "encrypt tls ciphers certificate strict strict_tls tls_refusal product_level update_level clustered "
     "hadr windows_only "
     "platform start behaviour delay accept_delay hidden count max_workers schedulers workers queued "
     "threadpool_waiters max_connections utc_offset"},
    {"tls", "", "address port tls ciphers certificate tls_refusal behaviour delay accept_delay count"},
    {"tcp", "", "address port banner reply behaviour delay accept_delay count"},
    {"login", "instance",
     "password changed_after type disabled locked expired must_change grant role database database_grant "
     "created modified default_database"},
    {"configuration", "instance", "value in_use"},
    {"provider", "instance", "description"},
    {"traceflag", "instance", ""},
    {"registry", "instance", "key value data type access"},
    {"database", "instance", "state access auto_close open standby read_only source collation created use_error use_text"},
    {"link", "instance",
     "product provider data_source location provider_string catalog connect_timeout query_timeout is_linked "
     "rpc "
     "rpc_out data_access collation_compatible remote_collation collation lazy_schema promotion rda system "
     "publisher subscriber distributor nonsql_subscriber modified target test delay count"},
    {"mapping", "link", "local remote password self modified"},
    {"message", "link", "number class state text info line"},
    {"module", "database", "schema type text created shipped"},
    {"synonym", "database", "schema target created"},
    {"dependency", "database", "object server db schema entity class"},
    {"job", "database", "enabled created"},
    {"step", "job", "subsystem command database server"},
    {"row", "database instance", "*"},
};

static const struct keyword *keyword_of(const char *name)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strcmp(keywords[i].name, name) == 0)
            return &keywords[i];
    return NULL;
}

static bool is_word_of(const char *list, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = list; (at = strstr(at, word)); at += length)
        if ((at == list || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

/* --- entries --- */

const char *entry_value(const struct entry *entry, const char *key, const char *otherwise)
{
    for (size_t i = 0; i < entry->property_count; i++)
        if (strcmp(entry->properties[i].key, key) == 0)
            return entry->properties[i].value;
    return otherwise;
}

long entry_number(const struct entry *entry, const char *key, long otherwise)
{
    const char *value = entry_value(entry, key, NULL);
    return value ? strtol(value, NULL, 0) : otherwise;
}

bool entry_flag(const struct entry *entry, const char *key, bool otherwise)
{
    const char *value = entry_value(entry, key, NULL);
    return value ? strcmp(value, "yes") == 0 || strcmp(value, "1") == 0 : otherwise;
}

bool entry_has(const struct entry *entry, const char *key, const char *value)
{
    for (size_t i = 0; i < entry->property_count; i++)
        if (strcmp(entry->properties[i].key, key) == 0 && same_text(entry->properties[i].value, value))
            return true;
    return false;
}

const struct entry *entry_next(const struct entry *entry, const char *keyword, size_t *position)
{
    while (*position < entry->child_count) {
        const struct entry *child = entry->children[(*position)++];
        if (strcmp(child->keyword, keyword) == 0)
            return child;
    }
    return NULL;
}

const struct entry *entry_child(const struct entry *entry, const char *keyword, const char *name)
{
    size_t position = 0;
    const struct entry *child;
    while ((child = entry_next(entry, keyword, &position)))
        if (same_text(child->name, name))
            return child;
    return NULL;
}

char *entry_expand(const char *text, int instance_number, int link_number)
{
    struct buffer result = {0};
    for (const char *at = text; *at; at++) {
        bool is_instance = strncmp(at, "{i}", 3) == 0;
        if (is_instance || strncmp(at, "{n}", 3) == 0) {
            buffer_format(&result, "%d", is_instance ? instance_number : link_number);
            at += 2;
        } else {
            buffer_u8(&result, (uint8_t)*at);
        }
    }
    buffer_u8(&result, 0);
    return (char *)result.data;
}

static void entry_free(struct entry *entry)
{
    for (size_t i = 0; i < entry->child_count; i++)
        entry_free(entry->children[i]);
    for (size_t i = 0; i < entry->property_count; i++) {
        free(entry->properties[i].key);
        free(entry->properties[i].value);
    }
    free(entry->properties);
    free(entry->children);
    free(entry->name);
    free(entry);
}

static struct entry *entry_new(const char *keyword, struct entry *parent, int line)
{
    struct entry *entry = allocate(sizeof *entry);
    entry->keyword = keyword;
    entry->line = line;
    entry->parent = parent;
    entry->name = duplicate("");
    if (parent) {
        parent->children = reallocate(parent->children, (parent->child_count + 1) * sizeof *parent->children);
        parent->children[parent->child_count++] = entry;
    }
    return entry;
}

static void entry_add(struct entry *entry, char *key, char *value)
{
    entry->properties =
        reallocate(entry->properties, (entry->property_count + 1) * sizeof *entry->properties);
    entry->properties[entry->property_count++] = (struct property){key, value};
}

/* --- lines --- */

struct reader {
    const char *path;
    const char *network;
    FILE *errors;
    int line;
    const char *at;
    bool failed;
};

__attribute__((format(printf, 2, 3))) static void complain(struct reader *reader, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(reader->errors, "%s:%d: ", reader->path, reader->line);
    vfprintf(reader->errors, format, arguments);
    fputc('\n', reader->errors);
    va_end(arguments);
    reader->failed = true;
}

static void read_escape(struct reader *reader, struct buffer *text)
{
    static const char letters[] = "n\nt\tr\r\"\"\\\\$$";
    char letter = *reader->at++;
    int digits = letter == 'x' ? 2 : letter == 'u' ? 4 : 0;
    for (const char *pair = letters; !digits && *pair; pair += 2)
        if (*pair == letter) {
            buffer_u8(text, (uint8_t)pair[1]);
            return;
        }
    char hexadecimal[5] = {0};
    for (int i = 0; i < digits && isxdigit((unsigned char)*reader->at); i++)
        hexadecimal[i] = *reader->at++;
    if (!digits || strlen(hexadecimal) != (size_t)digits)
        complain(reader, "an escape is \\n \\t \\r \\\" \\\\ \\$ \\xHH or \\uHHHH: %s", reader->at);
    else
        buffer_code_point(text, (uint32_t)strtoul(hexadecimal, NULL, 16));
}

/* A word up to white space or `stop`, or a quoted string; ${network} is replaced in both. */
static char *read_word(struct reader *reader, char stop)
{
    struct buffer text = {0};
    bool quoted = *reader->at == '"';
    reader->at += quoted;
    while (*reader->at &&
           (quoted ? *reader->at != '"' : !isspace((unsigned char)*reader->at) && *reader->at != stop)) {
        if (strncmp(reader->at, "${network}", 10) == 0) {
            buffer_text(&text, reader->network);
            reader->at += 10;
        } else if (quoted && *reader->at == '\\' && reader->at[1]) {
            reader->at++;
            read_escape(reader, &text);
        } else {
            buffer_u8(&text, (uint8_t)*reader->at++);
        }
    }
    if (quoted && *reader->at++ != '"') {
        complain(reader, "a quoted value ends with \" on the same line");
        reader->at--;
    }
    buffer_u8(&text, 0);
    return (char *)text.data;
}

static void skip_blanks(struct reader *reader)
{
    while (isspace((unsigned char)*reader->at))
        reader->at++;
    if (*reader->at == '#')
        reader->at += strlen(reader->at);
}

static void read_properties(struct reader *reader, const struct keyword *keyword, struct entry *entry)
{
    for (skip_blanks(reader); *reader->at && !reader->failed; skip_blanks(reader)) {
        char *key = read_word(reader, '=');
        if (*reader->at != '=') {
            complain(reader, "expected key=value after the name: %s", key);
            free(key);
            return;
        }
        reader->at++;
        if (strcmp(keyword->keys, "*") != 0 && !is_word_of(keyword->keys, key))
            complain(reader, "'%s' knows these keys: %s; not %s", keyword->name, keyword->keys, key);
        entry_add(entry, key, read_word(reader, ' '));
    }
}

/* The innermost open entry under which this keyword may stand: the last one read, or one that holds it. */
static struct entry *parent_of(const struct keyword *keyword, struct entry *last, struct entry *root)
{
    if (!*keyword->parents)
        return root;
    while (last && !is_word_of(keyword->parents, last->keyword))
        last = last->parent;
    return last;
}

static struct entry *read_line(struct reader *reader, struct entry *last, struct entry *root)
{
    skip_blanks(reader);
    if (!*reader->at)
        return last;
    char *word = read_word(reader, ' ');
    const struct keyword *keyword = keyword_of(word);
    struct entry *parent = keyword ? parent_of(keyword, last, root) : NULL;
    if (!parent) {
        complain(reader, "%s: %s", keyword ? "stands under none of its parents" : "no such keyword", word);
        free(word);
        return last;
    }
    free(word);
    struct entry *entry = entry_new(keyword->name, parent, reader->line);
    skip_blanks(reader);
    const char *start = reader->at;
    free(entry->name);
    entry->name = read_word(reader, '=');
    if (*reader->at == '=') { /* no name: the first word was a key */
        reader->at = start;
        free(entry->name);
        entry->name = duplicate("");
    }
    read_properties(reader, keyword, entry);
    return entry;
}

static struct entry *read_entries(struct reader *reader, FILE *file, const char *network)
{
    struct entry *root = entry_new("scenario", NULL, 0), *last = root;
    char *line = NULL;
    size_t capacity = 0;
    reader->network = network ? network : "127.10";
    while (!reader->failed && getline(&line, &capacity, file) >= 0) {
        reader->line++;
        reader->at = line;
        last = read_line(reader, last, root);
        if (!network && strcmp(last->keyword, "network") == 0)
            reader->network = last->name;
    }
    free(line);
    return root;
}

/* --- instances --- */

static const struct choice {
    const char *name;
    int value;
} encryptions[] = {{"off", ENCRYPT_OFF}, {"on", ENCRYPT_ON}, {"not-supported", ENCRYPT_NOT_SUPPORTED}, {0}},
  stricts[] = {{"no", STRICT_NO}, {"yes", STRICT_YES}, {"only", STRICT_ONLY}, {0}},
  refusals[] = {{"close", REFUSE_BY_CLOSE}, {"alert", REFUSE_BY_ALERT}, {"reset", REFUSE_BY_RESET}, {0}},
  behaviours[] = {
      {"normal", BEHAVE},
      {"refuse", BEHAVE_REFUSE},
      {"full", BEHAVE_FULL},
      {"silent", BEHAVE_SILENT},
      {"close-at-once", BEHAVE_CLOSE_AT_ONCE},
      {"reset-at-once", BEHAVE_RESET_AT_ONCE},
      {"close-on-prelogin", BEHAVE_CLOSE_ON_PRELOGIN},
      {"reset-on-prelogin", BEHAVE_RESET_ON_PRELOGIN},
      {"garbage", BEHAVE_GARBAGE},
      {"http", BEHAVE_HTTP},
      {"ssh", BEHAVE_SSH},
      {"lying-length", BEHAVE_LYING_LENGTH},
      {"truncated-prelogin", BEHAVE_TRUNCATED_PRELOGIN},
      {"ssl2-only", BEHAVE_SSL2_ONLY},
      {"ssl3-only", BEHAVE_SSL3_ONLY},
      {"rc4-only", BEHAVE_RC4_ONLY},
      {"hang-in-tls", BEHAVE_HANG_IN_TLS},
      {"hang-after-login", BEHAVE_HANG_AFTER_LOGIN},
      {"hang-in-query", BEHAVE_HANG_IN_QUERY},
      {"close-in-query", BEHAVE_CLOSE_IN_QUERY},
      {"reset-in-query", BEHAVE_RESET_IN_QUERY},
      {"endless-tokens", BEHAVE_ENDLESS_TOKENS},
      {"row-flood", BEHAVE_ROW_FLOOD},
      {"garbage-in-query", BEHAVE_GARBAGE_IN_QUERY},
      {0},
};

static int choose(struct reader *reader, const struct entry *entry, const char *key,
                  const struct choice *choices, int otherwise)
{
    const char *value = entry_value(entry, key, NULL);
    if (!value)
        return otherwise;
    for (; choices->name; choices++)
        if (strcmp(choices->name, value) == 0)
            return choices->value;
    reader->line = entry->line;
    complain(reader, "'%s' has no such value: %s", key, value);
    return otherwise;
}

static char *expanded_value(const struct instance *instance, const char *key, const char *otherwise)
{
    const char *value = entry_value(instance->entry, key, otherwise);
    return entry_expand(value, instance->number, 0);
}

static void read_names(struct instance *instance)
{
    instance->name = entry_expand(instance->entry->name, instance->number, 0);
    instance->instance_name = expanded_value(instance, "instance", "");
    size_t host = strcspn(instance->name, "\\");
    char *host_name = duplicate_n(instance->name, host);
    instance->machine = expanded_value(instance, "machine", host_name);
    free(host_name);
    if (!*instance->instance_name && instance->name[host]) {
        free(instance->instance_name);
        instance->instance_name = duplicate(instance->name + host + 1);
    }
    char *full = *instance->instance_name ? format_text("%s\\%s", instance->machine, instance->instance_name)
                                          : duplicate(instance->machine);
    instance->server_name = expanded_value(instance, "server_name", full);
    free(full);
}

static void read_instance(struct reader *reader, struct instance *instance)
{
    const struct entry *entry = instance->entry;
    reader->line = entry->line;
    read_names(instance);
    const char *address = entry_value(entry, "address", "");
    if (!address_parse(address, &instance->address))
        complain(reader, "address is an IPv4 or IPv6 address: %s", address);
    instance->address = address_after(instance->address, (uint32_t)instance->number);
    instance->port = (in_port_t)entry_number(entry, "port", 1433);
    const char *version = entry_value(entry, "version", "15.0.4312.2");
    if (sscanf(version, "%d.%d.%d.%d", &instance->major, &instance->minor, &instance->build,
               &instance->revision) < 3)
        complain(reader, "version is major.minor.build or major.minor.build.revision: %s", version);
    bool is_linux = same_text(entry_value(entry, "platform", "Windows"), "Linux");
    instance->encryption = (enum encryption_mode)choose(reader, entry, "encrypt", encryptions, ENCRYPT_OFF);
    instance->strict = (enum strict_mode)choose(reader, entry, "strict", stricts,
                                                instance->major >= 16 ? STRICT_YES : STRICT_NO);
    instance->tls_refusal =
        (enum tls_refusal)choose(reader, entry, "tls_refusal", refusals,
                                 is_linux || instance->kind == KIND_TLS ? REFUSE_BY_ALERT : REFUSE_BY_CLOSE);
    instance->behaviour = (enum behaviour)choose(reader, entry, "behaviour", behaviours, BEHAVE);
    instance->delay_ms = (int)entry_number(entry, "delay", 0);
    instance->accept_delay_ms = (int)entry_number(entry, "accept_delay", 0);
    instance->listener = -1;
    instance->statistics = statistics_new();
}

static const struct choice kinds[] = {
    {"instance", KIND_SQLSERVER}, {"tls", KIND_TLS}, {"tcp", KIND_TCP}, {0}};

static void read_instances(struct reader *reader, struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->root->child_count && !reader->failed; i++) {
        const struct entry *entry = scenario->root->children[i];
        const struct choice *kind = kinds;
        while (kind->name && strcmp(kind->name, entry->keyword) != 0)
            kind++;
        long count = kind->name ? entry_number(entry, "count", 1) : 0;
        if (count < 0 || count > 100000)
            count = 0;
        scenario->instances = reallocate(scenario->instances, (scenario->instance_count + (size_t)count) *
                                                                  sizeof *scenario->instances);
        for (int copy = 0; copy < count && !reader->failed; copy++) {
            struct instance *instance = &scenario->instances[scenario->instance_count++];
            *instance =
                (struct instance){.entry = entry, .number = copy, .kind = (enum listener_kind)kind->value};
            read_instance(reader, instance);
        }
    }
}

struct scenario *scenario_read(const char *path, const char *network, FILE *errors)
{
    struct reader reader = {.path = path, .errors = errors};
    FILE *file = fopen(path, "re");
    if (!file) {
        complain(&reader, "cannot be read");
        return NULL;
    }
    struct scenario *scenario = allocate(sizeof *scenario);
    scenario->root = read_entries(&reader, file, network);
    fclose(file);
    if (!reader.failed)
        read_instances(&reader, scenario);
    if (!reader.failed)
        return scenario;
    scenario_free(scenario);
    return NULL;
}

void scenario_free(struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->instance_count; i++) {
        struct instance *instance = &scenario->instances[i];
        free(instance->name);
        free(instance->server_name);
        free(instance->machine);
        free(instance->instance_name);
        if (instance->statistics)
            statistics_free(instance->statistics);
    }
    free(scenario->instances);
    entry_free(scenario->root);
    free(scenario);
}

struct instance *scenario_instance(const struct scenario *scenario, const char *name)
{
    for (size_t i = 0; i < scenario->instance_count; i++)
        if (same_text(scenario->instances[i].name, name))
            return &scenario->instances[i];
    return NULL;
}
