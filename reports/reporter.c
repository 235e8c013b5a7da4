/* The reporter role: reads the published report and turns it into the other formats. */
#include "audit/frame.h"
#include "audit/role.h"
#include "reports/output.h"
#include "reports/report_file.h"
#include "reports/report_reader.h"
#include "reports/row.h"

#include <string.h>

static bool complain(const char *error)
{
    frame_log(FRAME_FD, "%s", error);
    return false;
}

static bool write_output(const struct reporter_job *job, const struct reporter_output *wanted,
                         const struct audit *audit, struct arena *arena)
{
    const char *error = NULL;
    const struct output *output = output_find(wanted->format);
    if (!output)
        return complain(arena_format(arena, "%s is no format of a report", wanted->format));
    const struct output_options options = {.stylesheet = job->stylesheet};
    if (!output_write(output, wanted->path, audit, &options, arena, &error))
        return complain(error);
    if (job->latest == TERNARY_TRUE && !report_set_latest(arena, wanted->path, &error))
        return complain(error);
    return true;
}

static bool do_job(const struct frame *frame, struct arena *arena)
{
    const char *error = NULL;
    struct row row = row_read(arena, frame->payload, frame->length, &error);
    if (row.element != &reporter_job_element)
        return complain(row.element ? "not a reporter's job" : error);
    const struct reporter_job *job = row.item;
    struct audit *audit = report_read_all(arena, job->report, &error);
    if (!audit)
        return complain(error);
    bool good = true;
    list_each (struct reporter_output, wanted, &job->outputs) {
        good = write_output(job, wanted, audit, arena) && good;
    }
    return good;
}

int reporter_role(void)
{
    struct frame frame;
    enum frame_result result;
    while ((result = frame_read(FRAME_FD, &frame)) == FRAME_OK) {
        struct arena *arena = arena_new();
        bool good = frame.type == FRAME_JOB && do_job(&frame, arena);
        arena_free(arena);
        frame_clear(&frame);
        if (!good || !frame_write(FRAME_FD, FRAME_DONE, "", 0))
            return 1;
    }
    return result == FRAME_END ? 0 : 1;
}
