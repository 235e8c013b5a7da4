#include "audit/diagnosis/same_server.h"
#include "audit/model/properties.h"
#include "tests/unit/check.h"

static struct arena *arena;
static struct audit audit;

static int begin(void **state)
{
    (void)state;
    arena = arena_new();
    memset(&audit, 0, sizeof(audit));
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    return 0;
}

static void add_property(struct instance *instance, const char *name, const char *value)
{
    struct property *property = arena_alloc(arena, sizeof(*property));
    property->name = arena_text(arena, name);
    property->value = arena_text(arena, value);
    list_append(&instance->properties, property);
}

static struct instance *add_instance(const char *name, const char *machine, const char *instance_name,
                                     const char *domain)
{
    struct instance *instance = arena_alloc(arena, sizeof(*instance));
    instance->name = arena_text(arena, name);
    instance->domain = arena_text(arena, domain);
    add_property(instance, PROPERTY_MACHINE_NAME, machine);
    add_property(instance, PROPERTY_INSTANCE_NAME, instance_name);
    list_append(&audit.instances, instance);
    return instance;
}

static struct endpoint *add_endpoint(const char *host, const char *instance, int port)
{
    struct endpoint *endpoint = arena_alloc(arena, sizeof(*endpoint));
    endpoint->kind = ENDPOINT_SQLSERVER;
    endpoint->host = arena_text(arena, host);
    endpoint->instance = arena_text(arena, instance);
    if (port)
        endpoint->port = number_of(port);
    list_append(&audit.endpoints, endpoint);
    return endpoint;
}

static void add_connection(struct endpoint *endpoint, const char *ip, int port, enum connect_outcome outcome)
{
    struct connection *connection = arena_alloc(arena, sizeof(*connection));
    connection->ip = arena_text(arena, ip);
    connection->port = number_of(port);
    connection->outcome = outcome;
    list_append(&endpoint->connects, connection);
}

static void test_address_and_port_decide_first(void **state)
{
    (void)state;
    add_instance("ERP", "SQLERP01", NULL, "corp.example");
    struct endpoint *own = add_endpoint("sqlerp01.corp.example", NULL, 1433);
    own->audited_as = arena_text(arena, "ERP");
    add_connection(own, "10.0.0.1", 1433, CONNECT_OK);
    struct endpoint *alias = add_endpoint("erp-alias.corp.example", NULL, 1433);
    add_connection(alias, "10.0.0.1", 1433, CONNECT_OK);
    struct endpoint *other_port = add_endpoint("erp-alias.corp.example", NULL, 1500);
    add_connection(other_port, "10.0.0.1", 1500, CONNECT_OK);
    match_audited_instances(arena, &audit);
    assert_string_equal(alias->audited_as, "ERP");
    assert_null(other_port->audited_as);
}

static void test_the_servers_own_end_of_the_connection_counts(void **state)
{
    (void)state;
    struct instance *instance = add_instance("SALES", "SQL02", "SALES", NULL);
    add_property(instance, PROPERTY_LOCAL_ADDRESS, "10.0.0.2");
    add_property(instance, PROPERTY_LOCAL_PORT, "51433");
    struct endpoint *endpoint = add_endpoint("anything", NULL, 51433);
    add_connection(endpoint, "10.0.0.2", 51433, CONNECT_REFUSED);
    match_audited_instances(arena, &audit);
    assert_string_equal(endpoint->audited_as, "SALES");
}

static void test_names_decide_where_no_address_does(void **state)
{
    (void)state;
    add_instance("HR", "SQLHR", NULL, "corp.example");
    add_instance("BI", "SQLBI", "CUBE", "corp.example");
    struct endpoint *full = add_endpoint("sqlhr.corp.example", NULL, 1433);
    struct endpoint *label = add_endpoint("sqlhr", NULL, 1433);
    label->domain = arena_text(arena, "corp.example");
    struct endpoint *elsewhere = add_endpoint("sqlhr", NULL, 1433);
    elsewhere->domain = arena_text(arena, "other.example");
    struct endpoint *named = add_endpoint("SQLBI.corp.example", "cube", 0);
    struct endpoint *not_it = add_endpoint("sqlbi.corp.example", NULL, 1433);
    struct endpoint *odd_port = add_endpoint("sqlhr.corp.example", NULL, 2000);
    match_audited_instances(arena, &audit);
    assert_string_equal(full->audited_as, "HR");
    assert_string_equal(label->audited_as, "HR");
    assert_null(elsewhere->audited_as);
    assert_string_equal(named->audited_as, "BI");
    assert_null(not_it->audited_as);
    assert_null(odd_port->audited_as);
}

static void test_what_two_instances_share_tells_nothing(void **state)
{
    (void)state;
    struct instance *one = add_instance("ONE", "A", NULL, NULL), *two = add_instance("TWO", "B", NULL, NULL);
    add_property(one, PROPERTY_LOCAL_ADDRESS, "192.168.0.1");
    add_property(one, PROPERTY_LOCAL_PORT, "1433");
    add_property(two, PROPERTY_LOCAL_ADDRESS, "192.168.0.1");
    add_property(two, PROPERTY_LOCAL_PORT, "1433");
    struct endpoint *endpoint = add_endpoint("c", NULL, 1433);
    add_connection(endpoint, "192.168.0.1", 1433, CONNECT_OK);
    struct endpoint *other_kind = add_endpoint("a", NULL, 1433);
    other_kind->kind = ENDPOINT_TCP;
    match_audited_instances(arena, &audit);
    assert_null(endpoint->audited_as);
    assert_null(other_kind->audited_as);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_address_and_port_decide_first, begin, end),
        cmocka_unit_test_setup_teardown(test_the_servers_own_end_of_the_connection_counts, begin, end),
        cmocka_unit_test_setup_teardown(test_names_decide_where_no_address_does, begin, end),
        cmocka_unit_test_setup_teardown(test_what_two_instances_share_tells_nothing, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
