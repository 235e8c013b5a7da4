/* XCCDF 1.2 (NIST IR 7275 revision 4): the compliance answers for auditors' tools. A benchmark with the rules
 * that were answered, and a test result for each instance. What is not assessable is `unknown`, never a pass.
 */
#include "reports/element.h"
#include "reports/output.h"
#include "reports/xml_stream.h"

#include <string.h>
#include <time.h>

struct xccdf {
    xmlTextWriterPtr writer;
    struct arena *arena;
    const struct audit *audit;
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

static const char *rule_id(struct xccdf *xccdf, const char *rule)
{
    return arena_format(xccdf->arena, "xccdf_linkaudit_rule_%s", rule);
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

static void write_rule(struct xccdf *xccdf, const struct compliance_answer *answer)
{
    start(xccdf, "Rule");
    attribute(xccdf, "id", rule_id(xccdf, answer->rule));
    attribute(xccdf, "selected", "true");
    attribute(xccdf, "severity", severity_of(answer->category));
    element(xccdf, "title", answer->title ? answer->title : answer->rule);
    start(xccdf, "ident");
    attribute(xccdf, "system", "http://cyber.mil/legacy");
    xmlTextWriterWriteString(xccdf->writer, BAD_CAST answer->rule);
    end(xccdf);
    end(xccdf);
}

/* ---- the results -------------------------------------------------------------------------------------- */

static const char *const results[] = {"unknown", "pass", "fail", "unknown"}; /* by enum compliance_result */

static void write_result(struct xccdf *xccdf, const struct compliance_answer *answer)
{
    start(xccdf, "rule-result");
    attribute(xccdf, "idref", rule_id(xccdf, answer->rule));
    attribute(xccdf, "severity", severity_of(answer->category));
    element(xccdf, "result", results[answer->result]);
    if (answer->evidence) {
        start(xccdf, "message");
        attribute(xccdf, "severity", "info");
        xmlTextWriterWriteString(xccdf->writer, BAD_CAST answer->evidence);
        end(xccdf);
    }
    start(xccdf, "check");
    attribute(xccdf, "system", REPORT_NAMESPACE);
    start(xccdf, "check-content-ref");
    attribute(xccdf, "href", xccdf->audit->run_id); /* the report that the answer was worked out from */
    end(xccdf);
    end(xccdf);
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

/* The answers of one instance stand together. */
static const struct compliance_answer *
write_test_result(struct xccdf *xccdf, const struct compliance_answer *answer, size_t position)
{
    const struct audit *audit = xccdf->audit;
    const char *instance = answer->instance;
    size_t passed = 0, decided = 0;
    start(xccdf, "TestResult");
    attribute(xccdf, "id", arena_format(xccdf->arena, "xccdf_linkaudit_testresult_%zu", position));
    attribute(xccdf, "version", "1");
    date(xccdf, "start-time", audit->started);
    date(xccdf, "end-time", audit->finished.known ? audit->finished : audit->started);
    attribute(xccdf, "test-system", audit->program);
    element(xccdf, "title", arena_format(xccdf->arena, "Linked servers of %s", instance));
    start(xccdf, "identity");
    attribute(xccdf, "authenticated", "true");
    attribute(xccdf, "privileged", "false");
    xmlTextWriterWriteString(xccdf->writer, BAD_CAST(audit->user ? audit->user : "unknown"));
    end(xccdf);
    element(xccdf, "target", instance);
    for (; answer && strcmp(answer->instance, instance) == 0; answer = answer->next) {
        write_result(xccdf, answer);
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
    struct xccdf xccdf = {xmlNewTextWriter(xml_stream(stream)), arena, audit};
    xmlTextWriterSetIndent(xccdf.writer, 1);
    xmlTextWriterStartDocument(xccdf.writer, "1.0", "UTF-8", NULL);
    start(&xccdf, "Benchmark");
    attribute(&xccdf, "xmlns", "http://checklists.nist.gov/xccdf/1.2");
    attribute(&xccdf, "id", "xccdf_linkaudit_benchmark_linked-servers");
    attribute(&xccdf, "xml:lang", "en");
    element(&xccdf, "status", "interim");
    element(&xccdf, "title", audit->title ? audit->title : "Linked servers");
    element(&xccdf, "description",
            "Rules of the DISA STIGs for SQL Server Instance that an audit of linked servers can answer.");
    element(&xccdf, "version", audit->run_id);
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
