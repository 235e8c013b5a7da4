#include "audit/target/provider_string.h"

#include "audit/target/text.h"

/* The first spelling of a meaning is the documented one. */
static const struct {
    const char *name;
    enum provider_keyword keyword;
} spellings[] = {
    {"Server", KEYWORD_SERVER},
    {"Data Source", KEYWORD_SERVER},
    {"DataSource", KEYWORD_SERVER},
    {"Servername", KEYWORD_SERVER},
    {"Server Name", KEYWORD_SERVER},
    {"Address", KEYWORD_ADDRESS},
    {"Addr", KEYWORD_ADDRESS},
    {"Network Address", KEYWORD_ADDRESS},
    {"Host", KEYWORD_HOST},
    {"Hostname", KEYWORD_HOST},
    {"Host Name", KEYWORD_HOST},
    {"System", KEYWORD_HOST},     /* IBM i */
    {"ServerNode", KEYWORD_HOST}, /* SAP HANA: host:port */
    {"DBCName", KEYWORD_HOST},    /* Teradata */
    {"CommLinks", KEYWORD_HOST},  /* SQL Anywhere before Host= */
    {"Port", KEYWORD_PORT},
    {"Network Port", KEYWORD_PORT},
    {"Port Number", KEYWORD_PORT},
    {"PortNumber", KEYWORD_PORT},
    {"Network Library", KEYWORD_NETWORK_LIBRARY},
    {"Network", KEYWORD_NETWORK_LIBRARY},
    {"Net", KEYWORD_NETWORK_LIBRARY},
    {"Driver", KEYWORD_DRIVER},
    {"DSN", KEYWORD_DSN},
    {"FileDSN", KEYWORD_FILE_DSN},
    {"DBQ", KEYWORD_DBQ},
    {"Database", KEYWORD_DATABASE},
    {"Initial Catalog", KEYWORD_DATABASE},
    {"Extended Properties", KEYWORD_EXTENDED_PROPERTIES},
    {"ExtendedProperties", KEYWORD_EXTENDED_PROPERTIES},
    {"User ID", KEYWORD_USER_ID},
    {"UID", KEYWORD_UID},
    {"User", KEYWORD_UID},
    {"Username", KEYWORD_UID},
    {"User Name", KEYWORD_UID},
    {"Password", KEYWORD_PASSWORD},
    {"PWD", KEYWORD_PASSWORD},
    {"Trusted_Connection", KEYWORD_TRUSTED_CONNECTION},
    {"Integrated Security", KEYWORD_TRUSTED_CONNECTION},
    {"Authentication", KEYWORD_AUTHENTICATION},
    {"Encrypt", KEYWORD_ENCRYPT},
    {"Use Encryption for Data", KEYWORD_ENCRYPT},
    {"TrustServerCertificate", KEYWORD_TRUST_SERVER_CERTIFICATE},
    {"Trust Server Certificate", KEYWORD_TRUST_SERVER_CERTIFICATE},
    {"HostNameInCertificate", KEYWORD_HOST_NAME_IN_CERTIFICATE},
    {"Host Name In Certificate", KEYWORD_HOST_NAME_IN_CERTIFICATE},
    {"ServerCertificate", KEYWORD_SERVER_CERTIFICATE},
    {"Server Certificate", KEYWORD_SERVER_CERTIFICATE},
    {"Failover_Partner", KEYWORD_FAILOVER_PARTNER},
    {"FailoverPartner", KEYWORD_FAILOVER_PARTNER},
    {"Failover Partner", KEYWORD_FAILOVER_PARTNER},
    {"MultiSubnetFailover", KEYWORD_MULTI_SUBNET_FAILOVER},
    {"Multi Subnet Failover", KEYWORD_MULTI_SUBNET_FAILOVER},
    {"ApplicationIntent", KEYWORD_APPLICATION_INTENT},
    {"Application Intent", KEYWORD_APPLICATION_INTENT},
    {"Protocol", KEYWORD_PROTOCOL},
    {"Security", KEYWORD_SECURITY},
};
#define SPELLINGS (sizeof spellings / sizeof *spellings)

enum provider_keyword provider_keyword_from_name(const char *name)
{
    for (size_t i = 0; i < SPELLINGS; i++)
        if (text_equal(name, spellings[i].name))
            return spellings[i].keyword;
    return KEYWORD_UNKNOWN;
}

const char *provider_keyword_name(enum provider_keyword keyword)
{
    for (size_t i = 0; i < SPELLINGS; i++)
        if (spellings[i].keyword == keyword)
            return spellings[i].name;
    return "";
}
