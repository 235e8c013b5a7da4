/* S08: from any login of one instance, over several links, to sysadmin on another.
 *
 * A state is "this login on that instance"; a link is an edge to the state that its mapping gives at the
 * target. Every state is entered once, from the instances' own logins forwards; then the distance to a
 * sysadmin state is worked out backwards, breadth first, so that each link's shortest path falls out without
 * enumerating paths. Cycles end by themselves. */
#include "audit/rules/assessment.h"

#include "audit/diagnosis/prose.h"
#include "audit/model/hash.h"
#include "audit/model/link_state.h"
#include "audit/model/same_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STATES_MAX 500000 /* an estate of 2,000 instances has some ten thousands */
#define HOPS_MAX 16       /* a longer path is cut in print */
#define UNREACHED UINT32_MAX

struct edge {
    struct edge *next_of_state, *next_into;
    const struct link_place *place;
    const struct login_mapping *mapping;
    struct state *from, *to;
};

struct state {
    struct state *next_in_bucket, *next_in_queue;
    const struct node *node;
    const char *login; /* NULL: any login, with nothing of its own */
    struct edge *edges, *into;
    uint32_t hops; /* to a sysadmin state */
    uint32_t ifs;  /* what speaks against that path: of several shortest ones that with the least */
    const struct edge *best;
    bool sysadmin;
};

/* An instance and its links, which stand together. */
struct node {
    const struct instance *instance;
    const struct link_place *places;
    size_t count;
};

struct graph {
    struct assessment *a;
    struct node *nodes; /* sorted by the instance's address */
    size_t node_count;
    struct state **buckets;
    size_t bucket_count, state_count;
    struct state *first, *last; /* a queue */
};

static int compare_nodes(const void *a, const void *b)
{
    uintptr_t left = (uintptr_t)((const struct node *)a)->instance;
    uintptr_t right = (uintptr_t)((const struct node *)b)->instance;
    return left < right ? -1 : left > right;
}

static void add_nodes(struct graph *graph)
{
    struct assessment *a = graph->a;
    graph->nodes = arena_alloc(a->arena, (a->audit->instances.count + 1) * sizeof(*graph->nodes));
    const struct link_place *place = a->places, *end = a->places + a->place_count;
    list_each (struct instance, instance, &a->audit->instances) {
        struct node *node = &graph->nodes[graph->node_count++];
        *node = (struct node){instance, place, 0};
        for (; place < end && place->instance == instance; place++)
            node->count++;
    }
    qsort(graph->nodes, graph->node_count, sizeof(*graph->nodes), compare_nodes);
}

static const struct node *node_of(const struct graph *graph, const struct instance *instance)
{
    struct node wanted = {.instance = instance};
    return bsearch(&wanted, graph->nodes, graph->node_count, sizeof(wanted), compare_nodes);
}

static size_t hash(const struct node *node, const char *login)
{
    uint64_t value = hash_text_any_case(login) ^ (uint64_t)(uintptr_t)node;
    return (size_t)((value * 0x9E3779B97F4A7C15u) >> 20);
}

static void enqueue(struct graph *graph, struct state *state)
{
    state->next_in_queue = NULL;
    if (graph->first)
        graph->last->next_in_queue = state;
    else
        graph->first = state;
    graph->last = state;
}

static struct state *dequeue(struct graph *graph)
{
    struct state *state = graph->first;
    if (state)
        graph->first = state->next_in_queue;
    return state;
}

/* The state, made and queued where it is new; NULL when there are too many. */
static struct state *state_of(struct graph *graph, const struct node *node, const char *login)
{
    struct state **bucket = &graph->buckets[hash(node, login) % graph->bucket_count];
    for (struct state *state = *bucket; state; state = state->next_in_bucket)
        if (state->node == node && same_text_any_case(state->login, login))
            return state;
    if (graph->state_count >= STATES_MAX)
        return NULL;
    struct state *state = arena_alloc(graph->a->arena, sizeof(*state));
    graph->state_count++;
    state->node = node;
    state->login = login;
    state->hops = UNREACHED;
    state->sysadmin = login && is_sysadmin(node->instance, login);
    state->next_in_bucket = *bucket;
    *bucket = state;
    enqueue(graph, state);
    return state;
}

/* The mapping that applies: the login's own, else everyone's. */
static const struct login_mapping *mapping_of(const struct linked_server *link, const char *login)
{
    const struct login_mapping *everyone = NULL;
    list_each (struct login_mapping, mapping, &link->logins) {
        if (login && mapping->local && strcasecmp(mapping->local, login) == 0)
            return mapping;
        everyone = is_everyone(mapping) ? mapping : everyone;
    }
    return everyone;
}

static bool leads_on(const struct link_place *place)
{
    return place->target && place->sqlserver && !place->replication &&
           (place->link->data_access != TERNARY_FALSE || place->link->rpc_out != TERNARY_FALSE);
}

/* The target shows the login and does not let it in. */
static bool is_shut_out(const struct instance *target, const char *login)
{
    list_each (struct sql_login, entry, &target->sql_logins)
        if (login && entry->name && strcasecmp(entry->name, login) == 0)
            return entry->disabled == TERNARY_TRUE;
    return false;
}

/* The state behind a link for a caller with that mapping; NULL where it gives none. A self mapping gives the
 * caller's own name: a Windows login travels by delegation, a SQL login with its own password, which the
 * target may have or not. */
static struct state *behind(struct graph *graph, const struct link_place *place,
                            const struct login_mapping *mapping, const char *caller)
{
    if (!mapping || (mapping->self != TERNARY_TRUE && !(mapping->remote && *mapping->remote)))
        return NULL;
    const char *login = mapping->self == TERNARY_TRUE ? caller : mapping->remote;
    return is_shut_out(place->target, login) ? NULL : state_of(graph, node_of(graph, place->target), login);
}

static void expand(struct graph *graph, struct state *state)
{
    for (size_t i = 0; i < state->node->count; i++) {
        const struct link_place *place = &state->node->places[i];
        const struct login_mapping *mapping = leads_on(place) ? mapping_of(place->link, state->login) : NULL;
        struct state *to = mapping ? behind(graph, place, mapping, state->login) : NULL;
        if (!to || to == state)
            continue;
        struct edge *edge = arena_alloc(graph->a->arena, sizeof(*edge));
        *edge = (struct edge){state->edges, to->into, place, mapping, state, to};
        state->edges = edge;
        to->into = edge;
    }
}

/* Starts: any login of each instance, and each login that has a mapping of its own. */
static void explore(struct graph *graph)
{
    for (size_t i = 0; i < graph->node_count; i++) {
        const struct node *node = &graph->nodes[i];
        state_of(graph, node, NULL);
        for (size_t j = 0; j < node->count; j++)
            list_each (struct login_mapping, mapping, &node->places[j].link->logins)
                if (mapping->local && !is_everyone(mapping) && mapping->local_disabled != TERNARY_TRUE)
                    state_of(graph, node, mapping->local);
    }
    for (struct state *state; (state = dequeue(graph));)
        if (!state->sysadmin)
            expand(graph, state);
}

/* The link, or this mapping of it, fails in its instance's own test. */
static bool fails_today(const struct edge *edge)
{
    const struct link_test *test = edge->place->link->test;
    return link_is_broken(edge->place->link) ||
           (link_state(edge->place->link) == LINK_REFUSED_LOGIN && test && test->login &&
            same_text_any_case(test->login, edge->mapping->remote));
}

/* A way that fails today is shown only where no other is as short, on whatever that one depends. */
#define WEIGHT_OF_FAILING 1000

/* What speaks against the path over that edge. */
static uint32_t ifs_over(const struct edge *edge)
{
    return edge->to->ifs + (edge->mapping->self == TERNARY_TRUE) +
           (fails_today(edge) ? WEIGHT_OF_FAILING : 0);
}

static void reach_over(struct graph *graph, const struct edge *edge)
{
    struct state *from = edge->from;
    uint32_t hops = edge->to->hops + 1, ifs = ifs_over(edge);
    if (from->hops == UNREACHED)
        enqueue(graph, from);
    else if (from->hops < hops || from->ifs <= ifs)
        return;
    from->hops = hops;
    from->ifs = ifs;
    from->best = edge;
}

/* All states of one distance are done before the next: their `ifs` are final when they are taken. */
static void measure(struct graph *graph)
{
    graph->first = graph->last = NULL;
    for (size_t i = 0; i < graph->bucket_count; i++)
        for (struct state *state = graph->buckets[i]; state; state = state->next_in_bucket)
            if (state->sysadmin) {
                state->hops = 0;
                enqueue(graph, state);
            }
    for (struct state *state; (state = dequeue(graph));)
        for (const struct edge *edge = state->into; edge; edge = edge->next_into)
            reach_over(graph, edge);
}

/* What the self hops of a path rest on, which this audit cannot see. */
struct conditions {
    bool password, delegation;
};

static void add_hop(struct prose *prose, const struct edge *edge, struct conditions *conditions)
{
    bool self = edge->mapping->self == TERNARY_TRUE;
    const char *caller = edge->from->login;
    prose_add(prose, " →(%s) %s", self ? "self" : edge->mapping->remote, edge->place->target->name);
    if (!self)
        return;
    bool windows = caller && strchr(caller, '\\');
    conditions->password = conditions->password || !windows; /* "any login" may be of either kind */
    conditions->delegation = conditions->delegation || windows || !caller;
}

static const char *condition_text(struct conditions conditions)
{
    if (conditions.password && conditions.delegation)
        return "; a self hop needs the same password there for a SQL login, delegation for a Windows login";
    if (conditions.password)
        return "; a self hop of a SQL login needs the same password there";
    return conditions.delegation ? "; a self hop of a Windows login needs delegation" : "";
}

static const struct edge *last_edge(const struct edge *first)
{
    const struct edge *edge = first;
    while (!edge->to->sysadmin)
        edge = edge->to->best;
    return edge;
}

static void add_link(struct prose *links, const struct edge *edge)
{
    prose_separate(links, ", ");
    prose_add(links, "%s/%s%s", edge->place->instance->name, edge->place->link->name,
              fails_today(edge) ? " (fails today)" : "");
}

static char *path_text(struct graph *graph, const struct edge *first)
{
    struct prose prose = prose_new(graph->a->arena), links = prose_new(graph->a->arena);
    struct conditions conditions = {false, false};
    size_t hops = 1;
    prose_add(&prose, "%s of %s: %s", first->from->login ? first->from->login : "any login",
              first->place->instance->name, first->place->instance->name);
    add_hop(&prose, first, &conditions);
    add_link(&links, first);
    for (const struct state *state = first->to; !state->sysadmin; state = state->best->to) {
        if (++hops > HOPS_MAX) {
            prose_put(&prose, " → …");
            prose_put(&links, ", …");
            break;
        }
        add_hop(&prose, state->best, &conditions);
        add_link(&links, state->best);
    }
    const struct edge *last = last_edge(first);
    prose_add(&prose, ", where it is sysadmin%s; links: %s; the mapping to change: %s/%s (%s)",
              condition_text(conditions), prose_text(&links), last->place->instance->name,
              last->place->link->name, last->mapping->self == TERNARY_TRUE ? "self" : last->mapping->remote);
    return prose_text(&prose);
}

/* Fewer hops, then fewer conditions, then the way that is open to any login. */
static bool is_better(const struct edge *edge, const struct edge *best)
{
    if (!best || edge->to->hops != best->to->hops)
        return !best || edge->to->hops < best->to->hops;
    if (ifs_over(edge) != ifs_over(best))
        return ifs_over(edge) < ifs_over(best);
    return !edge->from->login;
}

static void report_path(struct graph *graph, const struct link_place *place, const struct edge *first)
{
    const struct edge *last = last_edge(first);
    struct finding *finding = report(graph->a, subject_of_place(place), path_text(graph, first));
    finding->remedy = arena_format(graph->a->arena,
                                   "Map a login that is no sysadmin there in link %s of %s: this ends every "
                                   "chain that goes over it",
                                   last->place->link->name, last->place->instance->name);
}

/* Of each link the shortest path; a link that reaches sysadmin at once is S02's. */
static void report_paths(struct graph *graph)
{
    struct assessment *a = graph->a;
    const struct edge **best = arena_alloc(a->arena, (a->place_count + 1) * sizeof(*best));
    for (size_t i = 0; i < graph->bucket_count; i++)
        for (const struct state *state = graph->buckets[i]; state; state = state->next_in_bucket)
            for (const struct edge *edge = state->edges; edge; edge = edge->next_of_state) {
                const struct edge **place = &best[edge->place - a->places];
                bool starts = !state->login || mapping_of(edge->place->link, state->login) !=
                                                   mapping_of(edge->place->link, NULL);
                if (starts && edge->to->hops != UNREACHED && edge->to->hops > 0 && is_better(edge, *place))
                    *place = edge;
            }
    for (size_t i = 0; i < a->place_count; i++)
        if (best[i])
            report_path(graph, &a->places[i], best[i]);
}

void check_s08(struct assessment *a)
{
    struct graph graph = {.a = a, .bucket_count = 2 * (a->place_count + a->audit->instances.count) + 1};
    graph.buckets = arena_alloc(a->arena, graph.bucket_count * sizeof(*graph.buckets));
    add_nodes(&graph);
    explore(&graph);
    measure(&graph);
    report_paths(&graph);
}
