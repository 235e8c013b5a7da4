/* OpenMetrics text, as node_exporter's textfile collector takes it. */
#include "audit/model/link_state.h"
#include "reports/output.h"

#include <inttypes.h>

static void write_family(FILE *stream, const char *name, const char *help)
{
    fprintf(stream, "# TYPE %s gauge\n# HELP %s %s\n", name, name, help);
}

static void write_label(FILE *stream, bool first, const char *name, const char *value)
{
    fprintf(stream, "%s%s=\"", first ? "" : ",", name);
    for (; value && *value; value++) {
        if (*value == '\\' || *value == '"')
            putc('\\', stream);
        if (*value == '\n')
            fputs("\\n", stream);
        else
            putc(*value, stream);
    }
    putc('"', stream);
}

static void write_counts(FILE *stream, const char *name, const char *help, const char *label,
                         const struct name_table *table, const size_t *counts)
{
    write_family(stream, name, help);
    for (size_t i = 1; i < table->count; i++)
        fprintf(stream, "%s{%s=\"%s\"} %zu\n", name, label, table->names[i], counts[i]);
}

enum { NAMES = 64 }; /* no enumeration of the model has as many */

static void write_link_counts(FILE *stream, const struct audit *audit)
{
    size_t instances[NAMES] = {0}, states[NAMES] = {0}, causes[NAMES] = {0}, verdicts[NAMES] = {0};
    list_each (struct instance, instance, &audit->instances) {
        instances[instance->status]++;
        list_each (struct linked_server, link, &instance->linked_servers) {
            states[link_state(link)]++;
            causes[link->diagnosis ? link->diagnosis->cause : 0]++;
            verdicts[link->readiness ? link->readiness->verdict : 0]++;
        }
    }
    write_counts(stream, "linkaudit_instances",
                 "Instances of the configuration, by how far their audit came.", "status",
                 &instance_status_names, instances);
    write_counts(stream, "linkaudit_links", "Linked servers, by state.", "state", &link_state_names, states);
    write_counts(stream, "linkaudit_link_causes", "Linked servers, by the cause of their diagnosis.", "cause",
                 &cause_names, causes);
    write_counts(stream, "linkaudit_links_on_2025", "Linked servers, by what SQL Server 2025 does to them.",
                 "verdict", &verdict_names, verdicts);
}

static void write_findings(FILE *stream, const struct audit *audit)
{
    size_t severities[NAMES] = {0}, waived = 0;
    list_each (struct finding, finding, &audit->findings) {
        waived += finding->waived == TERNARY_TRUE;
        severities[finding->waived == TERNARY_TRUE ? 0 : finding->severity]++;
    }
    write_counts(stream, "linkaudit_findings", "Findings that are not waived, by severity.", "severity",
                 &severity_names, severities);
    write_family(stream, "linkaudit_findings_waived", "Waived findings.");
    fprintf(stream, "linkaudit_findings_waived %zu\n", waived);
}

/* 1 and 0 only: of a link that was not tested neither is true. */
static void write_links(FILE *stream, const struct audit *audit)
{
    write_family(stream, "linkaudit_link_works", "1 when the link works, 0 when it is broken.");
    list_each (struct instance, instance, &audit->instances) {
        list_each (struct linked_server, link, &instance->linked_servers) {
            enum link_state state = link_state(link);
            if (state != LINK_WORKS && state != LINK_BROKEN)
                continue;
            fputs("linkaudit_link_works{", stream);
            write_label(stream, true, "instance", instance->name);
            if (instance->zone)
                write_label(stream, false, "zone", instance->zone);
            write_label(stream, false, "link", link->name);
            fprintf(stream, "} %d\n", state == LINK_WORKS);
        }
    }
}

static void write_endpoints(FILE *stream, const struct audit *audit)
{
    size_t reachable[3] = {0};
    list_each (struct endpoint, endpoint, &audit->endpoints) {
        reachable[endpoint->reachable]++;
    }
    write_counts(stream, "linkaudit_endpoints",
                 "Endpoints that answer the audit host, and those that do not.", "answers", &ternary_names,
                 reachable);
    write_family(stream, "linkaudit_certificate_not_after_timestamp_seconds",
                 "When the certificate of an endpoint ends.");
    list_each (struct endpoint, endpoint, &audit->endpoints) {
        const struct certificate *own = endpoint->certificates.first;
        if (!own || !own->not_after.known)
            continue;
        fputs("linkaudit_certificate_not_after_timestamp_seconds{", stream);
        write_label(stream, true, "endpoint", endpoint->key ? endpoint->key : endpoint->id);
        if (endpoint->zone)
            write_label(stream, false, "zone", endpoint->zone);
        fprintf(stream, "} %" PRId64 "\n", own->not_after.value);
    }
}

bool metrics_write(FILE *stream, const struct audit *audit, const struct output_options *options,
                   struct arena *arena, const char **error)
{
    (void)options, (void)arena;
    *error = NULL;
    write_family(stream, "linkaudit_run_started_timestamp_seconds", "When the run began.");
    fprintf(stream, "linkaudit_run_started_timestamp_seconds %" PRId64 "\n", audit->started.value);
    if (audit->finished.known) {
        write_family(stream, "linkaudit_run_duration_seconds", "How long the run took.");
        fprintf(stream, "linkaudit_run_duration_seconds %" PRId64 "\n",
                audit->finished.value - audit->started.value);
    }
    write_family(stream, "linkaudit_run_complete",
                 "1 when everything of the configuration was looked at, 0 when not.");
    fprintf(stream, "linkaudit_run_complete %d\n", audit->complete == TERNARY_TRUE);
    write_link_counts(stream, audit);
    write_findings(stream, audit);
    write_endpoints(stream, audit);
    write_links(stream, audit);
    fputs("# EOF\n", stream);
    return true;
}
