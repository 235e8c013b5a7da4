/* Links and findings as tables (RFC 4180), for spreadsheets and scripts. */
#include "audit/model/link_state.h"
#include "reports/element.h"
#include "reports/endpoint_index.h"
#include "reports/output.h"

#include <string.h>

/* A spreadsheet runs a cell that begins like this as a formula, also behind spaces and in full width (where
 * an input method or a locale folds it); an apostrophe makes it text. */
static bool looks_like_formula(const char *text)
{
    static const char *const signs[] = {"=", "+", "-", "@", "|", "\uFF1D", "\uFF0B", "\uFF0D", "\uFF20"};
    text += strspn(text, " ");
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (strncmp(text, signs[i], strlen(signs[i])) == 0)
            return true;
    return false;
}

/* Where a cell begins: also where a spreadsheet of a country with another separator would begin one. */
static bool begins_cell(const char *text, const char *at)
{
    return at == text || strchr(";\t\r\n", at[-1]);
}

static void write_cell(FILE *stream, bool first, const char *text)
{
    if (!first)
        putc(',', stream);
    if (!text)
        return;
    bool quoted = looks_like_formula(text) || strpbrk(text, "\",;\t\r\n") || *text == ' ';
    if (quoted)
        putc('"', stream);
    if (*text && strchr("\t\r\n", *text))
        putc('\'', stream);
    for (const char *at = text; *at; at++) {
        if (begins_cell(text, at) && looks_like_formula(at))
            putc('\'', stream);
        if (*at == '"')
            putc('"', stream);
        putc(*at, stream);
    }
    if (quoted)
        putc('"', stream);
}

static void write_row(FILE *stream, const char *const *cells, size_t count)
{
    for (size_t i = 0; i < count; i++)
        write_cell(stream, i == 0, cells[i]);
    fputs("\r\n", stream);
}

#define WRITE_ROW(stream, ...)                                                                               \
    write_row(stream, (const char *const[]){__VA_ARGS__},                                                    \
              sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* ---- links ----------------------------------------------------------------------------------------- */

static void write_link(FILE *stream, const struct instance *instance, const struct linked_server *link,
                       const struct endpoint *endpoint, struct arena *arena)
{
    const struct diagnosis *diagnosis = link->diagnosis;
    const struct link_test *test = link->test;
    const struct readiness *readiness = link->readiness;
    WRITE_ROW(
        stream, instance->name, link->name, name_of(&link_state_names, (int)link_state(link)),
        diagnosis ? name_of(&cause_names, (int)diagnosis->cause) : NULL, diagnosis ? diagnosis->text : NULL,
        diagnosis ? name_of(&actor_names, (int)diagnosis->actor) : NULL, diagnosis ? diagnosis->action : NULL,
        link->provider, link->product, link->data_source, link->provider_string, link->catalog,
        endpoint ? name_of(&endpoint_kind_names, (int)endpoint->kind) : NULL,
        endpoint ? endpoint_target(arena, endpoint) : NULL,
        endpoint ? name_of(&ternary_names, (int)endpoint->reachable) : NULL,
        test ? name_of(&test_outcome_names, (int)test->outcome) : NULL,
        test && test->ms.known ? arena_format(arena, "%lld", (long long)test->ms.value) : NULL,
        test ? test->reason : NULL, readiness ? name_of(&verdict_names, (int)readiness->verdict) : NULL,
        readiness ? readiness->reason : NULL, instance->tags, instance->zone);
}

bool csv_write_links(FILE *stream, const struct audit *audit, const struct output_options *options,
                     struct arena *arena, const char **error)
{
    (void)options;
    *error = NULL;
    struct endpoint_index *index = endpoint_index_new(arena, audit);
    WRITE_ROW(stream, "instance", "link", "state", "cause", "text", "actor", "next", "provider", "product",
              "data source", "provider string", "catalog", "kind", "target", "reachable from audit host",
              "test", "test ms", "skipped because", "SQL Server 2025", "readiness reason", "tags", "zone");
    list_each (struct instance, instance, &audit->instances) {
        struct arena *row = arena_new();
        list_each (struct linked_server, link, &instance->linked_servers) {
            write_link(stream, instance, link, endpoint_find(index, link->endpoint), row);
        }
        arena_free(row);
    }
    return true;
}

/* ---- findings -------------------------------------------------------------------------------------- */

static const char *moment_cell(struct arena *arena, const struct finding *finding)
{
    static const struct member since = {.kind = MEMBER_MOMENT, .offset = offsetof(struct finding, since)};
    char buffer[MEMBER_TEXT_SIZE];
    return arena_text(arena, member_text(&since, finding, buffer));
}

bool csv_write_findings(FILE *stream, const struct audit *audit, const struct output_options *options,
                        struct arena *arena, const char **error)
{
    (void)options;
    *error = NULL;
    struct endpoint_index *index = endpoint_index_new(arena, audit);
    WRITE_ROW(stream, "severity", "rule", "title", "instance", "link", "target", "since", "waived", "waiver",
              "evidence", "remedy");
    list_each (struct finding, finding, &audit->findings) {
        const struct endpoint *endpoint = endpoint_find(index, finding->endpoint);
        WRITE_ROW(stream, name_of(&severity_names, (int)finding->severity), finding->rule, finding->title,
                  finding->instance, finding->link, endpoint ? endpoint_target(arena, endpoint) : NULL,
                  moment_cell(arena, finding), name_of(&ternary_names, (int)finding->waived), finding->waiver,
                  finding->evidence, finding->remedy);
    }
    return true;
}
