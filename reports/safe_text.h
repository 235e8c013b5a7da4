/* Text from servers on a terminal. */
#pragma once

#include <stdio.h>

/* Prints the text with every control character (C0, DEL and C1, which terminals obey) as a question mark. */
void print_safe(FILE *stream, const char *text);
