#include "tests/unit/filled.h"

#include <ctype.h>

static size_t size_of_kind(const struct member *member)
{
    static const size_t sizes[] = {[MEMBER_TEXT] = sizeof(char *),
                                   [MEMBER_NUMBER] = sizeof(struct number),
                                   [MEMBER_MOMENT] = sizeof(moment),
                                   [MEMBER_TERNARY] = sizeof(enum ternary),
                                   [MEMBER_NAME] = sizeof(int),
                                   [MEMBER_CONTENT] = sizeof(char *),
                                   [MEMBER_TEXT_ELEMENT] = sizeof(char *),
                                   [MEMBER_ONE] = sizeof(void *),
                                   [MEMBER_MANY] = 2 * sizeof(void *) + sizeof(size_t)};
    return sizes[member->kind];
}

static void check_name(const struct element *element, const char *name)
{
    for (const char *at = name; *at; at++)
        if (!islower((unsigned char)*at) && !isdigit((unsigned char)*at) && *at != '-')
            fail_msg("<%s>: '%s' is no name of this vocabulary", element->name, name);
}

static void check_member(const struct element *element, size_t index)
{
    const struct member *member = &element->members[index];
    if (member->offset + size_of_kind(member) > element->size)
        fail_msg("<%s>: member %zu lies outside of its struct", element->name, index);
    if (member->name) {
        check_name(element, member->name);
        if (!member->documentation || strlen(member->documentation) < 3)
            fail_msg("<%s> %s has no documentation", element->name, member->name);
    }
    if (member->required && !member_is_attribute(member))
        fail_msg("<%s>: only attributes are required", element->name);
    for (size_t i = 0; i < index; i++) {
        const struct member *other = &element->members[i];
        if (member->name && other->name && strcmp(member->name, other->name) == 0)
            fail_msg("<%s> has %s twice", element->name, member->name);
        if (member->offset < other->offset + size_of_kind(other) &&
            other->offset < member->offset + size_of_kind(member))
            fail_msg("<%s>: members %zu and %zu share their place", element->name, i, index);
    }
}

static void check_element(const struct element *element, int depth)
{
    bool content = false, children = false;
    assert_true(depth < 10);
    assert_true(element->count < ELEMENT_MEMBERS);
    check_name(element, element->name);
    assert_non_null(element->documentation);
    for (size_t i = 0; i < element->count; i++) {
        const struct member *member = &element->members[i];
        check_member(element, i);
        content |= member->kind == MEMBER_CONTENT;
        children |= member->kind > MEMBER_CONTENT;
        assert_true((member->kind == MEMBER_NAME) == (member->names != NULL));
        assert_true((member->kind == MEMBER_ONE || member->kind == MEMBER_MANY) == (member->element != NULL));
        if (member->element)
            check_element(member->element, depth + 1);
    }
    if (content && children)
        fail_msg("<%s> has text and children: nothing reads that", element->name);
}

static void test_every_element_and_attribute_is_sound_and_documented(void **state)
{
    (void)state;
    check_element(&audit_element, 0);
    for (const struct element *const *element = row_elements; *element; element++)
        check_element(*element, 0);
}

static void test_every_name_of_an_enumeration_leads_back_to_its_value(void **state)
{
    (void)state;
    for (const struct element *const *element = row_elements; *element; element++)
        for (size_t i = 0; i < (*element)->count; i++) {
            const struct name_table *names = (*element)->members[i].names;
            for (size_t value = 1; names && value < names->count; value++)
                assert_int_equal(value_of(names, name_of(names, (int)value)), value);
        }
    assert_null(name_of(&cause_names, 0));
    assert_null(name_of(&cause_names, 1000));
    assert_null(name_of(&cause_names, -1));
    assert_int_equal(value_of(&cause_names, "no-such-cause"), 0);
    assert_int_equal(value_of(&cause_names, NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_element_and_attribute_is_sound_and_documented),
        cmocka_unit_test(test_every_name_of_an_enumeration_leads_back_to_its_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
