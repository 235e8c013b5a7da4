#include "audit/command.h"
#include "audit/run_summary.h"
#include "tests/unit/estate_report.h"

#include <stdlib.h>
#include <string.h>

static const char *summary(struct arena *arena, const struct audit *audit, bool whole, int status)
{
    const struct publication publication = {.xml = arena_text(arena, "report.xml"), .whole = whole};
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    run_summary_print(stream, audit, NULL, &publication, status, false);
    fclose(stream);
    const char *kept = arena_text(arena, text);
    free(text);
    return kept;
}

static void says(const char *text, const char *line)
{
    if (!strstr(text, line))
        fail_msg("not \"%s\", but\n%s", line, text);
}

static void test_what_2025_breaks_today_is_not_told_as_a_prediction(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit *audit = estate_report(arena);
    says(summary(arena, audit, true, EXIT_INCOMPLETE), "     6 will break on SQL Server 2025; of");
    list_each (struct instance, instance, &audit->instances)
        if (strcmp(instance->name, "SQL02\\FINANCE") == 0)
            instance->server_version = arena_text(arena, "17.0.4065.4");
    /* Of its three, the one whose login is refused is not known to be broken. */
    says(summary(arena, audit, true, EXIT_INCOMPLETE),
         "     4 will break on SQL Server 2025; 2 already do (SQL02\\FINANCE); of");
    arena_free(arena);
}

static void test_the_exit_code_is_explained_by_what_is_missing(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit *audit = estate_report(arena);
    audit->complete = TERNARY_TRUE;
    says(summary(arena, audit, true, EXIT_COMPLETE), "exit code 0: complete, no findings");
    says(summary(arena, audit, true, EXIT_FINDINGS), "exit code 1: complete, findings");
    says(summary(arena, audit, false, EXIT_INCOMPLETE),
         "exit code 2: the audit is complete, but not every wanted file could be made\n");
    audit->complete = TERNARY_FALSE;
    says(summary(arena, audit, true, EXIT_INCOMPLETE),
         "exit code 2: the report is incomplete: some of the estate could not be audited\n");
    says(summary(arena, audit, false, EXIT_INCOMPLETE), "exit code 2: the report is incomplete: some of the "
                                                        "estate could not be audited, and not every wanted");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_2025_breaks_today_is_not_told_as_a_prediction),
        cmocka_unit_test(test_the_exit_code_is_explained_by_what_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
