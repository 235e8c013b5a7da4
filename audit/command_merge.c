/* linkaudit merge A.xml B.xml... -o C.xml: reports of several network zones as one. */
#include "audit/command.h"
#include "audit/options.h"
#include "audit/rules/rules.h"
#include "reports/merge.h"
#include "reports/report_file.h"
#include "reports/report_reader.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static int complain(const char *message)
{
    fprintf(stderr, "linkaudit merge: %s\n", message);
    return EXIT_NOTHING;
}

static int merge(char **paths, int count, const char *output, struct arena *arena)
{
    struct audit **reports = arena_alloc(arena, (size_t)count * sizeof(*reports));
    const char *error = NULL;
    for (int i = 0; i < count; i++) {
        reports[i] = report_read_all(arena, paths[i], &error);
        if (!reports[i])
            return complain(error);
        for (int j = 0; j < i; j++)
            if (strcmp(reports[i]->run_id, reports[j]->run_id) == 0)
                return complain(arena_format(arena, "%s and %s are the same run", paths[j], paths[i]));
    }
    struct audit *whole = report_merge(arena, reports, (size_t)count);
    summarize(arena, whole);
    if (!report_write(arena, output, whole, &error))
        return complain(error);
    puts(output);
    return end_output(EXIT_COMPLETE);
}

int command_merge(int argc, char **argv)
{
    const char *output = NULL;
    int option;
    while ((option = getopt(argc, argv, "o:")) != -1) {
        if (option != 'o')
            return usage_error("merge", "expected A.xml B.xml... -o C.xml");
        output = optarg;
    }
    if (!output || argc - optind < 2)
        return usage_error("merge", "expected two reports or more and -o C.xml");
    struct arena *arena = arena_new();
    int status = merge(argv + optind, argc - optind, output, arena);
    arena_free(arena);
    return status;
}
