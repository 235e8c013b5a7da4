/* What main asks of its children: the rows that go down the pipes. Same rules as in model.h. */
#pragma once

#include "audit/model/model.h"

/* ---- collector: one job, one instance, one process --------------------------------------------------- */

enum collector_task { TASK_INVENTORY = 1, TASK_LINK_TESTS, TASK_HISTORY_READ, TASK_HISTORY_STORE };
extern const struct name_table collector_task_names;

/* A link to test, in order; the plan behind it (who may be tested) is made by main. */
struct test_request {
    struct test_request *next;
    char *link, *login; /* the login that the target is offered, as in odbc/test_plan.h */
    char *endpoint;     /* its endpoint's canonical target: with the login, what a refusal counts for */
};

/* What the tasks of the history need besides a connection. Runs of the same title and zone are one series. */
struct history_request {
    char *title, *zone;            /* to read: the series; NULL is as good as "" */
    struct number runs;            /* to read: how many of its newest runs */
    char *report;                  /* to store: path of the published XML */
    struct number keep_runs, keep; /* to store: runs of its series that are kept, seconds; 0 or absent: all */
};

struct collector_job {
    enum collector_task task;
    char *instance; /* the configuration's name for it, in every message; "history" for the history's tasks */
    /* Exactly one of server, dsn and connection. server is a host or address that the driver can use as it
     * is. */
    char *server, *dsn, *connection;
    struct number port;
    char *driver, *uid, *encrypt;
    char *spn; /* Kerberos: the server's principal, where its name is not the one that is connected to */
    enum ternary trusted, has_password;         /* has_password: a secret frame follows */
    struct number login_timeout, query_timeout; /* milliseconds */
    struct number maximum_rows;                 /* per question; absent: 100000; 0: no limit */
    struct number memory;                       /* megabytes of address space; absent: 1024; 0: no limit */
    enum ternary usage;                         /* search code for uses of links */
    LIST_OF(struct test_request) tests;
    /* Milliseconds after which no test but the job's first is begun, nor is one when the session is lost:
     * those that are left have no row. Absent: all have one. */
    struct number tests_for;
    struct history_request *history;
};

/* What a collector says as soon as an instance has let it in. */
struct session_opened {
    char *instance;
};

/* ---- resolver ----------------------------------------------------------------------------------------- */

struct candidate {
    struct candidate *next;
    char *name, *source; /* dns, configuration, alias: why it is tried */
};

/* Answered by an <endpoint id="…"> row that holds its <resolve>, after `timeout` milliseconds at the latest.
 */
struct resolve_job {
    char *id;
    struct number timeout;
    enum ternary reverse;
    LIST_OF(struct candidate) candidates; /* the first that has an address wins */
};

/* ---- prober ------------------------------------------------------------------------------------------- */

enum probe_depth {
    DEPTH_BROWSER = 1, /* only SQL Browser is asked: to find an instance's port */
    DEPTH_HANDSHAKE,
    DEPTH_VERSIONS,
    DEPTH_FULL
};
extern const struct name_table probe_depth_names;

/* The first row that a prober gets; it seals itself after reading it. */
struct prober_settings {
    char *ca_file;                                               /* NULL: the system's */
    struct number connect_timeout, tls_timeout, browser_timeout; /* milliseconds */
    struct number concurrency, per_host_connections, rate;       /* sockets; per address; new ones a second */
};

/* Answered by one <endpoint id="…"> row with all that was found. */
struct probe_job {
    char *id;
    enum endpoint_kind kind;
    enum probe_depth depth;
    char *host; /* as in the data source: SNI, and what the certificate is matched with */
    char *instance;
    struct number port;                /* absent: the kind's default, or what SQL Browser says */
    LIST_OF(struct address) addresses; /* allowed ones only */
};

/* ---- reporter ----------------------------------------------------------------------------------------- */

struct reporter_output {
    struct reporter_output *next;
    char *format, *path; /* a format of reports/output.h */
};

/* Answered by D when every output was written; by L lines, and no D, when one was not. */
struct reporter_job {
    char *report;        /* path of the published XML */
    char *stylesheet;    /* NULL: the built-in one */
    enum ternary latest; /* let latest.* point to the outputs */
    LIST_OF(struct reporter_output) outputs;
};
