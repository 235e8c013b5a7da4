/* The labelled corpus: tests/corpus/links/ *.corpus, evidence as rows of the report's vocabulary, and what
 * must come of it. Prints a confusion matrix; any difference fails.
 *
 *     let NAME = TEXT            $NAME or $(NAME) stands for it in later lines of the file
 *     case NAME                  a new audit
 *     <instance …>…</instance>   a row, on one line
 *     <endpoint …>…</endpoint>
 *     started 2026-11-22T00:00:00Z     (this one unless given)
 *     policy KEY = VALUE
 *     severity RULE = SEVERITY
 *     approve INSTANCE LINK
 *     waive RULE INSTANCE LINK DATE    - for "not given"
 *     changed KIND WHAT INSTANCE LINK
 *     only NAME                        the run was limited
 *     endpoint ID cause=… reachable=… actor=… steps=…       letters P F W U N, 8 of them
 *     link INSTANCE/LINK cause=… actor=… steps=… readiness=… text=… next=… fix=… reason=…
 *                                           10 letters; _ for blanks
 *     check INSTANCE/LINK NAME match=… trusted=… validated=…
 *     step SUBJECT NAME TEXT                stands in the evidence of that step of a link or an endpoint;
 *                                           ^TEXT begins it
 *     findings RULE@SUBJECT[:severity] …    all of them; SUBJECT: INSTANCE/LINK, INSTANCE, endpoint ID or -
 *     waived RULE@SUBJECT                   is marked as waived
 *     evidence RULE@SUBJECT TEXT            stands in that finding's evidence
 *     remedy RULE@SUBJECT TEXT              likewise in its remedy
 *     answer RULE INSTANCE pass|fail|not-assessable|none [TEXT]      TEXT stands in its evidence, =TEXT is
 * all of it summary ok=… failed=… unknown=… waived=…
 */
#include "audit/diagnosis/causes.h"
#include "audit/diagnosis/diagnosis.h"
#include "audit/diagnosis/messages.h"
#include "audit/diagnosis/steps.h"
#include "audit/diagnosis/view.h"
#include "audit/rules/rules.h"
#include "reports/row.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define FOLDER "tests/corpus/links"
#define STARTED 1795305600 /* 2026-11-22T00:00:00Z */
#define CAUSES (CAUSE_UNEXPLAINED + 2)

struct macro {
    char *name, *text;
};

struct score {
    unsigned cases, links, endpoints, wrong;
    unsigned causes[CAUSES][CAUSES];                                       /* expected, got */
    bool step_rules[256], messages[256], endpoint_rows[64], link_rows[64]; /* which rows decided something */
    unsigned fires[128], silent[128], missing[128], surplus[128];
};

struct corpus {
    struct score *score;
    struct arena *arena; /* of the file: macros */
    struct macro macros[256];
    size_t macro_count;
    const char *file;
    unsigned line;

    struct arena *case_arena;
    char *name;
    struct audit audit;
    struct policy *policy;
    bool concluded;
    char *findings; /* the expectation */
};

static void wrong(struct corpus *corpus, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct corpus *corpus, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("%s:%u: case %s: ", corpus->file, corpus->line, corpus->name ? corpus->name : "(none)");
    vprintf(format, arguments);
    printf("\n");
    va_end(arguments);
    corpus->score->wrong++;
}

static struct endpoint *endpoint_of(struct corpus *corpus, const char *id);

/* ---- the case as an audit -------------------------------------------------------------------------- */

static void conclude(struct corpus *corpus)
{
    if (corpus->concluded)
        return;
    corpus->concluded = true;
    diagnose_audit(corpus->case_arena, &corpus->audit);
    assess(corpus->case_arena, &corpus->audit, corpus->policy);
    summarize(corpus->case_arena, &corpus->audit);
}

static const char *subject_of(struct corpus *corpus, const struct finding *finding)
{
    if (finding->instance)
        return finding->link ? arena_format(corpus->case_arena, "%s/%s", finding->instance, finding->link)
                             : finding->instance;
    return finding->endpoint ? finding->endpoint : "-";
}

static bool is_expected(struct corpus *corpus, const char *expected, const struct finding *finding)
{
    char *plain = arena_format(corpus->case_arena, "%s@%s", finding->rule, subject_of(corpus, finding));
    char *severe =
        arena_format(corpus->case_arena, "%s:%s", plain, name_of(&severity_names, (int)finding->severity));
    return strcmp(expected, plain) == 0 || strcmp(expected, severe) == 0;
}

static size_t rule_position(const char *rule)
{
    size_t i = 0;
    while (i < rule_count && strncmp(rules[i].id, rule, 3) != 0)
        i++;
    return i;
}

static void check_expected_finding(struct corpus *corpus, const char *expected, bool *seen)
{
    size_t i = 0, position = rule_position(expected);
    if (position == rule_count) {
        wrong(corpus, "no such rule: %s", expected);
        return;
    }
    list_each (struct finding, finding, &corpus->audit.findings) {
        if (!seen[i] && is_expected(corpus, expected, finding)) {
            seen[i] = true;
            corpus->score->fires[position]++;
            return;
        }
        i++;
    }
    corpus->score->missing[position]++;
    wrong(corpus, "finding missing: %s", expected);
}

static void check_findings(struct corpus *corpus)
{
    bool fired[128] = {false};
    size_t i = 0;
    bool *seen = arena_alloc(corpus->case_arena, corpus->audit.findings.count + 1);
    char *rest = NULL;
    for (char *word = strtok_r(corpus->findings, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        check_expected_finding(corpus, word, seen);
    list_each (struct finding, finding, &corpus->audit.findings) {
        size_t position = rule_position(finding->rule);
        fired[position] = true;
        if (!seen[i++]) {
            corpus->score->surplus[position]++;
            wrong(corpus, "finding that the label has not: %s@%s:%s %s", finding->rule,
                  subject_of(corpus, finding), name_of(&severity_names, (int)finding->severity),
                  finding->evidence);
        }
        if (!finding->evidence || !*finding->evidence)
            wrong(corpus, "finding %s without evidence", finding->rule);
    }
    for (i = 0; i < rule_count; i++)
        corpus->score->silent[i] += !fired[i];
}

/* Which rows of the tables of causes and of steps decided: the first that holds. */
static void note_rows(struct corpus *corpus, const struct view *view)
{
    size_t row = 0;
    while (!endpoint_cause_rules[row].when(view))
        row++;
    corpus->score->endpoint_rows[row] = true;
    for (row = 0; view->link && !link_cause_rules[row].when(view);)
        row++;
    corpus->score->link_rows[row] |= view->link != NULL;

    bool decided[STEP_LOGIN + 1] = {false};
    for (size_t i = 0; i < step_rule_count; i++) {
        enum step_name step = step_rules[i].step;
        if (decided[step] || (!view->link && step > STEP_PRESSURE) || !step_rules[i].when(view))
            continue;
        decided[step] = true;
        corpus->score->step_rules[i] = true;
    }
}

static const struct instance *target_of(struct corpus *corpus, const struct endpoint *endpoint)
{
    if (endpoint && endpoint->audited_as)
        list_each (struct instance, instance, &corpus->audit.instances)
            if (strcmp(instance->name, endpoint->audited_as) == 0)
                return instance;
    return NULL;
}

static void note_link(struct corpus *corpus, const struct instance *instance,
                      const struct linked_server *link)
{
    struct endpoint *endpoint = link->endpoint ? endpoint_of(corpus, link->endpoint) : NULL;
    struct view view = view_of(corpus->case_arena, instance, link, endpoint);
    view.target = target_of(corpus, endpoint);
    note_rows(corpus, &view);
    if (link->test) {
        struct heard heard = hear(corpus->case_arena, &link->test->messages);
        if (heard.row)
            corpus->score->messages[heard.row - message_catalogue] = true;
    }
}

static void note_endpoint(struct corpus *corpus, const struct endpoint *endpoint)
{
    struct view view = view_of(corpus->case_arena, NULL, NULL, endpoint);
    note_rows(corpus, &view);
}

static void end_case(struct corpus *corpus)
{
    if (corpus->name) {
        conclude(corpus);
        check_findings(corpus);
        corpus->score->cases++;
        list_each (struct instance, instance, &corpus->audit.instances)
            list_each (struct linked_server, link, &instance->linked_servers) {
                note_link(corpus, instance, link);
                corpus->score->links++;
            }
        list_each (struct endpoint, endpoint, &corpus->audit.endpoints)
            note_endpoint(corpus, endpoint);
    }
    arena_free(corpus->case_arena);
    corpus->case_arena = NULL;
    corpus->name = NULL;
}

static void begin_case(struct corpus *corpus, const char *name)
{
    end_case(corpus);
    corpus->case_arena = arena_new();
    corpus->name = arena_text(corpus->case_arena, name);
    corpus->audit = (struct audit){.started = number_of(STARTED)};
    corpus->policy = policy_new(corpus->case_arena);
    corpus->concluded = false;
    corpus->findings = arena_text(corpus->case_arena, "");
}

static void add_row(struct corpus *corpus, const char *text)
{
    const char *error = NULL;
    struct row row = row_read(corpus->case_arena, text, strlen(text), &error);
    if (!row.element)
        wrong(corpus, "row is not of the vocabulary: %s: %.300s", error, text);
    else if (row.element == &instance_element)
        list_append(&corpus->audit.instances, (struct instance *)row.item);
    else if (row.element == &endpoint_element)
        list_append(&corpus->audit.endpoints, (struct endpoint *)row.item);
    else
        wrong(corpus, "neither an instance nor an endpoint: %s", row.element->name);
}

/* ---- what must come of it -------------------------------------------------------------------------- */

static struct endpoint *endpoint_of(struct corpus *corpus, const char *id)
{
    list_each (struct endpoint, endpoint, &corpus->audit.endpoints)
        if (strcmp(endpoint->id, id) == 0)
            return endpoint;
    return NULL;
}

static struct linked_server *link_of(struct corpus *corpus, const char *path)
{
    const char *slash = strchr(path, '/');
    list_each (struct instance, instance, &corpus->audit.instances)
        if (slash && strlen(instance->name) == (size_t)(slash - path) &&
            strncmp(instance->name, path, (size_t)(slash - path)) == 0)
            list_each (struct linked_server, link, &instance->linked_servers)
                if (strcmp(link->name, slash + 1) == 0)
                    return link;
    return NULL;
}

static char *step_letters(struct corpus *corpus, const struct diagnosis *diagnosis)
{
    static const char letters[] = "-PFWUN";
    char *text = arena_alloc(corpus->case_arena, diagnosis->steps.count + 1);
    size_t i = 0;
    list_each (struct step, step, &diagnosis->steps)
        text[i++] = letters[step->result];
    return text;
}

static const char *or_none(const char *text)
{
    return text ? text : "none";
}

/* Whether the text contains the pattern; a _ of it stands for itself or a blank. */
static bool contains(const char *text, const char *pattern)
{
    for (; *text; text++) {
        size_t i = 0;
        while (pattern[i] && (pattern[i] == text[i] || (pattern[i] == '_' && text[i] == ' ')))
            i++;
        if (!pattern[i])
            return true;
    }
    return false;
}

static void check_contains(struct corpus *corpus, const char *what, const char *expected, const char *got)
{
    if (strcmp(expected, "none") == 0 ? got != NULL : !got || !contains(got, expected))
        wrong(corpus, "%s: expected “%s” in “%s”", what, expected, or_none(got));
}

static void check_equal(struct corpus *corpus, const char *what, const char *expected, const char *got)
{
    if (strcmp(expected, or_none(got)) != 0)
        wrong(corpus, "%s: expected %s, got %s", what, expected, or_none(got));
}

static void check_cause(struct corpus *corpus, const char *subject, const char *expected, enum cause got)
{
    int wanted = value_of(&cause_names, expected);
    corpus->score->causes[wanted][got]++;
    if (!wanted || wanted != (int)got)
        wrong(corpus, "%s: cause: expected %s, got %s", subject, expected,
              or_none(name_of(&cause_names, (int)got)));
}

static void check_diagnosis(struct corpus *corpus, const char *subject, const struct diagnosis *diagnosis,
                            const char *key, const char *value)
{
    if (strcmp(key, "cause") == 0)
        check_cause(corpus, subject, value, diagnosis->cause);
    else if (strcmp(key, "actor") == 0)
        check_equal(corpus, "actor", value, name_of(&actor_names, (int)diagnosis->actor));
    else if (strcmp(key, "steps") == 0)
        check_equal(corpus, "steps", value, step_letters(corpus, diagnosis));
    else if (strcmp(key, "text") == 0)
        check_contains(corpus, "text", value, diagnosis->text);
    else if (strcmp(key, "next") == 0)
        check_contains(corpus, "next", value, diagnosis->action);
    else
        wrong(corpus, "unknown expectation %s", key);
}

static const char *ternary_text(enum ternary value)
{
    static const char *const names[] = {"unknown", "false", "true"};
    return names[value];
}

static char *next_pair(char **rest, char **value)
{
    char *word = strtok_r(NULL, " ", rest);
    *value = word ? strchr(word, '=') : NULL;
    if (!*value)
        return NULL;
    *(*value)++ = '\0';
    return word;
}

static void expect_endpoint(struct corpus *corpus, char *rest)
{
    char *id = strtok_r(NULL, " ", &rest), *value;
    struct endpoint *endpoint = id ? endpoint_of(corpus, id) : NULL;
    if (!endpoint || !endpoint->diagnosis) {
        wrong(corpus, "no such endpoint");
        return;
    }
    corpus->score->endpoints++;
    for (char *key; (key = next_pair(&rest, &value));) {
        if (strcmp(key, "reachable") == 0)
            check_equal(corpus, "reachable", value, ternary_text(endpoint->reachable));
        else
            check_diagnosis(corpus, id, endpoint->diagnosis, key, value);
    }
}

static bool check_readiness(struct corpus *corpus, const struct readiness *readiness, const char *key,
                            const char *value)
{
    if (strcmp(key, "readiness") == 0)
        check_equal(corpus, "readiness", value,
                    readiness ? name_of(&verdict_names, (int)readiness->verdict) : NULL);
    else if (strcmp(key, "fix") == 0)
        check_contains(corpus, "fix", value, readiness ? readiness->fix : NULL);
    else if (strcmp(key, "reason") == 0)
        check_contains(corpus, "reason", value, readiness ? readiness->reason : NULL);
    else
        return false;
    return true;
}

static void expect_link(struct corpus *corpus, char *rest)
{
    char *path = strtok_r(NULL, " ", &rest), *value;
    struct linked_server *link = path ? link_of(corpus, path) : NULL;
    if (!link) {
        wrong(corpus, "no such link");
        return;
    }
    for (char *key; (key = next_pair(&rest, &value));)
        if (!check_readiness(corpus, link->readiness, key, value))
            check_diagnosis(corpus, path, link->diagnosis, key, value);
}

static void expect_names(struct corpus *corpus, char *rest)
{
    char *path = strtok_r(NULL, " ", &rest), *name = strtok_r(NULL, " ", &rest), *value;
    struct linked_server *link = path ? link_of(corpus, path) : NULL;
    struct certificate_check *check = link ? link->certificate_checks.first : NULL;
    if (name && strcmp(name, "none") == 0) {
        if (check)
            wrong(corpus, "a certificate check that must not be: %s", check->name);
        return;
    }
    if (!check || !name || strcmp(check->name, name) != 0) {
        wrong(corpus, "certificate check of %s: got %s", or_none(name), check ? check->name : "none");
        return;
    }
    for (char *key; (key = next_pair(&rest, &value));)
        check_equal(corpus, key, value,
                    ternary_text(strcmp(key, "match") == 0     ? check->match
                                 : strcmp(key, "trusted") == 0 ? check->trusted
                                                               : check->validated));
}

static struct finding *finding_of(struct corpus *corpus, const char *expected)
{
    list_each (struct finding, finding, &corpus->audit.findings)
        if (expected && is_expected(corpus, expected, finding))
            return finding;
    return NULL;
}

static void expect_waived(struct corpus *corpus, char *rest)
{
    char *word = strtok_r(NULL, " ", &rest);
    struct finding *finding = finding_of(corpus, word);
    if (!finding || finding->waived != TERNARY_TRUE || !finding->waiver)
        wrong(corpus, "not waived: %s", or_none(word));
}

static void expect_evidence(struct corpus *corpus, char *rest)
{
    char *word = strtok_r(NULL, " ", &rest);
    struct finding *finding = finding_of(corpus, word);
    if (!finding || !strstr(finding->evidence, rest))
        wrong(corpus, "evidence of %s: expected “%s” in “%s”", or_none(word), rest,
              finding ? finding->evidence : "none");
}

static void expect_step(struct corpus *corpus, char *rest)
{
    char *subject = strtok_r(NULL, " ", &rest), *name = strtok_r(NULL, " ", &rest);
    struct linked_server *link = subject ? link_of(corpus, subject) : NULL;
    struct endpoint *endpoint = subject && !link ? endpoint_of(corpus, subject) : NULL;
    const struct diagnosis *diagnosis = link ? link->diagnosis : endpoint ? endpoint->diagnosis : NULL;
    if (diagnosis)
        list_each (struct step, step, &diagnosis->steps)
            if (name && (int)step->name == value_of(&step_names, name)) {
                bool found = *rest == '^' ? strncmp(step->evidence, rest + 1, strlen(rest + 1)) == 0
                                          : strstr(step->evidence, rest) != NULL;
                if (!found)
                    wrong(corpus, "step %s: expected “%s” in “%s”", name, rest, step->evidence);
                return;
            }
    wrong(corpus, "no step %s of %s", or_none(name), or_none(subject));
}

static void expect_remedy(struct corpus *corpus, char *rest)
{
    char *word = strtok_r(NULL, " ", &rest);
    struct finding *finding = finding_of(corpus, word);
    if (!finding || !finding->remedy || !strstr(finding->remedy, rest))
        wrong(corpus, "remedy of %s: expected “%s” in “%s”", or_none(word), rest,
              finding ? or_none(finding->remedy) : "none");
}

static void expect_answer(struct corpus *corpus, char *rest)
{
    char *rule = strtok_r(NULL, " ", &rest), *instance = strtok_r(NULL, " ", &rest),
         *result = strtok_r(NULL, " ", &rest);
    list_each (struct compliance_answer, answer, &corpus->audit.compliance)
        if (instance && strcmp(answer->rule, rule) == 0 && strcmp(answer->instance, instance) == 0) {
            check_equal(corpus, rule, or_none(result),
                        name_of(&compliance_result_names, (int)answer->result));
            if (rest && *rest &&
                (*rest == '=' ? strcmp(answer->evidence, rest + 1) != 0 : !strstr(answer->evidence, rest)))
                wrong(corpus, "evidence of %s: expected “%s” in “%s”", rule, rest, answer->evidence);
            return;
        }
    if (!result || strcmp(result, "none") != 0)
        wrong(corpus, "no answer to %s of %s", or_none(rule), or_none(instance));
}

static void expect_summary(struct corpus *corpus, char *rest)
{
    const struct summary *summary = corpus->audit.summary;
    const struct {
        const char *key;
        struct number value;
    } numbers[] = {{"ok", summary->links_ok},           {"failed", summary->links_failed},
                   {"unknown", summary->links_unknown}, {"waived", summary->waived},
                   {"links", summary->links},           {"high", summary->high}};
    char *value;
    for (char *key; (key = next_pair(&rest, &value));)
        for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
            if (strcmp(numbers[i].key, key) == 0 && numbers[i].value.value != atoll(value))
                wrong(corpus, "summary %s: expected %s, got %lld", key, value,
                      (long long)numbers[i].value.value);
}

/* ---- what is given --------------------------------------------------------------------------------- */

static void give_policy(struct corpus *corpus, char *rest)
{
    char *key = strtok_r(NULL, " =", &rest);
    const char *value = rest + strspn(rest, " =");
    const char *mistake = key ? policy_set(corpus->case_arena, corpus->policy, key, value) : "no key";
    if (mistake)
        wrong(corpus, "policy: %s", mistake);
}

static void give_severity(struct corpus *corpus, char *rest)
{
    struct rule_setting *setting = arena_alloc(corpus->case_arena, sizeof(*setting));
    setting->rule = arena_text(corpus->case_arena, strtok_r(NULL, " =", &rest));
    setting->severity = (enum severity)value_of(&severity_names, strtok_r(NULL, " =", &rest));
    list_append(&corpus->policy->rules, setting);
}

static char *word_or_null(struct corpus *corpus, char **rest)
{
    char *word = strtok_r(NULL, " ", rest);
    return word && strcmp(word, "-") != 0 ? arena_text(corpus->case_arena, word) : NULL;
}

static void give_approve(struct corpus *corpus, char *rest)
{
    struct approved_link *entry = arena_alloc(corpus->case_arena, sizeof(*entry));
    entry->instance = word_or_null(corpus, &rest);
    entry->link = word_or_null(corpus, &rest);
    list_append(&corpus->policy->approved, entry);
}

static int64_t date_of(const char *text)
{
    int year = 0, month = 0, day = 0;
    if (!text || sscanf(text, "%d-%d-%d", &year, &month, &day) != 3)
        return 0;
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
    return timegm(&tm);
}

static void give_waive(struct corpus *corpus, char *rest)
{
    struct waiver *waiver = arena_alloc(corpus->case_arena, sizeof(*waiver));
    waiver->name = (char *)"corpus";
    waiver->rule = word_or_null(corpus, &rest);
    waiver->instance = word_or_null(corpus, &rest);
    waiver->link = word_or_null(corpus, &rest);
    waiver->expires = number_of(date_of(strtok_r(NULL, " ", &rest)));
    waiver->endpoint = word_or_null(corpus, &rest);
    waiver->owner = (char *)"owner";
    waiver->reason = (char *)"reason";
    list_append(&corpus->policy->waivers, waiver);
}

static void give_changed(struct corpus *corpus, char *rest)
{
    struct change *change = arena_alloc(corpus->case_arena, sizeof(*change));
    if (!corpus->audit.changes) {
        corpus->audit.changes = arena_alloc(corpus->case_arena, sizeof(*corpus->audit.changes));
        corpus->audit.changes->since_run = (char *)"before";
    }
    change->kind = (enum change_kind)value_of(&change_kind_names, strtok_r(NULL, " ", &rest));
    change->what = (enum change_what)value_of(&change_what_names, strtok_r(NULL, " ", &rest));
    change->instance = word_or_null(corpus, &rest);
    change->link = word_or_null(corpus, &rest);
    list_append(&corpus->audit.changes->list, change);
}

static void give_started(struct corpus *corpus, char *rest)
{
    corpus->audit.started = number_of(date_of(strtok_r(NULL, " ", &rest)));
}

static void give_only(struct corpus *corpus, char *rest)
{
    struct scope *scope = arena_alloc(corpus->case_arena, sizeof(*scope));
    scope->only = word_or_null(corpus, &rest);
    list_append(&corpus->audit.scopes, scope);
}

static void expect_findings(struct corpus *corpus, char *rest)
{
    corpus->findings = arena_text(corpus->case_arena, rest);
}

/* ---- the file -------------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    void (*run)(struct corpus *corpus, char *rest);
    bool expects; /* after the assessment */
} lines[] = {
    {"policy", give_policy, false},      {"severity", give_severity, false},
    {"approve", give_approve, false},    {"waive", give_waive, false},
    {"changed", give_changed, false},    {"started", give_started, false},
    {"only", give_only, false},          {"endpoint", expect_endpoint, true},
    {"link", expect_link, true},         {"check", expect_names, true},
    {"findings", expect_findings, true}, {"waived", expect_waived, true},
    {"evidence", expect_evidence, true}, {"remedy", expect_remedy, true},
    {"step", expect_step, true},         {"answer", expect_answer, true},
    {"summary", expect_summary, true},
};

static const char *macro_of(const struct corpus *corpus, const char *name, size_t length)
{
    for (size_t i = corpus->macro_count; i-- > 0;)
        if (strlen(corpus->macros[i].name) == length && memcmp(corpus->macros[i].name, name, length) == 0)
            return corpus->macros[i].text;
    return NULL;
}

/* A name of a macro is letters, digits and hyphens, or anything in parentheses. */
static char *expand(struct corpus *corpus, struct arena *arena, const char *text)
{
    char *out = arena_text(arena, "");
    while (*text) {
        size_t plain = strcspn(text, "$");
        out = arena_format(arena, "%s%.*s", out, (int)plain, text);
        text += plain;
        if (!*text)
            break;
        bool bracket = text[1] == '(';
        const char *name = text + 1 + bracket;
        size_t length = bracket
                            ? strcspn(name, ")")
                            : strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
        const char *value = macro_of(corpus, name, length);
        if (!value && (bracket || length))
            wrong(corpus, "no macro $%.*s", (int)length, name);
        out = arena_format(arena, "%s%s", out, value ? value : "$");
        text = value ? name + length + bracket : text + 1;
    }
    return out;
}

static void add_macro(struct corpus *corpus, char *rest)
{
    char *name = strtok_r(NULL, " ", &rest);
    const char *equals = strchr(rest, '=');
    assert_true(corpus->macro_count < sizeof(corpus->macros) / sizeof(corpus->macros[0]));
    char *text = expand(corpus, corpus->arena, equals + 1 + strspn(equals + 1, " "));
    corpus->macros[corpus->macro_count++] = (struct macro){arena_text(corpus->arena, name), text};
}

static void run_line(struct corpus *corpus, char *line)
{
    line += strspn(line, " \t");
    line[strcspn(line, "\r\n")] = '\0';
    if (!*line || *line == '#')
        return;
    char *rest = line, *word = NULL;
    if (strncmp(line, "let ", 4) == 0) {
        word = strtok_r(line, " ", &rest);
        add_macro(corpus, rest);
        return;
    }
    if (strncmp(line, "case ", 5) == 0) {
        begin_case(corpus, line + 5);
        return;
    }
    if (!corpus->name) {
        wrong(corpus, "a line before the first case");
        return;
    }
    char *text = expand(corpus, corpus->case_arena, line);
    if (*text == '<') {
        add_row(corpus, text);
        return;
    }
    word = strtok_r(text, " ", &rest);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (strcmp(lines[i].word, word) == 0) {
            if (lines[i].expects)
                conclude(corpus);
            lines[i].run(corpus, rest);
            return;
        }
    wrong(corpus, "unknown line: %s", word);
}

static void run_file(struct score *score, const char *path)
{
    struct corpus corpus = {.score = score, .arena = arena_new(), .file = path};
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    assert_non_null(file);
    while (getline(&line, &size, file) >= 0) {
        corpus.line++;
        run_line(&corpus, line);
    }
    end_case(&corpus);
    free(line);
    fclose(file);
    arena_free(corpus.arena);
}

static int is_corpus(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return length > 7 && strcmp(entry->d_name + length - 7, ".corpus") == 0;
}

/* ---- the matrix ------------------------------------------------------------------------------------ */

static void print_matrix(const struct score *score)
{
    printf("\nexpected cause                 right  wrong (got instead)\n");
    for (int expected = 1; expected <= CAUSE_UNEXPLAINED; expected++) {
        printf("%-30s %5u ", name_of(&cause_names, expected), score->causes[expected][expected]);
        for (int got = 0; got <= CAUSE_UNEXPLAINED; got++)
            if (got != expected && score->causes[expected][got])
                printf(" %u %s", score->causes[expected][got], or_none(name_of(&cause_names, got)));
        printf("\n");
    }
    printf("\nrule   fired  silent in  missing  surplus\n");
    for (size_t i = 0; i < rule_count; i++)
        printf("%-5s %6u %10u %8u %8u\n", rules[i].id, score->fires[i], score->silent[i], score->missing[i],
               score->surplus[i]);
    printf("\n%u cases, %u links, %u endpoint labels, %u differences\n", score->cases, score->links,
           score->endpoints, score->wrong);
}

static void not_shown(struct score *score, const char *table, const char *row)
{
    printf("no case for %s: %s\n", table, row);
    score->wrong++;
}

/* Every row of every table decides something in the corpus: a row that nothing shows may as well be wrong. */
static void check_coverage(struct score *score)
{
    for (int cause = 1; cause <= CAUSE_UNEXPLAINED; cause++)
        if (score->causes[cause][cause] == 0)
            not_shown(score, "cause", name_of(&cause_names, cause));
    for (size_t i = 0; i < rule_count; i++)
        if (score->fires[i] == 0 || score->silent[i] == 0)
            not_shown(score, "rule, firing and not", rules[i].id);
    for (size_t i = 0; i < step_rule_count; i++)
        if (!score->step_rules[i])
            not_shown(score, name_of(&step_names, (int)step_rules[i].step), step_rules[i].condition);
    for (size_t i = 0; i < endpoint_cause_rule_count; i++)
        if (!score->endpoint_rows[i])
            not_shown(score, "cause of an endpoint", endpoint_cause_rules[i].condition);
    for (size_t i = 0; i < link_cause_rule_count; i++)
        if (!score->link_rows[i])
            not_shown(score, "cause of a link", link_cause_rules[i].condition);
    for (size_t i = 0; i < message_catalogue_count; i++)
        if (!score->messages[i])
            not_shown(score, "message", message_catalogue[i].means);
}

static void the_corpus_is_diagnosed_as_labelled(void **state)
{
    (void)state;
    struct score score = {0};
    struct dirent **entries = NULL;
    int count = scandir(FOLDER, &entries, is_corpus, alphasort);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        char path[512];
        snprintf(path, sizeof(path), FOLDER "/%s", entries[i]->d_name);
        run_file(&score, path);
        free(entries[i]);
    }
    free(entries);
    print_matrix(&score);
    assert_true(score.links >= 150);
    check_coverage(&score);
    assert_int_equal(score.wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_corpus_is_diagnosed_as_labelled)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
