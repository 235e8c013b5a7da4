/* What the parts of the collector share: one job, one connection, the rows going up. Internal to odbc/.
 *
 * The first row of a new session is <session-opened>. The rows of an inventory, in this order: <instance>
 * (attributes only; its status is `audited`, which holds unless a <failure> or the stream's end without D
 * says otherwise), properties, visibilities, then <linked-server> with its mappings, then everything else;
 * uses come as <linked-server name><use/></linked-server> rows of their own. A job of link tests answers with
 * <linked-server name><test/></linked-server>, one row for each request that was not left (tests_for). A
 * question without an answer is a <not-readable> row. A failed
 * connection is a <failure> row and nothing else. The D frame's payload is empty while there is a session for
 * a next job, else "closed". */
#pragma once

#include "audit/frame.h"
#include "audit/model/job.h"
#include "audit/model/properties.h"
#include "odbc/session.h"
#include "reports/row.h"

/* Where the instance runs, because it decides what may be asked there. */
enum hosting {
    HOSTING_WINDOWS,
    HOSTING_LINUX,
    HOSTING_MANAGED_INSTANCE,
    HOSTING_RDS,
    HOSTING_AZURE,
    HOSTING_BABELFISH
};

/* A login mapping, until the row of its server comes. */
struct mapping_entry {
    struct mapping_entry *next;
    int64_t server_id;
    struct login_mapping mapping;
};

struct link_entry {
    struct link_entry *next;
    char *name, *provider;
};

struct database_entry {
    struct database_entry *next;
    char *name, *state, *user_access;
    bool auto_close, is_open, is_snapshot, is_standby;
};

struct string_entry {
    struct string_entry *next;
    int64_t server_id;
    char *text;
};

struct collector {
    int fd;
    struct frame_buffer rows; /* not sent yet */
    int64_t sent_at;          /* the last that were; of the monotonic clock */
    const struct collector_job *job;
    struct odbc_session *session;
    const char *password;  /* of this job; NULL: none. No message may repeat it */
    bool fresh;            /* the session is this job's own, not one of a job before */
    struct arena *arena;   /* as long as the job */
    struct arena *scratch; /* as long as one question */
    bool lost;             /* the connection broke: nothing further can be asked */
    int timeouts;          /* statements that were not answered in time */

    /* what later questions rest on */
    int major, minor; /* of ProductVersion; 0: not known */
    int64_t engine_edition;
    enum hosting hosting;
    unsigned network_values_seen; /* a bit for each of registry.c */
    int utc_offset;               /* minutes */
    char *local_server;  /* the name of the row of the instance itself in sys.servers; NULL: there is none */
    bool case_sensitive; /* names of servers are compared so */
    enum ternary sees_provider_strings, provider_strings_procedure, may_read_jobs;
    LIST_OF(struct mapping_entry) mappings;
    LIST_OF(struct link_entry) links;
    LIST_OF(struct string_entry) provider_strings;
    LIST_OF(struct database_entry) databases;
};

/* ---- rows up ------------------------------------------------------------------------------------------ */

/* Soon: with those that come before and after it, but not later than the next statement. */
void send_row(struct collector *collector, const struct element *element, const void *item);
/* Now: before anything that may take its time, or may be this process's end. */
void send_rows(struct collector *collector);
void send_property(struct collector *collector, const char *name, const char *value);
void send_property_number(struct collector *collector, const char *name, struct number value);
void send_failure(struct collector *collector, enum failure_phase phase, const message_list *messages);
/* `what` is the question, database may be NULL; the reason is taken from the result. */
void send_not_readable(struct collector *collector, const char *what, const char *database,
                       const struct statement_result *result);
void send_not_asked(struct collector *collector, const char *what, const char *database, const char *reason);

enum { QUESTION_TIMEOUTS_MAXIMUM = 3 }; /* then no further question is asked: the instance is in trouble */

/* ---- asking ------------------------------------------------------------------------------------------- */

/* Asks the file's question and gives each row to the handler, whose context is the collector. The scratch
 * arena is emptied first. */
struct statement_result ask(struct collector *collector, const char *file, row_handler *handler);

/* Empties the scratch arena: nothing of an earlier question is needed any more. */
void forget_scratch(struct collector *collector);

/* The same with a statement made from a file. */
struct statement_result ask_statement(struct collector *collector, const char *sql, row_handler *handler,
                                      void *context);

/* "sql/listeners.sql" as "listeners": a question's name in the report. */
char *question_name(struct collector *collector, const char *file);

/* ---- the parts ---------------------------------------------------------------------------------------- */

/* questions.c: the whole inventory, or a <failure> where its foundation is missing. */
void collect_inventory(struct collector *collector);
/* usage_search.c: uses of links in databases and jobs; with usage = no, the databases only. */
void collect_uses(struct collector *collector);
/* link_tests.c */
void collect_link_tests(struct collector *collector);
