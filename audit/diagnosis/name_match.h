/* Whether a certificate is for a host, as the drivers of SQL Server compare (RFC 6125, and RFC 2818 for the
 * common name). */
#pragma once

#include "audit/model/model.h"

/* One name of a certificate against a host name or a numeric address. `type` is "dns", "cn" or "ip".
 * Case and a trailing dot do not matter; "*" stands for exactly one whole first label and never for a
 * top-level domain. NULL matches nothing. */
bool certificate_name_matches(const char *type, const char *pattern, const char *host);

/* All names of a certificate: its alternative names, or its common name when it has no alternative name.
 * Unknown when the certificate's names are not known. */
enum ternary certificate_matches_host(const struct certificate *certificate, const char *host);
