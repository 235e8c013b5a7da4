/* Memory, growing byte buffers, and text between UTF-8 and the UTF-16LE of [MS-TDS].
 *
 * Text inside the estate is UTF-8 in which an unpaired surrogate is kept as its own three bytes, so that
 * every UTF-16 string a SQL Server could hold survives both ways. Running out of memory ends the program. */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed memory; the caller frees. */
void *allocate(size_t size);
void *reallocate(void *memory, size_t size);
char *duplicate(const char *text);
char *duplicate_n(const char *text, size_t length);
/* printf into memory that the caller frees. */
char *format_text(const char *format, ...) __attribute__((format(printf, 1, 2)));

struct buffer {
    unsigned char *data;
    size_t length;
    size_t capacity;
};

void buffer_free(struct buffer *buffer);
void buffer_bytes(struct buffer *buffer, const void *bytes, size_t length);
/* Drops the first `length` bytes. */
void buffer_consume(struct buffer *buffer, size_t length);
void buffer_u8(struct buffer *buffer, uint8_t value);
void buffer_u16(struct buffer *buffer, uint16_t value); /* little-endian */
void buffer_u32(struct buffer *buffer, uint32_t value);
void buffer_u64(struct buffer *buffer, uint64_t value);
void buffer_u16_be(struct buffer *buffer, uint16_t value);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* UTF-8 in, UTF-16LE out; at most `units` 16-bit units, never half a pair. Returns the units written. */
size_t buffer_utf16(struct buffer *buffer, const char *text, size_t bytes, size_t units);
/* B_VARCHAR and US_VARCHAR of [MS-TDS] 2.2.5.1.2: a count of units, then UTF-16LE. Longer text is cut. */
void buffer_b_varchar(struct buffer *buffer, const char *text);
void buffer_us_varchar(struct buffer *buffer, const char *text);

uint16_t read_u16(const unsigned char *bytes);
uint32_t read_u32(const unsigned char *bytes);
uint64_t read_u64(const unsigned char *bytes);
uint16_t read_u16_be(const unsigned char *bytes);

/* UTF-16LE in, UTF-8 out; the caller frees. */
char *text_from_utf16(const unsigned char *bytes, size_t units);
/* Appends one code point (surrogates included) as UTF-8. */
void buffer_code_point(struct buffer *buffer, uint32_t code_point);

bool same_text(const char *a, const char *b); /* without regard to ASCII case; NULL equals NULL only */
