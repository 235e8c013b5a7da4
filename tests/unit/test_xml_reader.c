#include "audit/model/arena.h"
#include "reports/xml_reader.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The document as one line of what was read of it. */
static char *told(struct arena *arena, struct xml_reader *reader)
{
    static const char *const words[] = {
        [NODE_NONE] = "none", [NODE_ELEMENT] = "element", [NODE_END] = "end",
        [NODE_TEXT] = "text", [NODE_CDATA] = "cdata",     [NODE_INSTRUCTION] = "instruction",
        [NODE_TYPE] = "type", [NODE_BROKEN] = "broken"};
    char *all = arena_text(arena, "");
    enum xml_node node;
    do {
        const char *name, *value;
        node = xml_reader_next_tag(reader);
        all = arena_format(arena, "%s%s:%d %s", all, xml_reader_name(reader), xml_reader_line(reader),
                           words[node]);
        for (size_t i = 0; xml_reader_attribute(reader, i, &name, &value); i++)
            all = arena_format(arena, "%s %s=%s", all, name, value);
        all = arena_format(arena, "%s\n", all);
    } while (node != NODE_NONE && node != NODE_BROKEN);
    return all;
}

static const char *const documents[][2] = {
    {"<a/>", "a:1 element\na:1 end\n:1 none\n"},
    {"<a b='1 &amp; &#50; &lt;'\n c=''/>", "a:2 element b=1 & 2 < c=\na:2 end\n:2 none\n"},
    {"<a> \n<!-- none --><b>text</b></a>",
     "a:1 element\nb:2 element\n#text:2 text\nb:2 end\na:2 end\n:2 none\n"},
    {"<a><![CDATA[ ]]></a>", "a:1 element\n#cdata-section:1 cdata\na:1 end\n:1 none\n"},
    {"<?p q?><a/>", "p:1 instruction\na:1 element\na:1 end\n:1 none\n"},
    {"<x:a xmlns:x='u' xmlns='v' x:b='1'/>", "x:a:1 element xmlns:x=u xmlns=v x:b=1\na:1 end\n:1 none\n"},
    {"<!DOCTYPE a [<!ENTITY b 'c'>]>\n<a>&b;</a>", "<!DOCTYPE>:1 type\n:1 broken\n"},
    {"<a>&b;</a>", NULL},
    {"<a><b></a>", NULL},
    {"<a/>text", NULL},
    {"<a", NULL},
    {"", NULL},
};

static void is_told(struct arena *arena, struct xml_reader *reader, size_t i)
{
    char *all = told(arena, reader);
    if (documents[i][1])
        assert_string_equal(all, documents[i][1]);
    else
        assert_non_null(strstr(all, "broken"));
}

static int file_of(const char *bytes, size_t length)
{
    int fd = memfd_create("document", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

static void test_a_file_and_bytes_are_read_alike(void **state)
{
    (void)state;
    struct xml_reader *again = NULL;
    for (size_t i = 0; i < sizeof(documents) / sizeof(documents[0]); i++) {
        struct arena *arena = arena_new();
        const char *text = documents[i][0];
        int fd = file_of(text, strlen(text));
        struct xml_reader *reader = xml_reader_of_file(fd);
        is_told(arena, reader, i);
        xml_reader_free(reader);
        close(fd);
        again = xml_reader_of_bytes(again, text, strlen(text));
        is_told(arena, again, i);
        arena_free(arena);
    }
    xml_reader_free(again);
}

/* Whatever of it a read of the file ends in. */
static void test_nothing_is_cut_where_a_read_of_the_file_ends(void **state)
{
    (void)state;
    enum { BEFORE = 40000, LENGTH = 200000 };
    static char document[LENGTH * 3], value[LENGTH + 1];
    memset(value, 'v', LENGTH);
    for (int before = BEFORE; before < BEFORE + 20; before++) {
        struct arena *arena = arena_new();
        int size = sprintf(document, "<a><!--%*s--><b c=\"%s&amp;\">%s&lt;%s</b></a>", before, "", value,
                           value, "end");
        int fd = file_of(document, (size_t)size);
        struct xml_reader *reader = xml_reader_of_file(fd);
        const char *name, *attribute, *text;
        size_t length;
        assert_int_equal(xml_reader_next_tag(reader), NODE_ELEMENT);
        assert_int_equal(xml_reader_next_tag(reader), NODE_ELEMENT);
        assert_true(xml_reader_attribute(reader, 0, &name, &attribute));
        assert_int_equal(strlen(attribute), LENGTH + 1);
        assert_int_equal(attribute[LENGTH], '&');
        assert_int_equal(xml_reader_characters(reader, &text, &length), NODE_END);
        assert_int_equal(length, LENGTH + 4);
        assert_memory_equal(text, value, LENGTH);
        assert_memory_equal(text + LENGTH, "<end", 4);
        assert_int_equal(xml_reader_next_tag(reader), NODE_END);
        assert_int_equal(xml_reader_next_tag(reader), NODE_NONE);
        xml_reader_free(reader);
        close(fd);
        arena_free(arena);
    }
}

/* In it, beside it, and of the same name with a prefix. */
static void test_elements_that_are_left_out_are_passed_over_with_all_in_them(void **state)
{
    (void)state;
    static const char *const names[] = {"x", "y", NULL};
    static const char document[] =
        "<a><x b='1'>text<a/><x/><![CDATA[c]]><?p q?></x><c>1<y/>2</c><p:x xmlns:p='u'/></a>";
    static const char cut[] = "<a><x><b></x></a>";
    struct arena *arena = arena_new();
    int fd = file_of(document, strlen(document)), broken = file_of(cut, strlen(cut));
    struct xml_reader *reader = xml_reader_of_file(fd);
    xml_reader_leave_out(reader, names);
    assert_string_equal(told(arena, reader), "a:1 element\nc:1 element\n#text:1 text\nc:1 end\n"
                                             "p:x:1 element xmlns:p=u\nx:1 end\na:1 end\n:1 none\n");
    xml_reader_free(reader);
    reader = xml_reader_of_file(broken);
    xml_reader_leave_out(reader, names);
    assert_string_equal(told(arena, reader), "a:1 element\n:1 broken\n");
    xml_reader_free(reader);
    close(fd), close(broken);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_and_bytes_are_read_alike),
        cmocka_unit_test(test_elements_that_are_left_out_are_passed_over_with_all_in_them),
        cmocka_unit_test(test_nothing_is_cut_where_a_read_of_the_file_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
