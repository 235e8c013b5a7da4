/* linkaudit diff OLD.xml NEW.xml: what appeared, disappeared, changed; exit 1 when something did. */
#include "audit/command.h"
#include "audit/options.h"
#include "reports/diff.h"
#include "reports/report_reader.h"
#include "reports/safe_text.h"

#include <stdio.h>

static void print_part(const char *before, const char *text)
{
    if (!text)
        return;
    fputs(before, stdout);
    print_safe(stdout, text);
}

static void print_change(const struct change *change)
{
    printf("%-12s  %-11s", name_of(&change_kind_names, (int)change->kind),
           name_of(&change_what_names, (int)change->what));
    print_part("  ", change->instance);
    print_part(change->instance ? " -> " : "  ", change->link);
    if (!change->link)
        print_part("  ", change->endpoint);
    print_part("  ", change->item);
    if (change->before || change->after) {
        print_part(": ", change->before ? change->before : "nothing");
        print_part(" -> ", change->after ? change->after : "nothing");
    }
    putchar('\n');
}

static int diff(char **paths, struct arena *arena)
{
    const struct audit *audits[2];
    for (int i = 0; i < 2; i++) {
        const char *error;
        audits[i] = report_read_all(arena, paths[i], &error);
        if (!audits[i]) {
            fprintf(stderr, "linkaudit diff: %s\n", error);
            return EXIT_NOTHING;
        }
    }
    const struct changes *changes = report_diff(arena, audits[0], audits[1]);
    list_each (struct change, change, &changes->list) {
        print_change(change);
    }
    return end_output(changes_count(changes) ? EXIT_FINDINGS : EXIT_COMPLETE);
}

int command_diff(int argc, char **argv)
{
    if (argc != 3)
        return usage_error("diff", "two reports expected: OLD.xml NEW.xml");
    struct arena *arena = arena_new();
    int status = diff(argv + 1, arena);
    arena_free(arena);
    return status;
}
