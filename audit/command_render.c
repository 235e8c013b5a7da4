/* linkaudit render REPORT.xml [-o FILE] [--format FORMAT] [--stylesheet FILE] [--redact]
 * [--reassess [--policy FILE]] */
#include "audit/command.h"
#include "audit/conclude.h"
#include "audit/options.h"
#include "reports/output.h"
#include "reports/redact.h"
#include "reports/report_file.h"
#include "reports/report_reader.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct request {
    const char *report, *output, *format, *policy;
    bool redact, reassess;
    struct output_options options;
};

static int complain(const char *message)
{
    fprintf(stderr, "linkaudit render: %s\n", message);
    return EXIT_NOTHING;
}

static bool read_request(int argc, char **argv, struct request *request)
{
    static const struct option options[] = {{"output", required_argument, NULL, 'o'},
                                            {"format", required_argument, NULL, 'f'},
                                            {"stylesheet", required_argument, NULL, 's'},
                                            {"redact", no_argument, NULL, 'r'},
                                            {"reassess", no_argument, NULL, 'a'},
                                            {"policy", required_argument, NULL, 'p'},
                                            {0}};
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "o:f:", options, NULL)) != -1;) {
        if (option == 'o')
            request->output = optarg;
        else if (option == 'f')
            request->format = optarg;
        else if (option == 's')
            request->options.stylesheet = optarg;
        else if (option == 'r')
            request->redact = true;
        else if (option == 'a')
            request->reassess = true;
        else if (option == 'p')
            request->policy = optarg;
        else
            return false;
    }
    request->report = optind < argc ? argv[optind] : NULL;
    return request->report && optind + 1 == argc && (!request->policy || request->reassess);
}

/* Beside the report, unless it was named. */
static const char *output_path(const struct request *request, const struct output *output,
                               struct arena *arena)
{
    if (request->output)
        return request->output;
    const char *extension =
        request->redact ? arena_format(arena, "redacted.%s", output->extension) : output->extension;
    return report_path_beside(arena, request->report, extension);
}

/* What this version of the program, and this policy, conclude from what was observed then. */
static bool reassess(const struct request *request, struct arena *arena, struct audit *audit)
{
    struct policy *policy = policy_new(arena);
    const char *errors = request->policy ? policy_read(arena, policy, request->policy) : NULL;
    if (errors)
        fputs(errors, stderr);
    else
        conclude_again(arena, audit, policy);
    return !errors;
}

static int render(const struct request *request, struct arena *arena)
{
    const char *error = NULL;
    const struct output *output = output_find(request->format);
    if (!output)
        return complain(
            arena_format(arena, "%s is no format; there are: %s", request->format, output_formats(arena)));
    struct audit *audit = report_read_all(arena, request->report, &error);
    if (!audit)
        return complain(error);
    if (request->reassess && !reassess(request, arena, audit))
        return EXIT_NOTHING;
    if (request->redact)
        report_redact(arena, audit);
    const char *path = output_path(request, output, arena);
    if (strcmp(path, request->report) == 0)
        return complain(arena_format(arena, "%s would overwrite itself: name another file with -o", path));
    if (strcmp(path, "-") == 0)
        return output->write(stdout, audit, &request->options, arena, &error) ? end_output(EXIT_COMPLETE)
                                                                              : complain(error);
    if (!output_write(output, path, audit, &request->options, arena, &error))
        return complain(error);
    puts(path);
    return end_output(EXIT_COMPLETE);
}

int command_render(int argc, char **argv)
{
    struct request request = {.format = "html"};
    if (!read_request(argc, argv, &request))
        return usage_error("render", "expected REPORT.xml [-o FILE|-] [--format FORMAT] [--stylesheet FILE] "
                                     "[--redact] [--reassess [--policy FILE]]");
    struct arena *arena = arena_new();
    int status = render(&request, arena);
    arena_free(arena);
    return status;
}
