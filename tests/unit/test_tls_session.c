/* The session against an OpenSSL server in the same process, and against bytes that no server should send. */
#include "audit/prober/certificate.h"
#include "audit/prober/hello.h"
#include "audit/prober/tls_session.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct tls_library library;
static SSL_CTX *server_context;
static struct arena *arena;

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)"test.example", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -86400);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 86400);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    return certificate;
}

static int open_all(void **state)
{
    (void)state;
    char *error = NULL;
    arena = arena_new();
    if (!tls_library_open(&library, NULL, &error))
        return 1;
    EVP_PKEY *key = EVP_RSA_gen(2048);
    X509 *certificate = make_certificate(key);
    server_context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_set_security_level(server_context, 0);
    SSL_CTX_use_certificate(server_context, certificate);
    SSL_CTX_use_PrivateKey(server_context, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    SSL_CTX_free(server_context);
    tls_library_close(&library);
    arena_free(arena);
    return 0;
}

static SSL *new_server(int version)
{
    SSL *server = SSL_new(server_context);
    SSL_set_bio(server, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_min_proto_version(server, version);
    SSL_set_max_proto_version(server, version);
    SSL_set_accept_state(server);
    return server;
}

/* What the server answers to what the session has to say; the caller frees the bytes. */
static struct bytes exchange(struct tls_session *session, SSL *server)
{
    struct bytes out = {0}, answer = {0};
    char *data;
    tls_session_output(session, &out);
    BIO_write(SSL_get_rbio(server), out.at, (int)out.length);
    SSL_do_handshake(server);
    long length = BIO_get_mem_data(SSL_get_wbio(server), &data);
    bytes_add(&answer, data, (size_t)length);
    (void)BIO_reset(SSL_get_wbio(server));
    bytes_free(&out);
    return answer;
}

static enum tls_progress handshake(struct tls_session *session, SSL *server)
{
    enum tls_progress progress = tls_session_receive(session, NULL, 0);
    for (int i = 0; i < 10 && progress == TLS_GOES_ON; i++) {
        struct bytes answer = exchange(session, server);
        progress = tls_session_receive(session, answer.at, answer.length);
        bytes_free(&answer);
    }
    return progress;
}

static struct tls_session *new_session(enum tls_version minimum, enum tls_version maximum)
{
    const struct tls_offer offer = {.minimum = minimum, .maximum = maximum, .server_name = "test.example"};
    return tls_session_new(&library, &offer);
}

static struct tls *describe(struct tls_session *session, enum tls_ending ending)
{
    struct tls *row = arena_alloc(arena, sizeof(*row));
    tls_session_describe(session, ending, arena, row);
    return row;
}

static void each_version_is_accepted_as_itself(void **state)
{
    (void)state;
    static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION};
    for (int i = 0; i < 4; i++) {
        struct tls_session *session = new_session(TLS_1_0, TLS_1_3);
        SSL *server = new_server(versions[i]);
        assert_int_equal(handshake(session, server), TLS_DONE);
        struct tls *row = describe(session, ENDING_NONE);
        assert_int_equal(row->outcome, TLS_ACCEPTED);
        assert_int_equal(row->protocol, TLS_1_0 + i);
        assert_non_null(row->cipher);
        assert_true(row->bits.value >= 128);
        assert_string_equal(row->key_exchange, "ECDHE X25519");
        assert_int_equal(sk_X509_num(tls_session_chain(session)), 1);
        SSL_free(server);
        tls_session_free(session);
    }
}

static void a_server_that_refuses_the_version_says_so_by_alert(void **state)
{
    (void)state;
    struct tls_session *session = new_session(TLS_1_1, TLS_1_1);
    SSL *server = new_server(TLS1_2_VERSION);
    assert_int_equal(handshake(session, server), TLS_ENDED);
    struct tls *row = describe(session, ENDING_CLOSED);
    assert_int_equal(row->outcome, TLS_REJECTED);
    assert_string_equal(row->alert, "protocol version (70)");
    assert_null(tls_session_chain(session));
    SSL_free(server);
    tls_session_free(session);
}

/* Some servers say so when they do not know the name, and go on. What comes later counts. */
static void a_warning_refuses_nothing(void **state)
{
    (void)state;
    static const uint8_t unrecognized_name[] = {0x15, 3, 3, 0, 2, 1, 112};
    struct tls_session *session = new_session(TLS_1_2, TLS_1_2);
    tls_session_receive(session, NULL, 0);
    assert_int_equal(tls_session_receive(session, unrecognized_name, sizeof(unrecognized_name)), TLS_GOES_ON);
    struct tls *row = describe(session, ENDING_TIMEOUT);
    assert_int_equal(row->outcome, TLS_TIMEOUT);
    assert_null(row->alert);
    tls_session_free(session);
}

/* The first flight of a TLS 1.2 server, for the session to read. */
static struct bytes first_flight(struct tls_session *session, SSL *server)
{
    assert_int_equal(tls_session_receive(session, NULL, 0), TLS_GOES_ON);
    return exchange(session, server);
}

static void a_server_that_chooses_another_version_refuses_this_one(void **state)
{
    (void)state;
    struct tls_session *session = new_session(TLS_1_2, TLS_1_2), *other = new_session(TLS_1_0, TLS_1_0);
    SSL *server = new_server(TLS1_VERSION);
    struct bytes flight = first_flight(other, server);
    tls_session_receive(session, NULL, 0);
    assert_int_equal(tls_session_receive(session, flight.at, flight.length), TLS_ENDED);
    struct tls *row = describe(session, ENDING_CLOSED);
    assert_int_equal(row->outcome, TLS_REJECTED);
    assert_null(row->alert); /* it was ours, not the server's */
    bytes_free(&flight);
    SSL_free(server);
    tls_session_free(session);
    tls_session_free(other);
}

static void the_chain_is_there_although_the_handshake_fails_later(void **state)
{
    (void)state;
    struct tls_session *session = new_session(TLS_1_2, TLS_1_2);
    SSL *server = new_server(TLS1_2_VERSION);
    struct bytes flight = first_flight(session, server);
    flight.at[flight.length - 20] ^=
        1; /* within the signature of ServerKeyExchange; ServerHelloDone has 9 bytes */
    assert_int_equal(tls_session_receive(session, flight.at, flight.length), TLS_ENDED);
    struct tls *row = describe(session, ENDING_NONE);
    assert_int_equal(row->outcome, TLS_INCONCLUSIVE);
    assert_non_null(strstr(row->detail, "signature"));
    assert_int_equal(sk_X509_num(tls_session_chain(session)), 1);
    bytes_free(&flight);
    SSL_free(server);
    tls_session_free(session);
}

static void what_is_not_tls_and_what_ends_the_connection_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        enum tls_ending ending;
        enum tls_outcome outcome;
        const char *alert;
    } cases[] = {
        {"", 0, ENDING_CLOSED, TLS_CLOSED, NULL},
        {"", 0, ENDING_RESET, TLS_CLOSED, NULL},
        {"", 0, ENDING_TIMEOUT, TLS_TIMEOUT, NULL},
        {"\x16\x03\x03", 3, ENDING_CLOSED, TLS_CLOSED, NULL},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", 28, ENDING_CLOSED, TLS_REJECTED, NULL},
        {"\x15\x03\x01\x00\x02\x02\x28", 7, ENDING_CLOSED, TLS_REJECTED, "handshake failure (40)"},
        {"\x15\x03\x01\x00\x02\x02\x50", 7, ENDING_RESET, TLS_REJECTED, "internal error (80)"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tls_session *session = new_session(TLS_1_0, TLS_1_2);
        tls_session_receive(session, NULL, 0);
        tls_session_receive(session, cases[i].bytes, cases[i].length);
        struct tls *row = describe(session, cases[i].ending);
        if (row->outcome != cases[i].outcome)
            print_error("case %zu\n", i);
        assert_int_equal(row->outcome, cases[i].outcome);
        assert_int_equal(row->protocol, TLS_1_2);
        if (cases[i].alert)
            assert_string_equal(row->alert, cases[i].alert);
        else
            assert_null(row->alert);
        tls_session_free(session);
    }
}

static void a_suite_that_was_not_offered_is_no_fault_of_the_server_that_we_can_prove(void **state)
{
    (void)state;
    uint8_t hello[51] = {0x16, 3, 3, 0, 46, 2, 0, 0, 42, 3, 3};
    hello[44] = 0x00;
    hello[45] = 0x05; /* RC4, which OpenSSL does not offer */
    struct tls_session *session = new_session(TLS_1_2, TLS_1_2);
    tls_session_receive(session, NULL, 0);
    assert_int_equal(tls_session_receive(session, hello, sizeof(hello)), TLS_ENDED);
    assert_int_equal(describe(session, ENDING_NONE)->outcome, TLS_INCONCLUSIVE);
    tls_session_free(session);
}

static void a_hello_by_hand_is_answered_by_a_real_server(void **state)
{
    (void)state;
    static const uint16_t aes128_sha[] = {0x002f};
    const struct tls_offer offer = {
        .maximum = TLS_1_2, .by_hand = true, .suites = aes128_sha, .suite_count = 1};
    struct tls_session *session = tls_session_new(&library, &offer);
    SSL *server = new_server(TLS1_2_VERSION);
    assert_int_equal(handshake(session, server), TLS_ENDED);
    struct tls *row = describe(session, ENDING_NONE);
    assert_int_equal(row->outcome, TLS_ACCEPTED);
    assert_int_equal(row->protocol, TLS_1_2);
    assert_string_equal(row->cipher, "AES128-SHA");
    assert_int_equal(sk_X509_num(tls_session_chain(session)), 1);
    SSL_free(server);
    tls_session_free(session);
}

static void legacy_suites_are_refused_by_a_modern_server(void **state)
{
    (void)state;
    const struct tls_offer offer = {.maximum = TLS_1_2, .by_hand = true};
    struct tls_session *session = tls_session_new(&library, &offer);
    SSL *server = new_server(TLS1_2_VERSION);
    assert_int_equal(handshake(session, server), TLS_ENDED);
    struct tls *row = describe(session, ENDING_CLOSED);
    assert_int_equal(row->outcome, TLS_REJECTED);
    assert_string_equal(row->alert, "handshake failure (40)");
    SSL_free(server);
    tls_session_free(session);
}

static void authorities_that_cannot_be_read_are_an_error(void **state)
{
    (void)state;
    struct tls_library other = {0};
    char *error = NULL;
    assert_false(tls_library_open(&other, "/nonexistent.pem", &error));
    assert_non_null(strstr(error, "/nonexistent.pem"));
    free(error);
    tls_library_close(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_version_is_accepted_as_itself),
        cmocka_unit_test(a_server_that_refuses_the_version_says_so_by_alert),
        cmocka_unit_test(a_warning_refuses_nothing),
        cmocka_unit_test(a_server_that_chooses_another_version_refuses_this_one),
        cmocka_unit_test(the_chain_is_there_although_the_handshake_fails_later),
        cmocka_unit_test(what_is_not_tls_and_what_ends_the_connection_are_told_apart),
        cmocka_unit_test(a_suite_that_was_not_offered_is_no_fault_of_the_server_that_we_can_prove),
        cmocka_unit_test(a_hello_by_hand_is_answered_by_a_real_server),
        cmocka_unit_test(legacy_suites_are_refused_by_a_modern_server),
        cmocka_unit_test(authorities_that_cannot_be_read_are_an_error),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
