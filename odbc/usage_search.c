#include "audit/model/clock.h"
#include "odbc/collector.h"
#include "odbc/inventory.h"
#include "odbc/statement.h"
#include "odbc/usage.h"

#include <limits.h>
#include <locale.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>
#include <wctype.h>

enum {
    NAMES_PER_STATEMENT = 100, /* links searched for by one statement */
    NO_USER_THERE = 916        /* error: the principal is not able to access the database */
};

/* A use of one name by one object, while its text is read. */
struct found_use {
    struct found_use *next;
    const char *link; /* as sys.servers spells it, or, where there is none, as the code does */
    const char *how;
    bool exists;
    int64_t count;
};

struct search {
    struct collector *collector;
    const char *database; /* NULL: none */
    size_t first, last;   /* links of this statement, by their place in the list */
    LIST_OF(struct found_use) found;
    struct database result;
    bool texts_cut;
};

/* ---- names -------------------------------------------------------------------------------------------- */

/* The next character without its case; invalid bytes stand for themselves. */
static wint_t fold_next(const char **text)
{
    mbstate_t state = {0};
    wchar_t character;
    size_t length = mbrtowc(&character, *text, MB_LEN_MAX, &state);
    if (length == 0)
        return 0;
    bool valid = length <= MB_LEN_MAX;
    wint_t folded = valid ? towlower((wint_t)character) : (unsigned char)**text;
    *text += valid ? length : 1;
    return folded;
}

static bool same_without_case(const char *a, const char *b)
{
    static locale_t unicode;
    if (!unicode)
        unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = unicode ? uselocale(unicode) : (locale_t)0;
    wint_t one, other;
    do {
        one = fold_next(&a);
        other = fold_next(&b);
    } while (one == other && one != 0);
    if (before)
        uselocale(before);
    return one == other;
}

/* As the instance's collation has it, but for collations that ignore accents. */
static bool same_name(const struct collector *collector, const char *a, const char *b)
{
    return collector->case_sensitive ? strcmp(a, b) == 0 : same_without_case(a, b);
}

/* The link of that name, and its place; NULL: no such link. */
static const struct link_entry *find_link(const struct collector *collector, const char *name, size_t *place)
{
    *place = 0;
    list_each (struct link_entry, link, &collector->links) {
        if (same_name(collector, link->name, name))
            return link;
        ++*place;
    }
    return NULL;
}

static void count_use(struct search *search, const char *link, const char *how, bool exists)
{
    list_each (struct found_use, found, &search->found) {
        if (strcmp(found->how, how) == 0 && strcmp(found->link, link) == 0) {
            found->count++;
            return;
        }
    }
    struct found_use *found = arena_alloc(search->collector->scratch, sizeof(*found));
    found->link = arena_text(search->collector->scratch, link);
    found->how = how;
    found->exists = exists;
    found->count = 1;
    list_append(&search->found, found);
}

/* Each statement finds texts for its own share of the links; what does not exist is noted with the first
 * share. */
static void take_use(void *context, const struct name_use *use)
{
    struct search *search = context;
    struct collector *collector = search->collector;
    size_t place;
    const struct link_entry *link = find_link(collector, use->name, &place);
    if (link && place >= search->first && place < search->last)
        count_use(search, link->name, use->how, true);
    bool local = collector->local_server && same_name(collector, collector->local_server, use->name);
    if (!link && !local && use->certain && search->first == 0)
        count_use(search, use->name, use->how, false);
}

/* Sends what was found in one object. */
static void send_uses(struct search *search, const char *object, enum use_type type)
{
    list_each (struct found_use, found, &search->found) {
        struct use use = {.database = (char *)search->database,
                          .object = (char *)object,
                          .type = type,
                          .count = number_of(found->count),
                          .how = (char *)found->how,
                          .link = (char *)found->link};
        struct linked_server link = {.name = (char *)found->link};
        list_append(&link.uses, &use);
        if (found->exists)
            send_row(search->collector, &linked_server_element, &link);
        else
            send_row(search->collector, &dangling_use_element, &use);
    }
    memset(&search->found, 0, sizeof(search->found));
}

static char *object_name(struct search *search, const struct result_row *row)
{
    const char *schema = row_text(row, "schema_name"), *name = row_text(row, "object_name");
    struct arena *scratch = search->collector->scratch;
    return schema ? arena_format(scratch, "%s.%s", schema, name ? name : "")
                  : arena_text(scratch, name ? name : "");
}

/* The two letters of sys.objects.type. */
static enum use_type module_type(const char *type)
{
    static const struct {
        const char *letters;
        enum use_type type;
    } types[] = {{"V", USE_VIEW},      {"P", USE_PROCEDURE}, {"PC", USE_PROCEDURE}, {"RF", USE_PROCEDURE},
                 {"FN", USE_FUNCTION}, {"IF", USE_FUNCTION}, {"TF", USE_FUNCTION},  {"FS", USE_FUNCTION},
                 {"FT", USE_FUNCTION}, {"TR", USE_TRIGGER},  {"TA", USE_TRIGGER}};
    size_t length = type ? strcspn(type, " ") : 0; /* char(2) is padded */
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (length == strlen(types[i].letters) && strncmp(types[i].letters, type, length) == 0)
            return types[i].type;
    return USE_OTHER;
}

/* ---- rows --------------------------------------------------------------------------------------------- */

static void search_text(struct search *search, const struct result_row *row, const char *column)
{
    const char *text = row_long_text(row, column);
    if (text)
        usage_find(text, take_use, search);
    search->texts_cut = search->texts_cut || row_cut(row, column);
}

static bool module_row(void *context, const struct result_row *row)
{
    struct search *search = context;
    search_text(search, row, "definition");
    send_uses(search, object_name(search, row), module_type(row_text(row, "type")));
    search->result.modules.value++;
    return true;
}

static bool numbered_procedure_row(void *context, const struct result_row *row)
{
    struct search *search = context;
    const char *number = row_text(row, "procedure_number");
    search_text(search, row, "definition");
    send_uses(
        search,
        arena_format(search->collector->scratch, "%s;%s", object_name(search, row), number ? number : "?"),
        USE_PROCEDURE);
    return true;
}

/* Where T-SQL is only part of a text, no name is certain. */
static void take_string(void *context, const struct name_use *use)
{
    struct name_use string = {HOW_STRING, use->name, false};
    take_use(context, &string);
}

static bool database_trigger_row(void *context, const struct result_row *row)
{
    struct search *search = context;
    search_text(search, row, "definition");
    send_uses(search, object_name(search, row), USE_TRIGGER);
    return true;
}

static bool server_trigger_row(void *context, const struct result_row *row)
{
    struct search *search = context;
    search_text(search, row, "definition");
    send_uses(search, object_name(search, row), USE_SERVER_TRIGGER);
    return true;
}

static bool unreadable_module_row(void *context, const struct result_row *row)
{
    struct search *search = context;
    (void)row;
    search->result.unreadable_modules.value++;
    return true;
}

static void take_synonym(void *context, const struct name_use *use)
{
    struct name_use synonym = {HOW_SYNONYM, use->name, strcmp(use->how, HOW_FOUR_PART_NAME) == 0};
    take_use(context, &synonym);
}

static bool synonym_row(void *context, const struct result_row *row)
{
    struct search *search = context;
    const char *base = row_text(row, "base_object_name");
    if (base)
        usage_find(base, take_synonym, search);
    send_uses(search, object_name(search, row), USE_SYNONYM);
    return true;
}

static bool dependency_row(void *context, const struct result_row *row)
{
    struct search *search = context;
    const char *server = row_text(row, "referenced_server_name");
    struct name_use use = {HOW_DEPENDENCY, server, true};
    if (server)
        take_use(search, &use);
    send_uses(search, object_name(search, row), module_type(row_text(row, "type")));
    return true;
}

/* In what is not T-SQL itself, a command line say, quotes of its own stand around the T-SQL. */
static void search_command(struct search *search, const struct result_row *row)
{
    const char *subsystem = row_text(row, "subsystem"), *command = row_long_text(row, "command");
    if (!command || (subsystem && strcmp(subsystem, "TSQL") == 0)) {
        search_text(search, row, "command");
        return;
    }
    char *text = arena_text(search->collector->scratch, command);
    for (char *c = text; *c; c++)
        if (*c == '"' || *c == '\'')
            *c = ' ';
    usage_find(text, take_string, search);
}

static bool job_step_row(void *context, const struct result_row *row)
{
    struct search *search = context;
    const char *job = row_text(row, "job_name"), *step = row_text(row, "step_name"),
               *id = row_text(row, "step_id");
    search_command(search, row);
    send_uses(search,
              arena_format(search->collector->scratch, "%s, step %s (%s)", job ? job : "", id ? id : "",
                           step ? step : ""),
              USE_JOB_STEP);
    return true;
}

struct database_rights {
    enum ternary view_definition, select_dependencies;
};

static bool database_permissions_row(void *context, const struct result_row *row)
{
    struct database_rights *rights = context;
    rights->view_definition = row_flag(row, "view_definition");
    rights->select_dependencies = row_flag(row, "select_dependencies");
    return false;
}

/* ---- one database ------------------------------------------------------------------------------------- */

static bool database_now_row(void *context, const struct result_row *row)
{
    *(bool *)context = row_text(row, "collation_name") != NULL;
    return false;
}

/* Since the list was read whoever was in it may have left. */
static bool is_open_now(struct collector *collector, const struct database_entry *database)
{
    bool is_open = false;
    if (!database->is_open)
        return false;
    const char *sql =
        statement_with(collector->scratch, statement_text(collector->scratch, "sql/database_now.sql"),
                       "DATABASENAME", database->name, QUOTE_STRING);
    return ask_statement(collector, sql, database_now_row, &is_open).outcome == STATEMENT_OK && is_open;
}

/* Why the database is left alone; NULL: it is searched. */
static const char *why_left_alone(struct collector *collector, const struct database_entry *database)
{
    if (collector->job->usage != TERNARY_TRUE)
        return "usage = no";
    if (strcasecmp(database->name, "tempdb") == 0)
        return "nothing in tempdb lasts";
    if (strcasecmp(database->name, "model") == 0)
        return "a session in model makes every CREATE DATABASE fail";
    if (database->is_snapshot)
        return "a snapshot of another database";
    if (database->state && strcmp(database->state, "ONLINE") != 0)
        return arena_format(collector->scratch, "not online: %s", database->state);
    if (database->user_access && strcmp(database->user_access, "SINGLE_USER") == 0)
        return "SINGLE_USER: the search would take the only seat";
    if (database->is_standby)
        return "a log shipping standby: a session in it makes the next restore fail";
    if (database->auto_close && !is_open_now(collector, database))
        return "AUTO_CLOSE, and closed: the search would start it";
    if (collector->timeouts >= QUESTION_TIMEOUTS_MAXIMUM)
        return "three questions before had no answer within the query time-out";
    return NULL;
}

static void send_rights(struct collector *collector, const char *database,
                        const struct database_rights *rights)
{
    const struct visibility rows[] = {
        {.permission = (char *)"VIEW DEFINITION",
         .database = (char *)database,
         .granted = rights->view_definition,
         .hides = (char *)"modules"},
        {.permission = (char *)"SELECT sys.sql_expression_dependencies",
         .database = (char *)database,
         .granted = rights->select_dependencies,
         .hides = (char *)"dependencies"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        send_row(collector, &visibility_element, &rows[i]);
}

static bool succeeded(struct search *search, const char *file, const struct statement_result *result)
{
    if (result->outcome == STATEMENT_OK && !result->rows_cut)
        return true;
    send_not_readable(search->collector, question_name(search->collector, file), search->database, result);
    search->result.reason =
        arena_format(search->collector->arena, "%s: %s", question_name(search->collector, file),
                     result->rows_cut ? "more rows than the limit" : "not readable, or not wholly");
    return false;
}

static bool ask_about(struct search *search, const char *file, row_handler *handler)
{
    struct collector *collector = search->collector;
    forget_scratch(collector);
    struct statement_result result =
        ask_statement(collector, statement_text(collector->scratch, file), handler, search);
    return succeeded(search, file, &result);
}

/* One statement for so many links at a time; none, where a statement fails: the next would as well. */
static void search_modules(struct search *search)
{
    static const char file[] = "sql/modules.sql";
    struct collector *collector = search->collector;
    struct link_entry *link = collector->links.first;
    bool more = true;
    for (search->first = 0; more; search->first = search->last) {
        const char *names[NAMES_PER_STATEMENT];
        size_t count = 0;
        forget_scratch(collector);
        for (; link && count < NAMES_PER_STATEMENT; link = link->next)
            names[count++] = link->name;
        search->last = search->first + count;
        const char *sql = statement_with_each(collector->scratch, statement_text(collector->scratch, file),
                                              "REMOTELINKNAME", names, count, QUOTE_PATTERN);
        struct statement_result result = ask_statement(collector, sql, module_row, search);
        more = succeeded(search, file, &result) && link;
    }
    search->first = 0;
    search->last = SIZE_MAX;
}

static void search_dependencies(struct search *search, const struct database_rights *rights)
{
    struct collector *collector = search->collector;
    if (collector->major == 9)
        send_not_asked(collector, "dependencies", search->database,
                       "this version has no such view or function");
    else if (rights->select_dependencies == TERNARY_FALSE)
        send_not_asked(collector, "dependencies", search->database,
                       "no SELECT permission on sys.sql_expression_dependencies");
    else
        ask_about(search, "sql/dependencies.sql", dependency_row);
}

static bool enter(struct search *search)
{
    static const char file[] = "sql/use_database.sql";
    struct collector *collector = search->collector;
    forget_scratch(collector);
    const char *sql = statement_with(collector->scratch, statement_text(collector->scratch, file),
                                     "DATABASENAME", search->database, QUOTE_BRACKET);
    struct statement_result result = ask_statement(collector, sql, NULL, search);
    const struct message *message = deciding_message(&result.messages);
    if (result.outcome == STATEMENT_OK)
        return true;
    bool no_user = message && message->number.known && message->number.value == NO_USER_THERE;
    search->result.reason =
        no_user ? arena_text(collector->arena,
                             "the audit login cannot enter it (no user there and no CONNECT ANY DATABASE)")
                : arena_format(collector->arena, "could not be entered: %s",
                               message && message->text ? message->text : "no reason given");
    return false;
}

static void search_within(struct search *search)
{
    struct database_rights rights = {TERNARY_UNKNOWN, TERNARY_UNKNOWN};
    struct collector *collector = search->collector;
    if (!enter(search)) {
        search->result.searched = TERNARY_FALSE;
        return;
    }
    struct statement_result result =
        ask_statement(collector, statement_text(collector->scratch, "sql/database_permissions.sql"),
                      database_permissions_row, &rights);
    if (result.outcome == STATEMENT_OK)
        send_rights(collector, search->database, &rights);
    search->result.searched = TERNARY_TRUE;
    search->result.modules = search->result.unreadable_modules = number_of(0);
    search_modules(search);
    ask_about(search, "sql/numbered_procedures.sql", numbered_procedure_row);
    ask_about(search, "sql/database_triggers.sql", database_trigger_row);
    ask_about(search, "sql/unreadable_modules.sql", unreadable_module_row);
    ask_about(search, "sql/synonyms.sql", synonym_row);
    search_dependencies(search, &rights);
    if (search->texts_cut)
        search->result.reason =
            arena_text(collector->arena, "the text of a module was too long to be read whole");
}

static void search_database(struct collector *collector, const struct database_entry *database)
{
    struct search search = {.collector = collector, .database = database->name, .last = SIZE_MAX};
    forget_scratch(collector);
    const char *reason = why_left_alone(collector, database);
    search.result.name = database->name;
    search.result.state = database->state;
    if (reason) {
        search.result.searched = collector->job->usage == TERNARY_TRUE ? TERNARY_FALSE : TERNARY_UNKNOWN;
        search.result.reason = (char *)reason;
    } else {
        int64_t start = monotonic_ms();
        search_within(&search);
        search.result.ms = number_of(monotonic_ms() - start);
    }
    send_row(collector, &database_element, &search.result);
}

/* ---- the instance ------------------------------------------------------------------------------------- */

static void search_jobs(struct search *search)
{
    enum { EXPRESS = 4 };
    struct collector *collector = search->collector;
    if (collector->engine_edition == EXPRESS) /* has no Agent */
        return;
    if (collector->may_read_jobs != TERNARY_TRUE)
        send_not_asked(collector, "job_steps", "msdb",
                       "no SELECT permission on msdb.dbo.sysjobs and sysjobsteps");
    else
        ask_about(search, "sql/job_steps.sql", job_step_row);
}

/* Link tests may follow in this session, and a session in a database holds it open. */
static void leave_databases(struct collector *collector)
{
    struct search search = {.collector = collector, .database = "master"};
    enter(&search);
}

void collect_uses(struct collector *collector)
{
    struct search search = {.collector = collector, .last = SIZE_MAX};
    if (collector->job->usage == TERNARY_TRUE) {
        search_jobs(&search);
        ask_about(&search, "sql/server_triggers.sql", server_trigger_row);
    }
    list_each (struct database_entry, database, &collector->databases) {
        if (!collector->lost)
            search_database(collector, database);
    }
    if (collector->job->usage == TERNARY_TRUE)
        leave_databases(collector);
}
