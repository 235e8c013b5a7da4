#include "audit/options.h"
#include "audit/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct config *read_configuration(const char *path)
{
    return config_read(path ? path : config_default_path());
}

int end_output(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "linkaudit: standard output: %s\n", strerror(errno));
    return EXIT_NOTHING;
}

int usage_error(const char *command, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "linkaudit %s: ", command);
    vfprintf(stderr, format, arguments);
    fputs("\nlinkaudit --help lists what there is\n", stderr);
    va_end(arguments);
    return EXIT_NOTHING;
}
