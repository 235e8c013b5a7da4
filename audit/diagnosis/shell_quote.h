/* Words of a command line that no name can break out of. */
#pragma once

#include "audit/model/arena.h"

/* A word for a command line of PowerShell and of cmd: as it is when it holds only letters, digits and
 * ._-:\ and begins with no dash; otherwise in double quotes, or in single ones when it holds a $, which
 * PowerShell alone then takes for one word. What could end the quotes or be expanded within them becomes
 * U+FFFD: no name of a host or an instance holds it. */
char *quote_shell(struct arena *arena, const char *text);
