/* What services other than SQL Server say before TLS: PostgreSQL, MySQL and MariaDB, LDAP, Oracle, Db2. The
 * bytes to ask with, and the reading of the answers. Pure: bytes in, structs out. Everything read here comes
 * from strangers. */
#pragma once

#include "audit/prober/bytes.h"

#include <stdbool.h>

enum greeting {
    GREETING_MORE,   /* the answer is not whole yet */
    GREETING_DONE,   /* understood: TLS comes next */
    GREETING_NO_TLS, /* understood: there will be no TLS */
    GREETING_WRONG   /* this is not the protocol */
};

struct service_answer {
    bool tls;         /* the service offers to go on with TLS */
    char version[64]; /* as the service writes it; "" where it does not say */
    char detail[160]; /* an error that it gave instead; "" for none */
};

/* Each reads an answer from its first byte; *taken gets the length of what was understood. Text is cut to
 * fit, and what is not printable becomes "?". */
typedef enum greeting service_reader(const uint8_t *bytes, size_t length, size_t *taken,
                                     struct service_answer *answer);

/* SSLRequest (PostgreSQL manual, "Message Formats"); the answer is one byte. */
void postgresql_ask(struct bytes *out);
service_reader postgresql_read;

/* The server speaks first (MySQL Internals, "Protocol::HandshakeV10"); SSLRequest answers. */
service_reader mysql_read;
void mysql_ask_for_tls(struct bytes *out);

/* ExtendedRequest for StartTLS (RFC 4511, 4.14). */
void ldap_ask(struct bytes *out);
service_reader ldap_read;

/* A TNS connect packet that asks the listener for its version. */
void oracle_ask(struct bytes *out);
service_reader oracle_read;

/* DRDA EXCSAT (Open Group C066). */
void db2_ask(struct bytes *out);
service_reader db2_read;
