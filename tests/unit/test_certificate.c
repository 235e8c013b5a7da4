/* Certificates are made here, in memory, with OpenSSL, and described by the prober. */
#include "audit/prober/certificate.h"

#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static EVP_PKEY *keys[3]; /* of the authority, the intermediate authority, the server */

struct wish {
    const char *subject; /* common name */
    const char *names;   /* subjectAltName as OpenSSL writes it, or NULL */
    EVP_PKEY *key;
    X509 *issuer; /* NULL: itself */
    EVP_PKEY *issuer_key;
    int from, to; /* days from now */
    bool authority;
};

static void add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(extension);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

static X509 *make(const struct wish *wish)
{
    static long serial;
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 0x1000 + ++serial);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)wish->subject, -1, -1, 0);
    X509_set_issuer_name(certificate, wish->issuer ? X509_get_subject_name(wish->issuer) : name);
    X509_gmtime_adj(X509_getm_notBefore(certificate), wish->from * 86400L);
    X509_gmtime_adj(X509_getm_notAfter(certificate), wish->to * 86400L);
    X509_set_pubkey(certificate, wish->key);
    if (wish->authority)
        add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    if (wish->names)
        add_extension(certificate, NID_subject_alt_name, wish->names);
    assert_true(X509_sign(certificate, wish->issuer ? wish->issuer_key : wish->key, EVP_sha256()) > 0);
    return certificate;
}

/* Describes a chain (NULL-terminated) against one trusted certificate (or none). */
static struct certificate *describe(struct arena *arena, X509 *trusted, const char *host, X509 **chain)
{
    static struct endpoint endpoint;
    STACK_OF(X509) *stack = sk_X509_new_null();
    X509_STORE *store = X509_STORE_new();
    for (X509 **at = chain; *at; at++)
        sk_X509_push(stack, *at);
    if (trusted)
        X509_STORE_add_cert(store, trusted);
    endpoint = (struct endpoint){0};
    certificates_describe(stack, store, host, arena, &endpoint);
    sk_X509_free(stack);
    X509_STORE_free(store);
    return endpoint.certificates.first;
}

static X509 *root, *intermediate;

static int make_authorities(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        keys[i] = EVP_EC_gen("P-256");
    root = make(&(struct wish){"Root", NULL, keys[0], NULL, NULL, -10, 100, true});
    intermediate = make(&(struct wish){"Intermediate", NULL, keys[1], root, keys[0], -10, 100, true});
    return 0;
}

static int free_authorities(void **state)
{
    (void)state;
    X509_free(root);
    X509_free(intermediate);
    for (size_t i = 0; i < 3; i++)
        EVP_PKEY_free(keys[i]);
    return 0;
}

static X509 *make_server(int from, int to)
{
    return make(&(struct wish){"sql1.example", "DNS:sql1.example,DNS:*.db.example,IP:10.0.0.1,IP:2001:db8::1",
                               keys[2], intermediate, keys[1], from, to, false});
}

static void a_chain_is_described_in_its_order(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    X509 *server = make_server(-1, 10);
    struct certificate *row = describe(arena, root, "SQL1.example", (X509 *[]){server, intermediate, NULL});
    assert_int_equal(row->position.value, 0);
    assert_string_equal(row->subject, "CN=sql1.example");
    assert_string_equal(row->issuer, "CN=Intermediate");
    assert_string_equal(row->key, "EC prime256v1");
    assert_string_equal(row->signature, "ecdsa-with-SHA256");
    assert_int_equal(strlen(row->sha256), 64);
    assert_int_equal(strlen(row->sha1), 40);
    assert_int_equal(row->trusted, TERNARY_TRUE);
    assert_null(row->trust_error);
    assert_int_equal(row->self_signed, TERNARY_FALSE);
    assert_int_equal(row->fallback, TERNARY_FALSE);
    assert_int_equal(row->name_match, TERNARY_TRUE);
    assert_true(row->not_after.value > time(NULL) + 9 * 86400 &&
                row->not_after.value < time(NULL) + 11 * 86400);
    const char *names[] = {"sql1.example", "*.db.example", "10.0.0.1", "2001:db8::1", "sql1.example"};
    size_t count = 0;
    list_each (struct certificate_name, name, &row->names)
        assert_string_equal(name->value, names[count++]);
    assert_int_equal(count, 5);
    assert_int_equal(row->next->position.value, 1);
    assert_string_equal(row->next->subject, "CN=Intermediate");
    assert_int_equal(row->next->trusted, TERNARY_UNKNOWN);
    assert_null(row->next->next);
    X509_free(server);
    arena_free(arena);
}

static void trust_needs_every_link_of_the_chain(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    X509 *server = make_server(-1, 10);
    struct certificate *row = describe(arena, root, NULL, (X509 *[]){server, NULL});
    assert_int_equal(row->trusted, TERNARY_FALSE);
    assert_non_null(row->trust_error);
    assert_int_equal(row->name_match, TERNARY_UNKNOWN);
    row = describe(arena, NULL, "other", (X509 *[]){server, intermediate, root, NULL});
    assert_int_equal(row->trusted, TERNARY_FALSE);
    assert_int_equal(row->name_match, TERNARY_FALSE);
    row = describe(arena, intermediate, "sql1.example", (X509 *[]){server, NULL});
    assert_int_equal(row->trusted, TERNARY_TRUE); /* an intermediate authority was configured */
    X509_free(server);
    arena_free(arena);
}

static void own_dates_are_no_matter_of_trust_those_of_issuers_are(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    X509 *expired = make_server(-20, -1), *future = make_server(1, 20);
    assert_int_equal(describe(arena, root, NULL, (X509 *[]){expired, intermediate, NULL})->trusted,
                     TERNARY_TRUE);
    assert_int_equal(describe(arena, root, NULL, (X509 *[]){future, intermediate, NULL})->trusted,
                     TERNARY_TRUE);
    X509 *old = make(&(struct wish){"Intermediate", NULL, keys[1], root, keys[0], -10, -1, true});
    assert_int_equal(describe(arena, root, NULL, (X509 *[]){expired, old, NULL})->trusted, TERNARY_FALSE);
    X509_free(old);
    X509_free(expired);
    X509_free(future);
    arena_free(arena);
}

static void the_certificate_that_sql_server_makes_for_itself_is_known(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    X509 *fallback =
        make(&(struct wish){"SSL_Self_Signed_Fallback", NULL, keys[2], NULL, NULL, -1, 10, false});
    struct certificate *row = describe(arena, root, "sql1.example", (X509 *[]){fallback, NULL});
    assert_int_equal(row->fallback, TERNARY_TRUE);
    assert_int_equal(row->self_signed, TERNARY_TRUE);
    assert_int_equal(row->trusted, TERNARY_FALSE);
    X509_free(fallback);
    arena_free(arena);
}

static void a_name_alone_does_not_make_it_self_signed(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    X509 *same_name = make(&(struct wish){"Root", NULL, keys[2], root, keys[0], -1, 10, false});
    struct certificate *row = describe(arena, root, NULL, (X509 *[]){same_name, NULL});
    assert_int_equal(row->self_signed, TERNARY_FALSE);
    X509_free(same_name);
    arena_free(arena);
}

static void a_name_with_a_nul_in_it_matches_nothing(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    X509 *certificate =
        make(&(struct wish){"x", "DNS:sql1.exampleX.evil.example", keys[2], NULL, NULL, -1, 10, false});
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    unsigned char *text = (unsigned char *)ASN1_STRING_get0_data(sk_GENERAL_NAME_value(names, 0)->d.dNSName);
    text[12] = '\0';
    X509_EXTENSION_free(
        X509_delete_ext(certificate, X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1)));
    X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0, 0);
    GENERAL_NAMES_free(names);
    struct certificate *row = describe(arena, NULL, "sql1.example", (X509 *[]){certificate, NULL});
    assert_int_equal(row->name_match, TERNARY_FALSE);
    assert_int_equal(strlen(row->names.first->value), 26);
    X509_free(certificate);
    arena_free(arena);
}

/* The same certificate with another subject, made of one common name in that encoding. */
static X509 *with_subject(int encoding, const char *bytes, int length)
{
    X509 *certificate = make(&(struct wish){"x", "DNS:sql1.example", keys[2], root, keys[0], -1, 10, false});
    X509_NAME *name = X509_NAME_new();
    if (length > 0)
        assert_int_equal(X509_NAME_add_entry_by_NID(name, NID_commonName, encoding,
                                                    (const unsigned char *)bytes, length, -1, 0),
                         1);
    X509_set_subject_name(certificate, name);
    X509_NAME_free(name);
    assert_true(X509_sign(certificate, keys[0], EVP_sha256()) > 0);
    return certificate;
}

static void subjects_in_every_encoding_are_text(void **state)
{
    (void)state;
    static const struct {
        int encoding;
        const char *bytes;
        int length;
        const char *subject;
    } cases[] = {
        {V_ASN1_UTF8STRING, "M\xc3\xbcller", 7, "CN=M\xc3\xbcller"},
        {V_ASN1_T61STRING, "M\xfcller", 6, "CN=M\xc3\xbcller"}, /* read as Latin-1, as everybody does */
        {V_ASN1_BMPSTRING, "\0M\0\xfc", 4, "CN=M\xc3\xbc"},
        {V_ASN1_PRINTABLESTRING, "M\xfcller", 6, "CN=M\xc3\xbcller"},
        {V_ASN1_UTF8STRING, "a\0b", 3, "CN=a\\00b"},
        {V_ASN1_UTF8STRING, "", 0, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct arena *arena = arena_new();
        X509 *certificate = with_subject(cases[i].encoding, cases[i].bytes, cases[i].length);
        struct certificate *row = describe(arena, root, "sql1.example", (X509 *[]){certificate, NULL});
        assert_non_null(row->subject);
        assert_string_equal(row->subject, cases[i].subject);
        assert_int_equal(row->name_match, TERNARY_TRUE); /* the alternative name counts */
        assert_int_equal(row->trusted, TERNARY_TRUE);
        X509_free(certificate);
        arena_free(arena);
    }
}

static void serials_and_alternative_names_of_every_kind_are_read(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    X509 *certificate = make(&(struct wish){"x",
                                            "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:a@b,email:a@b.example,URI:"
                                            "http://x/,IP:10.1.2.3,IP:2001:db8::1,DNS:d",
                                            keys[2], NULL, NULL, -1, 10, false});
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), -17);
    struct certificate *row = describe(arena, NULL, "2001:db8:0::1", (X509 *[]){certificate, NULL});
    assert_string_equal(row->serial, "-11");
    assert_int_equal(row->names.count, 4); /* those that a client compares, and the common name */
    assert_string_equal(row->names.first->value, "10.1.2.3");
    assert_string_equal(row->names.first->next->value, "2001:db8::1");
    assert_int_equal(row->name_match, TERNARY_TRUE);
    X509_free(certificate);
    arena_free(arena);
}

static void a_chain_of_a_hundred_is_cut_and_judged(void **state)
{
    (void)state;
    struct arena *arena = arena_new();
    X509 *chain[101] = {make(&(struct wish){"s", NULL, keys[2], intermediate, keys[1], -1, 10, false})};
    for (int i = 1; i < 99; i++)
        chain[i] = make(&(struct wish){"other", NULL, keys[2], NULL, NULL, -1, 10, true});
    chain[99] = intermediate;
    struct certificate *row = describe(arena, root, "s", chain);
    size_t count = 0;
    for (struct certificate *at = row; at; at = at->next)
        count++;
    assert_int_equal(count, CERTIFICATES_MAXIMUM);
    assert_int_equal(row->trusted, TERNARY_TRUE); /* by one far behind */
    for (int i = 0; i < 99; i++)
        X509_free(chain[i]);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_is_described_in_its_order),
        cmocka_unit_test(trust_needs_every_link_of_the_chain),
        cmocka_unit_test(own_dates_are_no_matter_of_trust_those_of_issuers_are),
        cmocka_unit_test(the_certificate_that_sql_server_makes_for_itself_is_known),
        cmocka_unit_test(a_name_alone_does_not_make_it_self_signed),
        cmocka_unit_test(a_name_with_a_nul_in_it_matches_nothing),
        cmocka_unit_test(subjects_in_every_encoding_are_text),
        cmocka_unit_test(serials_and_alternative_names_of_every_kind_are_read),
        cmocka_unit_test(a_chain_of_a_hundred_is_cut_and_judged),
    };
    return cmocka_run_group_tests(tests, make_authorities, free_authorities);
}
