#include "audit/publish.h"
#include "audit/model/memory.h"
#include "audit/one_job.h"
#include "reports/output.h"
#include "reports/report_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REPORTER_DEADLINE (5 * 60 * 1000)

bool directory_writable(const char *directory)
{
    struct stat status;
    if (stat(directory, &status) != 0 || access(directory, W_OK | X_OK) != 0) {
        fprintf(stderr, "linkaudit: output folder %s: %s\n", directory, strerror(errno));
        return false;
    }
    if (S_ISDIR(status.st_mode))
        return true;
    fprintf(stderr, "linkaudit: output folder %s: it is not a folder\n", directory);
    return false;
}

/* Calls for each word of "xml,html". */
static bool each_format(const char *formats, bool (*function)(void *context, const char *format),
                        void *context)
{
    bool good = true;
    char *copy = memory_text(formats), *rest = copy, *word;
    while ((word = strtok_r(rest, ", \t", &rest)))
        good = function(context, word) && good;
    free(copy);
    return good;
}

static bool format_known(void *context, const char *format)
{
    (void)context;
    if (output_find(format))
        return true;
    fprintf(stderr, "linkaudit: format '%s': expected", format);
    for (const struct output *output = outputs; output->format; output++)
        fprintf(stderr, " %s", output->format);
    fputc('\n', stderr);
    return false;
}

bool formats_known(const char *formats)
{
    return each_format(formats, format_known, NULL);
}

/* ---- the reporter ------------------------------------------------------------------------------------- */

/* One child, one job; true when it made every file. */
static bool report_with_child(const struct reporter_job *job, struct arena *arena)
{
    const struct one_job one_job = {.role = "reporter",
                                    .element = &reporter_job_element,
                                    .item = job,
                                    .deadline = REPORTER_DEADLINE,
                                    .ends_early = true};
    const char *fault = one_job_run(&one_job, arena);
    if (fault)
        fprintf(stderr,
                "linkaudit: the XML report is complete, but not every file that is made from it: %s\n",
                fault);
    return !fault;
}

struct outputs_wanted {
    struct arena *arena;
    struct publication *publication;
    struct reporter_job job;
};

static bool add_output(void *context, const char *format)
{
    struct outputs_wanted *wanted = context;
    const struct output *output = output_find(format);
    if (!output || strcmp(format, "xml") == 0)
        return true; /* the XML is there already */
    struct reporter_output *item = arena_alloc(wanted->arena, sizeof(*item));
    item->format = arena_text(wanted->arena, format);
    item->path = report_path_beside(wanted->arena, wanted->publication->xml, output->extension);
    list_append(&wanted->job.outputs, item);
    return true;
}

static bool make_outputs(struct arena *arena, struct publication *publication, const char *formats)
{
    struct outputs_wanted wanted = {arena, publication, {.report = publication->xml, .latest = TERNARY_TRUE}};
    each_format(formats, add_output, &wanted);
    if (!wanted.job.outputs.first)
        return true;
    bool whole = report_with_child(&wanted.job, arena);
    list_each (struct reporter_output, item, &wanted.job.outputs)
        if (strcmp(item->format, "html") == 0 && access(item->path, R_OK) == 0)
            publication->html = item->path;
    return whole;
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

struct publication publish(const struct config *config, const char *directory, const char *formats,
                           struct arena *arena, const struct audit *audit)
{
    struct publication publication = {NULL, NULL, false};
    const char *error = NULL;
    publication.xml = report_publish(arena, directory, audit, &error);
    if (error)
        fprintf(stderr, "linkaudit: %s\n", error);
    if (!publication.xml)
        return publication;
    publication.whole = make_outputs(arena, &publication, formats) && !error;
    if (config->keep > 0)
        report_prune(directory, (size_t)config->keep);
    return publication;
}
