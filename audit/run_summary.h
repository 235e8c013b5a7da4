/* What `run` says at its end: what a person reads in five seconds. */
#pragma once

#include "audit/model/model.h"
#include "audit/publish.h"

#include <stdio.h>

/* What is broken, what will break, what changed, what could not be checked, the findings, and where the
 * report is. `former` is what it was compared with, NULL: nothing. `colour`: the stream is a terminal that
 * wants it. */
void run_summary_print(FILE *stream, const struct audit *audit, const struct audit *former,
                       const struct publication *publication, int status, bool colour);
