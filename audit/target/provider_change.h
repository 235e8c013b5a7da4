/* A provider string with one keyword changed, so that what reads it (provider_string.h) finds the new value.
 */
#pragma once

#include "audit/target/provider_string.h"

/* TEXT (NULL is the empty text) with KEYWORD given once, as "Keyword=VALUE" where its first spelling stood or
   at the end, and without it when VALUE is NULL; everything else as it was and in its order. VALUE holds
   nothing that needs quotes. To be freed by the caller.

   NULL where that cannot be done with certainty: VALUE needs quotes, TEXT is malformed, the two dialects read
   it differently, or something in it was hidden by provider_string_redact; and when memory is short. */
char *provider_string_change(const char *text, enum provider_keyword keyword, const char *value);

/* Whether provider_string_redact hid something in TEXT: such a text is never a value to write back. */
bool provider_string_hides(const char *text);
