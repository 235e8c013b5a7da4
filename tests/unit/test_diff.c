#include "reports/diff.h"
#include "reports/report_reader.h"
#include "tests/unit/estate_report.h"
#include "tests/unit/folder.h"

#define BEGIN(run)                                                                                           \
    "<audit xmlns=\"urn:linkaudit:report:1\" version=\"1\" run-id=\"" run "\" "                              \
    "started=\"2026-01-0" run "T00:00:00Z\" host=\"h\" program=\"p\" complete=\"true\">"
#define END "</audit>"

/* An instance S with one link, whose attributes and content the case gives. */
#define LINK(attributes, content)                                                                            \
    "<instances><instance name=\"S\" status=\"audited\"><linked-server name=\"L\" " attributes ">" content   \
    "</linked-server></instance></instances>"
#define ENDPOINT(attributes, content)                                                                        \
    "<endpoints><endpoint id=\"e1\" key=\"sqlserver:t\" " attributes ">" content "</endpoint></endpoints>"
#define FINDINGS(content) "<findings>" content "</findings>"
/* The same beside an instance A, and a finding that chains of links, from anywhere, end over L of S. */
#define TWO(status)                                                                                          \
    "<instances><instance name=\"A\" status=\"" status "\"/><instance name=\"S\" status=\"audited\">"        \
    "<linked-server name=\"L\"/></instance></instances>"
#define CHAIN FINDINGS("<finding rule=\"S08\" severity=\"high\" instance=\"S\" link=\"L\" waived=\"false\"/>")
#define AT_A ENDPOINT("audited-as=\"A\"", "")
#define MAPPING                                                                                              \
    FINDINGS("<finding rule=\"S02\" severity=\"high\" instance=\"S\" link=\"L\" endpoint=\"e1\" "            \
             "waived=\"false\"/>")
#define FAILED_S "<instances><instance name=\"S\" status=\"failed\"/></instances>"

static const struct {
    const char *name, *old, *new,
        *changes; /* kind what instance link endpoint item before after, one a line */
} cases[] = {
    {"nothing", LINK("data-source=\"a\"", ""), LINK("data-source=\"a\"", ""), ""},
    {"a link appeared", "<instances><instance name=\"S\" status=\"audited\"/></instances>", LINK("", ""),
     "appeared link S L - - - -\n"},
    {"a link disappeared", LINK("", ""), "<instances><instance name=\"S\" status=\"audited\"/></instances>",
     "disappeared link S L - - - -\n"},
    {"a link of an instance that failed has not disappeared", LINK("", ""), FAILED_S,
     "changed instance S - - status audited failed\nnot-observed instance S - - - - -\n"},
    {"an instance that failed before", FAILED_S, LINK("", ""),
     "changed instance S - - status failed audited\n"},
    {"an instance outside of the scope", LINK("", ""), "<scope only=\"X\"/>",
     "not-observed instance S - - - - -\n"},
    {"an instance outside of the former scope", "<scope only=\"X\"/>", LINK("", ""), ""},
    {"an instance disappeared", LINK("", ""), "", "disappeared instance S - - - - -\n"},
    {"an attribute", LINK("data-source=\"a\"", ""), LINK("data-source=\"b\"", ""),
     "changed link S L - data-source a b\n"},
    {"a text that became NULL", LINK("catalog=\"a\"", ""), LINK("", ""), "changed link S L - catalog a -\n"},
    {"a flag that is not known any more", LINK("rpc-out=\"true\"", ""), LINK("", ""), ""},
    {"a provider string that became invisible",
     LINK("provider-string=\"a\" provider-string-visible=\"true\"", ""),
     LINK("provider-string-visible=\"false\"", ""),
     "changed link S L - provider-string-visible true false\n"},
    {"ids of endpoints", LINK("endpoint=\"e1\"", "") ENDPOINT("", ""),
     LINK("endpoint=\"e2\"", "") "<endpoints><endpoint id=\"e2\" key=\"sqlserver:t\"/></endpoints>", ""},
    {"another target", LINK("endpoint=\"e1\"", "") ENDPOINT("", ""),
     LINK("endpoint=\"e1\"", "") "<endpoints><endpoint id=\"e1\" key=\"sqlserver:u\"/></endpoints>",
     "changed link S L - target sqlserver:t sqlserver:u\ndisappeared endpoint - - sqlserver:t - - -\n"
     "appeared endpoint - - sqlserver:u - - -\n"},
    {"a mapping", LINK("", "<login local=\"a\" remote=\"b\"/>"),
     LINK("", "<login local=\"a\" remote=\"c\"/>"), "changed login S L - a: remote b c\n"},
    {"mappings that came and went", LINK("", "<login local=\"a\" remote=\"b\"/>"),
     LINK("", "<login local=\"c\" self=\"true\"/>"),
     "disappeared login S L - a b -\nappeared login S L - c - itself\n"},
    {"an outcome", LINK("", "<diagnosis cause=\"ok\"/>"), LINK("", "<diagnosis cause=\"port-refused\"/>"),
     "changed outcome S L - cause ok port-refused\n"},
    {"an outcome that was not tested", LINK("", "<diagnosis cause=\"ok\"/>"),
     LINK("", "<diagnosis cause=\"not-tested\"/>"), ""},
    {"an outcome without diagnosis", LINK("", "<test outcome=\"ok\"/>"),
     LINK("", "<test outcome=\"timeout\"/>"), "changed outcome S L - test ok timeout\n"},
    {"readiness", LINK("", "<readiness target=\"2025\" verdict=\"ready\"/>"),
     LINK("", "<readiness target=\"2025\" verdict=\"breaks\"/>"),
     "changed outcome S L - readiness ready breaks\n"},
    {"an option of the instance",
     "<instances><instance name=\"S\" status=\"audited\"><property name=\"option remote access\" "
     "value=\"0\"/>"
     "<property name=\"user-sessions\" value=\"3\"/></instance></instances>",
     "<instances><instance name=\"S\" status=\"audited\"><property name=\"option remote access\" "
     "value=\"1\"/>"
     "<property name=\"user-sessions\" value=\"9\"/></instance></instances>",
     "changed instance S - - option remote access 0 1\n"},
    {"a permission",
     "<instances><instance name=\"S\" status=\"audited\"><visibility permission=\"P\" granted=\"true\"/>"
     "</instance></instances>",
     "<instances><instance name=\"S\" status=\"audited\"><visibility permission=\"P\" granted=\"false\"/>"
     "</instance></instances>",
     "changed instance S - - P granted not granted\n"},
    {"an endpoint that stopped answering", ENDPOINT("reachable=\"true\"", ""),
     ENDPOINT("reachable=\"false\"", ""), "changed endpoint - - sqlserver:t answers yes no\n"},
    {"a TLS version", ENDPOINT("", "<tls protocol=\"TLSv1.0\" outcome=\"accepted\"/>"),
     ENDPOINT("", "<tls protocol=\"TLSv1.0\" outcome=\"rejected\"/>"),
     "changed endpoint - - sqlserver:t TLSv1.0 accepted rejected\n"},
    {"a TLS version that timed out", ENDPOINT("", "<tls protocol=\"TLSv1.0\" outcome=\"accepted\"/>"),
     ENDPOINT("", "<tls protocol=\"TLSv1.0\" outcome=\"timeout\"/>"), ""},
    {"a TLS version carried over", ENDPOINT("", "<tls protocol=\"TLSv1.0\" outcome=\"accepted\"/>"),
     ENDPOINT("", "<tls protocol=\"TLSv1.0\" outcome=\"rejected\" as-of=\"2026-01-01T00:00:00Z\"/>"), ""},
    {"a TLS version that is asked anew, after nights on which it was carried over",
     ENDPOINT("", "<tls protocol=\"TLSv1.0\" outcome=\"accepted\" as-of=\"2026-01-01T00:00:00Z\"/>"),
     ENDPOINT("", "<tls protocol=\"TLSv1.0\" outcome=\"rejected\"/>"),
     "changed endpoint - - sqlserver:t TLSv1.0 accepted rejected\n"},
    {"a certificate",
     ENDPOINT(
         "",
         "<certificate position=\"0\" subject=\"CN=t\" not-after=\"2026-02-01T00:00:00Z\" sha256=\"aa\"/>"),
     ENDPOINT(
         "",
         "<certificate position=\"0\" subject=\"CN=t\" not-after=\"2027-02-01T00:00:00Z\" sha256=\"bb\"/>"),
     "changed certificate - - sqlserver:t certificate CN=t until 2026-02-01 (SHA-256 aa) "
     "CN=t until 2027-02-01 (SHA-256 bb)\n"},
    {"a generated certificate after a restart",
     ENDPOINT("", "<certificate position=\"0\" fallback=\"true\" sha256=\"aa\"/>"),
     ENDPOINT("", "<certificate position=\"0\" fallback=\"true\" sha256=\"bb\"/>"), ""},
    {"a finding appeared", LINK("", ""),
     LINK("", "")
         FINDINGS("<finding rule=\"R1\" severity=\"low\" instance=\"S\" link=\"L\" waived=\"false\"/>"),
     "appeared finding S L - R1 - -\n"},
    {"a finding is solved",
     LINK("", "")
         FINDINGS("<finding rule=\"R1\" severity=\"low\" instance=\"S\" link=\"L\" waived=\"false\"/>"),
     LINK("", ""), "disappeared finding S L - R1 - -\n"},
    {"a link that failed its test is not mended by a night without a test",
     LINK("", "<test outcome=\"failed\"/>")
         FINDINGS("<finding rule=\"R01\" severity=\"high\" instance=\"S\" link=\"L\" waived=\"false\"/>"),
     LINK("", "<test outcome=\"skipped\"/>"), ""},
    {"a link that failed its test is mended when the test passes",
     LINK("", "<test outcome=\"failed\"/>")
         FINDINGS("<finding rule=\"R01\" severity=\"high\" instance=\"S\" link=\"L\" waived=\"false\"/>"),
     LINK("", "<test outcome=\"ok\"/>"),
     "changed outcome S L - test failed ok\ndisappeared finding S L - R01 - -\n"},
    {"what is no matter of its test is solved without one",
     LINK("", "<test outcome=\"failed\"/>")
         FINDINGS("<finding rule=\"S01\" severity=\"high\" instance=\"S\" link=\"L\" waived=\"false\"/>"),
     LINK("", "<test outcome=\"skipped\"/>"), "disappeared finding S L - S01 - -\n"},
    {"a finding about an instance that failed is not solved",
     LINK("", "")
         FINDINGS("<finding rule=\"R1\" severity=\"low\" instance=\"S\" link=\"L\" waived=\"false\"/>"),
     FAILED_S, "changed instance S - - status audited failed\nnot-observed instance S - - - - -\n"},
    {"a chain is solved", TWO("audited") CHAIN, TWO("audited"), "disappeared finding S L - S08 - -\n"},
    {"a chain is not solved where the instance that it begins with was not looked at", TWO("audited") CHAIN,
     TWO("failed"), "changed instance A - - status audited failed\nnot-observed instance A - - - - -\n"},
    {"a chain is not solved where the instance that it begins with is outside of the scope",
     TWO("audited") CHAIN, "<scope only=\"S\"/>" LINK("", ""), "not-observed instance A - - - - -\n"},
    {"a chain is solved when what was not looked at was not looked at before either", TWO("failed") CHAIN,
     TWO("failed"), "not-observed instance A - - - - -\ndisappeared finding S L - S08 - -\n"},
    {"a mapping to sysadmin is solved", TWO("audited") AT_A MAPPING, TWO("audited") AT_A,
     "disappeared finding S L sqlserver:t S02 - -\n"},
    {"a mapping to sysadmin is not solved where its target was not looked at", TWO("audited") AT_A MAPPING,
     TWO("failed") AT_A, "changed instance A - - status audited failed\nnot-observed instance A - - - - -\n"},
    {"a mapping to sysadmin is solved whoever else was not looked at",
     TWO("audited") ENDPOINT("audited-as=\"S\"", "") MAPPING, TWO("failed") ENDPOINT("audited-as=\"S\"", ""),
     "changed instance A - - status audited failed\nnot-observed instance A - - - - -\n"
     "disappeared finding S L sqlserver:t S02 - -\n"},
    {"a finding about an endpoint that does not answer is not solved",
     ENDPOINT("reachable=\"false\"", "")
         FINDINGS("<finding rule=\"T1\" severity=\"low\" endpoint=\"e1\" waived=\"false\"/>"),
     ENDPOINT("reachable=\"false\"", ""), ""},
    {"a finding was waived",
     LINK("", "") FINDINGS("<finding rule=\"R1\" severity=\"low\" instance=\"S\" waived=\"false\"/>"),
     LINK("", "") FINDINGS("<finding rule=\"R1\" severity=\"high\" instance=\"S\" waived=\"true\"/>"),
     "changed finding S - - R1 severity low high\nchanged finding S - - R1 waived no yes\n"},
};

static struct audit *read_text(struct arena *arena, const char *folder, const char *name, const char *begin,
                               const char *content)
{
    char *path = arena_format(arena, "%s/%s", folder, name);
    const char *error = NULL;
    file_write(path, arena_format(arena, "%s%s%s", begin, content, END));
    struct audit *audit = report_read_all(arena, path, &error);
    if (!audit)
        fail_msg("%s", error);
    return audit;
}

static const char *or_dash(const char *text)
{
    return text ? text : "-";
}

static const char *told(struct arena *arena, const struct changes *changes)
{
    char *all = arena_text(arena, "");
    list_each (struct change, change, &changes->list)
        all = arena_format(arena, "%s%s %s %s %s %s %s %s %s\n", all,
                           name_of(&change_kind_names, (int)change->kind),
                           name_of(&change_what_names, (int)change->what), or_dash(change->instance),
                           or_dash(change->link), or_dash(change->endpoint), or_dash(change->item),
                           or_dash(change->before), or_dash(change->after));
    return all;
}

static void test_differences_are_told_and_nothing_else(void **state)
{
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        struct audit *old = read_text(arena, *state, "old", BEGIN("1"), cases[i].old);
        struct audit *new = read_text(arena, *state, "new", BEGIN("2"), cases[i].new);
        struct changes *changes = report_diff(arena, old, new), *observed;
        if (strcmp(told(arena, changes), cases[i].changes) != 0)
            fail_msg("%s:\n%sexpected:\n%s", cases[i].name, told(arena, changes), cases[i].changes);
        assert_string_equal(changes->since_run, "1");
        observed = report_diff_observed(arena, old, new);
        list_each (struct change, change, &observed->list)
            assert_int_not_equal(change->what, CHANGED_FINDING);
        findings_since(arena, old, new, observed);
        assert_string_equal(told(arena, observed), cases[i].changes);
        arena_free(arena);
    }
}

static void test_a_report_does_not_differ_from_itself(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit *audit = estate_report(arena);
    assert_int_equal(changes_count(report_diff(arena, audit, audit)), 0);
    arena_free(arena);
}

static void test_a_finding_is_open_since_it_was_first_seen(void **state)
{
    struct arena *arena = arena_new();
    struct audit *old =
        read_text(arena, *state, "old", BEGIN("3"),
                  ENDPOINT("", "")
                      FINDINGS("<finding rule=\"R1\" severity=\"low\" instance=\"S\" waived=\"false\" "
                               "since=\"2025-01-01T00:00:00Z\"/>"
                               "<finding rule=\"R2\" severity=\"low\" endpoint=\"e1\" waived=\"false\"/>"));
    struct audit *new =
        read_text(arena, *state, "new", BEGIN("5"),
                  "<endpoints><endpoint id=\"e9\" key=\"sqlserver:t\"/></endpoints>" FINDINGS(
                      "<finding rule=\"R1\" severity=\"high\" instance=\"S\" waived=\"false\"/>"
                      "<finding rule=\"R2\" severity=\"low\" endpoint=\"e9\" waived=\"false\"/>"
                      "<finding rule=\"R3\" severity=\"low\" instance=\"S\" waived=\"false\"/>"));
    findings_since(arena, old, new, NULL);
    struct finding *first = new->findings.first;
    assert_int_equal(first->since.value, 1735689600);               /* as the former report says */
    assert_int_equal(first->next->since.value, old->started.value); /* it was there, without a date */
    assert_int_equal(first->next->next->since.value, new->started.value);
    findings_since(arena, NULL, new, NULL);
    assert_int_equal(first->since.value, new->started.value);
    arena_free(arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_new, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_differences_are_told_and_nothing_else),
        TEST(test_a_report_does_not_differ_from_itself),
        TEST(test_a_finding_is_open_since_it_was_first_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
