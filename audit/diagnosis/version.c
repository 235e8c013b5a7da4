#include "audit/diagnosis/version.h"

#include <ctype.h>
#include <stddef.h>

struct version version_of(const char *text)
{
    struct version version = {0};
    size_t parts = 0;
    for (; text && isdigit((unsigned char)*text) && parts < 4; parts++) {
        unsigned value = 0;
        for (; isdigit((unsigned char)*text); text++)
            value = value < 1000000 ? value * 10 + (unsigned)(*text - '0') : value;
        version.part[parts] = value;
        if (*text == '.')
            text++;
    }
    version.known = parts >= 2;
    return version;
}

int version_compare(struct version a, struct version b)
{
    for (size_t i = 0; i < 4; i++)
        if (a.part[i] != b.part[i])
            return a.part[i] < b.part[i] ? -1 : 1;
    return 0;
}
