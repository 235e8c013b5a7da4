#include "select.h"

#include "scenario.h"
#include "session.h"
#include "sql_function.h"

#include <stdlib.h>
#include <string.h>

enum { SOURCES = 16, REFERENCES = 256, DEPTH = 32 };

struct source {
    char alias[129];
    const struct sql_column *columns; /* of a view, or `owned` */
    struct sql_column *owned;
    size_t count;
};

struct reference {
    size_t source, column;
    char name[129];
};

struct scope {
    struct source sources[SOURCES];
    size_t source_count;
    struct reference outside[REFERENCES],
        grouped[REFERENCES]; /* columns used outside aggregates; GROUP BY's */
    size_t outside_count, grouped_count;
    bool in_aggregate, has_aggregate, in_group;
    const struct select *listed; /* whose names ORDER BY may use */
    struct scope *outer;
};

struct parser {
    struct catalog *catalog;
    const struct sql_token *list;
    size_t at;
    const struct sql_parameters *parameters;
    struct reply *reply;
    struct scope *scope;
    int version;
    int depth;
    bool failed;
    bool is_reported; /* the catalog has written the ERROR token itself */
    int error_number;
    char error[600];
    size_t elsewhere[SOURCES]; /* tokens at which three-part names start */
    size_t elsewhere_count;
};

static struct sql_type parse_expression(struct parser *parser);
static void parse_condition(struct parser *parser);
static void parse_query(struct parser *parser, struct select *select, bool is_outermost);

/* --- errors --- */

__attribute__((format(printf, 3, 4))) static void fail(struct parser *parser, int number, const char *format,
                                                       ...)
{
    va_list arguments;
    if (parser->failed)
        return;
    parser->failed = true;
    parser->error_number = number;
    va_start(arguments, format);
    vsnprintf(parser->error, sizeof parser->error, format, arguments);
    va_end(arguments);
}

static const struct sql_token *here(const struct parser *parser)
{
    return &parser->list[parser->at];
}

static void fail_here(struct parser *parser)
{
    const struct sql_token *token = here(parser);
    if (token->kind == SQL_END && parser->at)
        token--;
    fail(parser, 102, "Incorrect syntax near '%.100s'.", token->text ? token->text : "");
}

static bool accept_word(struct parser *parser, const char *word)
{
    if (parser->failed || !sql_is_word(here(parser), word))
        return false;
    parser->at++;
    return true;
}

static bool accept_symbol(struct parser *parser, const char *symbol)
{
    if (parser->failed || !sql_is_symbol(here(parser), symbol))
        return false;
    parser->at++;
    return true;
}

static void expect_word(struct parser *parser, const char *word)
{
    if (!accept_word(parser, word))
        fail_here(parser);
}

static void expect_symbol(struct parser *parser, const char *symbol)
{
    if (!accept_symbol(parser, symbol))
        fail_here(parser);
}

/* --- names --- */

bool select_is_reserved(const char *word)
{
    /* T-SQL's reserved words as far as they could follow an expression or a table, and words that are plain
     * names to a SQL Server but would change what SQLite does. */
    static const char *const words[] = {
        "add",          "all",     "and",       "any",          "as",     "asc",      "between",
        "by",           "case",    "collate",   "convert",      "create", "cross",    "current_timestamp",
        "current_user", "declare", "default",   "delete",       "desc",   "distinct", "drop",
        "else",         "end",     "escape",    "except",       "exec",   "execute",  "exists",
        "for",          "from",    "full",      "group",        "having", "in",       "index",
        "inner",        "insert",  "intersect", "into",         "is",     "join",     "key",
        "left",         "like",    "merge",     "not",          "null",   "nullif",   "of",
        "on",           "option",  "or",        "order",        "outer",  "over",     "percent",
        "pivot",        "right",   "select",    "session_user", "set",    "some",     "system_user",
        "table",        "then",    "to",        "top",          "union",  "unique",   "update",
        "use",          "user",    "values",    "when",         "where",  "with",     "coalesce",
        "if",           "begin",   "while",     "print",        "return", "waitfor",  "go",
        "kill",         "dbcc",    "grant",     "backup",       "glob",   "indexed",  "isnull",
        "limit",        "match",   "natural",   "notnull",      "offset", "pragma",   "regexp",
        "returning",    "window",  "filter",    "using",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (same_text(words[i], word))
            return true;
    return false;
}

static bool is_name(const struct sql_token *token)
{
    if (token->kind == SQL_BRACKETED)
        return *token->text && !strchr(token->text, ']');
    return token->kind == SQL_WORD && !select_is_reserved(token->text);
}

static bool read_name(struct parser *parser, char name[129])
{
    const struct sql_token *token = here(parser);
    if (parser->failed || !is_name(token) || strlen(token->text) > 128) {
        fail_here(parser);
        return false;
    }
    strcpy(name, token->text);
    parser->at++;
    return true;
}

/* --- columns --- */

static void add_reference(struct parser *parser, struct scope *scope, size_t source, size_t column)
{
    bool to_group = scope->in_group;
    size_t *count = to_group ? &scope->grouped_count : &scope->outside_count;
    struct reference *list = to_group ? scope->grouped : scope->outside;
    if (scope->in_aggregate)
        return;
    if (*count == REFERENCES) {
        fail(parser, 8623, "The query processor ran out of internal resources.");
        return;
    }
    list[*count] = (struct reference){.source = source, .column = column};
    snprintf(list[(*count)++].name, 129, "%s", scope->sources[source].columns[column].name);
}

static bool find_in_source(struct parser *parser, struct scope *scope, size_t source, const char *name,
                           struct sql_type *type)
{
    for (size_t i = 0; i < scope->sources[source].count; i++)
        if (same_text(scope->sources[source].columns[i].name, name)) {
            *type = scope->sources[source].columns[i].type;
            add_reference(parser, scope, source, i);
            return true;
        }
    return false;
}

static struct sql_type resolve_qualified(struct parser *parser, const char *alias, const char *name)
{
    struct sql_type type = {0};
    for (struct scope *scope = parser->scope; scope; scope = scope->outer)
        for (size_t i = 0; i < scope->source_count; i++)
            if (same_text(scope->sources[i].alias, alias)) {
                if (!find_in_source(parser, scope, i, name, &type))
                    fail(parser, 207, "Invalid column name '%s'.", name);
                return type;
            }
    fail(parser, 4104, "The multi-part identifier \"%s.%s\" could not be bound.", alias, name);
    return type;
}

static size_t times_in_scope(const struct scope *scope, const char *name)
{
    size_t times = 0;
    for (size_t i = 0; i < scope->source_count; i++)
        for (size_t j = 0; j < scope->sources[i].count; j++)
            times += same_text(scope->sources[i].columns[j].name, name);
    return times;
}

static bool is_listed(const struct scope *scope, const char *name, struct sql_type *type)
{
    for (size_t i = 0; scope->listed && i < scope->listed->column_count; i++)
        if (same_text(scope->listed->columns[i].name, name)) {
            *type = scope->listed->columns[i].type;
            return true;
        }
    return false;
}

static struct sql_type resolve_bare(struct parser *parser, const char *name)
{
    struct sql_type type = {0};
    if (is_listed(parser->scope, name, &type))
        return type;
    for (struct scope *scope = parser->scope; scope; scope = scope->outer) {
        size_t times = times_in_scope(scope, name);
        if (times > 1)
            fail(parser, 209, "Ambiguous column name '%s'.", name);
        for (size_t i = 0; times == 1 && i < scope->source_count; i++)
            if (find_in_source(parser, scope, i, name, &type))
                return type;
        if (times)
            return type;
    }
    fail(parser, 207, "Invalid column name '%s'.", name);
    return type;
}

static struct sql_type parse_column(struct parser *parser)
{
    char first[129], second[129];
    if (!read_name(parser, first))
        return (struct sql_type){0};
    if (!accept_symbol(parser, "."))
        return resolve_bare(parser, first);
    if (!read_name(parser, second))
        return (struct sql_type){0};
    return resolve_qualified(parser, first, second);
}

/* --- expressions --- */

static struct sql_type parse_aggregate(struct parser *parser, const char *name)
{
    struct sql_type type = {TYPE_INT, 4};
    bool counts = same_text(name, "COUNT"), sums = same_text(name, "SUM");
    struct scope *scope = parser->scope;
    if (scope->in_aggregate)
        fail(parser, 130,
             "Cannot perform an aggregate function on an expression containing an aggregate or a subquery.");
    scope->has_aggregate = scope->in_aggregate = true;
    if (!counts || !accept_symbol(parser, "*")) {
        accept_word(parser, "DISTINCT");
        struct sql_type argument = parse_expression(parser);
        if (!counts)
            type = argument;
    }
    scope->in_aggregate = false;
    if (type.kind == TYPE_BIT || (sums && (type.kind < TYPE_TINYINT || type.kind > TYPE_BIGINT)))
        fail(parser, 8117, "Operand data type %s is invalid for %s operator.",
             type.kind == TYPE_BIT ? "bit" : "nvarchar", name);
    if (sums && type.kind != TYPE_BIGINT)
        type = (struct sql_type){TYPE_INT, 4};
    expect_symbol(parser, ")");
    return type;
}

/* The type after AS, up to the bracket that closes CAST. SQLite knows numbers in brackets only, no `max`. */
static struct sql_type parse_type(struct parser *parser)
{
    struct sql_type type = {0};
    char text[64] = "";
    const struct sql_token *name = here(parser);
    bool known = name->kind == SQL_WORD;
    parser->at += known;
    if (known && accept_symbol(parser, "(")) {
        const struct sql_token *length = here(parser);
        known = length->kind == SQL_NUMBER;
        snprintf(text, sizeof text, "%.30s(%.20s)", name->text, known ? length->text : "");
        parser->at += known;
        expect_symbol(parser, ")");
    } else if (known) {
        snprintf(text, sizeof text, "%.30s", name->text);
    }
    static const enum type_kind castable[] = {TYPE_BIT, TYPE_INT, TYPE_BIGINT, TYPE_VARCHAR, TYPE_NVARCHAR};
    bool allowed = known && !same_text(text, "sysname") && sql_type_parse(text, &type);
    for (size_t i = 0; allowed && i < sizeof castable / sizeof *castable; i++)
        if (castable[i] == type.kind)
            return type;
    parser->at -= parser->at > 0;
    fail_here(parser);
    return type;
}

static struct sql_type parse_cast(struct parser *parser)
{
    expect_symbol(parser, "(");
    parse_expression(parser);
    expect_word(parser, "AS");
    struct sql_type type = parse_type(parser);
    expect_symbol(parser, ")");
    return type;
}

static struct sql_type parse_case(struct parser *parser)
{
    struct sql_type type = {0};
    bool simple = !sql_is_word(here(parser), "WHEN");
    if (simple)
        parse_expression(parser);
    if (!sql_is_word(here(parser), "WHEN"))
        fail_here(parser);
    while (accept_word(parser, "WHEN")) {
        if (simple)
            parse_expression(parser);
        else
            parse_condition(parser);
        expect_word(parser, "THEN");
        type = sql_type_combine(type, parse_expression(parser));
    }
    if (accept_word(parser, "ELSE"))
        type = sql_type_combine(type, parse_expression(parser));
    expect_word(parser, "END");
    return type;
}

static struct sql_type parse_coalesce(struct parser *parser)
{
    struct sql_type type = {0};
    size_t count = 0;
    expect_symbol(parser, "(");
    do {
        type = sql_type_combine(type, parse_expression(parser));
        count++;
    } while (accept_symbol(parser, ","));
    if (count < 2)
        fail_here(parser);
    expect_symbol(parser, ")");
    return type;
}

static struct sql_type parse_call(struct parser *parser)
{
    const char *name = here(parser)->text;
    struct sql_type type = {0};
    static const char *const aggregates[] = {"COUNT", "MAX", "MIN", "SUM"};
    parser->at += 2;
    for (size_t i = 0; i < sizeof aggregates / sizeof *aggregates; i++)
        if (same_text(aggregates[i], name))
            return parse_aggregate(parser, aggregates[i]);
    const struct sql_function *function = sql_function_find(name, parser->version);
    int count = 0;
    if (!function) {
        parser->at -= 2;
        fail_here(parser);
        return type;
    }
    if (!sql_is_symbol(here(parser), ")"))
        do {
            parse_expression(parser);
            count++;
        } while (accept_symbol(parser, ","));
    expect_symbol(parser, ")");
    if (count < function->least || count > function->most)
        fail(parser, 174, "The %s function requires %d argument(s).", name, function->least);
    sql_type_parse(function->type, &type);
    return type;
}

static struct sql_type parse_global(struct parser *parser)
{
    struct sql_type type = {0};
    const struct sql_function *value = sql_function_find(here(parser)->text, parser->version);
    if (value)
        sql_type_parse(value->type, &type);
    else
        fail(parser, 137, "Must declare the scalar variable \"%s\".", here(parser)->text);
    parser->at++;
    return type;
}

static struct sql_type parse_variable(struct parser *parser)
{
    const struct sql_parameter *parameter = sql_parameter_find(parser->parameters, here(parser)->text);
    if (!parameter)
        fail(parser, 137, "Must declare the scalar variable \"%s\".", here(parser)->text);
    parser->at++;
    return parameter ? parameter->type : (struct sql_type){0};
}

static struct sql_type parse_literal(struct parser *parser)
{
    const struct sql_token *token = here(parser);
    parser->at++;
    if (token->kind == SQL_NUMBER) {
        bool is_wide =
            strlen(token->text) > 9 && (strlen(token->text) > 10 || strcmp(token->text, "2147483647") > 0);
        return is_wide ? (struct sql_type){TYPE_BIGINT, 8} : (struct sql_type){TYPE_INT, 4};
    }
    size_t length = strlen(token->text);
    int limited = length > 4000 ? 4000 : length ? (int)length : 1;
    return (struct sql_type){token->kind == SQL_NATIONAL ? TYPE_NVARCHAR : TYPE_VARCHAR, limited};
}

static struct sql_type parse_subquery(struct parser *parser)
{
    struct select select = {0};
    struct sql_type type = {0};
    parse_query(parser, &select, false);
    if (!parser->failed && select.column_count != 1)
        fail(parser, 116,
             "Only one expression can be specified in the select list when the subquery is not "
             "introduced with EXISTS.");
    if (!parser->failed)
        type = select.columns[0].type;
    expect_symbol(parser, ")");
    select_free(&select);
    return type;
}

static struct sql_type parse_bracket(struct parser *parser)
{
    parser->at++;
    if (sql_is_word(here(parser), "SELECT"))
        return parse_subquery(parser);
    struct sql_type type = parse_expression(parser);
    expect_symbol(parser, ")");
    return type;
}

static struct sql_type parse_primary(struct parser *parser)
{
    const struct sql_token *token = here(parser);
    if (parser->failed)
        return (struct sql_type){0};
    if (token->kind == SQL_NUMBER || token->kind == SQL_STRING || token->kind == SQL_NATIONAL)
        return parse_literal(parser);
    if (token->kind == SQL_GLOBAL)
        return parse_global(parser);
    if (token->kind == SQL_VARIABLE)
        return parse_variable(parser);
    if (sql_is_symbol(token, "("))
        return parse_bracket(parser);
    if (accept_symbol(parser, "-"))
        return parse_primary(parser);
    if (accept_word(parser, "NULL"))
        return (struct sql_type){0};
    if (accept_word(parser, "CASE"))
        return parse_case(parser);
    if (accept_word(parser, "CAST"))
        return parse_cast(parser);
    if (accept_word(parser, "COALESCE"))
        return parse_coalesce(parser);
    if (is_name(token) && token->kind == SQL_WORD && sql_is_symbol(token + 1, "("))
        return parse_call(parser);
    return parse_column(parser);
}

static void parse_collation(struct parser *parser)
{
    while (accept_word(parser, "COLLATE")) {
        const struct sql_token *token = here(parser);
        if (token->kind != SQL_WORD ||
            (!same_text(token->text, "DATABASE_DEFAULT") && !sql_is_collation(token->text)))
            fail(parser, 448, "Invalid collation '%.100s'.", token->text ? token->text : "");
        parser->at += !parser->failed;
    }
}

static struct sql_type parse_expression(struct parser *parser)
{
    static const char *const operators[] = {"-", "*", "/", "%", "&"};
    if (++parser->depth > DEPTH)
        fail(parser, 191, "Some part of your SQL statement is nested too deeply.");
    struct sql_type type = parse_primary(parser);
    parse_collation(parser);
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (accept_symbol(parser, operators[i])) {
            type = sql_type_combine(type, parse_primary(parser));
            i = (size_t)-1;
        }
    parser->depth--;
    return type;
}

/* --- conditions --- */

static bool accept_comparison(struct parser *parser)
{
    static const char *const comparisons[] = {"=", "<>", "!=", "<", ">", "<=", ">="};
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (accept_symbol(parser, comparisons[i]))
            return true;
    return false;
}

static void parse_in(struct parser *parser)
{
    expect_symbol(parser, "(");
    if (sql_is_word(here(parser), "SELECT")) {
        parse_subquery(parser);
        return;
    }
    do
        parse_expression(parser);
    while (accept_symbol(parser, ","));
    expect_symbol(parser, ")");
}

static void parse_predicate(struct parser *parser)
{
    if (accept_word(parser, "EXISTS")) {
        struct select select = {0};
        expect_symbol(parser, "(");
        parse_query(parser, &select, false);
        expect_symbol(parser, ")");
        select_free(&select);
        return;
    }
    parse_expression(parser);
    if (accept_comparison(parser)) {
        parse_expression(parser);
        return;
    }
    if (accept_word(parser, "IS")) {
        accept_word(parser, "NOT");
        expect_word(parser, "NULL");
        return;
    }
    accept_word(parser, "NOT");
    if (accept_word(parser, "IN")) {
        parse_in(parser);
    } else if (accept_word(parser, "LIKE")) {
        parse_expression(parser);
        if (accept_word(parser, "ESCAPE"))
            parse_expression(parser);
    } else if (accept_word(parser, "BETWEEN")) {
        parse_expression(parser);
        expect_word(parser, "AND");
        parse_expression(parser);
    } else {
        fail_here(parser);
    }
}

/* "(a = b OR …)" and "(a) = b" begin alike: the first is tried, and given up when it does not end as a
 * condition. */
static bool parse_bracketed_condition(struct parser *parser)
{
    static const char *const goes_on[] = {"IS", "IN", "LIKE", "BETWEEN", "NOT", "COLLATE"};
    struct parser before = *parser;
    size_t outside = parser->scope->outside_count, grouped = parser->scope->grouped_count;
    parser->at++;
    parse_condition(parser);
    expect_symbol(parser, ")");
    bool is_condition = !parser->failed;
    for (size_t i = 0; is_condition && i < sizeof goes_on / sizeof *goes_on; i++)
        is_condition = !sql_is_word(here(parser), goes_on[i]);
    if (is_condition || (parser->failed && parser->error_number != 102))
        return true;
    *parser = before;
    parser->scope->outside_count = outside;
    parser->scope->grouped_count = grouped;
    return false;
}

static void parse_condition(struct parser *parser)
{
    if (++parser->depth > DEPTH)
        fail(parser, 191, "Some part of your SQL statement is nested too deeply.");
    do {
        while (accept_word(parser, "NOT"))
            ;
        bool is_bracket = sql_is_symbol(here(parser), "(") && !sql_is_word(here(parser) + 1, "SELECT");
        if (!parser->failed && !(is_bracket && parse_bracketed_condition(parser)))
            parse_predicate(parser);
    } while (accept_word(parser, "AND") || accept_word(parser, "OR"));
    parser->depth--;
}

/* --- FROM --- */

static bool accept_alias(struct parser *parser, char alias[129])
{
    if (accept_word(parser, "AS"))
        return read_name(parser, alias);
    return !parser->failed && is_name(here(parser)) && read_name(parser, alias);
}

static void parse_derived_table(struct parser *parser, struct source *source)
{
    struct select select = {0};
    struct scope *scope = parser->scope;
    parser->scope = scope->outer; /* a derived table does not see its neighbours */
    parse_query(parser, &select, false);
    parser->scope = scope;
    expect_symbol(parser, ")");
    source->columns = source->owned = select.columns;
    source->count = select.column_count;
    select.columns = NULL;
    select_free(&select);
    if (!accept_alias(parser, source->alias))
        fail_here(parser);
}

/* One to three names; `*parts` of them. A fourth, the linked server, is not on the list. */
static bool read_object_name(struct parser *parser, char names[3][129], int *parts)
{
    for (*parts = 0; *parts < 3;) {
        if (!read_name(parser, names[(*parts)++]))
            return false;
        if (!accept_symbol(parser, "."))
            break;
        if (*parts == 3)
            parser->at--;
    }
    if (sql_is_symbol(here(parser), ".") || sql_is_symbol(here(parser), "("))
        fail_here(parser);
    return !parser->failed;
}

static void parse_view(struct parser *parser, struct source *source)
{
    char names[3][129];
    int parts;
    size_t start = parser->at;
    if (!read_object_name(parser, names, &parts))
        return;
    const char *database = parts == 3 ? names[0] : NULL, *schema = parts > 1 ? names[parts - 2] : "dbo";
    enum catalog_result result = catalog_open(parser->catalog, database, schema, names[parts - 1],
                                              parser->reply, &source->columns, &source->count);
    if (result == CATALOG_DENIED)
        parser->is_reported = true;
    if (result != CATALOG_FOUND) {
        fail(parser, 208, "Invalid object name '%s%s%s%s%s'.", names[0], parts > 1 ? "." : "",
             parts > 1 ? names[1] : "", parts > 2 ? "." : "", parts > 2 ? names[2] : "");
        return;
    }
    if (database && parser->elsewhere_count < SOURCES)
        parser->elsewhere[parser->elsewhere_count++] = start;
    if (!accept_alias(parser, source->alias))
        snprintf(source->alias, sizeof source->alias, "%s", names[parts - 1]);
}

static void parse_source(struct parser *parser)
{
    struct scope *scope = parser->scope;
    if (scope->source_count == SOURCES) {
        fail(parser, 106, "Too many table names in the query.");
        return;
    }
    struct source *source = &scope->sources[scope->source_count];
    *source = (struct source){.alias = ""};
    if (accept_symbol(parser, "("))
        parse_derived_table(parser, source);
    else
        parse_view(parser, source);
    scope->source_count++;
}

static bool accept_join(struct parser *parser, bool *has_condition)
{
    *has_condition = true;
    if (accept_symbol(parser, ",")) {
        *has_condition = false;
        return true;
    }
    if (accept_word(parser, "CROSS")) {
        *has_condition = false;
        expect_word(parser, "JOIN");
        return !parser->failed;
    }
    if (accept_word(parser, "LEFT")) {
        accept_word(parser, "OUTER");
        expect_word(parser, "JOIN");
        return !parser->failed;
    }
    if (accept_word(parser, "INNER")) {
        expect_word(parser, "JOIN");
        return !parser->failed;
    }
    return accept_word(parser, "JOIN");
}

static void parse_from(struct parser *parser)
{
    bool has_condition;
    parse_source(parser);
    while (accept_join(parser, &has_condition)) {
        parse_source(parser);
        if (has_condition) {
            expect_word(parser, "ON");
            parse_condition(parser);
        }
    }
    parser->scope->outside_count = 0; /* ON's columns need no GROUP BY */
}

/* --- the whole --- */

static void add_column(struct select *select, const char *name, struct sql_type type)
{
    select->columns = reallocate(select->columns, (select->column_count + 1) * sizeof *select->columns);
    struct sql_column *column = &select->columns[select->column_count++];
    snprintf(column->name, sizeof column->name, "%s", name);
    column->type = type;
}

static bool parse_star(struct parser *parser, struct select *select)
{
    const char *alias = NULL;
    bool found = false;
    if (sql_is_symbol(here(parser), "*")) {
        parser->at++;
    } else if (is_name(here(parser)) && sql_is_symbol(here(parser) + 1, ".") &&
               sql_is_symbol(here(parser) + 2, "*")) {
        alias = here(parser)->text;
        parser->at += 3;
    } else {
        return false;
    }
    for (size_t i = 0; i < parser->scope->source_count; i++) {
        const struct source *source = &parser->scope->sources[i];
        if (alias && !same_text(source->alias, alias))
            continue;
        found = true;
        for (size_t j = 0; j < source->count; j++)
            add_column(select, source->columns[j].name, source->columns[j].type);
    }
    if (!found)
        fail(parser, 107,
             "The column prefix '%s' does not match with a table name or alias name used in the query.",
             alias ? alias : "*");
    return true;
}

static void parse_item(struct parser *parser, struct select *select)
{
    char name[129] = "";
    if (parse_star(parser, select))
        return;
    size_t start = parser->at;
    struct sql_type type = parse_expression(parser);
    if (parser->failed)
        return;
    const struct sql_token *first = &parser->list[start], *last = &parser->list[parser->at - 1];
    bool is_column =
        is_name(first) && (parser->at == start + 1 || (parser->at == start + 3 && is_name(last)));
    if (!accept_alias(parser, name) && is_column)
        snprintf(name, sizeof name, "%s", last->text);
    add_column(select, name, type);
}

/* The FROM that belongs to this SELECT: names of the list can be resolved only after it was read. */
static size_t find_from(const struct parser *parser)
{
    int depth = 0;
    for (size_t i = parser->at; parser->list[i].kind != SQL_END && depth >= 0; i++) {
        depth += sql_is_symbol(&parser->list[i], "(") - sql_is_symbol(&parser->list[i], ")");
        if (sql_is_symbol(&parser->list[i], ";"))
            return 0;
        if (depth == 0 && sql_is_word(&parser->list[i], "FROM"))
            return i;
    }
    return 0;
}

static void parse_list(struct parser *parser, struct select *select)
{
    do
        parse_item(parser, select);
    while (accept_symbol(parser, ","));
}

static void parse_group(struct parser *parser)
{
    parser->scope->in_group = true;
    do
        parse_expression(parser);
    while (accept_symbol(parser, ","));
    parser->scope->in_group = false;
}

static void check_group(struct parser *parser, size_t listed)
{
    const struct scope *scope = parser->scope;
    if (!scope->has_aggregate && !scope->grouped_count)
        return;
    for (size_t i = 0; i < listed; i++) {
        bool found = false;
        for (size_t j = 0; j < scope->grouped_count && !found; j++)
            found = scope->outside[i].source == scope->grouped[j].source &&
                    scope->outside[i].column == scope->grouped[j].column;
        if (!found)
            fail(parser, 8120,
                 "Column '%s.%s' is invalid in the select list because it is not contained in either an "
                 "aggregate "
                 "function or the GROUP BY clause.",
                 scope->sources[scope->outside[i].source].alias, scope->outside[i].name);
    }
}

static void parse_order(struct parser *parser, const struct select *select)
{
    expect_word(parser, "BY");
    parser->scope->listed = select;
    do {
        parse_expression(parser);
        if (!accept_word(parser, "ASC"))
            accept_word(parser, "DESC");
    } while (accept_symbol(parser, ","));
}

static void parse_clauses(struct parser *parser, struct select *select, bool is_outermost)
{
    size_t listed = parser->scope->outside_count;
    if (accept_word(parser, "WHERE")) {
        bool had_aggregate = parser->scope->has_aggregate;
        parser->scope->has_aggregate = false;
        parse_condition(parser);
        if (parser->scope->has_aggregate)
            fail(parser, 147, "An aggregate may not appear in the WHERE clause.");
        parser->scope->has_aggregate = had_aggregate;
    }
    if (accept_word(parser, "GROUP")) {
        expect_word(parser, "BY");
        parse_group(parser);
    }
    if (accept_word(parser, "HAVING"))
        parse_condition(parser);
    check_group(parser, listed);
    if (is_outermost && accept_word(parser, "ORDER"))
        parse_order(parser, select);
}

static void parse_query(struct parser *parser, struct select *select, bool is_outermost)
{
    struct scope *scope = allocate(sizeof *scope);
    scope->outer = parser->scope;
    parser->scope = scope;
    expect_word(parser, "SELECT");
    accept_word(parser, "DISTINCT");
    size_t list = parser->at, from = find_from(parser), after = 0;
    if (from) {
        parser->at = from + 1;
        parse_from(parser);
        after = parser->at;
        parser->at = parser->failed ? parser->at : list;
    }
    parse_list(parser, select);
    if (from && !parser->failed && parser->at != from)
        fail_here(parser);
    if (from && !parser->failed)
        parser->at = after;
    parse_clauses(parser, select, is_outermost);
    for (size_t i = 0; i < scope->source_count; i++)
        free(scope->sources[i].owned);
    parser->scope = scope->outer;
    free(scope);
}

/* --- for SQLite --- */

static void write_string(struct buffer *sql, const char *text)
{
    buffer_u8(sql, '\'');
    for (; *text; text++) {
        if (*text == '\'')
            buffer_u8(sql, '\'');
        buffer_u8(sql, (uint8_t)*text);
    }
    buffer_u8(sql, '\'');
}

static bool starts_elsewhere(const struct parser *parser, size_t token)
{
    for (size_t i = 0; i < parser->elsewhere_count; i++)
        if (parser->elsewhere[i] == token)
            return true;
    return false;
}

/* database.schema.name becomes [database.schema].name, or schema.name in the current database. */
static size_t write_database(struct parser *parser, struct buffer *sql, size_t token)
{
    const char *database = parser->list[token].text, *schema = parser->list[token + 2].text;
    if (same_text(database, catalog_current_database(parser->catalog)))
        buffer_format(sql, "[%s]", schema);
    else
        buffer_format(sql, "[%s.%s]", database, schema);
    return token + 2;
}

static char *rewrite(struct parser *parser, size_t first, size_t end)
{
    struct buffer sql = {0};
    for (size_t i = first; i < end; i++) {
        const struct sql_token *token = &parser->list[i];
        if (token->kind == SQL_STRING || token->kind == SQL_NATIONAL)
            write_string(&sql, token->text);
        else if (starts_elsewhere(parser, i))
            i = write_database(parser, &sql, i);
        else if (token->kind == SQL_BRACKETED)
            buffer_format(&sql, "[%s]", token->text);
        else if (token->kind == SQL_GLOBAL)
            buffer_format(&sql, "[%s]()", token->text);
        else
            buffer_text(&sql, token->text);
        buffer_u8(&sql, ' ');
    }
    buffer_u8(&sql, 0);
    return (char *)sql.data;
}

bool select_read(struct catalog *catalog, const struct sql_tokens *tokens, size_t *position,
                 const struct sql_parameters *parameters, struct reply *reply, struct select *select)
{
    struct parser parser = {.catalog = catalog,
                            .list = tokens->list,
                            .at = *position,
                            .parameters = parameters,
                            .reply = reply,
                            .version = catalog_version(catalog)};
    *select = (struct select){0};
    parse_query(&parser, select, true);
    if (parser.failed) {
        if (!parser.is_reported)
            reply_error(reply, parser.error_number, 1, parser.error_number == 102 ? 15 : 16, "%s",
                        parser.error);
        select_free(select);
        select->error_number = parser.error_number;
        return false;
    }
    select->sql = rewrite(&parser, *position, parser.at);
    *position = parser.at;
    return true;
}

void select_free(struct select *select)
{
    free(select->sql);
    free(select->columns);
    *select = (struct select){0};
}

const struct sql_parameter *sql_parameter_find(const struct sql_parameters *parameters, const char *name)
{
    for (size_t i = 0; parameters && i < parameters->count; i++)
        if (same_text(parameters->list[i].name, name))
            return &parameters->list[i];
    return NULL;
}
