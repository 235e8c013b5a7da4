/* What all conversations of a prober share: the event loop, the clock, and the gate that decides when a new
 * socket may be opened. It knows no protocol. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct engine_limits {
    unsigned concurrency; /* sockets at a time */
    unsigned per_host;    /* TCP connections at a time to one address */
    unsigned rate;        /* new sockets a second; 0: as many as there are */
};

struct host;

/* A place in the queue for a socket: part of what waits. */
struct turn {
    struct turn *next, *previous;
    struct host *host;
    bool waiting, taken;
    void (*start)(struct turn *turn); /* called once, from the loop: the socket may be opened now */
};

struct engine {
    uv_loop_t loop;
    struct engine_limits limits;
    uv_timer_t refill;
    uv_prepare_t pump;
    bool wanted; /* something may have become possible: look before the loop sleeps */
    double tokens;
    uint64_t tokens_at; /* microseconds */
    unsigned active, waiting;
    uint64_t random;
    struct host **hosts; /* hash table */
    struct host **ready; /* hosts with somebody waiting and room for him, in no order */
    size_t ready_count, ready_size;
};

void engine_open(struct engine *engine, const struct engine_limits *limits);

/* Closes what the engine itself keeps, and the loop, in which nothing may be left. */
void engine_close(struct engine *engine);

/* A fresh clock, in microseconds; the loop's own is only as fresh as its last wake-up. */
uint64_t clock_us(void);

/* Milliseconds since `start`, rounded to the nearest. */
int64_t clock_ms_since(uint64_t start);

/* Waits for a place for a socket to that host (its numeric address; NULL: counted in total only). Hosts take
 * turns in random order, so that no host sees a burst; of one host's, who came first is first. */
void turn_wait(struct engine *engine, struct turn *turn, const char *host);

/* Gives the place back, or leaves the queue. Harmless when neither is held. */
void turn_leave(struct engine *engine, struct turn *turn);
