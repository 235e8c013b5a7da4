#include "reports/picture.h"
#include "audit/model/link_state.h"
#include "reports/endpoint_index.h"
#include "reports/run_program.h"

#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- nodes and edges ------------------------------------------------------------------------------------
 */

struct named {
    const char *key;
    void *item;
};

struct drawing {
    struct arena *arena;
    struct picture *picture;
    void *nodes, *edges, *instances; /* search trees of struct named */
    bool grouped;
};

static int by_key(const void *a, const void *b)
{
    return strcmp(((const struct named *)a)->key, ((const struct named *)b)->key);
}

static void *find(void *const *tree, const char *key)
{
    const struct named wanted = {.key = key};
    struct named **found = tfind(&wanted, tree, by_key);
    return found ? (*found)->item : NULL;
}

static void keep(struct drawing *drawing, void **tree, const char *key, void *item)
{
    struct named *named = arena_alloc(drawing->arena, sizeof(*named));
    *named = (struct named){key, item};
    if (!tsearch(named, tree, by_key))
        abort();
}

static void free_nothing(void *item)
{
    (void)item; /* of the arena */
}

static struct picture_node *node_of(struct drawing *drawing, const char *key, const char *label)
{
    struct picture_node *node = find(&drawing->nodes, key);
    if (!node) {
        node = arena_alloc(drawing->arena, sizeof(*node));
        node->label = label;
        node->group = drawing->grouped;
        list_append(&drawing->picture->nodes, node);
        keep(drawing, &drawing->nodes, key, node);
    }
    return node;
}

static struct picture_node *instance_node(struct drawing *drawing, const struct instance *instance)
{
    const char *label = instance->name;
    if (drawing->grouped)
        label = instance->tags && *instance->tags
                    ? arena_text_n(drawing->arena, instance->tags, strcspn(instance->tags, " "))
                    : "no tag";
    struct picture_node *node = node_of(drawing, arena_format(drawing->arena, "instance %s", label), label);
    if (!drawing->grouped)
        node->instance = instance;
    return node;
}

/* The host without its domain, unless it is an address. */
static const char *short_target(struct arena *arena, const struct endpoint *endpoint)
{
    const char *host = endpoint->host ? endpoint->host : endpoint->id;
    bool address = strchr(host, ':') || strspn(host, "0123456789.") == strlen(host);
    int length = (int)(address ? strlen(host) : strcspn(host, "."));
    if (endpoint->instance && !endpoint->port.known)
        return arena_format(arena, "%.*s\\%s", length, host, endpoint->instance);
    if (endpoint->port.known && endpoint->port.value != 1433)
        return arena_format(arena, "%.*s,%lld", length, host, (long long)endpoint->port.value);
    return arena_text_n(arena, host, (size_t)length);
}

static const char *domain_of(const struct endpoint *endpoint)
{
    const char *dot = endpoint->host ? strchr(endpoint->host, '.') : NULL;
    return dot ? dot + 1 : "other targets";
}

static struct picture_node *target_node(struct drawing *drawing, const struct endpoint *endpoint)
{
    const struct instance *instance =
        endpoint->audited_as ? find(&drawing->instances, endpoint->audited_as) : NULL;
    if (instance)
        return instance_node(drawing, instance);
    const char *key = drawing->grouped ? domain_of(endpoint) : endpoint->id;
    struct picture_node *node = node_of(drawing, arena_format(drawing->arena, "target %s", key),
                                        drawing->grouped ? key : short_target(drawing->arena, endpoint));
    if (!drawing->grouped)
        node->endpoint = endpoint;
    return node;
}

/* What a reader must see first. */
static int badness(int state)
{
    static const int order[] = {[LINK_BROKEN] = 5, [LINK_REFUSED_LOGIN] = 4, [LINK_NOT_TESTED] = 3,
                                [LINK_OFF] = 2,    [LINK_WORKS] = 1,         [LINK_NOT_NETWORK] = 0};
    return order[state];
}

static void add_link(struct drawing *drawing, const struct instance *instance,
                     const struct linked_server *link, const struct endpoint *endpoint)
{
    struct picture_node *from = instance_node(drawing, instance), *to = target_node(drawing, endpoint);
    const char *key = arena_format(drawing->arena, "%p %p", (void *)from, (void *)to);
    struct picture_edge *edge = find(&drawing->edges, key);
    int state = (int)link_state(link);
    if (!edge) {
        edge = arena_alloc(drawing->arena, sizeof(*edge));
        edge->from = from;
        edge->to = to;
        list_append(&drawing->picture->edges, edge);
        keep(drawing, &drawing->edges, key, edge);
    }
    if (edge->links++ == 0 || badness(state) > badness(edge->state)) {
        edge->state = state;
        edge->instance = instance->name;
        edge->link = link->name;
    }
}

static bool is_drawn(const struct endpoint *endpoint)
{
    return endpoint && endpoint->kind != ENDPOINT_FILE && endpoint->kind != ENDPOINT_ALIAS &&
           endpoint->kind != ENDPOINT_LOCAL;
}

struct picture *picture_new(struct arena *arena, const struct audit *audit)
{
    struct drawing drawing = {.arena = arena, .picture = arena_alloc(arena, sizeof(struct picture))};
    struct endpoint_index *index = endpoint_index_new(arena, audit);
    size_t links = 0;
    list_each (struct instance, instance, &audit->instances) {
        links += instance->linked_servers.count;
        if (!find(&drawing.instances, instance->name))
            keep(&drawing, &drawing.instances, instance->name, instance);
    }
    drawing.grouped = links > PICTURE_LINKS;
    list_each (struct instance, instance, &audit->instances) {
        instance_node(&drawing, instance)->members++;
        list_each (struct linked_server, link, &instance->linked_servers) {
            const struct endpoint *endpoint = endpoint_find(index, link->endpoint);
            if (is_drawn(endpoint))
                add_link(&drawing, instance, link, endpoint);
        }
    }
    tdestroy(drawing.nodes, free_nothing);
    tdestroy(drawing.edges, free_nothing);
    tdestroy(drawing.instances, free_nothing);
    return drawing.picture;
}

/* ---- sfdp ------------------------------------------------------------------------------------------------
 */

/* Numbers only: no text from a server reaches the other program. */
static char *write_graph(const struct picture *picture, struct picture_node **numbered, size_t *size)
{
    char *text;
    FILE *stream = open_memstream(&text, size);
    if (!stream)
        abort();
    fputs("graph { overlap=prism; overlap_scaling=-1.6; splines=false; node [shape=box, fixedsize=true, "
          "width=1.9, height=0.6, "
          "label=\"\"];\n",
          stream);
    size_t count = 0;
    list_each (struct picture_node, node, &picture->nodes) {
        node->x = (double)count; /* its number, until it has a place */
        numbered[count] = node;
        fprintf(stream, "n%zu;\n", count++);
    }
    list_each (struct picture_edge, edge, &picture->edges)
        if (edge->from != edge->to)
            fprintf(stream, "n%.0f -- n%.0f;\n", edge->from->x, edge->to->x);
    fputs("}\n", stream);
    fclose(stream);
    return text;
}

/* Lines "graph SCALE WIDTH HEIGHT" and "node nNUMBER X Y ...", in inches from the bottom left corner. */
static bool read_places(char *text, struct picture *picture, struct picture_node **numbered)
{
    enum { UNITS_OF_INCH = 72 };
    size_t placed = 0, number;
    double x, y;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (sscanf(line, "graph %*f %lf %lf", &x, &y) == 2) {
            picture->width = x * UNITS_OF_INCH;
            picture->height = y * UNITS_OF_INCH;
        } else if (sscanf(line, "node n%zu %lf %lf", &number, &x, &y) == 3) {
            if (number >= picture->nodes.count)
                return false;
            numbered[number]->x = x * UNITS_OF_INCH;
            numbered[number]->y = picture->height - y * UNITS_OF_INCH;
            placed++;
        }
    }
    return placed == picture->nodes.count && picture->width > 0 && picture->height > 0;
}

bool picture_layout(struct arena *arena, struct picture *picture, const char *program, int deadline)
{
    if (picture->edges.count == 0)
        return false;
    struct picture_node **numbered = arena_alloc(arena, picture->nodes.count * sizeof(struct picture_node *));
    size_t size;
    char *graph = write_graph(picture, numbered, &size);
    const char *const arguments[] = {program, "-Tplain", NULL};
    char *answer = run_program(arguments, graph, size, deadline);
    bool good = answer && read_places(answer, picture, numbered);
    free(graph);
    free(answer);
    return good;
}
