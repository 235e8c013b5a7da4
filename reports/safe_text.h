/* Text from servers where people look: on a terminal and in a page. */
#pragma once

#include "audit/model/deceiving.h"

#include <stdio.h>

/* Prints the text with every control character (C0, DEL and C1, which terminals obey) and every deceiving one
 * as a question mark. */
void print_safe(FILE *stream, const char *text);
