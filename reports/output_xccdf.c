/* XCCDF 1.2 (NIST IR 7275 revision 4): the compliance answers for auditors' tools. A benchmark with the rules
 * that were answered, and a test result for each instance. What is not assessable is `unknown`, never a pass.
 */
#include "audit/model/instance_index.h"
#include "audit/model/properties.h"
#include "reports/element.h"
#include "reports/endpoint_index.h"
#include "reports/output.h"
#include "reports/xml_stream.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#define BENCHMARK "xccdf_linkaudit_benchmark_linked-servers"

struct xccdf {
    xmlTextWriterPtr writer;
    struct arena *arena;
    const struct audit *audit;
    struct endpoint_index *endpoints;
    struct instance_index *instances;
};

static void start(struct xccdf *xccdf, const char *name)
{
    xmlTextWriterStartElement(xccdf->writer, BAD_CAST name);
}

static void end(struct xccdf *xccdf)
{
    xmlTextWriterEndElement(xccdf->writer);
}

static void attribute(struct xccdf *xccdf, const char *name, const char *value)
{
    xmlTextWriterWriteAttribute(xccdf->writer, BAD_CAST name, BAD_CAST value);
}

static void element(struct xccdf *xccdf, const char *name, const char *value)
{
    xmlTextWriterWriteElement(xccdf->writer, BAD_CAST name, BAD_CAST(value ? value : ""));
}

static void date(struct xccdf *xccdf, const char *name, moment when)
{
    time_t seconds = (time_t)when.value;
    struct tm parts;
    char text[40];
    if (when.known && gmtime_r(&seconds, &parts) &&
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts))
        attribute(xccdf, name, text);
}

/* An id is a name to XML; a report may hold any text. */
static const char *rule_id(struct xccdf *xccdf, const char *rule)
{
    char *id = arena_format(xccdf->arena, "xccdf_linkaudit_rule_%s", rule);
    for (char *at = id; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("-_.", *at))
            *at = '_';
    return id;
}

static const char *severity_of(const char *category)
{
    return !category                         ? "unknown"
           : strcmp(category, "CAT I") == 0  ? "high"
           : strcmp(category, "CAT II") == 0 ? "medium"
                                             : "low";
}

/* ---- the rules ---------------------------------------------------------------------------------------- */

static bool is_first_of_its_rule(const struct audit *audit, const struct compliance_answer *answer)
{
    for (const struct compliance_answer *other = audit->compliance.first; other != answer;
         other = other->next)
        if (strcmp(other->rule, answer->rule) == 0)
            return false;
    return true;
}

/* DISA's own number of the rule: the group's id in its guide. */
static void write_ident(struct xccdf *xccdf, const struct compliance_answer *answer)
{
    start(xccdf, "ident");
    attribute(xccdf, "system", "https://public.cyber.mil/stigs/");
    xmlTextWriterWriteString(xccdf->writer, BAD_CAST answer->rule);
    end(xccdf);
}

static void write_check(struct xccdf *xccdf)
{
    start(xccdf, "check");
    attribute(xccdf, "system", REPORT_NAMESPACE);
    start(xccdf, "check-content-ref");
    attribute(xccdf, "href", xccdf->audit->run_id); /* the report that the answer was worked out from */
    end(xccdf);
    end(xccdf);
}

static void write_rule(struct xccdf *xccdf, const struct compliance_answer *answer)
{
    start(xccdf, "Rule");
    attribute(xccdf, "id", rule_id(xccdf, answer->rule));
    attribute(xccdf, "selected", "true");
    attribute(xccdf, "severity", severity_of(answer->category));
    element(xccdf, "title", answer->title ? answer->title : answer->rule);
    write_ident(xccdf, answer);
    write_check(xccdf);
    end(xccdf);
}

/* ---- the results -------------------------------------------------------------------------------------- */

static const char *const results[] = {"unknown", "pass", "fail", "unknown"}; /* by enum compliance_result */

static void write_result(struct xccdf *xccdf, const struct compliance_answer *answer, moment when)
{
    start(xccdf, "rule-result");
    attribute(xccdf, "idref", rule_id(xccdf, answer->rule));
    date(xccdf, "time", when);
    attribute(xccdf, "severity", severity_of(answer->category));
    element(xccdf, "result", results[answer->result]);
    write_ident(xccdf, answer);
    if (answer->evidence) {
        start(xccdf, "message");
        attribute(xccdf, "severity", "info");
        xmlTextWriterWriteString(xccdf->writer, BAD_CAST answer->evidence);
        end(xccdf);
    }
    write_check(xccdf);
    end(xccdf);
}

static void write_score(struct xccdf *xccdf, size_t passed, size_t decided)
{
    start(xccdf, "score");
    attribute(xccdf, "system", "urn:xccdf:scoring:flat-unweighted");
    attribute(xccdf, "maximum", arena_format(xccdf->arena, "%zu", decided));
    xmlTextWriterWriteFormatString(xccdf->writer, "%zu", passed);
    end(xccdf);
}

/* Who asked: the login at the instance where one came in, else the account of the audit host. */
static void write_identity(struct xccdf *xccdf, const struct instance *instance)
{
    const char *login = instance ? instance_property(instance, PROPERTY_LOGIN) : NULL;
    bool privileged = false;
    if (instance)
        list_each (struct visibility, visibility, &instance->visibilities)
            privileged = privileged || (strcmp(visibility->permission, "sysadmin") == 0 &&
                                        visibility->granted == TERNARY_TRUE);
    start(xccdf, "identity");
    attribute(xccdf, "authenticated", login ? "true" : "false");
    attribute(xccdf, "privileged", privileged ? "true" : "false");
    xmlTextWriterWriteString(xccdf->writer, BAD_CAST(login                ? login
                                                     : xccdf->audit->user ? xccdf->audit->user
                                                                          : "unknown"));
    end(xccdf);
}

static void write_addresses(struct xccdf *xccdf, const struct instance *instance)
{
    const struct endpoint *endpoint = endpoint_find(xccdf->endpoints, instance->endpoint);
    if (endpoint)
        list_each (struct connection, connection, &endpoint->connects)
            if (connection->ip && connection->outcome == CONNECT_OK)
                element(xccdf, "target-address", connection->ip);
}

static void write_facts(struct xccdf *xccdf, const struct instance *instance)
{
    const struct {
        const char *name, *value;
    } facts[] = {
        {"urn:xccdf:fact:asset:identifier:host_name", instance_property(instance, PROPERTY_MACHINE_NAME)},
        {REPORT_NAMESPACE ":server-name", instance->server_name},
        {REPORT_NAMESPACE ":server-version", instance->server_version},
        {REPORT_NAMESPACE ":product", instance->product},
        {REPORT_NAMESPACE ":edition", instance->edition},
        {REPORT_NAMESPACE ":status", name_of(&instance_status_names, (int)instance->status)},
    };
    start(xccdf, "target-facts");
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
        if (facts[i].value) {
            start(xccdf, "fact");
            attribute(xccdf, "name", facts[i].name);
            attribute(xccdf, "type", "string");
            xmlTextWriterWriteString(xccdf->writer, BAD_CAST facts[i].value);
            end(xccdf);
        }
    end(xccdf);
}

static moment first_known(moment a, moment b, moment c)
{
    return a.known ? a : b.known ? b : c;
}

/* The answers of one instance stand together. */
static const struct compliance_answer *
write_test_result(struct xccdf *xccdf, const struct compliance_answer *answer, size_t position)
{
    const struct audit *audit = xccdf->audit;
    const char *name = answer->instance;
    const struct instance *instance = instance_by_name(xccdf->instances, name);
    moment unknown = {0}, from = instance ? instance->started : unknown,
           until = instance ? instance->finished : unknown;
    size_t passed = 0, decided = 0;
    until = first_known(until, audit->finished, audit->started);
    start(xccdf, "TestResult");
    attribute(xccdf, "id", arena_format(xccdf->arena, "xccdf_linkaudit_testresult_%zu", position));
    attribute(xccdf, "version", "1");
    date(xccdf, "start-time", first_known(from, audit->started, unknown));
    date(xccdf, "end-time", until);
    attribute(xccdf, "test-system", audit->program);
    start(xccdf, "benchmark");
    attribute(xccdf, "href", "#" BENCHMARK);
    attribute(xccdf, "id", BENCHMARK);
    end(xccdf);
    element(xccdf, "title", arena_format(xccdf->arena, "Linked servers of %s", name));
    write_identity(xccdf, instance);
    element(xccdf, "target", name);
    if (instance) {
        write_addresses(xccdf, instance);
        write_facts(xccdf, instance);
    }
    for (; answer && strcmp(answer->instance, name) == 0; answer = answer->next) {
        write_result(xccdf, answer, until);
        passed += answer->result == COMPLIANCE_PASS;
        decided += answer->result != COMPLIANCE_NOT_ASSESSABLE;
    }
    write_score(xccdf, passed, decided);
    end(xccdf);
    return answer;
}

bool xccdf_write(FILE *stream, const struct audit *audit, const struct output_options *options,
                 struct arena *arena, const char **error)
{
    (void)options;
    *error = NULL;
    struct xccdf xccdf = {xmlNewTextWriter(xml_stream(stream)), arena, audit,
                          endpoint_index_new(arena, audit), instance_index_new(arena, audit)};
    xmlTextWriterSetIndent(xccdf.writer, 1);
    xmlTextWriterStartDocument(xccdf.writer, "1.0", "UTF-8", NULL);
    start(&xccdf, "Benchmark");
    attribute(&xccdf, "xmlns", "http://checklists.nist.gov/xccdf/1.2");
    attribute(&xccdf, "id", BENCHMARK);
    attribute(&xccdf, "xml:lang", "en");
    element(&xccdf, "status", "interim");
    element(&xccdf, "title", audit->title ? audit->title : "Linked servers");
    element(&xccdf, "description",
            "Rules of the DISA STIGs for SQL Server Instance that an audit of linked servers can answer.");
    /* The older binding: with the newer one OpenSCAP 1.3.7 has no remark left, and takes that for an error.
     */
    start(&xccdf, "platform");
    attribute(&xccdf, "idref", "cpe:/a:microsoft:sql_server");
    end(&xccdf);
    element(&xccdf, "version", audit->run_id);
    start(&xccdf, "metadata");
    attribute(&xccdf, "xmlns:dc", "http://purl.org/dc/elements/1.1/");
    element(&xccdf, "dc:creator", audit->program);
    element(&xccdf, "dc:source", "DISA STIG for Microsoft SQL Server, 2022 and 2016 Instance");
    end(&xccdf);
    list_each (struct compliance_answer, answer, &audit->compliance) {
        if (is_first_of_its_rule(audit, answer))
            write_rule(&xccdf, answer);
    }
    size_t position = 0;
    for (const struct compliance_answer *answer = audit->compliance.first; answer;)
        answer = write_test_result(&xccdf, answer, ++position);
    xmlTextWriterEndDocument(xccdf.writer);
    xmlFreeTextWriter(xccdf.writer);
    return true;
}
