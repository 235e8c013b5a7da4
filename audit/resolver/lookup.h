/* Look-ups of names in DNS and the hosts file, thousands at a time, by c-ares: a look-up is over at its own
 * deadline whatever the name servers do.
 *
 * c-ares reads /etc/resolv.conf and /etc/hosts itself; other modules of the name service switch (LDAP, mDNS,
 * NIS) are not asked. */
#pragma once

#include "audit/model/job.h"

#include <poll.h>

enum {
    LOOKUPS_MAXIMUM = 2000, /* at a time */
    LOOKUP_ADDRESSES_MAXIMUM = 64,
    REVERSE_MAXIMUM = 16 /* addresses of a name that are resolved back */
};

struct lookups;

/* Called once for each look-up, with `result` in the arena that was given. */
typedef void lookup_done(void *owner, struct resolve *result);

/* NULL when the system's configuration cannot be read at all. */
struct lookups *lookups_new(void);
void lookups_free(struct lookups *lookups);

/* Look-ups that are not over. */
size_t lookups_open(const struct lookups *lookups);

/* Tries the candidates in order until one has an address. job and arena must last until `done`, which may be
 * called at once. */
void lookup_start(struct lookups *lookups, struct arena *arena, const struct resolve_job *job,
                  lookup_done *done, void *owner);

/* What to wait for: fills up to `maximum` entries, returns how many; *timeout gets the milliseconds until
 * something is due, -1 when nothing is. */
size_t lookups_wait_for(struct lookups *lookups, struct pollfd *sockets, size_t maximum, int *timeout);

/* Handles what came, and what is due. */
void lookups_handle(struct lookups *lookups, const struct pollfd *sockets, size_t count);
