/* linkaudit render REPORT.xml [-o FILE] [--format FORMAT] [--stylesheet FILE] */
#include "audit/command.h"
#include "audit/options.h"
#include "reports/output.h"
#include "reports/report_file.h"
#include "reports/report_reader.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

struct request {
    const char *report, *output, *format;
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
                                            {0}};
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "o:f:", options, NULL)) != -1;) {
        if (option == 'o')
            request->output = optarg;
        else if (option == 'f')
            request->format = optarg;
        else if (option == 's')
            request->options.stylesheet = optarg;
        else
            return false;
    }
    request->report = optind < argc ? argv[optind] : NULL;
    request->options.report = request->report;
    return request->report && optind + 1 == argc;
}

static int render(const struct request *request, struct arena *arena)
{
    const char *error = NULL;
    const struct output *output = output_find(request->format);
    if (!output)
        return complain(
            arena_format(arena, "%s is no format; there are: %s", request->format, output_formats(arena)));
    const struct audit *audit = report_read_all(arena, request->report, &error);
    if (!audit)
        return complain(error);
    const char *path =
        request->output ? request->output : report_path_beside(arena, request->report, output->extension);
    if (strcmp(path, "-") == 0) {
        if (!output->write(stdout, audit, &request->options, arena, &error))
            return complain(error);
        return end_output(EXIT_COMPLETE);
    }
    if (!output_write(output, path, audit, &request->options, arena, &error))
        return complain(error);
    puts(path);
    return EXIT_COMPLETE;
}

int command_render(int argc, char **argv)
{
    struct request request = {.format = "html"};
    if (!read_request(argc, argv, &request))
        return usage_error("render", "expected REPORT.xml [-o FILE|-] [--format FORMAT] [--stylesheet FILE]");
    struct arena *arena = arena_new();
    int status = render(&request, arena);
    arena_free(arena);
    return status;
}
