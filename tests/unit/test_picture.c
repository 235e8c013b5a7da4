#include "audit/model/link_state.h"
#include "reports/picture.h"
#include "tests/unit/estate_report.h"
#include "tests/unit/folder.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static const struct picture_edge *find_edge(const struct picture *picture, const char *from, const char *to)
{
    list_each (struct picture_edge, edge, &picture->edges)
        if (strcmp(edge->from->label, from) == 0 && strcmp(edge->to->label, to) == 0)
            return edge;
    return NULL;
}

static void test_links_with_one_way_are_one_edge_that_shows_the_worst(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit *audit = estate_report(arena);
    struct picture *picture = picture_new(arena, audit);
    assert_int_equal(picture->edges.count, 15);
    const struct picture_edge *edge = find_edge(picture, "SQL03", "SQL08");
    assert_int_equal(edge->links, 8);
    assert_int_equal(edge->state, LINK_WORKS);
    edge = find_edge(picture, "HOSTILE <b>1</b>", "192.0.2.77");
    assert_int_equal(edge->links, 6);
    assert_int_equal(edge->state, LINK_BROKEN);
    assert_string_equal(edge->link, "<script>alert(1)</script>");
    assert_non_null(find_edge(picture, "SQL01", "SQL07\\REPORTING"));
    assert_non_null(find_edge(picture, "SQL02\\FINANCE", "crm-db,14330"));
    assert_null(find_edge(picture, "SQL01", "D:\\import\\prices"));
    arena_free(arena);
}

static void test_a_target_that_is_audited_is_drawn_once(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit *audit = estate_report(arena);
    list_each (struct endpoint, endpoint, &audit->endpoints)
        if (strcmp(endpoint->host, "SQL08.corp.example") == 0)
            endpoint->audited_as = arena_text(arena, "SQL25");
    struct picture *picture = picture_new(arena, audit);
    assert_non_null(find_edge(picture, "SQL03", "SQL25"));
    size_t nodes = 0;
    list_each (struct picture_node, node, &picture->nodes)
        nodes += strcmp(node->label, "SQL25") == 0;
    assert_int_equal(nodes, 1);
    arena_free(arena);
}

static void test_a_large_estate_is_drawn_by_tag_and_domain(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit *audit = estate_report(arena);
    struct linked_server *link = audit->instances.first->linked_servers.first;
    for (int i = 0; i < PICTURE_LINKS; i++) {
        struct linked_server *copy = arena_alloc(arena, sizeof(*copy));
        *copy = *link;
        list_append(&audit->instances.first->linked_servers, copy);
    }
    struct picture *picture = picture_new(arena, audit);
    const struct picture_edge *edge = find_edge(picture, "prod", "corp.example");
    assert_non_null(edge);
    assert_int_equal(edge->state, LINK_BROKEN);
    assert_true(edge->links > PICTURE_LINKS);
    assert_int_equal(edge->from->members, 4);
    assert_string_equal(edge->from->short_label, "prod (4)");
    assert_true(edge->broken > 0 && edge->broken <= edge->links);
    if (picture_layout(arena, picture, "sfdp", PICTURE_DEADLINE))
        assert_null(edge->path); /* straight, as what is broken is a part of its length */
    assert_true(picture->nodes.count < 10);
    arena_free(arena);
}

static void test_a_box_is_as_wide_as_its_label_and_no_name_is_too_long(void **state)
{
    (void)state;
    static const char *const names[][2] = {
        {"SQL01", "SQL01"},
        {"SHOP07\\SQLEXPRESS", "SHOP07\\SQLEXPRESS"},
        {"a-name-that-goes-on-and-on-and-on", "a-name-that-goes-on\u2026"},
        {"\u540D\u524D\u540D\u524D\u540D\u524D\u540D\u524D\u540D\u524D\u540D\u524D",
         "\u540D\u524D\u540D\u524D\u540D\u524D\u540D\u524D\u540D\u2026"},
    };
    double width = 0;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct arena *arena = arena_new();
        struct audit audit = {0};
        struct instance instance = {.name = arena_text(arena, names[i][0])};
        list_append(&audit.instances, &instance);
        const struct picture_node *node = picture_new(arena, &audit)->nodes.first;
        assert_string_equal(node->label, names[i][0]);
        assert_string_equal(node->short_label, names[i][1]);
        assert_true(node->width >= width && node->width < 200);
        width = node->width;
        arena_free(arena);
    }
}

static bool meet(const struct picture_node *a, const struct picture_node *b)
{
    double x = a->x > b->x ? a->x - b->x : b->x - a->x, y = a->y > b->y ? a->y - b->y : b->y - a->y;
    return x < (a->width + b->width) / 2 && y < PICTURE_BOX_HEIGHT;
}

/* An arrow leads from there to the box: outside of it, and no farther than the arrow is long. */
static void ends_before(const struct picture_node *node, double x, double y)
{
    double across = fabs(x - node->x) - node->width / 2, up = fabs(y - node->y) - PICTURE_BOX_HEIGHT / 2.0;
    double apart = across > up ? across : up;
    if (apart < 1 || apart > PICTURE_ARROW + 1)
        fail_msg("an arrow ends %.1f from %s", apart, node->label);
}

static void test_sfdp_gives_every_node_a_place_of_its_own(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct picture *picture = picture_new(arena, estate_report(arena));
    assert_true(picture_layout(arena, picture, "sfdp", PICTURE_DEADLINE));
    list_each (struct picture_node, node, &picture->nodes) {
        assert_true(node->x >= 0 && node->x <= picture->width && node->y >= 0 && node->y <= picture->height);
        for (struct picture_node *other = node->next; other; other = other->next)
            if (meet(node, other))
                fail_msg("%s lies on %s", node->label, other->label);
    }
    /* Lines lead around boxes, from the middle of one to an arrow before the other. */
    list_each (struct picture_edge, edge, &picture->edges) {
        double x1, y1, x2, y2;
        if (edge->from == edge->to)
            continue;
        assert_non_null(edge->path);
        assert_int_equal(sscanf(edge->path, "M%lf %lfL", &x1, &y1), 2);
        assert_true(fabs(x1 - edge->from->x) < 1 && fabs(y1 - edge->from->y) < 1);
        const char *last = strrchr(edge->path, ' ');
        while (!strchr("C ", last[-1]))
            last--;
        assert_int_equal(sscanf(last, "%lf %lf", &x2, &y2), 2);
        ends_before(edge->to, x2, y2);
        ends_before(edge->to, edge->end_x, edge->end_y);
    }
    arena_free(arena);
}

static char *script(struct arena *arena, const char *folder, const char *text)
{
    char *path = arena_format(arena, "%s/program", folder);
    file_write(path, arena_format(arena, "#!/bin/sh\n%s\n", text));
    assert_int_equal(chmod(path, 0700), 0);
    return path;
}

static void test_without_a_layout_there_is_no_picture(void **state)
{
    static const char *const programs[] = {
        "exit 0",                     /* says nothing */
        "cat >/dev/null; echo graph", /* nonsense */
        "cat >/dev/null; echo 'graph 1 2 3'; echo 'node n9999 1 1'",
        "cat >/dev/null; echo 'graph 1 2 3'; echo 'node n0 1 1'", /* one of many */
        "cat >/dev/null; exit 1",
        "kill -9 $$",
    };
    struct arena *arena = arena_new();
    struct picture *picture = picture_new(arena, estate_report(arena));
    for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
        if (picture_layout(arena, picture, script(arena, *state, programs[i]), PICTURE_DEADLINE))
            fail_msg("%s made a picture", programs[i]);
    assert_false(picture_layout(arena, picture, "/nonexistent/sfdp", PICTURE_DEADLINE));
    arena_free(arena);
}

static void test_a_layout_that_takes_too_long_is_ended(void **state)
{
    struct arena *arena = arena_new();
    struct picture *picture = picture_new(arena, estate_report(arena));
    time_t began = time(NULL);
    assert_false(picture_layout(arena, picture, script(arena, *state, "exec sleep 600"), 200));
    assert_true(time(NULL) - began < 300);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    arena_free(arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_new, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_links_with_one_way_are_one_edge_that_shows_the_worst),
        TEST(test_a_target_that_is_audited_is_drawn_once),
        TEST(test_a_large_estate_is_drawn_by_tag_and_domain),
        TEST(test_a_box_is_as_wide_as_its_label_and_no_name_is_too_long),
        TEST(test_sfdp_gives_every_node_a_place_of_its_own),
        TEST(test_without_a_layout_there_is_no_picture),
        TEST(test_a_layout_that_takes_too_long_is_ended),
    };
    signal(SIGPIPE, SIG_IGN); /* as the program does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
