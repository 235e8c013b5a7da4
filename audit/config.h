/* The configuration: an INI file in the manner of odbc.ini. README.md lists every key. */
#pragma once

#include "audit/model/job.h"
#include "audit/network.h"
#include "audit/secret.h"
#include "audit/target/host_table.h"

/* Where a value stands, for messages. */
struct place {
    const char *file;
    unsigned line; /* 0: not in the file (a default) */
};

struct login_config {
    struct login_config *next;
    char *name;
    struct place place;
    char *driver, *uid, *password_file, *password_command, *password_env, *encrypt;
    bool trusted;
    struct secret password; /* loaded by config_load_secrets */
};

struct instance_config {
    struct instance_config *next;
    char *name;
    struct place place;
    char *server, *dsn, *connection; /* exactly one */
    char *login_name, *tags;
    struct login_config *login;                     /* NULL: the DSN or connection string says it all */
    int64_t deadline, login_timeout, query_timeout; /* milliseconds */
};

/* An entry of [hosts]: NAME = address or other name. */
struct host_config {
    struct host_config *next;
    char *name, *target;
};

/* The section [history]: where runs are stored. */
struct history_config {
    bool wanted; /* the section is there */
    struct place place;
    char *file, *connection; /* exactly one: an SQLite file, or a connection string */
    char *login_name;
    struct login_config *login;   /* only with a connection; NULL: it says it all */
    int64_t runs;                 /* former runs that a report shows */
    int64_t keep_runs, keep_days; /* 0: all */
    int64_t deadline;             /* milliseconds */
};

/* A key of [policy], read by the rules. */
struct policy_config {
    struct policy_config *next;
    char *key, *value;
    struct place place;
};

enum link_test_choice { LINK_TEST_SQLSERVER = 1, LINK_TEST_ALL, LINK_TEST_NONE };
extern const struct name_table link_test_names;

struct config {
    struct arena *arena; /* owns all text */
    char *file;
    char *title, *output_dir, *format, *ca_file, *policy_file, *notify_command;
    enum severity fail_on; /* 0: never */
    int64_t keep;          /* reports; 0: all */
    /* milliseconds */
    int64_t deadline, instance_deadline, login_timeout, query_timeout, connect_timeout, tls_timeout,
        versions_every;
    int64_t instance_concurrency, probe_concurrency, per_host_connections, rate, link_test_concurrency;
    enum link_test_choice link_test;
    bool link_test_self, usage;
    enum probe_depth probe_depth;
    char **dns_suffixes; /* ended by NULL */
    struct network_list allow, deny;
    LIST_OF(struct login_config) logins;
    LIST_OF(struct instance_config) instances;
    LIST_OF(struct host_config) hosts;
    struct host_table *host_table; /* of hosts, for search; NULL: there is none */
    LIST_OF(struct policy_config) policy;
    struct history_config history;
};

/* Reads and checks the file. Every mistake is one line on standard error: file, line, key, what was expected.
 * NULL when there was one. */
struct config *config_read(const char *path);
/* What holds without a configuration file: the defaults, and nothing to audit. */
struct config *config_defaults(void);

void config_free(struct config *config);

/* Reads every login's password. Mistakes as above. */
bool config_load_secrets(struct config *config);

/* The file that is read when none is named: $LINKAUDIT_CONFIG, or /etc/linkaudit/linkaudit.ini. */
const char *config_default_path(void);

/* "90s", "10m", "7d", "250ms" as milliseconds, or -1. */
int64_t duration_parse(const char *text);
