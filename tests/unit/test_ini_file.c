#include "audit/ini_file.h"
#include "audit/model/arena.h"
#include "tests/unit/folder.h"

#include <iconv.h>

static char path[100];

static int set_up(void **state)
{
    if (folder_new(state) != 0)
        return -1;
    snprintf(path, sizeof(path), "%s/x.ini", (const char *)*state);
    return 0;
}

/* What was read, as "[section]@line key=value@line …", or else each mistake as "line: text", in lines. */
static const char *said(struct arena *arena, const struct ini_file *file)
{
    const char *text = "";
    list_each (const struct ini_mistake, wrong, &file->mistakes)
        text = arena_format(arena, "%s%s%u: %s", text, *text ? "\n" : "", wrong->line, wrong->text);
    if (file->mistakes.count > 0)
        return text;
    list_each (const struct ini_section, section, &file->sections) {
        text = arena_format(arena, "%s%s[%s]@%u", text, *text ? " " : "", section->name, section->line);
        list_each (const struct ini_key, key, &section->keys)
            text = arena_format(arena, "%s %s=%s@%u", text, key->name, key->value, key->line);
    }
    return text;
}

static const char *read_bytes(struct arena *arena, const char *bytes, size_t length)
{
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, length, stream), length);
    assert_int_equal(fclose(stream), 0);
    return said(arena, ini_file_read(arena, path));
}

struct ini_case {
    const char *text, *expected;
};

static void check(const struct ini_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct arena *arena = arena_new();
        assert_string_equal(read_bytes(arena, cases[i].text, strlen(cases[i].text)), cases[i].expected);
        arena_free(arena);
    }
}
#define CHECK(cases) check(cases, sizeof(cases) / sizeof((cases)[0]))

#define EXPECTED " (expected [section], key = value, or a comment that begins with # or ;)"
#define PLAIN "expected a name of a section or a key in plain ASCII, without ! and control characters"

static void sections_and_keys_come_in_the_files_order_with_their_lines(void **state)
{
    static const struct ini_case cases[] = {
        {"[b]\nk = v\nj=w\n\n[a]\nk = x\n", "[b]@1 k=v@2 j=w@3 [a]@5 k=x@6"},
        {"# one\n; two\n\n \t\n[a]\n#k = v\nk = v\n# last", "[a]@5 k=v@7"},
        {"[a]\r\nk = v\r\n\r\n[b]\r\n", "[a]@1 k=v@2 [b]@4"},
        {"[a]\nk = v", "[a]@1 k=v@2"},
        {"[a]", "[a]@1"},
        {"[a] \t\n[ b c ]\nk=v\n", "[a]@1 [b c]@2 k=v@3"},
        {"[a]\n  k = v\n\tj = w\n", "[a]@1 k=v@2 j=w@3"},
        {"[a]\nk =  v w \t\nj =\ni = =\n", "[a]@1 k=v w@2 j=@3 i==@4"},
        {"[a]\nk = \"v\" # no comment ; either\n", "[a]@1 k=\"v\" # no comment ; either@2"},
        {"[a]\nk = Größe\n", "[a]@1 k=Größe@2"},
        {"[a b\\c]d]\nk k,$ = v\n", "[a b\\c]d]@1 k k,$=v@2"},
        {"", ""},
        {"# only words\n", ""},
    };
    (void)state;
    CHECK(cases);
}

/* What begins a section and what does not must be the same for the pieces as for the lines. */
static void a_bracket_begins_a_section_at_the_start_of_a_line_only(void **state)
{
    static const struct ini_case cases[] = {
        {"[a]\nk = [b]\n [c] = d\nj = x [e\n", "[a]@1 k=[b]@2 [c]=d@3 j=x [e@4"},
        {"[a]\nk = v\n  [b]\n", "3: Equal sign is missing." EXPECTED},
        {"[a]\nk = v\n  and more\n", "3: Equal sign is missing." EXPECTED},
        /* the name that libini_config gives a section's own line */
        {"[a]\n [ = v\n", "2: Duplicate key is not allowed." EXPECTED},
    };
    (void)state;
    CHECK(cases);
}

static void each_mistake_is_told_with_its_line(void **state)
{
    static const struct ini_case cases[] = {
        {"[a] # words\nk = v\n", "1: No closing bracket." EXPECTED},
        {"[]\n", "1: Section name is missing." EXPECTED},
        {"[a]\nk\n= v\n\fk = v\n",
         "2: Equal sign is missing." EXPECTED "\n3: Property name is missing." EXPECTED
         "\n4: Invalid character at the beginning of the line." EXPECTED},
        {"\n\n[Größe]\nk = v\n[b]\nä = x\nb!=x\nc",
         "3: " PLAIN "\n6: " PLAIN "\n7: " PLAIN "\n8: Equal sign is missing." EXPECTED},
        {"# words\nk = v\nj = w\n[a]\nk = v\n",
         "2: 'k' stands before the first section (expected [section] before any key)"},
        {"[a]\n[b]\n[A]\n[ b ]\n", "3: Duplicate section [A]: [a] stands in line 1 already\n"
                                   "4: Duplicate section [b]: [b] stands in line 2 already"},
        {"[a]\nk = v\nj = w\nK = x\nk = y\n[b]\nk = v\n",
         "4: Duplicate key 'K': 'k' stands in line 2 already\n"
         "5: Duplicate key 'k': 'k' stands in line 2 already"},
        /* keys behind a wrong header are not those of the section before */
        {"[a]\nk = v\n[b\nk = w\n", "3: No closing bracket." EXPECTED},
    };
    (void)state;
    CHECK(cases);
}

static void long_sections_are_read_as_short_ones(void **state)
{
    struct arena *arena = arena_new();
    FILE *stream = fopen(path, "w");
    (void)state;
    assert_non_null(stream);
    fputs("[a]\n# words\n", stream);
    for (unsigned i = 3; i <= 1000; i++)
        fprintf(stream, "k%u = v%u\n", i, i);
    fputs("[b]\nk3 = w\n", stream);
    fclose(stream);
    const struct ini_file *file = ini_file_read(arena, path);
    assert_int_equal(file->mistakes.count, 0);
    assert_int_equal(file->sections.count, 2);
    assert_int_equal(file->sections.first->keys.count, 998);
    unsigned line = 3;
    list_each (const struct ini_key, key, &file->sections.first->keys) {
        assert_string_equal(key->name, arena_format(arena, "k%u", line));
        assert_string_equal(key->value, arena_format(arena, "v%u", line));
        assert_int_equal(key->line, line++);
    }
    assert_int_equal(file->sections.last->line, 1001);
    assert_int_equal(file->sections.last->keys.first->line, 1002);

    stream = fopen(path, "a");
    assert_non_null(stream);
    fputs("[c]\n", stream);
    for (unsigned i = 1004; i <= 2000; i++)
        fprintf(stream, i == 1504 ? "k%u\n" : "k%u = v\n", i == 1999 ? 1010 : i);
    fclose(stream);
    assert_string_equal(said(arena, ini_file_read(arena, path)),
                        "1504: Equal sign is missing." EXPECTED
                        "\n1999: Duplicate key 'k1010': 'k1010' stands in line 1010 already");
    arena_free(arena);
}

static void names_have_a_largest_length_and_values_have_none(void **state)
{
    static const struct {
        unsigned section, key, value;
        const char *mistake;
    } cases[] = {{1024, 1023, 1 << 20, NULL},
                 {1025, 5, 5, "1: Section name is too long." EXPECTED},
                 {5, 1024, 5, "2: Property name is too long." EXPECTED}};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        char *text = arena_format(arena, "[%0*d]\n%0*d=%0*d\n", (int)cases[i].section, 0, (int)cases[i].key,
                                  0, (int)cases[i].value, 0);
        const char *found = read_bytes(arena, text, strlen(text));
        if (cases[i].mistake)
            assert_string_equal(found, cases[i].mistake);
        else
            assert_int_equal(strlen(found), strlen(text) - 2 + strlen("@1 @2"));
        arena_free(arena);
    }
}

static void text_is_read_in_the_encoding_that_its_mark_tells(void **state)
{
    static const char text[] = "\uFEFF[a]\nk = Größe\n[b]\nj = \u0A5B\u5B0A\n"; /* bytes of \n and [ */
    static const char *const encodings[] = {"UTF-8", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"};
    (void)state;
    for (size_t i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
        struct arena *arena = arena_new();
        char bytes[400], *from = (char *)(uintptr_t)text, *to = bytes;
        size_t left = strlen(text), room = sizeof(bytes);
        iconv_t conversion = iconv_open(encodings[i], "UTF-8");
        assert_true(conversion != (iconv_t)-1);
        assert_int_equal(iconv(conversion, &from, &left, &to, &room), 0);
        iconv_close(conversion);
        assert_string_equal(read_bytes(arena, bytes, (size_t)(to - bytes)),
                            "[a]@1 k=Größe@2 [b]@3 j=\u0A5B\u5B0A@4");
        arena_free(arena);
    }
}

static void what_is_no_text_is_refused_with_its_line(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *expected;
    } cases[] = {
        {"[a]\nk = \xFF\n", 9, "2: not UTF-8 "},   {"[a]\nk = v\n\n# \xC3", 14, "4: not UTF-8 "},
        {"[a]\nk = a\0b\n", 12, "2: a NUL byte "}, {"[a]\nk = v\n\0[b]\n", 15, "3: a NUL byte "},
        {"[\0a\0]\0\n\0", 8, "1: a NUL byte "},    {"\xFF\xFE[\0a\0]\0\n\0k", 11, "2: not UTF-16LE "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        assert_string_equal(read_bytes(arena, cases[i].bytes, cases[i].length),
                            arena_format(arena,
                                         "%s(expected text in UTF-8, or in UTF-16 or UTF-32 with a byte "
                                         "order mark)",
                                         cases[i].expected));
        arena_free(arena);
    }
}

static void what_cannot_be_read_is_told(void **state)
{
    static const struct {
        const char *path, *expected;
    } cases[] = {
        {"/nonexistent/x.ini", "0: cannot be read: No such file or directory"},
        {"", "0: cannot be read: No such file or directory"},
        {"/", "0: cannot be read: Is a directory"},
        {"/dev/zero", "0: cannot be read: expected at most 64 MiB"},
        {"/dev/null", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        assert_string_equal(said(arena, ini_file_read(arena, cases[i].path)), cases[i].expected);
        arena_free(arena);
    }
}

static void a_pipe_is_read_to_its_end(void **state)
{
    struct arena *arena = arena_new();
    int ends[2];
    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "[a]\nk = v\n", 10), 10);
    close(ends[1]);
    assert_string_equal(said(arena, ini_file_read(arena, arena_format(arena, "/proc/self/fd/%d", ends[0]))),
                        "[a]@1 k=v@2");
    close(ends[0]);
    arena_free(arena);
}

static void what_a_section_lacks_is_told_at_its_first_key_or_its_header(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    assert_string_equal(read_bytes(arena, "[a]\n\nk = v\n[b]\n", 15), "[a]@1 k=v@3 [b]@4");
    const struct ini_file *file = ini_file_read(arena, path);
    assert_int_equal(ini_section_place(file->sections.first), 3);
    assert_int_equal(ini_section_place(file->sections.last), 4);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_and_keys_come_in_the_files_order_with_their_lines),
        cmocka_unit_test(a_bracket_begins_a_section_at_the_start_of_a_line_only),
        cmocka_unit_test(each_mistake_is_told_with_its_line),
        cmocka_unit_test(long_sections_are_read_as_short_ones),
        cmocka_unit_test(names_have_a_largest_length_and_values_have_none),
        cmocka_unit_test(text_is_read_in_the_encoding_that_its_mark_tells),
        cmocka_unit_test(what_is_no_text_is_refused_with_its_line),
        cmocka_unit_test(what_cannot_be_read_is_told),
        cmocka_unit_test(a_pipe_is_read_to_its_end),
        cmocka_unit_test(what_a_section_lacks_is_told_at_its_first_key_or_its_header),
    };
    return cmocka_run_group_tests(tests, set_up, folder_remove);
}
