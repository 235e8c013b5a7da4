#include "browser.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    PORT = 1434,
    LONGEST_INSTANCE = 1024,
    REQUEST_ALL_BROADCAST = 2,
    REQUEST_ALL = 3,
    REQUEST_ONE = 4,
    REQUEST_DAC = 15,
    RESPONSE = 5
};

enum browser_mode {
    BROWSER_NORMAL,
    BROWSER_ABSENT, /* nothing listens: ICMP port unreachable */
    BROWSER_SILENT,
    BROWSER_TRUNCATED,
    BROWSER_LYING, /* the size field is larger than what follows */
    BROWSER_GARBAGE,
    BROWSER_WITHOUT_TCP,
    BROWSER_WRONG_PORT,
    BROWSER_OTHER_ADDRESS, /* answers from another address of the host */
};

static const char *const mode_names[] = {"normal",  "absent",      "silent",     "truncated",    "lying",
                                         "garbage", "without-tcp", "wrong-port", "other-address"};

struct browser {
    struct address address;
    enum browser_mode mode;
    int fd;
};

struct browsers {
    const struct estate *estate;
    struct browser *list;
    size_t count;
};

static struct browser *browser_at(struct browsers *browsers, const struct address *address)
{
    for (size_t i = 0; i < browsers->count; i++)
        if (address_same(&browsers->list[i].address, address))
            return &browsers->list[i];
    return NULL;
}

static void add_browser(struct browsers *browsers, const struct address *address, enum browser_mode mode)
{
    if (browser_at(browsers, address))
        return;
    browsers->list = reallocate(browsers->list, (browsers->count + 1) * sizeof *browsers->list);
    browsers->list[browsers->count++] = (struct browser){*address, mode, -1};
}

static bool add_written(struct browsers *browsers, const struct entry *host, FILE *errors)
{
    struct address address;
    const char *mode = entry_value(host, "browser", "normal");
    for (size_t i = 0; i < sizeof mode_names / sizeof *mode_names; i++)
        if (strcmp(mode_names[i], mode) == 0 && address_parse(host->name, &address)) {
            add_browser(browsers, &address, (enum browser_mode)i);
            return true;
        }
    fprintf(errors,
            "estate: line %d: host ADDRESS browser=normal, absent, silent, truncated, lying, garbage, "
            "without-tcp, wrong-port or other-address\n",
            host->line);
    return false;
}

static bool collect(struct browsers *browsers, FILE *errors)
{
    const struct scenario *scenario = browsers->estate->scenario;
    const struct entry *host;
    for (size_t position = 0; (host = entry_next(scenario->root, "host", &position));)
        if (!add_written(browsers, host, errors))
            return false;
    for (size_t i = 0; i < scenario->instance_count; i++)
        if (scenario->instances[i].kind == KIND_SQLSERVER && *scenario->instances[i].instance_name)
            add_browser(browsers, &scenario->instances[i].address, BROWSER_NORMAL);
    return true;
}

static bool open_socket(struct browser *browser, int epoll_fd, uint64_t data, FILE *errors)
{
    struct socket_address address = address_socket(&browser->address, PORT);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = data};
    browser->fd = socket(address_family(&browser->address), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (browser->fd >= 0 && bind(browser->fd, (struct sockaddr *)&address.storage, address.length) == 0 &&
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, browser->fd, &event) == 0)
        return true;
    char text[INET6_ADDRSTRLEN];
    address_text(&browser->address, text);
    fprintf(errors, "estate: %s UDP %d: %m\n", text, PORT);
    return false;
}

struct browsers *browsers_open(const struct estate *estate, int epoll_fd, uint64_t tag, FILE *errors)
{
    struct browsers *browsers = allocate(sizeof *browsers);
    browsers->estate = estate;
    bool opened = collect(browsers, errors);
    for (size_t i = 0; opened && i < browsers->count; i++)
        if (browsers->list[i].mode != BROWSER_ABSENT)
            opened = open_socket(&browsers->list[i], epoll_fd, tag | i, errors);
    if (opened)
        return browsers;
    browsers_close(browsers);
    return NULL;
}

void browsers_close(struct browsers *browsers)
{
    for (size_t i = 0; i < browsers->count; i++)
        if (browsers->list[i].fd >= 0)
            close(browsers->list[i].fd);
    free(browsers->list);
    free(browsers);
}

/* --- answers --- */

/* What SQL Server registered with its Browser: the level at installation, not the patched build. */
static void describe(const struct browser *browser, const struct instance *instance, struct buffer *text)
{
    size_t start = text->length;
    buffer_format(text, "ServerName;%s;InstanceName;%s;IsClustered;%s;Version;%d.%d.%d.%d;",
                  instance->machine, *instance->instance_name ? instance->instance_name : "MSSQLSERVER",
                  entry_flag(instance->entry, "clustered", false) ? "Yes" : "No", instance->major,
                  instance->minor, instance->build, instance->revision);
    if (browser->mode != BROWSER_WITHOUT_TCP)
        buffer_format(text, "tcp;%u;",
                      browser->mode == BROWSER_WRONG_PORT ? instance->port + 1u : instance->port);
    if (browser->mode == BROWSER_WITHOUT_TCP)
        buffer_format(text, "np;\\\\%s\\pipe\\MSSQL$%s\\sql\\query;", instance->machine,
                      instance->instance_name);
    buffer_text(text, ";");
    if (text->length - start > LONGEST_INSTANCE)
        text->length = start;
}

static bool is_wanted(const struct browser *browser, const struct instance *instance, const char *name)
{
    const char *own = *instance->instance_name ? instance->instance_name : "MSSQLSERVER";
    return instance->kind == KIND_SQLSERVER && address_same(&instance->address, &browser->address) &&
           !entry_flag(instance->entry, "hidden", false) && (!name || same_text(own, name));
}

static void describe_all(const struct browsers *browsers, const struct browser *browser, const char *name,
                         struct buffer *text)
{
    const struct scenario *scenario = browsers->estate->scenario;
    for (size_t i = 0; i < scenario->instance_count; i++) {
        struct instance *instance = &scenario->instances[i];
        if (address_same(&instance->address, &browser->address))
            statistics_count(instance->statistics, COUNT_BROWSER_REQUESTS);
        if (is_wanted(browser, instance, name))
            describe(browser, instance, text);
    }
}

/* An address beside the browser's own, as clustered hosts have it. */
static int socket_beside(const struct browser *browser)
{
    struct address beside = address_after(browser->address, 128);
    struct socket_address address = address_socket(&beside, PORT);
    int fd = socket(address_family(&browser->address), SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        bind(fd, (struct sockaddr *)&address.storage, address.length);
    return fd;
}

static void send_answer(const struct browser *browser, const struct buffer *text,
                        const struct socket_address *to)
{
    struct buffer answer = {0};
    buffer_u8(&answer, RESPONSE);
    buffer_u16(&answer, (uint16_t)(browser->mode == BROWSER_LYING ? text->length + 700 : text->length));
    buffer_bytes(&answer, text->data, text->length);
    if (browser->mode == BROWSER_TRUNCATED)
        answer.length /= 2;
    for (size_t i = 0; browser->mode == BROWSER_GARBAGE && i < answer.length; i++)
        answer.data[i] = (unsigned char)(answer.data[i] * 37u + i);
    int fd = browser->mode == BROWSER_OTHER_ADDRESS ? socket_beside(browser) : browser->fd;
    sendto(fd, answer.data, answer.length, 0, (const struct sockaddr *)&to->storage, to->length);
    if (fd != browser->fd)
        close(fd);
    buffer_free(&answer);
}

/* Unknown instances and malformed requests are ignored in silence, [MC-SQLR] 3.2.5. */
static void answer_request(struct browsers *browsers, const struct browser *browser, const char *request,
                           size_t length, const struct socket_address *from)
{
    bool asks_all = length == 1 && (request[0] == REQUEST_ALL || request[0] == REQUEST_ALL_BROADCAST);
    bool asks_one = length > 2 && request[0] == REQUEST_ONE && length <= 34 && !request[length - 1];
    struct buffer text = {0};
    if (asks_all || asks_one)
        describe_all(browsers, browser, asks_one ? request + 1 : NULL, &text);
    if (text.length && browser->mode != BROWSER_SILENT)
        send_answer(browser, &text, from);
    buffer_free(&text);
}

void browsers_answer(struct browsers *browsers, size_t index)
{
    const struct browser *browser = &browsers->list[index];
    char request[64] = {0};
    struct socket_address from;
    from.length = sizeof from.storage;
    ssize_t length;
    while ((length = recvfrom(browser->fd, request, sizeof request - 1, 0, (struct sockaddr *)&from.storage,
                              &from.length)) >= 0)
        answer_request(browsers, browser, request, (size_t)length, &from);
}
