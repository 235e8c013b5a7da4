/* From a job's server, DSN or connection string to the string that its ODBC driver really honours.
 *
 * Drivers ignore keywords that they do not know and misread others without a word, so each family of drivers
 * has its own table, and what a driver or the driver manager cannot carry is refused with the reason. Pure:
 * main uses it to check the configuration, the collector to connect. */
#pragma once

#include "audit/model/job.h"

enum {
    /* unixODBC 2.3 copies connection strings into buffers of 2048 bytes on some of its paths. */
    CONNECTION_STRING_MAXIMUM = 2047
};

enum driver_family {
    DRIVER_FREETDS = 1,
    DRIVER_MICROSOFT, /* ODBC Driver 17 or 18 for SQL Server */
    DRIVER_OTHER
};

/* Values of the key `encrypt`. */
enum encrypt_choice {
    ENCRYPT_OFF = 1,  /* never, where the driver can do without */
    ENCRYPT_OPTIONAL, /* the default: when the server offers or demands it; the certificate is not checked */
    ENCRYPT_REQUIRE,  /* always; the certificate is not checked */
    ENCRYPT_VERIFY,   /* always, and the certificate must be trusted and carry the server's name */
    ENCRYPT_STRICT    /* TDS 8.0 */
};
extern const struct name_table encrypt_choice_names;

/* The family that a driver's name (a section of odbcinst.ini, or a library's path) belongs to. */
enum driver_family driver_family(const char *driver);

/* The driver that the job's connection string names (DRIVER=, without braces), else the configuration's; NULL
 * where a DSN decides. Of the arena. */
char *connection_string_driver(struct arena *arena, const struct collector_job *job);

struct connection_string {
    char *text;        /* UTF-8; holds the password. NULL: refused */
    const char *error; /* why: names what was refused, what was expected and what to do; static */
};

/* Builds the string for the job. `password` may be NULL (none). The result is for connection_string_clear.
 *
 * server=: address and port in the driver's own spelling, never a prefix or a named instance; APP and the
 * audit host's name, so that a DBA can find the session; the database master, not the login's default. dsn=
 * and connection=: as given; UID, PWD, Database and APP are added where the string has none; what the driver
 * is known to ignore or to misread is refused. `host` is the audit host's name, or NULL. */
struct connection_string connection_string_build(const struct collector_job *job, const char *password,
                                                 const char *host);

/* Why a string that somebody wrote may not stand in a configuration: it has a password in it. Static; NULL:
 * it may. */
const char *connection_string_exposes(const char *given);

/* The same for people: PWD and every keyword like it is ***. Allocated in the arena; never NULL. Where the
 * string is refused, it is the reason. */
char *connection_string_redacted(struct arena *arena, const struct collector_job *job, bool has_password,
                                 const char *host);

/* Wipes and frees it. */
void connection_string_clear(struct connection_string *string);
