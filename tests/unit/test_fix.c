/* The remedies' scripts: read back with a small T-SQL lexer, so that what a name says never becomes a
 * statement. */
#include "audit/diagnosis/diagnosis.h"
#include "audit/rules/fix.h"
#include "audit/rules/rules.h"
#include "reports/row.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>

#define ENDPOINT                                                                                             \
    "<endpoint id=\"e1\" kind=\"sqlserver\" host=\"sql07.corp.example\" port=\"1433\">"                      \
    "<resolve outcome=\"ok\"><address ip=\"10.0.0.7\"/></resolve>"                                           \
    "<connect ip=\"10.0.0.7\" port=\"1433\" outcome=\"ok\"/>"                                                \
    "<prelogin outcome=\"ok\" server-version=\"16.0.4265\" encryption=\"off\"/>"                             \
    "<tls protocol=\"TLSv1.2\" outcome=\"accepted\"/>"                                                       \
    "<certificate position=\"0\" trusted=\"true\" self-signed=\"false\" not-after=\"2027-10-01T00:00:00Z\">" \
    "<name type=\"dns\">sql07.corp.example</name></certificate></endpoint>"

struct estate {
    struct arena *arena;
    struct audit audit;
};

static void *read_row(struct estate *estate, const char *text)
{
    const char *error = NULL;
    struct row row = row_read(estate->arena, text, strlen(text), &error);
    if (!row.element)
        fail_msg("%s: %s", error, text);
    return row.item;
}

static struct estate estate_with(const char *instance, const char *endpoint)
{
    struct estate estate = {.arena = arena_new()};
    estate.audit.run_id = arena_text(estate.arena, "run-1");
    estate.audit.started = number_of(1795305600);
    struct instance *first = read_row(&estate, instance);
    struct endpoint *target = read_row(&estate, endpoint);
    list_append(&estate.audit.instances, first);
    list_append(&estate.audit.endpoints, target);
    diagnose_audit(estate.arena, &estate.audit);
    assess(estate.arena, &estate.audit, NULL);
    return estate;
}

static struct estate estate_of(const char *instance)
{
    return estate_with(instance, ENDPOINT);
}

static char *script_of(struct estate *estate)
{
    return fix_script(fix_plan_new(estate->arena, &estate->audit), estate->audit.instances.first);
}

/* What sqlcmd and Management Studio act on before the server reads anything: GO on a line of its own, inside
 * comments and strings too, lines that begin with : or !!, and variables. Only our own GOs may be there. */
static void assert_no_command_of_a_tool(struct arena *arena, const char *script)
{
    size_t batches = 0, links = 0;
    assert_null(strstr(script, "$("));
    assert_null(strstr(script, "\xE2\x80\xA8"));
    for (const char *at = script; *at;) {
        size_t length = strcspn(at, "\n");
        char *one = arena_text_n(arena, at, length), *word = one + strspn(one, " \t");
        if (strncasecmp(word, "GO", 2) == 0 && strchr(" \t;-", word[2])) {
            assert_string_equal(one, "GO");
            batches++;
        }
        links += strncmp(one, "---- linked server", 18) == 0;
        assert_true(*word != ':' && *word != '!');
        at += length + (at[length] == '\n');
    }
    assert_int_equal(batches, 3 + links);
}

/* What remains of a script when comments, strings and quoted names are cut out: its statements. A string or a
 * comment that does not end, or a carriage return, fails. */
static char *statements(struct arena *arena, const char *script)
{
    char *out = arena_alloc(arena, strlen(script) + 1), *to = out;
    for (const char *at = script; *at;) {
        if (strncmp(at, "--", 2) == 0) {
            at += strcspn(at, "\n");
            continue;
        }
        if (*at == '\'' || *at == '[') {
            char end = *at == '[' ? ']' : '\'';
            for (at++; *at && (*at != end || at[1] == end); at++)
                at += *at == end;
            assert_int_equal(*at, end);
            at++;
            continue;
        }
        assert_true(strncmp(at, "/*", 2) != 0);
        assert_int_not_equal(*at, '\r');
        *to++ = *at++;
    }
    return out;
}

#define EVIL "EVIL'; DROP DATABASE EVIL;--]; EVIL /* */ \"EVIL"

/* Everything of an estate is called EVIL-something; `runs`: a script can carry the name, so statements run.
 */
static void try_hostile_name(const char *name, bool runs)
{
    struct estate estate = estate_of(
        "<instance name=\"A\" status=\"audited\" server-version=\"16.0.4265.1\" server-name=\"X\"/>");
    struct instance *instance = estate.audit.instances.first;
    char *evil = arena_text(estate.arena, name);
    struct linked_server *link = arena_alloc(estate.arena, sizeof(*link));
    struct login_mapping *mapping = arena_alloc(estate.arena, sizeof(*mapping));
    struct login_mapping *gone = arena_alloc(estate.arena, sizeof(*gone));
    struct principal *principal = arena_alloc(estate.arena, sizeof(*principal));
    struct use *use = arena_alloc(estate.arena, sizeof(*use));
    *mapping = (struct login_mapping){.local = (char *)"*", .remote = evil, .self = TERNARY_FALSE};
    *gone = (struct login_mapping){.local = evil, .remote = evil, .self = TERNARY_FALSE};
    *principal = (struct principal){.name = evil, .type = (char *)"S", .role = (char *)"setupadmin"};
    *use = (struct use){.database = evil, .object = evil, .type = USE_VIEW};
    instance->name = instance->server_name = instance->at_at_servername = evil;
    instance->at_at_servername = arena_format(estate.arena, "%sother", evil);
    list_append(&instance->principals, principal);
    *link = (struct linked_server){.name = evil,
                                   .product = evil,
                                   .provider = (char *)"SQLNCLI11",
                                   .data_source = evil,
                                   .location = evil,
                                   .provider_string = evil,
                                   .catalog = evil,
                                   .collation_name = evil,
                                   .endpoint = (char *)"e1",
                                   .connect_timeout = number_of(600)};
    list_append(&link->logins, mapping);
    list_append(&link->logins, gone);
    list_append(&link->uses, use);
    list_append(&instance->linked_servers, link);
    estate.audit.endpoints.first->host = evil;
    list_each (struct certificate, certificate, &estate.audit.endpoints.first->certificates)
        certificate->names.first->value = evil;
    diagnose_audit(estate.arena, &estate.audit);
    assess(estate.arena, &estate.audit, NULL);
    struct finding foreign = {.rule = evil, .instance = evil, .link = evil, .title = evil, .remedy = evil};
    list_append(&estate.audit.findings, &foreign);
    char *script = script_of(&estate);
    assert_non_null(script);
    assert_non_null(strstr(script, "EVIL"));
    assert_no_command_of_a_tool(estate.arena, script);
    /* What must stand in it, or the test would prove nothing. */
    assert_non_null(strstr(script, "sp_dropserver"));
    assert_non_null(strstr(script, "connect timeout"));
    assert_non_null(strstr(script, "DROP MEMBER"));
    char *rest = statements(estate.arena, script);
    assert_null(strstr(rest, "EVIL"));
    assert_null(strstr(rest, "DROP"));
    /* A name that a script cannot carry is another name: nothing runs for it. */
    assert_int_equal(strstr(rest, "EXEC sys") != NULL, runs);
    arena_free(estate.arena);
}

static void hostile_names_never_become_statements(void **state)
{
    (void)state;
    try_hostile_name(EVIL, true);
    try_hostile_name(EVIL "\nGO\nDROP DATABASE EVIL\xE2\x80\xA8GO\n:r EVIL\n!!EVIL\r$(EVIL)", false);
    try_hostile_name(EVIL "\rGO\rEVIL\xC2\x85GO", false);
    try_hostile_name(EVIL "$(EVIL)", false);
}

static void a_script_is_for_its_instance_only(void **state)
{
    (void)state;
    struct estate estate = estate_of("<instance name=\"A\" status=\"audited\" server-version=\"16.0.4265.1\" "
                                     "server-name=\"SRV\\A\" at-at-servername=\"SRV\\A\">"
                                     "<property name=\"option remote access\" value=\"1\"/></instance>");
    char *script = script_of(&estate);
    assert_non_null(strstr(script, "SERVERPROPERTY('ServerName') AS nvarchar(256)), N'') <> N'SRV\\A'"));
    assert_true(strstr(script, "SET NOEXEC ON") < strstr(script, "remote access"));
    assert_non_null(strstr(script, "SET NOEXEC OFF"));
    arena_free(estate.arena);
}

static void nothing_to_do_is_no_script(void **state)
{
    (void)state;
    struct estate estate = estate_of("<instance name=\"A\" status=\"audited\" server-version=\"16.0.4265.1\" "
                                     "server-name=\"A\" at-at-servername=\"A\"/>");
    assert_null(script_of(&estate));
    arena_free(estate.arena);
}

#define LINK_OF(provider, attributes, children)                                                              \
    "<instance name=\"A\" status=\"audited\" server-version=\"16.0.4265.1\" server-name=\"A\" "              \
    "at-at-servername=\"A\">"                                                                                \
    "<linked-server name=\"L\" provider=\"" provider "\" endpoint=\"e1\" linked=\"true\" "                   \
    "data-access=\"true\" "                                                                                  \
    "connect-timeout=\"15\" " attributes ">" children "</linked-server></instance>"
/* Driver 19, which knows the keywords today. */
#define LINK(attributes, children) LINK_OF("MSOLEDBSQL19", attributes, children)

static void a_provider_string_is_changed_in_place_and_once(void **state)
{
    (void)state;
    struct estate estate = estate_of(LINK("data-source=\"sql07\" provider-string=\"Encrypt=Mandatory\"", ""));
    char *script = script_of(&estate);
    const char *call =
        "    EXEC sys.sp_serveroption @server = N'L', @optname = 'provider string', @optvalue = "
        "N'Encrypt=Mandatory;HostNameInCertificate=sql07.corp.example';";
    if (!strstr(script, call))
        fail_msg("missing in %s", script);
    /* Only over the value that the report knows, and looked at afterwards. */
    assert_non_null(strstr(script,
                           "IF EXISTS (SELECT * FROM sys.servers WHERE name = N'L' AND is_linked = 1 AND "
                           "data_source = N'sql07' AND provider_string = N'Encrypt=Mandatory')\n"));
    assert_non_null(
        strstr(script, "    IF NOT EXISTS (SELECT * FROM sys.servers WHERE name = N'L' AND is_linked = 1 AND "
                       "provider_string = N'Encrypt=Mandatory;HostNameInCertificate=sql07.corp.example')\n"));
    /* The weaker remedy stands behind, commented out, in place of what it contradicts. */
    const char *weaker = strstr(script, "\n-- Weaker, unencrypted:\n-- IF NOT EXISTS");
    assert_true(strstr(script, call) < weaker);
    assert_non_null(strstr(weaker, "@optvalue = N'Encrypt=Optional';"));
    /* Whether the stronger one ran before or not; over nothing else. */
    assert_non_null(strstr(weaker, "AND (provider_string = N'Encrypt=Mandatory' OR provider_string = "
                                   "N'Encrypt=Mandatory;HostNameInCertificate=sql07.corp.example')) PRINT"));
    assert_null(strstr(statements(estate.arena, script), "Optional"));
    assert_non_null(strstr(script, "SELECT name, provider, data_source, provider_string"));
    arena_free(estate.arena);
}

static void what_sp_serveroption_cannot_take_is_said(void **state)
{
    (void)state;
    char filler[120];
    struct arena *arena = arena_new();
    memset(filler, 'x', sizeof(filler) - 1);
    filler[sizeof(filler) - 1] = '\0';
    struct estate estate = estate_of(arena_format(
        arena, LINK("data-source=\"sql07\" provider-string=\"Encrypt=Mandatory;APP=%s\"", ""), filler));
    char *script = script_of(&estate);
    assert_non_null(strstr(script, "longer than the 128 characters"));
    assert_null(strstr(statements(arena, script), "sp_serveroption"));
    arena_free(estate.arena);
    arena_free(arena);
}

static void a_keyword_is_added_only_where_it_fits(void **state)
{
    (void)state;
    static const struct {
        size_t length;
        bool fits;
    } cases[] = {{128 - sizeof(";MultiSubnetFailover=Yes") + 1, true},
                 {128 - sizeof(";MultiSubnetFailover=Yes") + 2, false}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct estate estate = estate_of(LINK("data-source=\"sql07.corp.example\"", ""));
        struct linked_server *link = estate.audit.instances.first->linked_servers.first;
        struct finding finding = {.rule = (char *)"R07",
                                  .severity = SEVERITY_MEDIUM,
                                  .instance = (char *)"A",
                                  .link = (char *)"L",
                                  .title = (char *)"title",
                                  .evidence = (char *)"evidence"};
        link->provider_string = arena_alloc(estate.arena, cases[i].length + 1);
        memset(link->provider_string, 'x', cases[i].length);
        memcpy(link->provider_string, "APP=", 4);
        estate.audit.findings.first = estate.audit.findings.last = &finding;
        estate.audit.findings.count = 1;
        char *code = statements(estate.arena, script_of(&estate));
        assert_int_equal(strstr(code, "sp_serveroption") != NULL, cases[i].fits);
        arena_free(estate.arena);
    }
}

static void passwords_are_not_invented(void **state)
{
    (void)state;
    struct estate estate = estate_of(LINK("data-source=\"sql07\" provider-string=\"UID=app;PWD=***\"", ""));
    char *script = script_of(&estate);
    assert_null(strstr(statements(estate.arena, script), "EXEC sys"));
    assert_non_null(strstr(script, "enter it again"));
    arena_free(estate.arena);
}

/* What a person decides on runs when the dashes in front of it are taken away: no words in its line, and no
 * condition twice. */
static void a_commented_statement_stands_alone_in_its_line(void **state)
{
    (void)state;
    static const char *const links[] = {
        LINK("data-source=\"sql07\" provider-string=\"Encrypt=Mandatory\"", ""),
        LINK_OF("MSOLEDBSQL", "data-source=\"sql07\" provider-string=\"Encrypt=yes\"", ""),
        LINK("data-source=\"sql07\" provider-string-visible=\"true\"", ""),
        LINK("data-source=\"sql07\" provider-string=\"Encrypt=yes\" distributor=\"true\"", "")};
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        struct estate estate = estate_of(links[i]);
        size_t guarded = 0, statements_seen = 0;
        char *rest = NULL, *script = script_of(&estate);
        for (char *one = strtok_r(script, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest)) {
            const char *call = strstr(one, "EXEC sys.");
            statements_seen += strncmp(one, "--", 2) == 0 && call;
            if (strncmp(one, "--", 2) == 0 && call && strncmp(one, "-- EXEC ", 8) != 0 &&
                strncmp(one, "--     EXEC ", 12) != 0 && strncmp(one, "-- IF NOT EXISTS ", 17) != 0)
                fail_msg("case %zu: %s", i, one);
            const char *condition = strstr(one, "provider_string = N'Encrypt");
            const char *end = condition ? strchr(strchr(condition, '\'') + 1, '\'') : NULL;
            if (end && strstr(end, arena_text_n(estate.arena, condition, (size_t)(end + 1 - condition))))
                fail_msg("case %zu, twice: %s", i, one);
            guarded += strncmp(one, "-- IF NOT EXISTS ", 17) == 0;
        }
        assert_true(statements_seen > 0);
        if ((guarded > 0) != (i < 3))
            fail_msg("case %zu: %zu statements are guarded", i, guarded);
        arena_free(estate.arena);
    }
}

/* In this order. */
static void assert_lines(const char *script, const char *const *lines, size_t count)
{
    const char *at = script;
    for (size_t i = 0; i < count; i++) {
        at = strstr(at, lines[i]);
        if (!at)
            fail_msg("missing, or not in this order: %s in %s", lines[i], script);
    }
}

static void a_recreation_lists_mappings_options_and_uses(void **state)
{
    (void)state;
    struct estate estate = estate_of(
        "<instance name=\"A\" status=\"audited\" server-version=\"16.0.4265.1\" server-name=\"A\" "
        "at-at-servername=\"A\">"
        "<linked-server name=\"L\" product=\"\" provider=\"SQLNCLI11\" data-source=\"sql07.corp.example\" "
        "provider-string-visible=\"true\" catalog=\"Sales\" endpoint=\"e1\" linked=\"true\" rpc-out=\"true\" "
        "data-access=\"false\" connect-timeout=\"15\" query-timeout=\"30\">"
        "<login local=\"*\" local-id=\"0\" self=\"true\"/>"
        "<login local=\"app\" local-id=\"270\" remote=\"reader\" self=\"false\"/>"
        "<login local-id=\"271\" remote=\"reader\" self=\"false\"/>"
        "<use database=\"app\" object=\"dbo.report\" type=\"view\" count=\"1\"/></linked-server>"
        "<linked-server name=\"l_NEW\" linked=\"true\" provider=\"MSOLEDBSQL\" "
        "data-source=\"x\"/></instance>");
    char *script = script_of(&estate);
    /* The old link stays until the new one is there and tested. */
    static const char *const lines[] = {
        "--   used by view app.dbo.report",
        "-- EXEC sys.sp_addlinkedserver @server = N'L_new_', @srvproduct = N'', @provider = N'MSOLEDBSQL', "
        "@datasrc = N'sql07.corp.example', @catalog = N'Sales';",
        "-- EXEC sys.sp_droplinkedsrvlogin @rmtsrvname = N'L_new_', @locallogin = NULL;",
        "-- EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = N'L_new_', @locallogin = NULL, @useself = N'True';",
        "-- EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = N'L_new_', @locallogin = N'app', @useself = "
        "N'False', "
        "@rmtuser = N'reader', @rmtpassword = N'<password>';",
        /* Never NULL, which would be every login. */
        "@locallogin = N'<login of local_principal_id 271, not visible, gone or not to be typed>', @useself "
        "= N'False'",
        "@optname = 'rpc out', @optvalue = N'true';",
        "@optname = 'data access', @optvalue = N'false';",
        "@optname = 'connect timeout', @optvalue = N'15';",
        "@optname = 'query timeout', @optvalue = N'30';",
        "-- EXEC sys.sp_testlinkedserver @servername = N'L_new_';",
        "-- EXEC sys.sp_dropserver @server = N'L', @droplogins = 'droplogins';",
        "-- EXEC sys.sp_serveroption @server = N'L_new_', @optname = 'name', @optvalue = N'L';",
    };
    assert_lines(script, lines, sizeof(lines) / sizeof(lines[0]));
    assert_null(strstr(statements(estate.arena, script), "EXEC sys"));
    arena_free(estate.arena);
}

/* What statements of a rule stand in a script, and what does not. */
struct expected {
    const char *instance;  /* its rows */
    const char *lines[5];  /* in this order */
    const char *absent[3]; /* nowhere in the part behind the first line */
};

static void assert_scripts(const struct expected *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct estate estate = estate_of(cases[i].instance);
        char *script = script_of(&estate);
        size_t lines = 0;
        assert_non_null(script);
        while (lines < 5 && cases[i].lines[lines])
            lines++;
        assert_lines(script, cases[i].lines, lines);
        for (size_t a = 0; a < 3 && cases[i].absent[a]; a++)
            if (strstr(script, cases[i].absent[a]))
                fail_msg("case %zu has %s: %s", i, cases[i].absent[a], script);
        arena_free(estate.arena);
    }
}

#define INSTANCE_OF(version, children)                                                                       \
    "<instance name=\"A\" status=\"audited\" server-version=\"" version "\" server-name=\"A\" "              \
    "at-at-servername=\"A\">" children "</instance>"
#define LOGIN(name) "<property name=\"login\" value=\"" name "\"/>"
#define SQL07(name, attributes, children)                                                                    \
    "<linked-server name=\"" name "\" provider=\"MSOLEDBSQL\" data-source=\"sql07.corp.example\" "           \
    "provider-string-visible=\"true\" endpoint=\"e1\" linked=\"true\" " attributes ">" children              \
    "</linked-server>"

/* The mapping stays whose it was; the login that it reaches is another. */
static void a_mapping_to_sysadmin_is_mapped_again(void **state)
{
    (void)state;
    static const struct expected cases[] = {
        {INSTANCE_OF("16.0.4265.1",
                     SQL07("WMS", "connect-timeout=\"15\"",
                           "<login local=\"*\" local-id=\"0\" remote=\"sa\" self=\"false\"/>"
                           "<login local=\"it's\" local-id=\"270\" remote=\"SA\" self=\"false\"/>"
                           "<login local=\"x\" local-id=\"271\" remote=\"reader\" self=\"false\"/>"
                           "<login local-id=\"272\" remote=\"sa\" self=\"false\"/>")),
         {"-- With a login of the target that may do what the link is for and no more:\n"
          "-- EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = N'WMS', @useself = N'False', @locallogin = NULL, "
          "@rmtuser = N'<least-privileged login>', @rmtpassword = N'<password>';\n",
          "@locallogin = N'it''s', @rmtuser = N'<least-privileged login>'",
          /* Never NULL, which would be every login. */
          "@locallogin = N'<login of local_principal_id 272, ", "-- With the statements above.\n"},
         {"@locallogin = N'x'"}},
    };
    assert_scripts(cases, sizeof(cases) / sizeof(cases[0]));
}

/* Of an audited target it is known who is sysadmin, whatever the login is called. */
static void sysadmins_are_the_targets(void **state)
{
    (void)state;
    struct estate estate = estate_of(INSTANCE_OF(
        "16.0.4265.1", SQL07("L", "connect-timeout=\"15\"",
                             "<login local=\"app\" local-id=\"270\" remote=\"etl\" self=\"false\"/>"
                             "<login local=\"old\" local-id=\"271\" remote=\"sa\" self=\"false\"/>")));
    struct instance *target = read_row(
        &estate, "<instance name=\"B\" status=\"audited\"><sql-login name=\"etl\" sysadmin=\"true\"/>"
                 "<sql-login name=\"sa\" sysadmin=\"true\" disabled=\"true\"/></instance>");
    list_append(&estate.audit.instances, target);
    estate.audit.endpoints.first->audited_as = arena_text(estate.arena, "B");
    assess(estate.arena, &estate.audit, NULL);
    char *script = script_of(&estate);
    if (!strstr(script, "@locallogin = N'app', @rmtuser = N'<least-privileged login>'"))
        fail_msg("missing in %s", strstr(script, "---- linked"));
    assert_null(strstr(script, "@locallogin = N'old', @rmtuser = N'<least"));
    arena_free(estate.arena);
}

static void a_refused_login_gets_its_password_again(void **state)
{
    (void)state;
#define REFUSED(number)                                                                                      \
    INSTANCE_OF("16.0.4265.1",                                                                               \
                LOGIN("app")                                                                                 \
                    SQL07("L", "connect-timeout=\"15\"",                                                     \
                          "<login local=\"*\" local-id=\"0\" remote=\"reader\" self=\"false\"/>"             \
                          "<login local=\"app\" local-id=\"270\" remote=\"writer\" self=\"false\"/>"         \
                          "<test outcome=\"failed\" login=\"writer\"><message number=\"" number              \
                          "\">Refused.</message></test>"))
    static const struct expected cases[] = {
        {REFUSED("18456"),
         {"-- R08 ", "\n-- EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = N'L', @useself = N'False', "
                     "@locallogin = N'app', @rmtuser = N'writer', @rmtpassword = N'<password>';\n"},
         {"@rmtuser = N'reader'"}},
        /* Disabled at the target: the mapping may be right. */
        {REFUSED("18470"), {"-- R08 "}, {"EXEC sys.sp_addlinkedsrvlogin"}},
    };
    assert_scripts(cases, sizeof(cases) / sizeof(cases[0]));
}

static void a_broken_link_has_the_next_step_of_its_diagnosis(void **state)
{
    (void)state;
    struct estate estate = estate_of(
        LINK("data-source=\"sql07.corp.example\" provider-string=\"Encrypt=yes\"",
             "<test outcome=\"failed\"><message number=\"10061\">TCP Provider: refused.</message></test>"));
    struct linked_server *link = estate.audit.instances.first->linked_servers.first;
    struct finding broken = {.rule = (char *)"R01", .instance = (char *)"A", .link = (char *)"L"};
    list_append(&estate.audit.findings, &broken);
    link->diagnosis->action =
        arena_text(estate.arena, "EXEC sys.sp_x @a = N'b;   c';   on B\nSecond */ line");
    assert_non_null(strstr(script_of(&estate), "\n-- The next step of its diagnosis:\n-- on B:\n"
                                               "-- EXEC sys.sp_x @a = N'b;   c';\n--   Second    line\n"));
    arena_free(estate.arena);
}

/* By version and by what the login has; sa stays sysadmin whatever one does. */
static void the_audit_login_loses_what_it_has(void **state)
{
    (void)state;
#define HOLDS(right) "<visibility permission=\"" right "\" granted=\"true\" hides=\"provider-strings\"/>"
    static const struct expected cases[] = {
        {INSTANCE_OF("16.0.4265.1", HOLDS("sysadmin") HOLDS("ALTER ANY LINKED SERVER") LOGIN("li]nk")),
         {"\n-- ALTER SERVER ROLE sysadmin DROP MEMBER [li]]nk];\n"},
         {"REVOKE"}},
        {INSTANCE_OF("10.50.6560.0", HOLDS("setupadmin") LOGIN("linkaudit")),
         {"\n-- EXEC sys.sp_dropsrvrolemember @loginame = N'linkaudit', @rolename = N'setupadmin';\n"},
         {"ALTER SERVER ROLE"}},
        {INSTANCE_OF("16.0.4265.1", HOLDS("ALTER ANY LINKED SERVER") LOGIN("linkaudit")),
         {"\n-- REVOKE ALTER ANY LINKED SERVER FROM [linkaudit];\n"},
         {"DROP MEMBER"}},
        {INSTANCE_OF("16.0.4265.1", HOLDS("CONTROL SERVER")),
         {"\n-- REVOKE CONTROL SERVER FROM [<audit login>];\n"},
         {0}},
        {INSTANCE_OF("16.0.4265.1", HOLDS("sysadmin") LOGIN("sa")),
         {"give it a login of its own"},
         {"DROP MEMBER"}},
        {INSTANCE_OF(
             "16.0.4265.1",
             HOLDS("sysadmin") "<property name=\"login-principal-id\" value=\"1\"/>" LOGIN("renamed")),
         {"give it a login of its own"},
         {"DROP MEMBER"}},
    };
    assert_scripts(cases, sizeof(cases) / sizeof(cases[0]));
}

/* Where the instance's option waits for ever, that is mended: no link is changed for it, and it is said once.
 */
static void a_time_out_is_mended_where_it_is_set(void **state)
{
    (void)state;
#define OPTION(name, value) "<property name=\"option " name "\" value=\"" value "\"/>"
#define FILE_LINK                                                                                            \
    "<linked-server name=\"FILE\" provider=\"Microsoft.ACE.OLEDB.12.0\" data-source=\"C:\\x.xlsx\" "         \
    "linked=\"true\" connect-timeout=\"600\" query-timeout=\"0\"/>"
#define SP_LOGIN_TIMEOUT "\n-- EXEC sys.sp_configure 'remote login timeout (s)', 10; RECONFIGURE;\n"
    static const struct expected cases[] = {
        {INSTANCE_OF("16.0.4265.1",
                     OPTION("remote login timeout (s)", "0") SQL07("L", "connect-timeout=\"0\"", "")
                         SQL07("M", "connect-timeout=\"0\"", "")),
         {"-- H05 ", SP_LOGIN_TIMEOUT},
         {"sp_serveroption", "remote query", "linked server L"}},
        {INSTANCE_OF("16.0.4265.1",
                     OPTION("remote login timeout (s)", "0") SQL07("L", "connect-timeout=\"600\"", "")),
         {"AND connect_timeout = 600)",
          "\n    EXEC sys.sp_serveroption @server = N'L', @optname = 'connect timeout', "
          "@optvalue = N'15';"},
         {"sys.sp_configure"}},
        {INSTANCE_OF("16.0.4265.1", OPTION("remote query timeout (s)", "0")
                                        SQL07("L", "connect-timeout=\"15\" query-timeout=\"0\"", "")),
         {"\n-- EXEC sys.sp_configure 'remote query timeout (s)', 600; RECONFIGURE;\n"},
         {"sp_serveroption", "remote login"}},
        /* What H05 does not complain of stays. */
        {INSTANCE_OF("16.0.4265.1", OPTION("remote query timeout (s)", "0")
                                        SQL07("L", "connect-timeout=\"60\" query-timeout=\"0\"", "")),
         {"sys.sp_configure 'remote query timeout (s)'"},
         {"sp_serveroption", "remote login"}},
        {INSTANCE_OF("16.0.4265.1", FILE_LINK),
         {"leads to no network target"},
         {"sp_serveroption", "sys.sp_configure"}},
        /* Nobody runs sp_configure on Amazon RDS. */
        {INSTANCE_OF("16.0.4265.1",
                     "<property name=\"hosting\" value=\"rds\"/>" OPTION("remote login timeout (s)", "0")
                         SQL07("L", "connect-timeout=\"0\"", "")),
         {"in the parameter group"},
         {"sys.sp_configure"}},
    };
    assert_scripts(cases, sizeof(cases) / sizeof(cases[0]));
}

/* V05 wants the user in the provider string, twice, where S03 wants the password out of it. */
static void a_user_stays_where_a_build_needs_it(void **state)
{
    (void)state;
#define ODBC_LINK(provider)                                                                                  \
    "<linked-server name=\"W\" provider=\"" provider                                                         \
    "\" provider-string=\"DRIVER={x};SERVER=w;UID=ro;PWD=***\" "                                             \
    "provider-string-visible=\"true\" linked=\"true\" connect-timeout=\"15\"/>"
    static const struct expected cases[] = {
        {INSTANCE_OF("15.0.4480.2", ODBC_LINK("MSDASQL")),
         {"take the password, and only that", "UID and as User ID", "7416", "V05"},
         {"take user and password"}},
        {INSTANCE_OF("15.0.4000.1", ODBC_LINK("MSDASQL")), {"take user and password"}, {"only that"}},
        {INSTANCE_OF("15.0.4480.2", ODBC_LINK("OraOLEDB.Oracle")), {"take user and password"}, {"only that"}},
    };
    assert_scripts(cases, sizeof(cases) / sizeof(cases[0]));
}

/* A name that cannot be typed is read from the server; nothing runs by itself. */
static void a_name_that_no_script_carries_is_read_from_the_server(void **state)
{
    (void)state;
    for (int known = 0; known < 2; known++) {
        struct estate estate = estate_of(INSTANCE_OF(
            "16.0.4265.1", SQL07("L", "connect-timeout=\"600\"",
                                 "<login local=\"app\" local-id=\"270\" remote=\"sa\" self=\"false\"/>")));
        struct linked_server *link = estate.audit.instances.first->linked_servers.first;
        link->name = arena_text(estate.arena, "L\xE2\x80\x8BX");
        link->logins.first->local = arena_text(estate.arena, "a\xE2\x80\x8Bpp");
        link->provider = arena_text(estate.arena, "SQLNCLI11");
        if (known)
            link->server_id = number_of(7);
        assess(estate.arena, &estate.audit, NULL);
        char *script = script_of(&estate), *code = statements(estate.arena, script);
        assert_null(strstr(code, "EXEC sys"));
        assert_non_null(strstr(script, "here replaced: by hand."));
        assert_int_equal(
            strstr(code, "SELECT @link = name FROM sys.servers WHERE server_id = 7 AND is_linked = 1;") !=
                NULL,
            known);
        assert_int_equal(strstr(script, "\n-- EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = @link, ") != NULL,
                         known);
        assert_int_equal(strstr(script, "@server = @link, @droplogins") != NULL, known);
        assert_int_equal(strstr(code, "WHERE name = @link;") != NULL, known);
        /* In no statement stands the name that it is not, nor does the new link get it. */
        assert_non_null(strstr(script, "N'link_new'"));
        assert_null(strstr(script, "N'a\xEF\xBF\xBDpp'"));
        assert_int_equal(strstr(script, "N'L\xEF\xBF\xBDX'") == NULL, known);
        arena_free(estate.arena);
    }
}

/* MSOLEDBSQL is Driver 19 on SQL Server 2025: what it will refuse is said before the link is made with it. */
static void a_recreation_says_what_the_new_provider_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *data_source;
        bool breaks;
    } cases[] = {{"sql07", true}, {"sql07.corp.example", false}};
    for (size_t i = 0; i < 2; i++) {
        struct arena *arena = arena_new();
        struct estate estate = estate_of(arena_format(
            arena, LINK_OF("SQLNCLI11", "data-source=\"%s\" provider-string=\"Encrypt=yes\"", ""),
            cases[i].data_source));
        char *script = script_of(&estate);
        assert_non_null(strstr(script, "N'MSOLEDBSQL'"));
        assert_int_equal(strstr(script, "breaks on SQL Server 2025:\n") != NULL, cases[i].breaks);
        arena_free(estate.arena);
        arena_free(arena);
    }
}

/* What is said about a host stays one line, whatever the host is called: the fix of a report is read by line.
 */
static void a_host_with_line_ends_adds_no_line_to_a_fix(void **state)
{
    (void)state;
    static const struct {
        const char *provider_string;
        enum prelogin_outcome prelogin;
        enum strict_outcome strict;
        enum ternary trusted;
    } cases[] = {
        {"Encrypt=yes", PRELOGIN_OK, STRICT_YES, TERNARY_FALSE},
        {"Encrypt=yes", PRELOGIN_CLOSED, STRICT_YES, TERNARY_FALSE},
        {"Encrypt=yes", PRELOGIN_CLOSED, STRICT_YES, TERNARY_UNKNOWN},
        /* Offered with the reason why it is not certain to be enough, which names the host. */
        {"Encrypt=Strict;TrustServerCertificate=yes", PRELOGIN_OK, STRICT_NO, TERNARY_FALSE},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct estate estate = estate_of(LINK("data-source=\"sql07\" provider-string=\"x=y\"", ""));
        struct endpoint *endpoint = estate.audit.endpoints.first;
        struct linked_server *link = estate.audit.instances.first->linked_servers.first;
        struct strict strict = {.outcome = cases[i].strict, .protocol = TLS_1_3};
        link->provider_string = arena_text(estate.arena, cases[i].provider_string);
        endpoint->prelogin->outcome = cases[i].prelogin;
        endpoint->strict = &strict;
        endpoint->host = arena_text(estate.arena, "x\nEXEC EVIL;\nEVIL");
        endpoint->certificates.first->trusted = cases[i].trusted;
        assess_readiness(estate.arena, estate.audit.instances.first, link, endpoint);
        assert_non_null(link->readiness->fix);
        assert_null(strstr(link->readiness->fix, "\nE"));
        assert_null(strstr(statements(estate.arena, script_of(&estate)), "EVIL"));
        arena_free(estate.arena);
    }
}

/* Whether TrustServerCertificate counts is not known: the name is mended all the same. */
static void a_name_is_mended_beside_a_trust_that_may_count(void **state)
{
    (void)state;
    struct estate estate = estate_of(
        LINK("data-source=\"sql07\" provider-string=\"Encrypt=yes;TrustServerCertificate=yes\"", ""));
    struct linked_server *link = estate.audit.instances.first->linked_servers.first;
    assert_int_equal(link->readiness->verdict, VERDICT_UNKNOWN);
    assert_non_null(strstr(link->readiness->fix, "HostNameInCertificate=sql07.corp.example"));
    arena_free(estate.arena);
}

/* 15428: with product SQL Server, no provider and no data source may be given. */
static void product_sql_server_is_recreated_without_the_product(void **state)
{
    (void)state;
    struct estate estate = estate_of(
        "<instance name=\"A\" status=\"audited\" server-version=\"13.0.5026.0\" server-name=\"A\" "
        "at-at-servername=\"A\"><linked-server name=\"SQL07\" product=\"SQL Server\" provider=\"SQLNCLI\" "
        "provider-string-visible=\"true\" endpoint=\"e1\" linked=\"true\"/></instance>");
    char *script = script_of(&estate);
    assert_null(strstr(script, "N'SQL Server'"));
    assert_non_null(strstr(script, "@srvproduct = N'', @provider = N'MSOLEDBSQL', @datasrc = N'SQL07';"));
    arena_free(estate.arena);
}

/* The report's *** in place of a password is no value: not even behind a comment. */
static void what_was_hidden_is_never_written_back(void **state)
{
    (void)state;
    static const char *const links[] = {
        LINK("data-source=\"sql07\" provider-string=\"UID=app;PWD=***\"", ""),
        LINK_OF("SQLNCLI11", "product=\"\" data-source=\"sql07\" provider-string=\"UID=app;PWD=***\"", ""),
        LINK_OF("SQLNCLI11", "product=\"\" data-source=\"x;PWD=***\" location=\"***\" catalog=\"***\"", ""),
        LINK("data-source=\"sql07\" provider-string=\"TrustServerCertificate=yes;PWD=***\"", "")};
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        struct estate estate = estate_of(links[i]);
        char *rest = NULL, *script = arena_text(estate.arena, script_of(&estate));
        for (char *one = strtok_r(script, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest))
            if (strstr(one, "***") && (strstr(one, "EXEC") || strstr(one, "IF ")))
                fail_msg("%s", one);
        arena_free(estate.arena);
    }
}

/* Two findings want a change of the same string: the second starts from what the first leaves. */
static void two_changes_of_one_string_are_both_made(void **state)
{
    (void)state;
    struct estate estate = estate_of(LINK("data-source=\"sql07\" provider-string=\"Encrypt=yes\"", ""));
    struct finding listener = {.rule = (char *)"R07",
                               .severity = SEVERITY_MEDIUM,
                               .instance = (char *)"A",
                               .link = (char *)"L",
                               .title = (char *)"title",
                               .evidence = (char *)"evidence"};
    list_append(&estate.audit.findings, &listener);
    char *script = script_of(&estate);
    static const char *const lines[] = {
        "AND provider_string = N'Encrypt=yes')\n",
        "    EXEC sys.sp_serveroption @server = N'L', @optname = 'provider string', @optvalue = "
        "N'Encrypt=yes;MultiSubnetFailover=Yes';",
        "AND provider_string = N'Encrypt=yes;MultiSubnetFailover=Yes')\n",
        "    EXEC sys.sp_serveroption @server = N'L', @optname = 'provider string', @optvalue = "
        "N'Encrypt=yes;MultiSubnetFailover=Yes;HostNameInCertificate=sql07.corp.example';",
    };
    assert_lines(script, lines, sizeof(lines) / sizeof(lines[0]));
    arena_free(estate.arena);
}

/* The driver that the link has today must know what is set today. */
static void keywords_are_for_drivers_that_know_them(void **state)
{
    (void)state;
    static const struct {
        const char *link;
        bool subnet, host_name; /* set by a statement */
    } cases[] = {
        {LINK("data-source=\"sql07\" provider-string=\"Encrypt=yes\"", ""), true, true},
        {LINK_OF("MSOLEDBSQL", "data-source=\"sql07\" provider-string=\"Encrypt=yes\"", ""), true, false},
        {LINK_OF("SQLNCLI11", "data-source=\"sql07\" provider-string=\"Encrypt=yes\"", ""), false, false},
        /* A first provider string can bring 7416 to a link that works. */
        {LINK("data-source=\"sql07\" provider-string-visible=\"true\"", ""), false, false},
        {LINK("data-source=\"sql07\" provider-string-visible=\"true\"",
              "<test outcome=\"failed\"><message number=\"-2146893022\">SSL Provider: The target principal "
              "name is "
              "incorrect.</message></test>"),
         false, true},
        {LINK("data-source=\"sql07\" provider-string=\"Encrypt=yes;Failover_Partner=b\"", ""), false, true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct estate estate = estate_of(cases[i].link);
        struct finding listener = {.rule = (char *)"R07", .instance = (char *)"A", .link = (char *)"L"};
        list_append(&estate.audit.findings, &listener);
        char *script = script_of(&estate), *rest = NULL;
        bool subnet = false, host_name = false;
        for (char *one = strtok_r(script, "\n", &rest); one; one = strtok_r(NULL, "\n", &rest))
            if (strncmp(one, "    EXEC", 8) == 0) {
                subnet = subnet || strstr(one, "MultiSubnetFailover=Yes");
                host_name = host_name || strstr(one, "HostNameInCertificate=");
            }
        if (subnet != cases[i].subnet || host_name != cases[i].host_name)
            fail_msg("case %zu: MultiSubnetFailover %d, HostNameInCertificate %d", i, subnet, host_name);
        arena_free(estate.arena);
    }
}

/* A name of the certificate decides whom the link trusts: only the one that the target was found by. */
static void a_foreign_name_of_the_certificate_is_no_statement(void **state)
{
    (void)state;
    static const char *const names[] = {"sql07.evil.example", "sql07.corp.example;Server=evil",
                                        "*.corp.example", "sql07.corp.example'; DROP"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct estate estate = estate_of(LINK("data-source=\"sql07\" provider-string=\"Encrypt=yes\"", ""));
        list_each (struct certificate, certificate, &estate.audit.endpoints.first->certificates)
            certificate->names.first->value = arena_text(estate.arena, names[i]);
        char *script = script_of(&estate);
        assert_null(strstr(statements(estate.arena, script), "sp_serveroption"));
        /* As a host name it may be offered with a warning; anything else gets into no statement at all. */
        bool offered = strstr(script, "HostNameInCertificate=");
        assert_int_equal(offered, i == 0);
        assert_int_equal(strstr(script, "Only if that is the right server") != NULL, i == 0);
        arena_free(estate.arena);
    }
}

static void replications_link_is_left_to_replication(void **state)
{
    (void)state;
    struct estate estate =
        estate_of(LINK("data-source=\"sql07\" provider-string=\"Encrypt=yes\" distributor=\"true\"", ""));
    struct finding listener = {.rule = (char *)"R07", .instance = (char *)"A", .link = (char *)"L"};
    list_append(&estate.audit.findings, &listener);
    char *script = script_of(&estate);
    assert_non_null(strstr(script, "Replication's own link"));
    assert_non_null(strstr(script, "--     EXEC sys.sp_serveroption"));
    assert_null(strstr(statements(estate.arena, script), "EXEC sys"));
    arena_free(estate.arena);
}

/* ALTER SERVER ROLE came with SQL Server 2012. */
static void roles_are_left_as_the_version_can(void **state)
{
    (void)state;
    struct estate estate =
        estate_of("<instance name=\"A\" status=\"audited\" server-version=\"10.50.6000.34\" "
                  "server-name=\"A\" at-at-servername=\"A\">"
                  "<principal name=\"app\" role=\"setupadmin\"/></instance>");
    char *script = script_of(&estate);
    assert_non_null(
        strstr(script, "-- EXEC sys.sp_dropsrvrolemember @loginame = N'app', @rolename = N'setupadmin';"));
    assert_null(strstr(script, "ALTER SERVER ROLE"));
    arena_free(estate.arena);
}

static void a_keyword_is_taken_out_whole(void **state)
{
    (void)state;
    struct estate estate = estate_of(LINK("data-source=\"sql07.corp.example\" provider-string=\"Encrypt=yes; "
                                          "TrustServerCertificate = yes;APP=x\"",
                                          ""));
    assert_non_null(strstr(script_of(&estate), "@optvalue = N'Encrypt=yes;APP=x';"));
    arena_free(estate.arena);
}

static void one_principal_is_not_taken_for_another(void **state)
{
    (void)state;
    struct estate estate = estate_of("<instance name=\"A\" status=\"audited\" server-version=\"16.0.4265.1\" "
                                     "server-name=\"A\" at-at-servername=\"A\">"
                                     "<principal name=\"app\" role=\"setupadmin\" disabled=\"true\"/>"
                                     "<principal name=\"app_owner\" role=\"setupadmin\"/></instance>");
    char *script = script_of(&estate);
    assert_non_null(strstr(script, "-- ALTER SERVER ROLE setupadmin DROP MEMBER [app_owner];"));
    assert_null(strstr(script, "[app];"));
    arena_free(estate.arena);
}

/* A report file may lack what a schema leaves optional. */
static void findings_without_words_do_no_harm(void **state)
{
    (void)state;
    struct estate estate = estate_of("<instance name=\"A\" status=\"audited\" server-version=\"16.0.4265.1\" "
                                     "server-name=\"A\" at-at-servername=\"A\">"
                                     "<principal name=\"x\" role=\"setupadmin\"/></instance>");
    list_each (struct finding, finding, &estate.audit.findings)
        finding->evidence = finding->title = finding->remedy = NULL;
    assert_non_null(script_of(&estate));
    assert_null(strstr(script_of(&estate), "DROP MEMBER"));
    arena_free(estate.arena);
}

static void waived_findings_are_left_alone(void **state)
{
    (void)state;
    struct estate estate = estate_of("<instance name=\"A\" status=\"audited\" server-version=\"16.0.4265.1\" "
                                     "server-name=\"A\" at-at-servername=\"A\">"
                                     "<property name=\"option remote access\" value=\"1\"/></instance>");
    assert_non_null(script_of(&estate));
    list_each (struct finding, finding, &estate.audit.findings)
        finding->waived = TERNARY_TRUE;
    assert_null(script_of(&estate));
    arena_free(estate.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hostile_names_never_become_statements),
        cmocka_unit_test(a_script_is_for_its_instance_only),
        cmocka_unit_test(nothing_to_do_is_no_script),
        cmocka_unit_test(a_provider_string_is_changed_in_place_and_once),
        cmocka_unit_test(what_sp_serveroption_cannot_take_is_said),
        cmocka_unit_test(a_keyword_is_added_only_where_it_fits),
        cmocka_unit_test(passwords_are_not_invented),
        cmocka_unit_test(a_commented_statement_stands_alone_in_its_line),
        cmocka_unit_test(a_recreation_lists_mappings_options_and_uses),
        cmocka_unit_test(a_mapping_to_sysadmin_is_mapped_again),
        cmocka_unit_test(sysadmins_are_the_targets),
        cmocka_unit_test(a_refused_login_gets_its_password_again),
        cmocka_unit_test(a_broken_link_has_the_next_step_of_its_diagnosis),
        cmocka_unit_test(the_audit_login_loses_what_it_has),
        cmocka_unit_test(a_time_out_is_mended_where_it_is_set),
        cmocka_unit_test(a_user_stays_where_a_build_needs_it),
        cmocka_unit_test(a_name_that_no_script_carries_is_read_from_the_server),
        cmocka_unit_test(a_recreation_says_what_the_new_provider_refuses),
        cmocka_unit_test(a_host_with_line_ends_adds_no_line_to_a_fix),
        cmocka_unit_test(a_name_is_mended_beside_a_trust_that_may_count),
        cmocka_unit_test(product_sql_server_is_recreated_without_the_product),
        cmocka_unit_test(what_was_hidden_is_never_written_back),
        cmocka_unit_test(two_changes_of_one_string_are_both_made),
        cmocka_unit_test(keywords_are_for_drivers_that_know_them),
        cmocka_unit_test(a_foreign_name_of_the_certificate_is_no_statement),
        cmocka_unit_test(replications_link_is_left_to_replication),
        cmocka_unit_test(roles_are_left_as_the_version_can),
        cmocka_unit_test(a_keyword_is_taken_out_whole),
        cmocka_unit_test(one_principal_is_not_taken_for_another),
        cmocka_unit_test(findings_without_words_do_no_harm),
        cmocka_unit_test(waived_findings_are_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
