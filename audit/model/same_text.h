/* Texts that may be absent. */
#pragma once

#include <stdbool.h>

/* Byte for byte; NULL is the same as NULL only. */
bool same_text(const char *one, const char *other);

/* But for the case of letters, as servers, hosts and logins are named. */
bool same_text_any_case(const char *one, const char *other);

/* Where no text says the same as an empty one. */
const char *text_or_empty(const char *text);

/* As strcmp; no text stands where an empty one does. */
int compare_texts(const char *one, const char *other);
