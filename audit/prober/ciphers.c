/* The cipher suites of each version that is accepted: asked one handshake at a time, without those known
 * already, until the server refuses. */
#include "audit/prober/attempt.h"

void ciphers_run(struct probe *probe)
{
    probe_next(probe);
}
