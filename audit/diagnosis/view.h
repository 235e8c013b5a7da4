/* What is known about one link or endpoint, put so that conditions can be asked of it. */
#pragma once

#include "audit/diagnosis/messages.h"
#include "audit/model/model.h"

struct view {
    struct arena *arena;
    const struct instance *instance;  /* the source; NULL: the endpoint alone */
    const struct linked_server *link; /* NULL: the endpoint alone */
    const struct endpoint *endpoint;  /* NULL: the link has none */
    const struct instance *target;    /* the audited instance that the endpoint is, or NULL */
    struct heard heard;               /* from the instance's own test */

    bool network;           /* the endpoint is one that can be reached over a network */
    bool named;             /* SQL Browser decides the port */
    bool pipes;             /* named pipes: all that can be probed is SMB's port */
    struct number tcp_port; /* of pipes: where an audited instance listens on the same machine */
    enum resolve_outcome resolved;
    size_t addresses, denied;
    const struct connection *connected; /* the first that was accepted */
    const struct connection *telling;   /* the failed one that tells most */
    size_t connected_count;
    enum browser_outcome browser;
    enum prelogin_outcome
        prelogin;           /* or what the service of another kind did instead of answering PRELOGIN */
    bool no_encryption;     /* the service says that it offers none */
    bool modern_tls;        /* TLS 1.2 or newer was accepted */
    bool old_tls;           /* TLS 1.1 or older was accepted */
    bool modern_tls_denied; /* TLS 1.2 was asked for and not given, TLS 1.3 neither */
    bool tls_failed;        /* handshakes ran, none succeeded, and the audit host is not the limit */
    const struct certificate *certificate; /* the server's own */
    bool strict;
};

/* The view of an endpoint alone, or of a link; link, instance and endpoint may be NULL as said above. */
struct view view_of(struct arena *arena, const struct instance *instance, const struct linked_server *link,
                    const struct endpoint *endpoint);

/* The instance's test ended well, or was refused by the target's login: it reached the target's service. */
bool view_reached(const struct view *view);
bool view_test_is(const struct view *view, enum test_outcome outcome);
/* The instance's test came past the TCP connection. */
bool view_connected(const struct view *view);
/* The instance's test shows that the target's name has an address there: an answer, a refusal or a silence of
 * it. */
bool view_named(const struct view *view);

/* What is wrong with the certificate on its own, for a host that validates: a clause, or NULL. `now` unknown:
 * the dates are not judged. */
const char *certificate_fault(const struct certificate *certificate, moment now);

/* Azure SQL, Managed Instance, Synapse, Babelfish: what reports itself as 12.0.2000 without being SQL Server
 * 2014. */
bool instance_is_azure(const struct instance *instance);
/* SQL Server as one installs it (EngineEdition 1 to 4, or not known): its build, servicing branch, options
 * and name are what SQL Server's rules speak of. Not so Azure's services, Managed Instance (Azure's or
 * Arc's), SQL Edge, Babelfish. */
bool instance_is_installed(const struct instance *instance);
bool instance_is_managed(const struct instance *instance); /* Azure SQL Managed Instance */
/* The platform gives the server its name, in a container, in the cloud or on Linux: it is no rename. */
bool instance_name_is_given(const struct instance *instance);
/* Amazon RDS. */
bool instance_is_rds(const struct instance *instance);
bool instance_is_linux(const struct instance *instance);
/* The same of an endpoint, judged by host, certificate and the version that PRELOGIN gave. */
bool endpoint_may_be_azure(const struct endpoint *endpoint);
/* A link of replication or of the engine itself. */
bool link_is_replication(const struct linked_server *link);
/* A provider that speaks to SQL Server: SQLNCLI*, MSOLEDBSQL*, SQLOLEDB, and product "SQL Server". */
bool link_is_sqlserver(const struct linked_server *link);

/* The service says that it offers no encryption. */
bool endpoint_offers_no_encryption(const struct endpoint *endpoint);

/* That an audited instance runs out of workers or connections, by its own counters of one moment: "511 of 512
 * workers in use; …". NULL: it does not, or it is not known, or there is no instance. */
char *instance_load(struct arena *arena, const struct instance *instance);

/* The host itself answered something, if no TCP: an ICMP echo, or that nothing listens on UDP 1434. */
bool endpoint_is_alive(const struct endpoint *endpoint);

/* An endpoint of named pipes. */
bool endpoint_is_pipe(const struct endpoint *endpoint);

/* The host of an endpoint is an address itself: no name was ever looked up. */
bool endpoint_is_numeric(const struct endpoint *endpoint);

/* "host\instance", "host,port" or "host": what sqlcmd -S takes. */
char *endpoint_server(struct arena *arena, const struct endpoint *endpoint);
/* The port that decides: the one connected to, given, or told by SQL Browser; unknown where none is known. */
struct number endpoint_port(const struct endpoint *endpoint);
/* "2026-11-22", or "?" when unknown. */
char *date_text(struct arena *arena, moment when);
