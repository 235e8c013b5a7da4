/* The report as C structs: what one audit knows.
 *
 * Every struct is one element of the report, every member one attribute, text or list of child elements; the
 * table in reports/vocabulary.c ties each to its name. All memory belongs to an arena. Text is UTF-8 and NULL
 * when absent; a `struct number` tells "not known" from 0; enumerations and ternaries are 0 when not known.
 */
#pragma once

#include "audit/model/arena.h"
#include "audit/model/names.h"

#include <stdbool.h>
#include <stdint.h>

struct number {
    int64_t value;
    bool known;
};

static inline struct number number_of(int64_t value)
{
    return (struct number){value, true};
}

/* Seconds since 1970-01-01 UTC. */
typedef struct number moment;

/* A list owns nothing; its items are of the arena, tied by their first member `next`. */
#define LIST_OF(type)                                                                                        \
    struct {                                                                                                 \
        type *first, *last;                                                                                  \
        size_t count;                                                                                        \
    }

/* Appends an item to a list; both must be of the same type. */
#define list_append(list, item)                                                                              \
    do {                                                                                                     \
        (item)->next = NULL;                                                                                 \
        if ((list)->last)                                                                                    \
            (list)->last->next = (item);                                                                     \
        else                                                                                                 \
            (list)->first = (item);                                                                          \
        (list)->last = (item);                                                                               \
        (list)->count++;                                                                                     \
    } while (0)

/* Both lists are of the same type; the second one's items become the first one's. */
#define list_join(list, other)                                                                               \
    do {                                                                                                     \
        if ((other)->first) {                                                                                \
            if ((list)->last)                                                                                \
                (list)->last->next = (other)->first;                                                         \
            else                                                                                             \
                (list)->first = (other)->first;                                                              \
            (list)->last = (other)->last;                                                                    \
            (list)->count += (other)->count;                                                                 \
        }                                                                                                    \
    } while (0)

#define list_each(type, item, list) for (type *item = (list)->first; item; item = item->next)

/* One diagnostic record, of a driver or of an instance's own test. */
struct message {
    struct message *next;
    struct number number, severity, state;
    char *sqlstate, *text;
};
typedef LIST_OF(struct message) message_list;

/* ---- an instance ---------------------------------------------------------------------------------- */

struct failure {
    enum failure_phase phase;
    message_list messages;
};

/* A permission, whether the audit login holds it, and what its absence hides. */
struct visibility {
    struct visibility *next;
    char *permission, *database, *hides;
    enum ternary granted; /* unknown: the version has no such permission */
};

/* A fact that could not be read, and why: never shown as an empty list. */
struct not_readable {
    struct not_readable *next;
    char *what, *database, *reason;
    struct number number; /* the server's error number */
};

struct property {
    struct property *next;
    char *name, *value;
};

/* A SQL client alias of the instance's machine (ConnectTo): it silently redirects a data source of that name.
 */
struct client_alias {
    struct client_alias *next;
    char *name, *target;
};

/* An OLE DB provider that is registered on the instance, with its options. */
struct provider {
    struct provider *next;
    char *name, *description;
    enum ternary allow_in_process, disallow_ad_hoc, dynamic_parameters, nested_queries, level_zero_only,
        non_transacted_updates, index_as_access_path, sql_server_like;
};

/* A principal that may change links: through a permission or a server role. */
struct principal {
    struct principal *next;
    char *name, *type, *permission, *role;
    enum ternary disabled;
};

/* A database and whether code in it was searched for uses of links. */
struct database {
    struct database *next;
    char *name, *state;
    enum ternary searched;
    char *reason; /* why it was not searched, or what of it was not */
    struct number modules, unreadable_modules, ms;
};

/* Live sessions on an audited instance that came through a linked server. */
struct session {
    struct session *next;
    char *host, *address, *login, *interface_name, *encrypted, *auth_scheme, *transport;
    struct number sessions;
    moment last_seen;
};

/* State of a SQL login at this instance: mapped to by links of other instances. */
struct sql_login {
    struct sql_login *next;
    char *name;
    enum ternary disabled, locked, expired, sysadmin;
    struct number days_until_expiration;
};

/* ---- a linked server ------------------------------------------------------------------------------- */

struct login_mapping {
    struct login_mapping *next;
    char *local; /* the local principal's name; "*" for every login without its own mapping; NULL: not visible
                  */
    char *local_type; /* as in sys.server_principals: S U G R C K E X */
    struct number local_id;
    enum ternary local_disabled;
    char *remote; /* NULL: none, or the caller's own */
    enum ternary self;
    moment modified;
};

/* For every login that has none of its own. */
static inline bool is_everyone(const struct login_mapping *mapping)
{
    return mapping->local && mapping->local[0] == '*' && mapping->local[1] == '\0';
}

struct certificate_check {
    struct certificate_check *next;
    char *name; /* the name that this link's provider compares */
    enum ternary match, trusted, validated;
};

struct use {
    struct use *next;
    char *database, *object;
    enum use_type type;
    struct number count;
    char *how;  /* four-part-name openquery execute-at string synonym dependency */
    char *link; /* only of a use whose link does not exist: the name that it uses */
};

/* The instance's own sp_testlinkedserver. */
struct link_test {
    enum test_outcome outcome;
    char *reason; /* of skipped */
    char *login;  /* the remote login that it was tested with; NULL: none, or self */
    struct number ms;
    moment at;
    message_list messages;
};

struct step {
    struct step *next;
    enum step_name name;
    enum step_result result;
    char *from;     /* "audit-host" or "instance" */
    char *evidence; /* the element's text */
};

struct diagnosis {
    enum cause cause;
    enum actor actor;
    char *text, *action; /* <text>, <next> */
    LIST_OF(struct step) steps;
};

struct readiness {
    struct number target; /* 2025 */
    enum readiness_verdict verdict;
    char *reason, *fix;
};

/* A column of sys.servers that this program's version does not know. */
struct column {
    struct column *next;
    char *name, *value;
};

struct linked_server {
    struct linked_server *next;
    char *name, *product, *provider, *data_source, *location, *provider_string, *catalog, *collation_name;
    enum ternary provider_string_visible;
    struct number server_id, connect_timeout, query_timeout;
    enum ternary linked, rpc, rpc_out, data_access, collation_compatible, uses_remote_collation,
        lazy_schema_validation, system, publisher, subscriber, distributor, nonsql_subscriber, rpc_promotion,
        rda_server;
    moment modified;
    char *endpoint;          /* id of its endpoint in this report */
    char *failover_endpoint; /* of its failover partner */
    char *target_note;       /* why it has no endpoint, or what of the definition was ignored */
    LIST_OF(struct login_mapping) logins;
    LIST_OF(struct column) columns;
    LIST_OF(struct certificate_check) certificate_checks;
    LIST_OF(struct use) uses;
    struct link_test *test;
    struct diagnosis *diagnosis;
    struct readiness *readiness;
};

struct instance {
    struct instance *next;
    char *name, *server, *tags, *zone;
    enum instance_status status;
    char *server_version, *product, *edition, *server_name, *at_at_servername, *domain;
    struct number engine_edition, ms;
    moment started, finished;
    char *endpoint; /* where ODBC connects to, probed as any other */
    struct failure *failure;
    LIST_OF(struct visibility) visibilities;
    LIST_OF(struct not_readable) not_readables;
    LIST_OF(struct property) properties;
    LIST_OF(struct client_alias) aliases;
    LIST_OF(struct provider) providers;
    LIST_OF(struct principal) principals;
    LIST_OF(struct database) databases;
    LIST_OF(struct session) sessions;
    LIST_OF(struct sql_login) sql_logins;
    /* Names of links that code uses and that do not exist (V07). */
    LIST_OF(struct use) dangling_uses;
    LIST_OF(struct linked_server) linked_servers;
};

/* ---- an endpoint ----------------------------------------------------------------------------------- */

struct address {
    struct address *next;
    char *ip, *reverse;
    enum ternary allowed; /* false: outside `allow` or inside `deny`; nothing was sent there */
};

struct resolve {
    enum resolve_outcome outcome;
    char *name;   /* the name that gave the addresses */
    char *tried;  /* all names that were tried, in order, separated by blanks */
    char *source; /* dns, hosts-file, configuration, alias */
    char *detail;
    struct number ms;
    LIST_OF(struct address) addresses;
};

struct ping {
    struct ping *next;
    enum ping_outcome outcome;
    char *ip, *detail;
    struct number ms;
};

struct browser {
    enum browser_outcome outcome;
    char *ip, *answered_from, *server_name, *instance, *version, *pipe, *detail;
    enum ternary clustered;
    struct number tcp_port, ms;
    char *instances; /* what else SQL Browser listed: NAME:PORT separated by blanks */
};

struct connection {
    struct connection *next;
    char *ip, *from, *detail; /* from: whose ICMP message it was */
    enum connect_outcome outcome;
    struct number port, ms, attempts, retransmissions;
};

struct prelogin {
    enum prelogin_outcome outcome;
    char *ip, *server_version, *looks_like, *detail;
    enum encryption encryption;
    enum ternary instance_match;
    struct number ms;
};

struct cipher {
    struct cipher *next;
    char *name, *key_exchange;
};

struct tls {
    struct tls *next;
    enum tls_version protocol;
    enum tls_outcome outcome;
    char *cipher, *key_exchange, *alert, *detail;
    struct number ms, bits;
    moment as_of;                   /* when known from a former run only */
    enum ternary by_hand;           /* by a hello made by hand: OpenSSL cannot speak it */
    enum ternary server_preference; /* full depth only, like the ciphers and the groups */
    char *groups;                   /* of the key exchange, separated by blanks */
    LIST_OF(struct cipher) ciphers;
};

struct strict {
    enum strict_outcome outcome;
    enum tls_version protocol;
    char *cipher, *alpn, *detail;
    struct number ms;
    moment as_of; /* when known from a former run only */
};

struct certificate_name {
    struct certificate_name *next;
    char *type; /* dns ip cn */
    char *value;
};

struct certificate {
    struct certificate *next;
    struct number position; /* 0 is the server's own */
    char *subject, *issuer, *serial, *key, *signature, *sha256, *sha1, *trust_error;
    moment not_before, not_after;
    moment as_of; /* when known from a former run only */
    enum ternary self_signed, fallback, trusted, name_match;
    LIST_OF(struct certificate_name) names;
};

struct endpoint {
    struct endpoint *next;
    char *id;
    char *key; /* the canonical target: what two runs are compared by */
    enum endpoint_kind kind;
    char *host, *instance, *domain, *zone;
    struct number port; /* as given; NULL where an instance name decides */
    struct number links;
    enum ternary reachable;
    char *audited_as; /* name of the audited instance that it is */
    struct number
        broken_off; /* handshakes that the probe began and did not finish: entries in the target's log */
    struct number connections;
    moment probed;
    struct resolve *resolve;
    LIST_OF(struct ping) pings;
    struct browser *browser;
    LIST_OF(struct connection) connects;
    struct prelogin *prelogin;
    LIST_OF(struct tls) tls;
    struct strict *strict;
    LIST_OF(struct certificate) certificates;
    LIST_OF(struct property) properties; /* what other kinds report */
    struct diagnosis *diagnosis;
};

/* ---- what follows from it -------------------------------------------------------------------------- */

struct reference {
    struct reference *next;
    char *text;
};

struct finding {
    struct finding *next;
    char *rule, *instance, *link, *endpoint;
    enum severity severity;
    enum ternary waived;
    moment since;
    char *waiver; /* owner, reason and expiry of the waiver */
    char *title, *evidence, *why, *remedy;
    LIST_OF(struct reference) references;
};

struct change {
    struct change *next;
    enum change_kind kind;
    enum change_what what;
    char *instance, *link, *endpoint, *item, *before, *after;
};

struct changes {
    char *since_run;
    LIST_OF(struct change) list;
};

struct compliance_answer {
    struct compliance_answer *next;
    char *rule, *title, *category, *instance, *evidence;
    enum compliance_result result;
};

struct summary {
    struct number instances, instances_failed, links, links_ok, links_failed, links_unknown, endpoints,
        endpoints_reachable, critical, high, medium, low, info, waived;
};

/* A former run of the same estate, as the history tells it. */
struct trend {
    struct trend *next;
    char *run_id;
    moment started;
    enum ternary complete;
    struct number links, links_ok, links_failed, links_unknown, endpoints, endpoints_reachable, critical,
        high, medium, low, info, response_ms;
};

/* A run that was limited by --only. */
struct scope {
    struct scope *next;
    char *only;
};

struct audit {
    char *version, *run_id, *host, *program, *title, *user, *configuration, *zone;
    moment started, finished;
    enum ternary complete;
    LIST_OF(struct scope) scopes;
    LIST_OF(struct property) settings; /* the run's own settings that bound what it could see */
    message_list problems;             /* what went wrong in the run itself */
    struct summary *summary;
    LIST_OF(struct trend) trends; /* oldest first; this run is not among them */
    LIST_OF(struct instance) instances;
    LIST_OF(struct endpoint) endpoints;
    LIST_OF(struct finding) findings;
    struct changes *changes;
    LIST_OF(struct compliance_answer) compliance;
};
