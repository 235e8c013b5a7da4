/* Who may become whom over links: a state is "this login on that instance", a link is an edge to the state
 * that its mapping gives at the target. An edge into a state of sysadmin is an ending; the ways to it are
 * looked for backwards, breadth first, so that each link's shortest one falls out without enumerating them.
 * Cycles end by themselves. Internal to audit/rules/. */
#pragma once

#include "audit/rules/assessment.h"

struct privilege_graph;

struct privilege_state {
    struct privilege_state *next_in_bucket, *next_in_queue;
    const struct instance_place *at;
    const char *login; /* NULL: any login, with nothing of its own */
    struct privilege_edge *edges, *into;
    bool sysadmin;
    unsigned search;                   /* of which the following is */
    unsigned links;                    /* from here through an ending; 0 where sysadmin */
    unsigned ifs;                      /* what speaks against that way */
    const struct privilege_edge *best; /* its first; NULL where sysadmin */
};

struct privilege_edge {
    struct privilege_edge *next_of_state, *next_into, *next_ending;
    const struct link_place *place;
    const struct login_mapping *mapping;
    struct privilege_state *from, *to;
    bool starts;      /* a way may begin with it: any login can, or one that has its own mapping */
    bool fails_today; /* the link, or this mapping of it, in its instance's own test */
};

/* Every state that some login of an instance can come to, with its edges. Owned by the assessment's arena. */
struct privilege_graph *privilege_graph_new(struct assessment *assessment);

/* The edges over that link that end in sysadmin, chained by next_ending; NULL: none. */
const struct privilege_edge *privilege_endings(const struct privilege_graph *graph,
                                               const struct link_place *place);

/* Of each link the best way of two or more links that begins with it, in no order. The ways are the graph's
 * until the next search. */
struct privilege_ways {
    const struct privilege_edge *const *first; /* the first edge of each; on from there by to->best */
    size_t count, instances;                   /* links that a way begins with, and whose they are */
    bool whole;                                /* false: there may be more, which are longer */
};

/* A search for the ways to some endings: begin, the endings of one or more links, find. Once `enough` ways
 * are known no longer ones are looked for. */
void privilege_search_begin(struct privilege_graph *graph);
void privilege_search_end(struct privilege_graph *graph, const struct privilege_edge *endings);
struct privilege_ways privilege_search_find(struct privilege_graph *graph, size_t enough);

/* Fewer links, then less that speaks against it, then what is open to any login, then by name: the same on
 * every night, in whatever order instances and links come. */
int privilege_compare_ways(const struct privilege_edge *a, const struct privilege_edge *b);

/* The ending that a way of the last search comes to. */
const struct privilege_edge *privilege_last(const struct privilege_edge *first);
