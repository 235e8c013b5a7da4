/* From the certificates that a server sent to the report's rows. Nothing is fetched from anywhere: no CRL, no
 * OCSP, no issuer certificates. */
#pragma once

#include "audit/model/model.h"

#include <openssl/x509.h>

enum { CERTIFICATES_MAXIMUM = 10, CERTIFICATE_NAMES_MAXIMUM = 1000 };

/* Appends a row for each certificate of the chain, in the order in which they were sent. The first says
 * whether the chain is trusted, which leaves the first certificate's own dates out (they are in the row), and
 * whether it is for `host` (NULL: not known). */
void certificates_describe(STACK_OF(X509) * chain, X509_STORE *trust, const char *host, struct arena *arena,
                           struct endpoint *endpoint);
