/* How a link of a SQL Server provider encrypts and validates, from its definition and its source's settings.
 */
#pragma once

#include "audit/diagnosis/view.h"
#include "audit/target/provider_string.h"

enum oledb_driver {
    DRIVER_NATIVE_CLIENT, /* SQL Native Client, SQLOLEDB: no encryption unless asked for */
    DRIVER_18,            /* OLE DB Driver 18 and older: the same */
    DRIVER_19             /* Mandatory unless told otherwise; validates whenever encryption occurs */
};

enum link_encrypt {
    LINK_ENCRYPT_UNKNOWN,
    LINK_ENCRYPT_OPTIONAL,
    LINK_ENCRYPT_MANDATORY,
    LINK_ENCRYPT_STRICT
};

struct link_encryption {
    enum oledb_driver driver;
    bool visible;              /* the provider string is known, or known to be none */
    bool encrypt_given;        /* by keyword */
    enum link_encrypt encrypt; /* what applies, the machine's settings included */
    bool trust_given;          /* TrustServerCertificate=yes */
    enum ternary trust_counts; /* whether the machine's settings let it count */
    enum ternary forced;       /* the server forces encryption */
    bool own_certificate;      /* ServerCertificate: compared with a file, no chain and no name */
    bool has_password, has_user_id;
    bool name_given; /* HostNameInCertificate */
    char *name;      /* what is compared with the certificate; NULL where it cannot be known */
};

/* As the link works on an instance of that major version: version_of(instance->server_version).part[0], or 17
 * for SQL Server 2025. */
struct link_encryption link_encryption_of(struct arena *arena, const struct instance *instance,
                                          const struct linked_server *link, const struct endpoint *endpoint,
                                          unsigned major);

/* Whether the provider that the link has today, on an instance of that major version, knows the keyword in a
 * provider string. Driver 19 knows all of them; HostNameInCertificate, and Encrypt by another word than yes
 * and no, it alone does. MultiSubnetFailover is OLE DB Driver's: SQL Native Client has it for ODBC only. */
bool link_knows_keyword(const struct linked_server *link, unsigned major, enum provider_keyword keyword);

/* Whether it knows that setting too: "yes" and "no" of Encrypt are as old as the keyword. */
bool link_knows_setting(const struct linked_server *link, unsigned major, enum provider_keyword keyword,
                        const char *value);

/* Whether the link validates the target's certificate. */
enum ternary link_validates(const struct link_encryption *encryption);

/* Whether what travels over the link is encrypted: true, false (the login packet alone does not count),
 * unknown. */
enum ternary link_is_encrypted(const struct link_encryption *encryption, const struct endpoint *endpoint);
