#include "reports/page.h"
#include "tests/unit/estate_report.h"

#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

/* The model owns its texts and could change them; nobody does here. */
#pragma GCC diagnostic ignored "-Wdiscarded-qualifiers"

#define NEW(arena, type) ((type *)arena_alloc(arena, sizeof(type)))

/* The context is the document that all pieces are copied to. */
static bool collect(xmlDocPtr document, void *context)
{
    xmlDocPtr whole = context;
    xmlAddChild(xmlDocGetRootElement(whole), xmlDocCopyNode(xmlDocGetRootElement(document), whole, 1));
    return true;
}

static xmlDocPtr pieces_of(const struct audit *audit)
{
    xmlDocPtr whole = xmlNewDoc(BAD_CAST "1.0");
    xmlDocSetRootElement(whole, xmlNewNode(NULL, BAD_CAST "pieces"));
    assert_true(page_first_half(audit, collect, whole));
    assert_true(page_second_half(audit, collect, whole));
    return whole;
}

static char *value_of_path(struct arena *arena, xmlDocPtr document, const char *path)
{
    xmlXPathContextPtr context = xmlXPathNewContext(document);
    xmlXPathRegisterNs(context, BAD_CAST "p", BAD_CAST PAGE_NAMESPACE);
    xmlXPathRegisterNs(context, BAD_CAST "r", BAD_CAST "urn:linkaudit:report:1");
    xmlXPathObjectPtr object = xmlXPathEvalExpression(BAD_CAST path, context);
    assert_non_null(object);
    xmlChar *text = xmlXPathCastToString(object);
    char *value = arena_text(arena, (const char *)text);
    xmlFree(text);
    xmlXPathFreeObject(object);
    xmlXPathFreeContext(context);
    return value;
}

#define assert_path(arena, document, path, expected)                                                         \
    assert_string_equal(value_of_path(arena, document, path), expected)

static struct linked_server *add_link(struct arena *arena, struct audit *audit, int number)
{
    if (number % 120 == 0) {
        struct instance *instance = NEW(arena, struct instance);
        instance->name = arena_format(arena, "I%d", number / 120);
        instance->status = INSTANCE_AUDITED;
        list_append(&audit->instances, instance);
    }
    struct linked_server *link = NEW(arena, struct linked_server);
    link->name = arena_format(arena, "L%d", number);
    link->data_source = "sql1";
    link->provider = "MSOLEDBSQL";
    link->test = NEW(arena, struct link_test);
    link->test->outcome = TEST_OK;
    list_append(&audit->instances.last->linked_servers, link);
    return link;
}

static void test_links_come_in_groups_of_a_hundred_each_once(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit *audit = NEW(arena, struct audit);
    for (int i = 0; i < 250; i++)
        add_link(arena, audit, i);
    xmlDocPtr pieces = pieces_of(audit);
    assert_path(arena, pieces, "count(//p:piece[@kind = 'links'])", "3");
    assert_path(arena, pieces, "count(//p:piece[@kind = 'links'][count(r:linked-server) = 100])", "2");
    assert_path(arena, pieces, "count(//r:linked-server)", "250");
    assert_path(arena, pieces, "//r:linked-server[@name = 'L119']/@p:instance", "I0");
    assert_path(arena, pieces, "//r:linked-server[@name = 'L120']/@p:instance", "I1");
    assert_path(arena, pieces, "//r:linked-server[@name = 'L120']/@p:target", "sql1");
    assert_path(arena, pieces, "//r:instance[@name = 'I2']/@p:links", "10");
    assert_path(arena, pieces, "count(//r:linked-server[@name = preceding::r:linked-server/@name])", "0");
    xmlFreeDoc(pieces);
    arena_free(arena);
}

static void test_a_link_has_its_findings_and_an_endpoint_its_columns(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit *audit = estate_report(arena);
    size_t findings = 0;
    list_each (struct finding, finding, &audit->findings)
        findings += finding->link && strcmp(finding->link, "SQLOLD") == 0;
    assert_true(findings > 0);
    xmlDocPtr pieces = pieces_of(audit);
    assert_path(arena, pieces, "count(//r:linked-server[@name = 'SQLOLD']/p:finding)",
                arena_format(arena, "%zu", findings));
    assert_path(arena, pieces, "count(//r:endpoint[count(p:tls) != 5])", "0");
#define OUTCOME(element, version)                                                                            \
    value_of_path(arena, pieces,                                                                             \
                  "//r:endpoint[r:tls[@protocol = 'TLSv1.0'][@outcome = 'rejected']][1]/" element            \
                  "[@protocol = '" version "']/@outcome")
    assert_string_equal(OUTCOME("p:tls", "TLSv1.0"), OUTCOME("r:tls", "TLSv1.0"));
    assert_string_equal(OUTCOME("p:tls", "TLSv1.2"), OUTCOME("r:tls", "TLSv1.2"));
    assert_string_not_equal(OUTCOME("p:tls", "TLSv1.2"), OUTCOME("p:tls", "TLSv1.0"));
    xmlFreeDoc(pieces);
    arena_free(arena);
}

/* ---- checklists --------------------------------------------------------------------------------------- */

static void add_step(struct arena *arena, struct diagnosis *diagnosis, enum step_name name, char *from,
                     char *evidence)
{
    struct step *step = NEW(arena, struct step);
    *step = (struct step){.name = name, .result = RESULT_PASS, .from = from, .evidence = evidence};
    list_append(&diagnosis->steps, step);
}

static void test_a_checklist_has_ten_rows_and_both_vantage_points_side_by_side(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit *audit = NEW(arena, struct audit);
    struct linked_server *link = add_link(arena, audit, 0);
    struct endpoint *endpoint = NEW(arena, struct endpoint);
    list_append(&audit->endpoints, endpoint);
    link->endpoint = endpoint->id = "e1";
    endpoint->host = "sql1";
    link->test->outcome = TEST_FAILED;
    link->diagnosis = NEW(arena, struct diagnosis);
    endpoint->diagnosis = NEW(arena, struct diagnosis);
    link->diagnosis->cause = endpoint->diagnosis->cause = CAUSE_PORT_REFUSED;
    add_step(arena, link->diagnosis, STEP_PORT, "audit-host", "refused");
    add_step(arena, link->diagnosis, STEP_PORT, "instance", "10061; from the audit host: refused");
    add_step(arena, link->diagnosis, STEP_LOGIN, "instance", "none; from the audit host: nothing");
    add_step(arena, endpoint->diagnosis, STEP_PORT, "audit-host", "not this");
    add_step(arena, endpoint->diagnosis, STEP_NAME, "audit-host", "10.0.0.1");
    xmlDocPtr pieces = pieces_of(audit);
#define STEP(label) "string(//r:linked-server/p:checklist/p:step[@label = '" label "']"
    assert_path(arena, pieces, "count(//r:linked-server/p:checklist/p:step)", "10");
    assert_path(arena, pieces, STEP("Port") "/p:host)", "refused");
    assert_path(arena, pieces, STEP("Port") "/p:instance)", "10061");
    assert_path(arena, pieces, STEP("Login") "/p:instance)", "none; from the audit host: nothing");
    assert_path(arena, pieces, STEP("Name") "/p:host)", "10.0.0.1");
    assert_path(arena, pieces, "count(//p:step[p:host[2] or p:instance[2]])", "0");
    assert_path(arena, pieces, "count(//r:endpoint/p:checklist/p:step/p:host)", "2");
    assert_path(arena, pieces, "count(//r:step)", "0");
    xmlFreeDoc(pieces);
    arena_free(arena);
}

static void test_in_a_large_report_a_link_that_works_has_what_its_row_shows(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit *audit = NEW(arena, struct audit);
    for (int i = 0; i <= PAGE_BRIEF; i++) {
        struct linked_server *link = add_link(arena, audit, i);
        link->readiness = NEW(arena, struct readiness);
        link->readiness->verdict = i == 7 ? VERDICT_BREAKS : VERDICT_READY;
        link->test->outcome = i == 8 ? TEST_FAILED : TEST_OK;
    }
    xmlDocPtr pieces = pieces_of(audit);
    assert_path(arena, pieces, "count(//r:linked-server)", "2001");
    assert_path(arena, pieces, "count(//r:linked-server[@p:brief][not(*) and not(@data-source)])", "1999");
    assert_path(arena, pieces, "//r:linked-server[@p:short]/r:readiness/@verdict", "breaks");
    assert_path(arena, pieces, "//r:linked-server[r:test]/@name", "L8");
    assert_path(arena, pieces, "count(//r:instance/p:link)", "2");
    xmlFreeDoc(pieces);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links_come_in_groups_of_a_hundred_each_once),
        cmocka_unit_test(test_a_link_has_its_findings_and_an_endpoint_its_columns),
        cmocka_unit_test(test_a_checklist_has_ten_rows_and_both_vantage_points_side_by_side),
        cmocka_unit_test(test_in_a_large_report_a_link_that_works_has_what_its_row_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
