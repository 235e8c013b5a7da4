#include "audit/network.h"
#include "tests/unit/check.h"

static void test_networks_contain_their_addresses_and_no_others(void **state)
{
    static const struct {
        const char *network, *ip;
        bool contained;
    } cases[] = {
        {"10.0.0.0/8", "10.255.255.255", true},
        {"10.0.0.0/8", "11.0.0.0", false},
        {"10.1.2.3", "10.1.2.3", true},
        {"10.1.2.3", "10.1.2.4", false},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"fd00::/8", "fdff::1", true},
        {"fd00::/8", "fe00::1", false},
        {"192.168.4.0/22", "192.168.7.255", true},
        {"192.168.4.0/22", "192.168.8.0", false},
        {"10.0.0.0/8", "::ffff:10.2.3.4", true}, /* the same machine in other words */
        {"fe80::/10", "fe80::1%eth0", true},
        {"10.0.0.0/8", "not an address", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct network_list list = {0};
        assert_true(network_list_add(&list, cases[i].network));
        if (network_list_contains(&list, cases[i].ip) != cases[i].contained)
            fail_msg("%s in %s: expected %d", cases[i].ip, cases[i].network, cases[i].contained);
        network_list_clear(&list);
    }
}

static void test_what_is_no_network_is_refused(void **state)
{
    static const char *const bad[] = {"",          "x",           "10.0.0.0/33", "10.0.0.1/8",
                                      "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "fd00::/129",
                                      "10.0.0",    "300.0.0.0/8", "fd00::1/8",   "10.0.0.0/ 8"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct network_list list = {0};
        if (network_list_add(&list, bad[i]))
            fail_msg("'%s' was taken for a network", bad[i]);
        assert_int_equal(list.count, 0);
        network_list_clear(&list);
    }
}

static void test_deny_wins_over_allow_and_no_allow_allows_all(void **state)
{
    struct network_list allow = {0}, deny = {0};
    (void)state;
    assert_true(network_allowed(&allow, &deny, "203.0.113.9"));
    network_list_add(&deny, "203.0.113.0/24");
    assert_false(network_allowed(&allow, &deny, "203.0.113.9"));
    network_list_add(&allow, "203.0.0.0/16");
    assert_false(network_allowed(&allow, &deny, "203.0.113.9"));
    assert_true(network_allowed(&allow, &deny, "203.0.1.1"));
    assert_false(network_allowed(&allow, &deny, "10.0.0.1"));
    network_list_clear(&allow);
    network_list_clear(&deny);
}

static void test_what_is_no_address_is_never_allowed(void **state)
{
    static const char *const none[] = {
        "",          "0x7f.1",
        "127.1",     "sql01",
        "1.2.3.4.5", "1.2.3.4 ",
        "::g",       "fe80::1%a-zone-that-is-longer-than-any-interface-has-a-name-for-it"};
    struct network_list allow = {0}, deny = {0};
    (void)state;
    network_list_add(&deny, "127.0.0.0/8");
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_false(network_is_address(none[i]));
        assert_false(network_allowed(&allow, &deny, none[i]));
    }
    assert_true(network_is_address("fe80::1%eth0"));
    assert_true(network_is_address("127.0.0.1"));
    network_list_clear(&deny);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks_contain_their_addresses_and_no_others),
        cmocka_unit_test(test_what_is_no_network_is_refused),
        cmocka_unit_test(test_what_is_no_address_is_never_allowed),
        cmocka_unit_test(test_deny_wins_over_allow_and_no_allow_allows_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
