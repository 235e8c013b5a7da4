#include "tls.h"

#include "text.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

struct shared_context {
    char *description;
    SSL_CTX *context;
    struct shared_context *next;
};

struct tls_settings {
    struct shared_context *contexts;
};

static const struct version {
    const char *name;
    int number;
} versions[] = {
    {"1.0", TLS1_VERSION}, {"1.1", TLS1_1_VERSION}, {"1.2", TLS1_2_VERSION}, {"1.3", TLS1_3_VERSION}};

static int version_number(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (strlen(versions[i].name) == length && strncmp(versions[i].name, name, length) == 0)
            return versions[i].number;
    return 0;
}

/* "1.2" or "1.0-1.2" */
static bool set_versions(SSL_CTX *context, const char *range)
{
    size_t first = strcspn(range, "-");
    const char *last = range[first] ? range + first + 1 : range;
    int lowest = version_number(range, first), highest = version_number(last, strlen(last));
    return lowest && highest && SSL_CTX_set_min_proto_version(context, lowest) &&
           SSL_CTX_set_max_proto_version(context, highest);
}

/* A strict listener takes tds/8.0 or a client without ALPN, [MS-TDS] 1.7. */
static int choose_alpn(SSL *tls, const unsigned char **chosen, unsigned char *length,
                       const unsigned char *offered, unsigned offered_length, void *unused)
{
    static const unsigned char strict_alpn[] = "\x07tds/8.0";
    unsigned char *selected;
    (void)tls;
    (void)unused;
    if (SSL_select_next_proto(&selected, length, strict_alpn, sizeof strict_alpn - 1, offered,
                              offered_length) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = selected;
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *context_new(const struct certificate *certificate, const char *range, const char *ciphers,
                            bool strict)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    /* Old peers need level 0: TLS 1.0, SHA-1 signatures and 1024-bit keys exist in estates. */
    SSL_CTX_set_security_level(context, 0);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_options(context,
                        SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_dh_auto(context, 1);
    if (strict)
        SSL_CTX_set_alpn_select_cb(context, choose_alpn, NULL);
    char *list = format_text("%s:@SECLEVEL=0", ciphers);
    bool ready = set_versions(context, range) && SSL_CTX_set_cipher_list(context, list) &&
                 SSL_CTX_use_certificate(context, certificate->leaf) &&
                 SSL_CTX_use_PrivateKey(context, certificate->key) &&
                 (!certificate->chain || SSL_CTX_set1_chain(context, certificate->chain));
    free(list);
    if (ready)
        return context;
    SSL_CTX_free(context);
    return NULL;
}

static SSL_CTX *context_of(struct tls_settings *settings, struct certificates *certificates,
                           const struct entry *entry, const char *range, bool strict, FILE *errors)
{
    const char *name = entry_value(entry, "certificate", "fallback");
    const char *ciphers = entry_value(entry, "ciphers", "ALL");
    char *description = format_text("%s|%s|%s|%d", name, range, ciphers, strict);
    struct shared_context *shared = settings->contexts;
    while (shared && strcmp(shared->description, description) != 0)
        shared = shared->next;
    if (shared) {
        free(description);
        return shared->context;
    }
    const struct certificate *certificate = certificates_get(certificates, name, errors);
    SSL_CTX *context = certificate ? context_new(certificate, range, ciphers, strict) : NULL;
    if (!context) {
        fprintf(errors,
                "estate: line %d: no TLS with certificate %s, tls=%s (1.0, 1.1, 1.2, 1.3 or a range), "
                "ciphers=%s\n",
                entry->line, name, range, ciphers);
        free(description);
        return NULL;
    }
    shared = allocate(sizeof *shared);
    *shared = (struct shared_context){description, context, settings->contexts};
    settings->contexts = shared;
    return context;
}

/* Without a certificate of its own a SQL Server has nothing to offer for TDS 8.0 (error-log entry 17821). */
static bool set_contexts(struct tls_settings *settings, struct certificates *certificates,
                         struct instance *instance, FILE *errors)
{
    const struct entry *entry = instance->entry;
    const char *range = entry_value(entry, "tls", "1.0-1.2");
    if (instance->kind == KIND_TCP)
        return true;
    if (instance->kind == KIND_TLS || instance->encryption != ENCRYPT_NOT_SUPPORTED) {
        instance->tls = context_of(settings, certificates, entry, range, false, errors);
        if (!instance->tls)
            return false;
    }
    bool has_own = strcmp(entry_value(entry, "certificate", "fallback"), "fallback") != 0;
    if (instance->strict != STRICT_NO && has_own) {
        const char *strict_range = entry_value(entry, "strict_tls", "1.2-1.3");
        instance->strict_tls = context_of(settings, certificates, entry, strict_range, true, errors);
        return instance->strict_tls;
    }
    return true;
}

struct tls_settings *tls_settings_new(struct scenario *scenario, struct certificates *certificates,
                                      FILE *errors)
{
    struct tls_settings *settings = allocate(sizeof *settings);
    for (size_t i = 0; i < scenario->instance_count; i++)
        if (!set_contexts(settings, certificates, &scenario->instances[i], errors)) {
            tls_settings_free(settings);
            return NULL;
        }
    return settings;
}

void tls_settings_free(struct tls_settings *settings)
{
    while (settings->contexts) {
        struct shared_context *shared = settings->contexts;
        settings->contexts = shared->next;
        SSL_CTX_free(shared->context);
        free(shared->description);
        free(shared);
    }
    free(settings);
}
