/* The scenario file: what the estate consists of and how each part behaves. README.md documents the format.
 *
 * A scenario is a tree of entries (keyword, name, keys with values). The parts that every connection needs
 * are read into `struct instance` once; the rest stays in the entries and is looked up where it is used. */
#pragma once

#include "address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct property {
    char *key;
    char *value;
};

struct entry {
    const char *keyword;
    char *name;
    int line;
    struct property *properties;
    size_t property_count;
    struct entry *parent;
    struct entry **children;
    size_t child_count;
};

/* The value of a key, or `otherwise`. */
const char *entry_value(const struct entry *entry, const char *key, const char *otherwise);
long entry_number(const struct entry *entry, const char *key, long otherwise);
bool entry_flag(const struct entry *entry, const char *key, bool otherwise); /* yes or no */
/* Does one of the (repeatable) values of `key` equal `value`, without regard to case? */
bool entry_has(const struct entry *entry, const char *key, const char *value);
/* The next child with that keyword, from *position on; NULL at the end. Start with *position = 0. */
const struct entry *entry_next(const struct entry *entry, const char *keyword, size_t *position);
/* The child with that keyword and name (case-insensitive), or NULL. */
const struct entry *entry_child(const struct entry *entry, const char *keyword, const char *name);
/* `text` with {i} and {n} replaced by the numbers of the copied instance and link; the caller frees. */
char *entry_expand(const char *text, int instance_number, int link_number);

enum listener_kind { KIND_SQLSERVER, KIND_TLS, KIND_TCP };

/* Encryption of a TDS 7.x server, [MS-TDS] 2.2.6.5. */
enum encryption_mode { ENCRYPT_OFF, ENCRYPT_ON, ENCRYPT_NOT_SUPPORTED };

enum strict_mode { STRICT_NO, STRICT_YES, STRICT_ONLY };

enum tls_refusal { REFUSE_BY_CLOSE, REFUSE_BY_ALERT, REFUSE_BY_RESET };

enum behaviour {
    BEHAVE,
    BEHAVE_REFUSE,            /* nothing listens */
    BEHAVE_FULL,              /* the accept queue is full: packets to the port get no answer */
    BEHAVE_SILENT,            /* accepts, never answers */
    BEHAVE_CLOSE_AT_ONCE,     /* accepts and closes */
    BEHAVE_RESET_AT_ONCE,     /* accepts and resets */
    BEHAVE_CLOSE_ON_PRELOGIN, /* closes when the first packet arrived */
    BEHAVE_RESET_ON_PRELOGIN,
    BEHAVE_GARBAGE,
    BEHAVE_HTTP,
    BEHAVE_SSH,
    BEHAVE_LYING_LENGTH, /* packet and token lengths beyond what follows */
    BEHAVE_TRUNCATED_PRELOGIN,
    BEHAVE_SSL2_ONLY, /* SSL 2.0 is all it speaks */
    BEHAVE_SSL3_ONLY,
    BEHAVE_RC4_ONLY,         /* TLS 1.0 with RC4 and 3DES */
    BEHAVE_HANG_IN_TLS,      /* answers PRELOGIN, never the ClientHello */
    BEHAVE_HANG_AFTER_LOGIN, /* reads LOGIN7, never answers */
    BEHAVE_HANG_IN_QUERY,    /* never answers a statement that is not a SET */
    BEHAVE_CLOSE_IN_QUERY,   /* the first half of the answer, then the end */
    BEHAVE_RESET_IN_QUERY,
    BEHAVE_ENDLESS_TOKENS, /* INFO tokens without end in answer to a statement */
    BEHAVE_ROW_FLOOD,      /* rows without end in answer to a SELECT */
    BEHAVE_GARBAGE_IN_QUERY,
};

struct statistics;
struct ssl_ctx_st;

struct instance {
    const struct entry *entry;
    int number;        /* of the copy, from 0 */
    char *name;        /* in the scenario and in the statistics */
    char *server_name; /* SERVERPROPERTY('ServerName') */
    char *machine;
    char *instance_name; /* "" for a default instance */
    enum listener_kind kind;
    struct address address;
    in_port_t port; /* host byte order */
    int major, minor, build, revision;
    enum encryption_mode encryption;
    enum strict_mode strict;
    enum tls_refusal tls_refusal;
    enum behaviour behaviour;
    int delay_ms;        /* before each answer */
    int accept_delay_ms; /* between accept and the first read */
    int listener;        /* socket, or -1 */
    struct ssl_ctx_st *tls;
    struct ssl_ctx_st *strict_tls;
    struct statistics *statistics;
};

struct scenario {
    struct entry *root;
    struct instance *instances;
    size_t instance_count;
};

/* Reads the scenario; `network` (may be NULL) replaces the file's own `network` line. NULL after a message
 * with file and line on `errors`. */
struct scenario *scenario_read(const char *path, const char *network, FILE *errors);
void scenario_free(struct scenario *scenario);

struct instance *scenario_instance(const struct scenario *scenario, const char *name);
