#include "odbc/test_plan.h"
#include "tests/unit/check.h"

#include <stdlib.h>

enum { NO = TERNARY_FALSE, YES = TERNARY_TRUE, UNKNOWN = TERNARY_UNKNOWN };

static const struct test_rules defaults = {.enabled = true};

static void add_property(struct arena *arena, struct instance *instance, const char *name, const char *value)
{
    struct property *property = arena_alloc(arena, sizeof(*property));
    property->name = arena_text(arena, name);
    property->value = arena_text(arena, value);
    list_append(&instance->properties, property);
}

static struct linked_server *add_link(struct arena *arena, struct instance *instance, const char *name,
                                      const char *provider, const char *data_source)
{
    struct linked_server *link = arena_alloc(arena, sizeof(*link));
    link->name = arena_text(arena, name);
    link->provider = arena_text(arena, provider);
    link->data_source = arena_text(arena, data_source);
    link->linked = TERNARY_TRUE;
    list_append(&instance->linked_servers, link);
    return link;
}

static void add_mapping(struct arena *arena, struct linked_server *link, int64_t id, const char *local,
                        enum ternary self, const char *remote)
{
    struct login_mapping *mapping = arena_alloc(arena, sizeof(*mapping));
    mapping->local_id = number_of(id);
    mapping->local = arena_text(arena, local);
    mapping->self = self;
    mapping->remote = arena_text(arena, remote);
    list_append(&link->logins, mapping);
}

/* The audit login is `audit`, principal 260; everyone's mapping has id 0. */
static const struct {
    const char *promise;
    const char *login, *type, *id, *groups; /* the audit login */
    struct {
        int64_t id;
        const char *local;
        int self;
        const char *remote;
    } mappings[3];
    const char *provider;
    struct test_rules rules;
    const char *skip, *with; /* a part of the reason, or the login */
} cases[] = {
    {"a fixed login for everyone",
     "audit",
     "S",
     "260",
     NULL,
     {{0, "*", NO, "app"}},
     "SQLNCLI",
     {true, false, false},
     NULL,
     "app"},
    {"the own mapping wins over everyone's",
     "audit",
     "S",
     "260",
     NULL,
     {{0, "*", NO, "app"}, {260, "audit", NO, "own"}},
     "SQLNCLI",
     {true, false, false},
     NULL,
     "own"},
    {"the own mapping wins in any order",
     "audit",
     "S",
     "260",
     NULL,
     {{260, "audit", NO, "own"}, {0, "*", NO, "app"}},
     "MSOLEDBSQL",
     {true, false, false},
     NULL,
     "own"},
    {"the own mapping is known by name where the id is not",
     "audit",
     "S",
     NULL,
     NULL,
     {{0, "*", NO, "app"}, {260, "AUDIT", NO, "own"}},
     "MSOLEDBSQL19",
     {true, false, false},
     NULL,
     "own"},
    {"a login that differs in case only is another",
     "audit",
     "S",
     "260",
     NULL,
     {{0, "*", NO, "app"}, {261, "AUDIT", NO, "own"}},
     "SQLNCLI",
     {true, false, false},
     NULL,
     "app"},
    {"another login's mapping is none",
     "audit",
     "S",
     "260",
     NULL,
     {{261, "app", NO, "x"}},
     "SQLNCLI11",
     {true, false, false},
     "7416",
     NULL},
    {"no mapping", "audit", "S", "260", NULL, {{0}}, "SQLNCLI", {true, false, false}, "7416", NULL},
    {"a self mapping hands out a SQL login's password",
     "audit",
     "S",
     "260",
     NULL,
     {{0, "*", YES, NULL}},
     "SQLNCLI",
     {true, false, false},
     "password",
     NULL},
    {"an own self mapping too",
     "audit",
     "S",
     "260",
     NULL,
     {{0, "*", NO, "app"}, {260, "audit", YES, NULL}},
     "SQLNCLI",
     {true, false, false},
     "password",
     NULL},
    {"a self mapping asked for by name",
     "audit",
     "S",
     "260",
     NULL,
     {{0, "*", YES, NULL}},
     "SQLNCLI",
     {true, false, true},
     NULL,
     "audit"},
    {"a mapping without a remote login offers none",
     "audit",
     "S",
     "260",
     NULL,
     {{0, "*", NO, NULL}},
     "SQLNCLI",
     {true, false, false},
     NULL,
     ""},
    {"a self mapping of a Windows login",
     "CORP\\audit",
     "U",
     "260",
     NULL,
     {{0, "*", YES, NULL}},
     "SQLNCLI",
     {true, false, false},
     NULL,
     NULL},
    {"a self mapping of a Windows login through a group",
     "CORP\\audit",
     NULL,
     NULL,
     "270 271",
     {{0, "*", YES, NULL}},
     "SQLNCLI",
     {true, false, false},
     NULL,
     NULL},
    {"a mapping of its group is not certain",
     "CORP\\audit",
     NULL,
     NULL,
     "270 271",
     {{0, "*", YES, NULL}, {271, "CORP\\dba", NO, "sa"}},
     "SQLNCLI",
     {true, false, false},
     "group",
     NULL},
    {"an unknown self is not taken for no",
     "audit",
     "S",
     "260",
     NULL,
     {{0, "*", UNKNOWN, "app"}},
     "SQLNCLI",
     {true, false, false},
     "could not be read",
     NULL},
    {"an unknown audit login",
     NULL,
     NULL,
     NULL,
     NULL,
     {{0, "*", NO, "app"}},
     "SQLNCLI",
     {true, false, false},
     "could not be read",
     NULL},
    {"link_test = none",
     "audit",
     "S",
     "260",
     NULL,
     {{0, "*", NO, "app"}},
     "SQLNCLI",
     {false, false, false},
     "none",
     NULL},
    {"another provider",
     "audit",
     "S",
     "260",
     NULL,
     {{0, "*", NO, "scott"}},
     "OraOLEDB.Oracle",
     {true, false, false},
     "DLL",
     NULL},
    {"another provider asked for",
     "audit",
     "S",
     "260",
     NULL,
     {{0, "*", NO, "scott"}},
     "OraOLEDB.Oracle",
     {true, true, false},
     NULL,
     "scott"},
    {"MSDASQL loads whatever ODBC driver",
     "audit",
     "S",
     "260",
     NULL,
     {{0, "*", NO, "x"}},
     "MSDASQL",
     {true, false, false},
     "DLL",
     NULL},
    {"a look-alike of a provider",
     "audit",
     "S",
     "260",
     NULL,
     {{0, "*", NO, "x"}},
     "SQLNCLIX",
     {true, false, false},
     "DLL",
     NULL},
    {"no provider", "audit", "S", "260", NULL, {{0, "*", NO, "x"}}, NULL, {true, false, false}, "DLL", NULL},
};

static void test_each_mapping_gets_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        struct instance instance = {.name = (char *)"X"};
        static const char *const names[] = {PROPERTY_LOGIN, PROPERTY_LOGIN_TYPE, PROPERTY_LOGIN_ID,
                                            PROPERTY_LOGIN_GROUPS};
        const char *values[] = {cases[i].login, cases[i].type, cases[i].id, cases[i].groups};
        for (size_t k = 0; k < 4; k++)
            if (values[k])
                add_property(arena, &instance, names[k], values[k]);
        struct linked_server *link = add_link(arena, &instance, "L", cases[i].provider, "sql07");
        for (size_t k = 0; k < 3 && cases[i].mappings[k].local; k++)
            add_mapping(arena, link, cases[i].mappings[k].id, cases[i].mappings[k].local,
                        (enum ternary)cases[i].mappings[k].self, cases[i].mappings[k].remote);
        test_plan plan = test_plan_make(arena, &instance, &cases[i].rules, NULL, NULL);
        assert_int_equal(plan.count, 1);
        const struct planned_test *test = plan.first;
        if (!cases[i].skip != !test->skip || (test->skip && !strstr(test->skip, cases[i].skip)))
            fail_msg("%s: %s", cases[i].promise, test->skip ? test->skip : "tested");
        if (!test->skip && cases[i].with)
            assert_string_equal(test->login, cases[i].with);
        else if (!test->skip)
            assert_null(test->login);
        arena_free(arena);
    }
}

static void test_mappings_that_were_not_read_are_not_taken_for_absent(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct instance instance = {.name = (char *)"X"};
    struct not_readable question = {.what = (char *)"linked_logins", .reason = (char *)"no answer"};
    add_property(arena, &instance, PROPERTY_LOGIN, "audit");
    add_link(arena, &instance, "L", "SQLNCLI", "sql07");
    list_append(&instance.not_readables, &question);
    test_plan plan = test_plan_make(arena, &instance, &defaults, NULL, NULL);
    assert_non_null(strstr(plan.first->skip, "could not be read"));
    arena_free(arena);
}

static void test_the_engines_own_links_are_left_alone(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct instance instance = {.name = (char *)"X"};
    add_property(arena, &instance, PROPERTY_LOGIN, "audit");
    add_link(arena, &instance, "system", "SQLNCLI", "a")->system = TERNARY_TRUE;
    add_link(arena, &instance, "old", "SQLNCLI", "a")->linked = TERNARY_FALSE;
    add_link(arena, &instance, "REPL_Distributor", "SQLNCLI", "a");
    add_link(arena, &instance, "pub", "SQLNCLI", "a")->publisher = TERNARY_TRUE;
    add_link(arena, &instance, "sub", "SQLNCLI", "a")->subscriber = TERNARY_TRUE;
    add_link(arena, &instance, "dist", "SQLNCLI", "a")->distributor = TERNARY_TRUE;
    add_link(arena, &instance, "nonsql", "SQLNCLI", "a")->nonsql_subscriber = TERNARY_TRUE;
    list_each (struct linked_server, link, &instance.linked_servers)
        add_mapping(arena, link, 0, "*", TERNARY_FALSE, "app");
    test_plan plan = test_plan_make(arena, &instance, &defaults, NULL, NULL);
    assert_int_equal(plan.count, 7);
    list_each (struct planned_test, test, &plan)
        assert_non_null(test->skip);
    arena_free(arena);
}

static void test_one_login_at_one_endpoint_stays_in_one_job(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct instance instance = {.name = (char *)"X"};
    add_property(arena, &instance, PROPERTY_LOGIN, "audit");
    for (int i = 0; i < 30; i++) {
        struct linked_server *link = add_link(arena, &instance, arena_format(arena, "L%d", i), "SQLNCLI",
                                              i % 3 == 0 ? "shared" : arena_format(arena, "host%d", i));
        add_mapping(arena, link, 0, "*", TERNARY_FALSE, i % 2 ? "APP" : "app");
    }
    struct collector_job jobs[4] = {{.task = TASK_LINK_TESTS}};
    test_plan plan = test_plan_make(arena, &instance, &defaults, NULL, NULL);
    assert_int_equal(test_plan_share(arena, &plan, jobs, 4), 4);
    size_t total = 0;
    int with_shared = 0;
    for (size_t i = 0; i < 4; i++) {
        bool shared = false;
        total += jobs[i].tests.count;
        list_each (struct test_request, request, &jobs[i].tests)
            shared = shared || strcmp(request->endpoint, "shared") == 0;
        with_shared += shared;
        assert_true(jobs[i].tests.count <= 10);
    }
    assert_int_equal(total, 30);
    assert_int_equal(with_shared, 1);
    arena_free(arena);
}

static void test_nothing_to_test_needs_no_job(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    struct instance instance = {.name = (char *)"X"};
    add_link(arena, &instance, "L", "SQLNCLI", "a");
    struct collector_job jobs[2];
    test_plan plan = test_plan_make(arena, &instance, &defaults, NULL, NULL);
    assert_int_equal(test_plan_share(arena, &plan, jobs, 2), 0);
    arena_free(arena);
}

static void test_refusals_of_a_login_are_known(void **state)
{
    (void)state;
    static const struct {
        int number;
        const char *text;
        bool refusal;
    } messages[] = {
        {18456, "Login failed for user 'app'.", true},
        {18470, "disabled", true},
        {18486, "locked", true},
        {18487, "expired", true},
        {18488, "must change", true},
        {7399, "ORA-01017: invalid username/password", true},
        {7412, "OLE DB provider returned message \"ORA-28000: the account is locked\"", true},
        {7303, "FATAL: password authentication failed for user \"x\"", true},
        {18450, "Login failed. The login 'app' is not defined as a valid login of a trusted connection.",
         true},
        {18452, "Login failed. The login is from an untrusted domain", true},
        {18456, "Fehler bei der Anmeldung für den Benutzer 'app'.", true},
        {17892, "Logon failed for login 'app' due to trigger execution.", true},
        {7412, "ORA-28001: the password has expired", true},
        {7412, "[MySQL][ODBC 8.0(w) Driver]Access denied for user 'x'@'y' (using password: YES)", true},
        {7412, "Access denied, this account is locked", true},
        {7412, "FATAL: no pg_hba.conf entry for host \"10.1.1.1\", user \"x\"", true},
        {7412, "[SAP AG][LIBODBCHDB DLL][HDBODBC] authentication failed", true},
        {7412, "SQL1403N  The username and/or password supplied is incorrect.", true},
        {7412, "Logon failure: unknown user name or bad password.", true},
        {18461, "Login failed for user 'app'. Reason: Server is in single user mode.", false},
        {18451, "Login failed for user 'app'. Only administrators may connect at this time.", false},
        {18401, "Login failed for user 'app'. Reason: Server is in script upgrade mode.", false},
        {17809, "Could not connect because the maximum number of '1' user connections", false},
        {7412, "ORA-28002: the password will expire within 7 days", false},
        {7416, "no login-mapping exists", false},
        {10061, "actively refused", false},
        {0, NULL, false},
    };
    for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
        struct message message = {.number = number_of(messages[i].number), .text = (char *)messages[i].text};
        assert_int_equal(is_login_refusal(&message), messages[i].refusal);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_mapping_gets_its_verdict),
        cmocka_unit_test(test_mappings_that_were_not_read_are_not_taken_for_absent),
        cmocka_unit_test(test_the_engines_own_links_are_left_alone),
        cmocka_unit_test(test_one_login_at_one_endpoint_stays_in_one_job),
        cmocka_unit_test(test_nothing_to_test_needs_no_job),
        cmocka_unit_test(test_refusals_of_a_login_are_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
