#include "reports/output.h"
#include "reports/report_reader.h"
#include "tests/unit/folder.h"

#include <libxml/xmlreader.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define SAMPLE "tests/corpus/reports/estate.xml"

static struct audit *sample(struct arena *arena)
{
    const char *error = NULL;
    struct audit *audit = report_read_all(arena, SAMPLE, &error);
    if (!audit)
        fail_msg("%s", error);
    return audit;
}

static char *make_of(struct arena *arena, const struct audit *audit, const char *format,
                     const char *stylesheet)
{
    const char *error = NULL;
    const struct output_options options = {.stylesheet = stylesheet};
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    bool good = output_find(format)->write(stream, audit, &options, arena, &error);
    fclose(stream);
    char *kept = good ? arena_text(arena, text) : NULL;
    free(text);
    if (good)
        assert_null(error);
    else
        assert_non_null(error);
    return kept;
}

static char *make(struct arena *arena, const char *format, const char *stylesheet)
{
    return make_of(arena, sample(arena), format, stylesheet);
}

/* ---- CSV ------------------------------------------------------------------------------------------- */

/* The cells of one record of RFC 4180, which may span lines; returns where the next one begins. */
static const char *read_record(const char *at, char cells[][5000], int *count)
{
    *count = 0;
    for (;;) {
        char *to = cells[(*count)++];
        bool quoted = *at == '"';
        at += quoted;
        while (quoted ? !(at[0] == '"' && at[1] != '"') : *at != ',' && *at != '\r') {
            assert_true(*at != '\0');
            assert_true(quoted || (*at != '"' && *at != '\n'));
            at += quoted && *at == '"';
            *to++ = *at++;
        }
        *to = '\0';
        at += quoted;
        if (*at == ',') {
            at++;
            continue;
        }
        assert_memory_equal(at, "\r\n", 2);
        return at + 2;
    }
}

static void test_csv_has_the_same_cells_in_every_record_and_no_formula(void **state)
{
    (void)state;
    static char cells[32][5000];
    static const char *const formats[] = {"csv", "findings-csv"};
    for (int format = 0; format < 2; format++) {
        struct arena *arena = arena_new();
        const char *at = make(arena, formats[format], NULL);
        int columns, count, records = 0;
        bool formula = false;
        at = read_record(at, cells, &columns);
        for (; *at; records++) {
            at = read_record(at, cells, &count);
            assert_int_equal(count, columns);
            for (int i = 0; i < count; i++) {
                assert_true(!cells[i][0] || !strchr("=+-@\t\r", cells[i][0]));
                formula = formula || strcmp(cells[i], "'=HYPERLINK(\"http://x\")") == 0;
            }
        }
        assert_int_equal(records, format == 0 ? 31 : 19);
        assert_int_equal(formula, format == 0);
        arena_free(arena);
    }
}

/* What a server may call its links, and the cell that a spreadsheet may get. */
static void test_csv_makes_no_formula_of_any_cell(void **state)
{
    static const char *const cells[][2] = {
        {"=1+1", "\"'=1+1\""},
        {"+1", "\"'+1\""},
        {"-1", "\"'-1\""},
        {"@SUM(1)", "\"'@SUM(1)\""},
        {"|cmd", "\"'|cmd\""},
        {"  =1", "\"'  =1\""},
        {"\uFF1D1", "\"'\uFF1D1\""},
        {"\uFF20x", "\"'\uFF20x\""},
        {"a;=1+1", "\"a;'=1+1\""},
        {"a;  @x", "\"a;'  @x\""},
        {"a\"b", "\"a\"\"b\""},
        {"UID=a;PWD=***", "\"UID=a;PWD=***\""},
        {"a=b", "a=b"},
        {"SQL-01", "SQL-01"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
        struct arena *arena = arena_new();
        struct audit audit = {0};
        struct instance instance = {.name = arena_text(arena, cells[i][0]), .status = INSTANCE_AUDITED};
        struct linked_server link = {.name = arena_text(arena, "L")};
        const char *error;
        char *text;
        size_t size;
        FILE *stream = open_memstream(&text, &size);
        list_append(&instance.linked_servers, &link);
        list_append(&audit.instances, &instance);
        assert_true(output_find("csv")->write(stream, &audit, &(struct output_options){0}, arena, &error));
        fclose(stream);
        const char *row = strstr(text, "\r\n") + 2;
        if (strncmp(row, cells[i][1], strlen(cells[i][1])) != 0 || row[strlen(cells[i][1])] != ',')
            fail_msg("%s became %s", cells[i][0], row);
        free(text);
        arena_free(arena);
    }
}

/* ---- OpenMetrics ----------------------------------------------------------------------------------- */

static void test_metrics_are_families_of_samples_that_end_with_EOF(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    char *text = make(arena, "metrics", NULL), *family = arena_text(arena, "");
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        char name[200];
        if (sscanf(line, "# TYPE %199s gauge", name) == 1) {
            family = arena_text(arena, name);
        } else if (strcmp(line, "# EOF") == 0) {
            assert_null(strtok(NULL, "\n"));
            arena_free(arena);
            return;
        } else if (strncmp(line, "# HELP ", 7) != 0) {
            size_t length = strcspn(line, "{ ");
            assert_int_equal(strlen(family), length);
            assert_memory_equal(line, family, length);
            assert_non_null(strrchr(line, ' '));
            assert_true(strspn(strrchr(line, ' ') + 1, "0123456789") > 0);
        }
    }
    fail_msg("no # EOF");
}

static void test_metrics_count_what_the_report_holds(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *text = make(arena, "metrics", NULL);
    static const char *const lines[] = {
        "\nlinkaudit_run_complete 0\n",
        "\nlinkaudit_run_duration_seconds 84\n",
        "\nlinkaudit_instances{status=\"failed\"} 2\n",
        "\nlinkaudit_links{state=\"broken\"} 9\n",
        "\nlinkaudit_links_on_2025{verdict=\"breaks\"} 6\n",
        "\nlinkaudit_findings{severity=\"critical\"} 1\n",
        "\nlinkaudit_findings_waived 1\n",
        "\nlinkaudit_link_works{instance=\"SQL02\\\\FINANCE\",link=\"CRM\"} 0\n",
        "\nlinkaudit_link_works{instance=\"SQL01\",link=\"SQL08\"} 1\n",
        "\nlinkaudit_link_works{instance=\"HOSTILE <b>1</b>\",link=\"=HYPERLINK(\\\"http://x\\\")\"} 1\n",
        "\nlinkaudit_certificate_not_after_timestamp_seconds{endpoint=\"sqlserver:crm-db.corp.example,"
        "14330\"} "
        "1793491199\n",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        if (!strstr(text, lines[i]))
            fail_msg("missing: %s", lines[i]);
    arena_free(arena);
}

/* ---- JUnit ----------------------------------------------------------------------------------------- */

static int count_elements(const char *text, const char *name, const char *attribute)
{
    int count = 0, rc;
    xmlTextReaderPtr reader =
        xmlReaderForMemory(text, (int)strlen(text), NULL, "UTF-8", XML_PARSE_NONET | XML_PARSE_NOERROR);
    while ((rc = xmlTextReaderRead(reader)) == 1) {
        if (xmlTextReaderNodeType(reader) != XML_READER_TYPE_ELEMENT ||
            strcmp((const char *)xmlTextReaderConstName(reader), name) != 0)
            continue;
        xmlChar *value = attribute ? xmlTextReaderGetAttribute(reader, BAD_CAST attribute) : NULL;
        count += attribute ? atoi((const char *)value) : 1;
        xmlFree(value);
    }
    assert_int_equal(rc, 0);
    xmlFreeTextReader(reader);
    return count;
}

static void test_junit_has_a_case_for_every_link_and_counts_them(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const char *text = make(arena, "junit", NULL);
    assert_int_equal(count_elements(text, "testsuite", NULL), 9);
    assert_int_equal(count_elements(text, "testcase", NULL), 31 + 3 + 10);
    assert_int_equal(count_elements(text, "testsuite", "tests"), 31 + 3 + 10);
    assert_int_equal(count_elements(text, "failure", NULL), count_elements(text, "testsuite", "failures"));
    assert_int_equal(count_elements(text, "error", NULL), 3);
    assert_int_equal(count_elements(text, "skipped", NULL), count_elements(text, "testsuite", "skipped"));
    arena_free(arena);
}

static void test_junit_fails_a_link_whose_stored_login_the_target_refuses(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit *audit = sample(arena);
    struct finding finding = {.rule = arena_text(arena, "R08"),
                              .severity = SEVERITY_MEDIUM,
                              .instance = arena_text(arena, "SQL02\\FINANCE"),
                              .link = arena_text(arena, "STAGE")};
    const char *before = make_of(arena, audit, "junit", NULL);
    size_t failures = count_elements(before, "failure", NULL),
           skipped = count_elements(before, "skipped", NULL);
    list_append(&audit->findings, &finding);
    const char *text = make_of(arena, audit, "junit", NULL);
    assert_int_equal(count_elements(text, "failure", NULL), failures + 1);
    assert_int_equal(count_elements(text, "testsuite", "failures"), failures + 1);
    assert_int_equal(count_elements(text, "skipped", NULL), skipped - 1);
    assert_int_equal(count_elements(text, "testsuite", "skipped"), skipped - 1);
    finding.waived = TERNARY_TRUE;
    assert_string_equal(make_of(arena, audit, "junit", NULL), before);
    arena_free(arena);
}

/* ---- HTML with one's own stylesheet ---------------------------------------------------------------- */

#define STYLESHEET(body)                                                                                     \
    "<xsl:stylesheet version='1.0' xmlns:xsl='http://www.w3.org/1999/XSL/Transform' "                        \
    "xmlns:r='urn:linkaudit:report:1'><xsl:output method='text'/><xsl:template match='/'>" body              \
    "</xsl:template></xsl:stylesheet>"

static void test_ones_own_stylesheet_gets_the_whole_report(void **state)
{
    struct arena *arena = arena_new();
    char *path = arena_format(arena, "%s/own.xsl", (char *)*state);
    file_write(path, STYLESHEET("<xsl:value-of select='count(//r:linked-server)'/> links"));
    assert_string_equal(make(arena, "html", path), "31 links");
    arena_free(arena);
}

/* A file that a stylesheet could want, and what it may not become. */
#define SECRET "what nobody may read"

/* A listener on loopback that nobody may come to; its port is written behind `url`. */
static int listen_for_nobody(struct arena *arena, char **url)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    *url = arena_format(arena, "http://127.0.0.1:%d/x", ntohs(address.sin_port));
    return fd;
}

#define HEAD                                                                                                 \
    "<xsl:stylesheet version='1.1' xmlns:xsl='http://www.w3.org/1999/XSL/Transform' "                        \
    "xmlns:e='http://exslt.org/common' extension-element-prefixes='e'>"
#define END "</xsl:template></xsl:stylesheet>"

/* Before and after the name of a file, or an address of the network. */
struct around {
    const char *before, *after;
};
static const struct around reading[] = {
    {HEAD "<xsl:template match='/'><xsl:copy-of select=\"document('", "')\"/>" END},
    {HEAD "<xsl:include href='", "'/><xsl:template match='/'><xsl:call-template name='other'/>" END},
    {HEAD "<xsl:import href='", "'/><xsl:template match='/'><xsl:call-template name='other'/>" END},
    {"<!DOCTYPE x [<!ENTITY other SYSTEM '", "'>]>" HEAD "<xsl:template match='/'>&other;" END},
    {"<!DOCTYPE x [<!ENTITY % other SYSTEM '", "'> %other;]>" HEAD "<xsl:template match='/'>" END},
    {"<!DOCTYPE x SYSTEM '", "'>" HEAD "<xsl:template match='/'>" END},
    {"<?xml-stylesheet type='text/xml' href='", "'?><x/>"},
};
static const struct around writing[] = {
    {HEAD "<xsl:template match='/'><xsl:document href='", "'>x</xsl:document>" END},
    {HEAD "<xsl:template match='/'><e:document href='", "'>x</e:document>" END},
};

static void test_a_stylesheet_reads_no_file_and_asks_no_network(void **state)
{
    struct arena *arena = arena_new();
    char *path = arena_format(arena, "%s/own.xsl", (char *)*state), *url;
    char *other = arena_format(arena, "%s/other.xsl", (char *)*state);
    int fd = listen_for_nobody(arena, &url);
    file_write(other, HEAD "<xsl:template name='other'>" SECRET "</xsl:template></xsl:stylesheet>");
    for (size_t i = 0; i < sizeof(reading) / sizeof(reading[0]); i++) {
        const char *const places[] = {other, url};
        for (size_t place = 0; place < 2; place++) {
            file_write(path,
                       arena_format(arena, "%s%s%s", reading[i].before, places[place], reading[i].after));
            const char *text = make(arena, "html", path);
            if (text && strstr(text, SECRET))
                fail_msg("it read the file: %s", reading[i].before);
            if (accept(fd, NULL, NULL) >= 0)
                fail_msg("it asked the network: %s", reading[i].before);
        }
    }
    close(fd);
    arena_free(arena);
}

static void test_a_stylesheet_writes_no_file(void **state)
{
    struct arena *arena = arena_new();
    char *path = arena_format(arena, "%s/own.xsl", (char *)*state);
    for (size_t i = 0; i < sizeof(writing) / sizeof(writing[0]); i++) {
        file_write(
            path, arena_format(arena, "%s%s/written%s", writing[i].before, (char *)*state, writing[i].after));
        make(arena, "html", path);
        assert_int_equal(folder_count(*state, "written"), 0);
    }
    arena_free(arena);
}

static void test_what_is_no_stylesheet_is_refused(void **state)
{
    struct arena *arena = arena_new();
    char *path = arena_format(arena, "%s/own.xsl", (char *)*state);
    static const char *const wrong[] = {"no stylesheet", "<x/>", HEAD};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        file_write(path, wrong[i]);
        assert_null(make(arena, "html", path));
    }
    assert_null(make(arena, "html", arena_format(arena, "%s/missing.xsl", (char *)*state)));
    arena_free(arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_new, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_csv_has_the_same_cells_in_every_record_and_no_formula),
        TEST(test_csv_makes_no_formula_of_any_cell),
        TEST(test_metrics_are_families_of_samples_that_end_with_EOF),
        TEST(test_metrics_count_what_the_report_holds),
        TEST(test_junit_has_a_case_for_every_link_and_counts_them),
        TEST(test_junit_fails_a_link_whose_stored_login_the_target_refuses),
        TEST(test_ones_own_stylesheet_gets_the_whole_report),
        TEST(test_a_stylesheet_reads_no_file_and_asks_no_network),
        TEST(test_a_stylesheet_writes_no_file),
        TEST(test_what_is_no_stylesheet_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
