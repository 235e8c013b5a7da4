/* What a kind of endpoint means for probing; the kinds and their names are the model's. */
#pragma once

#include "audit/model/names.h"
#include <stdbool.h>

/* The port that the kind's clients use when none is named; 0 when there is no such port (tls, tcp, and the
   kinds without a network endpoint). */
unsigned endpoint_kind_default_port(enum endpoint_kind kind);
/* False for file, alias and local: reported as what they are, never probed and never a failure. */
bool endpoint_kind_is_network(enum endpoint_kind kind);
