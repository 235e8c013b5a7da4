/* Rows: one element of the vocabulary as bytes, for the pipes between the processes. */
#pragma once

#include "reports/vocabulary.h"

/* Makes what the rows of a process share: a copy of the process then has it. */
void row_prepare(void);

/* The item as an XML fragment, NUL-terminated, malloc'ed: the caller frees. Characters that XML cannot carry
 * and bytes that are not UTF-8 come out as U+FFFD. *length, where wanted, is without the NUL. */
char *row_write(const struct element *element, const void *item, size_t *length);

struct row {
    const struct element *element;
    void *item; /* owned by the arena */
};

/* Reads one row, from a process that may have been taken over; element is NULL when the bytes are no row of
 * the vocabulary, and *error says why (static text, or of the arena). */
struct row row_read(struct arena *arena, const char *bytes, size_t length, const char **error);
