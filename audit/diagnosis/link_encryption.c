#include "audit/diagnosis/link_encryption.h"

#include "audit/diagnosis/version.h"
#include "audit/model/properties.h"
#include "audit/target/data_source.h"

#include <string.h>
#include <strings.h>

#define MAJOR_2017 14
#define MAJOR_2025 17

/* "MSOLEDBSQL" and "SQLNCLI" are whatever the instance's release makes of them; a number is meant as given.
 */
static enum oledb_driver driver_of(const struct linked_server *link, unsigned major)
{
    const char *provider = link->provider ? link->provider : "SQLNCLI";
    if (strncasecmp(provider, "MSOLEDBSQL19", 12) == 0)
        return DRIVER_19;
    if (strncasecmp(provider, "SQLNCLI1", 8) == 0)
        return DRIVER_NATIVE_CLIENT;
    if (major >= MAJOR_2025)
        return DRIVER_19;
    bool native = strncasecmp(provider, "MSOLEDBSQL", 10) != 0 && major <= MAJOR_2017;
    return native ? DRIVER_NATIVE_CLIENT : DRIVER_18;
}

bool link_knows_keyword(const struct linked_server *link, unsigned major, enum provider_keyword keyword)
{
    enum oledb_driver driver = driver_of(link, major);
    return driver == DRIVER_19 || (driver == DRIVER_18 && keyword == KEYWORD_MULTI_SUBNET_FAILOVER);
}

bool link_knows_setting(const struct linked_server *link, unsigned major, enum provider_keyword keyword,
                        const char *value)
{
    bool old = keyword == KEYWORD_ENCRYPT && (strcasecmp(value, "yes") == 0 || strcasecmp(value, "no") == 0);
    return old || link_knows_keyword(link, major, keyword);
}

static enum link_encrypt encrypt_of(const char *value)
{
    static const struct {
        const char *value;
        enum link_encrypt encrypt;
    } values[] = {
        {"no", LINK_ENCRYPT_OPTIONAL},   {"false", LINK_ENCRYPT_OPTIONAL},
        {"0", LINK_ENCRYPT_OPTIONAL},    {"optional", LINK_ENCRYPT_OPTIONAL},
        {"yes", LINK_ENCRYPT_MANDATORY}, {"true", LINK_ENCRYPT_MANDATORY},
        {"1", LINK_ENCRYPT_MANDATORY},   {"mandatory", LINK_ENCRYPT_MANDATORY},
        {"strict", LINK_ENCRYPT_STRICT},
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        if (strcasecmp(values[i].value, value) == 0)
            return values[i].encrypt;
    return LINK_ENCRYPT_UNKNOWN;
}

/* Trace flag 17600 gives the links of SQL Server 2025 the defaults of Driver 18. */
static bool keeps_driver_18(const struct instance *instance)
{
    return instance && version_of(instance->server_version).part[0] >= MAJOR_2025 &&
           instance_property_number(instance, PROPERTY_TRACE_FLAG_17600).value == 1;
}

/* The stricter of the machine's setting and the connection wins. */
static enum link_encrypt with_machine_setting(const struct instance *instance, enum oledb_driver driver,
                                              enum link_encrypt encrypt)
{
    const char *name = driver == DRIVER_19 ? PROPERTY_OLEDB19_ENCRYPT : PROPERTY_OLEDB18_ENCRYPT;
    struct number flag = instance && driver != DRIVER_NATIVE_CLIENT ? instance_property_number(instance, name)
                                                                    : (struct number){0};
    enum link_encrypt forced = flag.value == 2   ? LINK_ENCRYPT_STRICT
                               : flag.value == 1 ? LINK_ENCRYPT_MANDATORY
                                                 : LINK_ENCRYPT_UNKNOWN;
    /* A value that nobody knows may be stricter than Mandatory; nothing is stricter than Strict. */
    if (encrypt == LINK_ENCRYPT_UNKNOWN && forced != LINK_ENCRYPT_STRICT)
        return encrypt;
    return flag.known && forced > encrypt ? forced : encrypt;
}

/* TrustServerCertificate of Driver 19 does nothing while the machine's Flag2 is 0, which it is unless set. */
static enum ternary trust_counts(const struct instance *instance, enum oledb_driver driver)
{
    if (driver != DRIVER_19)
        return TERNARY_TRUE;
    struct number flag =
        instance ? instance_property_number(instance, PROPERTY_OLEDB19_TRUST) : (struct number){0};
    if (!flag.known)
        return TERNARY_UNKNOWN;
    return flag.value ? TERNARY_TRUE : TERNARY_FALSE;
}

static const char *alias_target(const struct instance *instance, const char *data_source)
{
    if (instance && data_source)
        list_each (struct client_alias, alias, &instance->aliases)
            if (alias->name && strcasecmp(alias->name, data_source) == 0 &&
                strncasecmp(alias->target, "DBMSSOCN,", 9) == 0)
                return alias->target + 9;
    return data_source;
}

/* The server part of the data source, as the link spells it. */
static char *compared_name(struct arena *arena, const struct instance *instance,
                           const struct linked_server *link, const struct provider_string *string)
{
    const char *text =
        link->data_source && *link->data_source ? link->data_source : provider_string_server(string);
    struct data_source source;
    if (!text && link->product && strcasecmp(link->product, "SQL Server") == 0)
        text = link->name;
    text = alias_target(instance, text);
    if (!text || (data_source_parse(text, &source) != DATA_SOURCE_OK && !source.host[0]))
        return NULL;
    if (source.own_host)
        return instance ? arena_text(arena, instance_property(instance, PROPERTY_MACHINE_NAME)) : NULL;
    return source.host[0] ? arena_text(arena, source.host) : NULL;
}

static enum ternary server_forces(const struct endpoint *endpoint)
{
    const struct prelogin *prelogin = endpoint ? endpoint->prelogin : NULL;
    if (!prelogin || prelogin->outcome != PRELOGIN_OK || !prelogin->encryption)
        return TERNARY_UNKNOWN;
    return prelogin->encryption == ENCRYPTION_REQUIRED || prelogin->encryption == ENCRYPTION_ON
               ? TERNARY_TRUE
               : TERNARY_FALSE;
}

struct link_encryption link_encryption_of(struct arena *arena, const struct instance *instance,
                                          const struct linked_server *link, const struct endpoint *endpoint,
                                          unsigned major)
{
    struct link_encryption encryption = {.driver = driver_of(link, major)};
    struct provider_string string;
    provider_string_parse(PROVIDER_OLEDB, link->provider_string, &string);
    struct provider_options options = provider_options(&string);
    if (encryption.driver == DRIVER_19 && keeps_driver_18(instance))
        encryption.driver = DRIVER_18;
    encryption.visible = link->provider_string || link->provider_string_visible == TERNARY_TRUE;
    encryption.encrypt_given = options.encrypt;
    encryption.encrypt = options.encrypt                  ? encrypt_of(options.encrypt)
                         : !encryption.visible            ? LINK_ENCRYPT_UNKNOWN
                         : encryption.driver == DRIVER_19 ? LINK_ENCRYPT_MANDATORY
                                                          : LINK_ENCRYPT_OPTIONAL;
    /* Trace flag 17600 changes the defaults of Driver 19, which still reads its own settings of the machine.
     */
    encryption.encrypt = with_machine_setting(instance, driver_of(link, major), encryption.encrypt);
    encryption.trust_given = options.trust_server_certificate == PROVIDER_YES;
    encryption.trust_counts = trust_counts(instance, encryption.driver);
    encryption.forced = server_forces(endpoint);
    encryption.own_certificate = options.server_certificate && *options.server_certificate;
    encryption.has_password = options.has_password;
    encryption.has_user_id = options.user_id_given;
    encryption.name_given = options.host_name_in_certificate && *options.host_name_in_certificate;
    if (encryption.name_given)
        encryption.name = arena_text(arena, options.host_name_in_certificate);
    else if (encryption.visible || (link->data_source && *link->data_source))
        encryption.name = compared_name(arena, instance, link, &string);
    provider_string_clear(&string);
    return encryption;
}

static enum ternary negated(enum ternary value)
{
    return value == TERNARY_UNKNOWN ? value : value == TERNARY_TRUE ? TERNARY_FALSE : TERNARY_TRUE;
}

enum ternary link_validates(const struct link_encryption *encryption)
{
    if (!encryption->visible || encryption->encrypt == LINK_ENCRYPT_UNKNOWN)
        return TERNARY_UNKNOWN;
    if (encryption->encrypt == LINK_ENCRYPT_STRICT)
        return TERNARY_TRUE;
    /* On Optional against a server that forces encryption, Microsoft's pages disagree for Driver 19 (linked
     * servers: not validated; major version differences: always evaluated). The stricter is assumed. */
    if (encryption->encrypt == LINK_ENCRYPT_OPTIONAL &&
        (encryption->driver != DRIVER_19 || encryption->forced != TERNARY_TRUE))
        return encryption->driver == DRIVER_19 && encryption->forced == TERNARY_UNKNOWN ? TERNARY_UNKNOWN
                                                                                        : TERNARY_FALSE;
    return encryption->trust_given ? negated(encryption->trust_counts) : TERNARY_TRUE;
}

enum ternary link_is_encrypted(const struct link_encryption *encryption, const struct endpoint *endpoint)
{
    const struct prelogin *prelogin = endpoint ? endpoint->prelogin : NULL;
    if (encryption->encrypt == LINK_ENCRYPT_STRICT || encryption->encrypt == LINK_ENCRYPT_MANDATORY ||
        encryption->forced == TERNARY_TRUE)
        return TERNARY_TRUE;
    if (prelogin && prelogin->encryption == ENCRYPTION_NOT_SUPPORTED)
        return TERNARY_FALSE;
    if (encryption->encrypt == LINK_ENCRYPT_OPTIONAL && encryption->forced == TERNARY_FALSE)
        return TERNARY_FALSE;
    return TERNARY_UNKNOWN;
}
