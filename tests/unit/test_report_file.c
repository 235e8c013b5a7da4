#include "reports/atomic_file.h"
#include "reports/report_file.h"
#include "reports/report_reader.h"
#include "tests/unit/filled.h"
#include "tests/unit/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <utime.h>

/* 2021-11-22T02:15:00Z, which no clock of a test is before, and so many seconds. */
static struct audit *small_audit(struct arena *arena, int seconds, const char *run)
{
    struct audit *audit = arena_alloc(arena, sizeof(*audit));
    audit->version = arena_text(arena, "1");
    audit->run_id = arena_text(arena, run);
    audit->started = number_of(INT64_C(1637547300) + seconds);
    audit->host = arena_text(arena, "audit1");
    audit->program = arena_text(arena, "linkaudit");
    audit->complete = TERNARY_TRUE;
    return audit;
}

static void latest_is(const char *folder, const char *link, const char *expected)
{
    char target[256] = "";
    char path[256];
    snprintf(path, sizeof(path), "%s/%s", folder, link);
    assert_true(readlink(path, target, sizeof(target) - 1) > 0);
    assert_string_equal(target, expected);
}

static void test_a_report_is_published_whole_and_becomes_the_latest(void **state)
{
    const char *folder = *state, *error = NULL;
    struct arena *arena = arena_new();
    char *path = report_publish(arena, folder, small_audit(arena, 0, "ab12"), &error);
    assert_null(error);
    assert_string_equal(strrchr(path, '/'), "/linkaudit-20211122T021500Z-ab12.xml");
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0640);
    latest_is(folder, "latest.xml", "linkaudit-20211122T021500Z-ab12.xml");
    assert_int_equal(folder_size(folder), 3);
    struct audit *audit = report_read_all(arena, path, &error);
    assert_non_null(audit);
    assert_string_equal(audit->run_id, "ab12");
    arena_free(arena);
}

static void test_a_published_report_carries_its_hash(void **state)
{
    const char *folder = *state, *error = NULL;
    struct arena *arena = arena_new();
    char *path = report_publish(arena, folder, small_audit(arena, 0, "ab12"), &error);
    char *check = arena_format(arena, "cd %s && sha256sum --status -c %s.sha256", folder, path);
    assert_int_equal(system(check), 0);
    FILE *stream = fopen(path, "a");
    fputs(" ", stream);
    fclose(stream);
    assert_int_not_equal(system(check), 0);
    arena_free(arena);
}

/* However it fails: the report stands, and has no hash. */
static void test_a_report_is_published_when_its_hash_cannot_be_had(void **state)
{
    static const char *const scripts[] = {
        "exit 0",                      /* takes no input */
        "cat >/dev/null; echo none",   /* says something else */
        "sha256sum; exit 1",           /* fails at its end */
        "exec 0</dev/null; sha256sum", /* takes only a part */
    };
    enum { LENGTH = 1000000 };
    struct arena *arena = arena_new();
    char *path = arena_format(arena, "%s/bin", (char *)*state), *before = strdup(getenv("PATH"));
    char *program = arena_format(arena, "%s/sha256sum", path), *title = arena_alloc(arena, LENGTH + 1);
    memset(title, 't', LENGTH);
    assert_int_equal(mkdir(path, 0700), 0);
    for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
        const char *error = NULL;
        struct audit *audit = small_audit(arena, (int)i, "ab12");
        audit->title = title;
        file_write(program, arena_format(arena, "#!/bin/sh\nPATH=%s\n%s\n", before, scripts[i]));
        chmod(program, 0700);
        setenv("PATH", path, 1);
        char *report = report_publish(arena, *state, audit, &error);
        setenv("PATH", before, 1);
        assert_non_null(report);
        assert_non_null(strstr(error, "sha256sum gave no hash"));
        assert_int_equal(access(arena_format(arena, "%s.sha256", report), F_OK), -1);
        latest_is(*state, "latest.xml", strrchr(report, '/') + 1);
        assert_non_null(report_read_all(arena, report, &error));
    }
    free(before);
    arena_free(arena);
}

static void test_a_whole_report_comes_back_as_it_was_written(void **state)
{
    const char *error = NULL;
    struct arena *arena = arena_new();
    struct audit *audit = filled_audit(arena);
    refer_to_endpoints(arena, audit);
    char *path = arena_format(arena, "%s/report.xml", (char *)*state);
    assert_true(report_write(arena, path, audit, &error));
    struct audit *again = report_read_all(arena, path, &error);
    if (!again)
        fail_msg("%s", error);
    assert_same_item(&audit_element, audit, again);
    arena_free(arena);
}

static void test_a_hostile_run_id_stays_in_its_folder(void **state)
{
    struct arena *arena = arena_new();
    char *path = report_path(arena, *state, small_audit(arena, 0, "../../x y"), "xml");
    assert_string_equal(strrchr(path, '/'), "/linkaudit-20211122T021500Z-------x-y.xml");
    arena_free(arena);
}

static void test_an_older_run_that_ends_later_does_not_become_the_latest(void **state)
{
    const char *folder = *state, *error = NULL;
    struct arena *arena = arena_new();
    assert_non_null(report_publish(arena, folder, small_audit(arena, 60, "new"), &error));
    assert_non_null(report_publish(arena, folder, small_audit(arena, 0, "old"), &error));
    latest_is(folder, "latest.xml", "linkaudit-20211122T021600Z-new.xml");
    char *html = report_path_beside(
        arena, arena_format(arena, "%s/linkaudit-20211122T021500Z-old.xml", folder), "html");
    file_write(html, "");
    assert_true(report_set_latest(arena, html, &error));
    latest_is(folder, "latest.html", "linkaudit-20211122T021500Z-old.html");
    arena_free(arena);
}

static void test_of_two_runs_of_one_second_the_one_with_the_higher_number_is_the_latest(void **state)
{
    const char *folder = *state, *error = NULL;
    struct arena *arena = arena_new();
    assert_non_null(report_publish(arena, folder, small_audit(arena, 0, "host-984"), &error));
    assert_non_null(report_publish(arena, folder, small_audit(arena, 0, "host-1023"), &error));
    latest_is(folder, "latest.xml", "linkaudit-20211122T021500Z-host-1023.xml");
    assert_non_null(report_publish(arena, folder, small_audit(arena, 0, "host-999"), &error));
    latest_is(folder, "latest.xml", "linkaudit-20211122T021500Z-host-1023.xml");
    arena_free(arena);
}

static void test_a_run_that_a_wrong_clock_dated_in_the_future_does_not_stay_the_latest(void **state)
{
    const char *folder = *state, *error = NULL;
    struct arena *arena = arena_new();
    enum { TWENTY_YEARS = 20 * 365 * 86400 };
    assert_non_null(report_publish(arena, folder, small_audit(arena, TWENTY_YEARS, "future"), &error));
    assert_non_null(report_publish(arena, folder, small_audit(arena, 0, "now"), &error));
    latest_is(folder, "latest.xml", "linkaudit-20211122T021500Z-now.xml");
    arena_free(arena);
}

static void test_two_runs_publish_at_once(void **state)
{
    const char *folder = *state, *error = NULL;
    enum { RUNS = 8 };
    for (int i = 0; i < RUNS; i++)
        if (fork() == 0) {
            struct arena *arena = arena_new();
            char *path = report_publish(arena, folder, small_audit(arena, i, "run"), &error);
            arena_free(arena);
            _exit(path && !error ? 0 : 1);
        }
    for (int i = 0; i < RUNS; i++) {
        int status;
        wait(&status);
        assert_int_equal(status, 0);
    }
    assert_int_equal(folder_count(folder, "linkaudit-"), 2 * RUNS);
    assert_int_equal(folder_size(folder), 2 * RUNS + 1);
    latest_is(folder, "latest.xml", "linkaudit-20211122T021507Z-run.xml");
}

static void test_a_full_disk_is_an_error_and_the_former_report_survives(void **state)
{
    const char *folder = *state, *error = NULL;
    struct arena *arena = arena_new();
    char *path = arena_format(arena, "%s/report.xml", folder);
    file_write(path, "the former one");
    /* A limit on the size of files is a disk that is full, without needing one. */
    struct rlimit limit, small = {1000, RLIM_INFINITY};
    getrlimit(RLIMIT_FSIZE, &limit);
    small.rlim_max = limit.rlim_max;
    void (*former)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    bool good = report_write(arena, path, filled_audit(arena), &error);
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, former);
    assert_false(good);
    assert_non_null(strstr(error, path));
    assert_non_null(strstr(error, strerror(EFBIG)));
    char *text = file_read(path);
    assert_string_equal(text, "the former one");
    free(text);
    assert_int_equal(folder_size(folder), 1);
    arena_free(arena);
}

static void test_a_folder_that_is_not_there_is_named(void **state)
{
    const char *error = NULL;
    struct arena *arena = arena_new();
    char *missing = arena_format(arena, "%s/missing", (char *)*state);
    assert_null(report_publish(arena, missing, small_audit(arena, 0, "a"), &error));
    assert_non_null(strstr(error, missing));
    arena_free(arena);
}

static void test_what_killed_runs_left_is_swept_and_what_is_being_written_is_not(void **state)
{
    const char *folder = *state, *error = NULL;
    struct arena *arena = arena_new();
    char *abandoned = arena_format(arena, "%s/.linkaudit-AbCdEf.partial", folder);
    char *fresh = arena_format(arena, "%s/.linkaudit-fresh1.partial", folder);
    char *foreign = arena_format(arena, "%s/.other-AbCdEf.partial", folder);
    const struct utimbuf long_ago = {1000000000, 1000000000};
    file_write(abandoned, "x");
    file_write(fresh, "x");
    file_write(foreign, "x");
    utime(abandoned, &long_ago);
    utime(foreign, &long_ago);
    struct atomic_file writing;
    assert_true(atomic_file_open(&writing, arena_format(arena, "%s/report.xml", folder), arena, &error));
    utime(writing.temporary, &long_ago);
    atomic_file_sweep(folder);
    assert_int_not_equal(access(abandoned, F_OK), 0);
    assert_int_equal(access(fresh, F_OK), 0);
    assert_int_equal(access(foreign, F_OK), 0);
    assert_true(atomic_file_close(&writing, true, arena, &error));
    arena_free(arena);
}

static void test_only_the_oldest_own_files_are_pruned(void **state)
{
    const char *folder = *state, *error = NULL;
    struct arena *arena = arena_new();
    for (int i = 0; i < 4; i++) {
        char *path = report_publish(arena, folder, small_audit(arena, i * 60, "run"), &error);
        file_write(report_path_beside(arena, path, "html"), "");
        file_write(report_path_beside(arena, path, "findings.csv"), "");
    }
    static const char *const foreign[] = {"linkaudit-notes.txt", "linkaudit-20211122T021500Z-.xml",
                                          "linkaudit-2026.xml", "aaa.xml", "linkaudit-20211122T021500Z-run"};
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        file_write(arena_format(arena, "%s/%s", folder, foreign[i]), "");
    assert_int_equal(report_prune(folder, 0), 0);
    assert_int_equal(report_prune(folder, 2), 8);
    assert_int_equal(folder_count(folder, "T0215"), 2); /* the two foreign ones with that time */
    assert_int_equal(folder_count(folder, "T0216"), 0);
    assert_int_equal(folder_count(folder, "T0217"), 4);
    assert_int_equal(folder_count(folder, "T0218"), 4);
    for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
        assert_int_equal(access(arena_format(arena, "%s/%s", folder, foreign[i]), F_OK), 0);
    arena_free(arena);
}

static void test_the_report_that_is_the_latest_is_never_pruned(void **state)
{
    const char *folder = *state, *error = NULL;
    struct arena *arena = arena_new();
    for (int i = 0; i < 3; i++)
        assert_non_null(report_publish(arena, folder, small_audit(arena, i * 60, "run"), &error));
    char *link = arena_format(arena, "%s/latest.xml", folder);
    unlink(link);
    assert_int_equal(symlink("linkaudit-20211122T021500Z-run.xml", link), 0);
    assert_int_equal(report_prune(folder, 1), 2);
    assert_int_equal(folder_count(folder, "T0215"), 2);
    assert_int_equal(folder_count(folder, "T0216"), 0);
    arena_free(arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_new, folder_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_report_is_published_whole_and_becomes_the_latest),
        TEST(test_a_published_report_carries_its_hash),
        TEST(test_a_report_is_published_when_its_hash_cannot_be_had),
        TEST(test_a_whole_report_comes_back_as_it_was_written),
        TEST(test_a_hostile_run_id_stays_in_its_folder),
        TEST(test_an_older_run_that_ends_later_does_not_become_the_latest),
        TEST(test_of_two_runs_of_one_second_the_one_with_the_higher_number_is_the_latest),
        TEST(test_a_run_that_a_wrong_clock_dated_in_the_future_does_not_stay_the_latest),
        TEST(test_two_runs_publish_at_once),
        TEST(test_a_full_disk_is_an_error_and_the_former_report_survives),
        TEST(test_a_folder_that_is_not_there_is_named),
        TEST(test_what_killed_runs_left_is_swept_and_what_is_being_written_is_not),
        TEST(test_only_the_oldest_own_files_are_pruned),
        TEST(test_the_report_that_is_the_latest_is_never_pruned),
    };
    signal(SIGPIPE, SIG_IGN); /* as the program does */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
