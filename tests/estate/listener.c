#include "listener.h"

#include "browser.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 512, MOST_THREADS = 4000, STACK = 512 * 1024, EVENTS = 64, FILLERS = 3 };

static const uint64_t TAG_BROWSER = 1ull << 40, TAG_SIGNAL = 1ull << 41, TAG_STOP = 1ull << 42;

/* The connections that are being played; the last thread wakes whoever waits for the end. */
struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned count;
};

struct connection {
    const struct estate *estate;
    struct instance *instance;
    struct crowd *crowd;
    int fd;
};

/* An accept queue of one that nobody empties, filled by connections of our own: the kernel then drops every
 * SYN, which is what a firewall that drops looks like. */
static void fill_queue(const struct instance *instance)
{
    struct socket_address address = address_socket(&instance->address, instance->port);
    for (int i = 0; i < FILLERS; i++) {
        int fd = socket(address_family(&instance->address), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd >= 0)
            connect(fd, (struct sockaddr *)&address.storage, address.length);
        /* left open until the program ends */
    }
}

static bool listen_at(struct instance *instance, int epoll_fd, uint64_t index, FILE *errors)
{
    struct socket_address address = address_socket(&instance->address, instance->port);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = index};
    bool is_filled = instance->behaviour == BEHAVE_FULL;
    int on = 1;
    if (instance->behaviour == BEHAVE_REFUSE)
        return true;
    instance->listener =
        socket(address_family(&instance->address), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(instance->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(instance->listener, (struct sockaddr *)&address.storage, address.length) != 0 ||
        listen(instance->listener, is_filled ? 0 : BACKLOG) != 0 ||
        (!is_filled && epoll_ctl(epoll_fd, EPOLL_CTL_ADD, instance->listener, &event) != 0)) {
        char text[INET6_ADDRSTRLEN];
        address_text(&instance->address, text);
        fprintf(errors, "estate: %s: %s port %u: %m\n", instance->name, text, instance->port);
        return false;
    }
    if (is_filled)
        fill_queue(instance);
    return true;
}

static void *play(void *argument)
{
    struct connection connection = *(struct connection *)argument;
    free(argument);
    session_run(connection.estate, connection.instance, connection.fd);
    pthread_mutex_lock(&connection.crowd->lock);
    connection.crowd->count--;
    pthread_cond_broadcast(&connection.crowd->changed);
    pthread_mutex_unlock(&connection.crowd->lock);
    return NULL;
}

static bool is_full(struct crowd *crowd)
{
    pthread_mutex_lock(&crowd->lock);
    bool full = crowd->count >= MOST_THREADS;
    pthread_mutex_unlock(&crowd->lock);
    return full;
}

static void start_thread(const struct estate *estate, struct instance *instance, struct crowd *crowd, int fd)
{
    struct connection *connection = allocate(sizeof *connection);
    pthread_attr_t attributes;
    pthread_t thread;
    *connection = (struct connection){estate, instance, crowd, fd};
    pthread_mutex_lock(&crowd->lock);
    crowd->count++;
    pthread_mutex_unlock(&crowd->lock);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    if (pthread_create(&thread, &attributes, play, connection) != 0) {
        close(fd);
        free(connection);
        pthread_mutex_lock(&crowd->lock);
        crowd->count--;
        pthread_mutex_unlock(&crowd->lock);
    }
    pthread_attr_destroy(&attributes);
}

static void accept_all(const struct estate *estate, struct instance *instance, struct crowd *crowd)
{
    int fd;
    /* Full: the queue keeps the connection until a thread has ended; signals must not wait for that. */
    if (is_full(crowd))
        usleep(1000);
    while (!is_full(crowd) &&
           (fd = accept4(instance->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
        start_thread(estate, instance, crowd, fd);
}

static void serve(const struct service *service, struct browsers *browsers, struct crowd *crowd, int epoll_fd)
{
    struct epoll_event events[EVENTS];
    struct estate *estate = service->estate;
    for (bool stopping = false; !stopping;) {
        int count = epoll_wait(epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            uint64_t data = events[i].data.u64;
            if (data & TAG_STOP)
                stopping = true;
            else if (data & TAG_SIGNAL)
                service->on_signal(service->context);
            else if (data & TAG_BROWSER)
                browsers_answer(browsers, (size_t)(data & ~TAG_BROWSER));
            else
                accept_all(estate, &estate->scenario->instances[data], crowd);
        }
    }
}

static void close_all(struct scenario *scenario, struct crowd *crowd)
{
    pthread_mutex_lock(&crowd->lock);
    while (crowd->count)
        pthread_cond_wait(&crowd->changed, &crowd->lock);
    pthread_mutex_unlock(&crowd->lock);
    for (size_t i = 0; i < scenario->instance_count; i++)
        if (scenario->instances[i].listener >= 0)
            close(scenario->instances[i].listener);
}

static bool watch(int epoll_fd, int fd, uint64_t tag)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = tag};
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool listener_serve(const struct service *service, FILE *errors)
{
    struct scenario *scenario = service->estate->scenario;
    struct crowd crowd = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0};
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    bool listening = watch(epoll_fd, service->estate->stop_fd, TAG_STOP) &&
                     watch(epoll_fd, service->signal_fd, TAG_SIGNAL);
    for (size_t i = 0; listening && i < scenario->instance_count; i++)
        listening = listen_at(&scenario->instances[i], epoll_fd, i, errors);
    struct browsers *browsers =
        listening ? browsers_open(service->estate, epoll_fd, TAG_BROWSER, errors) : NULL;
    if (browsers) {
        service->ready(service->context);
        serve(service, browsers, &crowd, epoll_fd);
    }
    close_all(scenario, &crowd);
    if (browsers)
        browsers_close(browsers);
    close(epoll_fd);
    return browsers;
}
