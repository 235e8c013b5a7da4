#include "audit/target/endpoint_kind.h"

#include <stddef.h>

static const struct {
    unsigned default_port;
    bool network;
} kinds[] = {
    [ENDPOINT_SQLSERVER] = {1433, true},
    [ENDPOINT_POSTGRESQL] = {5432, true},
    [ENDPOINT_MYSQL] = {3306, true},
    [ENDPOINT_ORACLE] = {1521, true},
    [ENDPOINT_DB2] = {50000, true},
    [ENDPOINT_LDAP] = {389, true},
    [ENDPOINT_ANALYSIS_SERVICES] = {2383, true},
    [ENDPOINT_TLS] = {0, true},
    [ENDPOINT_TCP] = {0, true},
    [ENDPOINT_FILE] = {0, false},
    [ENDPOINT_ALIAS] = {0, false},
    [ENDPOINT_LOCAL] = {0, false},
};

unsigned endpoint_kind_default_port(enum endpoint_kind kind)
{
    return (size_t)kind < sizeof kinds / sizeof *kinds ? kinds[kind].default_port : 0;
}

bool endpoint_kind_is_network(enum endpoint_kind kind)
{
    return (size_t)kind < sizeof kinds / sizeof *kinds && kinds[kind].network;
}
