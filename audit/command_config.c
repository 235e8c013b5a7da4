/* linkaudit config: checks the configuration and prints what would be audited; connects nowhere. */
#include "audit/command.h"
#include "audit/conclude.h"
#include "audit/history.h"
#include "audit/options.h"
#include "audit/way_in.h"

#include <getopt.h>
#include <stdio.h>

static void print_network(const char *name, const struct network_list *list)
{
    printf("%-22s %zu network%s\n", name, list->count, list->count == 1 ? "" : "s");
}

static void print_settings(const struct config *config)
{
    printf("%-22s %s\n", "configuration", config->file);
    printf("%-22s %s\n", "title", config->title);
    printf("%-22s %s\n", "output_dir", config->output_dir);
    printf("%-22s %s\n", "format", config->format);
    printf("%-22s %s\n", "fail_on",
           config->fail_on ? name_of(&severity_names, (int)config->fail_on) : "never");
    printf("%-22s %s\n", "probe_depth", name_of(&probe_depth_names, (int)config->probe_depth));
    printf("%-22s %s%s\n", "link_test", name_of(&link_test_names, (int)config->link_test),
           config->link_test_self ? ", self mappings too" : "");
    printf("%-22s %s\n", "ca_file", config->ca_file ? config->ca_file : "the system's");
    print_network("allow", &config->allow);
    print_network("deny", &config->deny);
    if (config->history.wanted)
        printf("%-22s %s\n", "history", history_text(config));
    printf("%-22s %zu\n\n", "instances", config->instances.count);
}

static void print_instance(const struct config *config, const struct instance_config *instance)
{
    char *text = way_in_text(config, instance);
    printf("%s%s%s%s\n    %s\n", instance->name, instance->tags ? "  [" : "",
           instance->tags ? instance->tags : "", instance->tags ? "]" : "", text);
}

int command_config(int argc, char **argv)
{
    const char *path = NULL;
    int option;
    while ((option = getopt(argc, argv, "+c:")) != -1) {
        if (option != 'c')
            return usage_error("config", "expected -c FILE");
        path = optarg;
    }
    if (optind < argc)
        return usage_error("config", "no argument expected, but '%s'", argv[optind]);
    struct config *config = read_configuration(path);
    if (!config)
        return EXIT_NOTHING;
    bool good = way_in_check(config) && history_check(config) && load_policy(config->arena, config);
    if (good) {
        print_settings(config);
        list_each (struct instance_config, instance, &config->instances)
            print_instance(config, instance);
    }
    config_free(config);
    return good ? end_output(EXIT_COMPLETE) : EXIT_NOTHING;
}
