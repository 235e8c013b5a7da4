#include "audit/prober/engine.h"
#include "audit/model/hash.h"
#include "audit/model/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { HOST_BUCKETS = 4096, NOT_READY = -1 };

struct host {
    struct host *next; /* in its bucket */
    struct turn *first, *last;
    unsigned active, limit;
    ptrdiff_t ready; /* its place among the ready, or NOT_READY */
    size_t bucket;
    char name[64];
};

uint64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

int64_t clock_ms_since(uint64_t start)
{
    return (int64_t)(clock_us() - start + 500) / 1000;
}

/* A number below the limit, by xorshift64*: order needs no secrecy. */
static uint32_t random_below(struct engine *engine, uint32_t below)
{
    engine->random ^= engine->random >> 12;
    engine->random ^= engine->random << 25;
    engine->random ^= engine->random >> 27;
    return (uint32_t)((engine->random * 0x2545f4914f6cdd1dULL) >> 32) % below;
}

/* ---- hosts --------------------------------------------------------------------------------------------- */

static struct host *host_get(struct engine *engine, const char *name)
{
    size_t bucket = hash_text(name) % HOST_BUCKETS;
    for (struct host *host = engine->hosts[bucket]; host; host = host->next)
        if (strcmp(host->name, name ? name : "") == 0)
            return host;
    struct host *host = memory_new(1, sizeof(*host));
    snprintf(host->name, sizeof(host->name), "%s", name ? name : "");
    host->limit = name ? engine->limits.per_host : engine->limits.concurrency;
    host->ready = NOT_READY;
    host->bucket = bucket;
    host->next = engine->hosts[bucket];
    engine->hosts[bucket] = host;
    return host;
}

static void host_unready(struct engine *engine, struct host *host)
{
    struct host *last = engine->ready[--engine->ready_count];
    engine->ready[host->ready] = last;
    last->ready = host->ready;
    host->ready = NOT_READY;
}

static void host_make_ready(struct engine *engine, struct host *host)
{
    if (engine->ready_count == engine->ready_size) {
        size_t size = engine->ready_size * 2 + 64;
        struct host **larger = memory_new(size, sizeof(struct host *));
        if (engine->ready_count)
            memcpy(larger, engine->ready, engine->ready_count * sizeof(struct host *));
        free(engine->ready);
        engine->ready = larger;
        engine->ready_size = size;
    }
    host->ready = (ptrdiff_t)engine->ready_count;
    engine->ready[engine->ready_count++] = host;
}

/* Puts the host among the ready or takes it from them, and forgets it when nobody needs it. */
static void host_update(struct engine *engine, struct host *host)
{
    bool ready = host->first && host->active < host->limit;
    if (ready && host->ready == NOT_READY)
        host_make_ready(engine, host);
    if (!ready && host->ready != NOT_READY)
        host_unready(engine, host);
    engine->wanted = true;
    if (host->first || host->active)
        return;
    struct host **at = &engine->hosts[host->bucket];
    while (*at != host)
        at = &(*at)->next;
    *at = host->next;
    free(host);
}

/* ---- the gate ------------------------------------------------------------------------------------------ */

static bool take_token(struct engine *engine)
{
    if (engine->limits.rate == 0)
        return true;
    uint64_t now = clock_us();
    double burst = engine->limits.rate / 10.0 > 1 ? engine->limits.rate / 10.0 : 1;
    engine->tokens += (double)(now - engine->tokens_at) * engine->limits.rate / 1e6;
    engine->tokens_at = now;
    if (engine->tokens > burst)
        engine->tokens = burst;
    if (engine->tokens < 1)
        return false;
    engine->tokens -= 1;
    return true;
}

/* The pump keeps the loop alive as long as somebody waits for his turn, and no longer. */
static void count_waiting(struct engine *engine, int more)
{
    engine->waiting += (unsigned)more;
    if (engine->waiting > 0)
        uv_ref((uv_handle_t *)&engine->pump);
    else
        uv_unref((uv_handle_t *)&engine->pump);
}

static void unlink_turn(struct engine *engine, struct turn *turn)
{
    struct host *host = turn->host;
    count_waiting(engine, -1);
    *(turn->previous ? &turn->previous->next : &host->first) = turn->next;
    *(turn->next ? &turn->next->previous : &host->last) = turn->previous;
    turn->waiting = false;
}

static void on_refill(uv_timer_t *timer)
{
    ((struct engine *)timer->data)->wanted = true;
}

static void wait_for_token(struct engine *engine)
{
    if (!uv_is_active((uv_handle_t *)&engine->refill))
        uv_timer_start(&engine->refill, on_refill, 1000 / engine->limits.rate + 1, 0);
}

/* Gives places away while there are places, tokens and somebody who waits. */
static void give_turns(struct engine *engine)
{
    while (engine->ready_count > 0 && engine->active < engine->limits.concurrency) {
        if (!take_token(engine)) {
            wait_for_token(engine);
            return;
        }
        struct host *host = engine->ready[random_below(engine, (uint32_t)engine->ready_count)];
        struct turn *turn = host->first;
        unlink_turn(engine, turn);
        turn->taken = true;
        host->active++;
        engine->active++;
        host_update(engine, host);
        turn->start(turn);
    }
}

static void on_prepare(uv_prepare_t *prepare)
{
    struct engine *engine = prepare->data;
    while (engine->wanted) {
        engine->wanted = false;
        give_turns(engine);
    }
}

void turn_wait(struct engine *engine, struct turn *turn, const char *name)
{
    struct host *host = host_get(engine, name);
    turn->host = host;
    turn->waiting = true;
    turn->next = NULL;
    turn->previous = host->last;
    *(host->last ? &host->last->next : &host->first) = turn;
    host->last = turn;
    count_waiting(engine, 1);
    host_update(engine, host);
}

void turn_leave(struct engine *engine, struct turn *turn)
{
    struct host *host = turn->host;
    if (!turn->waiting && !turn->taken)
        return;
    if (turn->waiting) {
        unlink_turn(engine, turn);
    } else {
        host->active--;
        engine->active--;
        turn->taken = false;
    }
    turn->host = NULL;
    host_update(engine, host);
}

void engine_open(struct engine *engine, const struct engine_limits *limits)
{
    *engine = (struct engine){.limits = *limits};
    uv_loop_init(&engine->loop);
    uv_timer_init(&engine->loop, &engine->refill);
    uv_prepare_init(&engine->loop, &engine->pump);
    uv_prepare_start(&engine->pump, on_prepare);
    engine->refill.data = engine->pump.data = engine;
    uv_unref((uv_handle_t *)&engine->pump);
    engine->tokens_at = clock_us();
    engine->random = engine->tokens_at | 1;
    engine->hosts = memory_new(HOST_BUCKETS, sizeof(struct host *));
}

void engine_close(struct engine *engine)
{
    uv_close((uv_handle_t *)&engine->refill, NULL);
    uv_close((uv_handle_t *)&engine->pump, NULL);
    uv_run(&engine->loop, UV_RUN_DEFAULT);
    uv_loop_close(&engine->loop);
    free(engine->hosts);
    free(engine->ready);
}
