/* Text from servers where people look: on a terminal and in a page. */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* The code point of a character at `text` (UTF-8) that is invisible or turns the direction of the text around
 * it, with its bytes in `length`; 0: another one stands there. */
unsigned deceiving_character(const char *text, size_t *length);

/* Prints the text with every control character (C0, DEL and C1, which terminals obey) and every deceiving one
 * as a question mark. */
void print_safe(FILE *stream, const char *text);
