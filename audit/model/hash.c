#include "audit/model/hash.h"

#include <string.h>

#define BASIS 14695981039346656037u

static uint64_t add(uint64_t hash, unsigned char byte)
{
    return (hash ^ byte) * 1099511628211u;
}

uint64_t hash_bytes(const void *bytes, size_t length)
{
    const unsigned char *byte = bytes;
    uint64_t hash = BASIS;
    for (size_t i = 0; i < length; i++)
        hash = add(hash, byte[i]);
    return hash;
}

uint64_t hash_text(const char *text)
{
    uint64_t hash = BASIS;
    for (; text && *text; text++)
        hash = add(hash, (unsigned char)*text);
    return hash;
}

uint64_t hash_text_any_case(const char *text)
{
    uint64_t hash = BASIS;
    for (; text && *text; text++)
        hash = add(hash, (unsigned char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text));
    return hash;
}

/* Every bit of the word has a say in the upper half, and that in the lower one. */
static uint64_t mix(uint64_t word)
{
    word *= 0x9E3779B97F4A7C15u;
    return word ^ word >> 32;
}

/* Eight bytes at a time, of which the last may be some again. */
uint64_t hash_quickly(const char *text, size_t length)
{
    uint64_t hash = length, word = 0;
    const char *end = text + length;
    if (length < sizeof(word)) {
        while (text < end)
            word = word << 8 | (unsigned char)*text++;
        return mix(mix(hash ^ word));
    }
    for (; end - text > (ptrdiff_t)sizeof(word); text += sizeof(word)) {
        memcpy(&word, text, sizeof(word));
        hash = mix(hash ^ word);
    }
    memcpy(&word, end - sizeof(word), sizeof(word));
    return mix(mix(hash ^ word));
}
