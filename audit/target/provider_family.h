/* Inside audit/target: what the files of the provider families share. A family turns the definition of its
   links into targets; hosts that mean the owner's machine, default ports and scopes are settled afterwards
   for all. */
#pragma once

#include "audit/target/endpoint_target.h"
#include "audit/target/provider_string.h"

struct provider_row;

/* False only when memory is short. */
typedef bool provider_family(const struct link_definition *link,
                             const struct target_surroundings *surroundings, const struct provider_row *row,
                             struct target_list *out);

/* A row of the table of providers in endpoint_target.c. */
struct provider_row {
    const char *prefix; /* of the provider's name, without regard to case: versions follow it */
    provider_family *family;
    enum endpoint_kind kind;  /* for families that serve several kinds */
    unsigned port;            /* the default of this provider; 0: the kind's */
    bool data_source_is_host; /* the data source is a host name, not a name in a catalog of the client */
};

provider_family sqlserver_family;
provider_family oracle_family;
provider_family odbc_family;
provider_family file_family;
provider_family network_family; /* a host and a port in the provider string */
provider_family analysis_services_family;
provider_family directory_family;
provider_family local_family; /* index services and the like: never leaves the machine */

/* The next target of LIST, empty, with KIND and the role that its position gives it. In a full list it takes
   the place of the last. */
struct target *target_add(struct target_list *list, enum endpoint_kind kind);
/* A list of one target without a network endpoint: its name, passwords hidden, and the reason. */
bool target_set_name_only(struct target_list *list, enum endpoint_kind kind, const char *name,
                          const char *reason);
/* What a link without an address is called: its data source, or its own name when that is blank. */
const char *target_link_label(const struct link_definition *link);
void target_set_reason(struct target *target, const char *reason);

/* Adds what a SQL Server data source leads to; what cannot be read becomes an alias with the reason. */
bool sqlserver_add(struct target_list *list, const char *data_source, enum target_role role);
/* A network library by its DLL ("dbmssocn") or name ("tcp") as a prefix of a data source; "" when it is
 * unknown. */
const char *sqlserver_library_prefix(const char *library);
/* Adds what an Oracle connect identifier leads to: EZConnect, a descriptor, or an alias. */
bool oracle_add(struct target_list *list, const char *identifier);
/* Adds "host", "host:port", several of them with commas between. PORT (may be NULL) is the text of a keyword
   and holds for those without one of their own; DEFAULT_PORT for the rest. Becomes an alias when it is not
   readable. */
bool network_add(struct target_list *list, enum endpoint_kind kind, const char *hosts, const char *port,
                 unsigned default_port);
/* Adds a file: on the instance's machine, or on the server of a UNC path. */
bool file_add(struct target_list *list, const char *path);
