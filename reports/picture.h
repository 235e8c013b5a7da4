/* The estate as a picture: instances and targets, and the links between them. */
#pragma once

#include "audit/model/model.h"

/* What is drawn as one: an instance (also where it is a target), or a target; in an estate of more links than
 * PICTURE_LINKS all instances of a tag, or all targets of a domain. */
struct picture_node {
    struct picture_node *next;
    const char *label, *short_label; /* its name; as much of it as its box holds */
    double width;                    /* of its box, for that */
    const struct instance *instance; /* NULL: not audited, or several */
    const struct endpoint *endpoint; /* NULL: an instance's or several */
    bool group;
    size_t members, number; /* of its instances; its own in the picture */
    double x, y;            /* in the picture's own units, from the top left corner */
};

struct picture_edge {
    struct picture_edge *next;
    struct picture_node *from, *to;
    const char *instance, *link; /* the first of its links, of the worst state */
    int state;                   /* enum link_state: the worst of its links */
    size_t links, broken;
    const char *path;    /* SVG's path data where the way leads around other boxes; NULL: a straight line */
    double end_x, end_y; /* of the straight line: an arrow before the box of its target */
};

struct picture {
    LIST_OF(struct picture_node) nodes;
    LIST_OF(struct picture_edge) edges;
    double width, height;
};

/* Up to so many nodes their edges lead around boxes, which costs time. */
enum {
    PICTURE_BOX_HEIGHT = 30,
    PICTURE_ARROW = 9, /* from where its line ends to its tip */
    PICTURE_CURVES = 150,
    PICTURE_LINKS = 1200,
    PICTURE_DEADLINE = 10000 /* milliseconds */
};

/* Nodes and edges without places. Links that lead to no network target are not drawn. */
struct picture *picture_new(struct arena *arena, const struct audit *audit);

/* Gives the nodes their places: with Graphviz's sfdp as a child process that is ended at the deadline. False
 * when it is not installed, failed or was too slow: then there is no picture. */
bool picture_layout(struct arena *arena, struct picture *picture, const char *program, int deadline);
