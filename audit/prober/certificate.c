#include "audit/prober/certificate.h"
#include "audit/diagnosis/name_match.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>
#include <string.h>

static char *name_text(const X509_NAME *name, struct arena *arena)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL, *data = NULL;
    /* As Windows and the standards write it: the most specific part first, UTF-8 kept. */
    unsigned long flags = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
    if (memory && X509_NAME_print_ex(memory, name, 0, flags) >= 0) {
        long length = BIO_get_mem_data(memory, &data);
        text = arena_text_n(arena, data ? data : "", (size_t)length); /* an empty name is a name */
    }
    BIO_free(memory);
    return text;
}

static moment moment_of(const ASN1_TIME *time)
{
    struct tm parts;
    if (!time || ASN1_TIME_to_tm(time, &parts) != 1)
        return (moment){0};
    return number_of(timegm(&parts));
}

static char *serial_text(const X509 *certificate, struct arena *arena)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *hexadecimal = number ? BN_bn2hex(number) : NULL;
    char *text = arena_text(arena, hexadecimal);
    OPENSSL_free(hexadecimal);
    BN_free(number);
    return text;
}

static char *thumbprint(const X509 *certificate, const EVP_MD *digest, struct arena *arena)
{
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (X509_digest(certificate, digest, bytes, &length) != 1)
        return NULL;
    char *text = arena_alloc(arena, length * 2 + 1);
    for (unsigned i = 0; i < length; i++) {
        text[2 * i] = "0123456789ABCDEF"[bytes[i] >> 4];
        text[2 * i + 1] = "0123456789ABCDEF"[bytes[i] & 15];
    }
    return text;
}

static char *key_text(X509 *certificate, struct arena *arena)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    char group[64] = "";
    if (!key)
        return NULL;
    if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1)
        return arena_format(arena, "EC %s", group);
    return arena_format(arena, "%s %d", EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
}

static char *signature_text(X509 *certificate, struct arena *arena)
{
    int digest = NID_undef, kind = X509_get_signature_nid(certificate);
    if (kind == NID_rsassaPss && X509_get_signature_info(certificate, &digest, NULL, NULL, NULL) == 1)
        return arena_format(arena, "RSASSA-PSS with %s", OBJ_nid2ln(digest));
    return arena_text(arena, kind == NID_undef ? "unknown" : OBJ_nid2ln(kind));
}

static void add_name(struct certificate *row, struct arena *arena, const char *type, const char *text,
                     size_t length)
{
    if (row->names.count >= CERTIFICATE_NAMES_MAXIMUM || length == 0)
        return;
    struct certificate_name *name = arena_alloc(arena, sizeof(*name));
    name->type = arena_text(arena, type);
    /* A NUL in a name is an attempt to be taken for another: made visible. */
    name->value = arena_text_n(arena, text, length);
    for (size_t i = 0; i < length; i++)
        if (name->value[i] == '\0')
            name->value[i] = '\x01';
    list_append(&row->names, name);
}

static void add_alternative_name(struct certificate *row, struct arena *arena, const GENERAL_NAME *name)
{
    char address[INET6_ADDRSTRLEN];
    const ASN1_STRING *text = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
    if (name->type != GEN_DNS && name->type != GEN_IPADD)
        return;
    const unsigned char *data = ASN1_STRING_get0_data(text);
    size_t length = (size_t)ASN1_STRING_length(text);
    if (name->type == GEN_DNS)
        add_name(row, arena, "dns", (const char *)data, length);
    else if ((length == 4 || length == 16) &&
             inet_ntop(length == 4 ? AF_INET : AF_INET6, data, address, sizeof(address)))
        add_name(row, arena, "ip", address, strlen(address));
}

static void add_names(struct certificate *row, struct arena *arena, const X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names); i++)
        add_alternative_name(row, arena, sk_GENERAL_NAME_value(names, i));
    GENERAL_NAMES_free(names);
    const X509_NAME *subject = X509_get_subject_name(certificate);
    for (int i = -1; (i = X509_NAME_get_index_by_NID((X509_NAME *)subject, NID_commonName, i)) >= 0;) {
        unsigned char *utf8 = NULL;
        int length = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, i)));
        if (length > 0)
            add_name(row, arena, "cn", (const char *)utf8, (size_t)length);
        OPENSSL_free(utf8);
    }
}

static enum ternary self_signed(X509 *certificate)
{
    if (X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) != 0)
        return TERNARY_FALSE;
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    return key && X509_verify(certificate, key) == 1 ? TERNARY_TRUE : TERNARY_FALSE;
}

/* The name that SQL Server gives to the certificate that it makes for itself when it has none. */
static enum ternary is_fallback(const struct certificate *row)
{
    list_each (struct certificate_name, name, &row->names)
        if (strcmp(name->type, "cn") == 0 && strcmp(name->value, "SSL_Self_Signed_Fallback") == 0)
            return TERNARY_TRUE;
    return TERNARY_FALSE;
}

static struct certificate *describe(X509 *certificate, int position, struct arena *arena)
{
    struct certificate *row = arena_alloc(arena, sizeof(*row));
    row->position = number_of(position);
    row->subject = name_text(X509_get_subject_name(certificate), arena);
    row->issuer = name_text(X509_get_issuer_name(certificate), arena);
    row->serial = serial_text(certificate, arena);
    row->not_before = moment_of(X509_get0_notBefore(certificate));
    row->not_after = moment_of(X509_get0_notAfter(certificate));
    row->key = key_text(certificate, arena);
    row->signature = signature_text(certificate, arena);
    row->sha256 = thumbprint(certificate, EVP_sha256(), arena);
    row->sha1 = thumbprint(certificate, EVP_sha1(), arena);
    row->self_signed = self_signed(certificate);
    add_names(row, arena, certificate);
    row->fallback = is_fallback(row);
    return row;
}

/* The dates of the server's own certificate are a finding of their own; those of its issuers break the chain.
 */
static int pass_own_dates(int ok, X509_STORE_CTX *context)
{
    int error = X509_STORE_CTX_get_error(context);
    if (!ok && X509_STORE_CTX_get_error_depth(context) == 0 &&
        (error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID)) {
        X509_STORE_CTX_set_error(context, X509_V_OK);
        return 1;
    }
    return ok;
}

static void check_trust(STACK_OF(X509) * chain, X509_STORE *trust, struct arena *arena,
                        struct certificate *row)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (context && X509_STORE_CTX_init(context, trust, sk_X509_value(chain, 0), chain) == 1) {
        /* An authority that was configured is trusted, also when it is an intermediate one: Windows does so.
         */
        X509_STORE_CTX_set_flags(context, X509_V_FLAG_PARTIAL_CHAIN);
        X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context), 0);
        X509_STORE_CTX_set_purpose(context, X509_PURPOSE_SSL_SERVER);
        X509_STORE_CTX_set_verify_cb(context, pass_own_dates);
        row->trusted = X509_verify_cert(context) == 1 ? TERNARY_TRUE : TERNARY_FALSE;
        if (row->trusted == TERNARY_FALSE)
            row->trust_error =
                arena_text(arena, X509_verify_cert_error_string(X509_STORE_CTX_get_error(context)));
    }
    X509_STORE_CTX_free(context);
    ERR_clear_error();
}

void certificates_describe(STACK_OF(X509) * chain, X509_STORE *trust, const char *host, struct arena *arena,
                           struct endpoint *endpoint)
{
    for (int i = 0; i < sk_X509_num(chain) && i < CERTIFICATES_MAXIMUM; i++) {
        struct certificate *row = describe(sk_X509_value(chain, i), i, arena);
        list_append(&endpoint->certificates, row);
        if (i == 0) {
            check_trust(chain, trust, arena, row);
            row->name_match = certificate_matches_host(row, host);
        }
    }
    ERR_clear_error();
}
