/* Reports of several network zones as one. */
#pragma once

#include "audit/model/model.h"

/* A new audit of the arena made of all reports, which it changes and shares: their instances and endpoints
 * belong to it afterwards. Each keeps its zone: the report's own, or its audit host. An endpoint that was
 * seen from several zones keeps all views; an instance that several audited is there once, as the one saw it
 * that came furthest, and a problem tells of the others. The caller fills the summary. */
struct audit *report_merge(struct arena *arena, struct audit *const *reports, size_t count);
