#include "audit/model/same_text.h"

#include <string.h>
#include <strings.h>

bool same_text(const char *one, const char *other)
{
    return one && other ? strcmp(one, other) == 0 : one == other;
}

bool same_text_any_case(const char *one, const char *other)
{
    return one && other ? strcasecmp(one, other) == 0 : one == other;
}

const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

int compare_texts(const char *one, const char *other)
{
    return strcmp(text_or_empty(one), text_or_empty(other));
}
