#include "reports/xml_writer.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void write_sample(struct xml_writer *writer)
{
    xml_writer_start(writer, "a");
    xml_writer_attribute(writer, "b", "1 < 2 > \"&'\t\n\r\x01\xC3\xA9");
    xml_writer_attribute(writer, "c", "");
    xml_writer_attribute(writer, "d", NULL);
    xml_writer_element(writer, "e", NULL);
    xml_writer_element(writer, "e", "");
    xml_writer_start(writer, "e");
    xml_writer_text(writer, "1 < 2 > ");
    xml_writer_text(writer, "\"&'\t\n\r\x7F\xFF");
    xml_writer_end(writer);
    xml_writer_start(writer, "f");
    xml_writer_start(writer, "g");
}

static void test_a_document_has_a_line_for_each_element(void **state)
{
    (void)state;
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    struct xml_writer *writer = xml_writer_new(stream);
    write_sample(writer);
    xml_writer_free(writer); /* ends all that is open */
    fclose(stream);
    assert_string_equal(text,
                        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                        "<a b=\"1 &lt; 2 &gt; &quot;&amp;'&#9;&#10;&#13;\xEF\xBF\xBD\xC3\xA9\" c=\"\">\n"
                        " <e/>\n"
                        " <e></e>\n"
                        " <e>1 &lt; 2 &gt; &quot;&amp;'\t\n&#13;\x7F\xEF\xBF\xBD</e>\n"
                        " <f>\n"
                        "  <g/>\n"
                        " </f>\n"
                        "</a>\n");
    free(text);
}

static void test_what_goes_into_memory_has_no_lines(void **state)
{
    (void)state;
    struct xml_writer *writer = xml_writer_new_memory();
    for (int i = 0; i < 2; i++) {
        size_t length;
        xml_writer_start(writer, "a");
        xml_writer_element(writer, "b", "c");
        xml_writer_end(writer);
        const char *bytes = xml_writer_take(writer, &length);
        assert_int_equal(length, strlen("<a><b>c</b></a>"));
        assert_memory_equal(bytes, "<a><b>c</b></a>", length);
    }
    xml_writer_free(writer);
}

/* Longer than what waits for the stream at a time. */
static void test_long_texts_come_whole(void **state)
{
    (void)state;
    enum { LENGTH = 1000000 };
    char *value = malloc(LENGTH + 1), *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    struct xml_writer *writer = xml_writer_new(stream);
    memset(value, 'v', LENGTH);
    value[LENGTH] = '\0';
    xml_writer_start(writer, "a");
    for (int i = 0; i < 3; i++)
        xml_writer_element(writer, "b", value);
    xml_writer_free(writer);
    fclose(stream);
    assert_int_equal(size, strlen("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>\n</a>\n") +
                               3 * (LENGTH + strlen(" <b></b>\n")));
    assert_int_equal(strspn(strstr(text, "<b>") + 3, "v"), LENGTH);
    free(text);
    free(value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_document_has_a_line_for_each_element),
        cmocka_unit_test(test_what_goes_into_memory_has_no_lines),
        cmocka_unit_test(test_long_texts_come_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
