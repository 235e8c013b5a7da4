/* What a person sees while a run goes on: on a terminal a line that is rewritten, elsewhere nothing. */
#pragma once

#include <stdbool.h>

/* Whether standard error is a terminal that a line can be rewritten on. */
bool progress_possible(void);

/* Whether that file descriptor is a terminal that knows colours, and its user has not said NO_COLOR. */
bool terminal_has_colour(int fd);

/* Shows the line, as much of it as fits; the former one is overwritten. */
void progress_show(const char *line);

/* Removes the line, so that other text can be written. */
void progress_clear(void);
