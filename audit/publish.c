#include "audit/publish.h"
#include "audit/child.h"
#include "audit/diagnosis/diagnosis.h"
#include "audit/rules/rules.h"
#include "reports/diff.h"
#include "reports/output.h"
#include "reports/report_file.h"
#include "reports/row.h"

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
    char *copy = strdup(formats), *rest = copy, *word;
    if (!copy)
        abort();
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

struct policy *load_policy(struct arena *arena, const struct config *config)
{
    struct policy *policy = policy_new(arena);
    bool good = true;
    list_each (struct policy_config, setting, &config->policy) {
        const char *error = policy_set(arena, policy, setting->key, setting->value);
        if (error)
            fprintf(stderr, "%s:%u: [policy] %s\n", setting->place.file, setting->place.line, error);
        good = good && !error;
    }
    const char *errors = config->policy_file ? policy_read(arena, policy, config->policy_file) : NULL;
    if (errors)
        fputs(errors, stderr);
    return good && !errors ? policy : NULL;
}

/* ---- the reporter ------------------------------------------------------------------------------------- */

struct reporting {
    bool done;
    struct child *child;
};

static void on_row(void *context, const char *bytes, size_t length)
{
    (void)context, (void)bytes, (void)length;
}

static void on_log(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "linkaudit: %s\n", line);
}

static void on_done(void *context, const char *payload)
{
    struct reporting *reporting = context;
    (void)payload;
    reporting->done = true;
}

static void on_ended(void *context, enum child_end end, const char *reason)
{
    struct reporting *reporting = context;
    if (end != CHILD_FINISHED)
        fprintf(stderr, "linkaudit: the XML report is complete, but the files made from it are not: %s\n",
                reason);
    else if (!reporting->done)
        fputs("linkaudit: the XML report is complete, but not every file that is made from it\n", stderr);
}

static const struct child_events events = {on_row, on_log, on_done, on_ended};

/* One child, one job; true when it made every file. */
static bool report_with_child(const struct reporter_job *job)
{
    uv_loop_t loop;
    struct reporting reporting = {false, NULL};
    const char *error;
    if (uv_loop_init(&loop) != 0)
        return false;
    reporting.child = child_start(&loop, "reporter", &events, &reporting, &error);
    if (reporting.child) {
        size_t length;
        char *row = row_write(&reporter_job_element, job, &length);
        child_send(reporting.child, FRAME_JOB, row, length);
        free(row);
        child_close_input(reporting.child);
        child_set_deadline(reporting.child, REPORTER_DEADLINE);
    } else {
        fprintf(stderr, "linkaudit: the reporter could not be started: %s\n", error);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return reporting.done;
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
    bool whole = report_with_child(&wanted.job);
    list_each (struct reporter_output, item, &wanted.job.outputs)
        if (strcmp(item->format, "html") == 0 && access(item->path, R_OK) == 0)
            publication->html = item->path;
    return whole;
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

struct publication publish(const struct config *config, const struct former *former,
                           const struct policy *policy, const char *directory, const char *formats,
                           struct arena *arena, struct audit *audit)
{
    struct publication publication = {NULL, NULL, false};
    const char *error = NULL;
    diagnose_audit(arena, audit);
    if (former) /* a rule looks at what changed in links and mappings; findings are compared afterwards */
        audit->changes = report_diff(arena, former_audit(former), audit);
    assess(arena, audit, policy);
    findings_since(arena, former_audit(former), audit);
    if (former)
        audit->changes = report_diff(arena, former_audit(former), audit);
    summarize(arena, audit);
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
