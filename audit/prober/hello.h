/* TLS hellos made and read by hand: for what the audit host's own OpenSSL can no longer speak (SSL 2.0,
 * SSL 3.0, RC4, 3DES, DES, export suites). Written: SSL 2.0 CLIENT-HELLO (RFC 6101 appendix E), ClientHello
 * (RFC 6101, 2246, 5246). Read: alerts, ServerHello, Certificate. Pure; everything read comes from strangers.
 */
#pragma once

#include "audit/model/names.h"
#include "audit/prober/bytes.h"

#include <stdbool.h>

enum { HELLO_RANDOM = 32, HELLO_CERTIFICATES = 10, HELLO_ANSWER_MAXIMUM = 65536 };

/* Appends a ClientHello that offers the suites, up to this version (TLS_SSL3 to TLS_1_2). */
void hello_write(struct bytes *out, enum tls_version version, const uint16_t *suites, size_t count,
                 const uint8_t random[HELLO_RANDOM]);

/* Appends an SSL 2.0 CLIENT-HELLO with all its suites; 16 bytes of random are its challenge. */
void hello_write_ssl2(struct bytes *out, const uint8_t random[HELLO_RANDOM]);

enum hello_outcome {
    HELLO_MORE,     /* not whole yet */
    HELLO_ACCEPTED, /* ServerHello, and Certificate where one came */
    HELLO_ALERT,
    HELLO_NOT_TLS
};

struct hello_answer {
    enum tls_version version; /* what the server chose */
    uint16_t suite;           /* not for SSL 2.0 */
    uint8_t alert;            /* its description */
    size_t certificates;
    struct {
        size_t offset, length; /* DER, in *messages */
    } certificate[HELLO_CERTIFICATES];
};

/* Reads a server's answer to hello_write, from its first byte. Handshake messages are gathered in *messages,
 * which is emptied first and in which the certificates lie. */
enum hello_outcome hello_read(const uint8_t *answer, size_t length, struct bytes *messages,
                              struct hello_answer *read);

/* The same for hello_write_ssl2. */
enum hello_outcome hello_read_ssl2(const uint8_t *answer, size_t length, struct bytes *messages,
                                   struct hello_answer *read);

/* Suites that OpenSSL is built without nowadays, best first, as in the registry of IANA. */
extern const struct legacy_suite {
    uint16_t number;
    const char *name, *key_exchange;
    int bits;
} legacy_suites[];
extern const size_t legacy_suite_count;

/* Suites that OpenSSL speaks, but not in SSL 3.0, which it has no more: there they are asked for by hand,
 * too. */
extern const struct legacy_suite ssl3_suites[];
extern const size_t ssl3_suite_count;

/* Of both; NULL: of none. */
const struct legacy_suite *legacy_suite_find(uint16_t number);
