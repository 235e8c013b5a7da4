/* What the messages of a failed link test mean.
 *
 * A link's failure arrives as several diagnostic records: wrappers (7303, 7399, "Login timeout expired"), OLE
 * DB messages within message 7412, WinSock and Schannel codes in decimal or hexadecimal, and texts in the
 * language of the source's Windows. Numbers alone deceive (10054, 10060, 10061 and 11001 are also numbers of
 * SQL Server's own messages), so a record is read as layer + number + text: the layer is the network library
 * that its text begins with ("TCP Provider:", "TCP-Anbieter:", "SSL Provider:"), or the engine itself. */
#pragma once

#include "audit/model/model.h"

/* Where in the course of a connection the failure happened. */
enum heard_phase {
    HEARD_WRAPPER, /* says only that something failed */
    HEARD_NAME,
    HEARD_NETWORK,
    HEARD_BROWSER,
    HEARD_TLS,
    HEARD_CERTIFICATE,
    HEARD_LOGIN,    /* the target answered and refused the login: network and TLS work */
    HEARD_MAPPING,  /* the source refused before anything was sent */
    HEARD_PROVIDER, /* the source's provider could not start */
    HEARD_OPTION    /* an option of the link or of the source forbids it */
};

struct catalogue_row {
    int64_t code;     /* 0: the text decides */
    unsigned layers;  /* layers in which the code means this; 0: any */
    const char *text; /* English text that must occur as well; NULL: none */
    enum heard_phase phase;
    enum cause cause;
    unsigned weight;   /* of several records the heaviest decides */
    bool vague;        /* says that it failed, and not why: what the audit host saw decides the cause */
    bool pressure;     /* the target is there and cannot take the connection */
    enum actor actor;  /* 0: the cause's usual one */
    const char *means; /* a clause in plain words */
    const char
        *remedy; /* what to type or to do; may hold the placeholders of template.h; NULL: the cause's */
};

struct heard {
    const struct catalogue_row *row; /* NULL: no record is in the catalogue */
    const struct message *message;   /* the deciding record, or the first one; NULL: there was none */
    int64_t code;                    /* the code that decided; 0 where a text did */
    bool pipes;                      /* that record is of a named pipe */
    char *said;                      /* that record's own text without its wrapper, at most 300 bytes */
};

struct heard hear(struct arena *arena, const message_list *messages);

/* Whether the failure proves that the target was reached and its service spoke. */
bool heard_proves_network(const struct heard *heard);

/* The catalogue, for tests and documentation. */
extern const struct catalogue_row message_catalogue[];
extern const size_t message_catalogue_count;
