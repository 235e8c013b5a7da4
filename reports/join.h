/* Two lists side by side, by key. */
#pragma once

#include "audit/model/model.h"

/* The item's key; NULL leaves it out. */
typedef const char *join_key(struct arena *arena, const void *item);

/* Called for each key, in their order, with the item of each list, NULL where there is none. */
typedef void join_visit(void *context, const char *key, const void *old, const void *new);

/* Both are first items of lists of the model. Items of one list with the same key are paired in their order.
 */
void join_lists(struct arena *arena, const void *old, const void *new, join_key *key, join_visit *visit,
                void *context);

/* Items of a list by key: the first one of each. */
struct key_index;
struct key_index *key_index_new(struct arena *arena, const void *first, join_key *key);

/* NULL when the key is NULL or none has it. */
const void *key_index_find(const struct key_index *index, const char *key);
