/* The rows of the inventory's questions; the table of questions is in questions.c. Internal to odbc/. */
#pragma once

#include "odbc/collector.h"

/* A property of the report for each column of the row; the table ends with NULL. */
struct column_property {
    const char *column, *property;
};
void send_columns(struct collector *collector, const struct result_row *row,
                  const struct column_property *columns);

/* Each sends what its question's row says; the context is the collector. */
row_handler server_row, clock_row, own_login_row, permissions_row, database_row;
row_handler connection_row, connection_encryption_row, configuration_row;
row_handler server_permission_row, server_role_member_row, sql_login_row, host_row, listener_row;
row_handler registry_network_row, client_alias_row, trace_flag_row, availability_replica_row,
    availability_listener_row;

/* links.c: the mappings and provider strings are kept until their servers come. */
row_handler linked_login_row, linked_server_row;
void collect_provider_strings(struct collector *collector);

/* Whether a registry procedure said that there is no such key or value. */
bool registry_says_absent(const struct statement_result *result);

/* Questions of several statements or rows that belong together; each asks, sends and says what it could not
 * read. */
void collect_load(struct collector *collector);
void collect_link_sessions(struct collector *collector);
void collect_registry_values(struct collector *collector);
void collect_providers(struct collector *collector);
void collect_login_groups(struct collector *collector);
