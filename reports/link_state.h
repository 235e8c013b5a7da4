/* What a link's row says in one word, from its diagnosis; where there is none, from its test. */
#pragma once

#include "audit/model/model.h"

enum link_state {
    LINK_WORKS = 1,
    LINK_BROKEN,
    LINK_REFUSED_LOGIN, /* network and TLS work; the audit login's own mapping does not */
    LINK_NOT_TESTED,
    LINK_OFF,        /* data access is switched off */
    LINK_NOT_NETWORK /* a file, an alias, the instance itself */
};
extern const struct name_table link_state_names;

enum link_state link_state(const struct linked_server *link);

/* host\instance,port as a person writes it; "" without a host. */
char *endpoint_target(struct arena *arena, const struct endpoint *endpoint);

/* Endpoints by id. */
struct endpoint_index;
struct endpoint_index *endpoint_index_new(struct arena *arena, const struct audit *audit);
/* NULL when the id is NULL or unknown. */
const struct endpoint *endpoint_find(const struct endpoint_index *index, const char *id);
