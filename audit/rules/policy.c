#include "audit/rules/policy.h"

#include "audit/diagnosis/lifecycle.h"
#include "audit/diagnosis/prose.h"
#include "audit/rules/rules.h"

#include <ctype.h>
#include <ini_configobj.h>
#include <ini_valueobj.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct policy *policy_new(struct arena *arena)
{
    struct policy *policy = arena_alloc(arena, sizeof(*policy));
    policy->certificate_days = 30;
    policy->password_days = 14;
    policy->slow_ms = 1000;
    policy->timeout_seconds = 60;
    return policy;
}

/* The bytes of the character at the start of a text in UTF-8. */
static size_t character(const char *text)
{
    size_t length = 1;
    while (((unsigned char)text[length] & 0xC0) == 0x80)
        length++;
    return length;
}

/* Names hold brackets and backslashes, which fnmatch() reads as its own. After a mismatch the last * takes
 * one character more; those before it need not change. */
static bool glob(const char *pattern, const char *name)
{
    const char *star = NULL, *taken = NULL;
    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            taken = name;
        } else if (*pattern == '?') {
            pattern++;
            name += character(name);
        } else if (tolower((unsigned char)*pattern) == tolower((unsigned char)*name)) {
            pattern++;
            name++;
        } else if (star) {
            taken += character(taken);
            name = taken;
            pattern = star;
        } else {
            return false;
        }
    }
    return pattern[strspn(pattern, "*")] == '\0';
}

bool policy_matches(const char *pattern, const char *name)
{
    if (!pattern || strcmp(pattern, "*") == 0)
        return true;
    return name && glob(pattern, name);
}

const struct rule_setting *policy_rule(const struct policy *policy, const char *rule)
{
    list_each (struct rule_setting, setting, &policy->rules)
        if (strcmp(setting->rule, rule) == 0)
            return setting;
    return NULL;
}

static struct rule_setting *setting_of(struct arena *arena, struct policy *policy, const struct rule *rule)
{
    list_each (struct rule_setting, setting, &policy->rules)
        if (strcmp(setting->rule, rule->id) == 0)
            return setting;
    struct rule_setting *setting = arena_alloc(arena, sizeof(*setting));
    setting->rule = arena_text(arena, rule->id);
    list_append(&policy->rules, setting);
    return setting;
}

/* ---- values ---------------------------------------------------------------------------------------------
 */

static const struct rule *rule_of_text(const char *text, size_t length)
{
    for (size_t i = 0; i < rule_count; i++)
        if (strlen(rules[i].id) == length && strncasecmp(rules[i].id, text, length) == 0)
            return &rules[i];
    return NULL;
}

static bool some_rule_matches(const char *pattern)
{
    for (size_t i = 0; i < rule_count; i++)
        if (policy_matches(pattern, rules[i].id))
            return true;
    return false;
}

static const char *set_number(struct arena *arena, int64_t *number, const char *value)
{
    char *end;
    long long parsed = strtoll(value, &end, 10);
    if (end == value || *end || parsed < 0 || parsed > 1000000)
        return arena_format(arena, "%s: expected a whole number from 0 to 1000000", value);
    *number = parsed;
    return NULL;
}

static const char *disable_rules(struct arena *arena, struct policy *policy, const char *value)
{
    while (*value) {
        size_t length = strcspn(value, " ,\t");
        const struct rule *rule = length ? rule_of_text(value, length) : NULL;
        if (length && !rule)
            return arena_format(arena, "%.*s: no such rule; rules are R01 to A03", (int)length, value);
        if (rule)
            setting_of(arena, policy, rule)->disabled = true;
        value += length + (value[length] != '\0');
    }
    return NULL;
}

const char *policy_set(struct arena *arena, struct policy *policy, const char *key, const char *value)
{
    const struct {
        const char *key;
        int64_t *number;
    } numbers[] = {{"certificate_days", &policy->certificate_days},
                   {"password_days", &policy->password_days},
                   {"slow_ms", &policy->slow_ms},
                   {"timeout_seconds", &policy->timeout_seconds}};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        if (strcmp(numbers[i].key, key) == 0)
            return set_number(arena, numbers[i].number, value);
    if (strcmp(key, "disabled") == 0)
        return disable_rules(arena, policy, value);
    if (strcmp(key, "environments") != 0)
        return "unknown key; expected certificate_days, password_days, slow_ms, timeout_seconds, "
               "environments or disabled";
    policy->environments = arena_text(arena, value);
    return NULL;
}

static const char *set_severity(struct arena *arena, struct policy *policy, const char *key,
                                const char *value)
{
    const struct rule *rule = rule_of_text(key, strlen(key));
    int severity = value_of(&severity_names, value);
    if (!rule)
        return "no such rule; rules are R01 to A03";
    if (!severity)
        return arena_format(arena, "%s: expected critical, high, medium, low or info", value);
    setting_of(arena, policy, rule)->severity = (enum severity)severity;
    return NULL;
}

static const char *set_text(struct arena *arena, char **text, const char *value)
{
    *text = arena_text(arena, value);
    return NULL;
}

static const char *set_approved(struct arena *arena, struct approved_link *entry, const char *key,
                                const char *value)
{
    if (strcmp(key, "instance") == 0)
        return set_text(arena, &entry->instance, value);
    if (strcmp(key, "link") == 0)
        return set_text(arena, &entry->link, value);
    if (strcmp(key, "owner") == 0)
        return set_text(arena, &entry->owner, value);
    return "unknown key; expected instance, link or owner";
}

static const char *set_waiver(struct arena *arena, struct waiver *waiver, const char *key, const char *value)
{
    const struct {
        const char *key;
        char **text;
    } texts[] = {{"rule", &waiver->rule},   {"instance", &waiver->instance},
                 {"link", &waiver->link},   {"endpoint", &waiver->endpoint},
                 {"owner", &waiver->owner}, {"reason", &waiver->reason}};
    if (strcmp(key, "rule") == 0 && !some_rule_matches(value))
        return arena_format(arena, "%s: no such rule; rules are R01 to A03", value);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (strcmp(texts[i].key, key) == 0)
            return set_text(arena, texts[i].text, value);
    if (strcmp(key, "expires") != 0)
        return "unknown key; expected rule, instance, link, endpoint, owner, reason or expires";
    waiver->expires = lifecycle_date(value);
    return waiver->expires.known ? NULL : arena_format(arena, "%s: expected a date as 2027-01-31", value);
}

/* ---- the file
 * ------------------------------------------------------------------------------------------------ */

struct reading {
    struct arena *arena;
    struct policy *policy;
    const char *path;
    struct ini_cfgobj *ini;
    struct prose mistakes;
    struct approved_link *approved; /* of the section being read, where it is one */
    struct waiver *waiver;
    bool severities;
};

static void mistake(struct reading *reading, unsigned line, const char *section, const char *key,
                    const char *text)
{
    prose_put(&reading->mistakes, reading->path);
    if (line)
        prose_add(&reading->mistakes, ":%u", line);
    prose_put(&reading->mistakes, ": ");
    if (section)
        prose_add(&reading->mistakes, "[%s] ", section);
    if (key)
        prose_add(&reading->mistakes, "%s: ", key);
    prose_add(&reading->mistakes, "%s\n", text);
}

static const char *set(struct reading *reading, const char *key, const char *value)
{
    if (reading->approved)
        return set_approved(reading->arena, reading->approved, key, value);
    if (reading->waiver)
        return set_waiver(reading->arena, reading->waiver, key, value);
    if (reading->severities)
        return set_severity(reading->arena, reading->policy, key, value);
    return policy_set(reading->arena, reading->policy, key, value);
}

/* The line of the section's first key. */
static unsigned read_keys(struct reading *reading, const char *section)
{
    int error = 0, count = 0;
    unsigned first = 0;
    char **names = ini_get_attribute_list(reading->ini, section, &count, &error);
    for (int i = 0; names && i < count; i++) {
        struct value_obj *value = NULL;
        uint32_t line = 0;
        if (ini_get_config_valueobj(section, names[i], reading->ini, INI_GET_FIRST_VALUE, &value) != 0 ||
            !value)
            continue;
        const char *text = ini_get_const_string_config_value(value, &error);
        value_get_line(value, &line);
        first = first ? first : line;
        const char *wrong = set(reading, names[i], text ? text : "");
        if (wrong)
            mistake(reading, line, section, names[i], wrong);
    }
    ini_free_attribute_list(names);
    return first;
}

static bool is_blank(const char *text)
{
    return !text || text[strspn(text, " \t")] == '\0';
}

/* A section that names no link would approve every one; "link = *" does so knowingly. */
static void check_approved(struct reading *reading, const char *section, unsigned line)
{
    if (is_blank(reading->approved->link) || is_blank(reading->approved->owner))
        mistake(reading, line, section, NULL,
                "an approved link needs link (* for all of an instance) and owner");
}

static void check_waiver(struct reading *reading, const char *section, unsigned line)
{
    struct waiver *waiver = reading->waiver;
    waiver->place = arena_format(reading->arena, "%s line %u", reading->path, line);
    if (is_blank(waiver->rule) || is_blank(waiver->owner) || is_blank(waiver->reason) ||
        !waiver->expires.known)
        mistake(reading, line, section, NULL, "a waiver needs rule, owner, reason and expires");
}

static void read_section(struct reading *reading, const char *section)
{
    reading->approved = NULL;
    reading->waiver = NULL;
    reading->severities = strcmp(section, "severity") == 0;
    if (strncmp(section, "approved ", 9) == 0) {
        reading->approved = arena_alloc(reading->arena, sizeof(*reading->approved));
        reading->approved->name = arena_text(reading->arena, section + 9);
        list_append(&reading->policy->approved, reading->approved);
    } else if (strncmp(section, "waiver ", 7) == 0) {
        reading->waiver = arena_alloc(reading->arena, sizeof(*reading->waiver));
        reading->waiver->name = arena_text(reading->arena, section + 7);
        list_append(&reading->policy->waivers, reading->waiver);
    } else if (!reading->severities && strcmp(section, "policy") != 0) {
        mistake(reading, 0, section, NULL,
                "unknown section; expected [policy], [severity], [approved NAME] or [waiver NAME]");
        return;
    }
    unsigned line = read_keys(reading, section);
    if (reading->waiver)
        check_waiver(reading, section, line);
    if (reading->approved)
        check_approved(reading, section, line);
}

/* The parser's own: "Error (6) on line 12: Invalid …". */
static void add_parse_errors(struct reading *reading)
{
    char **errors = NULL;
    if (ini_config_get_errors(reading->ini, &errors) != 0)
        return;
    for (char **error = errors; error && *error; error++) {
        const char *at = strstr(*error, "on line "), *text = strstr(*error, ": ");
        mistake(reading, at ? (unsigned)strtoul(at + 8, NULL, 10) : 0, NULL, NULL,
                arena_format(reading->arena, "%s (expected [section], key = value, or a comment)",
                             text ? text + 2 : *error));
    }
    ini_config_free_errors(errors);
}

static void parse(struct reading *reading)
{
    struct ini_cfgfile *file = NULL;
    int rc = ini_config_file_open(reading->path, INI_META_NONE, &file);
    if (rc != 0) {
        mistake(reading, 0, NULL, NULL, arena_format(reading->arena, "cannot be read: %s", strerror(rc)));
        return;
    }
    rc = ini_config_parse(file, INI_STOP_ON_NONE, INI_MV1S_ERROR | INI_MV2S_ERROR | INI_MS_ERROR,
                          INI_PARSE_NOWRAP | INI_PARSE_NO_C_COMMENTS, reading->ini);
    ini_config_file_destroy(file);
    if (rc == 0)
        return;
    add_parse_errors(reading);
    if (!reading->mistakes.length)
        mistake(reading, 0, NULL, NULL,
                "cannot be parsed: a section or key stands twice, or a section's name is not plain ASCII");
}

const char *policy_read(struct arena *arena, struct policy *policy, const char *path)
{
    struct reading reading = {.arena = arena, .policy = policy, .path = path, .mistakes = prose_new(arena)};
    int count = 0, error = 0;
    if (ini_config_create(&reading.ini) != 0)
        return arena_format(arena, "%s: no memory to read it\n", path);
    parse(&reading);
    if (!reading.mistakes.length) {
        char **sections = ini_get_section_list(reading.ini, &count, &error);
        for (int i = 0; sections && i < count; i++)
            read_section(&reading, sections[i]);
        ini_free_section_list(sections);
    }
    ini_config_destroy(reading.ini);
    return reading.mistakes.length ? prose_text(&reading.mistakes) : NULL;
}
