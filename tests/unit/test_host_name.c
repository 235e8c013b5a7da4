#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/target/host_name.h"
#include <string.h>

static const struct {
    const char *text, *canonical;
    enum host_name_error error;
} names[] = {
    {"SQL07", "sql07", HOST_NAME_OK},
    {" Sql07.Corp.Example. ", "sql07.corp.example", HOST_NAME_OK},
    {"[2001:DB8:0::1]", "2001:db8::1", HOST_NAME_OK},
    {"fe80::1%3", "fe80::1%3", HOST_NAME_OK},
    {".", ".", HOST_NAME_OK},
    {"(LOCAL)", "(local)", HOST_NAME_OK},
    {"", "", HOST_NAME_EMPTY},
    {" \t", "", HOST_NAME_EMPTY},
    {"...", "", HOST_NAME_BAD_CHARACTER},
    {"a..b", "", HOST_NAME_BAD_CHARACTER},
    {"a b", "", HOST_NAME_BAD_CHARACTER},
    {"a\x7f", "", HOST_NAME_BAD_CHARACTER},
    {"\xc0\x80", "", HOST_NAME_BAD_CHARACTER},
    {"\xf4\x90\x80\x80", "", HOST_NAME_BAD_CHARACTER},
    {"[a]", "", HOST_NAME_BAD_IPV6},
    {"1::2::3", "", HOST_NAME_BAD_IPV6},
    {"fe80::1%a/b", "", HOST_NAME_BAD_IPV6},
};

static void host_names_have_one_spelling(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char out[HOST_NAME_SIZE];
        enum host_name_error error = host_name_canonical(text_span(names[i].text), out);
        if (error != names[i].error || strcmp(out, names[i].canonical) != 0)
            fail_msg("\"%s\": error %d, \"%s\"", names[i].text, error, out);
    }
}

static const struct {
    const char *text, *host, *port; /* host NULL: refused; port NULL: none */
} splits[] = {
    {"h", "h", NULL},       {"h:1", "h", "1"},        {"h:", "h", ""},
    {"::1", "::1", NULL},   {"[::1]", "[::1]", NULL}, {" [::1] : 5 ", "[::1]", " 5"},
    {"[::1]x", NULL, NULL}, {"[::1", NULL, NULL},     {"", "", NULL},
};

static void a_port_is_what_follows_the_only_colon(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        struct text_span host, port;
        bool split = host_name_split_port(text_span(splits[i].text), &host, &port);
        assert_int_equal(split, splits[i].host != NULL);
        if (!split)
            continue;
        assert_true(text_span_equal(host, splits[i].host));
        assert_int_equal(port.start != NULL, splits[i].port != NULL);
        assert_true(!splits[i].port || text_span_equal(port, splits[i].port));
    }
}

static void own_names_and_single_labels_are_told_apart(void **state)
{
    (void)state;
    assert_true(host_name_is_own("."));
    assert_true(host_name_is_own("::1"));
    assert_false(host_name_is_own("127.0.0.2"));
    assert_true(host_name_is_single_label("sql07"));
    assert_false(host_name_is_single_label("sql07.x"));
    assert_false(host_name_is_single_label("::1"));
    assert_false(host_name_is_single_label(""));
    assert_true(host_name_is_address("10.1.2.3"));
    assert_false(host_name_is_address("10.1.2"));
}

static void shortened_text_stays_different_and_well_formed(void **state)
{
    (void)state;
    char a[200], b[200], short_a[64], short_b[64];
    memset(a, 'x', sizeof a - 1);
    a[199] = '\0';
    memcpy(a + 39, "ä", 2); /* across the place of the cut */
    strcpy(b, a);
    b[198] = 'y';
    text_copy_shortened(short_a, sizeof short_a, text_span(a));
    text_copy_shortened(short_b, sizeof short_b, text_span(b));
    assert_string_not_equal(short_a, short_b);
    assert_true(text_is_utf8(text_span(short_a)));
    assert_true(strlen(short_a) < sizeof short_a);
    text_copy_shortened(short_a, sizeof short_a, text_span("as it is"));
    assert_string_equal(short_a, "as it is");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_names_have_one_spelling),
        cmocka_unit_test(a_port_is_what_follows_the_only_colon),
        cmocka_unit_test(own_names_and_single_labels_are_told_apart),
        cmocka_unit_test(shortened_text_stays_different_and_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
