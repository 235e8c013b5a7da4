#include "audit/embedded.h"
#include "reports/report_file.h"
#include "reports/report_reader.h"
#include "tests/unit/filled.h"
#include "tests/unit/folder.h"

#include <libxml/xmlschemas.h>

#define SAMPLE "tests/corpus/reports/estate.xml"

static char *in_folder(struct arena *arena, void **state, const char *text)
{
    char *path = arena_format(arena, "%s/report.xml", (char *)*state);
    file_write(path, text);
    return path;
}

static void test_parts_come_one_at_a_time_in_the_documents_order(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit *audit;
    const char *error = NULL;
    struct report_reader *reader = report_reader_open(SAMPLE, arena, &audit, &error);
    if (!reader)
        fail_msg("%s", error);
    assert_string_equal(audit->run_id, "b81e6c0f2a37");
    assert_null(audit->instances.first);
    size_t last = 0, instances = 0, endpoints = 0, findings = 0;
    struct report_part part;
    enum report_result result;
    for (;;) {
        struct arena *each = arena_new();
        result = report_reader_next(reader, each, &part, &error);
        if (result == REPORT_PART) {
            size_t index = (size_t)(part.member - audit_element.members);
            assert_true(index >= last);
            last = index;
            instances += part.member->element == &instance_element;
            endpoints += part.member->element == &endpoint_element;
            findings += part.member->element == &finding_element;
        }
        if (result == REPORT_BAD)
            fail_msg("%s", error);
        arena_free(each);
        if (result == REPORT_END)
            break;
    }
    assert_int_equal(instances, 8);
    assert_int_equal(endpoints, 17);
    assert_int_equal(findings, 19);
    report_reader_close(reader);
    arena_free(arena);
}

#define ROOT                                                                                                 \
    "<audit xmlns=\"urn:linkaudit:report:1\" version=\"1\" run-id=\"a\" started=\"2026-01-01T00:00:00Z\" "   \
    "host=\"h\" program=\"p\" complete=\"true\""

static const char *const accepted[] = {
    ROOT "/>",
    ROOT "></audit>",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- comment --><?pi?>\n" ROOT "><!-- comment --></audit>\n",
    ROOT "><instances/><endpoints></endpoints></audit>",
    ROOT "><instances><!-- one --><instance name=\"a\" status=\"audited\"/></instances></audit>",
};

static const struct {
    const char *text, *error;
} refused[] = {
    {"", "line"},
    {"text", "not well-formed"},
    {"<html/>", "not a report"},
    {"<audit/>", "not a report"},
    {"<audit xmlns=\"urn:other\"/>", "not a report"},
    {"<audit xmlns=\"urn:linkaudit:report:1\"/>", "missing attribute version"},
    {"<audit xmlns=\"urn:linkaudit:report:1\" version=\"2\" run-id=\"a\" "
     "started=\"2026-01-01T00:00:00Z\" host=\"h\" program=\"p\" complete=\"true\"/>",
     "version"},
    {"<!DOCTYPE audit>\n" ROOT "/>", "document type"},
    {"<!DOCTYPE audit [<!ENTITY a SYSTEM \"/etc/passwd\">]>\n" ROOT " title=\"&a;\"/>", "line 2"},
    {ROOT, "not well-formed"},
    {ROOT ">", "cut off"},
    {ROOT "><instances>", "cut off"},
    {ROOT "/>" ROOT "/>", "line 1"},
    {ROOT "/>text", "line 1"},
    {ROOT ">text</audit>", "well-formed"},
    {ROOT "><nosuch/></audit>", "unexpected"},
    {ROOT "><instances a=\"b\"/></audit>", "attribute of a list"},
    {ROOT "><instances><endpoint id=\"e1\"/></instances></audit>", "unexpected"},
    {ROOT "><endpoints/><instances/></audit>", "unexpected"},
    {ROOT "><summary instances=\"1\"/></audit>", "missing attribute links"},
    {ROOT ">\n<instances>\n<instance name=\"a\" status=\"odd\"/></instances></audit>", "line 3: bad value"},
    {ROOT " nosuch=\"1\"/>", "unknown attribute nosuch"},
};

static void test_only_what_the_vocabulary_allows_is_read(void **state)
{
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        struct arena *arena = arena_new();
        const char *error = NULL;
        if (!report_read_all(arena, in_folder(arena, state, accepted[i]), &error))
            fail_msg("%s: %s", accepted[i], error);
        arena_free(arena);
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct arena *arena = arena_new();
        const char *error = NULL;
        char *path = in_folder(arena, state, refused[i].text);
        if (report_read_all(arena, path, &error))
            fail_msg("%s was accepted", refused[i].text);
        if (!strstr(error, path) || !strstr(error, refused[i].error))
            fail_msg("%s: '%s' does not say '%s'", refused[i].text, error, refused[i].error);
        arena_free(arena);
    }
}

static void test_a_file_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *error = NULL;
    assert_null(report_read_all(arena, "/nonexistent/report.xml", &error));
    assert_string_equal(error, "/nonexistent/report.xml: No such file or directory");
    arena_free(arena);
}

/* ---- the schema ------------------------------------------------------------------------------------------
 */

static void be_silent(void *context, const char *message, ...)
{
    (void)context, (void)message;
}

static xmlSchemaPtr load_schema(void)
{
    const struct embedded_file *file = embedded_file_find("reports/report.xsd");
    xmlSchemaParserCtxtPtr parser = xmlSchemaNewMemParserCtxt(file->data, (int)(file->end - file->data));
    xmlSchemaPtr schema = xmlSchemaParse(parser);
    xmlSchemaFreeParserCtxt(parser);
    assert_non_null(schema);
    return schema;
}

static bool is_valid(xmlSchemaPtr schema, const char *path, bool silent)
{
    xmlSchemaValidCtxtPtr context = xmlSchemaNewValidCtxt(schema);
    if (silent)
        xmlSchemaSetValidErrors(context, be_silent, be_silent, NULL);
    bool valid = xmlSchemaValidateFile(context, path, 0) == 0;
    xmlSchemaFreeValidCtxt(context);
    return valid;
}

/* Every endpoint that something refers to must be there; the test's own values are no ids. */
static void set_endpoints(struct arena *arena, struct audit *audit)
{
    char *id = audit->endpoints.first->id = arena_text(arena, "e1");
    list_each (struct instance, instance, &audit->instances) {
        instance->endpoint = id;
        list_each (struct linked_server, link, &instance->linked_servers) {
            link->endpoint = link->failover_endpoint = id;
        }
    }
    list_each (struct finding, finding, &audit->findings) {
        finding->endpoint = id;
    }
}

static void test_a_report_with_everything_is_valid_against_the_schema(void **state)
{
    struct arena *arena = arena_new();
    const char *error;
    struct audit *audit = filled_audit(arena);
    char *path = arena_format(arena, "%s/report.xml", (char *)*state);
    xmlSchemaPtr schema = load_schema();
    assert_true(report_write(arena, path, audit, &error));
    assert_false(is_valid(schema, path, true)); /* endpoints that are not there */
    set_endpoints(arena, audit);
    assert_true(report_write(arena, path, audit, &error));
    assert_true(is_valid(schema, path, false));
    assert_true(is_valid(schema, SAMPLE, false));
    xmlSchemaFree(schema);
    arena_free(arena);
}

/* The reader and the schema agree: what one refuses the other does. Not so where XML itself is broken or the
 * reader is the stricter one. */
static void test_the_schema_refuses_what_the_reader_refuses(void **state)
{
    struct arena *arena = arena_new();
    xmlSchemaPtr schema = load_schema();
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
        assert_true(is_valid(schema, in_folder(arena, state, accepted[i]), false));
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (strstr(refused[i].text, "DOCTYPE"))
            continue;
        xmlSetGenericErrorFunc(NULL, be_silent);
        if (is_valid(schema, in_folder(arena, state, refused[i].text), true))
            fail_msg("the schema accepts %s", refused[i].text);
    }
    xmlSchemaFree(schema);
    arena_free(arena);
}

static void test_text_in_many_parts_costs_no_more_than_its_length(void **state)
{
    enum { PARTS = 20000 };
    static const char part[] = "<![CDATA[x]]><!---->";
    struct arena *arena = arena_new();
    char *text = arena_alloc(arena, PARTS * strlen(part) + 1024), *end = text;
    end += sprintf(end, ROOT "><problems><message>");
    for (int i = 0; i < PARTS; i++)
        end += sprintf(end, "%s", part);
    sprintf(end, "</message></problems></audit>");
    const char *error;
    const struct audit *audit = report_read_all(arena, in_folder(arena, state, text), &error);
    if (!audit)
        fail_msg("%s", error);
    assert_int_equal(strlen(audit->problems.first->text), PARTS);
    arena_free(arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_new, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_parts_come_one_at_a_time_in_the_documents_order),
        TEST(test_only_what_the_vocabulary_allows_is_read),
        TEST(test_a_file_that_is_not_there_is_named),
        TEST(test_a_report_with_everything_is_valid_against_the_schema),
        TEST(test_text_in_many_parts_costs_no_more_than_its_length),
        TEST(test_the_schema_refuses_what_the_reader_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
