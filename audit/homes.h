/* Which prober an address belongs to while it is probed: one at a time, so that the limits per host hold also
 * where an endpoint has several addresses, or several endpoints share some. */
#pragma once

#include "audit/model/model.h"

struct homes;

/* For that many probers. */
struct homes *homes_new(int probers);
void homes_free(struct homes *homes);

/* The prober, from 0, that may ask all allowed addresses of the resolution now; they are its own until
 * homes_leave. -1 when they belong to different ones at the moment: worth another try when any has been left.
 */
int homes_enter(struct homes *homes, const struct resolve *resolve);
void homes_leave(struct homes *homes, const struct resolve *resolve);
