/* linkaudit fix REPORT.xml [--instance NAME] [-o DIR]: the remedies, one T-SQL script for each instance. */
#include "audit/command.h"
#include "audit/options.h"
#include "audit/rules/fix.h"
#include "reports/atomic_file.h"
#include "reports/report_reader.h"
#include "reports/safe_text.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* sqlcmd and Management Studio take a file without this mark for one in the machine's code page. */
#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
/* Of an instance's name: file systems take 255 bytes, and the name that it is written under has more. */
#define NAME_MAX_BYTES 120

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

/* The name of a script's file; a script each instance, and none over another's. */
struct script_name {
    struct script_name *next;
    char *name;
};
typedef LIST_OF(struct script_name) name_list;

static bool is_taken(const name_list *names, const char *name)
{
    list_each (struct script_name, other, names)
        if (strcasecmp(other->name, name) == 0) /* Windows' file names know no case */
            return true;
    return false;
}

/* Windows keeps these for devices, whatever follows a dot. */
static bool is_device(const char *name)
{
    static const char *const devices[] = {"con", "prn", "aux", "nul", "com", "lpt"};
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        const char *end = name + 3 + (i >= 4 && isdigit((unsigned char)name[3]));
        if (strncasecmp(name, devices[i], 3) == 0 && (!*end || *end == '.'))
            return true;
    }
    return false;
}

/* What a file name should not hold becomes an underscore; names that then meet get a number. The same report
 * gives the same names, whatever is asked of it. */
static char *add_name(struct arena *arena, name_list *names, const char *instance)
{
    struct script_name *script = arena_alloc(arena, sizeof(*script));
    char *plain = arena_text_n(arena, instance, strnlen(instance, NAME_MAX_BYTES));
    for (char *at = plain; *at; at++)
        if (!isalnum((unsigned char)*at) && !strchr("-_.", *at))
            *at = '_';
    if (*plain == '.' || *plain == '-' || !*plain || is_device(plain))
        plain = arena_format(arena, "_%s", plain);
    script->name = plain;
    for (size_t number = 2; is_taken(names, script->name); number++)
        script->name = arena_format(arena, "%s-%zu", plain, number);
    list_append(names, script);
    return script->name;
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

/* A failure after the first script is no failure of all. */
static int give_up(size_t written, const char *message)
{
    int status = complain(message);
    return written ? EXIT_INCOMPLETE : status;
}

static void tell_unknown(const struct instance *instance)
{
    fputs("linkaudit fix: ", stderr);
    print_safe(stderr, instance->name);
    fputs(": no script, as its own name, which guards one, is not known\n", stderr);
}

static int write_all(const struct request *request, struct arena *arena, struct audit *audit)
{
    size_t scripts = 0, known = 0;
    name_list names = {0};
    struct fix_plan *plan = fix_plan_new(arena, audit);
    const char *error = request->directory ? prepare(arena, request->directory) : NULL;
    if (error)
        return complain(error);
    list_each (struct instance, instance, &audit->instances) {
        const char *name = add_name(arena, &names, instance->name);
        if (request->instance && strcasecmp(request->instance, instance->name) != 0)
            continue;
        known++;
        char *script = fix_script(plan, instance);
        if (!script && !instance->server_name)
            tell_unknown(instance);
        if (!script)
            continue;
        if (request->directory) {
            char *path = arena_format(arena, "%s/%s.sql", request->directory, name);
            if (!write_script(arena, path, script, &error))
                return give_up(scripts, error);
            puts(path);
        } else {
            fputs(script, stdout);
        }
        scripts++;
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
