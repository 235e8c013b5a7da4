#include "audit/homes.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <string.h>

static struct arena *arena;

/* The addresses, separated by blanks; one that begins with "-" is not allowed. */
static struct resolve *addresses(const char *list)
{
    struct resolve *resolve = arena_alloc(arena, sizeof(*resolve));
    for (const char *at = list; *at; at += *at == ' ') {
        struct address *address = arena_alloc(arena, sizeof(*address));
        size_t length = strcspn(at, " ");
        address->allowed = *at == '-' ? TERNARY_FALSE : TERNARY_TRUE;
        address->ip = arena_text_n(arena, at + (*at == '-'), length - (*at == '-'));
        list_append(&resolve->addresses, address);
        at += length;
    }
    return resolve;
}

/* Two addresses of different probers. */
static void two_apart(struct homes *homes, char a[16], char b[16])
{
    int first = -1;
    for (int i = 1; i < 250; i++) {
        char ip[16];
        snprintf(ip, sizeof(ip), "10.0.0.%d", i);
        struct resolve *resolve = addresses(ip);
        int prober = homes_enter(homes, resolve);
        homes_leave(homes, resolve);
        if (first < 0)
            strcpy(a, ip), first = prober;
        else if (prober != first) {
            strcpy(b, ip);
            return;
        }
    }
    fail_msg("all addresses are one prober's");
}

static void test_an_address_is_one_probers_at_a_time(void **state)
{
    char a[16], b[16];
    struct homes *homes = homes_new(4);
    (void)state;
    two_apart(homes, a, b);
    struct resolve *one = addresses(a), *other = addresses(b);
    struct resolve *both = addresses(arena_format(arena, "%s %s", b, a));
    int prober = homes_enter(homes, one);
    assert_int_equal(homes_enter(homes, both), prober); /* not the first address decides, but who is there */
    assert_int_equal(homes_enter(homes, other), prober);
    homes_leave(homes, both);
    assert_int_equal(homes_enter(homes, both), prober);
    homes_free(homes);
}

static void test_an_endpoint_between_two_probers_waits(void **state)
{
    char a[16], b[16];
    struct homes *homes = homes_new(4);
    (void)state;
    two_apart(homes, a, b);
    struct resolve *one = addresses(a), *other = addresses(b);
    struct resolve *both = addresses(arena_format(arena, "%s %s", a, b));
    int prober = homes_enter(homes, one);
    assert_int_not_equal(homes_enter(homes, other), prober);
    assert_int_equal(homes_enter(homes, both), -1);
    homes_leave(homes, other);
    assert_int_equal(homes_enter(homes, both), prober);
    homes_free(homes);
}

static void test_addresses_that_are_not_allowed_are_nobodys(void **state)
{
    char a[16], b[16];
    struct homes *homes = homes_new(4);
    (void)state;
    two_apart(homes, a, b);
    int prober = homes_enter(homes, addresses(a));
    struct resolve *denied = addresses(arena_format(arena, "-%s %s", a, b));
    assert_int_not_equal(homes_enter(homes, denied), prober);
    homes_leave(homes, denied);
    assert_int_equal(homes_enter(homes, addresses(a)), prober);
    homes_free(homes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_address_is_one_probers_at_a_time),
        cmocka_unit_test(test_an_endpoint_between_two_probers_waits),
        cmocka_unit_test(test_addresses_that_are_not_allowed_are_nobodys),
    };
    arena = arena_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
