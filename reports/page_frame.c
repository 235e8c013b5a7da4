#include "audit/diagnosis/diagnosis.h"
#include "audit/model/link_state.h"
#include "reports/page.h"
#include "reports/page_document.h"
#include "reports/picture.h"
#include "reports/tree.h"

#include <stdlib.h>
#include <string.h>

enum { SHORT_LIST = 3, CERTIFICATES = 24 };

/* ---- counts ------------------------------------------------------------------------------------------- */

/* The first few of a list, and how many there are. */
struct short_list {
    struct page_document *document;
    xmlNodePtr node;
    size_t total, maximum;
};

static struct short_list short_list_new(struct page_document *document, const char *name, size_t maximum)
{
    return (struct short_list){document, page_add(document, document->root, name), 0, maximum};
}

static xmlNodePtr short_list_add(struct short_list *list, const char *name)
{
    return list->total++ < list->maximum ? page_add(list->document, list->node, name) : NULL;
}

static void short_list_end(struct short_list *list)
{
    tree_set_number(list->node, NULL, "total", (int64_t)list->total);
}

struct frame {
    struct page_document document;
    struct arena *arena;
    struct endpoint_index *index;
    struct page_counts states, causes, verdicts;
    struct short_list broken, breaks, unchecked;
    struct short_list already_on; /* instances with links that break on their release */
    size_t already, untested, links, hidden;
};

static xmlNodePtr add_short_link(struct frame *frame, struct short_list *list,
                                 const struct instance *instance, const struct linked_server *link)
{
    xmlNodePtr node = short_list_add(list, "link");
    if (!node)
        return NULL;
    tree_set(node, NULL, "instance", instance->name);
    tree_set(node, NULL, "name", link->name);
    tree_set(node, NULL, "target",
             page_link_target(frame->arena, endpoint_find(frame->index, link->endpoint), link));
    return node;
}

static void count_link(struct frame *frame, const struct instance *instance, const struct linked_server *link)
{
    enum link_state state = link_state(link);
    frame->links++;
    page_count(&frame->states, state);
    frame->untested += state == LINK_NOT_TESTED;
    if (state == LINK_BROKEN) {
        xmlNodePtr node = add_short_link(frame, &frame->broken, instance, link);
        if (link->diagnosis)
            page_count(&frame->causes, link->diagnosis->cause);
        if (node && link->diagnosis) {
            tree_set(node, NULL, "cause", name_of(&cause_names, link->diagnosis->cause));
            tree_set(node, NULL, "actor", name_of(&actor_names, link->diagnosis->actor));
            tree_set(node, NULL, "text", link->diagnosis->text);
        }
    }
    if (!link->readiness)
        return;
    page_count(&frame->verdicts, link->readiness->verdict);
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
                const struct diagnosis *probe = page_probe_of(frame->index, instance);
                tree_set(node, NULL, "probe", probe ? probe->text : NULL);
            }
        }
    }
    frame->hidden += page_has_limited_view(instance);
    list_each (struct linked_server, link, &instance->linked_servers) {
        count_link(frame, instance, link);
    }
    count_already_broken(frame, instance);
}

/* ---- endpoints ---------------------------------------------------------------------------------------- */

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
        tree_set_number(node, NULL, "days", page_days_until(audit, list[i].certificate->not_after));
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

static void add_buckets(struct page_document *document, const char *element, const struct bucket *buckets,
                        size_t count, const size_t *counts)
{
    for (size_t i = 0; i < count; i++) {
        if (!counts[i + 1])
            continue;
        xmlNodePtr node = page_add(document, document->root, element);
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
            certificates[bucket_of(days, DAYS, page_days_until(audit, own->not_after))]++;
        if (first && first->outcome == CONNECT_OK && first->ms.known)
            answers[bucket_of(times, TIMES, first->ms.value)]++;
    }
    add_buckets(&frame->document, "expiry", days, DAYS, certificates);
    add_buckets(&frame->document, "response", times, TIMES, answers);
}

static void add_protocols(struct frame *frame, const struct audit *audit)
{
    struct page_counts protocols = {.element = "protocol", .names = &tls_version_names};
    size_t asked = 0, unreachable = 0;
    list_each (struct endpoint, endpoint, &audit->endpoints) {
        asked += endpoint->tls.count > 0;
        unreachable += endpoint->reachable == TERNARY_FALSE;
        list_each (struct tls, tls, &endpoint->tls) {
            if (tls->outcome == TLS_ACCEPTED)
                page_count(&protocols, tls->protocol);
        }
    }
    page_add_counts(&frame->document, &protocols);
    tree_set_number(frame->document.root, NULL, "endpoints", (int64_t)audit->endpoints.count);
    tree_set_number(frame->document.root, NULL, "endpoints-unreachable", (int64_t)unreachable);
    tree_set_number(frame->document.root, NULL, "endpoints-with-tls", (int64_t)asked);
}

static void add_answers(struct frame *frame, const struct audit *audit)
{
    struct page_counts answers = {.element = "answer", .names = &compliance_result_names};
    list_each (struct compliance_answer, answer, &audit->compliance)
        page_count(&answers, answer->result);
    page_add_counts(&frame->document, &answers);
    tree_set_number(frame->document.root, NULL, "answers", (int64_t)audit->compliance.count);
}

static void add_severities(struct frame *frame, const struct audit *audit)
{
    struct page_counts severities = {.element = "severity", .names = &severity_names};
    size_t waived = 0;
    list_each (struct finding, finding, &audit->findings) {
        waived += finding->waived == TERNARY_TRUE;
        if (finding->waived != TERNARY_TRUE)
            page_count(&severities, finding->severity);
    }
    page_add_counts(&frame->document, &severities);
    tree_set_number(frame->document.root, NULL, "findings", (int64_t)audit->findings.count);
    tree_set_number(frame->document.root, NULL, "waived", (int64_t)waived);
}

static void add_changes(struct frame *frame, xmlNodePtr parent, const struct audit *audit)
{
    const struct key_index *rows = page_rows(frame->arena, audit);
    xmlNodePtr changes = tree_add_start(parent, frame->document.report, &changes_element, audit->changes);
    list_each (struct change, change, &audit->changes->list) {
        xmlNodePtr node = tree_add(changes, frame->document.report, &change_element, change);
        if (page_has_row(frame->arena, rows, change->instance, change->link))
            tree_set(node, frame->document.page, "row", "true");
    }
}

static void add_picture_node(struct frame *frame, xmlNodePtr parent, const struct picture_node *drawn)
{
    xmlNodePtr node = page_add(&frame->document, parent, "node");
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
    xmlNodePtr node = page_add(&frame->document, parent, "edge");
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
    xmlNodePtr node = page_add(&frame->document, frame->document.root, "picture");
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

xmlDocPtr page_frame(const struct audit *audit)
{
    struct frame frame = {.document = page_document_new("page"),
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
    page_add_counts(&frame.document, &frame.states);
    page_add_counts(&frame.document, &frame.causes);
    page_add_counts(&frame.document, &frame.verdicts);
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
