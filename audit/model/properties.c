#include "audit/model/properties.h"

#include <stdlib.h>
#include <string.h>

static const char *value_of_first(const struct property *property, const char *name)
{
    for (; property; property = property->next)
        if (property->name && strcmp(property->name, name) == 0)
            return property->value;
    return NULL;
}

const char *instance_property(const struct instance *instance, const char *name)
{
    return value_of_first(instance->properties.first, name);
}

const char *endpoint_property(const struct endpoint *endpoint, const char *name)
{
    return value_of_first(endpoint->properties.first, name);
}

struct number instance_property_number(const struct instance *instance, const char *name)
{
    const char *value = instance_property(instance, name);
    char *end = NULL;
    long long number = value ? strtoll(value, &end, 10) : 0;
    return value && end != value && *end == '\0' ? number_of(number) : (struct number){0, false};
}
