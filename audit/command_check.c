/* linkaudit check: the network half of the checklist for targets that have no linked server yet. */
#include "audit/command.h"
#include "audit/diagnosis/diagnosis.h"
#include "audit/model/memory.h"
#include "audit/options.h"
#include "audit/progress.h"
#include "audit/run.h"
#include "audit/signals.h"
#include "reports/report_file.h"
#include "reports/safe_text.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TARGETS_MAXIMUM 100000
#define LINE_MAXIMUM 4096

struct checks {
    char **targets; /* malloc'ed, as typed: read, each takes 2 KB */
    size_t count;
    bool bad; /* a target that is none was named */
};

/* ---- which targets ------------------------------------------------------------------------------------ */

static void keep_target(struct checks *checks, const char *text)
{
    checks->targets = memory_resize(checks->targets, checks->count + 1, sizeof(*checks->targets));
    checks->targets[checks->count++] = memory_text(text);
}

static void add_target(struct checks *checks, const char *text, const char *place)
{
    struct target target;
    if (checks->count < TARGETS_MAXIMUM && target_from_text(text, &target)) {
        keep_target(checks, text);
        return;
    }
    fprintf(stderr, "linkaudit check: %s", place);
    print_safe(stderr, text); /* lists come from elsewhere, too */
    fprintf(stderr, ": %s\n", checks->count < TARGETS_MAXIMUM ? target.reason : "more than 100,000 targets");
    checks->bad = true;
}

static void file_error(struct checks *checks, const char *path)
{
    fprintf(stderr, "linkaudit check: %s: %s\n", path, strerror(errno));
    checks->bad = true;
}

/* What Windows' editors put in front of a file in UTF-8. */
static char *without_mark(char *line)
{
    return strncmp(line, "\xEF\xBB\xBF", 3) == 0 ? line + 3 : line;
}

/* A target a line; empty lines and lines that begin with # are passed over. */
static void add_file(struct checks *checks, const char *path)
{
    char line[LINE_MAXIMUM], place[LINE_MAXIMUM];
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!file) {
        file_error(checks, path);
        return;
    }
    for (unsigned number = 1; fgets(line, sizeof(line), file); number++) {
        char *text = number == 1 ? without_mark(line) : line;
        text += strspn(text, " \t");
        size_t length = strlen(text);
        while (length > 0 && strchr(" \t\r\n", text[length - 1]))
            text[--length] = '\0';
        snprintf(place, sizeof(place), "%.200s:%u: ", strcmp(path, "-") == 0 ? "standard input" : path,
                 number);
        if (length > 0 && *text != '#')
            add_target(checks, text, place);
    }
    if (ferror(file))
        file_error(checks, path);
    if (file != stdin)
        fclose(file);
}

/* ---- what came of them -------------------------------------------------------------------------------- */

struct colours {
    const char *good, *bad, *faint, *none;
};

static const struct colours *colours(void)
{
    static const struct colours on = {"\033[32m", "\033[1;31m", "\033[2m", "\033[0m"}, off = {"", "", "", ""};
    return terminal_has_colour(STDOUT_FILENO) ? &on : &off;
}

static enum tls_version newest_tls(const struct endpoint *endpoint)
{
    enum tls_version newest = 0;
    list_each (struct tls, tls, &endpoint->tls)
        if (tls->outcome == TLS_ACCEPTED && tls->protocol > newest)
            newest = tls->protocol;
    if (endpoint->strict && endpoint->strict->outcome == STRICT_YES && endpoint->strict->protocol > newest)
        newest = endpoint->strict->protocol;
    return newest;
}

static bool speaks_tls_kind(enum endpoint_kind kind)
{
    return kind == ENDPOINT_SQLSERVER || kind == ENDPOINT_TLS;
}

static bool is_good(const struct endpoint *endpoint)
{
    return endpoint->reachable == TERNARY_TRUE &&
           (!speaks_tls_kind(endpoint->kind) || newest_tls(endpoint) >= TLS_1_2);
}

static void print_tls_versions(const struct endpoint *endpoint)
{
    bool any = false;
    list_each (struct tls, tls, &endpoint->tls)
        if (tls->outcome == TLS_ACCEPTED) {
            printf("%s%s", any ? " " : ", ", name_of(&tls_version_names, (int)tls->protocol));
            any = true;
        }
    if (endpoint->strict && endpoint->strict->outcome == STRICT_YES)
        printf("%sTDS 8.0", any ? " " : ", ");
}

static void print_certificate(const struct endpoint *endpoint)
{
    const struct certificate *certificate = endpoint->certificates.first;
    char until[32] = "?";
    if (!certificate)
        return;
    time_t when = (time_t)certificate->not_after.value;
    struct tm parts;
    if (certificate->not_after.known && gmtime_r(&when, &parts))
        strftime(until, sizeof(until), "%Y-%m-%d", &parts);
    printf(", certificate until %s%s%s", until, certificate->trusted == TERNARY_FALSE ? ", not trusted" : "",
           certificate->name_match == TERNARY_FALSE ? ", another name" : "");
}

/* As a data source for a SQL Server, as a URL for everything else. */
static const char *target_text(const struct endpoint *endpoint, char *text, size_t size)
{
    if (endpoint->kind != ENDPOINT_SQLSERVER)
        return endpoint->key;
    if (endpoint->port.known)
        snprintf(text, size, "%s,%lld", endpoint->host, (long long)endpoint->port.value);
    else
        snprintf(text, size, "%s\\%s", endpoint->host, endpoint->instance ? endpoint->instance : "");
    return text;
}

static void print_padded(const char *text, int width)
{
    print_safe(stdout, text);
    printf("%*s ", width > (int)strlen(text) ? width - (int)strlen(text) : 0, "");
}

static void print_line(const struct endpoint *endpoint, const struct colours *colour)
{
    char text[HOST_NAME_SIZE + DATA_SOURCE_INSTANCE_SIZE + 8];
    bool good = is_good(endpoint);
    const struct diagnosis *diagnosis = endpoint->diagnosis;
    const char *cause = diagnosis ? name_of(&cause_names, (int)diagnosis->cause) : "not probed";
    printf("%s%-4s%s ", good ? colour->good : colour->bad, good ? "ok" : "FAIL", colour->none);
    print_padded(target_text(endpoint, text, sizeof(text)), 30);
    fputs(cause, stdout);
    list_each (struct connection, connection, &endpoint->connects)
        if (connection->outcome == CONNECT_OK) {
            printf(", %s port %lld", connection->ip, (long long)connection->port.value);
            break;
        }
    if (endpoint->prelogin && endpoint->prelogin->server_version) {
        fputs(", version ", stdout);
        print_safe(stdout, endpoint->prelogin->server_version);
    }
    print_tls_versions(endpoint);
    print_certificate(endpoint);
    putchar('\n');
}

static void print_part(const char *label, const char *text)
{
    printf("     %s", label);
    print_safe(stdout, text ? text : "");
    putchar('\n');
}

static void print_steps(const struct endpoint *endpoint, bool all)
{
    char label[64];
    const struct diagnosis *diagnosis = endpoint->diagnosis;
    if (!diagnosis || (is_good(endpoint) && !all))
        return;
    list_each (struct step, step, &diagnosis->steps) {
        if (!all && step->result != RESULT_FAIL && step->result != RESULT_WARN)
            continue;
        snprintf(label, sizeof(label), "%-10s %-14s ", name_of(&step_names, (int)step->name),
                 name_of(&step_result_names, (int)step->result));
        print_part(label, step->evidence);
    }
    if (!is_good(endpoint) && diagnosis->text)
        print_part("", diagnosis->text);
    if (!is_good(endpoint) && diagnosis->action)
        print_part("next: ", diagnosis->action);
}

/* The suites of each accepted version, in the order of the server's choice. */
static void print_ciphers(const struct endpoint *endpoint)
{
    list_each (struct tls, tls, &endpoint->tls) {
        if (tls->outcome != TLS_ACCEPTED || !tls->ciphers.first)
            continue;
        printf("     %s, %zu cipher suites, %s:\n", name_of(&tls_version_names, (int)tls->protocol),
               tls->ciphers.count,
               tls->server_preference == TERNARY_TRUE    ? "the server chooses"
               : tls->server_preference == TERNARY_FALSE ? "the client chooses"
                                                         : "who chooses is not known");
        list_each (struct cipher, cipher, &tls->ciphers) {
            printf("       %-34s %s\n", cipher->name, cipher->key_exchange ? cipher->key_exchange : "");
        }
        if (tls->groups)
            printf("       key-exchange groups: %s\n", tls->groups);
    }
}

/* The verdict first: a person reads the last lines of a terminal first, and a log from the top. */
static bool print_table(const struct audit *audit, bool verbose)
{
    const struct colours *colour = colours();
    size_t good = 0, count = 0;
    list_each (struct endpoint, endpoint, &audit->endpoints)
        good += is_good(endpoint), count++;
    printf("%s%zu of %zu targets can be reached with TLS 1.2 or newer%s\n\n",
           good == count ? colour->good : colour->bad, good, count, colour->none);
    list_each (struct endpoint, endpoint, &audit->endpoints) {
        print_line(endpoint, colour);
        print_steps(endpoint, verbose);
        print_ciphers(endpoint);
    }
    return good == count;
}

/* ---- the command -------------------------------------------------------------------------------------- */

struct arguments {
    const char *configuration;
    bool xml, verbose, ciphers;
};

static bool read_arguments(int argc, char **argv, struct arguments *arguments, struct checks *checks)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"file", required_argument, NULL, 'f'},
        {"xml", no_argument, NULL, 'x'},          {"ciphers", no_argument, NULL, 'C'},
        {"verbose", no_argument, NULL, 'v'},      {0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "c:f:v", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            arguments->configuration = optarg;
            break;
        case 'f':
            add_file(checks, optarg);
            break;
        case 'x':
            arguments->xml = true;
            break;
        case 'C':
            arguments->ciphers = true;
            break;
        case 'v':
            arguments->verbose = true;
            break;
        default:
            return false;
        }
    }
    for (; optind < argc; optind++) {
        if (strcmp(argv[optind], "-") == 0)
            add_file(checks, "-");
        else
            add_target(checks, argv[optind], "");
    }
    return true;
}

static int check(struct config *config, const struct arguments *arguments, const struct checks *checks)
{
    struct run_options options = {
        .config = config, .targets = (const char *const *)checks->targets, .target_count = checks->count};
    struct arena *arena = arena_new();
    struct audit *audit;
    int status = EXIT_NOTHING;
    config->probe_depth = arguments->ciphers ? DEPTH_FULL : DEPTH_VERSIONS;
    if (run_audit(&options, arena, &audit, NULL)) {
        signals_release(); /* nothing of what is left is worth waiting for */
        list_each (struct endpoint, endpoint, &audit->endpoints)
            diagnose_endpoint(arena, endpoint);
        bool good = true;
        list_each (struct endpoint, endpoint, &audit->endpoints)
            good = good && is_good(endpoint);
        status = good ? EXIT_COMPLETE : EXIT_FINDINGS;
        if (arguments->xml)
            status = report_print(stdout, audit) ? status : EXIT_NOTHING;
        else
            print_table(audit, arguments->verbose);
    }
    arena_free(arena);
    return status == EXIT_NOTHING ? status : end_output(status);
}

int command_check(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct checks checks = {0};
    int status = EXIT_NOTHING;
    if (!read_arguments(argc, argv, &arguments, &checks))
        status = usage_error("check", "arguments expected as in --help");
    else if (!checks.bad && checks.count == 0)
        status = usage_error("check", "expected targets: a SQL Server data source or kind://host:port each");
    else if (!checks.bad) {
        struct config *config =
            arguments.configuration ? config_read(arguments.configuration) : config_defaults();
        if (config)
            status = check(config, &arguments, &checks);
        config_free(config);
    }
    for (size_t i = 0; i < checks.count; i++)
        free(checks.targets[i]);
    free(checks.targets);
    return status;
}
