/* The time that nobody sets. */
#pragma once

#include <stdint.h>

/* Milliseconds since some moment in the past: for time-outs and for how long something took. */
int64_t monotonic_ms(void);
