#include "audit/carry.h"
#include "tests/unit/check.h"

#include <string.h>

#define HOUR_MS (3600LL * 1000)
#define BEFORE 1700000000
#define NOW (BEFORE + 3600)

static struct tls *add_version(struct arena *arena, struct endpoint *endpoint, enum tls_version version,
                               enum tls_outcome outcome)
{
    struct tls *tls = arena_alloc(arena, sizeof(*tls));
    tls->protocol = version;
    tls->outcome = outcome;
    if (outcome == TLS_ACCEPTED)
        tls->cipher = arena_text(arena, "AES256-SHA");
    list_append(&endpoint->tls, tls);
    return tls;
}

static void add_certificate(struct arena *arena, struct endpoint *endpoint, const char *sha256)
{
    struct certificate *certificate = arena_alloc(arena, sizeof(*certificate));
    certificate->position = number_of(0);
    certificate->sha256 = arena_text(arena, sha256);
    list_append(&endpoint->certificates, certificate);
}

static void add_strict(struct arena *arena, struct endpoint *endpoint, enum strict_outcome outcome)
{
    endpoint->strict = arena_alloc(arena, sizeof(*endpoint->strict));
    endpoint->strict->outcome = outcome;
}

static void add_prelogin(struct arena *arena, struct endpoint *endpoint, enum prelogin_outcome outcome)
{
    endpoint->prelogin = arena_alloc(arena, sizeof(*endpoint->prelogin));
    endpoint->prelogin->outcome = outcome;
    if (outcome != PRELOGIN_OK)
        return;
    endpoint->prelogin->encryption = ENCRYPTION_OFF;
    endpoint->prelogin->server_version = arena_text(arena, "16.0.4135");
}

static struct endpoint *new_endpoint(struct arena *arena)
{
    struct endpoint *endpoint = arena_alloc(arena, sizeof(*endpoint));
    endpoint->id = arena_text(arena, "e1");
    endpoint->probed = number_of(BEFORE);
    return endpoint;
}

/* SQL Server 2022 with its TLS 1.2 handshake: what a handshake alone finds, and what the former report adds.
 */
static struct endpoint *sqlserver(struct arena *arena, const char *sha256, bool whole)
{
    struct endpoint *endpoint = new_endpoint(arena);
    add_prelogin(arena, endpoint, PRELOGIN_OK);
    add_certificate(arena, endpoint, sha256);
    if (whole) {
        add_version(arena, endpoint, TLS_SSL2, TLS_SKIPPED);
        add_version(arena, endpoint, TLS_1_0, TLS_REJECTED);
        add_version(arena, endpoint, TLS_1_1, TLS_REJECTED);
    }
    add_version(arena, endpoint, TLS_1_2, TLS_ACCEPTED);
    if (whole) {
        add_version(arena, endpoint, TLS_1_3, TLS_REJECTED);
        add_strict(arena, endpoint, STRICT_YES);
    }
    return endpoint;
}

static const struct tls *version_of(const struct endpoint *endpoint, enum tls_version version)
{
    list_each (struct tls, tls, &endpoint->tls)
        if (tls->protocol == version)
            return tls;
    return NULL;
}

static void test_versions_and_strict_are_carried_over_with_their_date(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    struct endpoint *before = sqlserver(arena, "AA", true), *tonight = sqlserver(arena, "AA", false);
    assert_true(carry_over(before, arena, tonight, DEPTH_VERSIONS));
    assert_int_equal(tonight->tls.count, 5);
    list_each (struct tls, tls, &tonight->tls) {
        assert_int_equal(tls->as_of.known, tls->protocol != TLS_1_2); /* that one was seen in this run */
        if (tls->as_of.known)
            assert_int_equal(tls->as_of.value, BEFORE);
    }
    assert_int_equal(tonight->strict->outcome, STRICT_YES);
    assert_int_equal(tonight->strict->as_of.value, BEFORE);
    assert_false(tonight->certificates.first->as_of.known);

    /* The night after keeps the first date, and ends with it. */
    tonight->probed = number_of(NOW);
    struct endpoint *later = sqlserver(arena, "AA", false);
    assert_true(carry_over(tonight, arena, later, DEPTH_VERSIONS));
    assert_int_equal(version_of(later, TLS_1_0)->as_of.value, BEFORE);
    assert_int_equal(later->strict->as_of.value, BEFORE);
    assert_true(carry_is_possible(tonight, DEPTH_VERSIONS, 2 * HOUR_MS, BEFORE + 7199));
    assert_false(carry_is_possible(tonight, DEPTH_VERSIONS, 2 * HOUR_MS, BEFORE + 7200));
    arena_free(arena);
}

static void test_what_has_changed_asks_again(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    struct endpoint *before = sqlserver(arena, "AA", true);
    assert_false(carry_over(before, arena, sqlserver(arena, "BB", false), DEPTH_VERSIONS));
    struct endpoint *patched = sqlserver(arena, "AA", false);
    patched->prelogin->server_version = arena_text(arena, "16.0.4140");
    assert_false(carry_over(before, arena, patched, DEPTH_VERSIONS));
    struct endpoint *forced = sqlserver(arena, "AA", false);
    forced->prelogin->encryption = ENCRYPTION_REQUIRED;
    assert_false(carry_over(before, arena, forced, DEPTH_VERSIONS));
    /* Offered everything, it chooses an older version than it did: that one is gone. */
    struct endpoint *older = sqlserver(arena, "AA", false);
    older->tls.first->protocol = TLS_1_0;
    assert_false(carry_over(before, arena, older, DEPTH_VERSIONS));
    struct endpoint *failing = sqlserver(arena, "AA", false);
    failing->tls.first->outcome = TLS_TIMEOUT;
    assert_false(carry_over(before, arena, failing, DEPTH_VERSIONS));
    struct endpoint *without_tls = sqlserver(arena, "AA", false);
    memset(&without_tls->tls, 0, sizeof(without_tls->tls));
    assert_false(carry_over(before, arena, without_tls, DEPTH_VERSIONS));
    arena_free(arena);
}

static void test_the_age_counts_and_so_does_the_depth(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    struct endpoint *before = sqlserver(arena, "AA", true);
    assert_true(carry_is_possible(before, DEPTH_VERSIONS, 2 * HOUR_MS, BEFORE + 7199));
    assert_false(carry_is_possible(before, DEPTH_VERSIONS, 2 * HOUR_MS, BEFORE + 7200));
    assert_false(carry_is_possible(before, DEPTH_VERSIONS, 2 * HOUR_MS, BEFORE - 1)); /* a clock set back */
    assert_false(carry_is_possible(NULL, DEPTH_VERSIONS, 2 * HOUR_MS, NOW));
    assert_false(carry_is_possible(before, DEPTH_HANDSHAKE, 2 * HOUR_MS, NOW));
    assert_false(carry_is_possible(sqlserver(arena, "AA", false), DEPTH_VERSIONS, 2 * HOUR_MS, NOW));
    assert_false(carry_is_possible(before, DEPTH_FULL, 2 * HOUR_MS, NOW)); /* its suites were not asked for */
    arena_free(arena);
}

static void test_suites_are_carried_over_with_the_version_that_they_belong_to(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    struct endpoint *before = sqlserver(arena, "AA", true), *tonight = sqlserver(arena, "AA", false);
    before->tls.first->outcome = TLS_REJECTED; /* SSL 2.0 was asked: a look of full depth */
    struct tls *accepted = (struct tls *)version_of(before, TLS_1_2);
    struct cipher *cipher = arena_alloc(arena, sizeof(*cipher));
    cipher->name = arena_text(arena, "AES256-SHA");
    list_append(&accepted->ciphers, cipher);
    accepted->groups = arena_text(arena, "X25519");
    assert_true(carry_is_possible(before, DEPTH_FULL, 2 * HOUR_MS, NOW));
    assert_true(carry_over(before, arena, tonight, DEPTH_FULL));
    const struct tls *row = version_of(tonight, TLS_1_2);
    assert_string_equal(row->ciphers.first->name, "AES256-SHA");
    assert_string_equal(row->groups, "X25519");
    assert_int_equal(row->as_of.value, BEFORE);

    struct endpoint *other = sqlserver(arena, "AA", false);
    other->tls.first->cipher = arena_text(arena, "AES128-SHA");
    assert_false(carry_over(before, arena, other, DEPTH_FULL)); /* its order is another */
    arena_free(arena);
}

static void test_a_strict_only_server_is_recognised(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    struct endpoint *before = new_endpoint(arena), *tonight = new_endpoint(arena);
    for (int i = 0; i < 2; i++) {
        struct endpoint *endpoint = i ? tonight : before;
        add_prelogin(arena, endpoint, PRELOGIN_CLOSED);
        add_strict(arena, endpoint, STRICT_YES);
        add_certificate(arena, endpoint, "AA");
        if (endpoint == before)
            add_version(arena, endpoint, TLS_1_2, TLS_ACCEPTED);
        add_version(arena, endpoint, TLS_1_3, TLS_ACCEPTED);
    }
    assert_true(carry_is_possible(before, DEPTH_VERSIONS, 2 * HOUR_MS, NOW));
    assert_true(carry_over(before, arena, tonight, DEPTH_VERSIONS));
    assert_int_equal(tonight->tls.count, 2);
    assert_false(tonight->strict->as_of.known); /* it was asked for this night, too */
    arena_free(arena);
}

static struct endpoint *postgresql(struct arena *arena, const char *tls, bool whole)
{
    struct endpoint *endpoint = new_endpoint(arena);
    struct property *property = arena_alloc(arena, sizeof(*property));
    property->name = arena_text(arena, "service-tls");
    property->value = arena_text(arena, tls);
    list_append(&endpoint->properties, property);
    add_certificate(arena, endpoint, "AA");
    if (whole)
        add_version(arena, endpoint, TLS_1_2, TLS_ACCEPTED);
    add_version(arena, endpoint, TLS_1_3, TLS_ACCEPTED);
    return endpoint;
}

static void test_other_kinds_are_recognised_by_what_they_say(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    struct endpoint *before = postgresql(arena, "offered", true),
                    *tonight = postgresql(arena, "offered", false);
    assert_true(carry_over(before, arena, tonight, DEPTH_VERSIONS));
    assert_int_equal(tonight->tls.count, 2);
    assert_false(carry_over(before, arena, postgresql(arena, "not-offered", false), DEPTH_VERSIONS));
    arena_free(arena);
}

/* RC4 only: OpenSSL's handshake fails and shows no certificate, the hello by hand did. */
static void test_what_openssl_cannot_speak_is_carried_with_its_certificate(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    struct endpoint *before = new_endpoint(arena), *tonight = new_endpoint(arena);
    add_prelogin(arena, before, PRELOGIN_OK);
    add_prelogin(arena, tonight, PRELOGIN_OK);
    add_version(arena, before, TLS_1_1, TLS_REJECTED);
    add_version(arena, before, TLS_1_2, TLS_ACCEPTED)->by_hand = TERNARY_TRUE;
    add_certificate(arena, before, "AA");
    add_version(arena, tonight, TLS_1_2, TLS_REJECTED);
    assert_true(carry_is_possible(before, DEPTH_VERSIONS, 2 * HOUR_MS, NOW));
    assert_true(carry_over(before, arena, tonight, DEPTH_VERSIONS));
    assert_int_equal(version_of(tonight, TLS_1_2)->outcome, TLS_ACCEPTED);
    assert_int_equal(version_of(tonight, TLS_1_2)->as_of.value, BEFORE);
    assert_string_equal(tonight->certificates.first->sha256, "AA");
    assert_int_equal(tonight->certificates.first->as_of.value, BEFORE);
    arena_free(arena);
}

static void test_a_target_that_does_not_answer_is_not_asked_twice(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    struct endpoint *down = new_endpoint(arena), *silent = new_endpoint(arena);
    assert_true(carry_over(sqlserver(arena, "AA", true), arena, down, DEPTH_VERSIONS));
    assert_int_equal(down->tls.count, 0);
    add_prelogin(arena, silent, PRELOGIN_SILENT);
    assert_true(carry_over(sqlserver(arena, "AA", true), arena, silent, DEPTH_VERSIONS));
    assert_int_equal(silent->tls.count, 0);
    assert_null(silent->strict);
    arena_free(arena);
}

static void test_strict_alone_is_carried_where_tds_7_has_no_tls(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    struct endpoint *before = new_endpoint(arena), *tonight = new_endpoint(arena);
    add_prelogin(arena, before, PRELOGIN_OK);
    add_prelogin(arena, tonight, PRELOGIN_OK);
    before->prelogin->encryption = tonight->prelogin->encryption = ENCRYPTION_NOT_SUPPORTED;
    assert_false(carry_is_possible(before, DEPTH_VERSIONS, 2 * HOUR_MS, NOW));
    add_strict(arena, before, STRICT_NO);
    assert_true(carry_is_possible(before, DEPTH_VERSIONS, 2 * HOUR_MS, NOW));
    assert_true(carry_over(before, arena, tonight, DEPTH_VERSIONS));
    assert_int_equal(tonight->strict->as_of.value, BEFORE);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions_and_strict_are_carried_over_with_their_date),
        cmocka_unit_test(test_what_has_changed_asks_again),
        cmocka_unit_test(test_the_age_counts_and_so_does_the_depth),
        cmocka_unit_test(test_suites_are_carried_over_with_the_version_that_they_belong_to),
        cmocka_unit_test(test_a_strict_only_server_is_recognised),
        cmocka_unit_test(test_other_kinds_are_recognised_by_what_they_say),
        cmocka_unit_test(test_what_openssl_cannot_speak_is_carried_with_its_certificate),
        cmocka_unit_test(test_a_target_that_does_not_answer_is_not_asked_twice),
        cmocka_unit_test(test_strict_alone_is_carried_where_tds_7_has_no_tls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
