/* One client's connection to one instance, from accept to the end. */
#pragma once

#include "catalog.h"
#include "scenario.h"
#include "statistics.h"
#include "token.h"

struct prepared;

struct estate {
    struct scenario *scenario;
    int stop_fd;  /* readable once the estate shuts down */
    bool verbose; /* statements on standard error */
};

struct session {
    const struct estate *estate;
    struct instance *instance;
    struct transport transport;
    struct message message;
    struct message next; /* a request that came while another one was running */
    bool has_next;
    struct reply reply;

    /* from LOGIN7 */
    uint32_t tds_version;
    char *user, *password, *host, *program, *wanted_database, *language;
    const struct entry *login; /* of the scenario */
    char client_address[48];
    bool strict;    /* TDS 8.0 */
    bool encrypted; /* the whole session */

    char *database; /* the current one */
    struct catalog *catalog;
    struct prepared *prepared;
    int32_t last_handle;
    uint64_t transaction;
    bool no_count;    /* SET NOCOUNT ON */
    bool had_error;   /* a procedure of the running batch failed */
    bool interrupted; /* an attention arrived while a statement ran */
};

/* Plays the instance to the client on `fd` until one of them ends it; closes `fd`. */
void session_run(const struct estate *estate, struct instance *instance, int fd);

/* --- parts of a session, in the order of a connection --- */

enum prelogin_result { PRELOGIN_DONE, PRELOGIN_REFUSED };

/* PRELOGIN exchange and TLS as negotiated, [MS-TDS] 2.2.6.5. `strict`: inside TLS already. */
enum prelogin_result prelogin(struct session *session, bool strict);

/* LOGIN7 to the login reply, [MS-TDS] 2.2.6.4. True when the client is logged in. */
bool login(struct session *session);

/* A user and a password are offered to an instance, by the client or through a link, and counted. Why they
 * are refused: the text, with one %s for the user, and the error number; NULL when they are accepted. */
const char *login_offered(struct instance *instance, const char *user, const char *password, const char *by,
                          int *number);

/* Executes one batch; the reply is complete except for its sending. */
void batch_execute(struct session *session, const struct buffer *payload);
void rpc_execute(struct session *session, const struct buffer *payload);
void transaction_execute(struct session *session, const struct buffer *payload);
void prepared_free(struct prepared *prepared);

/* Waits while a statement "runs"; false when an attention arrived or the client left. -1: until then. */
bool session_delay(struct session *session, int milliseconds);

/* Enters a database: ENVCHANGE and INFO 5701, or the error that a real server gives. */
bool session_use(struct session *session, const char *database);
