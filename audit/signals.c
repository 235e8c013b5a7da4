#include "audit/signals.h"

#include <signal.h>
#include <stdbool.h>

static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
static bool hangup_was_ignored, held;

static bool is_wanted(int number)
{
    return number != SIGHUP || !hangup_was_ignored;
}

static void on_signal(uv_signal_t *handle, int number)
{
    const struct signals *signals = handle->data;
    signals->told(signals->context, number);
}

void signals_watch(struct signals *signals, uv_loop_t *loop, void (*told)(void *context, int number),
                   void *context)
{
    struct sigaction hangup;
    if (!held && sigaction(SIGHUP, NULL, &hangup) == 0)
        hangup_was_ignored = hangup.sa_handler == SIG_IGN;
    signals->told = told;
    signals->context = context;
    for (int i = 0; i < SIGNALS; i++) {
        uv_signal_t *handle = &signals->handles[i];
        uv_signal_init(loop, handle);
        handle->data = signals;
        if (is_wanted(numbers[i]))
            uv_signal_start(handle, on_signal, numbers[i]);
        uv_unref((uv_handle_t *)handle);
    }
}

static void set_all(void (*action)(int))
{
    for (int i = 0; i < SIGNALS; i++)
        if (is_wanted(numbers[i]))
            signal(numbers[i], action);
}

/* libuv makes a signal deadly again when its last handle is closed: until it is ignored, it waits. */
void signals_hold(struct signals *signals, uv_loop_t *loop)
{
    sigset_t all, before;
    sigemptyset(&all);
    for (int i = 0; i < SIGNALS; i++)
        sigaddset(&all, numbers[i]);
    sigprocmask(SIG_BLOCK, &all, &before);
    for (int i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&signals->handles[i], NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    held = true;
    set_all(SIG_IGN);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

void signals_release(void)
{
    if (held)
        set_all(SIG_DFL);
    held = false;
}

void signals_ignore(void)
{
    for (int i = 0; i < SIGNALS; i++)
        signal(numbers[i], SIG_IGN);
}
