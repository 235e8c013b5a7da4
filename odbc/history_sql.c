#include "odbc/history_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define REQUIRED true, false
#define UNIQUE true, true
#define OPTIONAL false, false

#define TABLE(identifier, label, of_run)                                                                     \
    const struct history_table identifier = {label, identifier##_columns,                                    \
                                             sizeof(identifier##_columns) / sizeof(identifier##_columns[0]), \
                                             of_run};

/* What every table that belongs to a run begins with. */
#define OF_RUN                                                                                               \
    {"run_number", HISTORY_NUMBER, REQUIRED, "The run, in linkaudit_runs."},                                 \
    {                                                                                                        \
        "item", HISTORY_NUMBER, REQUIRED, "Its place in the report of the run, from 1."                      \
    }

static const struct history_column history_schema_table_columns[] = {
    {"version", HISTORY_NUMBER, REQUIRED, "The version of these tables: 1."},
};
TABLE(history_schema_table, "linkaudit_schema", false)

static const struct history_column history_runs_columns[] = {
    {"run_number", HISTORY_IDENTITY, REQUIRED, "Given by this database."},
    {"run_id", HISTORY_SHORT, UNIQUE, "The run-id of its report."},
    {"started", HISTORY_MOMENT, REQUIRED, "When it began, UTC."},
    {"finished", HISTORY_MOMENT, OPTIONAL, "When it ended, UTC."},
    {"host", HISTORY_TEXT, REQUIRED, "The audit host."},
    {"program", HISTORY_TEXT, REQUIRED, "The program and its version."},
    {"title", HISTORY_TEXT, REQUIRED, "The title. Runs of one title and zone are one series."},
    {"zone", HISTORY_TEXT, REQUIRED, "The network zone, or an empty text."},
    {"complete", HISTORY_FLAG, OPTIONAL, "1: everything of the configuration was looked at."},
    {"limited", HISTORY_FLAG, REQUIRED, "1: it was limited by --only, and is no part of a trend."},
    {"instances", HISTORY_NUMBER, OPTIONAL, "Instances of the configuration."},
    {"instances_failed", HISTORY_NUMBER, OPTIONAL, "Those that could not be audited."},
    {"links", HISTORY_NUMBER, OPTIONAL, "Linked servers."},
    {"links_ok", HISTORY_NUMBER, OPTIONAL, "Those that worked as far as anybody could see."},
    {"links_failed", HISTORY_NUMBER, OPTIONAL, "Those that did not work."},
    {"links_unknown", HISTORY_NUMBER, OPTIONAL, "Those of which neither was known."},
    {"endpoints", HISTORY_NUMBER, OPTIONAL, "Distinct targets."},
    {"endpoints_reachable", HISTORY_NUMBER, OPTIONAL, "Those that answered the audit host."},
    {"critical", HISTORY_NUMBER, OPTIONAL, "Critical findings, waived ones not counted."},
    {"high", HISTORY_NUMBER, OPTIONAL, "High ones."},
    {"medium", HISTORY_NUMBER, OPTIONAL, "Medium ones."},
    {"low", HISTORY_NUMBER, OPTIONAL, "Low ones."},
    {"info", HISTORY_NUMBER, OPTIONAL, "Informational ones."},
    {"waived", HISTORY_NUMBER, OPTIONAL, "Waived ones."},
    {"response_ms", HISTORY_NUMBER, OPTIONAL, "Median of the response_ms of its endpoints."},
};
TABLE(history_runs, "linkaudit_runs", false)

static const struct history_column history_instances_columns[] = {
    OF_RUN,
    {"name", HISTORY_TEXT, REQUIRED, "Its name in the configuration."},
    {"server", HISTORY_TEXT, OPTIONAL, "The server that was connected to."},
    {"status", HISTORY_TEXT, REQUIRED, "audited, partial, failed or not-run."},
    {"failure_phase", HISTORY_TEXT, OPTIONAL,
     "How far its audit came: connect, login, inventory, timeout or crash."},
    {"server_version", HISTORY_TEXT, OPTIONAL, "The version of the engine."},
    {"edition", HISTORY_TEXT, OPTIONAL, "Its edition."},
    {"tags", HISTORY_TEXT, OPTIONAL, "Its tags in the configuration."},
    {"ms", HISTORY_NUMBER, OPTIONAL, "Duration of its audit in milliseconds."},
};
TABLE(history_instances, "linkaudit_instances", true)

static const struct history_column history_links_columns[] = {
    OF_RUN,
    {"instance", HISTORY_TEXT, REQUIRED, "The instance, by its name in linkaudit_instances."},
    {"name", HISTORY_TEXT, REQUIRED, "The linked server."},
    {"provider", HISTORY_TEXT, OPTIONAL, "Its OLE DB provider."},
    {"data_source", HISTORY_TEXT, OPTIONAL, "Its data source."},
    {"endpoint_id", HISTORY_TEXT, OPTIONAL,
     "Its endpoint, by its id in linkaudit_endpoints of the same run."},
    {"state", HISTORY_TEXT, REQUIRED, "works, broken, login-refused, not-tested, off or not-network."},
    {"cause", HISTORY_TEXT, OPTIONAL, "The one cause."},
    {"actor", HISTORY_TEXT, OPTIONAL, "Who acts."},
    {"test_outcome", HISTORY_TEXT, OPTIONAL, "What came of its own test: ok, failed, timeout or skipped."},
    {"test_ms", HISTORY_NUMBER, OPTIONAL, "How long that took, in milliseconds."},
    {"readiness", HISTORY_TEXT, OPTIONAL, "On SQL Server 2025: ready, breaks, ready-unencrypted, unknown."},
};
TABLE(history_links, "linkaudit_links", true)

static const struct history_column history_endpoints_columns[] = {
    OF_RUN,
    {"endpoint_id", HISTORY_TEXT, REQUIRED, "Its id in this run only."},
    {"target", HISTORY_TEXT, OPTIONAL, "The canonical target: the same in every run."},
    {"kind", HISTORY_TEXT, OPTIONAL, "What was asked there."},
    {"host", HISTORY_TEXT, OPTIONAL, "The host, as the links name it."},
    {"port", HISTORY_NUMBER, OPTIONAL, "The TCP port, where one was given."},
    {"instance", HISTORY_TEXT, OPTIONAL, "The instance name, where one was given."},
    {"links", HISTORY_NUMBER, OPTIONAL, "How many links lead to it."},
    {"reachable", HISTORY_FLAG, OPTIONAL, "1: the expected service answered the audit host."},
    {"cause", HISTORY_TEXT, OPTIONAL, "Why, or why not."},
    {"server_version", HISTORY_TEXT, OPTIONAL, "What PRELOGIN said."},
    {"encryption", HISTORY_TEXT, OPTIONAL, "PRELOGIN: off, on, not-supported or required."},
    {"tls_versions", HISTORY_TEXT, OPTIONAL, "The protocol versions that it accepted, separated by blanks."},
    {"strict", HISTORY_TEXT, OPTIONAL, "TDS 8.0: yes, no, timeout, skipped or inconclusive."},
    {"certificate_expires", HISTORY_MOMENT, OPTIONAL, "The end of its own certificate, UTC."},
    {"certificate_sha256", HISTORY_TEXT, OPTIONAL, "The SHA-256 thumbprint of that certificate."},
    {"connect_ms", HISTORY_NUMBER, OPTIONAL, "TCP connect, in milliseconds."},
    {"prelogin_ms", HISTORY_NUMBER, OPTIONAL, "The answer to PRELOGIN, in milliseconds."},
    {"response_ms", HISTORY_NUMBER, OPTIONAL, "Both: the time until it answered."},
};
TABLE(history_endpoints, "linkaudit_endpoints", true)

static const struct history_column history_findings_columns[] = {
    OF_RUN,
    {"rule_id", HISTORY_TEXT, REQUIRED, "The rule."},
    {"severity", HISTORY_TEXT, REQUIRED, "critical, high, medium, low or info."},
    {"instance", HISTORY_TEXT, OPTIONAL, "The instance."},
    {"link", HISTORY_TEXT, OPTIONAL, "The linked server."},
    {"endpoint_id", HISTORY_TEXT, OPTIONAL,
     "The endpoint, by its id in linkaudit_endpoints of the same run."},
    {"since", HISTORY_MOMENT, OPTIONAL, "Open since, UTC."},
    {"waived", HISTORY_FLAG, OPTIONAL, "1: accepted by a waiver."},
    {"title", HISTORY_TEXT, OPTIONAL, "What it is."},
};
TABLE(history_findings, "linkaudit_findings", true)

const struct history_table *const history_tables[] = {
    &history_schema_table, &history_runs, &history_instances, &history_links, &history_endpoints,
    &history_findings,     NULL,
};

/* ---- dialects ----------------------------------------------------------------------------------------- */

static const struct history_dialect dialects[] = {
    {.product = "SQLite",
     .types = {[HISTORY_IDENTITY] = "integer primary key autoincrement",
               [HISTORY_NUMBER] = "bigint",
               [HISTORY_FLAG] = "smallint",
               [HISTORY_SHORT] = "text",
               [HISTORY_TEXT] = "text",
               [HISTORY_MOMENT] = "timestamp"},
     .tables_exist = "SELECT count(*) AS found FROM sqlite_master WHERE type = 'table' AND name = "
                     "'linkaudit_schema'"},
    {.product = "PostgreSQL",
     .types = {[HISTORY_IDENTITY] = "bigint generated always as identity primary key",
               [HISTORY_NUMBER] = "bigint",
               [HISTORY_FLAG] = "smallint",
               [HISTORY_SHORT] = "text",
               [HISTORY_TEXT] = "text",
               [HISTORY_MOMENT] = "timestamp(0)"},
     .tables_exist = "SELECT CASE WHEN to_regclass('linkaudit_schema') IS NULL THEN 0 ELSE 1 END AS found"},
    {.product = "Microsoft SQL Server",
     .types = {[HISTORY_IDENTITY] = "bigint identity(1,1) primary key",
               [HISTORY_NUMBER] = "bigint",
               [HISTORY_FLAG] = "smallint",
               [HISTORY_SHORT] = "nvarchar(400)", /* an index's key has 900 bytes */
               [HISTORY_TEXT] = "nvarchar(max)",
               [HISTORY_MOMENT] = "datetime2(0)"},
     .tables_exist = "SELECT CASE WHEN OBJECT_ID(N'linkaudit_schema', N'U') IS NULL THEN 0 ELSE 1 END AS "
                     "found"},
};
#define DIALECTS (sizeof(dialects) / sizeof(dialects[0]))

const struct history_dialect *history_dialect_find(const char *product)
{
    for (size_t i = 0; i < DIALECTS; i++)
        if (strncasecmp(product, dialects[i].product, strlen(dialects[i].product)) == 0)
            return &dialects[i];
    return NULL;
}

char *history_dialect_list(struct arena *arena)
{
    char *list = arena_text(arena, dialects[0].product);
    for (size_t i = 1; i < DIALECTS; i++)
        list = arena_format(arena, "%s%s%s", list, i + 1 < DIALECTS ? ", " : " or ", dialects[i].product);
    return list;
}

/* ---- statements --------------------------------------------------------------------------------------- */

struct text {
    FILE *stream;
    char *bytes;
    size_t length;
};

static void begin(struct text *text)
{
    text->stream = open_memstream(&text->bytes, &text->length);
    if (!text->stream)
        abort();
}

static char *finish(struct arena *arena, struct text *text)
{
    if (fclose(text->stream) != 0)
        abort();
    char *copy = arena_text_n(arena, text->bytes, text->length);
    free(text->bytes);
    return copy;
}

char *history_create(struct arena *arena, const struct history_dialect *dialect,
                     const struct history_table *table)
{
    struct text text;
    begin(&text);
    fprintf(text.stream, "CREATE TABLE %s (\n", table->name);
    for (size_t i = 0; i < table->count; i++) {
        const struct history_column *column = &table->columns[i];
        bool last = i + 1 == table->count && !table->of_run;
        fprintf(text.stream, "    %s %s%s%s%s -- %s\n", column->name, dialect->types[column->type],
                column->required && column->type != HISTORY_IDENTITY ? " not null" : "",
                column->unique ? " unique" : "", last ? "" : ",", column->documentation);
    }
    if (table->of_run)
        fputs("    primary key (run_number, item),\n"
              "    foreign key (run_number) references linkaudit_runs (run_number)\n",
              text.stream);
    fputs(")", text.stream);
    return finish(arena, &text);
}

size_t history_insert_columns(const struct history_table *table)
{
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++)
        count += table->columns[i].type != HISTORY_IDENTITY;
    return count;
}

static void put_each(FILE *stream, const struct history_table *table, bool names)
{
    const char *separator = "(";
    for (size_t i = 0; i < table->count; i++)
        if (table->columns[i].type != HISTORY_IDENTITY) {
            fprintf(stream, "%s%s", separator, names ? table->columns[i].name : "?");
            separator = ", ";
        }
    fputs(")", stream);
}

char *history_insert(struct arena *arena, const struct history_table *table, size_t rows)
{
    struct text text;
    begin(&text);
    fprintf(text.stream, "INSERT INTO %s ", table->name);
    put_each(text.stream, table, true);
    for (size_t row = 0; row < rows; row++) {
        fputs(row == 0 ? " VALUES " : ", ", text.stream);
        put_each(text.stream, table, false);
    }
    return finish(arena, &text);
}

char *history_delete(struct arena *arena, const struct history_table *table)
{
    return arena_format(arena, "DELETE FROM %s WHERE run_number = ?", table->name);
}
