/* Endpoints by id, and as a person writes them. */
#pragma once

#include "audit/model/model.h"

/* host\instance,port as a person writes it; "" without a host. */
char *endpoint_target(struct arena *arena, const struct endpoint *endpoint);

/* Endpoints by id. */
struct endpoint_index;
struct endpoint_index *endpoint_index_new(struct arena *arena, const struct audit *audit);
/* NULL when the id is NULL or unknown. */
const struct endpoint *endpoint_find(const struct endpoint_index *index, const char *id);
