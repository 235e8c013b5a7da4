/* Which endpoints are audited instances: links spell one server in many ways, and the report should know it
 * as one. */
#pragma once

#include "audit/model/model.h"

/* Sets audited_as of every SQL Server endpoint that is an audited instance: by an address and port that both
 * answered on first, then by the server's own names. What is set already stays. */
void match_audited_instances(struct arena *arena, struct audit *audit);
