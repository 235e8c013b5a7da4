/* One TLS handshake as a client, without a socket: bytes in, bytes out. Done by OpenSSL, or by a hello made
 * by hand (hello.h) for what OpenSSL can no longer speak. No certificate is refused: what was sent is
 * evidence. */
#pragma once

#include "audit/model/model.h"
#include "audit/prober/bytes.h"

#include <openssl/ssl.h>

/* What all handshakes of a process share. Independent of the system's OpenSSL configuration. */
struct tls_library {
    SSL_CTX *context;
    X509_STORE *trust; /* the authorities that a chain is checked against */
};

/* Must be called before anything else of OpenSSL, or the system's configuration is already in force. ca_file
 * is PEM, NULL for the system's authorities; all are loaded now, so that no file is opened later. False with
 * *error set (malloc'ed) when ca_file has no certificate that can be read. */
bool tls_library_open(struct tls_library *library, const char *ca_file, char **error);
void tls_library_close(struct tls_library *library);

/* What to offer. Texts are only read while the session is made. */
struct tls_offer {
    enum tls_version minimum, maximum; /* TLS 1.0 to 1.3; with by_hand, maximum is SSL 2.0 to TLS 1.2 */
    bool by_hand;                      /* a hello made by hand, which offers legacy suites only */
    const uint16_t *suites;            /* by_hand: these suites; NULL: all */
    size_t suite_count;
    const char *server_name; /* SNI; NULL or an IP address: none */
    const char *alpn;        /* one protocol name, or NULL */
    const char *ciphers;     /* OpenSSL's cipher list and TLS 1.3 suites; NULL: all with a certificate */
    const char *suites_13;
    const char *groups; /* OpenSSL's list of key-exchange groups; NULL: its default */
};

/* The end of a connection, as far as a handshake is concerned. */
enum tls_ending { ENDING_NONE, ENDING_CLOSED, ENDING_RESET, ENDING_TIMEOUT };

enum tls_progress {
    TLS_GOES_ON, /* needs more bytes of the server */
    TLS_DONE,    /* handshake finished: data can be read and written. Never of a hello by hand */
    TLS_ENDED    /* nothing more will come of it: the row says what it was */
};

struct tls_session;

/* Never NULL; tls_session_free. */
struct tls_session *tls_session_new(struct tls_library *library, const struct tls_offer *offer);
void tls_session_free(struct tls_session *session);

/* Takes in bytes of the server and goes as far as possible. The first call has no bytes. */
enum tls_progress tls_session_receive(struct tls_session *session, const void *bytes, size_t length);

/* Moves what is to be sent to `out`. */
void tls_session_output(struct tls_session *session, struct bytes *out);

/* After TLS_DONE: encrypts, decrypts what has come (false when the server ended the session), says goodbye.
 */
void tls_session_write(struct tls_session *session, const void *bytes, size_t length);
bool tls_session_read(struct tls_session *session, struct bytes *out);
void tls_session_goodbye(struct tls_session *session);

/* Fills outcome, cipher, bits, key exchange, alert and detail of the row; protocol, too, when the handshake
 * was offered more than one. `ending` is what happened to the connection before the handshake ended by
 * itself. */
void tls_session_describe(struct tls_session *session, enum tls_ending ending, struct arena *arena,
                          struct tls *row);

/* The protocol that the server chose by ALPN, or NULL. */
char *tls_session_alpn(struct tls_session *session, struct arena *arena);

/* The chain as it was sent, the server's own first; NULL when none came. The session's. */
STACK_OF(X509) * tls_session_chain(struct tls_session *session);
