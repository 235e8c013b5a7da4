/* What a readiness offers is judged by the same readiness: over every combination of what decides, no
 * provider string and no data source that it offers breaks, and what stands there as a statement mends the
 * link. */
#include "audit/diagnosis/diagnosis.h"
#include "audit/diagnosis/readiness.h"
#include "reports/row.h"
#include "tests/unit/check.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const instances[] = {
    "<instance name=\"A\" status=\"audited\" server-version=\"13.0.5026.0\"/>",
    "<instance name=\"A\" status=\"audited\" server-version=\"16.0.4265.1\"/>",
    "<instance name=\"A\" status=\"audited\" server-version=\"17.0.1000.7\"/>",
    "<instance name=\"A\" status=\"audited\" server-version=\"17.0.1000.7\"><property "
    "name=\"trace-flag-17600\" "
    "value=\"1\"/></instance>",
    "<instance name=\"A\" status=\"audited\" server-version=\"17.0.1000.7\"><property "
    "name=\"oledb-driver-19-trust\" "
    "value=\"1\"/></instance>",
    "<instance name=\"A\" status=\"audited\" server-version=\"16.0.4265.1\"><property "
    "name=\"oledb-driver-19-encrypt\" value=\"1\"/></instance>",
    "<instance name=\"A\" status=\"audited\" server-version=\"17.0.1000.7\"><property "
    "name=\"oledb-driver-19-encrypt\" value=\"2\"/></instance>",
};
static const char *const providers[] = {"SQLNCLI", "SQLNCLI11", "MSOLEDBSQL", "MSOLEDBSQL19"};
static const char *const data_sources[] = {NULL, "sql07", "tcp:SQL07\\SALES,1433", "sql07.corp.example",
                                           "10.0.0.7"};
static const char *const provider_strings[] = {
    NULL,
    "APP=x",
    "Encrypt=yes",
    "Encrypt=no;APP=x",
    "Encrypt=Strict",
    "Encrypt=Optional;Encrypt=Strict",
    "Use Encryption for Data=true;Encrypt=no",
    "encrypt = Mandatory ; HostNameInCertificate=wrong.example;",
    "Host Name In Certificate=wrong.example;Encrypt=yes",
    "HostNameInCertificate=;Encrypt=yes",
    "TrustServerCertificate=yes;Encrypt=yes",
    "UID=app;PWD=***",
    "APP=\"a;b\"",
    "APP={Encrypt=no;",
    "APP="
    "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789",
};
#define TLS "<tls protocol=\"TLSv1.2\" outcome=\"accepted\"/>"
static const char *const endpoints[] = {
    "<prelogin outcome=\"ok\" server-version=\"16.0.4265\" encryption=\"off\"/>" TLS
    "<strict outcome=\"yes\"/>",
    "<prelogin outcome=\"ok\" server-version=\"15.0.4265\" encryption=\"off\"/>" TLS
    "<strict outcome=\"no\"/>",
    "<prelogin outcome=\"ok\" server-version=\"16.0.4265\" encryption=\"required\"/>" TLS,
    "<prelogin outcome=\"ok\" server-version=\"16.0.4265\" encryption=\"not-supported\"/>" TLS,
    "<prelogin outcome=\"closed\"/>" TLS "<strict outcome=\"yes\"/>",
    "<prelogin outcome=\"silent\"/>" TLS,
};
#define CERTIFICATE(trusted, until, name)                                                                    \
    "<certificate position=\"0\" trusted=\"" trusted "\" self-signed=\"false\" not-after=\"" until           \
    "T00:00:00Z\"><name type=\"dns\">" name "</name></certificate>"
static const char *const certificates[] = {
    CERTIFICATE("true", "2027-10-01", "sql07.corp.example"),
    CERTIFICATE("true", "2027-10-01", "sql07.other.example"),
    CERTIFICATE("false", "2027-10-01", "sql07.corp.example"),
    CERTIFICATE("true", "2020-10-01", "other.example"),
    CERTIFICATE("true", "2027-10-01", "*.corp.example"),
    CERTIFICATE("true", "2027-10-01", "x;Encrypt=no"),
    "<certificate position=\"0\" self-signed=\"false\" not-after=\"2027-10-01T00:00:00Z\"><name "
    "type=\"dns\">sql07.corp.example</name></certificate>",
    "",
};

struct tally {
    size_t cases, offers, statements, names;
};

static void *read_row(struct arena *arena, const char *text)
{
    const char *error = NULL;
    struct row row = row_read(arena, text, strlen(text), &error);
    if (!row.element)
        fail_msg("%s: %s", error, text);
    return row.item;
}

/* What stands in N'…' behind the word; NULL where it is not there. */
static char *value_after(struct arena *arena, const char *line, const char *word)
{
    const char *at = strstr(line, word);
    if (!at)
        return NULL;
    at += strlen(word) + 2;
    assert_null(strstr(at, "''"));
    return arena_text_n(arena, at, strcspn(at, "'"));
}

struct case_of_link {
    struct arena *arena;
    struct instance *instance;
    struct linked_server link;
    struct endpoint *endpoint;
};

/* The literal in the statement is the value that the step says it sets. */
static void says_what_it_sets(struct case_of_link *c, const struct remedy_step *step)
{
    char *string = value_after(c->arena, step->statement, "'provider string', @optvalue = ");
    char *source = value_after(c->arena, step->statement, "@netname = ");
    assert_true((string != NULL) == (step->kind == REMEDY_SETS_PROVIDER_STRING));
    assert_true((source != NULL) == (step->kind == REMEDY_SETS_DATA_SOURCE));
    assert_string_equal(step->value, string ? string : source);
    assert_true(strlen(step->value) <= 128);
    assert_null(strstr(step->value, "***"));
}

static void judge_offer(struct case_of_link *c, const struct remedy_step *step, bool known_unknown,
                        struct tally *tally)
{
    struct linked_server changed = c->link;
    if (step->kind == REMEDY_OTHER_STATEMENT) {
        assert_false(step->runs);
        return;
    }
    says_what_it_sets(c, step);
    if (step->kind == REMEDY_SETS_PROVIDER_STRING)
        changed.provider_string = step->value;
    else
        changed.data_source = step->value;
    assess_readiness(c->arena, c->instance, &changed, c->endpoint);
    enum readiness_verdict verdict = changed.readiness->verdict;
    bool mends = verdict == VERDICT_READY || verdict == VERDICT_READY_UNENCRYPTED;
    if (!mends && (step->runs || !known_unknown || verdict != VERDICT_UNKNOWN))
        fail_msg("%s of %s, %s, %s: offered %s, judged %s", c->link.provider, c->instance->server_version,
                 c->link.data_source, c->link.provider_string, step->statement,
                 name_of(&verdict_names, (int)verdict));
    tally->offers++;
    tally->statements += step->runs;
    tally->names += step->kind == REMEDY_SETS_DATA_SOURCE;
}

/* What stands in the report is what `fix` goes by. */
static void judge_case(struct case_of_link *c, struct tally *tally)
{
    remedy_steps steps = readiness_fix(c->arena, c->instance, &c->link, c->endpoint);
    size_t runs = 0;
    bool told = false; /* of the next offer, that it may not be enough */
    assess_readiness(c->arena, c->instance, &c->link, c->endpoint);
    if (steps.count)
        assert_string_equal(c->link.readiness->fix, remedy_steps_text(c->arena, &steps));
    else
        assert_null(c->link.readiness->fix);
    list_each (struct remedy_step, step, &steps) {
        if (step->statement)
            judge_offer(c, step, told, tally);
        runs += step->runs;
        told = !step->statement && (told || strncmp(step->words, "Whether ", 8) == 0);
    }
    assert_true(runs <= 1);
    tally->cases++;
}

static void judge_links(const char *instance, const char *endpoint, const char *certificate,
                        struct tally *tally)
{
    struct arena *arena = arena_new();
    struct case_of_link c = {.arena = arena, .instance = read_row(arena, instance)};
    c.endpoint = read_row(
        arena,
        arena_format(
            arena,
            "<endpoint id=\"e1\" kind=\"sqlserver\" host=\"sql07.corp.example\" port=\"1433\" "
            "probed=\"2026-11-22T00:00:00Z\"><resolve outcome=\"ok\"><address ip=\"10.0.0.7\"/></resolve>"
            "<connect ip=\"10.0.0.7\" port=\"1433\" outcome=\"ok\"/>%s%s</endpoint>",
            endpoint, certificate));
    for (size_t p = 0; p < COUNT(providers); p++)
        for (size_t d = 0; d < COUNT(data_sources); d++)
            for (size_t s = 0; s < COUNT(provider_strings); s++) {
                c.link = (struct linked_server){.name = (char *)"L",
                                                .provider = (char *)providers[p],
                                                .data_source = (char *)data_sources[d],
                                                .provider_string = (char *)provider_strings[s],
                                                .provider_string_visible = TERNARY_TRUE,
                                                .linked = TERNARY_TRUE};
                judge_case(&c, tally);
            }
    arena_free(arena);
}

static void what_is_offered_mends(void **state)
{
    (void)state;
    struct tally tally = {0};
    for (size_t i = 0; i < COUNT(instances); i++)
        for (size_t e = 0; e < COUNT(endpoints); e++)
            for (size_t c = 0; c < COUNT(certificates); c++)
                judge_links(instances[i], endpoints[e], certificates[c], &tally);
    print_message("%zu links, %zu offers, %zu of them statements, %zu of names\n", tally.cases, tally.offers,
                  tally.statements, tally.names);
    /* Or it would say nothing. */
    assert_true(tally.offers > 1000 && tally.statements > 100 && tally.names > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_offered_mends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
