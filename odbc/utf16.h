/* UTF-16, which ODBC drivers speak, and UTF-8, which everything else here does. Both ways are checked: what a
 * server sends is hostile until it has been here. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The units as UTF-8, NUL-terminated, malloc'ed. Unpaired surrogates and U+0000 become U+FFFD, so that the
 * text is whole as a C string. */
char *utf8_from_utf16(const uint16_t *units, size_t count);

/* The UTF-8 text as UTF-16, terminated by a unit 0 that *count (may be NULL) does not include; malloc'ed.
 * Bytes that are not UTF-8 (overlong, surrogates, above U+10FFFF, cut off) become U+FFFD, each. */
uint16_t *utf16_from_utf8(const char *text, size_t *count);
