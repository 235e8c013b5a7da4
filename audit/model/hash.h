/* FNV-1a of 64 bits, for tables and for spreading work. Whoever chooses the texts can make them meet: a table
 * of a stranger's texts bounds its searches itself. */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t length);

/* NULL has the hash of an empty text. */
uint64_t hash_text(const char *text);

/* The same for texts that differ in the case of ASCII letters only. */
uint64_t hash_text_any_case(const char *text);
