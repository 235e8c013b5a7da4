#include "reports/page.h"
#include "audit/diagnosis/diagnosis.h"
#include "audit/model/link_state.h"
#include "audit/rules/finding_index.h"
#include "reports/endpoint_index.h"
#include "reports/join.h"
#include "reports/picture.h"
#include "reports/tree.h"

#include <stdlib.h>
#include <string.h>

enum { SHORT_LIST = 3, CERTIFICATES = 24, DAY = 24 * 60 * 60 };

struct document {
    xmlDocPtr xml;
    xmlNsPtr page, report;
    xmlNodePtr root;
};

static struct document document_new(const char *root)
{
    struct document document = {.xml = xmlNewDoc(BAD_CAST "1.0")};
    if (!document.xml)
        abort();
    document.root = xmlNewNode(NULL, BAD_CAST root);
    xmlDocSetRootElement(document.xml, document.root);
    document.page = xmlNewNs(document.root, BAD_CAST PAGE_NAMESPACE, BAD_CAST "p");
    document.report = xmlNewNs(document.root, BAD_CAST REPORT_NAMESPACE, BAD_CAST "r");
    xmlSetNs(document.root, document.page);
    return document;
}

static xmlNodePtr add(struct document *document, xmlNodePtr parent, const char *name)
{
    return xmlNewChild(parent, document->page, BAD_CAST name, NULL);
}

/* ---- rows that a name leads to --------------------------------------------------------------------------
 */

/* Code names links that do not exist, and former reports ones that are gone: only what has a row is linked.
 */
struct row {
    struct row *next;
    const char *key;
};

static const char *row_key(struct arena *arena, const char *instance, const char *link)
{
    return arena_format(arena, "%s\t%s", instance, link);
}

static const char *key_of_row(struct arena *arena, const void *item)
{
    (void)arena;
    return ((const struct row *)item)->key;
}

static struct key_index *index_rows(struct arena *arena, const struct audit *audit)
{
    LIST_OF(struct row) rows = {0};
    list_each (struct instance, instance, &audit->instances) {
        list_each (struct linked_server, link, &instance->linked_servers) {
            struct row *row = arena_alloc(arena, sizeof(*row));
            row->key = row_key(arena, instance->name, link->name);
            list_append(&rows, row);
        }
    }
    return key_index_new(arena, rows.first, key_of_row);
}

static bool has_row(struct arena *arena, const struct key_index *rows, const char *instance, const char *link)
{
    return instance && link && key_index_find(rows, row_key(arena, instance, link));
}

/* ---- the frame: counts ----------------------------------------------------------------------------------
 */

struct counted {
    const char *element; /* of the counts, each with a name and a count */
    const struct name_table *names;
    size_t counts[64];
};

static void count(struct counted *counted, int value)
{
    if (value > 0 && (size_t)value < sizeof(counted->counts) / sizeof(counted->counts[0]))
        counted->counts[value]++;
}

static void add_counts(struct document *document, const struct counted *counted)
{
    for (size_t i = 1; i < counted->names->count; i++) {
        if (!counted->counts[i])
            continue;
        xmlNodePtr node = add(document, document->root, counted->element);
        tree_set(node, NULL, "name", counted->names->names[i]);
        tree_set_number(node, NULL, "count", (int64_t)counted->counts[i]);
    }
}

/* The first few of a list, and how many there are. */
struct short_list {
    struct document *document;
    xmlNodePtr node;
    size_t total, maximum;
};

static struct short_list short_list_new(struct document *document, const char *name, size_t maximum)
{
    return (struct short_list){document, add(document, document->root, name), 0, maximum};
}

static xmlNodePtr short_list_add(struct short_list *list, const char *name)
{
    return list->total++ < list->maximum ? add(list->document, list->node, name) : NULL;
}

static void short_list_end(struct short_list *list)
{
    tree_set_number(list->node, NULL, "total", (int64_t)list->total);
}

/* What the audit host's own probe says where a driver says only that it did not get in; NULL where it says
 * nothing that explains that. */
static const struct diagnosis *probe_of(const struct endpoint_index *index, const struct instance *instance)
{
    const struct endpoint *endpoint = endpoint_find(index, instance->endpoint);
    const struct diagnosis *diagnosis = endpoint ? endpoint->diagnosis : NULL;
    bool got_in = !instance->failure || instance->failure->phase != PHASE_CONNECT;
    bool explains = diagnosis && diagnosis->cause != CAUSE_OK && diagnosis->cause != CAUSE_NOT_TESTED;
    return got_in || !explains ? NULL : diagnosis;
}

struct frame {
    struct document document;
    struct arena *arena;
    struct endpoint_index *index;
    struct counted states, causes, verdicts;
    struct short_list broken, breaks, unchecked;
    struct short_list already_on; /* instances with links that break on their release */
    size_t already, untested, links, hidden;
};

/* Where the link leads, as a person writes it. */
static const char *link_target(struct arena *arena, const struct endpoint *endpoint,
                               const struct linked_server *link)
{
    const char *target = endpoint ? endpoint_target(arena, endpoint) : "";
    return *target ? target : link->data_source;
}

static xmlNodePtr add_short_link(struct frame *frame, struct short_list *list,
                                 const struct instance *instance, const struct linked_server *link)
{
    xmlNodePtr node = short_list_add(list, "link");
    if (!node)
        return NULL;
    tree_set(node, NULL, "instance", instance->name);
    tree_set(node, NULL, "name", link->name);
    tree_set(node, NULL, "target",
             link_target(frame->arena, endpoint_find(frame->index, link->endpoint), link));
    return node;
}

static void count_link(struct frame *frame, const struct instance *instance, const struct linked_server *link)
{
    enum link_state state = link_state(link);
    frame->links++;
    count(&frame->states, state);
    frame->untested += state == LINK_NOT_TESTED;
    if (state == LINK_BROKEN) {
        xmlNodePtr node = add_short_link(frame, &frame->broken, instance, link);
        if (link->diagnosis)
            count(&frame->causes, link->diagnosis->cause);
        if (node && link->diagnosis) {
            tree_set(node, NULL, "cause", name_of(&cause_names, link->diagnosis->cause));
            tree_set(node, NULL, "actor", name_of(&actor_names, link->diagnosis->actor));
            tree_set(node, NULL, "text", link->diagnosis->text);
        }
    }
    if (!link->readiness)
        return;
    count(&frame->verdicts, link->readiness->verdict);
    if (link->readiness->verdict == VERDICT_BREAKS && !breaks_already(instance, link)) {
        xmlNodePtr node = add_short_link(frame, &frame->breaks, instance, link);
        if (node)
            tree_set(node, NULL, "text", link->readiness->reason);
    }
}

/* Links that broke with the release that their instance runs: they stand among the broken ones. */
static void count_already_broken(struct frame *frame, const struct instance *instance)
{
    size_t before = frame->already;
    list_each (struct linked_server, link, &instance->linked_servers)
        frame->already += breaks_already(instance, link);
    xmlNodePtr node = frame->already > before ? short_list_add(&frame->already_on, "instance") : NULL;
    if (node)
        tree_set(node, NULL, "name", instance->name);
}

/* Something that the audit login was not granted hides a part of the instance. */
static bool has_limited_view(const struct instance *instance)
{
    list_each (struct visibility, visibility, &instance->visibilities)
        if (visibility->granted == TERNARY_FALSE && visibility->hides && *visibility->hides)
            return true;
    return false;
}

static void count_instance(struct frame *frame, const struct instance *instance)
{
    if (instance->status != INSTANCE_AUDITED) {
        xmlNodePtr node = short_list_add(&frame->unchecked, "instance");
        if (node) {
            tree_set(node, NULL, "name", instance->name);
            tree_set(node, NULL, "status", name_of(&instance_status_names, instance->status));
            if (instance->failure) {
                tree_set(node, NULL, "phase", name_of(&failure_phase_names, instance->failure->phase));
                if (instance->failure->messages.first)
                    tree_set(node, NULL, "text", instance->failure->messages.first->text);
                const struct diagnosis *probe = probe_of(frame->index, instance);
                tree_set(node, NULL, "probe", probe ? probe->text : NULL);
            }
        }
    }
    frame->hidden += has_limited_view(instance);
    list_each (struct linked_server, link, &instance->linked_servers) {
        count_link(frame, instance, link);
    }
    count_already_broken(frame, instance);
}

/* ---- the frame: endpoints ------------------------------------------------------------------------------ */

struct expiry {
    const struct endpoint *endpoint;
    const struct certificate *certificate;
};

static int by_expiry(const void *a, const void *b)
{
    const struct expiry *left = a, *right = b;
    int64_t x = left->certificate->not_after.value, y = right->certificate->not_after.value;
    return x < y ? -1 : x > y;
}

/* Whole days from the run to that moment; negative when it is past. */
static int64_t days_until(const struct audit *audit, moment when)
{
    int64_t seconds = when.value - audit->started.value;
    return (seconds - (seconds < 0 ? DAY - 1 : 0)) / DAY;
}

static void add_certificates(struct frame *frame, const struct audit *audit)
{
    struct expiry *list = arena_alloc(frame->arena, (audit->endpoints.count + 1) * sizeof(*list));
    size_t used = 0;
    list_each (struct endpoint, endpoint, &audit->endpoints) {
        const struct certificate *own = endpoint->certificates.first;
        if (own && own->not_after.known && own->fallback != TERNARY_TRUE)
            list[used++] = (struct expiry){endpoint, own};
    }
    qsort(list, used, sizeof(*list), by_expiry);
    struct short_list certificates = short_list_new(&frame->document, "certificates", CERTIFICATES);
    for (size_t i = 0; i < used; i++) {
        xmlNodePtr node = short_list_add(&certificates, "certificate");
        if (!node)
            continue;
        tree_set(node, NULL, "endpoint", list[i].endpoint->id);
        tree_set(node, NULL, "target", endpoint_target(frame->arena, list[i].endpoint));
        tree_set_number(node, NULL, "days", days_until(audit, list[i].certificate->not_after));
        tree_add_start(node, frame->document.report, &certificate_element, list[i].certificate);
    }
    short_list_end(&certificates);
}

struct bucket {
    int64_t below;
    const char *name;
};

/* The first bucket that the value is below, counted from 1; the last one takes all that are left. */
static int bucket_of(const struct bucket *buckets, size_t count, int64_t value)
{
    size_t i = 0;
    while (i + 1 < count && value >= buckets[i].below)
        i++;
    return (int)i + 1;
}

static void add_buckets(struct document *document, const char *element, const struct bucket *buckets,
                        size_t count, const size_t *counts)
{
    for (size_t i = 0; i < count; i++) {
        if (!counts[i + 1])
            continue;
        xmlNodePtr node = add(document, document->root, element);
        tree_set(node, NULL, "name", buckets[i].name);
        tree_set_number(node, NULL, "count", (int64_t)counts[i + 1]);
    }
}

/* Days until the certificate ends; milliseconds until the endpoint's first address answered. */
static void add_distributions(struct frame *frame, const struct audit *audit)
{
    static const struct bucket days[] = {
        {0, "ended"}, {30, "within 30 days"}, {90, "within 90 days"}, {365, "within a year"}, {0, "later"}};
    static const struct bucket times[] = {
        {5, "under 5 ms"}, {20, "under 20 ms"}, {100, "under 100 ms"}, {1000, "under 1 s"}, {0, "slower"}};
    enum { DAYS = sizeof(days) / sizeof(days[0]), TIMES = sizeof(times) / sizeof(times[0]) };
    size_t certificates[DAYS + 1] = {0}, answers[TIMES + 1] = {0};
    list_each (struct endpoint, endpoint, &audit->endpoints) {
        const struct certificate *own = endpoint->certificates.first;
        const struct connection *first = endpoint->connects.first;
        if (own && own->not_after.known)
            certificates[bucket_of(days, DAYS, days_until(audit, own->not_after))]++;
        if (first && first->outcome == CONNECT_OK && first->ms.known)
            answers[bucket_of(times, TIMES, first->ms.value)]++;
    }
    add_buckets(&frame->document, "expiry", days, DAYS, certificates);
    add_buckets(&frame->document, "response", times, TIMES, answers);
}

static void add_protocols(struct frame *frame, const struct audit *audit)
{
    struct counted protocols = {.element = "protocol", .names = &tls_version_names};
    size_t asked = 0, unreachable = 0;
    list_each (struct endpoint, endpoint, &audit->endpoints) {
        asked += endpoint->tls.count > 0;
        unreachable += endpoint->reachable == TERNARY_FALSE;
        list_each (struct tls, tls, &endpoint->tls) {
            if (tls->outcome == TLS_ACCEPTED)
                count(&protocols, tls->protocol);
        }
    }
    add_counts(&frame->document, &protocols);
    tree_set_number(frame->document.root, NULL, "endpoints", (int64_t)audit->endpoints.count);
    tree_set_number(frame->document.root, NULL, "endpoints-unreachable", (int64_t)unreachable);
    tree_set_number(frame->document.root, NULL, "endpoints-with-tls", (int64_t)asked);
}

static void add_answers(struct frame *frame, const struct audit *audit)
{
    struct counted answers = {.element = "answer", .names = &compliance_result_names};
    list_each (struct compliance_answer, answer, &audit->compliance)
        count(&answers, answer->result);
    add_counts(&frame->document, &answers);
    tree_set_number(frame->document.root, NULL, "answers", (int64_t)audit->compliance.count);
}

static void add_severities(struct frame *frame, const struct audit *audit)
{
    struct counted severities = {.element = "severity", .names = &severity_names};
    size_t waived = 0;
    list_each (struct finding, finding, &audit->findings) {
        waived += finding->waived == TERNARY_TRUE;
        if (finding->waived != TERNARY_TRUE)
            count(&severities, finding->severity);
    }
    add_counts(&frame->document, &severities);
    tree_set_number(frame->document.root, NULL, "findings", (int64_t)audit->findings.count);
    tree_set_number(frame->document.root, NULL, "waived", (int64_t)waived);
}

static void add_changes(struct frame *frame, xmlNodePtr parent, const struct audit *audit)
{
    const struct key_index *rows = index_rows(frame->arena, audit);
    xmlNodePtr changes = tree_add_start(parent, frame->document.report, &changes_element, audit->changes);
    list_each (struct change, change, &audit->changes->list) {
        xmlNodePtr node = tree_add(changes, frame->document.report, &change_element, change);
        if (has_row(frame->arena, rows, change->instance, change->link))
            tree_set(node, frame->document.page, "row", "true");
    }
}

static void add_picture_node(struct frame *frame, xmlNodePtr parent, const struct picture_node *drawn)
{
    xmlNodePtr node = add(&frame->document, parent, "node");
    tree_set(node, NULL, "label", drawn->label);
    tree_set(node, NULL, "short", drawn->short_label);
    tree_set_number(node, NULL, "number", (int64_t)drawn->number);
    tree_set_number(node, NULL, "width", (int64_t)drawn->width);
    tree_set_number(node, NULL, "x", (int64_t)drawn->x);
    tree_set_number(node, NULL, "y", (int64_t)drawn->y);
    if (drawn->instance) {
        tree_set(node, NULL, "instance", drawn->instance->name);
        tree_set(node, NULL, "status", name_of(&instance_status_names, (int)drawn->instance->status));
    }
    if (drawn->endpoint) {
        tree_set(node, NULL, "endpoint", drawn->endpoint->id);
        tree_set(node, NULL, "target", endpoint_target(frame->arena, drawn->endpoint));
        tree_set(node, NULL, "reachable", name_of(&ternary_names, (int)drawn->endpoint->reachable));
    }
    if (drawn->group)
        tree_set_number(node, NULL, "members", (int64_t)drawn->members);
}

static void add_picture_edge(struct frame *frame, xmlNodePtr parent, const struct picture_edge *drawn)
{
    xmlNodePtr node = add(&frame->document, parent, "edge");
    tree_set(node, NULL, "state", name_of(&link_state_names, drawn->state));
    tree_set(node, NULL, "instance", drawn->instance);
    tree_set(node, NULL, "link", drawn->link);
    tree_set(node, NULL, "from", drawn->from->label);
    tree_set(node, NULL, "to", drawn->to->label);
    tree_set_number(node, NULL, "links", (int64_t)drawn->links);
    tree_set_number(node, NULL, "broken", (int64_t)drawn->broken);
    tree_set_number(node, NULL, "a", (int64_t)drawn->from->number);
    tree_set_number(node, NULL, "b", (int64_t)drawn->to->number);
    tree_set(node, NULL, "path", drawn->path);
    tree_set_number(node, NULL, "x1", (int64_t)drawn->from->x);
    tree_set_number(node, NULL, "y1", (int64_t)drawn->from->y);
    tree_set_number(node, NULL, "x2", (int64_t)drawn->end_x);
    tree_set_number(node, NULL, "y2", (int64_t)drawn->end_y);
}

static void add_picture(struct frame *frame, const struct audit *audit)
{
    struct picture *picture = picture_new(frame->arena, audit);
    if (!picture_layout(frame->arena, picture, "sfdp", PICTURE_DEADLINE))
        return;
    xmlNodePtr node = add(&frame->document, frame->document.root, "picture");
    tree_set_number(node, NULL, "width", (int64_t)picture->width);
    tree_set_number(node, NULL, "height", (int64_t)picture->height);
    tree_set_number(node, NULL, "box", PICTURE_BOX_HEIGHT);
    tree_set_number(node, NULL, "arrow", PICTURE_ARROW);
    list_each (struct picture_edge, edge, &picture->edges)
        if (edge->from != edge->to)
            add_picture_edge(frame, node, edge);
    list_each (struct picture_node, drawn, &picture->nodes)
        add_picture_node(frame, node, drawn);
}

/* The <audit> element without what comes in pieces. */
static void add_header(struct frame *frame, const struct audit *audit)
{
    struct audit header = *audit;
    memset(&header.instances, 0, sizeof(header.instances));
    memset(&header.endpoints, 0, sizeof(header.endpoints));
    memset(&header.findings, 0, sizeof(header.findings));
    memset(&header.compliance, 0, sizeof(header.compliance));
    header.changes = NULL;
    xmlNodePtr node = tree_add(frame->document.root, frame->document.report, &audit_element, &header);
    if (audit->changes)
        add_changes(frame, node, audit);
}

static size_t count_links(const struct audit *audit)
{
    size_t count = 0;
    list_each (struct instance, instance, &audit->instances) {
        count += instance->linked_servers.count;
    }
    return count;
}

xmlDocPtr page_frame(const struct audit *audit)
{
    struct frame frame = {.document = document_new("page"),
                          .arena = arena_new(),
                          .states = {.element = "state", .names = &link_state_names},
                          .causes = {.element = "cause", .names = &cause_names},
                          .verdicts = {.element = "verdict", .names = &verdict_names}};
    frame.index = endpoint_index_new(frame.arena, audit);
    add_header(&frame, audit);
    frame.broken = short_list_new(&frame.document, "broken", SHORT_LIST);
    frame.breaks = short_list_new(&frame.document, "breaks", SHORT_LIST);
    frame.already_on = short_list_new(&frame.document, "already", SHORT_LIST);
    frame.unchecked = short_list_new(&frame.document, "unchecked", SHORT_LIST);
    list_each (struct instance, instance, &audit->instances) {
        count_instance(&frame, instance);
    }
    short_list_end(&frame.broken);
    short_list_end(&frame.breaks);
    short_list_end(&frame.already_on);
    tree_set_number(frame.already_on.node, NULL, "links", (int64_t)frame.already);
    short_list_end(&frame.unchecked);
    add_counts(&frame.document, &frame.states);
    add_counts(&frame.document, &frame.causes);
    add_counts(&frame.document, &frame.verdicts);
    add_severities(&frame, audit);
    add_answers(&frame, audit);
    add_protocols(&frame, audit);
    add_distributions(&frame, audit);
    add_certificates(&frame, audit);
    add_picture(&frame, audit);
    xmlNodePtr root = frame.document.root;
    tree_set_number(root, NULL, "instances", (int64_t)audit->instances.count);
    tree_set_number(root, NULL, "links", (int64_t)frame.links);
    tree_set(root, NULL, "brief", frame.links > PAGE_BRIEF ? "true" : NULL);
    tree_set_number(root, NULL, "untested", (int64_t)frame.untested);
    tree_set_number(root, NULL, "instances-with-hidden", (int64_t)frame.hidden);
    arena_free(frame.arena);
    return frame.document.xml;
}

/* ---- the pieces ---------------------------------------------------------------------------------------- */

struct pieces {
    const struct audit *audit;
    struct arena *arena;
    struct endpoint_index *index;
    struct key_index *rows;
    struct finding_index *findings;
    bool brief;
    page_piece *piece;
    void *context;
};

static struct document piece_new(const char *kind)
{
    struct document document = document_new("piece");
    tree_set(document.root, NULL, "kind", kind);
    return document;
}

static bool hand_over(struct pieces *pieces, struct document *document)
{
    bool good = pieces->piece(document->xml, pieces->context);
    xmlFreeDoc(document->xml);
    return good;
}

static int compare_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "");
}

static void add_findings_of(struct pieces *pieces, struct document *document, xmlNodePtr node,
                            const struct instance *instance, const struct linked_server *link)
{
    struct finding_range found = findings_of_link(pieces->findings, instance->name, link->name);
    for (size_t i = 0; i < found.count; i++) {
        xmlNodePtr finding = add(document, node, "finding");
        tree_set(finding, NULL, "rule", found.first[i]->rule);
        tree_set(finding, NULL, "severity", name_of(&severity_names, (int)found.first[i]->severity));
    }
}

/* ---- checklists ----------------------------------------------------------------------------------------
 */

static bool is_instances(const struct step *step)
{
    return step->from && strcmp(step->from, "instance") == 0;
}

static bool has_step(const struct diagnosis *diagnosis, enum step_name name)
{
    list_each (struct step, step, &diagnosis->steps)
        if (step->name == name && !is_instances(step))
            return true;
    return false;
}

/* The instance's evidence; what it repeats of the audit host's is left to where that stands beside. */
static const char *evidence_beside(struct arena *arena, const char *evidence)
{
    const char *repeated = evidence ? strstr(evidence, "; from the audit host: ") : NULL;
    return repeated ? arena_text_n(arena, evidence, (size_t)(repeated - evidence)) : evidence;
}

static void add_seen(struct pieces *pieces, struct document *document, xmlNodePtr row,
                     const struct diagnosis *diagnosis, enum step_name name, bool beside)
{
    list_each (struct step, step, &diagnosis->steps) {
        if (step->name != name)
            continue;
        bool instances = is_instances(step);
        xmlNodePtr node = add(document, row, instances ? "instance" : "host");
        tree_set(node, NULL, "result", name_of(&step_result_names, (int)step->result));
        tree_add_text(node,
                      instances && beside ? evidence_beside(pieces->arena, step->evidence) : step->evidence);
    }
}

static const char *const step_labels[] = {
    [STEP_NAME] = "Name",  [STEP_ADDRESS] = "Address",   [STEP_INSTANCE] = "Instance",
    [STEP_PORT] = "Port",  [STEP_FIREWALL] = "Firewall", [STEP_SERVICE] = "Service",
    [STEP_TLS] = "TLS",    [STEP_PRESSURE] = "Pressure", [STEP_SERVERNAME] = "@@SERVERNAME",
    [STEP_LOGIN] = "Login"};

/* Ten rows, two vantage points side by side. What the audit host saw of the endpoint stands where the link's
 * own diagnosis says nothing of it. */
static void add_checklist(struct pieces *pieces, struct document *document, xmlNodePtr parent,
                          const struct diagnosis *diagnosis, const struct diagnosis *of_endpoint)
{
    if (!diagnosis || !diagnosis->steps.first)
        return;
    xmlNodePtr checklist = add(document, parent, "checklist");
    for (enum step_name name = STEP_NAME; name <= STEP_LOGIN; name++) {
        xmlNodePtr row = add(document, checklist, "step");
        tree_set(row, NULL, "label", step_labels[name]);
        bool own = has_step(diagnosis, name), other = !own && of_endpoint && has_step(of_endpoint, name);
        if (other)
            add_seen(pieces, document, row, of_endpoint, name, false);
        add_seen(pieces, document, row, diagnosis, name, own || other);
    }
}

/* A diagnosis without the steps, which the checklist has. */
static struct diagnosis without_steps(const struct diagnosis *diagnosis)
{
    return (struct diagnosis){.cause = diagnosis->cause,
                              .actor = diagnosis->actor,
                              .text = diagnosis->text,
                              .action = diagnosis->action};
}

/* ---- links and their instances -------------------------------------------------------------------------
 */

static bool will_break(const struct linked_server *link)
{
    return link->readiness && link->readiness->verdict == VERDICT_BREAKS;
}

/* In a large report a link that works shows its row only, and one that works until SQL Server 2025 what will
 * happen then; the XML has the rest. */
static bool shows_little(const struct pieces *pieces, const struct linked_server *link)
{
    return pieces->brief && link_state(link) == LINK_WORKS;
}

static xmlNodePtr add_little(struct document *document, const struct linked_server *link)
{
    struct linked_server row = {.name = link->name, .provider = link->provider};
    row.readiness = will_break(link) ? link->readiness : NULL;
    xmlNodePtr node = tree_add(document->root, document->report, &linked_server_element, &row);
    tree_set(node, document->page, row.readiness ? "short" : "brief", "true");
    return node;
}

static xmlNodePtr add_whole(struct pieces *pieces, struct document *document,
                            const struct linked_server *link, const struct endpoint *endpoint)
{
    bool diagnosed = link->diagnosis && link_state(link) != LINK_WORKS;
    struct linked_server whole = *link;
    struct diagnosis told = diagnosed ? without_steps(link->diagnosis) : (struct diagnosis){0};
    whole.diagnosis = diagnosed ? &told : NULL;
    xmlNodePtr node = tree_add(document->root, document->report, &linked_server_element, &whole);
    if (diagnosed)
        add_checklist(pieces, document, node, link->diagnosis, endpoint ? endpoint->diagnosis : NULL);
    return node;
}

static void add_link_row(struct pieces *pieces, struct document *document, const struct instance *owner,
                         const struct linked_server *link)
{
    const struct endpoint *endpoint = endpoint_find(pieces->index, link->endpoint);
    xmlNodePtr node =
        shows_little(pieces, link) ? add_little(document, link) : add_whole(pieces, document, link, endpoint);
    tree_set(node, document->page, "instance", owner->name);
    tree_set(node, document->page, "state", name_of(&link_state_names, (int)link_state(link)));
    if (link->readiness)
        tree_set(node, document->page, "verdict",
                 breaks_already(owner, link) ? "breaks-already"
                                             : name_of(&verdict_names, (int)link->readiness->verdict));
    tree_set(node, document->page, "target", link_target(pieces->arena, endpoint, link));
    if (endpoint)
        tree_set(node, document->page, "reachable", name_of(&ternary_names, (int)endpoint->reachable));
    add_findings_of(pieces, document, node, owner, link);
}

static bool link_pieces(struct pieces *pieces)
{
    struct document document = piece_new("links");
    size_t rows = 0;
    list_each (struct instance, instance, &pieces->audit->instances) {
        list_each (struct linked_server, link, &instance->linked_servers) {
            if (rows == PAGE_GROUP) {
                if (!hand_over(pieces, &document))
                    return false;
                document = piece_new("links");
                rows = 0;
            }
            add_link_row(pieces, &document, instance, link);
            rows++;
        }
    }
    return hand_over(pieces, &document);
}

/* How many links the instance has, and the names of those that have more to show than their row. */
static void add_links_of(struct pieces *pieces, struct document *document, xmlNodePtr parent,
                         const struct instance *instance, bool brief)
{
    size_t broken = 0;
    list_each (struct linked_server, link, &instance->linked_servers) {
        enum link_state state = link_state(link);
        broken += state == LINK_BROKEN;
        if (brief && shows_little(pieces, link) && !will_break(link))
            continue;
        xmlNodePtr node = add(document, parent, "link");
        tree_set(node, NULL, "name", link->name);
        tree_set(node, NULL, "state", name_of(&link_state_names, (int)state));
    }
    tree_set_number(parent, document->page, "links", (int64_t)instance->linked_servers.count);
    tree_set_number(parent, document->page, "broken", (int64_t)broken);
}

static void add_instance(struct pieces *pieces, struct document *document, const struct instance *instance,
                         bool brief)
{
    struct instance own = *instance;
    memset(&own.linked_servers, 0, sizeof(own.linked_servers));
    xmlNodePtr node = brief ? tree_add_start(document->root, document->report, &instance_element, &own)
                            : tree_add(document->root, document->report, &instance_element, &own);
    if (has_limited_view(instance))
        tree_set(node, document->page, "view", "limited");
    const struct diagnosis *probe = probe_of(pieces->index, instance);
    tree_set(node, document->page, "probe", probe ? probe->text : NULL);
    add_links_of(pieces, document, node, instance, brief);
}

/* Each whole one by itself, those that are brief several at a time: each document has its price. */
static bool instance_pieces(struct pieces *pieces)
{
    const struct instance *instance = pieces->audit->instances.first;
    while (instance) {
        struct document document = piece_new("instances");
        bool brief = true;
        for (size_t i = 0; i < PAGE_GROUP && instance && brief; i++, instance = instance->next) {
            brief = pieces->brief && instance->status == INSTANCE_AUDITED;
            add_instance(pieces, &document, instance, brief);
        }
        if (!hand_over(pieces, &document))
            return false;
    }
    return true;
}

static bool accepts_old_tls(const struct endpoint *endpoint)
{
    list_each (struct tls, tls, &endpoint->tls) {
        if (tls->outcome == TLS_ACCEPTED && tls->protocol < TLS_1_2)
            return true;
    }
    return false;
}

static bool endpoint_is_plain(const struct endpoint *endpoint)
{
    const struct certificate *own = endpoint->certificates.first;
    return endpoint->reachable == TERNARY_TRUE && !accepts_old_tls(endpoint) &&
           (!own || (own->trusted == TERNARY_TRUE && own->name_match != TERNARY_FALSE));
}

/* A version for each column of the row, also of those that were not asked for. */
static void add_tls_columns(struct document *document, xmlNodePtr node, const struct endpoint *endpoint)
{
    for (enum tls_version version = TLS_SSL3; version <= TLS_1_3; version++) {
        xmlNodePtr column = add(document, node, "tls");
        tree_set(column, NULL, "protocol", name_of(&tls_version_names, (int)version));
        tree_set(column, NULL, "old", version < TLS_1_2 ? "true" : NULL);
        list_each (struct tls, tls, &endpoint->tls)
            if (tls->protocol == version)
                tree_set(column, NULL, "outcome", name_of(&tls_outcome_names, (int)tls->outcome));
    }
}

/* What the endpoint's row shows of it; what it points to belongs to the endpoint and to *own. */
static struct endpoint row_of(const struct endpoint *endpoint, struct certificate *own)
{
    struct endpoint row = {.id = endpoint->id,
                           .kind = endpoint->kind,
                           .zone = endpoint->zone,
                           .reachable = endpoint->reachable,
                           .links = endpoint->links,
                           .strict = endpoint->strict};
    if (endpoint->certificates.first) {
        *own = *endpoint->certificates.first;
        memset(&own->names, 0, sizeof(own->names));
        own->next = NULL;
        list_append(&row.certificates, own);
    }
    return row;
}

static struct endpoint body_of(const struct endpoint *endpoint, struct diagnosis *told)
{
    struct endpoint body = *endpoint;
    if (endpoint->diagnosis) {
        *told = without_steps(endpoint->diagnosis);
        body.diagnosis = endpoint->diagnosis->cause == CAUSE_OK ? NULL : told;
    }
    return body;
}

static void add_endpoint(struct pieces *pieces, struct document *document, const struct endpoint *endpoint)
{
    struct certificate own;
    struct diagnosis told;
    bool brief = pieces->brief && endpoint_is_plain(endpoint);
    struct endpoint shown = brief ? row_of(endpoint, &own) : body_of(endpoint, &told);
    xmlNodePtr node = tree_add(document->root, document->report, &endpoint_element, &shown);
    tree_set(node, document->page, "target", endpoint_target(pieces->arena, endpoint));
    tree_set(node, document->page, "brief", brief ? "true" : NULL);
    if (endpoint->certificates.first && endpoint->certificates.first->not_after.known)
        tree_set_number(node, document->page, "days",
                        days_until(pieces->audit, endpoint->certificates.first->not_after));
    add_tls_columns(document, node, endpoint);
    if (shown.diagnosis)
        add_checklist(pieces, document, node, endpoint->diagnosis, NULL);
}

static bool endpoint_pieces(struct pieces *pieces)
{
    const struct endpoint *endpoint = pieces->audit->endpoints.first;
    while (endpoint) {
        struct document document = piece_new("endpoints");
        for (size_t i = 0; i < PAGE_GROUP && endpoint; i++, endpoint = endpoint->next)
            add_endpoint(pieces, &document, endpoint);
        if (!hand_over(pieces, &document))
            return false;
    }
    return true;
}

static int by_rule(const void *a, const void *b)
{
    const struct finding *const *left = a, *const *right = b;
    if ((*left)->severity != (*right)->severity)
        return (*left)->severity < (*right)->severity ? -1 : 1;
    int order = compare_text((*left)->rule, (*right)->rule);
    order = order ? order : compare_text((*left)->instance, (*right)->instance);
    return order ? order : compare_text((*left)->link, (*right)->link);
}

/* How many from `first` on are of the same rule and severity. */
static size_t group_length(const struct finding **list, size_t count, size_t first)
{
    size_t end = first + 1;
    while (end < count && list[end]->severity == list[first]->severity &&
           compare_text(list[end]->rule, list[first]->rule) == 0)
        end++;
    return end - first;
}

static bool finding_piece(struct pieces *pieces, const struct finding **group, size_t length, size_t first)
{
    size_t end = first + PAGE_GROUP < length ? first + PAGE_GROUP : length;
    struct document document = piece_new("findings");
    tree_set_number(document.root, NULL, "count", (int64_t)length);
    tree_set_number(document.root, NULL, "from", (int64_t)first + 1);
    tree_set_number(document.root, NULL, "to", (int64_t)end);
    for (size_t i = first; i < end; i++) {
        xmlNodePtr node = tree_add(document.root, document.report, &finding_element, group[i]);
        const struct endpoint *endpoint = endpoint_find(pieces->index, group[i]->endpoint);
        if (endpoint)
            tree_set(node, document.page, "target", endpoint_target(pieces->arena, endpoint));
        if (has_row(pieces->arena, pieces->rows, group[i]->instance, group[i]->link))
            tree_set(node, document.page, "row", "true");
    }
    return hand_over(pieces, &document);
}

static bool finding_pieces(struct pieces *pieces)
{
    size_t count = pieces->audit->findings.count, length;
    const struct finding **list = arena_alloc(pieces->arena, (count + 1) * sizeof(*list));
    count = 0;
    list_each (struct finding, finding, &pieces->audit->findings)
        list[count++] = finding;
    qsort(list, count, sizeof(*list), by_rule);
    for (size_t group = 0; group < count; group += length) {
        length = group_length(list, count, group);
        for (size_t first = 0; first < length; first += PAGE_GROUP)
            if (!finding_piece(pieces, list + group, length, first))
                return false;
    }
    return true;
}

static int by_requirement(const void *a, const void *b)
{
    /* What fails comes first, what could not be had next. */
    static const int order[] = {
        [COMPLIANCE_FAIL] = 1, [COMPLIANCE_NOT_ASSESSABLE] = 2, [COMPLIANCE_PASS] = 3};
    const struct compliance_answer *const *left = a, *const *right = b;
    int rule = compare_text((*left)->rule, (*right)->rule);
    if (rule)
        return rule;
    if ((*left)->result != (*right)->result)
        return order[(*left)->result] < order[(*right)->result] ? -1 : 1;
    return compare_text((*left)->instance, (*right)->instance);
}

static bool compliance_piece(struct pieces *pieces, const struct compliance_answer **group, size_t length,
                             size_t first)
{
    size_t end = first + PAGE_GROUP < length ? first + PAGE_GROUP : length;
    struct document document = piece_new("compliance");
    struct counted results = {.element = "answer", .names = &compliance_result_names};
    for (size_t i = 0; i < length; i++)
        count(&results, group[i]->result);
    add_counts(&document, &results);
    tree_set_number(document.root, NULL, "count", (int64_t)length);
    tree_set_number(document.root, NULL, "from", (int64_t)first + 1);
    tree_set_number(document.root, NULL, "to", (int64_t)end);
    for (size_t i = first; i < end; i++)
        tree_add(document.root, document.report, &compliance_element, group[i]);
    return hand_over(pieces, &document);
}

static bool compliance_pieces(struct pieces *pieces)
{
    size_t count = 0, length;
    const struct compliance_answer **list =
        arena_alloc(pieces->arena, (pieces->audit->compliance.count + 1) * sizeof(*list));
    list_each (struct compliance_answer, answer, &pieces->audit->compliance)
        list[count++] = answer;
    qsort(list, count, sizeof(*list), by_requirement);
    for (size_t group = 0; group < count; group += length) {
        for (length = 1;
             group + length < count && compare_text(list[group + length]->rule, list[group]->rule) == 0;
             length++)
            ;
        for (size_t first = 0; first < length; first += PAGE_GROUP)
            if (!compliance_piece(pieces, list + group, length, first))
                return false;
    }
    return true;
}

/* ---- the two halves ------------------------------------------------------------------------------------ */

static struct pieces pieces_new(const struct audit *audit, page_piece *piece, void *context)
{
    struct pieces pieces = {.audit = audit, .arena = arena_new(), .piece = piece, .context = context};
    pieces.index = endpoint_index_new(pieces.arena, audit);
    pieces.brief = count_links(audit) > PAGE_BRIEF;
    return pieces;
}

bool page_links(const struct audit *audit, page_piece *piece, void *context)
{
    struct pieces pieces = pieces_new(audit, piece, context);
    pieces.findings = finding_index_new(pieces.arena, audit);
    bool good = link_pieces(&pieces);
    arena_free(pieces.arena);
    return good;
}

bool page_others(const struct audit *audit, page_piece *piece, void *context)
{
    struct pieces pieces = pieces_new(audit, piece, context);
    pieces.rows = index_rows(pieces.arena, audit);
    bool good = instance_pieces(&pieces) && endpoint_pieces(&pieces) && finding_pieces(&pieces) &&
                compliance_pieces(&pieces);
    arena_free(pieces.arena);
    return good;
}
