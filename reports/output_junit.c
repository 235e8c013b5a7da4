/* JUnit XML for pipelines: an instance is a suite, a link a case; critical and high findings are a suite of
 * their own. */
#include "audit/model/link_state.h"
#include "audit/rules/finding_index.h"
#include "reports/element.h"
#include "reports/output.h"
#include "reports/xml_stream.h"

#include <string.h>

struct junit {
    xmlTextWriterPtr writer;
    struct arena *arena; /* of one instance */
    struct finding_index *findings;
};

static void start(struct junit *junit, const char *name)
{
    xmlTextWriterStartElement(junit->writer, BAD_CAST name);
}

static void end(struct junit *junit)
{
    xmlTextWriterEndElement(junit->writer);
}

static void attribute(struct junit *junit, const char *name, const char *value)
{
    if (value)
        xmlTextWriterWriteAttribute(junit->writer, BAD_CAST name, BAD_CAST value);
}

static void number(struct junit *junit, const char *name, size_t value)
{
    attribute(junit, name, arena_format(junit->arena, "%zu", value));
}

static void text(struct junit *junit, const char *label, const char *value)
{
    if (value)
        xmlTextWriterWriteString(junit->writer, BAD_CAST arena_format(junit->arena, "%s%s\n", label, value));
}

/* The rule of stored logins that the target refuses: whoever is mapped to one fails, and not the audit alone.
 */
#define REFUSED_LOGIN_RULE "R08"

static bool link_fails(const struct junit *junit, const struct instance *instance,
                       const struct linked_server *link)
{
    enum link_state state = link_state(link);
    if (state != LINK_REFUSED_LOGIN)
        return state == LINK_BROKEN;
    struct finding_range range = findings_of_link(junit->findings, instance->name, link->name);
    for (size_t i = 0; i < range.count; i++)
        if (range.first[i]->waived != TERNARY_TRUE && strcmp(range.first[i]->rule, REFUSED_LOGIN_RULE) == 0)
            return true;
    return false;
}

static void write_link(struct junit *junit, const struct instance *instance, const struct linked_server *link)
{
    const struct diagnosis *diagnosis = link->diagnosis;
    enum link_state state = link_state(link);
    start(junit, "testcase");
    attribute(junit, "classname", instance->name);
    attribute(junit, "name", link->name);
    if (link->test && link->test->ms.known)
        attribute(junit, "time", arena_format(junit->arena, "%.3f", (double)link->test->ms.value / 1000));
    if (link_fails(junit, instance, link)) {
        start(junit, "failure");
        attribute(junit, "type", diagnosis ? name_of(&cause_names, (int)diagnosis->cause) : "test");
        attribute(junit, "message", diagnosis ? diagnosis->text : "the instance's own test failed");
        text(junit, "Next: ", diagnosis ? diagnosis->action : NULL);
        for (const struct message *message = link->test ? link->test->messages.first : NULL; message;
             message = message->next)
            text(junit, "", message->text);
        end(junit);
    } else if (state != LINK_WORKS) {
        start(junit, "skipped");
        attribute(junit, "message", diagnosis ? diagnosis->text : name_of(&link_state_names, (int)state));
        end(junit);
    }
    end(junit);
}

static void write_failed_instance(struct junit *junit, const struct instance *instance)
{
    start(junit, "testcase");
    attribute(junit, "classname", instance->name);
    attribute(junit, "name", "audit of the instance");
    start(junit, "error");
    attribute(junit, "type", name_of(&instance_status_names, (int)instance->status));
    const struct message *first = instance->failure ? instance->failure->messages.first : NULL;
    attribute(junit, "message", first ? first->text : "the instance was not audited");
    end(junit);
    end(junit);
}

static void write_instance(struct junit *junit, const struct instance *instance)
{
    size_t failures = 0, skipped = 0;
    bool bad = instance->status == INSTANCE_FAILED || instance->status == INSTANCE_NOT_RUN;
    list_each (struct linked_server, link, &instance->linked_servers) {
        bool fails = link_fails(junit, instance, link);
        failures += fails;
        skipped += !fails && link_state(link) != LINK_WORKS;
    }
    start(junit, "testsuite");
    attribute(junit, "name", instance->name);
    number(junit, "tests", instance->linked_servers.count + bad);
    number(junit, "failures", failures);
    number(junit, "errors", bad);
    number(junit, "skipped", skipped);
    if (bad)
        write_failed_instance(junit, instance);
    list_each (struct linked_server, link, &instance->linked_servers) {
        write_link(junit, instance, link);
    }
    end(junit);
}

static bool counts_as_failure(const struct finding *finding)
{
    return finding->waived != TERNARY_TRUE &&
           (finding->severity == SEVERITY_CRITICAL || finding->severity == SEVERITY_HIGH);
}

static void write_finding(struct junit *junit, const struct finding *finding)
{
    start(junit, "testcase");
    attribute(junit, "classname", finding->rule);
    attribute(junit, "name",
              arena_format(junit->arena, "%s%s%s", finding->instance ? finding->instance : "",
                           finding->link ? " " : "", finding->link ? finding->link : ""));
    start(junit, "failure");
    attribute(junit, "type", name_of(&severity_names, (int)finding->severity));
    attribute(junit, "message", finding->title);
    text(junit, "", finding->evidence);
    text(junit, "Remedy: ", finding->remedy);
    end(junit);
    end(junit);
}

static void write_findings(struct junit *junit, const struct audit *audit)
{
    size_t count = 0;
    list_each (struct finding, finding, &audit->findings) {
        count += counts_as_failure(finding);
    }
    start(junit, "testsuite");
    attribute(junit, "name", "findings");
    number(junit, "tests", count);
    number(junit, "failures", count);
    number(junit, "errors", 0);
    number(junit, "skipped", 0);
    list_each (struct finding, finding, &audit->findings) {
        if (counts_as_failure(finding))
            write_finding(junit, finding);
    }
    end(junit);
}

bool junit_write(FILE *stream, const struct audit *audit, const struct output_options *options,
                 struct arena *arena, const char **error)
{
    (void)options;
    *error = NULL;
    struct junit junit = {.writer = xmlNewTextWriter(xml_stream(stream)), .arena = arena};
    junit.findings = finding_index_new(arena, audit);
    xmlTextWriterSetIndent(junit.writer, 1);
    xmlTextWriterStartDocument(junit.writer, "1.0", "UTF-8", NULL);
    start(&junit, "testsuites");
    attribute(&junit, "name", "linkaudit");
    list_each (struct instance, instance, &audit->instances) {
        junit.arena = arena_new();
        write_instance(&junit, instance);
        arena_free(junit.arena);
    }
    junit.arena = arena;
    write_findings(&junit, audit);
    xmlTextWriterEndDocument(junit.writer);
    xmlFreeTextWriter(junit.writer);
    return true;
}
