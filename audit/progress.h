/* What a person sees while a run goes on: on a terminal a line that is rewritten, elsewhere nothing. */
#pragma once

#include <stdbool.h>

/* Whether standard error is a terminal that a line can be rewritten on. */
bool progress_possible(void);

/* Shows the line; the former one is overwritten. */
void progress_show(const char *line);

/* Removes the line, so that other text can be written. */
void progress_clear(void);
