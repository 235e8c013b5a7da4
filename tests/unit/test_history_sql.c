#include "odbc/history_sql.h"
#include "tests/unit/check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static struct arena *arena;

static const struct history_dialect *dialect(const char *product)
{
    const struct history_dialect *found = history_dialect_find(product);
    assert_non_null(found);
    return found;
}

static void test_each_driver_names_its_database(void **state)
{
    (void)state;
    assert_string_equal(dialect("SQLite")->product, "SQLite");
    assert_string_equal(dialect("PostgreSQL")->product, "PostgreSQL");
    assert_string_equal(dialect("Microsoft SQL Server")->product, "Microsoft SQL Server");
    assert_null(history_dialect_find("MariaDB"));
    assert_null(history_dialect_find(""));
    assert_string_equal(history_dialect_list(arena), "SQLite, PostgreSQL or Microsoft SQL Server");
}

static void test_the_tables_of_sql_server(void **state)
{
    (void)state;
    const struct history_dialect *tsql = dialect("Microsoft SQL Server");
    assert_string_equal(tsql->tables_exist,
                        "SELECT CASE WHEN OBJECT_ID(N'linkaudit_schema', N'U') IS NULL THEN 0 ELSE 1 END AS "
                        "found");
    assert_string_equal(history_create(arena, tsql, &history_schema_table),
                        "CREATE TABLE linkaudit_schema (\n"
                        "    version bigint not null -- The version of these tables: 1.\n"
                        ")");
    assert_string_equal(
        history_create(arena, tsql, &history_runs),
        "CREATE TABLE linkaudit_runs (\n"
        "    run_number bigint identity(1,1) primary key, -- Given by this database.\n"
        "    run_id nvarchar(400) not null unique, -- The run-id of its report.\n"
        "    started datetime2(0) not null, -- When it began, UTC.\n"
        "    finished datetime2(0), -- When it ended, UTC.\n"
        "    host nvarchar(max) not null, -- The audit host.\n"
        "    program nvarchar(max) not null, -- The program and its version.\n"
        "    title nvarchar(max) not null, -- The title. Runs of one title and zone are one series.\n"
        "    zone nvarchar(max) not null, -- The network zone, or an empty text.\n"
        "    complete smallint, -- 1: everything of the configuration was looked at.\n"
        "    limited smallint not null, -- 1: it was limited by --only, and is no part of a trend.\n"
        "    instances bigint, -- Instances of the configuration.\n"
        "    instances_failed bigint, -- Those that could not be audited.\n"
        "    links bigint, -- Linked servers.\n"
        "    links_ok bigint, -- Those that worked as far as anybody could see.\n"
        "    links_failed bigint, -- Those that did not work.\n"
        "    links_unknown bigint, -- Those of which neither was known.\n"
        "    endpoints bigint, -- Distinct targets.\n"
        "    endpoints_reachable bigint, -- Those that answered the audit host.\n"
        "    critical bigint, -- Critical findings, waived ones not counted.\n"
        "    high bigint, -- High ones.\n"
        "    medium bigint, -- Medium ones.\n"
        "    low bigint, -- Low ones.\n"
        "    info bigint, -- Informational ones.\n"
        "    waived bigint, -- Waived ones.\n"
        "    response_ms bigint -- Median of the response_ms of its endpoints.\n"
        ")");
    assert_string_equal(
        history_create(arena, tsql, &history_findings),
        "CREATE TABLE linkaudit_findings (\n"
        "    run_number bigint not null, -- The run, in linkaudit_runs.\n"
        "    item bigint not null, -- Its place in the report of the run, from 1.\n"
        "    rule_id nvarchar(max) not null, -- The rule.\n"
        "    severity nvarchar(max) not null, -- critical, high, medium, low or info.\n"
        "    instance nvarchar(max), -- The instance.\n"
        "    link nvarchar(max), -- The linked server.\n"
        "    endpoint_id nvarchar(max), -- The endpoint, by its id in linkaudit_endpoints of the same run.\n"
        "    since datetime2(0), -- Open since, UTC.\n"
        "    waived smallint, -- 1: accepted by a waiver.\n"
        "    title nvarchar(max), -- What it is.\n"
        "    primary key (run_number, item),\n"
        "    foreign key (run_number) references linkaudit_runs (run_number)\n"
        ")");
}

static void test_the_other_dialects_differ_in_types(void **state)
{
    static const struct {
        const char *product, *words[5];
    } cases[] = {
        {"SQLite",
         {"run_number integer primary key autoincrement,", "run_id text not null unique,",
          "started timestamp not null,", "complete smallint,", "links bigint,"}},
        {"PostgreSQL",
         {"run_number bigint generated always as identity primary key,", "run_id text not null unique,",
          "started timestamp(0) not null,", "complete smallint,", "links bigint,"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *text = history_create(arena, dialect(cases[i].product), &history_runs);
        for (size_t word = 0; word < 5; word++)
            if (!strstr(text, cases[i].words[word]))
                fail_msg("%s: no '%s' in:\n%s", cases[i].product, cases[i].words[word], text);
    }
}

static void test_an_insert_has_a_parameter_for_each_value_but_the_identity(void **state)
{
    (void)state;
    assert_string_equal(history_insert(arena, &history_schema_table, 1),
                        "INSERT INTO linkaudit_schema (version) VALUES (?)");
    assert_string_equal(
        history_insert(arena, &history_findings, 2),
        "INSERT INTO linkaudit_findings (run_number, item, rule_id, severity, instance, link, "
        "endpoint_id, since, waived, title) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?), "
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    assert_null(strstr(history_insert(arena, &history_runs, 1), "run_number"));
    assert_int_equal(history_insert_columns(&history_runs), history_runs.count - 1);
    assert_string_equal(history_delete(arena, &history_links),
                        "DELETE FROM linkaudit_links WHERE run_number = ?");
}

static bool is_reserved(const char *name)
{
    /* Of SQL Server, PostgreSQL and SQLite, those that one could come to think of. */
    static const char *const words[] = {
        "add",      "all",         "analyze",     "as",           "begin",  "between",     "browse",
        "by",       "case",        "check",       "close",        "column", "commit",      "create",
        "current",  "database",    "default",     "deny",         "desc",   "disk",        "distinct",
        "end",      "exists",      "external",    "file",         "fetch",  "foreign",     "from",
        "function", "grant",       "group",       "identity",     "in",     "index",       "is",
        "key",      "kill",        "left",        "like",         "limit",  "load",        "national",
        "not",      "null",        "of",          "off",          "offset", "on",          "open",
        "option",   "or",          "order",       "outer",        "over",   "percent",     "plan",
        "primary",  "print",       "proc",        "public",       "read",   "reconfigure", "references",
        "restore",  "return",      "revoke",      "right",        "role",   "rowcount",    "rule",
        "save",     "schema",      "select",      "session_user", "set",    "setuser",     "shutdown",
        "some",     "statistics",  "system_user", "table",        "then",   "to",          "top",
        "tran",     "transaction", "trigger",     "truncate",     "union",  "unique",      "update",
        "use",      "user",        "using",       "values",       "view",   "waitfor",     "when",
        "where",    "while",       "with",
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(words[i], name) == 0)
            return true;
    return false;
}

static void test_names_need_no_quoting_in_any_dialect(void **state)
{
    (void)state;
    for (const struct history_table *const *table = history_tables; *table; table++)
        for (size_t i = 0; i < (*table)->count; i++) {
            const char *name = (*table)->columns[i].name;
            if (strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789") != strlen(name) || is_reserved(name))
                fail_msg("%s.%s needs quoting", (*table)->name, name);
        }
}

/* Drivers look for parameters, quotes and ends of statements in comments too. */
static void test_comments_cannot_be_misread_by_a_driver(void **state)
{
    (void)state;
    for (const struct history_table *const *table = history_tables; *table; table++)
        for (size_t i = 0; i < (*table)->count; i++)
            if (strpbrk((*table)->columns[i].documentation, "?;'\"`{}[]\n"))
                fail_msg("%s.%s: %s", (*table)->name, (*table)->columns[i].name,
                         (*table)->columns[i].documentation);
}

static void test_the_readme_lists_every_table_and_column(void **state)
{
    (void)state;
    FILE *file = fopen("README.md", "r");
    char *text = NULL;
    size_t size = 0;
    assert_non_null(file);
    assert_true(getdelim(&text, &size, '\0', file) > 0);
    fclose(file);
    for (const struct history_table *const *table = history_tables; *table; table++) {
        const char *row = strstr(text, arena_format(arena, "| `%s` |", (*table)->name));
        if (!row)
            fail_msg("README.md has no row `%s`", (*table)->name);
        const char *line = arena_text_n(arena, row, strcspn(row, "\n"));
        for (size_t i = 0; i < (*table)->count; i++)
            if (!strstr(line, arena_format(arena, "`%s`", (*table)->columns[i].name)))
                fail_msg("README.md: %s has no `%s`", (*table)->name, (*table)->columns[i].name);
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_driver_names_its_database),
        cmocka_unit_test(test_the_tables_of_sql_server),
        cmocka_unit_test(test_the_other_dialects_differ_in_types),
        cmocka_unit_test(test_an_insert_has_a_parameter_for_each_value_but_the_identity),
        cmocka_unit_test(test_names_need_no_quoting_in_any_dialect),
        cmocka_unit_test(test_comments_cannot_be_misread_by_a_driver),
        cmocka_unit_test(test_the_readme_lists_every_table_and_column),
    };
    arena = arena_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_free(arena);
    return failed;
}
