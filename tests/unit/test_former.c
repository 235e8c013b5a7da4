#include "audit/former.h"
#include "reports/report_file.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BEFORE 1700000000

static char directory[] = "/tmp/linkaudit-former-XXXXXX";

/* Publishes a former report with one endpoint and one link. */
static struct former *publish_former(void)
{
    struct arena *arena = arena_new();
    struct audit audit = {.started = number_of(BEFORE), .complete = TERNARY_TRUE};
    audit.version = audit.run_id = audit.host = audit.program = arena_text(arena, "1");
    const char *error = NULL;
    struct endpoint *endpoint = arena_alloc(arena, sizeof(*endpoint));
    endpoint->id = arena_text(arena, "e1");
    endpoint->key = arena_text(arena, "sqlserver://sql01:1433");
    list_append(&audit.endpoints, endpoint);
    struct instance *instance = arena_alloc(arena, sizeof(*instance));
    instance->name = arena_text(arena, "ONE");
    instance->status = INSTANCE_AUDITED;
    struct linked_server *link = arena_alloc(arena, sizeof(*link));
    link->name = arena_text(arena, "LINK");
    link->endpoint = endpoint->id;
    link->test = arena_alloc(arena, sizeof(*link->test));
    link->test->outcome = TEST_FAILED;
    list_append(&instance->linked_servers, link);
    list_append(&audit.instances, instance);
    assert_non_null(report_publish(arena, directory, &audit, &error));
    arena_free(arena);
    return former_load(directory);
}

/* Publishes another report after it, of a run that could not read the instance or was limited to another. */
static void publish_later(int64_t started, const char *only)
{
    struct arena *arena = arena_new();
    struct audit audit = {.started = number_of(started), .complete = TERNARY_FALSE};
    audit.version = audit.run_id = audit.host = audit.program = arena_text(arena, "1");
    const char *error = NULL;
    struct instance *instance = arena_alloc(arena, sizeof(*instance));
    struct scope *scope = arena_alloc(arena, sizeof(*scope));
    instance->name = arena_text(arena, only ? only : "ONE");
    instance->status = INSTANCE_FAILED;
    list_append(&audit.instances, instance);
    scope->only = arena_text(arena, only);
    if (only)
        list_append(&audit.scopes, scope);
    assert_non_null(report_publish(arena, directory, &audit, &error));
    arena_free(arena);
}

static void expect_link(const char *first_instance)
{
    struct former *former = former_load(directory);
    const struct linked_server *link = former_link(former, "ONE", "LINK");
    assert_non_null(link);
    assert_int_equal(link->test->outcome, TEST_FAILED);
    assert_non_null(former_endpoint(former, "sqlserver://sql01:1433"));
    assert_string_equal(former_audit(former)->instances.first->name, first_instance);
    former_free(former);
}

static void test_what_the_newest_report_could_not_read_is_found_before_it(void **state)
{
    (void)state;
    former_free(publish_former());
    publish_later(BEFORE + 10, "TWO");
    expect_link("ONE"); /* of the run that was not limited */
    publish_later(BEFORE + 20, NULL);
    publish_later(BEFORE + 30, NULL);
    expect_link("ONE");
}

static void test_links_are_found_and_no_former_report_is_none(void **state)
{
    struct former *former = publish_former();
    (void)state;
    assert_non_null(former_link(former, "one", "LINK"));
    assert_null(former_link(former, "ONE", "link"));
    assert_null(former_link(former, "TWO", "LINK"));
    former_free(former);
    assert_null(former_load("/nonexistent"));
    assert_null(former_link(NULL, "ONE", "LINK"));
    assert_null(former_endpoint(NULL, "x"));
    assert_null(former_audit(NULL));
    former_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links_are_found_and_no_former_report_is_none),
        cmocka_unit_test(test_what_the_newest_report_could_not_read_is_found_before_it),
    };
    char command[100];
    if (!mkdtemp(directory))
        return 1;
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    snprintf(command, sizeof(command), "rm -rf %s", directory);
    return system(command) == 0 ? failed : 1;
}
