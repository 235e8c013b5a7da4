/* Which names to ask the DNS for. Windows machines complete a single-label name with suffixes that the audit
   host does not have: those of the configuration are tried first, then the domain of the instance that owns
   the link. */
#pragma once

#include "audit/target/endpoint_target.h"

#define NAME_CANDIDATES_MAX 32

enum name_source {
    NAME_AS_WRITTEN,
    NAME_FROM_HOSTS,  /* [hosts] of the configuration: an address or another name; the only candidate then,
                         or completed like a name of its own when it is a single label */
    NAME_WITH_SUFFIX, /* dns_suffixes */
    NAME_WITH_OWNER_DOMAIN, /* the domain of the owning instance */
    NAME_SOURCES
};

struct name_candidate {
    char name[HOST_NAME_SIZE]; /* canonical; an address or a name */
    enum name_source source;
};

/* In the order in which they are to be tried; no name twice. */
struct name_candidates {
    size_t count;
    struct name_candidate at[NAME_CANDIDATES_MAX];
};

struct name_completion {
    const struct host_table *hosts;
    const char *const *suffixes; /* with or without a dot in front */
    size_t suffix_count;
    const char *owner_domain; /* may be NULL */
};

/* HOST as in a target, or as typed; a trailing dot means that the name is complete. No candidates when HOST
   is not a host name. What does not fit NAME_CANDIDATES_MAX or a DNS name is left out. */
void name_completion_candidates(const struct name_completion *completion, const char *host,
                                struct name_candidates *out);

const char *
name_source_name(enum name_source source); /* "as-written", "hosts", "dns-suffix", "owner-domain" */
