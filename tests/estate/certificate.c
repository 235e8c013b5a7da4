#include "certificate.h"

#include "text.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct named_key {
    char *name;
    EVP_PKEY *key;
    struct named_key *next;
};

struct named_certificate {
    char *name;
    struct certificate certificate;
    struct named_certificate *next;
};

struct certificates {
    const struct scenario *scenario;
    struct named_key *keys;
    struct named_certificate *made;
    long serial;
};

struct certificates *certificates_new(const struct scenario *scenario)
{
    struct certificates *certificates = allocate(sizeof *certificates);
    certificates->scenario = scenario;
    certificates->serial = 0x10000;
    return certificates;
}

void certificates_free(struct certificates *certificates)
{
    while (certificates->keys) {
        struct named_key *key = certificates->keys;
        certificates->keys = key->next;
        EVP_PKEY_free(key->key);
        free(key->name);
        free(key);
    }
    while (certificates->made) {
        struct named_certificate *made = certificates->made;
        certificates->made = made->next;
        X509_free(made->certificate.leaf);
        sk_X509_free(made->certificate.chain);
        free(made->name);
        free(made);
    }
    free(certificates);
}

static EVP_PKEY *generate_key(const char *kind)
{
    if (strncmp(kind, "rsa", 3) == 0)
        return EVP_RSA_gen((unsigned)strtoul(kind + 3, NULL, 10));
    if (strcmp(kind, "ec256") == 0)
        return EVP_EC_gen("P-256");
    if (strcmp(kind, "ec384") == 0)
        return EVP_EC_gen("P-384");
    return NULL;
}

/* Generating RSA keys is what takes time at start: one key per kind, and another for authorities. */
static EVP_PKEY *key_of(struct certificates *certificates, const char *kind, bool authority)
{
    char *name = format_text("%s%s", authority ? "ca " : "", kind);
    struct named_key *key = certificates->keys;
    while (key && strcmp(key->name, name) != 0)
        key = key->next;
    if (key) {
        free(name);
        return key->key;
    }
    key = allocate(sizeof *key);
    *key = (struct named_key){name, generate_key(kind), certificates->keys};
    certificates->keys = key;
    return key->key;
}

/* "CN=a,O=b": one attribute after the other; a comma in a value is written \, */
static bool set_name(X509_NAME *name, const char *text)
{
    while (*text) {
        struct buffer part = {0};
        for (; *text && *text != ','; text++) {
            if (*text == '\\' && text[1])
                text++;
            buffer_u8(&part, (uint8_t)*text);
        }
        text += *text == ',';
        buffer_u8(&part, 0);
        char *key = (char *)part.data;
        key += strspn(key, " ");
        char *equals = strchr(key, '=');
        bool added = equals;
        if (equals) {
            *equals = 0;
            added =
                X509_NAME_add_entry_by_txt(name, key, MBSTRING_UTF8, (unsigned char *)equals + 1, -1, -1, 0);
        }
        buffer_free(&part);
        if (!added)
            return false;
    }
    return true;
}

/* "-30d", "+8h", "0s" from now, or "2024-03-01". */
static time_t parse_moment(const char *text)
{
    struct tm date = {0};
    if (sscanf(text, "%4d-%2d-%2d", &date.tm_year, &date.tm_mon, &date.tm_mday) == 3 && date.tm_year > 1900) {
        date.tm_year -= 1900;
        date.tm_mon -= 1;
        return timegm(&date);
    }
    char *unit;
    long amount = strtol(text, &unit, 10);
    return time(NULL) + amount * (*unit == 'd' ? 86400 : *unit == 'h' ? 3600 : 1);
}

static void add_extension(X509 *leaf, X509 *issuer, int kind, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, leaf, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, kind, value);
    if (extension)
        X509_add_ext(leaf, extension, -1);
    X509_EXTENSION_free(extension);
}

static void add_names(X509 *leaf, const struct entry *entry)
{
    GENERAL_NAMES *names = sk_GENERAL_NAME_new_null();
    for (size_t i = 0; i < entry->property_count; i++) {
        const char *value = entry->properties[i].value;
        GENERAL_NAME *name = NULL;
        if (strcmp(entry->properties[i].key, "dns") == 0)
            name = a2i_GENERAL_NAME(NULL, NULL, NULL, GEN_DNS, value, 0);
        else if (strcmp(entry->properties[i].key, "ip") == 0)
            name = a2i_GENERAL_NAME(NULL, NULL, NULL, GEN_IPADD, value, 0);
        if (name)
            sk_GENERAL_NAME_push(names, name);
    }
    if (sk_GENERAL_NAME_num(names))
        X509_add1_ext_i2d(leaf, NID_subject_alt_name, names, 0, 0);
    GENERAL_NAMES_free(names);
}

static void add_extensions(X509 *leaf, X509 *issuer, const struct entry *entry, bool authority)
{
    add_extension(leaf, issuer, NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_extension(leaf, issuer, NID_key_usage,
                  authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature,keyEncipherment");
    add_extension(leaf, issuer, NID_subject_key_identifier, "hash");
    if (!authority)
        add_extension(leaf, issuer, NID_ext_key_usage, "serverAuth");
    if (issuer != leaf)
        add_extension(leaf, issuer, NID_authority_key_identifier, "keyid:always");
    add_names(leaf, entry);
}

static bool build(struct certificates *certificates, const struct entry *entry,
                  struct certificate *certificate, bool authority)
{
    const struct certificate *issuer = certificate->issuer;
    const EVP_MD *digest = EVP_get_digestbyname(entry_value(entry, "signature", "sha256"));
    certificate->key = key_of(certificates, entry_value(entry, "key", "rsa2048"), authority);
    X509 *leaf = certificate->leaf = X509_new();
    if (!certificate->key || !digest)
        return false;
    X509_set_version(leaf, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(leaf), ++certificates->serial);
    ASN1_TIME_set(X509_getm_notBefore(leaf), parse_moment(entry_value(entry, "from", "-200d")));
    ASN1_TIME_set(X509_getm_notAfter(leaf),
                  parse_moment(entry_value(entry, "to", authority ? "+3650d" : "+400d")));
    char *own_name = format_text("CN=%s", entry->name);
    bool named = set_name(X509_get_subject_name(leaf), entry_value(entry, "subject", own_name));
    free(own_name);
    X509_set_issuer_name(leaf, X509_get_subject_name(issuer ? issuer->leaf : leaf));
    X509_set_pubkey(leaf, certificate->key);
    add_extensions(leaf, issuer ? issuer->leaf : leaf, entry, authority);
    return named && X509_sign(leaf, issuer ? issuer->key : certificate->key, digest) > 0;
}

static const struct entry *entry_of(const struct scenario *scenario, const char *name, bool *authority)
{
    const struct entry *entry = entry_child(scenario->root, "certificate", name);
    *authority = !entry;
    return entry ? entry : entry_child(scenario->root, "ca", name);
}

static struct property fallback_properties[] = {{(char *)"subject", (char *)"CN=SSL_Self_Signed_Fallback"}};
static const struct entry fallback = {.keyword = "certificate",
                                      .name = (char *)"fallback",
                                      .properties = fallback_properties,
                                      .property_count = 1};

const struct certificate *certificates_get(struct certificates *certificates, const char *name, FILE *errors)
{
    struct named_certificate *made = certificates->made;
    while (made && strcmp(made->name, name) != 0)
        made = made->next;
    if (made)
        return &made->certificate;
    bool authority;
    const struct entry *entry = entry_of(certificates->scenario, name, &authority);
    if (!entry && strcmp(name, "fallback") == 0) {
        entry = &fallback;
        authority = false;
    }
    if (!entry) {
        fprintf(errors, "estate: no certificate or ca is named %s\n", name);
        return NULL;
    }
    const char *issuer_name = entry_value(entry, "issuer", "self");
    const struct certificate *issuer = NULL;
    if (strcmp(issuer_name, "self") != 0 && !(issuer = certificates_get(certificates, issuer_name, errors)))
        return NULL;
    made = allocate(sizeof *made);
    made->name = duplicate(name);
    made->certificate.issuer = (struct certificate *)issuer;
    made->next = certificates->made;
    certificates->made = made;
    if (!build(certificates, entry, &made->certificate, authority)) {
        fprintf(errors,
                "estate: line %d: certificate %s cannot be made: key is rsaBITS, ec256 or ec384, signature "
                "md5, sha1, sha256 …, subject CN=…,O=…\n",
                entry->line, name);
        return NULL;
    }
    made->certificate.chain = sk_X509_new_null();
    for (; issuer && issuer->issuer; issuer = issuer->issuer)
        sk_X509_push(made->certificate.chain, issuer->leaf);
    return &made->certificate;
}

bool certificates_write_authorities(struct certificates *certificates, const char *path, FILE *errors)
{
    char *beside = format_text("%s.new", path);
    FILE *file = fopen(beside, "we");
    bool written = file;
    const struct entry *entry;
    for (size_t position = 0;
         written && (entry = entry_next(certificates->scenario->root, "ca", &position));) {
        const struct certificate *certificate = certificates_get(certificates, entry->name, errors);
        written = certificate && (certificate->issuer || PEM_write_X509(file, certificate->leaf));
    }
    if (file && fclose(file) != 0)
        written = false;
    if (written)
        written = rename(beside, path) == 0;
    if (!written)
        fprintf(errors, "estate: the authorities cannot be written to %s\n", path);
    free(beside);
    return written;
}
