/* linkaudit fix REPORT.xml [--instance NAME] [-o DIR]: the remedies, one T-SQL script for each instance. */
#include "audit/command.h"
#include "audit/options.h"
#include "audit/rules/fix.h"
#include "reports/atomic_file.h"
#include "reports/report_reader.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* sqlcmd and Management Studio take a file without this mark for one in the machine's code page. */
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

struct request {
    const char *report, *instance, *directory;
};

static bool read_request(int argc, char **argv, struct request *request)
{
    static const struct option options[] = {
        {"output", required_argument, NULL, 'o'}, {"instance", required_argument, NULL, 'i'}, {0}};
    optind = 1;
    for (int option; (option = getopt_long(argc, argv, "o:i:", options, NULL)) != -1;) {
        if (option == 'o')
            request->directory = optarg;
        else if (option == 'i')
            request->instance = optarg;
        else
            return false;
    }
    request->report = optind < argc ? argv[optind] : NULL;
    return request->report && optind + 1 == argc;
}

/* DIR/NAME.sql; what a file name should not hold becomes an underscore, and names that then meet get a
 * number. */
static char *script_path(struct arena *arena, const struct audit *audit, const char *directory,
                         const struct instance *instance)
{
    char *name = arena_text(arena, instance->name);
    size_t number = 1;
    for (char *at = name; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("-_.", *at))
            *at = '_';
    if (*name == '.')
        *name = '_';
    list_each (struct instance, other, &audit->instances) {
        if (other == instance)
            break;
        size_t i = 0;
        while (other->name[i] && (tolower((unsigned char)other->name[i]) == tolower((unsigned char)name[i]) ||
                                  (name[i] == '_' && !isalnum((unsigned char)other->name[i]))))
            i++;
        number += !other->name[i] && !name[i];
    }
    return number == 1 ? arena_format(arena, "%s/%s.sql", directory, name)
                       : arena_format(arena, "%s/%s-%zu.sql", directory, name, number);
}

static bool write_script(struct arena *arena, const char *path, const char *script, const char **error)
{
    struct atomic_file file;
    if (!atomic_file_open(&file, path, arena, error))
        return false;
    fputs(BYTE_ORDER_MARK, file.stream);
    fputs(script, file.stream);
    return atomic_file_close(&file, true, arena, error);
}

static int complain(const char *message)
{
    fprintf(stderr, "linkaudit fix: %s\n", message);
    return EXIT_NOTHING;
}

/* The directory is made where it is not there yet. */
static const char *prepare(struct arena *arena, const char *directory)
{
    if (mkdir(directory, 0750) == 0 || errno == EEXIST)
        return NULL;
    return arena_format(arena, "%s: %s", directory, strerror(errno));
}

static int write_all(const struct request *request, struct arena *arena, struct audit *audit)
{
    size_t scripts = 0, known = 0;
    const char *error = request->directory ? prepare(arena, request->directory) : NULL;
    if (error)
        return complain(error);
    list_each (struct instance, instance, &audit->instances) {
        if (request->instance && strcasecmp(request->instance, instance->name) != 0)
            continue;
        known++;
        char *script = fix_script(arena, audit, instance);
        if (!script)
            continue;
        scripts++;
        if (!request->directory) {
            fputs(script, stdout);
            continue;
        }
        char *path = script_path(arena, audit, request->directory, instance);
        if (!write_script(arena, path, script, &error))
            return complain(error);
        puts(path);
    }
    if (request->instance && !known)
        return complain(arena_format(arena, "the report has no instance named %s", request->instance));
    if (!scripts)
        fprintf(stderr, "linkaudit fix: there is nothing to do\n");
    return end_output(EXIT_COMPLETE);
}

int command_fix(int argc, char **argv)
{
    struct request request = {0};
    if (!read_request(argc, argv, &request))
        return usage_error("fix", "one report expected: REPORT.xml [--instance NAME] [-o DIR]");
    struct arena *arena = arena_new();
    const char *error = NULL;
    struct audit *audit = report_read_all(arena, request.report, &error);
    int status = audit ? write_all(&request, arena, audit) : complain(error);
    arena_free(arena);
    return status;
}
