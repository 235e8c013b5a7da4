#include "audit/former.h"
#include "reports/report_file.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HOUR_MS (3600LL * 1000)
#define BEFORE 1700000000

static char directory[] = "/tmp/linkaudit-former-XXXXXX";

static void add_version(struct arena *arena, struct endpoint *endpoint, enum tls_version version,
                        enum tls_outcome outcome)
{
    struct tls *tls = arena_alloc(arena, sizeof(*tls));
    tls->protocol = version;
    tls->outcome = outcome;
    list_append(&endpoint->tls, tls);
}

static struct endpoint *make_endpoint(struct arena *arena, const char *sha256)
{
    struct endpoint *endpoint = arena_alloc(arena, sizeof(*endpoint));
    endpoint->id = arena_text(arena, "e1");
    endpoint->key = arena_text(arena, "sqlserver://sql01:1433");
    endpoint->prelogin = arena_alloc(arena, sizeof(*endpoint->prelogin));
    endpoint->prelogin->outcome = PRELOGIN_OK;
    endpoint->prelogin->encryption = ENCRYPTION_OFF;
    endpoint->prelogin->server_version = arena_text(arena, "15.0.4312");
    struct certificate *certificate = arena_alloc(arena, sizeof(*certificate));
    certificate->position = number_of(0);
    certificate->sha256 = arena_text(arena, sha256);
    list_append(&endpoint->certificates, certificate);
    endpoint->probed = number_of(BEFORE);
    return endpoint;
}

/* Publishes a former report with one endpoint, whose TLS versions were asked for at BEFORE, and one link. */
static struct former *publish_former(void)
{
    struct arena *arena = arena_new();
    struct audit audit = {.started = number_of(BEFORE), .complete = TERNARY_TRUE};
    audit.version = audit.run_id = audit.host = audit.program = arena_text(arena, "1");
    const char *error = NULL;
    struct endpoint *endpoint = make_endpoint(arena, "AA");
    add_version(arena, endpoint, TLS_1_0, TLS_REJECTED);
    add_version(arena, endpoint, TLS_1_1, TLS_REJECTED);
    add_version(arena, endpoint, TLS_1_2, TLS_ACCEPTED);
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

static void test_versions_are_carried_over_with_their_date(void **state)
{
    struct former *former = publish_former();
    struct arena *arena = arena_new();
    (void)state;
    assert_non_null(former);
    struct endpoint *endpoint = make_endpoint(arena, "AA");
    add_version(arena, endpoint, TLS_1_0, TLS_SKIPPED);
    add_version(arena, endpoint, TLS_1_2, TLS_ACCEPTED);
    assert_true(former_versions(former, arena, endpoint, 2 * HOUR_MS, BEFORE + 3600));
    assert_int_equal(endpoint->tls.count, 3);
    list_each (struct tls, tls, &endpoint->tls) {
        assert_int_equal(tls->as_of.known, tls->protocol != TLS_1_2); /* that one was seen in this run */
        if (tls->as_of.known)
            assert_int_equal(tls->as_of.value, BEFORE);
    }
    former_free(former);
    arena_free(arena);
}

static void test_another_certificate_version_or_age_asks_again(void **state)
{
    struct former *former = publish_former();
    struct arena *arena = arena_new();
    (void)state;
    assert_false(former_versions(former, arena, make_endpoint(arena, "BB"), 2 * HOUR_MS, BEFORE + 3600));
    struct endpoint *patched = make_endpoint(arena, "AA");
    patched->prelogin->server_version = arena_text(arena, "15.0.4400");
    assert_false(former_versions(former, arena, patched, 2 * HOUR_MS, BEFORE + 3600));
    struct endpoint *forced = make_endpoint(arena, "AA");
    forced->prelogin->encryption = ENCRYPTION_REQUIRED;
    assert_false(former_versions(former, arena, forced, 2 * HOUR_MS, BEFORE + 3600));
    assert_true(former_has_versions(former, "sqlserver://sql01:1433", 2 * HOUR_MS, BEFORE + 7199));
    assert_false(former_has_versions(former, "sqlserver://sql01:1433", 2 * HOUR_MS, BEFORE + 7200));
    assert_false(former_has_versions(former, "sqlserver://sql01:1433", 2 * HOUR_MS,
                                     BEFORE - 1)); /* a clock set back */
    assert_false(former_has_versions(former, "sqlserver://other:1433", 2 * HOUR_MS, BEFORE + 1));
    former_free(former);
    arena_free(arena);
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
        cmocka_unit_test(test_versions_are_carried_over_with_their_date),
        cmocka_unit_test(test_another_certificate_version_or_age_asks_again),
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
