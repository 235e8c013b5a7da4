/* What was done to each listener of the estate; every function may be called from any thread. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

enum counter {
    COUNT_CONNECTIONS,
    COUNT_PRELOGINS,
    COUNT_TLS_STARTED, /* a first handshake message arrived */
    COUNT_TLS_COMPLETED,
    COUNT_TLS_BROKEN,     /* started and not completed, for whatever reason */
    COUNT_STRICT_REFUSED, /* TDS 7 against strict-only, or strict without a usable certificate (17819, 17821)
                           */
    COUNT_MALFORMED,  /* bytes that are no TDS, or a PRELOGIN or LOGIN7 that cannot be read (17832, 17836) */
    COUNT_UNANSWERED, /* a handshake begun that the listener's behaviour leaves without its answer */
    COUNT_CLOSED_BEFORE_LOGIN, /* a good PRELOGIN, then the client left without LOGIN7 */
    COUNT_LOGINS_ACCEPTED,
    COUNT_LOGINS_REFUSED,
    COUNT_STATEMENTS,
    COUNT_STATEMENTS_REFUSED, /* answered with an error */
    COUNT_ATTENTIONS,
    COUNT_LINK_TESTS,
    COUNT_BROWSER_REQUESTS,
    COUNT_DATABASES_WOKEN,  /* closed ones that were started */
    COUNT_DATABASES_SEIZED, /* entered where a session stands in somebody's way: the only seat, model, a
                               standby */
    COUNTERS,
};

/* What can be many at a time; the statistics hold the highest number seen, as `peak_…`. */
enum gauge { GAUGE_CONNECTIONS, GAUGE_LINK_TESTS, GAUGES };

struct statistics;

struct statistics *statistics_new(void);
void statistics_free(struct statistics *statistics);

void statistics_count(struct statistics *statistics, enum counter counter);
void statistics_begin(struct statistics *statistics, enum gauge gauge);
void statistics_end(struct statistics *statistics, enum gauge gauge);
/* A login attempt: what was offered, by whom ("client" or "link INSTANCE/LINK"), and whether it was accepted.
 */
void statistics_login(struct statistics *statistics, const char *user, const char *password, const char *by,
                      bool accepted);
/* How many attempts of that user were accepted so far, whoever made them. */
unsigned long statistics_accepted(struct statistics *statistics, const char *user);
void statistics_link_test(struct statistics *statistics, const char *link);

/* A section `[name]`, `counter N` lines, severity_20 (the error-log entries of that severity that a real
 * server would have written), then `login` and `link_test` lines with their counts. */
void statistics_write(struct statistics *statistics, const char *name, FILE *file);
