#include "audit/shell.h"
#include "tests/unit/check.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char output[100];
static size_t length;

static enum shell_end run_within(int seconds, const char *command)
{
    memset(output, 0, sizeof(output));
    return shell_run(command, seconds, output, 20, &length);
}

/* A time that no command here needs, however slow the machine. */
static enum shell_end run(const char *command)
{
    return run_within(60, command);
}

static void test_output_and_status_are_told(void **state)
{
    (void)state;
    assert_int_equal(run("printf hello"), SHELL_OK);
    assert_string_equal(output, "hello");
    assert_int_equal(length, 5);
    assert_int_equal(run("exit 3"), SHELL_FAILED);
    assert_int_equal(run("kill -9 $$"), SHELL_FAILED);
    assert_int_equal(run("cat"), SHELL_OK); /* its standard input is empty */
    assert_int_equal(length, 0);
    assert_int_equal(shell_run("exit 0", 60, NULL, 0, NULL), SHELL_OK);
}

static void test_too_much_output_is_refused(void **state)
{
    (void)state;
    assert_int_equal(run("printf 12345678901234567890"), SHELL_OK);
    assert_int_equal(length, 20);
    assert_int_equal(run("printf 123456789012345678901"), SHELL_FAILED);
    assert_int_equal(run("yes"), SHELL_FAILED);
}

/* What the command started in the background must be gone as well. This process becomes the parent of all
 * that were orphaned: whether the machine's first process takes note of ends is not known. */
static void test_time_ends_the_whole_group(void **state)
{
    (void)state;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    assert_int_equal(run_within(2, "sleep 600 & echo $!; sleep 600"), SHELL_LATE);
    pid_t background = (pid_t)strtol(output, NULL, 10);
    assert_true(background > 1);
    alarm(60); /* instead of for ever */
    while (waitpid(-1, NULL, 0) > 0)
        ;
    assert_int_equal(errno, ECHILD);
    alarm(0);
    assert_int_equal(kill(background, 0), -1);
    assert_int_equal(errno, ESRCH);
    /* it has closed its output and stays */
    assert_int_equal(run_within(2, "exec 1>&-; sleep 600"), SHELL_LATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_and_status_are_told),
        cmocka_unit_test(test_too_much_output_is_refused),
        cmocka_unit_test(test_time_ends_the_whole_group),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
