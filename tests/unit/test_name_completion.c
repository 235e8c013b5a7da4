#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "audit/model/arena.h"
#include "audit/target/name_completion.h"
#include <stdio.h>
#include <string.h>

static const struct host_entry hosts[] = {
    {"SQL09", "10.1.2.3"}, {"sql10", "Other.Example."}, {"sql11", "short"}, {"sql12", "sql12"}, {"sql13.b.example", "10.9.9.9"}};
static const char *const suffixes[] = {"a.example", ".B.example.", "", "."};

static const struct {
    const char *host;
    const char *names; /* "source:name " for each */
} completions[] = {
    {"SQL07", "dns-suffix:sql07.a.example dns-suffix:sql07.b.example owner-domain:sql07.corp.example "
              "as-written:sql07 "},
    {"sql07.", "as-written:sql07 "},
    {"sql07.emea", "as-written:sql07.emea "},
    {"10.1.2.3", "as-written:10.1.2.3 "},
    {"[2001:DB8::1]", "as-written:2001:db8::1 "},
    {"localhost", "as-written:localhost "},
    {"sql09", "hosts:10.1.2.3 "},
    {"SQL09.", "hosts:10.1.2.3 "},
    {"SQL10", "hosts:other.example "},
    {"sql11",
     "dns-suffix:short.a.example dns-suffix:short.b.example owner-domain:short.corp.example hosts:short "},
    {"sql12",
     "dns-suffix:sql12.a.example dns-suffix:sql12.b.example owner-domain:sql12.corp.example hosts:sql12 "},
    {"SQL13", "dns-suffix:sql13.a.example hosts:10.9.9.9 owner-domain:sql13.corp.example as-written:sql13 "},
    {"", ""},
    {"a b", ""},
    {NULL, ""},
};

static void candidates(const struct name_completion *completion, const char *host, char *out, size_t size)
{
    struct name_candidates found;
    name_completion_candidates(completion, host, &found);
    out[0] = '\0';
    for (size_t i = 0; i < found.count; i++)
        snprintf(out + strlen(out), size - strlen(out), "%s:%s ", name_source_name(found.at[i].source),
                 found.at[i].name);
}

static void names_are_tried_in_the_order_of_the_manual(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    const struct name_completion completion = {host_table_new(arena, hosts, 5), suffixes, 4, "corp.example"};
    for (size_t i = 0; i < sizeof completions / sizeof *completions; i++) {
        char text[2048];
        candidates(&completion, completions[i].host, text, sizeof text);
        if (strcmp(text, completions[i].names) != 0)
            fail_msg("%s: <%s>, expected <%s>", completions[i].host, text, completions[i].names);
    }
    arena_free(arena);
}

static void no_name_is_tried_twice_and_none_is_cut(void **state)
{
    (void)state;
    static const char *const same[] = {"corp.example", "CORP.example."};
    const struct name_completion completion = {NULL, same, 2, "corp.example"};
    char text[2048], label[254];
    candidates(&completion, "x", text, sizeof text);
    assert_string_equal(text, "dns-suffix:x.corp.example as-written:x ");
    memset(label, 'x', 253);
    label[253] = '\0';
    struct name_candidates found;
    name_completion_candidates(&completion, label, &found);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.at[0].name, label);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_tried_in_the_order_of_the_manual),
        cmocka_unit_test(no_name_is_tried_twice_and_none_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
