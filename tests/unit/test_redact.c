#include "reports/redact.h"
#include "reports/report_reader.h"
#include "tests/unit/folder.h"

#define BEFORE                                                                                               \
    "<audit xmlns=\"urn:linkaudit:report:1\" version=\"1\" run-id=\"a\" started=\"2026-01-01T02:00:00Z\" "   \
    "host=\"audit1\" program=\"linkaudit 0.1.0\" complete=\"true\" user=\"linkaudit\" "                      \
    "configuration=\"/etc/linkaudit/linkaudit.conf\">"                                                       \
    "<instances><instance name=\"SALES\" status=\"audited\" server=\"etl-db.corp\">"                         \
    "<principal name=\"CORP\\etl\"/><sql-login name=\"sales\"/><sql-login name=\"Files\"/>"                  \
    "<linked-server name=\"Files\" data-source=\"C:\\data\\our prices of 2026\" location=\"etl-db.corp\" "   \
    "provider-string=\"UID=pg reader;PWD=***\">"                                                             \
    "<login local=\"*\" remote=\"etl\"/><login local=\"CORP\\etl\" remote=\"sa\"/><test outcome=\"failed\">" \
    "<message>%s</message></test></linked-server></instance></instances>"                                    \
    "<endpoints><endpoint id=\"e1\" kind=\"file\" key=\"file://c:/data/our prices of 2026 (sales)\" "        \
    "host=\"c:/data/our prices of 2026\"/></endpoints></audit>"

static const struct {
    const char *before, *after;
} texts[] = {
    {"Login failed for user 'etl'.", "Login failed for user 'LOGIN'."},
    {"user ETL, then etl.", "user LOGIN, then LOGIN."},
    {"domain user CORP\\etl", "domain user LOGIN"},
    {"host etl-db.corp, petl, etl_x, etl2 and x.etl", "host etl-db.corp, petl, etl_x, etl2 and x.etl"},
    {"sa and public are known to everybody", "sa and public are known to everybody"},
    {"'pg reader' of the provider string", "'LOGIN' of the provider string"},
    {"the login sales is not the instance SALES", "the login LOGIN is not the instance SALES"},
    {"Files could be the link", "Files could be the link"},
    {"Login failed for user 'Files'; it acts as Files.", "Login failed for user 'LOGIN'; it acts as LOGIN."},
    {"file C:\\data\\secret plan.txt here", "file [path] here"},
    {"file C:\\My Data\\Budget of 2026\\x, then", "file [path], then"},
    {"'/srv/our plans/x', \\\\?\\C:\\x y.db; file:///c:/a%20b", "'[path]', [path]; [path]"},
    {"\"D:/x/y\", \\\\server\\share\\x; /var/opt/mssql/log end", "\"[path]\", [path]; [path] end"},
    {"\\\\host\\pipe\\sql\\query is no file", "\\\\host\\pipe\\sql\\query is no file"},
    {"and/or, 1/2, https://learn.example/a/b, /alone", "and/or, 1/2, https://learn.example/a/b, /alone"},
};

static char *any_login(struct arena *arena, const char *text)
{
    char *result = arena_text(arena, "");
    for (const char *next; (next = strstr(text, "login-")); text = next + 6 + strspn(next + 6, "0123456789"))
        result = arena_format(arena, "%s%.*sLOGIN", result, (int)(next - text), text);
    return arena_format(arena, "%s%s", result, text);
}

static void test_login_names_and_paths_go_and_all_other_names_stay(void **state)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct arena *arena = arena_new();
        const char *error = NULL;
        char *path = arena_format(arena, "%s/report.xml", (char *)*state);
        file_write(path, arena_format(arena, BEFORE, texts[i].before));
        struct audit *audit = report_read_all(arena, path, &error);
        if (!audit)
            fail_msg("%s", error);
        report_redact(arena, audit);
        struct instance *instance = audit->instances.first;
        struct linked_server *link = instance->linked_servers.first;
        assert_string_equal(any_login(arena, link->test->messages.first->text), texts[i].after);
        assert_string_equal(audit->program, "linkaudit 0.1.0");
        assert_string_equal(any_login(arena, audit->user), "LOGIN");
        assert_string_equal(audit->configuration, "[path]");
        assert_string_equal(instance->name, "SALES");
        assert_string_equal(instance->server, "etl-db.corp");
        assert_string_equal(link->name, "Files");
        assert_string_equal(link->data_source, "[path]");
        assert_string_equal(audit->endpoints.first->host, "[path]");
        assert_string_equal(audit->endpoints.first->key, "file:[path] e1");
        assert_string_equal(link->location, "etl-db.corp");
        assert_string_equal(any_login(arena, link->provider_string), "UID=LOGIN;PWD=***");
        assert_string_equal(link->logins.first->local, "*");
        assert_string_equal(link->logins.last->remote, "sa");
        /* The same name is the same everywhere, and another one is another. */
        assert_string_equal(link->logins.last->local, instance->principals.first->name);
        assert_string_not_equal(link->logins.first->remote, link->logins.last->local);
        assert_string_equal(audit->settings.first->name, "redacted");
        arena_free(arena);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_new, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_login_names_and_paths_go_and_all_other_names_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
