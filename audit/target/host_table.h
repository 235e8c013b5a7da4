/* The configuration's [hosts], as links, targets and endpoints ask for them: by canonical name. */
#pragma once

#include "audit/target/host_name.h"

struct arena;
struct host_table;

/* A line of [hosts]: an address or another name. */
struct host_entry {
    const char *name;
    const char *value;
};

/* Of several entries of one name, however spelled, the first counts; what is no host name has no entry. The
   table is the arena's, the values are the caller's. */
struct host_table *host_table_new(struct arena *arena, const struct host_entry *entries, size_t count);

/* The value of the entry, as it was written, or NULL. A NULL table has none. */
const char *host_table_find(const struct host_table *table, const char *canonical);
