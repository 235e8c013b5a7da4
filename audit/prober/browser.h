/* The browser step: SQL Browser on UDP 1434 of every address is asked for one instance, and when it keeps
 * silent for all of them: to tell "no such instance" from "no SQL Browser". */
#pragma once

#include "audit/prober/probe.h"

/* Asks for the job's instance, or for the default one; notes <browser>, and sets probe->port when it was not
 * known and the answer has it. */
void browser_run(struct probe *probe);

/* The default instance was not found on its port: in half the time, for the host may well have no SQL
 * Browser. */
void browser_ask_elsewhere(struct probe *probe);

/* The same beside the other steps, while its port does not answer; noted only when no address has by then. */
void browser_aside(struct probe *probe);
