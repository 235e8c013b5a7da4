/* The browser step: SQL Browser on UDP 1434 of every address is asked for one instance, and when it keeps
 * silent for all of them: to tell "no such instance" from "no SQL Browser". */
#pragma once

#include "audit/prober/probe.h"

/* Asks for the job's instance, or for the default one; notes <browser>, and sets probe->port when it was not
 * known and the answer has it. */
void browser_run(struct probe *probe);
