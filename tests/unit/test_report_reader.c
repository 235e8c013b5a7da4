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
    {"<!DOCTYPE audit [<!ENTITY a SYSTEM \"/etc/passwd\">]>\n" ROOT " title=\"&a;\"/>",
     "line 1: a document type"},
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

/* ---- the schema ------------------------------------------------------------------------------------ */

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

static void test_a_report_with_everything_is_valid_against_the_schema(void **state)
{
    struct arena *arena = arena_new();
    const char *error;
    struct audit *audit = filled_audit(arena);
    char *path = arena_format(arena, "%s/report.xml", (char *)*state);
    xmlSchemaPtr schema = load_schema();
    assert_true(report_write(arena, path, audit, &error));
    assert_false(is_valid(schema, path, true)); /* endpoints that are not there */
    refer_to_endpoints(arena, audit);
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

/* ---- a valid report with one thing wrong, in every way that there is ------------------------------- */

enum { PLACES = 200 };

struct mutations {
    struct arena *arena;
    const char *path;
    xmlDocPtr document;
    xmlSchemaValidCtxtPtr schema;
    const char *subject; /* the element or attribute that is changed */
    size_t tried, refused, places;
    const char *place[PLACES];
};

/* What the reader takes must be what the schema takes, and it is returned; the reader may be stricter only
 * about blanks around a value, which the schema's numbers and moments ignore. */
static bool judge(struct mutations *mutations, const char *change, bool reader_may_refuse)
{
    struct arena *arena = arena_new();
    const char *error = NULL;
    bool valid = xmlSchemaValidateDoc(mutations->schema, mutations->document) == 0;
    assert_true(xmlSaveFileEnc(mutations->path, mutations->document, "UTF-8") > 0);
    bool read = report_read_all(arena, mutations->path, &error) != NULL;
    if (read != valid && !(reader_may_refuse && valid))
        fail_msg("%s %s: the schema %s it, the reader %s it%s%s", mutations->subject, change,
                 valid ? "takes" : "refuses", read ? "takes" : "refuses", error ? ": " : "",
                 error ? error : "");
    mutations->tried++;
    mutations->refused += !valid;
    arena_free(arena);
    return valid;
}

static void mutate_attribute(struct mutations *mutations, xmlNodePtr node, const char *name)
{
    static const char *const values[] = {"x",
                                         "",
                                         "true",
                                         "-1",
                                         "+1",
                                         "1.5",
                                         " 1",
                                         "00000000000000000001",
                                         "9223372036854775808",
                                         "0000-01-01T00:00:00Z",
                                         "2026-02-30T00:00:00Z",
                                         "2026-02-28T00:00:00",
                                         " 2026-02-28T00:00:00Z"};
    xmlChar *before = xmlGetProp(node, BAD_CAST name);
    mutations->subject = arena_format(mutations->arena, "%s/@%s", (const char *)node->name, name);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        xmlSetProp(node, BAD_CAST name, BAD_CAST values[i]);
        bool valid =
            judge(mutations, arena_format(mutations->arena, "= '%s'", values[i]), values[i][0] == ' ');
        if (i == 1 && valid) /* any text */
            break;
    }
    xmlUnsetProp(node, BAD_CAST name);
    judge(mutations, "left out", false);
    xmlSetProp(node, BAD_CAST name, before);
    xmlFree(before);
}

static void mutate_element(struct mutations *mutations, xmlNodePtr node)
{
    xmlNodePtr after = node->next, parent = node->parent, more;
    mutations->subject = arena_text(mutations->arena, (const char *)node->name);
    xmlSetProp(node, BAD_CAST "nosuch", BAD_CAST "1");
    judge(mutations, "with an unknown attribute", false);
    xmlUnsetProp(node, BAD_CAST "nosuch");
    more = xmlNewChild(node, node->ns, BAD_CAST "nosuch", NULL);
    judge(mutations, "with an unknown element", false);
    xmlUnlinkNode(more), xmlFreeNode(more);
    if (!node->last || node->last->type != XML_TEXT_NODE) { /* it would become a part of that */
        more = xmlAddChild(node, xmlNewDocText(node->doc, BAD_CAST "text"));
        judge(mutations, "with a text", false);
        xmlUnlinkNode(more), xmlFreeNode(more);
    }
    if (parent->type != XML_ELEMENT_NODE)
        return;
    more = xmlDocCopyNode(node, node->doc, 1);
    xmlAddNextSibling(node, more);
    judge(mutations, "twice", false);
    xmlUnlinkNode(more);
    xmlAddChild(parent, more);
    judge(mutations, "once more at the end", false);
    xmlUnlinkNode(more), xmlFreeNode(more);
    xmlUnlinkNode(node);
    judge(mutations, "left out", false);
    if (after)
        xmlAddPrevSibling(after, node);
    else
        xmlAddChild(parent, node);
}

/* One element of each kind and place is enough. */
static bool is_new(struct mutations *mutations, xmlNodePtr node)
{
    const char *place =
        arena_format(mutations->arena, "%s/%s", (const char *)node->parent->name, (const char *)node->name);
    for (size_t i = 0; i < mutations->places; i++)
        if (strcmp(mutations->place[i], place) == 0)
            return false;
    assert_true(mutations->places < PLACES);
    mutations->place[mutations->places++] = place;
    return true;
}

static void mutate_below(struct mutations *mutations, xmlNodePtr node)
{
    if (node->parent->type == XML_ELEMENT_NODE && !is_new(mutations, node))
        return;
    mutate_element(mutations, node);
    /* By name: a changed attribute may stand elsewhere afterwards. */
    const char *names[ELEMENT_MEMBERS];
    size_t count = 0;
    for (xmlAttrPtr attribute = node->properties; attribute; attribute = attribute->next)
        names[count++] = arena_text(mutations->arena, (const char *)attribute->name);
    for (size_t i = 0; i < count; i++)
        mutate_attribute(mutations, node, names[i]);
    for (xmlNodePtr child = node->children, next; child; child = next) {
        next = child->next;
        if (child->type == XML_ELEMENT_NODE)
            mutate_below(mutations, child);
    }
}

static void test_reader_and_schema_agree_about_every_mistake(void **state)
{
    struct arena *arena = arena_new();
    const char *error;
    xmlSchemaPtr schema = load_schema();
    struct mutations mutations = {.arena = arena,
                                  .path = arena_format(arena, "%s/report.xml", (char *)*state)};
    struct audit *audit = filled_audit(arena);
    refer_to_endpoints(arena, audit);
    assert_true(report_write(arena, mutations.path, audit, &error));
    mutations.document = xmlReadFile(mutations.path, NULL, XML_PARSE_NONET | XML_PARSE_NOBLANKS);
    mutations.schema = xmlSchemaNewValidCtxt(schema);
    xmlSchemaSetValidErrors(mutations.schema, be_silent, be_silent, NULL);
    judge(&mutations, "as it is", false);
    assert_int_equal(mutations.refused, 0);
    mutate_below(&mutations, xmlDocGetRootElement(mutations.document));
    judge(&mutations, "as it was", false);
    print_message("%zu mutations, %zu refused by both\n", mutations.tried, mutations.refused);
    assert_true(mutations.refused > 1000 && mutations.tried > mutations.refused);
    xmlSchemaFreeValidCtxt(mutations.schema);
    xmlSchemaFree(schema);
    xmlFreeDoc(mutations.document);
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
        TEST(test_reader_and_schema_agree_about_every_mistake),
        TEST(test_text_in_many_parts_costs_no_more_than_its_length),
        TEST(test_the_schema_refuses_what_the_reader_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
