#include "audit/run_summary.h"
#include "audit/command.h"
#include "audit/diagnosis/diagnosis.h"
#include "audit/model/link_state.h"
#include "reports/safe_text.h"

#include <string.h>
#include <time.h>

enum { NAMES_SHOWN = 4, KINDS = 64 /* no enumeration of the model has as many */ };

struct counts {
    size_t instances, links, broken, breaks, breaks_already, breaks_unknown, untested, unaudited;
    size_t causes[KINDS];
};

static struct counts count(const struct audit *audit)
{
    struct counts counts = {.instances = audit->instances.count};
    list_each (struct instance, instance, &audit->instances) {
        counts.unaudited += instance->status != INSTANCE_AUDITED;
        list_each (struct linked_server, link, &instance->linked_servers) {
            enum link_state state = link_state(link);
            counts.links++;
            counts.untested += state == LINK_NOT_TESTED;
            if (state == LINK_BROKEN) {
                counts.broken++;
                counts.causes[link->diagnosis ? link->diagnosis->cause : 0]++;
            }
            bool already = breaks_already(instance, link);
            counts.breaks_already += already;
            counts.breaks += !already && link->readiness && link->readiness->verdict == VERDICT_BREAKS;
            counts.breaks_unknown += link->readiness && link->readiness->verdict == VERDICT_UNKNOWN;
        }
    }
    return counts;
}

/* "    15 of 50 links do not work", then what is behind it. */
static void begin(FILE *stream, bool colour, const char *sign, size_t value)
{
    bool on = colour && value > 0 && *sign;
    fprintf(stream, "%s%6zu%s ", on ? sign : "", value, on ? "\033[0m" : "");
}

static void print_words(FILE *stream, const char *name)
{
    if (strncmp(name, "tls-", 4) == 0) {
        fputs("TLS", stream);
        name += 3;
    }
    for (; *name; name++)
        putc(*name == '-' ? ' ' : *name, stream);
}

/* The causes, the commonest first. */
static void print_causes(FILE *stream, struct counts counts)
{
    const char *before = ": ";
    for (size_t shown = 0; shown < NAMES_SHOWN; shown++) {
        size_t most = 0;
        for (size_t i = 1; i < KINDS; i++)
            if (counts.causes[i] > counts.causes[most] || most == 0)
                most = i;
        if (counts.causes[most] == 0)
            return;
        fprintf(stream, "%s%zu ", before, counts.causes[most]);
        print_words(stream, name_of(&cause_names, (int)most));
        counts.causes[most] = 0;
        before = ", ";
    }
    size_t left = 0;
    for (size_t i = 1; i < KINDS; i++)
        left += counts.causes[i];
    if (left)
        fprintf(stream, ", %zu for other causes", left);
}

static bool has_broken_already(const struct instance *instance)
{
    list_each (struct linked_server, link, &instance->linked_servers)
        if (breaks_already(instance, link))
            return true;
    return false;
}

/* "; 4 already do (SQLDW01)" */
static void print_already_broken(FILE *stream, const struct audit *audit, size_t links)
{
    size_t seen = 0;
    if (!links)
        return;
    fprintf(stream, "; %zu already do%s (", links, links == 1 ? "es" : "");
    list_each (struct instance, instance, &audit->instances) {
        if (!has_broken_already(instance) || seen++ >= NAMES_SHOWN)
            continue;
        fputs(seen == 1 ? "" : ", ", stream);
        print_safe(stream, instance->name);
    }
    if (seen > NAMES_SHOWN)
        fprintf(stream, ", and %zu more", seen - NAMES_SHOWN);
    putc(')', stream);
}

static void print_unaudited(FILE *stream, const struct audit *audit)
{
    size_t seen = 0;
    list_each (struct instance, instance, &audit->instances) {
        if (instance->status == INSTANCE_AUDITED)
            continue;
        if (seen++ < NAMES_SHOWN) {
            fputs(seen == 1 ? ": " : ", ", stream);
            print_safe(stream, instance->name);
            fprintf(stream, " (%s)",
                    instance->failure ? name_of(&failure_phase_names, (int)instance->failure->phase)
                                      : name_of(&instance_status_names, (int)instance->status));
        }
    }
    if (seen > NAMES_SHOWN)
        fprintf(stream, ", and %zu more", seen - NAMES_SHOWN);
}

static void print_changes(FILE *stream, const struct audit *audit, const struct audit *former, bool colour)
{
    size_t changes = 0;
    char when[32];
    if (!audit->changes) {
        fputs("     - changed: there is no former report to compare with\n", stream);
        return;
    }
    list_each (struct change, change, &audit->changes->list)
        changes += change->kind != CHANGE_NOT_OBSERVED;
    begin(stream, colour, "", changes);
    fputs("changed", stream);
    if (former && former->started.known) {
        const time_t started = (time_t)former->started.value;
        strftime(when, sizeof(when), "%Y-%m-%d %H:%M", gmtime(&started));
        fprintf(stream, " since %s UTC", when);
    }
    putc('\n', stream);
}

static void print_counts(FILE *stream, const struct audit *audit, const struct audit *former, bool colour)
{
    static const char red[] = "\033[1;31m", yellow[] = "\033[1;33m";
    struct counts counts = count(audit);
    begin(stream, colour, red, counts.broken);
    fprintf(stream, "of %zu links do%s not work", counts.links, counts.broken == 1 ? "es" : "");
    print_causes(stream, counts);
    putc('\n', stream);
    begin(stream, colour, yellow, counts.breaks);
    fputs("will break on SQL Server 2025", stream);
    print_already_broken(stream, audit, counts.breaks_already);
    if (counts.breaks_unknown)
        fprintf(stream, "; of %zu more it is not known", counts.breaks_unknown);
    putc('\n', stream);
    print_changes(stream, audit, former, colour);
    begin(stream, colour, yellow, counts.unaudited);
    fprintf(stream, "of %zu instances could not be audited", counts.instances);
    print_unaudited(stream, audit);
    putc('\n', stream);
    if (counts.untested) {
        begin(stream, colour, "", counts.untested);
        fputs("links were not tested by their instance; the report says why\n", stream);
    }
}

static void print_findings(FILE *stream, const struct audit *audit)
{
    size_t severities[KINDS] = {0}, all = 0;
    list_each (struct finding, finding, &audit->findings) {
        all += finding->waived != TERNARY_TRUE;
        severities[finding->waived == TERNARY_TRUE ? 0 : finding->severity]++;
    }
    begin(stream, false, "", all);
    fputs("findings", stream);
    const char *before = ": ";
    for (size_t i = 1; i < severity_names.count; i++)
        if (severities[i]) {
            fprintf(stream, "%s%zu %s", before, severities[i], severity_names.names[i]);
            before = ", ";
        }
    if (severities[0])
        fprintf(stream, "%s%zu waived", all ? "; " : ": ", severities[0]);
    putc('\n', stream);
}

static const char *meaning(int status, const struct audit *audit, const struct publication *publication)
{
    if (status == EXIT_COMPLETE)
        return "complete, no findings at or above fail_on";
    if (status == EXIT_FINDINGS)
        return "complete, findings at or above fail_on";
    if (audit->complete == TERNARY_TRUE)
        return "the audit is complete, but not every wanted file could be made";
    return publication->whole
               ? "the report is incomplete: some of the estate could not be audited"
               : "the report is incomplete: some of the estate could not be audited, and not every wanted "
                 "file could be made";
}

void run_summary_print(FILE *stream, const struct audit *audit, const struct audit *former,
                       const struct publication *publication, int status, bool colour)
{
    print_counts(stream, audit, former, colour);
    print_findings(stream, audit);
    fprintf(stream, "exit code %d: %s\n%s\n", status, meaning(status, audit, publication), publication->xml);
    if (publication->html)
        fprintf(stream, "%s\n", publication->html);
}
