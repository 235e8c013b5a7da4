#include "reports/output.h"
#include "reports/atomic_file.h"
#include "reports/report_file.h"

#include <string.h>

bool xml_write(FILE *stream, const struct audit *audit, const struct output_options *options,
               struct arena *arena, const char **error)
{
    (void)options, (void)arena;
    *error = NULL;
    report_print(stream, audit);
    return true;
}

const struct output outputs[] = {
    {"xml", "xml", "the report itself", xml_write},
    {"html", "html", "a page to read", html_write},
    {"csv", "csv", "the links as a table", csv_write_links},
    {"findings-csv", "findings.csv", "the findings as a table", csv_write_findings},
    {"metrics", "prom", "OpenMetrics text for monitoring", metrics_write},
    {"junit", "junit.xml", "JUnit XML for pipelines", junit_write},
    {"xccdf", "xccdf.xml", "XCCDF 1.2 results for auditors' tools", xccdf_write},
    {0},
};

const struct output *output_find(const char *format)
{
    for (const struct output *output = outputs; output->format; output++)
        if (strcmp(output->format, format) == 0)
            return output;
    return NULL;
}

char *output_formats(struct arena *arena)
{
    char *all = arena_text(arena, outputs[0].format);
    for (const struct output *output = outputs + 1; output->format; output++)
        all = arena_format(arena, "%s %s", all, output->format);
    return all;
}

bool output_write(const struct output *output, const char *path, const struct audit *audit,
                  const struct output_options *options, struct arena *arena, const char **error)
{
    struct atomic_file file;
    const char *unwritten = NULL;
    if (!atomic_file_open(&file, path, arena, error))
        return false;
    bool good = output->write(file.stream, audit, options, arena, error);
    if (atomic_file_close(&file, good, arena, &unwritten))
        return true;
    if (good)
        *error = unwritten;
    return false;
}
