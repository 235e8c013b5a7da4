#include "audit/model/hash.h"

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
