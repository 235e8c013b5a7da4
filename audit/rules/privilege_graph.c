#include "audit/rules/privilege_graph.h"

#include "audit/model/hash.h"
#include "audit/model/link_state.h"
#include "audit/model/same_text.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define STATES_MAX 500000 /* an estate of 2,000 instances has some ten thousands */

/* Of one link: its endings, and the best way that the search has found from it. */
struct chain_place {
    struct privilege_edge *endings;
    const struct privilege_edge *way;
    unsigned search;
};

struct privilege_graph {
    struct assessment *a;
    struct chain_place *places;  /* in the assessment's order */
    unsigned *instance_searches; /* likewise: the last one that found a way from the instance */
    struct privilege_state **buckets;
    size_t bucket_count, state_count;
    struct privilege_state *first, *last; /* a queue */
    unsigned search;
    struct chain_place **found;         /* by the search */
    const struct privilege_edge **ways; /* of them */
    struct privilege_ways result;
};

/* ---- states and edges ---------------------------------------------------------------------------- */

static size_t hash(const struct instance_place *at, const char *login)
{
    uint64_t value = hash_text_any_case(login) ^ (uint64_t)(uintptr_t)at;
    return (size_t)((value * 0x9E3779B97F4A7C15u) >> 20);
}

static void enqueue(struct privilege_graph *graph, struct privilege_state *state)
{
    state->next_in_queue = NULL;
    if (graph->first)
        graph->last->next_in_queue = state;
    else
        graph->first = state;
    graph->last = state;
}

static struct privilege_state *dequeue(struct privilege_graph *graph)
{
    struct privilege_state *state = graph->first;
    if (state)
        graph->first = state->next_in_queue;
    return state;
}

/* The state, made and queued where it is new; NULL when there are too many. */
static struct privilege_state *state_of(struct privilege_graph *graph, const struct instance_place *at,
                                        const char *login)
{
    struct privilege_state **bucket = &graph->buckets[hash(at, login) % graph->bucket_count];
    for (struct privilege_state *state = *bucket; state; state = state->next_in_bucket)
        if (state->at == at && same_text_any_case(state->login, login))
            return state;
    if (graph->state_count >= STATES_MAX)
        return NULL;
    struct privilege_state *state = arena_alloc(graph->a->arena, sizeof(*state));
    graph->state_count++;
    state->at = at;
    state->login = login;
    state->sysadmin = login && is_sysadmin(at->instance, login);
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
static struct privilege_state *behind(struct privilege_graph *graph, const struct link_place *place,
                                      const struct login_mapping *mapping, const char *caller)
{
    if (!mapping || (mapping->self != TERNARY_TRUE && !(mapping->remote && *mapping->remote)))
        return NULL;
    const char *login = mapping->self == TERNARY_TRUE ? caller : mapping->remote;
    return is_shut_out(place->target, login)
               ? NULL
               : state_of(graph, instance_place_of(graph->a, place->target), login);
}

/* The link, or this mapping of it, fails in its instance's own test. */
static bool fails_today(const struct privilege_edge *edge)
{
    const struct link_test *test = edge->place->link->test;
    return link_is_broken(edge->place->link) ||
           (link_state(edge->place->link) == LINK_REFUSED_LOGIN && test && test->login &&
            same_text_any_case(test->login, edge->mapping->remote));
}

static void add_edge(struct privilege_graph *graph, const struct link_place *place,
                     const struct login_mapping *mapping, struct privilege_state *from,
                     struct privilege_state *to)
{
    struct chain_place *chain = &graph->places[place - graph->a->places];
    struct privilege_edge *edge = arena_alloc(graph->a->arena, sizeof(*edge));
    *edge = (struct privilege_edge){.next_of_state = from->edges,
                                    .next_into = to->into,
                                    .place = place,
                                    .mapping = mapping,
                                    .from = from,
                                    .to = to};
    edge->starts = !from->login || mapping != mapping_of(place->link, NULL);
    edge->fails_today = fails_today(edge);
    from->edges = edge;
    to->into = edge;
    if (to->sysadmin) {
        edge->next_ending = chain->endings;
        chain->endings = edge;
    }
}

static void expand(struct privilege_graph *graph, struct privilege_state *state)
{
    for (size_t i = 0; i < state->at->count; i++) {
        const struct link_place *place = &state->at->places[i];
        const struct login_mapping *mapping = leads_on(place) ? mapping_of(place->link, state->login) : NULL;
        struct privilege_state *to = mapping ? behind(graph, place, mapping, state->login) : NULL;
        if (to && to != state)
            add_edge(graph, place, mapping, state, to);
    }
}

/* Starts: any login of each instance, and each login that has a mapping of its own. */
static void explore(struct privilege_graph *graph)
{
    for (size_t i = 0; i < graph->a->audit->instances.count; i++) {
        const struct instance_place *at = &graph->a->instances[i];
        state_of(graph, at, NULL);
        for (size_t j = 0; j < at->count; j++)
            list_each (struct login_mapping, mapping, &at->places[j].link->logins)
                if (mapping->local && !is_everyone(mapping) && mapping->local_disabled != TERNARY_TRUE)
                    state_of(graph, at, mapping->local);
    }
    for (struct privilege_state *state; (state = dequeue(graph));)
        if (!state->sysadmin)
            expand(graph, state);
}

struct privilege_graph *privilege_graph_new(struct assessment *a)
{
    struct privilege_graph *graph = arena_alloc(a->arena, sizeof(*graph));
    graph->a = a;
    graph->bucket_count = 2 * (a->place_count + a->audit->instances.count) + 1;
    graph->buckets = arena_alloc(a->arena, graph->bucket_count * sizeof(*graph->buckets));
    graph->places = arena_alloc(a->arena, (a->place_count + 1) * sizeof(*graph->places));
    graph->found = arena_alloc(a->arena, (a->place_count + 1) * sizeof(struct chain_place *));
    graph->ways = arena_alloc(a->arena, (a->place_count + 1) * sizeof(*graph->ways));
    graph->instance_searches =
        arena_alloc(a->arena, (a->audit->instances.count + 1) * sizeof(*graph->instance_searches));
    explore(graph);
    return graph;
}

const struct privilege_edge *privilege_endings(const struct privilege_graph *graph,
                                               const struct link_place *place)
{
    return graph->places[place - graph->a->places].endings;
}

/* ---- ways ------------------------------------------------------------------------------------------ */

/* A way that fails today is shown only where no other is as short, on whatever that one depends. */
#define WEIGHT_OF_FAILING 1000

/* What speaks against the way that goes over that edge. */
static unsigned ifs_over(const struct privilege_edge *edge)
{
    return edge->to->ifs + (edge->mapping->self == TERNARY_TRUE) +
           (edge->fails_today ? WEIGHT_OF_FAILING : 0);
}

int privilege_compare_ways(const struct privilege_edge *a, const struct privilege_edge *b)
{
    if (a->to->links != b->to->links)
        return a->to->links < b->to->links ? -1 : 1;
    unsigned left = ifs_over(a), right = ifs_over(b);
    if (left != right)
        return left < right ? -1 : 1;
    if (!a->from->login != !b->from->login)
        return a->from->login ? 1 : -1;
    int order = compare_texts(a->place->instance->name, b->place->instance->name);
    order = order ? order : compare_texts(a->place->link->name, b->place->link->name);
    return order ? order : compare_texts(a->from->login, b->from->login);
}

/* All states of one distance are done before the next: what they have is final when they are taken. */
static void reach_over(struct privilege_graph *graph, const struct privilege_edge *edge)
{
    struct privilege_state *from = edge->from;
    if (from->search != graph->search)
        enqueue(graph, from);
    else if (privilege_compare_ways(from->best, edge) <= 0)
        return;
    from->search = graph->search;
    from->links = edge->to->links + 1;
    from->ifs = ifs_over(edge);
    from->best = edge;
}

static void note_way(struct privilege_graph *graph, const struct privilege_edge *edge)
{
    struct chain_place *place = &graph->places[edge->place - graph->a->places];
    unsigned *instance_search = &graph->instance_searches[edge->from->at - graph->a->instances];
    if (place->search == graph->search) {
        if (privilege_compare_ways(edge, place->way) < 0)
            place->way = edge;
        return;
    }
    place->search = graph->search;
    place->way = edge;
    graph->found[graph->result.count++] = place;
    graph->result.instances += *instance_search != graph->search;
    *instance_search = graph->search;
}

void privilege_search_begin(struct privilege_graph *graph)
{
    graph->search++;
    graph->first = graph->last = NULL;
    graph->result = (struct privilege_ways){.first = graph->ways, .whole = true};
}

void privilege_search_end(struct privilege_graph *graph, const struct privilege_edge *endings)
{
    for (const struct privilege_edge *edge = endings; edge; edge = edge->next_ending)
        reach_over(graph, edge);
}

struct privilege_ways privilege_search_find(struct privilege_graph *graph, size_t enough)
{
    unsigned links = 1; /* of the states that are being done */
    for (struct privilege_state *state; (state = dequeue(graph)); links = state->links) {
        graph->result.whole = state->links == links || graph->result.count < enough;
        if (!graph->result.whole)
            break;
        for (const struct privilege_edge *edge = state->into; edge; edge = edge->next_into) {
            if (edge->starts)
                note_way(graph, edge);
            reach_over(graph, edge);
        }
    }
    for (size_t i = 0; i < graph->result.count; i++)
        graph->ways[i] = graph->found[i]->way;
    return graph->result;
}

const struct privilege_edge *privilege_last(const struct privilege_edge *first)
{
    const struct privilege_edge *edge = first;
    while (!edge->to->sysadmin)
        edge = edge->to->best;
    return edge;
}
