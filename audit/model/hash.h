/* Hashes of 64 bits, FNV-1a but for the last, for tables and for spreading work. Whoever chooses the texts
 * can make them meet: a table of a stranger's texts bounds its searches itself. */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t length);

/* NULL has the hash of an empty text. */
uint64_t hash_text(const char *text);

/* The same for texts that differ in the case of ASCII letters only. */
uint64_t hash_text_any_case(const char *text);

/* For tables in memory only, and the same on this machine only: a report has a million texts to look up, and
 * some are as long as a sentence. */
uint64_t hash_quickly(const char *text, size_t length);
