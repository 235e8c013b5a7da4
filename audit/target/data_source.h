/* The data source of a SQL Server provider:

       [tcp:|np:|lpc:|admin:]server[\instance][,port]      \\server\pipe\NAME      (localdb)\NAME

   as the native drivers read it. Blanks around the parts do not matter; "server,port\instance" is read, too.
 */
#pragma once

#include "audit/target/host_name.h"

#define DATA_SOURCE_INSTANCE_SIZE                                                                            \
    129                           /* an instance name is a sysname of at most 128 characters; bytes here */
#define DATA_SOURCE_PIPE_SIZE 257 /* a pipe name is at most 256 characters */

enum data_source_protocol {
    DATA_SOURCE_ANY, /* none named: shared memory, TCP or pipes, as the client is set up */
    DATA_SOURCE_TCP,
    DATA_SOURCE_PIPES,
    DATA_SOURCE_SHARED_MEMORY,
    DATA_SOURCE_ADMIN, /* the dedicated administrator connection, over TCP */
};

enum data_source_error {
    DATA_SOURCE_OK,
    DATA_SOURCE_NO_HOST,            /* a separator with nothing before it */
    DATA_SOURCE_HOST_TOO_LONG,      /* over 253 bytes */
    DATA_SOURCE_BAD_HOST,           /* characters that no host name has */
    DATA_SOURCE_BAD_IPV6,           /* brackets or colons around something that is not an IPv6 address */
    DATA_SOURCE_UNKNOWN_PROTOCOL,   /* "host:1433", "via:host" */
    DATA_SOURCE_EMPTY_INSTANCE,     /* "host\" */
    DATA_SOURCE_DEFAULT_INSTANCE,   /* "host\MSSQLSERVER": drivers refuse the default instance by that name */
    DATA_SOURCE_BAD_INSTANCE,       /* characters that no instance name has, or too long */
    DATA_SOURCE_BAD_PORT,           /* not a number of 1 to 65535 */
    DATA_SOURCE_PORT_WITH_PROTOCOL, /* a port with np: or lpc: */
    DATA_SOURCE_TOO_MANY_PARTS,     /* "a\b\c", "a,1,2" */
    DATA_SOURCE_BAD_PIPE,           /* "\\host" without "\pipe\NAME", or too long */
    DATA_SOURCE_ERRORS
};

struct data_source {
    enum data_source_protocol protocol;
    bool own_host;             /* ".", "(local)", "localhost", 127.0.0.1, ::1 or nothing at all */
    bool localdb;              /* "(localdb)\X": a process of one user of that machine */
    char host[HOST_NAME_SIZE]; /* canonical; empty when own_host or localdb */
    char instance[DATA_SOURCE_INSTANCE_SIZE]; /* upper case; empty: the default instance, or a port was named
                                               */
    unsigned port;                            /* 0: none named */
    char pipe[DATA_SOURCE_PIPE_SIZE];         /* what follows "\\host\pipe\", lower case */
};

/* Reads TEXT (NULL is the empty text: the own host). After an error only what was read before it is set;
   after DATA_SOURCE_DEFAULT_INSTANCE and DATA_SOURCE_EMPTY_INSTANCE that is everything but the instance. */
enum data_source_error data_source_parse(const char *text, struct data_source *out);

/* One sentence for a DBA: what is wrong and what the driver expects. */
const char *data_source_error_text(enum data_source_error error);
