#include "audit/model/properties.h"

#include <stdlib.h>
#include <string.h>

const char *instance_property(const struct instance *instance, const char *name)
{
    list_each(struct property, property,
              &instance->properties) if (strcmp(property->name, name) == 0) return property->value;
    return NULL;
}

struct number instance_property_number(const struct instance *instance, const char *name)
{
    const char *value = instance_property(instance, name);
    char *end = NULL;
    long long number = value ? strtoll(value, &end, 10) : 0;
    return value && end != value && *end == '\0' ? number_of(number) : (struct number){0, false};
}
