/* Between two full looks at a target (`versions_every`) it is asked with a handshake alone, and what the
 * former report knows of its TLS versions and TDS 8.0 is taken over, dated, as long as the handshake shows
 * nothing that has changed. Pure. */
#pragma once

#include "audit/model/job.h"

/* Whether a handshake alone is worth asking: `before` (the endpoint in the former report, or NULL) has what a
 * look of that depth finds, and it is younger than `age` milliseconds. `now` is in seconds. */
bool carry_is_possible(const struct endpoint *before, enum probe_depth depth, int64_t age, int64_t now);

/* `endpoint` has just been asked with a handshake alone, in place of a look of that depth: takes over from
 * `before` what it was not asked for. False when it must be asked for everything, because something has
 * changed: the version, the encryption, the certificate, or what the handshake came to. A target that did not
 * answer keeps what it was found to be: there is nothing more to ask. */
bool carry_over(const struct endpoint *before, struct arena *arena, struct endpoint *endpoint,
                enum probe_depth depth);
