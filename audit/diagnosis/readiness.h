/* What mends a link that SQL Server 2025 breaks, as steps: the text of it is <fix> of <readiness>. */
#pragma once

#include "audit/diagnosis/remedy.h"

/* The steps of the link as it is defined now, the strongest remedy first; none for links that are not SQL
 * Server's. Every provider string and data source offered was judged as the link itself is: none breaks. A
 * step that runs sets a provider string that the link's driver knows today, and puts nothing that works at
 * risk; of those there is one at most. Owned by the arena. */
remedy_steps readiness_fix(struct arena *arena, const struct instance *instance,
                           const struct linked_server *link, const struct endpoint *endpoint);
