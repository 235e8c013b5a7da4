#include "reports/beside.h"
#include "tests/unit/check.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MUCH = 3 * 1024 * 1024 }; /* more than a pipe holds */

static int changed = 1;

static bool say(FILE *output, void *context)
{
    changed = 2;
    fputs(context, output);
    return true;
}

static bool say_much(FILE *output, void *context)
{
    (void)context;
    for (int i = 0; i < MUCH; i++)
        fputc('a' + i % 26, output);
    return true;
}

static bool say_and_fail(FILE *output, void *context)
{
    return !say(output, context);
}

static bool say_and_die(FILE *output, void *context)
{
    say(output, context);
    fflush(output);
    raise(SIGKILL);
    return true;
}

static char *result_of(beside_work *work, size_t *size)
{
    char text[] = "what it found";
    struct beside *beside = beside_start(work, text);
    if (!beside)
        skip(); /* there is one processor only */
    return beside_end(beside, size);
}

static void test_what_it_wrote_comes_back_and_nothing_else_does(void **state)
{
    (void)state;
    size_t size;
    char *text = result_of(say, &size);
    assert_int_equal(size, strlen("what it found"));
    assert_memory_equal(text, "what it found", size);
    assert_int_equal(changed, 1);
    free(text);
}

static void test_much_comes_back_whole(void **state)
{
    (void)state;
    size_t size;
    char *text = result_of(say_much, &size);
    assert_int_equal(size, MUCH);
    for (size_t i = 0; i < size; i++)
        if (text[i] != 'a' + (char)(i % 26))
            fail_msg("byte %zu", i);
    free(text);
}

static void test_of_work_that_fails_or_dies_nothing_comes_back(void **state)
{
    (void)state;
    size_t size;
    assert_null(result_of(say_and_fail, &size));
    assert_null(result_of(say_and_die, &size));
}

static void test_on_one_processor_nothing_is_begun(void **state)
{
    (void)state;
    cpu_set_t before, one;
    assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
    int first = 0;
    while (!CPU_ISSET(first, &before))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
    assert_null(beside_start(say, NULL));
    assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_wrote_comes_back_and_nothing_else_does),
        cmocka_unit_test(test_much_comes_back_whole),
        cmocka_unit_test(test_of_work_that_fails_or_dies_nothing_comes_back),
        cmocka_unit_test(test_on_one_processor_nothing_is_begun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
