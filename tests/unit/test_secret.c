#include "audit/frame.h"
#include "audit/secret.h"
#include "tests/unit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/linkaudit-secret-XXXXXX";

static const char *from_file(struct secret *secret, const char *content, size_t length, mode_t mode)
{
    chmod(path, 0600);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, length, file), length);
    fclose(file);
    chmod(path, mode);
    return secret_from_file(secret, path);
}

static void test_a_file_gives_its_line_without_the_newline(void **state)
{
    struct secret secret;
    (void)state;
    assert_null(from_file(&secret, "p;w}d\n", 6, 0600));
    assert_string_equal(secret.bytes, "p;w}d");
    assert_int_equal(secret.length, 5);
    secret_clear(&secret);
    assert_null(secret.bytes);
    assert_null(from_file(&secret, " blank ", 7, 0400));
    assert_string_equal(secret.bytes, " blank ");
    secret_clear(&secret);
}

static void test_files_that_others_can_read_and_bad_content_are_refused(void **state)
{
    struct secret secret;
    char longest[SECRET_MAXIMUM + 1];
    (void)state;
    memset(longest, 'x', sizeof(longest));
    assert_non_null(from_file(&secret, "pw", 2, 0640));
    assert_non_null(from_file(&secret, "pw", 2, 0604));
    assert_non_null(from_file(&secret, "", 0, 0600));
    assert_non_null(from_file(&secret, "\n", 1, 0600));
    assert_non_null(from_file(&secret, "a\nb", 3, 0600));
    assert_non_null(from_file(&secret, "a\0b", 3, 0600));
    assert_non_null(from_file(&secret, longest, sizeof(longest), 0600));
    assert_null(secret.bytes);
    assert_null(from_file(&secret, longest, sizeof(longest) - 1, 0600));
    secret_clear(&secret);
    assert_non_null(secret_from_file(&secret, "/nonexistent/file"));
    assert_non_null(secret_from_file(&secret, "/tmp"));
}

static void test_a_command_gives_its_output_or_a_reason(void **state)
{
    struct secret secret;
    (void)state;
    assert_null(secret_from_command(&secret, "printf 'from a command\\n'"));
    assert_string_equal(secret.bytes, "from a command");
    secret_clear(&secret);
    assert_non_null(secret_from_command(&secret, "printf secret; exit 3"));
    assert_non_null(secret_from_command(&secret, "no-such-command-at-all 2>/dev/null"));
    assert_null(secret.bytes);
    assert_non_null(secret_from_command(&secret, "yes"));
    assert_null(secret.bytes);
}

static void test_an_environment_variable_must_be_there(void **state)
{
    struct secret secret;
    (void)state;
    setenv("LINKAUDIT_TEST_SECRET", "from the environment", 1);
    assert_null(secret_from_environment(&secret, "LINKAUDIT_TEST_SECRET"));
    assert_string_equal(secret.bytes, "from the environment");
    secret_clear(&secret);
    const char *value = getenv("LINKAUDIT_TEST_SECRET");
    secret_forget_environment("LINKAUDIT_TEST_SECRET");
    assert_null(getenv("LINKAUDIT_TEST_SECRET"));
    assert_string_equal(value, "");
    secret_forget_environment("LINKAUDIT_TEST_SECRET");
    assert_non_null(secret_from_environment(&secret, "LINKAUDIT_TEST_SECRET"));
}

/* What the system says of the mapping that holds an address, in proc(5)'s smaps. */
static bool mapping_has_flag(const void *address, const char *flag)
{
    FILE *file = fopen("/proc/self/smaps", "r");
    char line[4096];
    unsigned long wanted = (unsigned long)address, begin, end;
    bool within = false, has = false;
    assert_non_null(file);
    while (fgets(line, sizeof(line), file)) {
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            within = begin <= wanted && wanted < end;
        else if (within && strncmp(line, "VmFlags:", 8) == 0)
            has = strstr(line, flag);
    }
    fclose(file);
    return has;
}

/* Last: it is for the whole process. */
static void test_no_core_file_gets_a_secret(void **state)
{
    struct secret secret;
    struct rlimit limit;
    (void)state;
    assert_null(secret_from_command(&secret, "printf secret"));
    assert_true(mapping_has_flag(secret.bytes, " dd"));
    secret_clear(&secret);
    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_CORE, &limit);
    secret_guard_process();
    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    assert_int_equal(limit.rlim_cur, 0);
#ifndef __SANITIZE_ADDRESS__ /* the leak checker must look in */
    assert_int_equal(prctl(PR_GET_DUMPABLE), 0);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_gives_its_line_without_the_newline),
        cmocka_unit_test(test_files_that_others_can_read_and_bad_content_are_refused),
        cmocka_unit_test(test_a_command_gives_its_output_or_a_reason),
        cmocka_unit_test(test_an_environment_variable_must_be_there),
        cmocka_unit_test(test_no_core_file_gets_a_secret),
    };
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
