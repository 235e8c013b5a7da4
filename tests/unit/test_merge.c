#include "reports/merge.h"
#include "reports/report_reader.h"
#include "tests/unit/folder.h"

static struct audit *read_text(struct arena *arena, const char *folder, const char *text)
{
    char *path = arena_format(arena, "%s/report.xml", folder);
    const char *error = NULL;
    file_write(path, text);
    struct audit *audit = report_read_all(arena, path, &error);
    if (!audit)
        fail_msg("%s", error);
    return audit;
}

static const char lan[] =
    "<audit xmlns=\"urn:linkaudit:report:1\" version=\"1\" run-id=\"a\" started=\"2026-01-01T02:00:00Z\" "
    "finished=\"2026-01-01T02:10:00Z\" host=\"lan1\" program=\"p\" complete=\"true\" zone=\"lan\">"
    "<settings><property name=\"allow\" value=\"10.0.0.0/8\"/></settings>"
    "<instances>"
    "<instance name=\"S1\" status=\"audited\" endpoint=\"e2\"><linked-server name=\"L\" "
    "endpoint=\"e1\"/></instance>"
    "<instance name=\"S2\" status=\"failed\"/>"
    "</instances>"
    "<endpoints><endpoint id=\"e1\" key=\"sqlserver:t\" reachable=\"true\"/><endpoint id=\"e2\"/></endpoints>"
    "<findings><finding rule=\"R1\" severity=\"low\" instance=\"S1\" link=\"L\" endpoint=\"e1\" "
    "waived=\"false\"/>"
    "<finding rule=\"A2\" severity=\"low\" instance=\"S2\" waived=\"false\"/></findings>"
    "<changes since-run=\"z\"><change kind=\"appeared\" what=\"link\" instance=\"S1\" link=\"L\"/></changes>"
    "<compliance><answer rule=\"V\" instance=\"S2\" result=\"fail\"/></compliance></audit>";

static const char dmz[] =
    "<audit xmlns=\"urn:linkaudit:report:1\" version=\"1\" run-id=\"b\" started=\"2026-01-01T01:00:00Z\" "
    "finished=\"2026-01-01T01:10:00Z\" host=\"dmz1\" program=\"p\" complete=\"false\">"
    "<problems><message>late</message></problems>"
    "<instances>"
    "<instance name=\"S2\" status=\"audited\"><linked-server name=\"M\" endpoint=\"e1\"/></instance>"
    "<instance name=\"S3\" status=\"audited\"/>"
    "</instances>"
    "<endpoints><endpoint id=\"e1\" key=\"sqlserver:t\" reachable=\"false\"/></endpoints>"
    "<findings><finding rule=\"R2\" severity=\"high\" instance=\"S2\" link=\"M\" endpoint=\"e1\" "
    "waived=\"false\"/>"
    "</findings>"
    "<compliance><answer rule=\"V\" instance=\"S2\" result=\"pass\"/></compliance></audit>";

static void test_reports_of_two_zones_become_one(void **state)
{
    struct arena *arena = arena_new();
    struct audit *reports[] = {read_text(arena, *state, lan), read_text(arena, *state, dmz)};
    struct audit *whole = report_merge(arena, reports, 2);
    assert_string_equal(whole->run_id, "a + b");
    assert_string_equal(whole->zone, "lan + dmz1");
    assert_int_equal(whole->finished.value - whole->started.value, 4200);
    assert_int_equal(whole->complete, TERNARY_FALSE);

    /* Each instance once, as the zone saw it that came furthest. */
    assert_int_equal(whole->instances.count, 3);
    struct instance *first = whole->instances.first, *second = first->next, *third = second->next;
    assert_string_equal(first->name, "S1");
    assert_string_equal(first->zone, "lan");
    assert_string_equal(second->name, "S2");
    assert_string_equal(second->zone, "dmz1");
    assert_int_equal(second->status, INSTANCE_AUDITED);
    assert_string_equal(third->name, "S3");
    assert_null(third->next);

    /* The same endpoint from two zones: both views, and each link leads to that of its zone. */
    assert_int_equal(whole->endpoints.count, 3);
    struct endpoint *seen = whole->endpoints.first, *unseen = whole->endpoints.last;
    assert_string_equal(seen->zone, "lan");
    assert_string_equal(unseen->zone, "dmz1");
    assert_string_not_equal(seen->id, unseen->id);
    assert_string_equal(first->linked_servers.first->endpoint, seen->id);
    assert_string_equal(first->endpoint, seen->next->id);
    assert_string_equal(second->linked_servers.first->endpoint, unseen->id);

    /* Findings and answers of the view that is not shown are not shown; the worst comes first. */
    assert_int_equal(whole->findings.count, 2);
    assert_string_equal(whole->findings.first->rule, "R2");
    assert_string_equal(whole->findings.first->endpoint, unseen->id);
    assert_string_equal(whole->findings.last->rule, "R1");
    assert_int_equal(whole->compliance.count, 1);
    assert_int_equal(whole->compliance.first->result, COMPLIANCE_PASS);

    assert_string_equal(whole->settings.first->name, "lan: allow");
    assert_string_equal(whole->problems.first->text, "dmz1: late");
    assert_string_equal(whole->problems.last->text, "lan: S2 is shown as dmz1 saw it");
    assert_int_equal(whole->changes->list.count, 1);
    arena_free(arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_new, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reports_of_two_zones_become_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
