/* Keys and certificates, made at start from the scenario's `ca` and `certificate` entries. */
#pragma once

#include "scenario.h"

#include <openssl/x509.h>

struct certificates;

/* Nothing is made before it is asked for; keys of the same kind are shared. */
struct certificates *certificates_new(const struct scenario *scenario);
void certificates_free(struct certificates *certificates);

struct certificate {
    X509 *leaf;                 /* owned by the certificates */
    EVP_PKEY *key;              /* owned by the certificates */
    STACK_OF(X509) * chain;     /* intermediates, leaf excluded; owned by the certificates; may be NULL */
    struct certificate *issuer; /* NULL: self-signed */
};

/* The certificate of that name; "fallback" always exists: what SQL Server generates for itself when it has
 * none (CN=SSL_Self_Signed_Fallback, self-signed). NULL after a message on `errors`. */
const struct certificate *certificates_get(struct certificates *certificates, const char *name, FILE *errors);

/* Writes every self-signed `ca` as PEM, beside the target and renamed. False after a message on `errors`. */
bool certificates_write_authorities(struct certificates *certificates, const char *path, FILE *errors);
