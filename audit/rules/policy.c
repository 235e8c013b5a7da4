#include "audit/rules/policy.h"

#include "audit/diagnosis/lifecycle.h"
#include "audit/diagnosis/prose.h"
#include "audit/ini_file.h"
#include "audit/rules/rules.h"

#include <ctype.h>
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

/* ---- values ---------------------------------------------------------------------------------------- */

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

/* ---- the file -------------------------------------------------------------------------------------- */

struct reading {
    struct arena *arena;
    struct policy *policy;
    const char *path;
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

static void read_keys(struct reading *reading, const struct ini_section *section)
{
    list_each (const struct ini_key, key, &section->keys) {
        const char *wrong = set(reading, key->name, key->value);
        if (wrong)
            mistake(reading, key->line, section->name, key->name, wrong);
    }
}

static bool is_blank(const char *text)
{
    return !text || text[strspn(text, " \t")] == '\0';
}

/* A section that names no link would approve every one; "link = *" does so knowingly. */
static void check_approved(struct reading *reading, const struct ini_section *section)
{
    if (is_blank(reading->approved->link) || is_blank(reading->approved->owner))
        mistake(reading, ini_section_place(section), section->name, NULL,
                "an approved link needs link (* for all of an instance) and owner");
}

static void check_waiver(struct reading *reading, const struct ini_section *section)
{
    struct waiver *waiver = reading->waiver;
    unsigned line = ini_section_place(section);
    waiver->place = arena_format(reading->arena, "%s line %u", reading->path, line);
    if (is_blank(waiver->rule) || is_blank(waiver->owner) || is_blank(waiver->reason) ||
        !waiver->expires.known)
        mistake(reading, line, section->name, NULL, "a waiver needs rule, owner, reason and expires");
}

static void read_section(struct reading *reading, const struct ini_section *section)
{
    const char *name = section->name;
    reading->approved = NULL;
    reading->waiver = NULL;
    reading->severities = strcmp(name, "severity") == 0;
    if (strncmp(name, "approved ", 9) == 0) {
        reading->approved = arena_alloc(reading->arena, sizeof(*reading->approved));
        reading->approved->name = arena_text(reading->arena, name + 9);
        list_append(&reading->policy->approved, reading->approved);
    } else if (strncmp(name, "waiver ", 7) == 0) {
        reading->waiver = arena_alloc(reading->arena, sizeof(*reading->waiver));
        reading->waiver->name = arena_text(reading->arena, name + 7);
        list_append(&reading->policy->waivers, reading->waiver);
    } else if (!reading->severities && strcmp(name, "policy") != 0) {
        mistake(reading, section->line, name, NULL,
                "unknown section; expected [policy], [severity], [approved NAME] or [waiver NAME]");
        return;
    }
    read_keys(reading, section);
    if (reading->waiver)
        check_waiver(reading, section);
    if (reading->approved)
        check_approved(reading, section);
}

const char *policy_read(struct arena *arena, struct policy *policy, const char *path)
{
    struct reading reading = {.arena = arena, .policy = policy, .path = path, .mistakes = prose_new(arena)};
    struct arena *file_arena = arena_new();
    const struct ini_file *file = ini_file_read(file_arena, path);
    list_each (const struct ini_mistake, wrong, &file->mistakes)
        mistake(&reading, wrong->line, NULL, NULL, wrong->text);
    if (file->mistakes.count == 0)
        list_each (const struct ini_section, section, &file->sections)
            read_section(&reading, section);
    arena_free(file_arena);
    return reading.mistakes.length ? prose_text(&reading.mistakes) : NULL;
}
