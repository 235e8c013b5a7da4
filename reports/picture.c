#include "reports/picture.h"
#include "audit/model/link_state.h"
#include "reports/endpoint_index.h"
#include "reports/run_program.h"

#include <math.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- nodes and edges ------------------------------------------------------------------------------- */

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

/* A box as wide as its label needs, which is cut where it would be too wide. Letters beyond ASCII count
 * twice: they may be as wide as high. */
static void fit_label(struct arena *arena, struct picture_node *node)
{
    enum { COLUMNS = 20, COLUMN = 8, MARGIN = 20, NARROWEST = 84 };
    size_t length = 0, columns = 0, fits = 0;
    const char *label = node->members && node->group
                            ? arena_format(arena, "%s (%zu)", node->label, node->members)
                            : node->label;
    for (const char *at = label; *at; at += length) {
        length = 1;
        while (((unsigned char)at[length] & 0xC0) == 0x80)
            length++;
        columns += length > 1 ? 2 : 1;
        if (columns < COLUMNS)
            fits = (size_t)(at - label) + length;
    }
    node->short_label = columns <= COLUMNS ? label : arena_format(arena, "%.*s\u2026", (int)fits, label);
    node->width = MARGIN + COLUMN * (double)(columns <= COLUMNS ? columns : COLUMNS);
    if (node->width < NARROWEST)
        node->width = NARROWEST;
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
    edge->broken += state == LINK_BROKEN;
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
    list_each (struct picture_node, node, &drawing.picture->nodes)
        fit_label(arena, node);
    tdestroy(drawing.nodes, arena_owns);
    tdestroy(drawing.edges, arena_owns);
    tdestroy(drawing.instances, arena_owns);
    return drawing.picture;
}

/* ---- sfdp ------------------------------------------------------------------------------------------ */

enum { UNITS_OF_INCH = 72, GAP = 2 * PICTURE_ARROW /* of both sides of a box, for the arrows to it */ };

/* In a picture of groups lines are straight: they are measures. */
static bool has_curves(const struct picture *picture)
{
    return picture->nodes.count <= PICTURE_CURVES && !(picture->nodes.first && picture->nodes.first->group);
}

/* Numbers only: no text from a server reaches the other program. */
static char *write_graph(const struct picture *picture, struct picture_node **numbered, size_t *size)
{
    char *text;
    FILE *stream = open_memstream(&text, size);
    if (!stream)
        abort();
    fprintf(stream,
            "graph { overlap=prism; overlap_scaling=-2.4; splines=%s; node [shape=box, fixedsize=true, "
            "height=%.2f, label=\"\"];\n",
            has_curves(picture) ? "true" : "false", (double)(PICTURE_BOX_HEIGHT + GAP) / UNITS_OF_INCH);
    size_t count = 0;
    list_each (struct picture_node, node, &picture->nodes) {
        node->number = count++;
        numbered[node->number] = node;
        fprintf(stream, "n%zu [width=%.2f];\n", node->number, (node->width + GAP) / UNITS_OF_INCH);
    }
    list_each (struct picture_edge, edge, &picture->edges)
        if (edge->from != edge->to)
            fprintf(stream, "n%zu -- n%zu;\n", edge->from->number, edge->to->number);
    fputs("}\n", stream);
    fclose(stream);
    return text;
}

/* "4 x1 y1 x2 y2 ...": the points of a curve, the first and then three for each of its parts. It begins and
 * ends beside the boxes; ours begins below the one, and ends where there is room for its arrow. */
static const char *read_curve(struct arena *arena, const struct picture *picture,
                              const struct picture_edge *edge, const char *text)
{
    enum { POINTS = 100 };
    char *end, *path = arena_format(arena, "M%.0f %.0fL", edge->from->x, edge->from->y);
    unsigned long count = strtoul(text, &end, 10);
    if (count < 4 || count > POINTS || count % 3 != 1)
        return NULL;
    for (unsigned long i = 0; i < count; i++) {
        double x = strtod(end, &end), y = strtod(end, &end);
        path = arena_format(arena, "%s%s%.0f %.0f", path,
                            i == 1   ? "C"
                            : i == 0 ? ""
                                     : " ",
                            x * UNITS_OF_INCH, picture->height - y * UNITS_OF_INCH);
    }
    return path;
}

static void read_edge(struct arena *arena, struct picture *picture, struct picture_node **numbered,
                      const char *line)
{
    size_t from, to;
    int points = 0;
    if (sscanf(line, "edge n%zu n%zu %n", &from, &to, &points) != 2 || points == 0 ||
        from >= picture->nodes.count || to >= picture->nodes.count)
        return;
    list_each (struct picture_edge, edge, &picture->edges)
        if (edge->from == numbered[from] && edge->to == numbered[to])
            edge->path = read_curve(arena, picture, edge, line + points);
}

/* Lines "graph SCALE WIDTH HEIGHT", "node nNUMBER X Y ..." and "edge nFROM nTO POINTS ...", in inches from
 * the bottom left corner. */
static bool read_places(struct arena *arena, char *text, struct picture *picture,
                        struct picture_node **numbered)
{
    size_t placed = 0, number;
    double x, y;
    char *rest = text;
    bool curves = has_curves(picture);
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
        } else if (curves) {
            read_edge(arena, picture, numbered, line);
        }
    }
    return placed == picture->nodes.count && picture->width > 0 && picture->height > 0;
}

/* Where the way from the middle of one box to the middle of the other has only the arrow left. */
static void end_line(struct picture_edge *edge)
{
    double x = edge->to->x - edge->from->x, y = edge->to->y - edge->from->y;
    double across = (edge->to->width + GAP) / 2 / fabs(x);
    double up = (double)(PICTURE_BOX_HEIGHT + GAP) / 2 / fabs(y);
    double left = across < up ? across : up;
    if (left > 1)
        left = 1;
    edge->end_x = edge->to->x - left * x;
    edge->end_y = edge->to->y - left * y;
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
    bool good = answer && read_places(arena, answer, picture, numbered);
    list_each (struct picture_edge, edge, &picture->edges)
        end_line(edge);
    free(graph);
    free(answer);
    return good;
}
