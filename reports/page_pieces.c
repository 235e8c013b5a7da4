#include "audit/diagnosis/diagnosis.h"
#include "audit/model/link_state.h"
#include "audit/model/same_text.h"
#include "audit/rules/finding_index.h"
#include "reports/page.h"
#include "reports/page_document.h"
#include "reports/tree.h"

#include <stdlib.h>
#include <string.h>

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

static struct page_document piece_new(const char *kind)
{
    struct page_document document = page_document_new("piece");
    tree_set(document.root, NULL, "kind", kind);
    return document;
}

static bool hand_over(struct pieces *pieces, struct page_document *document)
{
    bool good = pieces->piece(document->xml, pieces->context);
    xmlFreeDoc(document->xml);
    return good;
}

static void add_findings_of(struct pieces *pieces, struct page_document *document, xmlNodePtr node,
                            const struct instance *instance, const struct linked_server *link)
{
    struct finding_range found = findings_of_link(pieces->findings, instance->name, link->name);
    for (size_t i = 0; i < found.count; i++) {
        xmlNodePtr finding = page_add(document, node, "finding");
        tree_set(finding, NULL, "rule", found.first[i]->rule);
        tree_set(finding, NULL, "severity", name_of(&severity_names, (int)found.first[i]->severity));
    }
}

/* ---- checklists --------------------------------------------------------------------------------------- */

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

static void add_seen(struct pieces *pieces, struct page_document *document, xmlNodePtr row,
                     const struct diagnosis *diagnosis, enum step_name name, bool beside)
{
    list_each (struct step, step, &diagnosis->steps) {
        if (step->name != name)
            continue;
        bool instances = is_instances(step);
        xmlNodePtr node = page_add(document, row, instances ? "instance" : "host");
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
static void add_checklist(struct pieces *pieces, struct page_document *document, xmlNodePtr parent,
                          const struct diagnosis *diagnosis, const struct diagnosis *of_endpoint)
{
    if (!diagnosis || !diagnosis->steps.first)
        return;
    xmlNodePtr checklist = page_add(document, parent, "checklist");
    for (enum step_name name = STEP_NAME; name <= STEP_LOGIN; name++) {
        xmlNodePtr row = page_add(document, checklist, "step");
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

/* ---- links and their instances ------------------------------------------------------------------------ */

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

static xmlNodePtr add_little(struct page_document *document, const struct linked_server *link)
{
    struct linked_server row = {.name = link->name, .provider = link->provider};
    row.readiness = will_break(link) ? link->readiness : NULL;
    xmlNodePtr node = tree_add(document->root, document->report, &linked_server_element, &row);
    tree_set(node, document->page, row.readiness ? "short" : "brief", "true");
    return node;
}

static xmlNodePtr add_whole(struct pieces *pieces, struct page_document *document,
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

static void add_link_row(struct pieces *pieces, struct page_document *document, const struct instance *owner,
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
    tree_set(node, document->page, "target", page_link_target(pieces->arena, endpoint, link));
    if (endpoint)
        tree_set(node, document->page, "reachable", name_of(&ternary_names, (int)endpoint->reachable));
    add_findings_of(pieces, document, node, owner, link);
}

/* Those from that one, the first of a group, to before that one. */
static bool link_pieces(struct pieces *pieces, size_t from, size_t to)
{
    struct page_document document = {0};
    size_t number = 0;
    list_each (struct instance, instance, &pieces->audit->instances) {
        list_each (struct linked_server, link, &instance->linked_servers) {
            size_t place = number++;
            if (place < from || place >= to)
                continue;
            if (place % PAGE_GROUP == 0)
                document = piece_new("links");
            add_link_row(pieces, &document, instance, link);
            bool whole = number % PAGE_GROUP == 0 || number == to;
            if (whole && !hand_over(pieces, &document))
                return false;
        }
    }
    return true;
}

/* How many links the instance has, and the names of those that have more to show than their row. */
static void add_links_of(struct pieces *pieces, struct page_document *document, xmlNodePtr parent,
                         const struct instance *instance, bool brief)
{
    size_t broken = 0;
    list_each (struct linked_server, link, &instance->linked_servers) {
        enum link_state state = link_state(link);
        broken += state == LINK_BROKEN;
        if (brief && shows_little(pieces, link) && !will_break(link))
            continue;
        xmlNodePtr node = page_add(document, parent, "link");
        tree_set(node, NULL, "name", link->name);
        tree_set(node, NULL, "state", name_of(&link_state_names, (int)state));
    }
    tree_set_number(parent, document->page, "links", (int64_t)instance->linked_servers.count);
    tree_set_number(parent, document->page, "broken", (int64_t)broken);
}

static void add_instance(struct pieces *pieces, struct page_document *document,
                         const struct instance *instance, bool brief)
{
    struct instance own = *instance;
    memset(&own.linked_servers, 0, sizeof(own.linked_servers));
    xmlNodePtr node = brief ? tree_add_start(document->root, document->report, &instance_element, &own)
                            : tree_add(document->root, document->report, &instance_element, &own);
    if (page_has_limited_view(instance))
        tree_set(node, document->page, "view", "limited");
    const struct diagnosis *probe = page_probe_of(pieces->index, instance);
    tree_set(node, document->page, "probe", probe ? probe->text : NULL);
    add_links_of(pieces, document, node, instance, brief);
}

/* Each whole one by itself, those that are brief several at a time: each document has its price. */
static bool instance_pieces(struct pieces *pieces)
{
    const struct instance *instance = pieces->audit->instances.first;
    while (instance) {
        struct page_document document = piece_new("instances");
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
static void add_tls_columns(struct page_document *document, xmlNodePtr node, const struct endpoint *endpoint)
{
    for (enum tls_version version = TLS_SSL3; version <= TLS_1_3; version++) {
        xmlNodePtr column = page_add(document, node, "tls");
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

static void add_endpoint(struct pieces *pieces, struct page_document *document,
                         const struct endpoint *endpoint)
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
                        page_days_until(pieces->audit, endpoint->certificates.first->not_after));
    add_tls_columns(document, node, endpoint);
    if (shown.diagnosis)
        add_checklist(pieces, document, node, endpoint->diagnosis, NULL);
}

static bool endpoint_pieces(struct pieces *pieces)
{
    const struct endpoint *endpoint = pieces->audit->endpoints.first;
    while (endpoint) {
        struct page_document document = piece_new("endpoints");
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
    int order = compare_texts((*left)->rule, (*right)->rule);
    order = order ? order : compare_texts((*left)->instance, (*right)->instance);
    return order ? order : compare_texts((*left)->link, (*right)->link);
}

/* How many from `first` on are of the same rule and severity. */
static size_t group_length(const struct finding **list, size_t count, size_t first)
{
    size_t end = first + 1;
    while (end < count && list[end]->severity == list[first]->severity &&
           compare_texts(list[end]->rule, list[first]->rule) == 0)
        end++;
    return end - first;
}

static bool finding_piece(struct pieces *pieces, const struct finding **group, size_t length, size_t first)
{
    size_t end = first + PAGE_GROUP < length ? first + PAGE_GROUP : length;
    struct page_document document = piece_new("findings");
    tree_set_number(document.root, NULL, "count", (int64_t)length);
    tree_set_number(document.root, NULL, "from", (int64_t)first + 1);
    tree_set_number(document.root, NULL, "to", (int64_t)end);
    for (size_t i = first; i < end; i++) {
        xmlNodePtr node = tree_add(document.root, document.report, &finding_element, group[i]);
        const struct endpoint *endpoint = endpoint_find(pieces->index, group[i]->endpoint);
        if (endpoint)
            tree_set(node, document.page, "target", endpoint_target(pieces->arena, endpoint));
        if (page_has_row(pieces->arena, pieces->rows, group[i]->instance, group[i]->link))
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
    int rule = compare_texts((*left)->rule, (*right)->rule);
    if (rule)
        return rule;
    if ((*left)->result != (*right)->result)
        return order[(*left)->result] < order[(*right)->result] ? -1 : 1;
    return compare_texts((*left)->instance, (*right)->instance);
}

static bool compliance_piece(struct pieces *pieces, const struct compliance_answer **group, size_t length,
                             size_t first)
{
    size_t end = first + PAGE_GROUP < length ? first + PAGE_GROUP : length;
    struct page_document document = piece_new("compliance");
    struct page_counts results = {.element = "answer", .names = &compliance_result_names};
    for (size_t i = 0; i < length; i++)
        page_count(&results, group[i]->result);
    page_add_counts(&document, &results);
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
             group + length < count && compare_texts(list[group + length]->rule, list[group]->rule) == 0;
             length++)
            ;
        for (size_t first = 0; first < length; first += PAGE_GROUP)
            if (!compliance_piece(pieces, list + group, length, first))
                return false;
    }
    return true;
}

/* ---- the two halves ----------------------------------------------------------------------------------- */

static struct pieces pieces_new(const struct audit *audit, page_piece *piece, void *context)
{
    struct pieces pieces = {.audit = audit, .arena = arena_new(), .piece = piece, .context = context};
    pieces.index = endpoint_index_new(pieces.arena, audit);
    pieces.findings = finding_index_new(pieces.arena, audit);
    pieces.brief = page_count_links(audit) > PAGE_BRIEF;
    return pieces;
}

/* All that is no link takes about as long as three fifths of the links. */
static size_t links_of_first_half(const struct audit *audit)
{
    return page_count_links(audit) * 4 / 5 / PAGE_GROUP * PAGE_GROUP;
}

bool page_first_half(const struct audit *audit, page_piece *piece, void *context)
{
    struct pieces pieces = pieces_new(audit, piece, context);
    bool good = link_pieces(&pieces, 0, links_of_first_half(audit));
    arena_free(pieces.arena);
    return good;
}

bool page_second_half(const struct audit *audit, page_piece *piece, void *context)
{
    struct pieces pieces = pieces_new(audit, piece, context);
    pieces.rows = page_rows(pieces.arena, audit);
    bool good = link_pieces(&pieces, links_of_first_half(audit), page_count_links(audit)) &&
                instance_pieces(&pieces) && endpoint_pieces(&pieces) && finding_pieces(&pieces) &&
                compliance_pieces(&pieces);
    arena_free(pieces.arena);
    return good;
}
