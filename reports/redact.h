/* A report to pass on: without login names and paths. */
#pragma once

#include "audit/model/model.h"

/* Changes the audit: each login name becomes "login-1", "login-2" and so on, the same one everywhere, also
 * within messages, evidence and remedies; paths of files become "[path]". Kept are the names of hosts,
 * instances, links, databases and objects, and the login names that say something to everybody (sa, *). A
 * login that is called like a link, an instance or a database is kept where a text could mean either. */
void report_redact(struct arena *arena, struct audit *audit);
