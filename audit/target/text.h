/* Small pieces of text within a longer one, and the few operations on them that the grammars share.
   ASCII only where case matters: connection keywords, host names and instance names fold no other letters. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A part of a text that somebody else owns; not terminated by NUL. */
struct text_span {
    const char *start;
    size_t length;
};

struct text_span text_span(const char *text); /* the whole of TEXT; empty for NULL */
struct text_span text_trim(struct text_span span);
/* The part before the first SEPARATOR; *REST becomes what follows it; its start is NULL when there is none.
 */
struct text_span text_split(struct text_span span, char separator, struct text_span *rest);

bool text_is_blank(char c); /* space, tab, and the line ends */
bool text_is_utf8(struct text_span span);
bool text_is_number(struct text_span span); /* one or more digits and nothing else */

bool text_equal(const char *a, const char *b); /* without regard to case; NULL equals the empty text */
bool text_span_equal(struct text_span a, const char *b);
bool text_starts(struct text_span span, const char *start);

/* Copies SPAN and a NUL into TO. False, with TO empty, when it does not fit. */
bool text_copy(char *to, size_t size, struct text_span span);
/* As text_copy, but a longer text keeps its beginning and ends in "…#" and a hash of all of it, so that two
   long texts stay different. SIZE is at least 64. */
void text_copy_shortened(char *to, size_t size, struct text_span span);
/* printf that cuts at SIZE - 1 bytes. */
void text_format(char *to, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));
void text_lower(char *text);
void text_upper(char *text);
