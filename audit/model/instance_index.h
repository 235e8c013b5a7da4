/* The instances of an audit by their names, as an estate of thousands asks for them, and the links of one. */
#pragma once

#include "audit/model/model.h"

struct instance_index;

/* Of the instances and their names as they are now. Owned by the arena. */
struct instance_index *instance_index_new(struct arena *arena, const struct audit *audit);

/* The instance of that configured name, or NULL; likewise by SERVERPROPERTY('ServerName'). Case does not
 * matter where none is spelled so; of several it is the first in the audit. NULL has no instance. */
const struct instance *instance_by_name(const struct instance_index *index, const char *name);
const struct instance *instance_by_server_name(const struct instance_index *index, const char *name);

/* The instance's link of exactly that name, or NULL; NULL has none. */
struct linked_server *instance_link(const struct instance *instance, const char *name);
