#include "audit/model/arena.h"
#include "audit/model/instance_index.h"
#include "tests/unit/check.h"

static void add(struct arena *arena, struct audit *audit, const char *name, const char *server_name)
{
    struct instance *instance = arena_alloc(arena, sizeof(*instance));
    instance->name = arena_text(arena, name);
    instance->server_name = arena_text(arena, server_name);
    list_append(&audit->instances, instance);
}

static void instances_are_found_by_either_name(void **state)
{
    static const char *const names[][2] = {{"B", "SQL02"},  {"a", "SQL01\\X"}, {"A", NULL}, {"AB", "sql02"},
                                           {NULL, "SQL03"}, {"Aa", "SQL01"},   {"B", "b"}};
    (void)state;
    struct arena *arena = arena_new();
    struct audit audit = {0};
    const struct instance *at[7];
    for (size_t i = 0; i < 7; i++) {
        add(arena, &audit, names[i][0], names[i][1]);
        at[i] = audit.instances.last;
    }
    const struct instance_index *index = instance_index_new(arena, &audit);
    assert_ptr_equal(instance_by_name(index, "A"), at[2]);
    assert_ptr_equal(instance_by_name(index, "a"), at[1]);
    assert_ptr_equal(instance_by_name(index, "B"), at[0]);
    assert_ptr_equal(instance_by_name(index, "b"), at[0]); /* of several the first */
    assert_ptr_equal(instance_by_name(index, "ab"), at[3]);
    assert_ptr_equal(instance_by_name(index, "AA"), at[5]);
    assert_ptr_equal(instance_by_server_name(index, "sql02"), at[3]);
    assert_ptr_equal(instance_by_server_name(index, "Sql02"), at[0]);
    assert_ptr_equal(instance_by_server_name(index, "SQL03"), at[4]);
    assert_ptr_equal(instance_by_server_name(index, "sql01\\x"), at[1]);
    static const char *const none[] = {"", "C", "0", "SQL01", NULL};
    for (size_t i = 0; i < 5; i++)
        assert_null(instance_by_name(index, none[i]));
    assert_null(instance_by_server_name(index, "SQL01\\"));
    arena_free(arena);
}

static void no_instances_are_an_index_too(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct audit audit = {0};
    const struct instance_index *index = instance_index_new(arena, &audit);
    assert_null(instance_by_name(index, "A"));
    assert_null(instance_by_server_name(index, NULL));
    arena_free(arena);
}

static void a_link_is_found_by_its_exact_name(void **state)
{
    (void)state;
    struct linked_server links[] = {{.name = (char *)"erp"}, {.name = (char *)"ERP"}};
    struct instance instance = {.name = (char *)"A"};
    list_append(&instance.linked_servers, &links[0]);
    list_append(&instance.linked_servers, &links[1]);
    assert_ptr_equal(instance_link(&instance, "ERP"), &links[1]);
    assert_ptr_equal(instance_link(&instance, "erp"), &links[0]);
    assert_null(instance_link(&instance, "Erp"));
    assert_null(instance_link(&instance, NULL));
    assert_null(instance_link(NULL, "erp"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instances_are_found_by_either_name),
        cmocka_unit_test(no_instances_are_an_index_too),
        cmocka_unit_test(a_link_is_found_by_its_exact_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
