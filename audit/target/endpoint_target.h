/* From a linked server's definition to the endpoints it leads to: pure, no name is looked up and nothing is
   sent. Two links whose targets have the same target_key share one endpoint. */
#pragma once

#include "audit/target/data_source.h"
#include "audit/target/endpoint_kind.h"
#include "audit/target/host_table.h"

#define TARGETS_MAX 8 /* addresses of one link: failover partner, several Oracle listeners, … */
#define TARGET_NAME_SIZE 1024
#define TARGET_SCOPE_SIZE 256
#define TARGET_REASON_SIZE 384
/* Enough for the key of any target. */
#define TARGET_KEY_SIZE                                                                                      \
    (TARGET_NAME_SIZE + TARGET_SCOPE_SIZE + HOST_NAME_SIZE + DATA_SOURCE_INSTANCE_SIZE + 64)

enum target_role {
    TARGET_PRIMARY,
    TARGET_FAILOVER_PARTNER, /* of a mirrored database; unreachable is not a failure while the primary answers
                              */
    TARGET_ALTERNATIVE       /* a further address of the same target; one of them has to answer */
};

struct target {
    enum endpoint_kind kind;
    enum target_role role;
    char host[HOST_NAME_SIZE]; /* canonical; for a file on a share the file server; else empty for file,
                                  alias, local */
    unsigned port;   /* the port to connect to; 0: the SQL Browser has to be asked for INSTANCE first */
    bool port_given; /* named in the definition, not a default */
    char instance[DATA_SOURCE_INSTANCE_SIZE]; /* upper case; empty for the default instance and when a port is
                                                 given */
    char pipe[DATA_SOURCE_PIPE_SIZE]; /* a SQL Server named pipe; the endpoint is then tcp, port 445 */
    char name[TARGET_NAME_SIZE];   /* alias, DSN, file path or localdb name, without passwords; else empty */
    char scope[TARGET_SCOPE_SIZE]; /* where the name holds: the instance for alias, local and its own files,
                                      its domain for a single-label host; empty: everywhere */
    bool own_host;                 /* names the machine of the instance that owns the link */
    bool dedicated_admin;          /* admin: */
    char reason[TARGET_REASON_SIZE]; /* a sentence: why it is no network endpoint, or what was assumed; else
                                        empty */
};

/* at[0] is the primary; COUNT is at least 1. */
struct target_list {
    size_t count;
    bool more; /* there were more addresses than TARGETS_MAX */
    struct target at[TARGETS_MAX];
};

/* The columns of sys.servers; any of them may be NULL. */
struct link_definition {
    const char *name;
    const char *product;
    const char *provider;
    const char *data_source;
    const char *location;
    const char *provider_string; /* NULL also when the audit login may not see it */
    const char *catalog;
};

/* An entry of the client aliases of the instance's machine (…\MSSQLServer\Client\ConnectTo). */
struct alias_entry {
    const char *name;
    const char *connect_to; /* "DBMSSOCN,host[,port]", "DBNMPNTW,\\host\pipe\…" */
};

/* What is known around the link; every text may be NULL. Borrowed during the call only. */
struct target_surroundings {
    const char *owner;        /* the audited instance's name, unique within the run */
    const char *owner_host;   /* its machine, as the audit host reaches it */
    const char *owner_domain; /* its DNS domain, "corp.example" */
    const struct alias_entry *aliases;
    size_t alias_count;
    const struct host_table *hosts;
};

/* Fills OUT; whatever the definition holds, at[0] says where it leads or why that cannot be said. False only
   when memory is short. */
bool link_targets(const struct link_definition *link, const struct target_surroundings *surroundings,
                  struct target_list *out);

/* The canonical text of the endpoint, such as "sqlserver://sql07.corp.example:1433",
   "sqlserver://sql07\SALES", "file://fs1/share/x.accdb", "alias://ORCL (instance sql01)". Equal keys are one
   endpoint. */
void target_key(const struct target *target, char key[TARGET_KEY_SIZE]);

/* A target typed by hand: a SQL Server data source, or kind://host[:port] with a kind of endpoint_kind.h or
   one of the usual schemes (mssql, postgres, ldaps, https, tcps, …). "." and its like stay "localhost". Kinds
   that are no network endpoint are refused. On false OUT->reason says what was expected. */
bool target_from_text(const char *text, struct target *out);
