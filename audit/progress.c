#include "audit/progress.h"
#include "reports/safe_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool progress_possible(void)
{
    const char *terminal = getenv("TERM");
    return isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

static int terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 10 ? size.ws_col : 80;
}

void progress_show(const char *line)
{
    char *cut = strndup(line, (size_t)terminal_width() - 1);
    if (!cut)
        return;
    fputs("\r\033[K", stderr);
    print_safe(stderr, cut); /* names come from servers */
    fflush(stderr);
    free(cut);
}

void progress_clear(void)
{
    fputs("\r\033[K", stderr);
    fflush(stderr);
}
