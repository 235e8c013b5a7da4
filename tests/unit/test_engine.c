/* The gate: how many sockets, how many to one host, how many a second. */
#include "audit/prober/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { USERS = 60, HOSTS = 6, HOLD_MS = 5 };

/* Somebody who holds a place for a moment. */
struct user {
    struct turn turn; /* first */
    uv_timer_t timer;
    int host;
};

static struct engine engine;
static struct user users[USERS];
static unsigned active, active_at_host[HOSTS], most, most_at_host, finished, order[USERS];

static void on_hold_over(uv_timer_t *timer)
{
    struct user *user = timer->data;
    active--;
    active_at_host[user->host]--;
    order[finished++] = (unsigned)(user - users);
    turn_leave(&engine, &user->turn);
    uv_close((uv_handle_t *)timer, NULL);
}

static void on_turn(struct turn *turn)
{
    struct user *user = (struct user *)turn;
    unsigned at_host = ++active_at_host[user->host];
    active++;
    most = active > most ? active : most;
    most_at_host = at_host > most_at_host ? at_host : most_at_host;
    uv_timer_start(&user->timer, on_hold_over, HOLD_MS, 0);
}

/* All users, host by host; returns the milliseconds until the last has finished. */
static int64_t run(unsigned concurrency, unsigned per_host, unsigned rate, unsigned count)
{
    const struct engine_limits limits = {concurrency, per_host, rate};
    engine_open(&engine, &limits);
    active = most = most_at_host = finished = 0;
    memset(active_at_host, 0, sizeof(active_at_host));
    memset(users, 0, sizeof(users));
    for (unsigned i = 0; i < count; i++) {
        char name[32];
        users[i].host = (int)(i * HOSTS / count);
        users[i].turn.start = on_turn;
        uv_timer_init(&engine.loop, &users[i].timer);
        users[i].timer.data = &users[i];
        snprintf(name, sizeof(name), "10.0.0.%d", users[i].host);
        turn_wait(&engine, &users[i].turn, name);
    }
    uint64_t start = clock_us();
    uv_run(&engine.loop, UV_RUN_DEFAULT);
    int64_t ms = clock_ms_since(start);
    engine_close(&engine);
    return ms;
}

static void the_limits_hold_and_are_used(void **state)
{
    (void)state;
    run(10, 3, 0, USERS);
    assert_int_equal(finished, USERS);
    assert_int_equal(most, 10);
    assert_int_equal(most_at_host, 3);
    run(100, 2, 0, USERS);
    assert_int_equal(finished, USERS);
    assert_int_equal(most, 2 * HOSTS);
    assert_int_equal(most_at_host, 2);
}

static void no_more_than_the_rate_begin_in_a_second(void **state)
{
    (void)state;
    /* 40 a second, a tenth of that at once: 24 need at least half a second. */
    int64_t ms = run(1000, 1000, 40, 24);
    assert_int_equal(finished, 24);
    assert_true(ms >= 450);
    assert_true(ms < 20000); /* one a second needs 24 */
}

static void hosts_take_turns_in_no_fixed_order(void **state)
{
    (void)state;
    /* One place for all: with the order in which they came, host 0 would be served out first. */
    run(1, 1, 0, USERS);
    unsigned first_of_host_0 = 0;
    for (unsigned i = 0; i < USERS / HOSTS; i++)
        first_of_host_0 += users[order[i]].host == 0;
    assert_true(first_of_host_0 < USERS / HOSTS);
    unsigned before[USERS];
    memcpy(before, order, sizeof(order));
    run(1, 1, 0, USERS);
    assert_memory_not_equal(before, order, sizeof(order));
    /* One host's own come in the order of their arrival. */
    unsigned last = 0;
    for (unsigned i = 0; i < USERS; i++)
        if (users[order[i]].host == 3) {
            assert_true(order[i] >= last);
            last = order[i];
        }
}

static void who_leaves_the_queue_is_not_called(void **state)
{
    (void)state;
    const struct engine_limits limits = {1, 1, 0};
    engine_open(&engine, &limits);
    active = most = finished = 0;
    struct user stays = {.turn.start = on_turn}, leaves = {.turn.start = on_turn};
    uv_timer_init(&engine.loop, &stays.timer);
    stays.timer.data = &stays;
    turn_wait(&engine, &leaves.turn, "10.0.0.1");
    turn_wait(&engine, &stays.turn, "10.0.0.1");
    turn_leave(&engine, &leaves.turn);
    turn_leave(&engine, &leaves.turn);
    uv_run(&engine.loop, UV_RUN_NOWAIT);
    assert_int_equal(active, 1);
    assert_false(leaves.turn.taken);
    turn_leave(&engine, &stays.turn);
    uv_close((uv_handle_t *)&stays.timer, NULL);
    engine_close(&engine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_limits_hold_and_are_used),
        cmocka_unit_test(no_more_than_the_rate_begin_in_a_second),
        cmocka_unit_test(hosts_take_turns_in_no_fixed_order),
        cmocka_unit_test(who_leaves_the_queue_is_not_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
