#include "audit/prober/tls_session.h"
#include "audit/prober/hello.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BY_HAND_MAXIMUM = 64 }; /* suites in a hello made by hand */

struct tls_session {
    SSL *ssl; /* NULL: by hand */
    BIO *incoming, *outgoing;
    enum tls_version minimum, maximum;
    STACK_OF(X509) * chain;
    int alert_read, alert_written; /* their description, -1: none */
    bool done, ended;
    unsigned long error; /* OpenSSL's, when it gave up */
    /* by hand */
    struct bytes hello, answer, messages;
    enum hello_outcome outcome;
    struct hello_answer read;
};

static const int openssl_versions[] = {[TLS_1_0] = TLS1_VERSION,
                                       [TLS_1_1] = TLS1_1_VERSION,
                                       [TLS_1_2] = TLS1_2_VERSION,
                                       [TLS_1_3] = TLS1_3_VERSION};

static int session_index(void)
{
    static int index = -1;
    if (index < 0)
        index = SSL_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

/* ---- library ------------------------------------------------------------------------------------------- */

/* Called with the chain as soon as it came, whatever becomes of the handshake. Nothing is verified here. */
static int keep_chain(X509_STORE_CTX *store_context, void *unused)
{
    (void)unused;
    SSL *ssl = X509_STORE_CTX_get_ex_data(store_context, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_session *session = SSL_get_ex_data(ssl, session_index());
    STACK_OF(X509) *sent = X509_STORE_CTX_get0_untrusted(store_context);
    if (sent && !session->chain)
        session->chain = X509_chain_up_ref(sent);
    return 1;
}

static void keep_alert(const SSL *ssl, int where, int value)
{
    struct tls_session *session = SSL_get_ex_data(ssl, session_index());
    /* A warning, as that the name is not known here, refuses nothing; TLS 1.3 has no warnings but two. */
    bool warning = value >> 8 == SSL3_AL_WARNING && SSL_version(ssl) < TLS1_3_VERSION;
    if (where == SSL_CB_READ_ALERT && !warning && (value & 0xff) != SSL_AD_CLOSE_NOTIFY)
        session->alert_read = value & 0xff;
    else if (where == SSL_CB_WRITE_ALERT)
        session->alert_written = value & 0xff;
}

static SSL_CTX *new_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context)
        return NULL;
    /* The audit host's own idea of what is too weak must not count: the server's does. */
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_cipher_list(context, "ALL:!aNULL:!eNULL:@SECLEVEL=0");
    SSL_CTX_set_options(context, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set_cert_verify_callback(context, keep_chain, NULL);
    SSL_CTX_set_info_callback(context, keep_alert);
    return context;
}

/* All certificates of a PEM file; how many. */
static int load_authorities(X509_STORE *store, const char *path)
{
    BIO *file = BIO_new_file(path, "r");
    int count = 0;
    X509 *certificate;
    while (file && (certificate = PEM_read_bio_X509_AUX(file, NULL, NULL, NULL))) {
        count += X509_STORE_add_cert(store, certificate) == 1;
        X509_free(certificate);
    }
    BIO_free(file);
    ERR_clear_error();
    return count;
}

/* Where systems keep all their authorities in one file. */
static bool load_system_authorities(X509_STORE *store)
{
    const char *const files[] = {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                                 "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem", X509_get_default_cert_file()};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        if (load_authorities(store, files[i]) > 0)
            return true;
    return false;
}

bool tls_library_open(struct tls_library *library, const char *ca_file, char **error)
{
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    library->context = new_context();
    library->trust = X509_STORE_new();
    if (!library->context || !library->trust)
        abort(); /* only memory can be missing */
    if (ca_file && load_authorities(library->trust, ca_file) == 0) {
        if (asprintf(error, "ca_file %s: no certificate in it could be read (PEM is expected)", ca_file) < 0)
            abort();
        return false;
    }
    /* A system without authorities trusts nobody: that is an answer, not an error. */
    if (!ca_file)
        load_system_authorities(library->trust);
    /* The first look-up would sort them, and sorting many asks the system for the size of its memory. */
    sk_X509_OBJECT_sort(X509_STORE_get0_objects(library->trust));
    session_index();
    return true;
}

void tls_library_close(struct tls_library *library)
{
    SSL_CTX_free(library->context);
    X509_STORE_free(library->trust);
    *library = (struct tls_library){0};
}

/* ---- session ------------------------------------------------------------------------------------------- */

static bool is_address(const char *name)
{
    struct in6_addr address;
    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

static void begin_by_hand(struct tls_session *session, const struct tls_offer *offer)
{
    uint8_t random[HELLO_RANDOM];
    uint16_t all[BY_HAND_MAXIMUM];
    size_t count = 0;
    if (RAND_bytes(random, sizeof(random)) != 1)
        abort();
    for (size_t i = 0; i < legacy_suite_count && count < BY_HAND_MAXIMUM; i++)
        all[count++] = legacy_suites[i].number;
    for (size_t i = 0; offer->maximum == TLS_SSL3 && i < ssl3_suite_count && count < BY_HAND_MAXIMUM; i++)
        all[count++] = ssl3_suites[i].number;
    if (offer->maximum == TLS_SSL2)
        hello_write_ssl2(&session->hello, random);
    else if (offer->suites)
        hello_write(&session->hello, offer->maximum, offer->suites, offer->suite_count, random);
    else
        hello_write(&session->hello, offer->maximum, all, count, random);
}

static void begin_openssl(struct tls_session *session, struct tls_library *library,
                          const struct tls_offer *offer)
{
    SSL *ssl = session->ssl = SSL_new(library->context);
    session->incoming = BIO_new(BIO_s_mem());
    session->outgoing = BIO_new(BIO_s_mem());
    if (!ssl || !session->incoming || !session->outgoing)
        abort();
    BIO_set_mem_eof_return(session->incoming, -1);
    SSL_set_bio(ssl, session->incoming, session->outgoing);
    SSL_set_ex_data(ssl, session_index(), session);
    SSL_set_connect_state(ssl);
    SSL_set_min_proto_version(ssl, openssl_versions[offer->minimum]);
    SSL_set_max_proto_version(ssl, openssl_versions[offer->maximum]);
    if (offer->ciphers)
        SSL_set_cipher_list(ssl, offer->ciphers);
    if (offer->groups)
        SSL_set1_groups_list(ssl, offer->groups);
    if (offer->suites_13)
        SSL_set_ciphersuites(ssl, offer->suites_13);
    if (offer->server_name && !is_address(offer->server_name) && strlen(offer->server_name) < 255)
        SSL_set_tlsext_host_name(ssl, offer->server_name);
    if (offer->alpn) {
        struct bytes list = {0};
        bytes_add_u8(&list, (unsigned)strlen(offer->alpn));
        bytes_add(&list, offer->alpn, strlen(offer->alpn));
        SSL_set_alpn_protos(ssl, list.at, (unsigned)list.length);
        bytes_free(&list);
    }
}

struct tls_session *tls_session_new(struct tls_library *library, const struct tls_offer *offer)
{
    struct tls_session *session = calloc(1, sizeof(*session));
    if (!session)
        abort();
    session->alert_read = session->alert_written = -1;
    session->minimum = offer->minimum;
    session->maximum = offer->maximum;
    ERR_clear_error();
    if (offer->by_hand)
        begin_by_hand(session, offer);
    else
        begin_openssl(session, library, offer);
    return session;
}

void tls_session_free(struct tls_session *session)
{
    if (!session)
        return;
    SSL_free(session->ssl);
    sk_X509_pop_free(session->chain, X509_free);
    bytes_free(&session->hello);
    bytes_free(&session->answer);
    bytes_free(&session->messages);
    free(session);
}

static enum tls_progress receive_by_hand(struct tls_session *session, const void *bytes, size_t length)
{
    if (session->answer.length + length > HELLO_ANSWER_MAXIMUM) {
        session->outcome = HELLO_NOT_TLS;
        return TLS_ENDED;
    }
    bytes_add(&session->answer, bytes, length);
    session->outcome = (session->maximum == TLS_SSL2 ? hello_read_ssl2 : hello_read)(
        session->answer.at, session->answer.length, &session->messages, &session->read);
    return session->outcome == HELLO_MORE ? TLS_GOES_ON : TLS_ENDED;
}

/* The error of TLS itself: what the algorithms below complained about stands before it. */
static unsigned long tls_error(void)
{
    unsigned long first = ERR_peek_error(), error;
    while ((error = ERR_get_error()) != 0)
        if (ERR_GET_LIB(error) == ERR_LIB_SSL)
            return error;
    return first;
}

enum tls_progress tls_session_receive(struct tls_session *session, const void *bytes, size_t length)
{
    if (!session->ssl)
        return receive_by_hand(session, bytes, length);
    if (length > 0)
        BIO_write(session->incoming, bytes, (int)length);
    if (session->done)
        return TLS_DONE;
    if (session->ended)
        return TLS_ENDED;
    ERR_clear_error();
    int rc = SSL_do_handshake(session->ssl);
    if (rc == 1) {
        session->done = true;
        return TLS_DONE;
    }
    int error = SSL_get_error(session->ssl, rc);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return TLS_GOES_ON;
    session->error = tls_error();
    session->ended = true;
    return TLS_ENDED;
}

void tls_session_output(struct tls_session *session, struct bytes *out)
{
    if (!session->ssl) {
        bytes_add(out, session->hello.at, session->hello.length);
        session->hello.length = 0;
        return;
    }
    char *data;
    long length = BIO_get_mem_data(session->outgoing, &data);
    if (length > 0)
        bytes_add(out, data, (size_t)length);
    (void)BIO_reset(session->outgoing);
}

void tls_session_write(struct tls_session *session, const void *bytes, size_t length)
{
    ERR_clear_error();
    SSL_write(session->ssl, bytes, (int)length);
}

bool tls_session_read(struct tls_session *session, struct bytes *out)
{
    uint8_t data[4096];
    int count;
    ERR_clear_error();
    while ((count = SSL_read(session->ssl, data, sizeof(data))) > 0)
        bytes_add(out, data, (size_t)count);
    return SSL_get_error(session->ssl, count) == SSL_ERROR_WANT_READ;
}

void tls_session_goodbye(struct tls_session *session)
{
    ERR_clear_error();
    SSL_shutdown(session->ssl);
}

/* ---- what came of it ----------------------------------------------------------------------------------- */

static enum tls_version session_version(SSL *ssl)
{
    for (int version = TLS_1_0; version <= TLS_1_3; version++)
        if (SSL_version(ssl) == openssl_versions[version])
            return (enum tls_version)version;
    return 0;
}

static char *key_exchange(SSL *ssl, struct arena *arena)
{
    EVP_PKEY *key = NULL;
    if (!SSL_get_peer_tmp_key(ssl, &key))
        return arena_text(arena, "RSA"); /* no key of its own: the secret travels under the certificate's */
    char group[64] = "";
    char *text = NULL;
    if (EVP_PKEY_is_a(key, "DH"))
        text = arena_format(arena, "DHE %d", EVP_PKEY_get_bits(key));
    else if (EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1)
        text = arena_format(arena, "ECDHE %s", group);
    else
        text = arena_format(arena, "ECDHE %s", EVP_PKEY_get0_type_name(key));
    EVP_PKEY_free(key);
    return text;
}

static void describe_accepted(struct tls_session *session, struct arena *arena, struct tls *row)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(session->ssl);
    row->outcome = TLS_ACCEPTED;
    row->protocol = session_version(session->ssl);
    row->cipher = arena_text(arena, SSL_CIPHER_get_name(cipher));
    row->bits = number_of(SSL_CIPHER_get_bits(cipher, NULL));
    row->key_exchange = key_exchange(session->ssl, arena);
}

static void describe_ending(enum tls_ending ending, struct arena *arena, struct tls *row)
{
    static const struct {
        enum tls_outcome outcome;
        const char *detail;
    } endings[] = {
        [ENDING_NONE] = {TLS_INCONCLUSIVE, "the handshake did not get to an end"},
        [ENDING_CLOSED] = {TLS_CLOSED, "the server closed the connection without an alert"},
        [ENDING_RESET] = {TLS_CLOSED, "the server reset the connection"},
        [ENDING_TIMEOUT] = {TLS_TIMEOUT, "the server did not answer in time"},
    };
    row->outcome = endings[ending].outcome;
    row->detail = arena_text(arena, endings[ending].detail);
}

static void describe_alert(int alert, struct arena *arena, struct tls *row)
{
    row->outcome = TLS_REJECTED;
    row->alert = arena_format(arena, "%s (%d)", SSL_alert_desc_string_long(alert), alert);
}

/* OpenSSL gave up: because of what the server said, or because of its own limits? */
static void describe_error(struct tls_session *session, struct arena *arena, struct tls *row)
{
    int reason = ERR_GET_REASON(session->error);
    const char *words = ERR_reason_error_string(session->error);
    if (reason == SSL_R_WRONG_VERSION_NUMBER && session->alert_written < 0) {
        row->outcome = TLS_REJECTED;
        row->detail = arena_text(arena, "the server answered with bytes that are not TLS");
    } else if (reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_WRONG_SSL_VERSION ||
               reason == SSL_R_WRONG_VERSION_NUMBER) {
        row->outcome = TLS_REJECTED;
        row->detail = arena_text(arena, "the server chose another version");
    } else {
        row->outcome = TLS_INCONCLUSIVE;
        row->detail =
            arena_format(arena, "the audit host's OpenSSL cannot go on: %s", words ? words : "unknown");
    }
}

static void describe_by_hand(struct tls_session *session, enum tls_ending ending, struct arena *arena,
                             struct tls *row)
{
    const struct hello_answer *read = &session->read;
    const struct legacy_suite *suite = legacy_suite_find(read->suite);
    if (session->outcome == HELLO_ALERT && !read->version) {
        describe_alert(read->alert, arena, row);
    } else if (session->outcome == HELLO_NOT_TLS) {
        row->outcome = TLS_REJECTED;
        row->detail = arena_text(arena, "the server answered with bytes that are not TLS");
    } else if (!read->version) {
        describe_ending(ending, arena, row);
    } else {
        row->outcome = TLS_ACCEPTED;
        row->protocol = read->version;
        row->detail =
            arena_text(arena, "asked with a hello made by hand: the audit host's OpenSSL cannot speak it");
        row->cipher = suite ? arena_text(arena, suite->name) : arena_format(arena, "0x%04X", read->suite);
        if (read->version == TLS_SSL2)
            row->cipher = NULL;
        if (suite && read->version != TLS_SSL2) {
            row->bits = number_of(suite->bits);
            row->key_exchange = arena_text(arena, suite->key_exchange);
        }
    }
}

void tls_session_describe(struct tls_session *session, enum tls_ending ending, struct arena *arena,
                          struct tls *row)
{
    row->protocol = session->maximum;
    row->by_hand = session->ssl ? 0 : TERNARY_TRUE;
    if (!session->ssl)
        describe_by_hand(session, ending, arena, row);
    else if (session->done)
        describe_accepted(session, arena, row);
    else if (session->alert_read >= 0)
        describe_alert(session->alert_read, arena, row);
    else if (session->ended)
        describe_error(session, arena, row);
    else
        describe_ending(ending, arena, row);
}

char *tls_session_alpn(struct tls_session *session, struct arena *arena)
{
    const unsigned char *protocol = NULL;
    unsigned length = 0;
    if (session->ssl)
        SSL_get0_alpn_selected(session->ssl, &protocol, &length);
    return length > 0 ? arena_text_n(arena, (const char *)protocol, length) : NULL;
}

/* The certificates that came in answer to a hello by hand. */
static STACK_OF(X509) * parse_chain(const struct tls_session *session)
{
    STACK_OF(X509) *chain = sk_X509_new_null();
    for (size_t i = 0; i < session->read.certificates; i++) {
        const uint8_t *der = session->messages.at + session->read.certificate[i].offset;
        X509 *certificate = d2i_X509(NULL, &der, (long)session->read.certificate[i].length);
        if (certificate)
            sk_X509_push(chain, certificate);
    }
    ERR_clear_error();
    return chain;
}

STACK_OF(X509) * tls_session_chain(struct tls_session *session)
{
    if (!session->chain && !session->ssl && session->read.certificates > 0)
        session->chain = parse_chain(session);
    return session->chain && sk_X509_num(session->chain) > 0 ? session->chain : NULL;
}
