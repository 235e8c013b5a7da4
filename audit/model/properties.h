/* The names of an instance's and an endpoint's properties: written by the collector, read by the plan of link
 * tests, the diagnosis and the rules. A property that could not be read is absent; one that the server
 * answered with NULL has no value. Flags are 0 or 1 as the server gives them; times are UTC as in attributes.
 */
#pragma once

#include "audit/model/model.h"

/* The audit login. */
#define PROPERTY_LOGIN "login" /* SUSER_SNAME() */
#define PROPERTY_ORIGINAL_LOGIN "original-login"
#define PROPERTY_LOGIN_TYPE "login-type"       /* S SQL login, U Windows login, G Windows group, E, X Entra */
#define PROPERTY_LOGIN_ID "login-principal-id" /* absent: it came in through a Windows group */
#define PROPERTY_LOGIN_GROUPS                                                                                \
    "login-group-ids" /* principal ids of its Windows groups, separated by blanks                            \
                       */

/* The server. ProductVersion, Edition, EngineEdition, ServerName and @@SERVERNAME are attributes of
 * <instance>. */
#define PROPERTY_MACHINE_NAME "machine-name"
#define PROPERTY_PHYSICAL_NAME "physical-name" /* ComputerNamePhysicalNetBIOS: the node of a cluster */
#define PROPERTY_INSTANCE_NAME "instance-name" /* no value: the default instance */
#define PROPERTY_PRODUCT_LEVEL "product-level" /* RTM, SP1 */
#define PROPERTY_UPDATE_LEVEL "update-level"   /* CU12 */
#define PROPERTY_VERSION_TEXT "version-text"   /* the first line of @@VERSION */
#define PROPERTY_COLLATION "collation"
#define PROPERTY_CLUSTERED "clustered"
#define PROPERTY_HADR "availability-groups-enabled"
#define PROPERTY_WINDOWS_ONLY "windows-authentication-only"
#define PROPERTY_SINGLE_USER "single-user"
#define PROPERTY_STARTED "started"
#define PROPERTY_UTC_OFFSET                                                                                  \
    "utc-offset-minutes"                  /* of the server's clock now; its local times were read with it */
#define PROPERTY_PLATFORM "host-platform" /* Windows or Linux */
#define PROPERTY_DISTRIBUTION "host-distribution"
#define PROPERTY_LOCAL_SERVER                                                                                \
    "local-server-name"            /* sys.servers, server_id 0; no value: there is no such row */
#define PROPERTY_MANAGED "hosting" /* managed-instance, rds, azure-sql-database, babelfish */

/* The audit's own connection. */
#define PROPERTY_NET_TRANSPORT "net-transport"
#define PROPERTY_AUTH_SCHEME "auth-scheme" /* SQL, NTLM, KERBEROS */
#define PROPERTY_PROTOCOL_TYPE "protocol-type"
#define PROPERTY_LOCAL_ADDRESS "local-address" /* the server's end */
#define PROPERTY_LOCAL_PORT "local-port"
#define PROPERTY_CLIENT_ADDRESS "client-address"
#define PROPERTY_ENCRYPTED "connection-encrypted" /* TRUE or FALSE: of this session only */

/* sys.configurations: "option " and the option's own name, the value in use; where the configured value
 * differs, also "configured " and the name. */
#define PROPERTY_OPTION "option "
#define PROPERTY_CONFIGURED "configured "
#define PROPERTY_REMOTE_ACCESS PROPERTY_OPTION "remote access"
#define PROPERTY_REMOTE_LOGIN_TIMEOUT PROPERTY_OPTION "remote login timeout (s)"
#define PROPERTY_REMOTE_QUERY_TIMEOUT PROPERTY_OPTION "remote query timeout (s)"
#define PROPERTY_AD_HOC PROPERTY_OPTION "Ad Hoc Distributed Queries"
#define PROPERTY_TRACE_FLAG_17600 "trace-flag-17600"

/* Network configuration of the instance. */
#define PROPERTY_FORCE_ENCRYPTION "force-encryption"
#define PROPERTY_FORCE_STRICT "force-strict"
#define PROPERTY_HIDE_INSTANCE "hide-instance"
#define PROPERTY_EXTENDED_PROTECTION "extended-protection"
#define PROPERTY_CERTIFICATE "certificate-thumbprint" /* empty: the fallback one, or chosen by itself */
#define PROPERTY_TCP_ENABLED "tcp-enabled"
#define PROPERTY_PIPES_ENABLED "named-pipes-enabled"
#define PROPERTY_SHARED_MEMORY_ENABLED "shared-memory-enabled"
#define PROPERTY_LISTENER "listener"             /* repeated: ADDRESS:PORT TYPE STATE */
#define PROPERTY_REGISTRY_PORT "configured-port" /* repeated: IPAll 1433, IP1 1433 dynamic */

/* Settings of OLE DB Driver 18 and 19 on the instance's machine (SNI18.0, SNI19.0, GeneralFlags). */
#define PROPERTY_OLEDB18_ENCRYPT "oledb-driver-18-encrypt" /* 0 Optional, 1 Mandatory, 2 Strict */
#define PROPERTY_OLEDB18_TRUST "oledb-driver-18-trust"     /* 0: TrustServerCertificate has no effect */
#define PROPERTY_OLEDB19_ENCRYPT "oledb-driver-19-encrypt"
#define PROPERTY_OLEDB19_TRUST "oledb-driver-19-trust"

/* Availability groups; repeated. */
#define PROPERTY_GROUP_REPLICA "availability-replica"   /* GROUP, a tab, REPLICA */
#define PROPERTY_GROUP_LISTENER "availability-listener" /* GROUP, a tab, DNS name, a colon, PORT */

/* Load, a single sample. */
#define PROPERTY_MAX_WORKERS "max-workers"
#define PROPERTY_WORKERS "workers"
#define PROPERTY_ACTIVE_WORKERS "active-workers"
#define PROPERTY_QUEUED_TASKS "queued-tasks"
#define PROPERTY_RUNNABLE_TASKS "runnable-tasks"
#define PROPERTY_THREADPOOL_WAITERS "threadpool-waiters"
#define PROPERTY_MAX_CONNECTIONS "max-connections"
#define PROPERTY_USER_SESSIONS "user-sessions"

/* Of an endpoint that is not SQL Server's: what its service said before TLS. */
#define PROPERTY_SERVICE "service" /* answered, not-expected, closed, reset, silent */
#define PROPERTY_SERVICE_VERSION "service-version"
#define PROPERTY_SERVICE_DETAIL "service-detail"
#define PROPERTY_SERVICE_TLS "service-tls" /* offered, not-offered */
#define PROPERTY_LOOKS_LIKE "looks-like"

/* The value of the first property of that name, or NULL: absent or without a value. */
const char *instance_property(const struct instance *instance, const char *name);
const char *endpoint_property(const struct endpoint *endpoint, const char *name);

/* The instance's as a number. */
struct number instance_property_number(const struct instance *instance, const char *name);
