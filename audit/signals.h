/* The signals that ask for an early end: SIGINT, SIGTERM, and SIGHUP where the parent does not ignore it
 * (nohup).
 *
 * From the run's beginning to the end of the program none of them kills main: while something watches, they
 * are told to it; between two that watch, while the report is written, they are held back. */
#pragma once

#include <uv.h>

enum { SIGNALS = 3 };

struct signals {
    uv_signal_t handles[SIGNALS];
    void (*told)(void *context, int number);
    void *context;
};

/* Watches in that loop, which ends without them. The struct must stay where it is. */
void signals_watch(struct signals *signals, uv_loop_t *loop, void (*told)(void *context, int number),
                   void *context);

/* Ends the watch, when the loop has nothing else left, and holds the signals back from then on. */
void signals_hold(struct signals *signals, uv_loop_t *loop);

/* The signals are again what they were when the program began. */
void signals_release(void);

/* What a role does first: a signal to the whole group, as a terminal's interrupt is, is for main, which ends
 * the run in order and its children with it. */
void signals_ignore(void);
