#include "audit/model/arena.h"
#include "tests/unit/check.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>

static void test_memory_is_zeroed_aligned_and_apart(void **state)
{
    struct arena *arena = arena_new();
    unsigned char *pieces[300];
    (void)state;
    for (size_t i = 0; i < 300; i++) {
        size_t size = i * 37 % 6000 + 1; /* smaller and larger than a block */
        pieces[i] = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t at = 0; at < size; at++)
            assert_int_equal(pieces[i][at], 0);
        memset(pieces[i], (int)(i + 1), size);
    }
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(pieces[i][0], (unsigned char)(i + 1));
    arena_free(arena);
}

static void test_texts_are_copies(void **state)
{
    struct arena *arena = arena_new();
    char text[] = "linked server";
    (void)state;
    char *copy = arena_text(arena, text), *part = arena_text_n(arena, text, 6);
    text[0] = 'x';
    assert_string_equal(copy, "linked server");
    assert_string_equal(part, "linked");
    assert_null(arena_text(arena, NULL));
    char *formatted = arena_format(arena, "%s:%0*d", copy, 5000, 7);
    assert_int_equal(strlen(formatted), strlen(copy) + 1 + 5000);
    arena_free(arena);
    arena_free(NULL);
}

/* Also where the rest of a block is just too small for a text, and was written to in vain. */
static void test_formatted_texts_leave_the_rest_zeroed(void **state)
{
    struct arena *arena = arena_new();
    (void)state;
    for (int length = 1; length < 1200; length++) {
        char *text = arena_format(arena, "%0*d", length, 7);
        assert_int_equal(strlen(text), length);
        assert_int_equal(text[length - 1], '7');
        unsigned char *after = arena_alloc(arena, 48);
        for (size_t i = 0; i < 48; i++)
            assert_int_equal(after[i], 0);
    }
    assert_string_equal(arena_format(arena, "%s", ""), "");
    arena_free(arena);
}

static void test_equal_texts_are_shared(void **state)
{
    struct arena *arena = arena_new();
    char text[16], *first[2000];
    int shared = 0;
    (void)state;
    assert_null(arena_shared(arena, NULL));
    for (int i = 0; i < 2000; i++) {
        snprintf(text, sizeof(text), "text %d", i);
        first[i] = arena_shared(arena, text);
        assert_ptr_not_equal(first[i], text);
    }
    for (int i = 0; i < 2000; i++) {
        snprintf(text, sizeof(text), "text %d", i);
        char *again = arena_shared(arena, text);
        assert_string_equal(again, text);
        assert_string_equal(first[i], text);
        shared += again == first[i];
    }
    assert_in_range(shared, 1950, 2000); /* few find no place among those that stand there */
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(test_texts_are_copies),
        cmocka_unit_test(test_formatted_texts_leave_the_rest_zeroed),
        cmocka_unit_test(test_equal_texts_are_shared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
