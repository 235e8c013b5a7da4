#include "audit/config.h"
#include "audit/ini_file.h"
#include "audit/model/arena.h"
#include "audit/model/memory.h"

#include <libgen.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const link_test_list[] = {NULL, "sqlserver", "all", "none"};
const struct name_table link_test_names = {link_test_list, 4};

/* ---- the keys ----------------------------------------------------------------------------------------- */

enum value_kind {
    VALUE_TEXT,
    VALUE_PATH, /* relative ones start at the configuration file's folder */
    VALUE_DURATION,
    VALUE_COUNT,
    VALUE_YES_NO,
    VALUE_CHOICE,
    VALUE_WORDS,
    VALUE_NETWORKS
};

struct key {
    const char *name;
    enum value_kind kind;
    size_t offset;
    const char *by_default;
    int64_t minimum, maximum;
    const struct name_table *choices;
    int first_choice;
};

#define TEXT(name, type, member, by_default)                                                                 \
    {                                                                                                        \
        name, VALUE_TEXT, offsetof(type, member), by_default, 0, 0, NULL, 0                                  \
    }
#define PATH(name, type, member, by_default)                                                                 \
    {                                                                                                        \
        name, VALUE_PATH, offsetof(type, member), by_default, 0, 0, NULL, 0                                  \
    }
#define DURATION(name, type, member, by_default, least, most)                                                \
    {                                                                                                        \
        name, VALUE_DURATION, offsetof(type, member), by_default, least, most, NULL, 0                       \
    }
#define COUNT(name, type, member, by_default, least, most)                                                   \
    {                                                                                                        \
        name, VALUE_COUNT, offsetof(type, member), by_default, least, most, NULL, 0                          \
    }
#define YES_NO(name, type, member, by_default)                                                               \
    {                                                                                                        \
        name, VALUE_YES_NO, offsetof(type, member), by_default, 0, 0, NULL, 0                                \
    }
#define CHOICE(name, type, member, by_default, table, first)                                                 \
    {                                                                                                        \
        name, VALUE_CHOICE, offsetof(type, member), by_default, 0, 0, &table, first                          \
    }
#define SECONDS 1000
#define MINUTES (60 * SECONDS)
#define HOURS (60 * MINUTES)
#define DAYS (24 * HOURS)

static const struct key audit_keys[] = {
    TEXT("title", struct config, title, "Linked servers"),
    PATH("output_dir", struct config, output_dir, "."),
    TEXT("format", struct config, format, "xml,html"),
    COUNT("keep", struct config, keep, "90", 0, 100000),
    CHOICE("fail_on", struct config, fail_on, "high", severity_names, 1),
    DURATION("deadline", struct config, deadline, "4h", 1 * SECONDS, 7LL * DAYS),
    DURATION("instance_deadline", struct config, instance_deadline, "15m", 1 * SECONDS, 7LL * DAYS),
    DURATION("login_timeout", struct config, login_timeout, "15s", 1 * SECONDS, 10 * MINUTES),
    DURATION("query_timeout", struct config, query_timeout, "60s", 1 * SECONDS, 1 * HOURS),
    DURATION("connect_timeout", struct config, connect_timeout, "5s", 100, 5 * MINUTES),
    DURATION("tls_timeout", struct config, tls_timeout, "5s", 100, 5 * MINUTES),
    COUNT("instance_concurrency", struct config, instance_concurrency, "16", 1, 1000),
    COUNT("probe_concurrency", struct config, probe_concurrency, "400", 1, 5000),
    COUNT("per_host_connections", struct config, per_host_connections, "4", 1, 100),
    COUNT("rate", struct config, rate, "500", 1, 100000),
    CHOICE("link_test", struct config, link_test, "sqlserver", link_test_names, 1),
    YES_NO("link_test_self", struct config, link_test_self, "no"),
    COUNT("link_test_concurrency", struct config, link_test_concurrency, "4", 1, 100),
    YES_NO("usage", struct config, usage, "yes"),
    CHOICE("probe_depth", struct config, probe_depth, "versions", probe_depth_names, DEPTH_HANDSHAKE),
    DURATION("versions_every", struct config, versions_every, "7d", 0, 365LL * DAYS),
    PATH("ca_file", struct config, ca_file, NULL),
    {"dns_suffixes", VALUE_WORDS, offsetof(struct config, dns_suffixes), "", 0, 0, NULL, 0},
    {"allow", VALUE_NETWORKS, offsetof(struct config, allow), "", 0, 0, NULL, 0},
    {"deny", VALUE_NETWORKS, offsetof(struct config, deny), "", 0, 0, NULL, 0},
    PATH("policy", struct config, policy_file, NULL),
    TEXT("notify_command", struct config, notify_command, NULL),
    {0},
};

static const char *const encrypt_list[] = {NULL, "off", "optional", "require", "verify", "strict"};
static const struct name_table encrypt_names = {encrypt_list, 6};

static const struct key login_keys[] = {
    TEXT("driver", struct login_config, driver, "FreeTDS"),
    TEXT("uid", struct login_config, uid, NULL),
    PATH("password_file", struct login_config, password_file, NULL),
    TEXT("password_command", struct login_config, password_command, NULL),
    TEXT("password_env", struct login_config, password_env, NULL),
    YES_NO("trusted", struct login_config, trusted, "no"),
    TEXT("encrypt", struct login_config, encrypt, "optional"),
    {0},
};

static const struct key instance_keys[] = {
    TEXT("name", struct instance_config, name, NULL),
    TEXT("server", struct instance_config, server, NULL),
    TEXT("dsn", struct instance_config, dsn, NULL),
    TEXT("connection", struct instance_config, connection, NULL),
    TEXT("login", struct instance_config, login_name, NULL),
    TEXT("tags", struct instance_config, tags, NULL),
    DURATION("instance_deadline", struct instance_config, deadline, NULL, 1 * SECONDS, 7LL * DAYS),
    DURATION("login_timeout", struct instance_config, login_timeout, NULL, 1 * SECONDS, 10 * MINUTES),
    DURATION("query_timeout", struct instance_config, query_timeout, NULL, 1 * SECONDS, 1 * HOURS),
    {0},
};

static const struct key history_keys[] = {
    PATH("file", struct history_config, file, NULL),
    TEXT("connection", struct history_config, connection, NULL),
    TEXT("login", struct history_config, login_name, NULL),
    COUNT("runs", struct history_config, runs, "30", 0, 1000),
    COUNT("keep_runs", struct history_config, keep_runs, "400", 0, 100000),
    COUNT("keep_days", struct history_config, keep_days, "0", 0, 36500),
    DURATION("deadline", struct history_config, deadline, "2m", 1 * SECONDS, 1 * HOURS),
    {0},
};

/* ---- values ------------------------------------------------------------------------------------------- */

struct reading {
    struct config *config;
    unsigned mistakes;
    void *logins, *instances; /* tsearch trees by name */
};

static void __attribute__((format(printf, 3, 4)))
mistake(struct reading *reading, unsigned line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (line)
        fprintf(stderr, "%s:%u: ", reading->config->file, line);
    else
        fprintf(stderr, "%s: ", reading->config->file);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    reading->mistakes++;
}

int64_t duration_parse(const char *text)
{
    static const struct {
        const char *unit;
        int64_t milliseconds;
    } units[] = {{"ms", 1}, {"s", SECONDS}, {"m", MINUTES}, {"h", HOURS}, {"d", DAYS}};
    char *end;
    if (*text < '0' || *text > '9' || strlen(text) > 12)
        return -1;
    long long value = strtoll(text, &end, 10);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(end, units[i].unit) == 0 && value <= INT64_MAX / units[i].milliseconds)
            return value * units[i].milliseconds;
    return -1;
}

static const char *choices_text(struct arena *arena, const struct key *key)
{
    const char *text = "";
    for (size_t i = (size_t)key->first_choice; i < key->choices->count; i++)
        text = arena_format(arena, "%s%s%s", text, *text ? ", " : "", key->choices->names[i]);
    return text;
}

static char **split_words(struct arena *arena, const char *text)
{
    char *copy = arena_text(arena, text), *rest = copy, *word;
    char **words = arena_alloc(arena, (strlen(text) / 2 + 2) * sizeof(*words));
    size_t count = 0;
    while ((word = strtok_r(rest, " \t,", &rest)))
        words[count++] = word;
    return words;
}

static void set_networks(struct reading *reading, const struct key *key, const char *text, unsigned line)
{
    struct network_list *list = (struct network_list *)((char *)reading->config + key->offset);
    for (char **word = split_words(reading->config->arena, text); *word; word++)
        if (!network_list_add(list, *word))
            mistake(reading, line,
                    "%s: '%s' is no network: expected like 10.0.0.0/8, fd00::/8 or one address", key->name,
                    *word);
}

static void set_number(struct reading *reading, const struct key *key, void *place, const char *text,
                       unsigned line)
{
    int64_t value;
    char *end = NULL;
    if (key->kind == VALUE_DURATION) {
        value = duration_parse(text);
    } else {
        value = *text >= '0' && *text <= '9' && strlen(text) < 12 ? strtoll(text, &end, 10) : -1;
        if (end && *end)
            value = -1;
    }
    if (value >= key->minimum && value <= key->maximum && value >= 0)
        *(int64_t *)place = value;
    else if (key->kind == VALUE_DURATION)
        mistake(reading, line,
                "%s = %s: expected a duration like 250ms, 5s, 10m, 4h or 7d, from %lldms to %lldms",
                key->name, text, (long long)key->minimum, (long long)key->maximum);
    else
        mistake(reading, line, "%s = %s: expected a whole number from %lld to %lld", key->name, text,
                (long long)key->minimum, (long long)key->maximum);
}

static char *beside_configuration(const struct config *config, const char *path)
{
    if (*path == '/')
        return arena_text(config->arena, path);
    char *folder = dirname(arena_text(config->arena, config->file));
    return arena_format(config->arena, "%s/%s", folder, path);
}

/* Puts a value where its key says, in the struct that starts at `base`. */
static void set_value(struct reading *reading, const struct key *key, void *base, const char *text,
                      unsigned line)
{
    void *place = (char *)base + key->offset;
    bool is_text = key->kind == VALUE_TEXT || key->kind == VALUE_PATH;
    if (is_text && !*text)
        text = key->by_default; /* `title =` says no more than no line at all */
    if (!text)
        return;
    switch (key->kind) {
    case VALUE_TEXT:
        *(char **)place = arena_text(reading->config->arena, text);
        break;
    case VALUE_PATH:
        *(char **)place = beside_configuration(reading->config, text);
        break;
    case VALUE_DURATION:
    case VALUE_COUNT:
        set_number(reading, key, place, text, line);
        break;
    case VALUE_YES_NO:
        if (strcmp(text, "yes") == 0 || strcmp(text, "no") == 0)
            *(bool *)place = *text == 'y';
        else
            mistake(reading, line, "%s = %s: expected yes or no", key->name, text);
        break;
    case VALUE_CHOICE: {
        int value = value_of(key->choices, text);
        bool never = key->choices == &severity_names && strcmp(text, "never") == 0;
        if (value < key->first_choice && !never)
            mistake(reading, line, "%s = %s: expected one of %s%s", key->name, text,
                    choices_text(reading->config->arena, key),
                    key->choices == &severity_names ? ", never" : "");
        else
            *(int *)place = value;
        break;
    }
    case VALUE_WORDS:
        *(char ***)place = split_words(reading->config->arena, text);
        break;
    case VALUE_NETWORKS:
        set_networks(reading, key, text, line);
        break;
    }
}

static void set_defaults(struct reading *reading, const struct key *keys, void *base)
{
    for (const struct key *key = keys; key->name; key++)
        if (key->by_default)
            set_value(reading, key, base, key->by_default, 0);
}

/* ---- sections ----------------------------------------------------------------------------------------- */

static const char *keys_text(struct arena *arena, const struct key *keys)
{
    const char *text = "";
    for (const struct key *key = keys; key->name; key++)
        text = arena_format(arena, "%s%s%s", text, *text ? " " : "", key->name);
    return text;
}

static bool valid_text(const char *text)
{
    /* What follows must be text in every place that it goes to: reports, connection strings, file names. */
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        if (*at < 0x20 && *at != '\t')
            return false;
    return true;
}

typedef void value_function(struct reading *, void *context, const char *key, const char *value,
                            unsigned line);

/* Calls for each key of a section, in the file's order. */
static void each_value(struct reading *reading, const struct ini_section *section, value_function *function,
                       void *context)
{
    list_each (const struct ini_key, key, &section->keys)
        if (valid_text(key->value))
            function(reading, context, key->name, key->value, key->line);
        else
            mistake(reading, key->line, "%s: control characters in its value", key->name);
}

struct target {
    const struct key *keys;
    void *base;
    const char *section;
};

static void set_key(struct reading *reading, void *context, const char *name, const char *value,
                    unsigned line)
{
    struct target *target = context;
    for (const struct key *key = target->keys; key->name; key++)
        if (strcmp(key->name, name) == 0) {
            set_value(reading, key, target->base, value, line);
            return;
        }
    mistake(reading, line, "unknown key '%s' in [%s]: expected one of %s", name, target->section,
            keys_text(reading->config->arena, target->keys));
}

static void add_host(struct reading *reading, void *context, const char *name, const char *value,
                     unsigned line)
{
    (void)context;
    if (!*value) {
        mistake(reading, line, "%s: expected an address or another name", name);
        return;
    }
    struct host_config *host = arena_alloc(reading->config->arena, sizeof(*host));
    host->name = arena_text(reading->config->arena, name);
    host->target = arena_text(reading->config->arena, value);
    list_append(&reading->config->hosts, host);
}

static void add_policy(struct reading *reading, void *context, const char *name, const char *value,
                       unsigned line)
{
    (void)context;
    struct policy_config *policy = arena_alloc(reading->config->arena, sizeof(*policy));
    policy->key = arena_text(reading->config->arena, name);
    policy->value = arena_text(reading->config->arena, value);
    policy->place = (struct place){reading->config->file, line};
    list_append(&reading->config->policy, policy);
}

static void check_login(struct reading *reading, const struct login_config *login)
{
    int sources = !!login->password_file + !!login->password_command + !!login->password_env;
    unsigned line = login->place.line;
    if (login->encrypt && !value_of(&encrypt_names, login->encrypt))
        mistake(reading, line,
                "[login %s] encrypt = %s: expected one of off, optional, require, verify, strict",
                login->name, login->encrypt);
    if (login->trusted && (login->uid || sources))
        mistake(reading, line, "[login %s]: trusted = yes takes neither uid nor a password", login->name);
    else if (!login->trusted && !login->uid)
        mistake(reading, line, "[login %s]: expected uid = and a password, or trusted = yes", login->name);
    else if (!login->trusted && sources != 1)
        mistake(reading, line,
                "[login %s]: expected exactly one of password_file, password_command, password_env",
                login->name);
}

static struct place place_of(const struct reading *reading, const struct ini_section *section)
{
    return (struct place){reading->config->file, ini_section_place(section)};
}

static void add_login(struct reading *reading, const struct ini_section *section, const char *name)
{
    struct login_config *login = arena_alloc(reading->config->arena, sizeof(*login));
    struct target target = {login_keys, login, section->name};
    login->name = arena_text(reading->config->arena, name);
    login->place = place_of(reading, section);
    set_defaults(reading, login_keys, login);
    each_value(reading, section, set_key, &target);
    check_login(reading, login);
    list_append(&reading->config->logins, login);
}

static void add_instance(struct reading *reading, const struct ini_section *section, const char *name)
{
    struct config *config = reading->config;
    struct instance_config *instance = arena_alloc(config->arena, sizeof(*instance));
    struct target target = {instance_keys, instance, section->name};
    instance->deadline = instance->login_timeout = instance->query_timeout = -1;
    instance->name = arena_text(config->arena, name);
    instance->place = place_of(reading, section);
    each_value(reading, section, set_key, &target);
    int ways = !!instance->server + !!instance->dsn + !!instance->connection;
    if (ways != 1)
        mistake(reading, instance->place.line, "[%s]: expected exactly one of server, dsn, connection",
                section->name);
    if (!instance->name)
        instance->name = arena_text(config->arena, name);
    list_append(&config->instances, instance);
}

static void add_history(struct reading *reading, const struct ini_section *section)
{
    struct history_config *history = &reading->config->history;
    struct target target = {history_keys, history, section->name};
    history->wanted = true;
    history->place = place_of(reading, section);
    set_defaults(reading, history_keys, history);
    each_value(reading, section, set_key, &target);
}

/* The word behind a prefix such as "login ", or NULL. */
static const char *named(const char *section, const char *prefix)
{
    size_t length = strlen(prefix);
    if (strncmp(section, prefix, length) != 0)
        return NULL;
    const char *name = section + length + strspn(section + length, " \t");
    return *name ? name : NULL;
}

static void read_section(struct reading *reading, const struct ini_section *section)
{
    const char *name;
    struct target audit = {audit_keys, reading->config, section->name};
    if (strcmp(section->name, "audit") == 0)
        each_value(reading, section, set_key, &audit);
    else if (strcmp(section->name, "hosts") == 0)
        each_value(reading, section, add_host, NULL);
    else if (strcmp(section->name, "policy") == 0)
        each_value(reading, section, add_policy, NULL);
    else if (strcmp(section->name, "history") == 0)
        add_history(reading, section);
    else if ((name = named(section->name, "login ")))
        add_login(reading, section, name);
    else if ((name = named(section->name, "instance ")))
        add_instance(reading, section, name);
    else
        mistake(reading, section->line,
                "unknown section [%s]: expected [audit], [login NAME], [instance NAME], [hosts], [policy] or "
                "[history]",
                section->name);
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static int compare_logins(const void *one, const void *other)
{
    return strcmp(((const struct login_config *)one)->name, ((const struct login_config *)other)->name);
}

static struct login_config *find_login(const struct reading *reading, char *name)
{
    const struct login_config sought = {.name = name};
    void *found = tfind(&sought, &reading->logins, compare_logins);
    return found ? *(struct login_config **)found : NULL;
}

static int compare_instances(const void *one, const void *other)
{
    return strcasecmp(((const struct instance_config *)one)->name,
                      ((const struct instance_config *)other)->name);
}

static void connect_instance(struct reading *reading, struct instance_config *instance)
{
    const struct config *config = reading->config;
    unsigned line = instance->place.line;
    if (instance->login_name) {
        instance->login = find_login(reading, instance->login_name);
        if (!instance->login)
            mistake(reading, line, "[instance %s] login = %s: there is no [login %s]", instance->name,
                    instance->login_name, instance->login_name);
    } else if (instance->server && config->logins.count == 1) {
        instance->login = config->logins.first;
    } else if (instance->server) {
        mistake(reading, line, "[instance %s]: expected login = with the name of a [login] section",
                instance->name);
    }
    if (instance->deadline < 0)
        instance->deadline = config->instance_deadline;
    if (instance->login_timeout < 0)
        instance->login_timeout = config->login_timeout;
    if (instance->query_timeout < 0)
        instance->query_timeout = config->query_timeout;
    struct instance_config **first = tsearch(instance, &reading->instances, compare_instances);
    if (!first)
        memory_exhausted();
    if (*first != instance)
        mistake(reading, line, "[instance %s]: another instance has that name, in line %u", instance->name,
                (*first)->place.line);
}

/* The driver manager hands its connection string to SQLite's driver with a byte for each character. */
static bool is_driver_path(const char *path)
{
    for (const char *at = path; *at; at++)
        if ((unsigned char)*at >= 0x7F || strchr(";{}", *at))
            return false;
    return true;
}

static void check_history(struct reading *reading, struct history_config *history)
{
    struct config *config = reading->config;
    unsigned line = history->place.line;
    if (!history->file && !history->connection)
        history->file = arena_format(config->arena, "%s/history.sqlite", config->output_dir);
    else if (history->file && history->connection)
        mistake(reading, line, "[history]: expected file or connection, not both");
    if (history->file && !is_driver_path(history->file))
        mistake(
            reading, line,
            "[history] file = %s: expected a path of plain ASCII without ; { }, as SQLite's driver takes no "
            "other",
            history->file);
    if (!history->login_name)
        return;
    history->login = find_login(reading, history->login_name);
    if (!history->login)
        mistake(reading, line, "[history] login = %s: there is no [login %s]", history->login_name,
                history->login_name);
    if (!history->connection)
        mistake(reading, line, "[history] login = %s: expected with connection =, not with a file",
                history->login_name);
}

static void index_hosts(struct config *config)
{
    struct host_entry *entries = memory_new(config->hosts.count, sizeof(*entries));
    size_t count = 0;
    list_each (struct host_config, host, &config->hosts)
        entries[count++] = (struct host_entry){host->name, host->target};
    config->host_table = host_table_new(config->arena, entries, count);
    free(entries);
}

static void check_whole(struct reading *reading)
{
    index_hosts(reading->config);
    list_each (struct login_config, login, &reading->config->logins)
        if (!tsearch(login, &reading->logins, compare_logins))
            memory_exhausted();
    if (reading->config->history.wanted)
        check_history(reading, &reading->config->history);
    if (reading->config->instances.count == 0)
        mistake(reading, 0, "no [instance NAME] section: there is nothing to audit");
    list_each (struct instance_config, instance, &reading->config->instances)
        connect_instance(reading, instance);
    tdestroy(reading->logins, arena_owns);
    tdestroy(reading->instances, arena_owns);
}

static void read_file(struct reading *reading)
{
    struct arena *arena = arena_new();
    const struct ini_file *file = ini_file_read(arena, reading->config->file);
    list_each (const struct ini_mistake, wrong, &file->mistakes)
        mistake(reading, wrong->line, "%s", wrong->text);
    if (reading->mistakes == 0) {
        list_each (const struct ini_section, section, &file->sections)
            read_section(reading, section);
        check_whole(reading);
    }
    arena_free(arena);
}

static struct reading begin(const char *file)
{
    struct arena *arena = arena_new();
    struct config *config = arena_alloc(arena, sizeof(*config));
    struct reading reading = {.config = config};
    config->arena = arena;
    config->file = arena_text(arena, file);
    set_defaults(&reading, audit_keys, config);
    return reading;
}

struct config *config_defaults(void)
{
    return begin("built-in defaults").config;
}

struct config *config_read(const char *path)
{
    struct reading reading = begin(path);
    read_file(&reading);
    if (reading.mistakes == 0)
        return reading.config;
    config_free(reading.config);
    return NULL;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    list_each (struct login_config, login, &config->logins)
        secret_clear(&login->password);
    network_list_clear(&config->allow);
    network_list_clear(&config->deny);
    arena_free(config->arena);
}

static void load_secret(struct reading *reading, struct login_config *login)
{
    const char *reason = NULL, *key = NULL, *value = "";
    if (login->password_file)
        key = "password_file", value = login->password_file,
        reason = secret_from_file(&login->password, login->password_file);
    else if (login->password_command) /* it may hold what leads to the password */
        key = "password_command", reason = secret_from_command(&login->password, login->password_command);
    else if (login->password_env)
        key = "password_env", value = login->password_env,
        reason = secret_from_environment(&login->password, login->password_env);
    if (reason)
        mistake(reading, login->place.line, "[login %s] %s%s%s: %s", login->name, key, *value ? " = " : "",
                value, reason);
}

/* The environment first, and all of it before it is forgotten (two sections may name one variable): no
 * command and no child is to have it. */
bool config_load_secrets(struct config *config)
{
    struct reading reading = {.config = config};
    secret_guard_process();
    list_each (struct login_config, login, &config->logins)
        if (login->password_env)
            load_secret(&reading, login);
    list_each (struct login_config, login, &config->logins)
        if (login->password_env)
            secret_forget_environment(login->password_env);
    list_each (struct login_config, login, &config->logins)
        if (!login->password_env)
            load_secret(&reading, login);
    return reading.mistakes == 0;
}

const char *config_default_path(void)
{
    const char *path = getenv("LINKAUDIT_CONFIG");
    return path && *path ? path : "/etc/linkaudit/linkaudit.ini";
}
