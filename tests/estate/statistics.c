#include "statistics.h"

#include "text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const char *const counter_names[COUNTERS] = {
    [COUNT_CONNECTIONS] = "connections",
    [COUNT_PRELOGINS] = "prelogins",
    [COUNT_TLS_STARTED] = "tls_started",
    [COUNT_TLS_COMPLETED] = "tls_completed",
    [COUNT_TLS_BROKEN] = "tls_broken",
    [COUNT_STRICT_REFUSED] = "strict_refused",
    [COUNT_MALFORMED] = "malformed",
    [COUNT_UNANSWERED] = "unanswered",
    [COUNT_CLOSED_BEFORE_LOGIN] = "closed_before_login",
    [COUNT_LOGINS_ACCEPTED] = "logins_accepted",
    [COUNT_LOGINS_REFUSED] = "logins_refused",
    [COUNT_STATEMENTS] = "statements",
    [COUNT_STATEMENTS_REFUSED] = "statements_refused",
    [COUNT_ATTENTIONS] = "attentions",
    [COUNT_LINK_TESTS] = "link_tests",
    [COUNT_BROWSER_REQUESTS] = "browser_requests",
    [COUNT_DATABASES_WOKEN] = "databases_woken",
    [COUNT_DATABASES_SEIZED] = "databases_seized",
};

static const char *const gauge_names[GAUGES] = {
    [GAUGE_CONNECTIONS] = "peak_connections", [GAUGE_LINK_TESTS] = "peak_link_tests"};

/* A line of text and how often it happened; few per instance, so a list is enough. */
struct event {
    char *text;
    unsigned long count;
    struct event *next;
};

struct statistics {
    pthread_mutex_t lock;
    unsigned long counters[COUNTERS];
    unsigned long current[GAUGES], peak[GAUGES];
    struct event *events;
};

struct statistics *statistics_new(void)
{
    struct statistics *statistics = allocate(sizeof *statistics);
    pthread_mutex_init(&statistics->lock, NULL);
    return statistics;
}

void statistics_free(struct statistics *statistics)
{
    while (statistics->events) {
        struct event *event = statistics->events;
        statistics->events = event->next;
        free(event->text);
        free(event);
    }
    pthread_mutex_destroy(&statistics->lock);
    free(statistics);
}

void statistics_count(struct statistics *statistics, enum counter counter)
{
    pthread_mutex_lock(&statistics->lock);
    statistics->counters[counter]++;
    pthread_mutex_unlock(&statistics->lock);
}

void statistics_begin(struct statistics *statistics, enum gauge gauge)
{
    pthread_mutex_lock(&statistics->lock);
    if (++statistics->current[gauge] > statistics->peak[gauge])
        statistics->peak[gauge] = statistics->current[gauge];
    pthread_mutex_unlock(&statistics->lock);
}

void statistics_end(struct statistics *statistics, enum gauge gauge)
{
    pthread_mutex_lock(&statistics->lock);
    statistics->current[gauge]--;
    pthread_mutex_unlock(&statistics->lock);
}

/* Takes the text. */
static void count_event(struct statistics *statistics, char *text)
{
    pthread_mutex_lock(&statistics->lock);
    struct event **place = &statistics->events;
    while (*place && strcmp((*place)->text, text) != 0)
        place = &(*place)->next;
    if (!*place) {
        *place = allocate(sizeof **place);
        (*place)->text = text;
        text = NULL;
    }
    (*place)->count++;
    pthread_mutex_unlock(&statistics->lock);
    free(text);
}

/* Names come from the network: keep each event on its line and its words apart. */
static char *quoted(const char *text)
{
    struct buffer result = {0};
    buffer_u8(&result, '"');
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte < ' ' || byte == '"' || byte == '\\' || byte == 0x7F)
            buffer_format(&result, "\\x%02X", byte);
        else
            buffer_u8(&result, byte);
    }
    buffer_u8(&result, '"');
    buffer_u8(&result, 0);
    return (char *)result.data;
}

void statistics_login(struct statistics *statistics, const char *user, const char *password, const char *by,
                      bool accepted)
{
    statistics_count(statistics, accepted ? COUNT_LOGINS_ACCEPTED : COUNT_LOGINS_REFUSED);
    char *quoted_user = quoted(user), *quoted_password = quoted(password), *quoted_by = quoted(by);
    count_event(statistics, format_text("login user=%s password=%s by=%s %s", quoted_user, quoted_password,
                                        quoted_by, accepted ? "accepted" : "refused"));
    free(quoted_user);
    free(quoted_password);
    free(quoted_by);
}

unsigned long statistics_accepted(struct statistics *statistics, const char *user)
{
    static const char accepted[] = " accepted";
    unsigned long count = 0;
    char *quoted_user = quoted(user), *beginning = format_text("login user=%s ", quoted_user);
    pthread_mutex_lock(&statistics->lock);
    for (const struct event *event = statistics->events; event; event = event->next) {
        size_t length = strlen(event->text);
        if (strncmp(event->text, beginning, strlen(beginning)) == 0 && length >= sizeof accepted &&
            strcmp(event->text + length - (sizeof accepted - 1), accepted) == 0)
            count += event->count;
    }
    pthread_mutex_unlock(&statistics->lock);
    free(beginning);
    free(quoted_user);
    return count;
}

void statistics_link_test(struct statistics *statistics, const char *link)
{
    statistics_count(statistics, COUNT_LINK_TESTS);
    char *name = quoted(link);
    count_event(statistics, format_text("link_test link=%s", name));
    free(name);
}

void statistics_write(struct statistics *statistics, const char *name, FILE *file)
{
    pthread_mutex_lock(&statistics->lock);
    fprintf(file, "[%s]\n", name);
    for (int i = 0; i < COUNTERS; i++)
        fprintf(file, "%s %lu\n", counter_names[i], statistics->counters[i]);
    for (int i = 0; i < GAUGES; i++)
        fprintf(file, "%s %lu\n", gauge_names[i], statistics->peak[i]);
    fprintf(file, "severity_20 %lu\n",
            statistics->counters[COUNT_TLS_BROKEN] + statistics->counters[COUNT_STRICT_REFUSED] +
                statistics->counters[COUNT_MALFORMED] + statistics->counters[COUNT_UNANSWERED]);
    for (const struct event *event = statistics->events; event; event = event->next)
        fprintf(file, "%s count=%lu\n", event->text, event->count);
    fputc('\n', file);
    pthread_mutex_unlock(&statistics->lock);
}
