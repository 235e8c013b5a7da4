/* SQL Server Resolution Protocol, the language of SQL Browser on UDP 1434 (MC-SQLR 2.2). Pure: bytes in,
 * structs out. Everything read here comes from strangers. */
#pragma once

#include "audit/model/model.h"

#include <stddef.h>
#include <stdint.h>

enum { SSRP_PORT = 1434, SSRP_REQUEST_MAXIMUM = 34, SSRP_INSTANCES_MAXIMUM = 512 };

/* One instance of an answer. Text is as it came, in the server's own code page. */
struct ssrp_instance {
    struct ssrp_instance *next;
    char *server_name, *name, *version, *pipe;
    enum ternary clustered;
    struct number tcp_port; /* not known: TCP is switched off, or did not fit */
};

typedef LIST_OF(struct ssrp_instance) ssrp_list;

/* Writes CLNT_UCAST_INST for the instance, or CLNT_UCAST_EX for NULL. Returns the length, or 0 when the name
 * is longer than the protocol's 32 bytes. */
size_t ssrp_request(uint8_t request[SSRP_REQUEST_MAXIMUM], const char *instance);

/* Reads an SVR_RESP and appends its instances. NULL, or what is wrong with it (static text). */
const char *ssrp_read(struct arena *arena, const uint8_t *answer, size_t length, ssrp_list *instances);

/* The instance of that name, as SQL Server compares them (ASCII case does not count), or NULL. */
struct ssrp_instance *ssrp_find(const ssrp_list *instances, const char *name);
