/* The ten steps of the checklist, as one table of conditions. */
#pragma once

#include "audit/diagnosis/view.h"

/* Adds the steps to the diagnosis: all ten of a link, the first eight of an endpoint alone. */
void add_steps(const struct view *view, struct diagnosis *diagnosis);
