/* Items of the vocabulary with a value in every member, and their comparison: for tests of everything that
 * reads or writes reports. */
#pragma once

#include "reports/element.h"
#include "tests/unit/check.h"

#include <stdio.h>

/* Text that needs care everywhere. Attributes keep line ends and tabs; so must element text. */
#define HOSTILE_TEXT "<script>\"'&amp;]]>\t\n\r \xE2\x80\xAE \xF0\x9F\x98\x80 \xEF\xBF\xBD end"

static inline void fill_member(struct arena *arena, const struct member *member, char *item, int seed)
{
    char *place = item + member->offset;
    struct number number = number_of(1000000 + seed * 61);
    char *text = arena_format(arena, "%d " HOSTILE_TEXT, seed);
    enum ternary ternary = seed % 2 ? TERNARY_TRUE : TERNARY_FALSE;
    switch (member->kind) {
    case MEMBER_TEXT:
    case MEMBER_CONTENT:
    case MEMBER_TEXT_ELEMENT:
        memcpy(place, &text, sizeof(text));
        break;
    case MEMBER_NUMBER:
    case MEMBER_MOMENT:
        memcpy(place, &number, sizeof(number));
        break;
    case MEMBER_TERNARY:
        memcpy(place, &ternary, sizeof(ternary));
        break;
    case MEMBER_NAME: {
        int value = 1 + seed % (int)(member->names->count - 1);
        memcpy(place, &value, sizeof(value));
        break;
    }
    default:
        break;
    }
}

/* A new item with all its members, and two of each list. */
static inline void *fill_item(struct arena *arena, const struct element *element, int *seed)
{
    char *item = arena_alloc(arena, element->size);
    for (size_t i = 0; i < element->count; i++) {
        const struct member *member = &element->members[i];
        fill_member(arena, member, item, ++*seed);
        if (member->kind == MEMBER_ONE || member->kind == MEMBER_MANY)
            element_add(item, member, fill_item(arena, member->element, seed));
        if (member->kind == MEMBER_MANY)
            element_add(item, member, fill_item(arena, member->element, seed));
    }
    return item;
}

static inline void assert_same_item(const struct element *element, const void *expected, const void *actual)
{
    for (size_t i = 0; i < element->count; i++) {
        const struct member *member = &element->members[i];
        char buffers[2][MEMBER_TEXT_SIZE];
        const char *a = member_text(member, expected, buffers[0]),
                   *b = member_text(member, actual, buffers[1]);
        if ((!a) != (!b) || (a && strcmp(a, b) != 0))
            fail_msg("<%s> %s: '%s' became '%s'", element->name, member->name ? member->name : "text",
                     a ? a : "(null)", b ? b : "(null)");
        void *child = member_first(member, expected), *other = member_first(member, actual);
        for (; child && other; child = member_next(member, child), other = member_next(member, other))
            assert_same_item(member->element, child, other);
        if (child || other)
            fail_msg("<%s> in <%s>: another number of them", member->element->name, element->name);
    }
}

/* A whole report of such items. */
static inline struct audit *filled_audit(struct arena *arena)
{
    int seed = 0;
    struct audit *audit = fill_item(arena, &audit_element, &seed);
    audit->version = arena_text(arena, REPORT_VERSION);
    return audit;
}

/* Every endpoint that something refers to must be there; the test's own values are no ids. */
static inline void refer_to_endpoints(struct arena *arena, struct audit *audit)
{
    char *id = audit->endpoints.first->id = arena_text(arena, "e1");
    list_each (struct instance, instance, &audit->instances) {
        instance->endpoint = id;
        list_each (struct linked_server, link, &instance->linked_servers) {
            link->endpoint = link->failover_endpoint = id;
        }
    }
    list_each (struct finding, finding, &audit->findings) {
        finding->endpoint = id;
    }
}
