/* What speaks on a port where something else was expected. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The name of the protocol that these first bytes of a server belong to ("http", "ssh", "tls", …), or NULL.
 */
const char *looks_like(const uint8_t *bytes, size_t length);
