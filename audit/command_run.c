/* linkaudit run: audits the estate and writes the report. */
#include "audit/command.h"
#include "audit/conclude.h"
#include "audit/history.h"
#include "audit/model/memory.h"
#include "audit/options.h"
#include "audit/progress.h"
#include "audit/publish.h"
#include "audit/run.h"
#include "audit/run_summary.h"
#include "audit/shell.h"
#include "audit/way_in.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOTIFY_SECONDS 60

struct arguments {
    const char *configuration, *directory, *formats;
    const char **only; /* ended by NULL */
    size_t only_count;
    bool no_link_test, verbose, quiet;
};

static bool read_arguments(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"only", required_argument, NULL, 'o'},
        {"output", required_argument, NULL, 'd'}, {"format", required_argument, NULL, 'f'},
        {"no-link-test", no_argument, NULL, 'n'}, {"verbose", no_argument, NULL, 'v'},
        {"quiet", no_argument, NULL, 'q'},        {0},
    };
    int option;
    while ((option = getopt_long(argc, argv, "c:vq", options, NULL)) != -1) {
        switch (option) {
        case 'c':
            arguments->configuration = optarg;
            break;
        case 'o':
            arguments->only[arguments->only_count++] = optarg;
            break;
        case 'd':
            arguments->directory = optarg;
            break;
        case 'f':
            arguments->formats = optarg;
            break;
        case 'n':
            arguments->no_link_test = true;
            break;
        case 'v':
            arguments->verbose = true;
            break;
        case 'q':
            arguments->quiet = true;
            break;
        default:
            return false;
        }
    }
    return optind == argc && !(arguments->quiet && arguments->verbose);
}

static bool findings_at(const struct audit *audit, enum severity fail_on)
{
    list_each (struct finding, finding, &audit->findings)
        if (finding->waived != TERNARY_TRUE && finding->severity <= fail_on)
            return true;
    return false;
}

/* Whatever the command does, the report stands: its failure is a message and no other exit code. */
static void notify(const char *command, const struct publication *publication, int status)
{
    char text[16];
    snprintf(text, sizeof(text), "%d", status);
    setenv("LINKAUDIT_EXIT", text, 1);
    setenv("LINKAUDIT_XML", publication->xml, 1);
    setenv("LINKAUDIT_HTML", publication->html ? publication->html : "", 1);
    enum shell_end end = shell_run(command, NOTIFY_SECONDS, NULL, 0, NULL);
    if (end != SHELL_OK)
        fprintf(stderr, "linkaudit: notify_command %s\n",
                end == SHELL_LATE ? "took too long and was killed" : "failed");
}

static int audit_and_publish(const struct config *config, const struct arguments *arguments,
                             const char *directory, const char *formats)
{
    const struct run_options options = {.config = config,
                                        .only = arguments->only_count ? arguments->only : NULL,
                                        .former_directory = directory,
                                        .link_tests = !arguments->no_link_test,
                                        .verbose = arguments->verbose,
                                        .quiet = arguments->quiet};
    struct arena *arena = arena_new();
    const struct policy *policy = load_policy(arena, config);
    struct former *former = NULL;
    struct former_runs runs = {.problem = NULL};
    struct audit *audit;
    int status = EXIT_NOTHING;
    if (policy)
        runs = history_read(config, arena);
    if (policy && run_audit(&options, arena, &audit, &former)) {
        history_tell(&runs, arena, audit);
        conclude(arena, audit, policy, former_audit(former));
        struct publication publication = publish(config, directory, formats, arena, audit);
        if (publication.xml) {
            status = audit->complete != TERNARY_TRUE || !publication.whole ? EXIT_INCOMPLETE
                     : findings_at(audit, config->fail_on)                 ? EXIT_FINDINGS
                                                                           : EXIT_COMPLETE;
            if (!arguments->quiet)
                run_summary_print(stdout, audit, former_audit(former), &publication, status,
                                  terminal_has_colour(STDOUT_FILENO));
            history_store(config, &runs, publication.xml);
            if (config->notify_command)
                notify(config->notify_command, &publication, status);
        }
    }
    former_free(former);
    arena_free(arena);
    if (!arguments->quiet && status != EXIT_NOTHING)
        end_output(status); /* who cannot be told of the report still has it: the exit code is the report's */
    return status;
}

/* A name that nothing has would be a run that audits nothing and says that all is well. */
static bool scope_known(const struct config *config, const char *const *only)
{
    for (; *only; only++) {
        bool known = false;
        list_each (struct instance_config, instance, &config->instances)
            known = known || instance_selected(instance, (const char *const[]){*only, NULL});
        if (!known) {
            fprintf(stderr, "linkaudit: --only %s: no instance of %s has that name or tag\n", *only,
                    config->file);
            return false;
        }
    }
    return true;
}

int command_run(int argc, char **argv)
{
    struct arguments arguments = {.only = memory_new((size_t)argc + 1, sizeof(char *))};
    int status = EXIT_NOTHING;
    if (!read_arguments(argc, argv, &arguments)) {
        free(arguments.only);
        return usage_error("run", "arguments expected as in --help; -v or -q, not both");
    }
    struct config *config = read_configuration(arguments.configuration);
    if (config) {
        const char *directory = arguments.directory ? arguments.directory : config->output_dir;
        const char *formats = arguments.formats ? arguments.formats : config->format;
        if (scope_known(config, arguments.only) && formats_known(formats) && directory_writable(directory) &&
            config_load_secrets(config) && way_in_check(config) && history_check(config))
            status = audit_and_publish(config, &arguments, directory, formats);
    }
    config_free(config);
    free(arguments.only);
    return status;
}
