/* Characters that show something else than what stands there. */
#pragma once

#include <stddef.h>

/* The code point of a character at `text` (UTF-8) that is invisible or turns the direction of the text around
 * it, with its bytes in `length`; 0: another one stands there. */
unsigned deceiving_character(const char *text, size_t *length);
