/* The tables of the manual are the tables that the program applies. After a change of a table:
 *
 *     LINKAUDIT_WRITE_TABLES=1 build/unit/test_tables      from the top of the source tree
 */
#include "audit/diagnosis/diagnosis.h"
#include "audit/diagnosis/messages.h"
#include "audit/diagnosis/prose.h"
#include "audit/rules/rules.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>

static char *whole_file(struct arena *arena, const char *path)
{
    FILE *file = fopen(path, "r");
    struct prose prose = prose_new(arena);
    char line[4096];
    while (file && fgets(line, sizeof(line), file))
        prose_put(&prose, line);
    if (file)
        fclose(file);
    return prose_text(&prose);
}

static void is_file(const char *path, const char *title, char *(*table)(struct arena *arena))
{
    struct arena *arena = arena_new();
    char *text = arena_format(arena, "# %s\n\n%s", title, table(arena));
    if (getenv("LINKAUDIT_WRITE_TABLES")) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(text, file);
        assert_int_equal(fclose(file), 0);
    }
    if (strcmp(whole_file(arena, path), text) != 0)
        fail_msg("%s is not what the program applies; LINKAUDIT_WRITE_TABLES=1 writes it anew", path);
    arena_free(arena);
}

static void the_steps_are_documented_as_applied(void **state)
{
    (void)state;
    is_file("audit/diagnosis/steps.md", "The ten steps: of each the first row that holds decides",
            diagnosis_steps_markdown);
}

static void the_causes_are_documented_as_applied(void **state)
{
    (void)state;
    is_file("audit/diagnosis/causes.md", "The causes", diagnosis_causes_markdown);
}

static void the_rules_are_documented_as_applied(void **state)
{
    (void)state;
    is_file("audit/rules/rules.md", "The rules", rules_markdown);
}

/* What a reader relies on: ids in order within their group, words in every column, a known severity. */
static void every_rule_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i < rule_count; i++) {
        const struct rule *rule = &rules[i];
        assert_non_null(name_of(&severity_names, (int)rule->severity));
        assert_true(strlen(rule->title) > 5 && strlen(rule->applies) > 10 && strlen(rule->why) > 10);
        if (i && rules[i - 1].id[0] == rule->id[0])
            assert_int_equal(atoi(rule->id + 1), atoi(rules[i - 1].id + 1) + 1);
    }
}

static void every_message_means_something(void **state)
{
    (void)state;
    for (size_t i = 0; i < message_catalogue_count; i++) {
        const struct catalogue_row *row = &message_catalogue[i];
        assert_true(row->code || row->text || row->layers);
        assert_true(row->weight > 0);
        assert_non_null(name_of(&cause_names, (int)row->cause));
        assert_true(strlen(row->means) > 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_steps_are_documented_as_applied),
        cmocka_unit_test(the_causes_are_documented_as_applied),
        cmocka_unit_test(the_rules_are_documented_as_applied),
        cmocka_unit_test(every_rule_is_whole),
        cmocka_unit_test(every_message_means_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
