/* S08 on estates large and small: the paths themselves, what is one finding, cycles, and an estate of 2,000
 * instances and 20,000 links. */
#include "audit/diagnosis/diagnosis.h"
#include "audit/rules/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

struct estate {
    struct arena *arena;
    struct audit audit;
    struct instance **instances;
    size_t count;
};

static struct estate estate_new(size_t count)
{
    struct estate estate = {.arena = arena_new(), .count = count};
    estate.instances = arena_alloc(estate.arena, count * sizeof(*estate.instances));
    estate.audit.started = number_of(1795305600);
    for (size_t i = 0; i < count; i++) {
        struct instance *instance = arena_alloc(estate.arena, sizeof(*instance));
        struct endpoint *endpoint = arena_alloc(estate.arena, sizeof(*endpoint));
        instance->name = arena_format(estate.arena, "I%zu", i);
        instance->status = INSTANCE_AUDITED;
        endpoint->id = arena_format(estate.arena, "e%zu", i);
        endpoint->kind = ENDPOINT_SQLSERVER;
        endpoint->host = instance->name;
        endpoint->audited_as = instance->name;
        list_append(&estate.audit.instances, instance);
        list_append(&estate.audit.endpoints, endpoint);
        estate.instances[i] = instance;
    }
    return estate;
}

/* A link from one instance to another; local "*" is every login, remote NULL is the caller's own credential.
 */
static void add_link(struct estate *estate, size_t from, size_t to, const char *local, const char *remote)
{
    struct linked_server *link = arena_alloc(estate->arena, sizeof(*link));
    struct login_mapping *mapping = arena_alloc(estate->arena, sizeof(*mapping));
    link->name = arena_format(estate->arena, "L%zu", estate->instances[from]->linked_servers.count);
    link->provider = arena_text(estate->arena, "MSOLEDBSQL");
    link->endpoint = arena_format(estate->arena, "e%zu", to);
    mapping->local = arena_text(estate->arena, local);
    mapping->remote = arena_text(estate->arena, remote);
    mapping->self = remote ? TERNARY_FALSE : TERNARY_TRUE;
    list_append(&link->logins, mapping);
    list_append(&estate->instances[from]->linked_servers, link);
}

/* The first finding about chains that end over a link of that instance, or NULL. */
static const struct finding *chain_over(const struct estate *estate, const char *instance)
{
    list_each (struct finding, finding, &estate->audit.findings)
        if (strcmp(finding->rule, "S08") == 0 && strcmp(finding->instance, instance) == 0)
            return finding;
    return NULL;
}

static size_t count_of(const struct estate *estate, const char *rule)
{
    size_t count = 0;
    list_each (struct finding, finding, &estate->audit.findings)
        count += strcmp(finding->rule, rule) == 0;
    return count;
}

#define OWN_PASSWORD "; a self hop of a SQL login needs the same password there"

static void a_chain_is_shown_with_the_login_at_each_hop(void **state)
{
    (void)state;
    struct estate estate = estate_new(4);
    add_link(&estate, 0, 1, "*", "etl");
    add_link(&estate, 1, 2, "*", NULL);
    add_link(&estate, 2, 3, "ETL", "sa");
    assess(estate.arena, &estate.audit, NULL);
    const struct finding *finding = chain_over(&estate, "I2");
    assert_non_null(finding);
    assert_string_equal(finding->link, "L0");
    assert_string_equal(finding->endpoint, "e3");
    assert_string_equal(finding->evidence,
                        "any login of I0: I0 →(etl) I1 →(self) I2 →(sa) I3, where it is sysadmin" OWN_PASSWORD
                        "; links: I0/L0, I1/L0, I2/L0; the mapping to change: I2/L0 (sa)");
    assert_int_equal(count_of(&estate, "S08"), 1);
    arena_free(estate.arena);
}

static void the_shortest_chain_is_shown_and_the_other_starts_are_named(void **state)
{
    (void)state;
    struct estate estate = estate_new(4);
    add_link(&estate, 0, 1, "*", "etl");
    add_link(&estate, 1, 2, "etl", NULL);
    add_link(&estate, 2, 3, "ETL", "sa");
    assess(estate.arena, &estate.audit, NULL);
    assert_int_equal(count_of(&estate, "S08"), 1);
    assert_string_equal(chain_over(&estate, "I2")->evidence,
                        "etl of I1: I1 →(self) I2 →(sa) I3, where it is sysadmin" OWN_PASSWORD
                        "; links: I1/L0, I2/L0; the mapping to change: I2/L0 (sa)"
                        "; such chains begin with 2 links of 2 instances: I1/L0, I0/L0");
    arena_free(estate.arena);
}

/* Fifty ways to one mapping: fifty would be one cause and one remedy. */
static void fifty_instances_before_one_last_link_are_one_finding(void **state)
{
    (void)state;
    struct estate estate = estate_new(52);
    for (size_t i = 0; i < 50; i++)
        add_link(&estate, i, 50, "*", "etl");
    add_link(&estate, 50, 51, "etl", "sa");
    assess(estate.arena, &estate.audit, NULL);
    assert_int_equal(count_of(&estate, "S08"), 1);
    assert_string_equal(chain_over(&estate, "I50")->evidence,
                        "any login of I0: I0 →(etl) I50 →(sa) I51, where it is sysadmin"
                        "; links: I0/L0, I50/L0; the mapping to change: I50/L0 (sa)"
                        "; such chains begin with 50 links of 50 instances: I0/L0, I1/L0, I10/L0, I11/L0, "
                        "I12/L0, I13/L0, I14/L0, I15/L0, I16/L0, I17/L0, …");
    arena_free(estate.arena);
}

/* What is mended at one last link says nothing about another that the same chains come to. */
static void each_last_link_is_a_finding(void **state)
{
    (void)state;
    struct estate estate = estate_new(4);
    add_link(&estate, 0, 1, "*", "etl");
    add_link(&estate, 1, 2, "etl", "sa");
    add_link(&estate, 1, 3, "etl", "app");
    add_link(&estate, 3, 2, "app", "sa");
    assess(estate.arena, &estate.audit, NULL);
    assert_int_equal(count_of(&estate, "S08"), 2);
    assert_non_null(strstr(chain_over(&estate, "I1")->evidence, "any login of I0: I0 →(etl) I1 →(sa) I2,"));
    assert_non_null(strstr(chain_over(&estate, "I3")->evidence, "etl of I1: I1 →(app) I3 →(sa) I2,"));
    assert_non_null(strstr(chain_over(&estate, "I3")->evidence, "2 links of 2 instances: I1/L1, I0/L0"));
    arena_free(estate.arena);
}

/* Two nights' reports list the instances in another order. */
static void the_order_of_instances_changes_nothing(void **state)
{
    (void)state;
    enum { INSTANCES = 12, LINKS = 3, FORWARDS = 1, BACKWARDS = 5 };
    static const size_t steps[] = {FORWARDS, BACKWARDS};
    struct estate nights[2];
    for (size_t night = 0; night < 2; night++) {
        struct estate *estate = &nights[night];
        *estate = estate_new(INSTANCES);
        estate->audit.instances.first = estate->audit.instances.last = NULL;
        estate->audit.instances.count = 0;
        for (size_t i = 0; i < INSTANCES; i++)
            list_append(&estate->audit.instances, estate->instances[i * steps[night] % INSTANCES]);
        for (size_t i = 0; i < INSTANCES; i++)
            for (size_t j = 0; j < LINKS; j++)
                add_link(estate, i, (i + j * j + 1) % INSTANCES, "*", i % 5 == 0 && j == 0 ? "sa" : "app");
        assess(estate->arena, &estate->audit, NULL);
    }
    assert_int_equal(count_of(&nights[0], "S08"), 3);
    const struct finding *other = nights[1].audit.findings.first;
    list_each (struct finding, finding, &nights[0].audit.findings) {
        assert_string_equal(finding->rule, other->rule);
        assert_string_equal(finding->evidence, other->evidence);
        other = other->next;
    }
    assert_null(other);
    arena_free(nights[0].arena);
    arena_free(nights[1].arena);
}

static void a_login_of_its_own_mapping_does_not_use_everyones(void **state)
{
    (void)state;
    struct estate estate = estate_new(3);
    add_link(&estate, 0, 1, "*", "etl");
    add_link(&estate, 1, 2, "*", "sa");
    struct login_mapping *own = arena_alloc(estate.arena, sizeof(*own));
    own->local = arena_text(estate.arena, "etl");
    own->remote = arena_text(estate.arena, "nobody");
    own->self = TERNARY_FALSE;
    list_append(&estate.instances[1]->linked_servers.first->logins, own);
    assess(estate.arena, &estate.audit, NULL);
    assert_int_equal(count_of(&estate, "S08"), 0);
    assert_int_equal(count_of(&estate, "S02"), 1);
    arena_free(estate.arena);
}

static void cycles_end(void **state)
{
    (void)state;
    struct estate estate = estate_new(3);
    add_link(&estate, 0, 1, "*", "a");
    add_link(&estate, 1, 2, "*", "b");
    add_link(&estate, 2, 0, "*", "c");
    assess(estate.arena, &estate.audit, NULL);
    assert_int_equal(count_of(&estate, "S08"), 0);
    arena_free(estate.arena);
}

/* A loopback changes who one is without leaving. */
static void a_loopback_is_a_hop(void **state)
{
    (void)state;
    struct estate estate = estate_new(2);
    add_link(&estate, 0, 0, "*", "etl");
    add_link(&estate, 0, 1, "etl", "sa");
    assess(estate.arena, &estate.audit, NULL);
    const struct finding *finding = chain_over(&estate, "I0");
    assert_non_null(finding);
    assert_string_equal(finding->link, "L1");
    assert_string_equal(finding->evidence, "any login of I0: I0 →(etl) I0 →(sa) I1, where it is sysadmin"
                                           "; links: I0/L0, I0/L1; the mapping to change: I0/L1 (sa)");
    assert_int_equal(count_of(&estate, "S08"), 1);
    arena_free(estate.arena);
}

static void a_disabled_link_leads_nowhere(void **state)
{
    (void)state;
    struct estate estate = estate_new(3);
    add_link(&estate, 0, 1, "*", "etl");
    add_link(&estate, 1, 2, "*", "sa");
    struct linked_server *second = estate.instances[1]->linked_servers.first;
    second->data_access = second->rpc_out = TERNARY_FALSE;
    assess(estate.arena, &estate.audit, NULL);
    assert_int_equal(count_of(&estate, "S08"), 0);
    arena_free(estate.arena);
}

/* Nobody can begin in the middle: only the login that comes from the first instance has the last mapping. */
static void long_paths_are_cut_in_print(void **state)
{
    (void)state;
    struct estate estate = estate_new(30);
    add_link(&estate, 0, 1, "*", "etl");
    for (size_t i = 1; i < 28; i++)
        add_link(&estate, i, i + 1, "*", NULL);
    add_link(&estate, 28, 29, "etl", "sa");
    assess(estate.arena, &estate.audit, NULL);
    assert_int_equal(count_of(&estate, "S08"), 1);
    const char *evidence = chain_over(&estate, "I28")->evidence;
    assert_non_null(strstr(evidence, "any login of I0: I0 →(etl) I1 →(self) I2"));
    assert_non_null(strstr(evidence, "I16 → …, where it is sysadmin"));
    assert_non_null(strstr(evidence, "I15/L0, …; the mapping to change: I28/L0 (sa)"));
    arena_free(estate.arena);
}

static void a_path_that_fits_is_not_cut(void **state)
{
    (void)state;
    struct estate estate = estate_new(17);
    add_link(&estate, 0, 1, "*", "etl");
    for (size_t i = 1; i < 15; i++)
        add_link(&estate, i, i + 1, "*", NULL);
    add_link(&estate, 15, 16, "etl", "sa");
    assess(estate.arena, &estate.audit, NULL);
    assert_null(strstr(chain_over(&estate, "I15")->evidence, "…"));
    assert_non_null(strstr(chain_over(&estate, "I15")->evidence, "→(sa) I16, where it is sysadmin"));
    arena_free(estate.arena);
}

/* A ring of 2,000 instances with nine chords each, and one mapping to sa: every link but that one lies on a
 * path to it, because every login everywhere is mapped on. Ten are before it, and more than enough before
 * those.
 */
static void two_thousand_instances_are_assessed(void **state)
{
    (void)state;
    enum { INSTANCES = 2000, LINKS = 10 };
    struct estate estate = estate_new(INSTANCES);
    for (size_t i = 0; i < INSTANCES; i++)
        for (size_t j = 0; j < LINKS; j++)
            add_link(&estate, i, (i + 1 + j * j * 37) % INSTANCES, "*", i == 7 && j == 0 ? "sa" : "app");
    clock_t begin = clock();
    diagnose_audit(estate.arena, &estate.audit);
    clock_t between = clock();
    assess(estate.arena, &estate.audit, NULL);
    printf("%d instances, %d links, processor time: diagnosis %.2f s, rules %.2f s; %zu findings\n",
           INSTANCES, INSTANCES * LINKS, (double)(between - begin) / CLOCKS_PER_SEC,
           (double)(clock() - between) / CLOCKS_PER_SEC, estate.audit.findings.count);
    assert_int_equal(count_of(&estate, "S02"), 1);
    assert_int_equal(count_of(&estate, "S08"), 1);
    const char *evidence = chain_over(&estate, "I7")->evidence;
    assert_non_null(strstr(evidence, "any login of I1009: I1009 →(app) I7 →(sa) I8, where it is sysadmin"
                                     "; links: I1009/L9, I7/L0; the mapping to change: I7/L0 (sa)"
                                     "; such chains begin with at least "));
    assert_non_null(strstr(evidence, ": I1009/L9, I1081/L5, I1414/L4, I1638/L8, I1673/L3, I1858/L2, "
                                     "I193/L7, I1969/L1, I6/L0, I674/L6, …"));
    summarize(estate.arena, &estate.audit);
    assert_int_equal(estate.audit.summary->critical.value, 1);
    arena_free(estate.arena);
}

/* One target for everybody: what is counted by target must not be counted by pairs of links. */
static void twenty_thousand_links_to_one_target_are_assessed(void **state)
{
    (void)state;
    enum { INSTANCES = 2000, LINKS = 10 };
    struct estate estate = estate_new(INSTANCES);
    for (size_t i = 1; i < INSTANCES; i++)
        for (size_t j = 0; j < LINKS; j++)
            add_link(&estate, i, 0, "*", j == 0 ? "sa" : "app");
    clock_t begin = clock();
    diagnose_audit(estate.arena, &estate.audit);
    assess(estate.arena, &estate.audit, NULL);
    printf("%d links to one target: %.2f s of processor time\n", (INSTANCES - 1) * LINKS,
           (double)(clock() - begin) / CLOCKS_PER_SEC);
    assert_int_equal(count_of(&estate, "H01"), INSTANCES - 1);
    assert_int_equal(count_of(&estate, "S02"), INSTANCES - 1);
    assert_int_equal(count_of(&estate, "S08"), 0);
    arena_free(estate.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_is_shown_with_the_login_at_each_hop),
        cmocka_unit_test(the_shortest_chain_is_shown_and_the_other_starts_are_named),
        cmocka_unit_test(fifty_instances_before_one_last_link_are_one_finding),
        cmocka_unit_test(each_last_link_is_a_finding),
        cmocka_unit_test(the_order_of_instances_changes_nothing),
        cmocka_unit_test(a_login_of_its_own_mapping_does_not_use_everyones),
        cmocka_unit_test(cycles_end),
        cmocka_unit_test(a_loopback_is_a_hop),
        cmocka_unit_test(a_disabled_link_leads_nowhere),
        cmocka_unit_test(long_paths_are_cut_in_print),
        cmocka_unit_test(a_path_that_fits_is_not_cut),
        cmocka_unit_test(two_thousand_instances_are_assessed),
        cmocka_unit_test(twenty_thousand_links_to_one_target_are_assessed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
