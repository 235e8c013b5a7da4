/* S08: from any login of one instance, over several links, to sysadmin on another. One finding for each last
 * link: its mapping is what there is to mend, however many ways lead to it. */
#include "audit/rules/privilege_graph.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HOPS_MAX 16     /* a longer path is cut in print */
#define ENOUGH_WAYS 100 /* no longer ones are counted then: the remedy is the same */

/* What the self hops of a path rest on, which this audit cannot see. */
struct conditions {
    bool password, delegation;
};

static const char *credential(const struct login_mapping *mapping)
{
    return mapping->self == TERNARY_TRUE ? "self" : mapping->remote;
}

static void add_hop(struct prose *prose, const struct privilege_edge *edge, struct conditions *conditions)
{
    const char *caller = edge->from->login;
    prose_add(prose, " →(%s) %s", credential(edge->mapping), edge->place->target->name);
    if (edge->mapping->self != TERNARY_TRUE)
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

static void add_link(struct prose *links, const struct privilege_edge *edge)
{
    prose_separate(links, ", ");
    prose_add(links, "%s/%s%s", edge->place->instance->name, edge->place->link->name,
              edge->fails_today ? " (fails today)" : "");
}

/* "any login of A: A →(etl) B →(sa) C, where it is sysadmin; links: A/L, B/M". */
static void add_way(struct prose *prose, const struct privilege_edge *first)
{
    struct prose links = prose_new(prose->arena);
    struct conditions conditions = {false, false};
    size_t hops = 0;
    prose_add(prose, "%s of %s: %s", first->from->login ? first->from->login : "any login",
              first->place->instance->name, first->place->instance->name);
    for (const struct privilege_edge *edge = first; edge; edge = edge->to->best) {
        if (++hops > HOPS_MAX) {
            prose_put(prose, " → …");
            prose_put(&links, ", …");
            break;
        }
        add_hop(prose, edge, &conditions);
        add_link(&links, edge);
    }
    prose_add(prose, ", where it is sysadmin%s; links: %s", condition_text(conditions), prose_text(&links));
}

/* The best ways, in their order, as many as are named; `best` has room for one more. */
static size_t best_ways(const struct privilege_ways *ways, const struct privilege_edge **best)
{
    size_t count = 0;
    for (size_t i = 0; i < ways->count; i++) {
        best[count] = ways->first[i];
        for (size_t j = count; j > 0 && privilege_compare_ways(best[j], best[j - 1]) < 0; j--) {
            const struct privilege_edge *later = best[j - 1];
            best[j - 1] = best[j];
            best[j] = later;
        }
        count += count < LINKS_NAMED;
    }
    return count;
}

/* The mappings of the last link that some chain comes to. */
static void add_mappings(struct prose *prose, const struct privilege_edge *endings)
{
    const struct link_place *place = endings->place;
    struct prose names = prose_new(prose->arena);
    size_t count = 0;
    list_each (struct login_mapping, mapping, &place->link->logins) {
        const struct privilege_edge *edge = endings;
        while (edge && (edge->mapping != mapping || !edge->from->into))
            edge = edge->next_ending;
        if (!edge)
            continue;
        count++;
        prose_separate(&names, ", ");
        prose_put(&names, credential(mapping));
    }
    prose_add(prose, "; the mapping%s to change: %s/%s (%s)", count == 1 ? "" : "s", place->instance->name,
              place->link->name, prose_text(&names));
}

static void add_others(struct prose *prose, const struct privilege_ways *ways,
                       const struct privilege_edge *const *best, size_t count)
{
    struct counted_links links = {.names = prose_new(prose->arena), .instances = ways->instances};
    for (size_t i = 0; i < count; i++)
        counted_links_add(&links, best[i]->place);
    links.count = ways->count;
    prose_add(prose, "; such chains begin with %s%s", ways->whole ? "" : "at least ",
              counted_links_text(&links));
}

static struct finding *report_chains(struct assessment *a, const struct link_place *place,
                                     const struct privilege_edge *endings, const struct privilege_ways *ways)
{
    const struct privilege_edge *best[LINKS_NAMED + 1];
    size_t count = best_ways(ways, best);
    struct prose prose = prose_new(a->arena);
    add_way(&prose, best[0]);
    add_mappings(&prose, endings);
    if (ways->count > 1)
        add_others(&prose, ways, best, count);
    struct finding *finding = report(a, subject_of_place(place), prose_text(&prose));
    finding->remedy = arena_format(a->arena,
                                   "Map a login that is no sysadmin there in link %s of %s: this ends every "
                                   "chain that goes over it",
                                   place->link->name, place->instance->name);
    return finding;
}

/* Notes where chains begin, whose last link nobody has accepted. */
static void note_starts(struct assessment *a, struct privilege_graph *graph, const bool *open)
{
    privilege_search_begin(graph);
    for (size_t i = 0; i < a->place_count; i++)
        if (open[i])
            privilege_search_end(graph, privilege_endings(graph, &a->places[i]));
    struct privilege_ways ways = privilege_search_find(graph, SIZE_MAX);
    for (size_t i = 0; i < ways.count; i++)
        a->places[ways.first[i]->place - a->places].chain_end = privilege_last(ways.first[i])->place;
}

/* A last link that nothing leads to is S02's alone. */
void check_s08(struct assessment *a)
{
    struct privilege_graph *graph = privilege_graph_new(a);
    bool *open = arena_alloc(a->arena, a->place_count + 1);
    for (size_t i = 0; i < a->place_count; i++) {
        const struct privilege_edge *endings = privilege_endings(graph, &a->places[i]);
        if (!endings)
            continue;
        privilege_search_begin(graph);
        privilege_search_end(graph, endings);
        struct privilege_ways ways = privilege_search_find(graph, ENOUGH_WAYS);
        open[i] = ways.count && !is_waived(a, report_chains(a, &a->places[i], endings, &ways));
    }
    note_starts(a, graph, open);
}
