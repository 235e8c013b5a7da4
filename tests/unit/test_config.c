#include "audit/config.h"
#include "tests/unit/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/linkaudit-config-XXXXXX";
static char messages[65536];

/* Reads a configuration of that text; what it says on standard error is in `messages`. */
static struct config *read_text(const char *text)
{
    char errors_path[] = "/tmp/linkaudit-errors-XXXXXX";
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    int saved = dup(STDERR_FILENO), errors = mkstemp(errors_path);
    assert_true(saved >= 0 && errors >= 0);
    fflush(stderr);
    dup2(errors, STDERR_FILENO);
    struct config *config = config_read(path);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    ssize_t length = pread(errors, messages, sizeof(messages) - 1, 0);
    messages[length < 0 ? 0 : length] = '\0';
    close(errors);
    unlink(errors_path);
    return config;
}

#define LOGIN "[login nightly]\nuid = linkaudit\npassword_env = PW\n"
#define INSTANCE "[instance SQL01]\nserver = sql01\n"

static void test_one_login_and_one_instance_are_enough(void **state)
{
    (void)state;
    struct config *config = read_text(LOGIN INSTANCE);
    assert_non_null(config);
    assert_int_equal(config->instances.count, 1);
    assert_ptr_equal(config->instances.first->login, config->logins.first);
    assert_string_equal(config->logins.first->driver, "FreeTDS");
    assert_int_equal(config->fail_on, SEVERITY_HIGH);
    assert_int_equal(config->probe_depth, DEPTH_VERSIONS);
    assert_int_equal(config->link_test, LINK_TEST_SQLSERVER);
    assert_false(config->link_test_self);
    assert_int_equal(config->instances.first->login_timeout, 15000);
    config_free(config);
}

static void test_values_arrive(void **state)
{
    (void)state;
    struct config *config = read_text(
        "[audit]\ntitle = Größe\n  keep = 7\ndeadline = 2h\nallow = 10.0.0.0/8, fd00::/8\ndns_suffixes = "
        "a.example b.example\n"
        "fail_on = never\nca_file = ca.pem\n" LOGIN "[hosts]\nSQL07 = 10.1.2.3\n"
        "[instance A]\nname = Ünï [1]!\nserver = tcp:sql01\\PROD\ntags = prod, erp\nlogin_timeout = 2s\n"
        "[instance B]\ndsn = Other\n[instance C]\nconnection = DRIVER={X};SERVER=c;PWD=a=b\n");
    assert_non_null(config);
    assert_string_equal(config->title, "Größe");
    assert_int_equal(config->keep, 7);
    assert_int_equal(config->deadline, 2 * 3600 * 1000);
    assert_int_equal(config->allow.count, 2);
    assert_string_equal(config->dns_suffixes[1], "b.example");
    assert_null(config->dns_suffixes[2]);
    assert_int_equal(config->fail_on, 0);
    assert_string_equal(config->ca_file, "/tmp/ca.pem");
    assert_string_equal(config->hosts.first->name, "SQL07");
    const struct instance_config *instance = config->instances.first;
    assert_string_equal(instance->name, "Ünï [1]!");
    assert_string_equal(instance->server, "tcp:sql01\\PROD");
    assert_int_equal(instance->login_timeout, 2000);
    assert_null(instance->next->login); /* a DSN says it all */
    assert_string_equal(instance->next->next->connection, "DRIVER={X};SERVER=c;PWD=a=b");
    config_free(config);
}

static void test_a_history_is_kept_only_where_it_is_asked_for(void **state)
{
    (void)state;
    struct config *config = read_text(LOGIN INSTANCE);
    assert_non_null(config);
    assert_false(config->history.wanted);
    config_free(config);
    config = read_text("[history]\n[audit]\noutput_dir = /var/lib/audit\n" LOGIN INSTANCE);
    assert_non_null(config);
    assert_true(config->history.wanted);
    assert_string_equal(config->history.file, "/var/lib/audit/history.sqlite");
    assert_int_equal(config->history.runs, 30);
    assert_int_equal(config->history.keep_runs, 400);
    assert_int_equal(config->history.keep_days, 0);
    assert_int_equal(config->history.deadline, 120 * 1000);
    config_free(config);
    config = read_text(LOGIN INSTANCE "[history]\nfile = past.sqlite\nkeep_days = 90\nkeep_runs = 0\n");
    assert_non_null(config);
    assert_string_equal(config->history.file, "/tmp/past.sqlite");
    assert_int_equal(config->history.keep_days, 90);
    assert_int_equal(config->history.keep_runs, 0);
    config_free(config);
    config = read_text(LOGIN INSTANCE "[history]\nconnection = DSN=h\nlogin = nightly\n");
    assert_non_null(config);
    assert_null(config->history.file);
    assert_string_equal(config->history.connection, "DSN=h");
    assert_ptr_equal(config->history.login, config->logins.first);
    config_free(config);
}

static void test_values_of_thousands_of_characters_work(void **state)
{
    char *text = malloc(10000);
    (void)state;
    assert_non_null(text);
    int at = sprintf(text, LOGIN INSTANCE "[instance LONG]\nconnection = DRIVER=X;SERVER=");
    memset(text + at, 'x', 4000);
    strcpy(text + at + 4000, "\n");
    struct config *config = read_text(text);
    assert_non_null(config);
    assert_int_equal(strlen(config->instances.last->connection), 4000 + strlen("DRIVER=X;SERVER="));
    config_free(config);
    free(text);
}

static void test_each_mistake_names_file_line_and_what_was_expected(void **state)
{
    static const struct {
        const char *text, *line, *words;
    } cases[] = {
        {"[audit]\ntitel = x\n" LOGIN INSTANCE,
         ":2: ", "unknown key 'titel' in [audit]: expected one of title output_dir"},
        {"[audit]\n\n\ndeadline = 5 minutes\n" LOGIN INSTANCE, ":4: ", "expected a duration like"},
        {"[audit]\nkeep = -1\n" LOGIN INSTANCE, ":2: ", "whole number from 0 to"},
        {"[audit]\nfail_on = worst\n" LOGIN INSTANCE, ":2: ", "critical, high, medium, low, info, never"},
        {"[audit]\nprobe_depth = browser\n" LOGIN INSTANCE, ":2: ", "handshake, versions, full"},
        {"[audit]\nusage = true\n" LOGIN INSTANCE, ":2: ", "yes or no"},
        {"[audit]\ndeny = 10.0.0.1/8\n" LOGIN INSTANCE, ":2: ", "'10.0.0.1/8' is no network"},
        {"[audit]\ntitle = a\ntitle = b\n" LOGIN INSTANCE, ":3: ", "Duplicate key"},
        {"[audit]\n[audit]\n" LOGIN INSTANCE, ":2: ", "Duplicate section"},
        {"[audit]\njust words\n" LOGIN INSTANCE, ":2: ", "key = value"},
        {"[audit]\n[Audit]\n" LOGIN INSTANCE, ":2: ", "[audit] stands in line 1 already"},
        {"[adit]\ntitle = x\n" LOGIN INSTANCE, ":1: ", "unknown section [adit]"},
        {"title = x\n[audit]\n" LOGIN INSTANCE, ":1: ", "'title' stands before the first section"},
        {LOGIN INSTANCE "[instance B]\n", ":6: ", "exactly one of server, dsn, connection"},
        {LOGIN "[instance A]\nserver = a\ndsn = b\n", ":5: ", "exactly one of server, dsn, connection"},
        {LOGIN "[instance A]\nserver = a\nlogin = other\n", ":5: ", "there is no [login other]"},
        {LOGIN "[instance A]\nserver = a\n[instance B]\nname = a\nserver = b\n",
         ":7: ", "another instance has that name"},
        {LOGIN, ": ", "nothing to audit"},
        {"[login n]\nuid = x\n" INSTANCE,
         ":2: ", "exactly one of password_file, password_command, password_env"},
        {"[login n]\nuid = x\ntrusted = yes\n" INSTANCE, ":2: ", "takes neither uid nor a password"},
        {"[login n]\nencrypt = maybe\ntrusted = yes\n" INSTANCE,
         ":2: ", "off, optional, require, verify, strict"},
        {LOGIN "[login other]\ntrusted = yes\n" INSTANCE, ":7: ", "expected login ="},
        {LOGIN INSTANCE "[history]\nfile = h.sqlite\nconnection = DSN=h\n",
         ":7: ", "file or connection, not both"},
        {LOGIN INSTANCE "[history]\nfile = Größe.sqlite\n", ":7: ", "a path of plain ASCII without ; { }"},
        {LOGIN INSTANCE "[history]\nfile = a;b\n", ":7: ", "a path of plain ASCII without ; { }"},
        {LOGIN INSTANCE "[history]\nconnection = DSN=h\nlogin = other\n",
         ":7: ", "there is no [login other]"},
        {LOGIN INSTANCE "[history]\nlogin = nightly\n", ":7: ", "expected with connection ="},
        {LOGIN INSTANCE "[history]\nkeep = 5\n",
         ":7: ", "expected one of file connection login runs keep_runs"},
        {LOGIN INSTANCE "[history]\nruns = 5000\n", ":7: ", "a whole number from 0 to 1000"},
        {LOGIN "[hosts]\nSQL07 =\n" INSTANCE, ":5: ", "expected an address or another name"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char place[100];
        struct config *config = read_text(cases[i].text);
        snprintf(place, sizeof(place), "%s%s", path, cases[i].line);
        if (config || !strstr(messages, place) || !strstr(messages, cases[i].words))
            fail_msg("case %zu: expected '%s' and '%s' in:\n%s", i, place, cases[i].words, messages);
    }
}

static void test_all_mistakes_are_told_at_once(void **state)
{
    (void)state;
    assert_null(read_text("[audit]\ntitel = x\nkeep = x\n" LOGIN INSTANCE));
    assert_non_null(strstr(messages, ":2: "));
    assert_non_null(strstr(messages, ":3: "));
}

static void test_a_file_that_is_not_there_is_told(void **state)
{
    (void)state;
    unlink(path);
    assert_null(config_read("/nonexistent/linkaudit.ini"));
}

static void test_durations(void **state)
{
    (void)state;
    assert_int_equal(duration_parse("250ms"), 250);
    assert_int_equal(duration_parse("5s"), 5000);
    assert_int_equal(duration_parse("10m"), 600000);
    assert_int_equal(duration_parse("7d"), 7LL * 86400 * 1000);
    assert_int_equal(duration_parse("5"), -1);
    assert_int_equal(duration_parse("-5s"), -1);
    assert_int_equal(duration_parse("5 s"), -1);
    assert_int_equal(duration_parse("9999999999999d"), -1);
    assert_int_equal(duration_parse(""), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_login_and_one_instance_are_enough),
        cmocka_unit_test(test_values_arrive),
        cmocka_unit_test(test_a_history_is_kept_only_where_it_is_asked_for),
        cmocka_unit_test(test_values_of_thousands_of_characters_work),
        cmocka_unit_test(test_each_mistake_names_file_line_and_what_was_expected),
        cmocka_unit_test(test_all_mistakes_are_told_at_once),
        cmocka_unit_test(test_a_file_that_is_not_there_is_told),
        cmocka_unit_test(test_durations),
    };
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
