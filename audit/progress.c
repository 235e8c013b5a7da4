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

bool terminal_has_colour(int fd)
{
    const char *terminal = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    return isatty(fd) && terminal && strcmp(terminal, "dumb") != 0 && !(no_colour && *no_colour);
}

static int terminal_width(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 10 ? size.ws_col : 80;
}

/* Bytes of the line that fit: a line that wraps could not be taken back. Letters beyond ASCII may be two
 * columns wide. */
static size_t fitting(const char *line, int columns)
{
    size_t length = 0;
    for (size_t next; line[length]; length = next) {
        bool ascii = (unsigned char)line[length] < 0x80;
        next = length + 1;
        while (!ascii && ((unsigned char)line[next] & 0xC0) == 0x80)
            next++;
        columns -= ascii ? 1 : 2;
        if (columns < 0)
            break;
    }
    return length;
}

void progress_show(const char *line)
{
    char *cut = strndup(line, fitting(line, terminal_width() - 1));
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
