#include "audit/diagnosis/name_match.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

static size_t length_without_dot(const char *name)
{
    size_t length = strlen(name);
    return length && name[length - 1] == '.' ? length - 1 : length;
}

/* The bytes of a numeric address, 4 or 16 of them; 0 when the text is none. */
static size_t address_bytes(const char *text, unsigned char bytes[16])
{
    if (inet_pton(AF_INET, text, bytes) == 1)
        return 4;
    return inet_pton(AF_INET6, text, bytes) == 1 ? 16 : 0;
}

static bool addresses_equal(const char *a, const char *b)
{
    unsigned char left[16], right[16];
    size_t length = address_bytes(a, left);
    return length && length == address_bytes(b, right) && memcmp(left, right, length) == 0;
}

static bool names_equal(const char *a, size_t a_length, const char *b, size_t b_length)
{
    return a_length == b_length && strncasecmp(a, b, a_length) == 0;
}

static bool wildcard_matches(const char *pattern, size_t pattern_length, const char *host, size_t host_length)
{
    const char *rest = memchr(host, '.', host_length);
    if (!rest || rest == host)
        return false;
    pattern += 1;
    pattern_length -= 1;
    if (!memchr(pattern + 1, '.', pattern_length - 1)) /* "*.com" */
        return false;
    return names_equal(pattern, pattern_length, rest, host_length - (size_t)(rest - host));
}

bool certificate_name_matches(const char *type, const char *pattern, const char *host)
{
    unsigned char bytes[16];
    if (!type || !pattern || !host || !*pattern || !*host)
        return false;
    if (strcmp(type, "ip") == 0)
        return addresses_equal(pattern, host);
    if (address_bytes(host, bytes)) /* an address written as a name counts in a common name only */
        return strcmp(type, "cn") == 0 && addresses_equal(pattern, host);
    size_t pattern_length = length_without_dot(pattern), host_length = length_without_dot(host);
    if (pattern_length > 2 && pattern[0] == '*' && pattern[1] == '.')
        return wildcard_matches(pattern, pattern_length, host, host_length);
    return names_equal(pattern, pattern_length, host, host_length);
}

enum ternary certificate_matches_host(const struct certificate *certificate, const char *host)
{
    bool alternative = false;
    if (!certificate || !certificate->names.first || !host)
        return TERNARY_UNKNOWN;
    list_each (struct certificate_name, name, &certificate->names)
        alternative = alternative || (name->type && strcmp(name->type, "cn") != 0);
    list_each (struct certificate_name, name, &certificate->names) {
        if (alternative && name->type && strcmp(name->type, "cn") == 0)
            continue;
        if (certificate_name_matches(name->type, name->value, host))
            return TERNARY_TRUE;
    }
    return TERNARY_FALSE;
}
