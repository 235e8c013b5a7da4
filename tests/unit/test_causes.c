/* The next command of each cause: what it names must be there to be named. */
#include "audit/diagnosis/causes.h"
#include "audit/model/names.h"
#include "audit/model/properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The model owns its texts and could change them; nobody does here. */
#pragma GCC diagnostic ignored "-Wdiscarded-qualifiers"

static char *next_of(struct arena *arena, const struct endpoint *endpoint, enum cause cause)
{
    struct view view = view_of(arena, NULL, NULL, endpoint);
    struct diagnosis diagnosis = {.text = NULL};
    explain_cause(&view, cause, &diagnosis);
    return diagnosis.action;
}

static struct connection refused = {.ip = "10.0.0.7", .port = {1433, true}, .outcome = CONNECT_REFUSED};

/* An audited instance, or a target of `check`: no link leads there, so nobody could say which one is meant.
 */
static void without_a_link_no_command_names_one(void **state)
{
    (void)state;
    struct endpoint endpoints[] = {
        {.kind = ENDPOINT_SQLSERVER, .host = "sql07.corp.example", .port = {1433, true}},
        {.kind = ENDPOINT_SQLSERVER, .host = "sql07.corp.example", .instance = "SALES"},
        {.kind = ENDPOINT_SQLSERVER, .host = "2001:db8::7", .port = {1433, true}},
        {.kind = ENDPOINT_TCP, .host = "sql07.corp.example", .port = {445, true}},
        {.kind = ENDPOINT_POSTGRESQL, .host = "pg.corp.example", .port = {5432, true}},
        {.kind = ENDPOINT_FILE},
        {.kind = ENDPOINT_LOCAL},
    };
    for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
        if (endpoints[i].port.known)
            list_append(&endpoints[i].connects, &refused);
        for (int cause = 1; name_of(&cause_names, cause); cause++) {
            struct arena *arena = arena_new();
            const char *next = next_of(arena, &endpoints[i], cause);
            if (next && (strpbrk(next, "<>") || strstr(next, "@server") || strstr(next, "@rmtsrvname") ||
                         strstr(next, "linked server") || strstr(next, "@link")))
                fail_msg("%s: %s", name_of(&cause_names, cause), next);
            arena_free(arena);
        }
    }
}

static void what_fails_at_an_endpoint_has_a_command_all_the_same(void **state)
{
    (void)state;
    static const struct {
        enum cause cause;
        const char *next;
    } expected[] = {
        {CAUSE_NAME_NOT_FOUND,
         "getent ahosts sql07.corp.example; dig sql07.corp.example   on the audit host"},
        {CAUSE_PORT_REFUSED, "Get-NetTCPConnection -State Listen -LocalPort 1433   on sql07.corp.example"},
        {CAUSE_PORT_TIMEOUT, "Test-NetConnection -ComputerName sql07.corp.example -Port 1433   from another"},
        {CAUSE_BROWSER_SILENT, "Get-Service SQLBrowser   on sql07.corp.example"},
        {CAUSE_TLS_HANDSHAKE_FAILED, "-MaxEvents 20   on sql07.corp.example"},
        {CAUSE_STRICT_ONLY, "openssl s_client -connect sql07.corp.example:1433 -alpn tds/8.0   on the audit"},
        {CAUSE_NOT_TESTED, NULL},
        {CAUSE_NOT_A_NETWORK_TARGET, NULL},
    };
    struct endpoint endpoint = {
        .kind = ENDPOINT_SQLSERVER, .host = "sql07.corp.example", .port = {1433, true}};
    struct arena *arena = arena_new();
    list_append(&endpoint.connects, &refused);
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        const char *next = next_of(arena, &endpoint, expected[i].cause);
        if (expected[i].next ? !next || !strstr(next, expected[i].next) : next != NULL)
            fail_msg("%s: %s", name_of(&cause_names, (int)expected[i].cause), next ? next : "none");
    }
    arena_free(arena);
}

static void an_address_of_version_6_stands_in_brackets_before_a_port(void **state)
{
    (void)state;
    struct endpoint endpoint = {.kind = ENDPOINT_SQLSERVER, .host = "2001:db8::7", .port = {1433, true}};
    struct arena *arena = arena_new();
    assert_non_null(strstr(next_of(arena, &endpoint, CAUSE_STRICT_ONLY), "\"[2001:db8::7]:1433\""));
    arena_free(arena);
}

static char *next_of_link(struct arena *arena, struct linked_server *link, const struct endpoint *endpoint,
                          const struct instance *target, enum cause cause)
{
    struct instance source = {.name = "A", .server_version = "17.0.1000.7"};
    struct view view = view_of(arena, &source, link, endpoint);
    struct diagnosis diagnosis = {.text = NULL};
    view.target = target;
    explain_cause(&view, cause, &diagnosis);
    return diagnosis.action;
}

static void what_the_audit_knows_stands_in_the_command(void **state)
{
    (void)state;
    struct endpoint endpoint = {
        .kind = ENDPOINT_SQLSERVER, .host = "sql07.corp.example", .instance = "SALES"};
    struct linked_server link = {.name = "L",
                                 .provider = "MSOLEDBSQL",
                                 .provider_string = "Encrypt=Mandatory",
                                 .provider_string_visible = TERNARY_TRUE};
    struct property port = {.name = PROPERTY_LOCAL_PORT, .value = "51433"};
    struct instance target = {.name = "B"};
    struct arena *arena = arena_new();
    list_append(&target.properties, &port);
    assert_non_null(strstr(next_of_link(arena, &link, &endpoint, NULL, CAUSE_BROWSER_SILENT),
                           "@server = N'L', @netname = N'sql07.corp.example,<port>';"));
    assert_non_null(strstr(next_of_link(arena, &link, &endpoint, &target, CAUSE_BROWSER_SILENT),
                           "@server = N'L', @netname = N'sql07.corp.example,51433';"));
    assert_non_null(strstr(next_of_link(arena, &link, &endpoint, NULL, CAUSE_INSTANCE_WITHOUT_TCP),
                           "Restart-Service 'MSSQL$SALES'   on sql07.corp.example"));
    assert_non_null(strstr(next_of_link(arena, &link, &endpoint, NULL, CAUSE_STRICT_ONLY),
                           "@optvalue = N'Encrypt=Strict';"));
    link.provider_string = NULL;
    link.provider_string_visible = TERNARY_FALSE;
    assert_non_null(strstr(next_of_link(arena, &link, &endpoint, NULL, CAUSE_STRICT_ONLY),
                           "@optvalue = N'<the present one, with Encrypt=Strict>';"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_link_no_command_names_one),
        cmocka_unit_test(what_fails_at_an_endpoint_has_a_command_all_the_same),
        cmocka_unit_test(what_the_audit_knows_stands_in_the_command),
        cmocka_unit_test(an_address_of_version_6_stands_in_brackets_before_a_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
