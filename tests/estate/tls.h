/* TLS settings of each listener, shared between listeners that are alike. */
#pragma once

#include "certificate.h"

struct tls_settings;

/* Sets `tls` and `strict_tls` of every instance that speaks TLS. NULL after a message on `errors`. */
struct tls_settings *tls_settings_new(struct scenario *scenario, struct certificates *certificates,
                                      FILE *errors);
void tls_settings_free(struct tls_settings *settings);
