#include "audit/run.h"
#include "audit/instances.h"
#include "audit/progress.h"
#include "audit/signals.h"
#include "reports/safe_text.h"

#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_EVERY 250 /* milliseconds */

/* The handles of the run itself; everything else belongs to the parts. */
struct handles {
    struct signals signals;
    uv_timer_t deadline, progress;
};

/* ---- what it says ------------------------------------------------------------------------------------- */

void run_say(const struct run *run, bool always, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    if (run->quiet && !always)
        return;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (run->show_progress)
        progress_clear();
    fputs("linkaudit: ", stderr);
    print_safe(stderr, text); /* it quotes what servers said */
    fputc('\n', stderr);
}

void run_problem(struct run *run, const char *format, ...)
{
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    struct message *message = arena_alloc(run->arena, sizeof(*message));
    message->text = arena_text(run->arena, text);
    list_append(&run->audit->problems, message);
    run_say(run, true, "%s", text);
}

static void on_progress(uv_timer_t *timer)
{
    const struct run *run = timer->data;
    size_t instances, instances_done, endpoints, endpoints_done, links;
    const char *slow_instance, *slow_endpoint;
    char line[512];
    instances_progress(run, &instances, &instances_done, &links, &slow_instance);
    endpoints_progress(run, &endpoints, &endpoints_done, &slow_endpoint);
    const char *slow = slow_instance ? slow_instance : slow_endpoint;
    snprintf(line, sizeof(line), "%zu of %zu instances, %zu of %zu endpoints, %zu links%s%s", instances_done,
             instances, endpoints_done, endpoints, links, slow ? "; waiting for " : "", slow ? slow : "");
    progress_show(line);
}

/* ---- its end ------------------------------------------------------------------------------------------ */

/* The loop ends by itself when its last handle is closed. */
static void close_handles(struct run *run)
{
    uv_handle_t *handles[] = {(uv_handle_t *)&run->handles->deadline, (uv_handle_t *)&run->handles->progress};
    for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++)
        if (!uv_is_closing(handles[i]))
            uv_close(handles[i], NULL);
}

void run_check_end(struct run *run)
{
    if (!run->begun)
        return;
    if (!run->ending && instances_all_done(run) && endpoints_all_done(run))
        run->ending = true;
    if (!run->ending || run->stopping)
        return;
    run->stopping = true;
    instances_stop(run);
    endpoints_stop(run);
    close_handles(run);
}

static void end_early(struct run *run, const char *why)
{
    if (run->ending)
        return;
    run->interrupted = true;
    run->ending = true;
    run_problem(run, "%s: the report holds what was known until then", why);
    run_check_end(run);
}

static void on_signal(void *context, int number)
{
    end_early(context, number == SIGINT    ? "interrupted"
                       : number == SIGTERM ? "terminated by SIGTERM"
                                           : "the terminal is gone (SIGHUP)");
}

static void on_deadline(uv_timer_t *timer)
{
    end_early(timer->data, "the run's deadline was reached");
}

/* ---- its beginning ------------------------------------------------------------------------------------ */

static char *host_name(struct arena *arena)
{
    char name[256];
    return arena_text(arena, gethostname(name, sizeof(name)) == 0 ? name : "unknown");
}

static char *user_name(struct arena *arena)
{
    const struct passwd *entry = getpwuid(geteuid());
    return entry ? arena_text(arena, entry->pw_name) : arena_format(arena, "uid %u", (unsigned)geteuid());
}

static void add_setting(struct run *run, const char *name, const char *value)
{
    struct property *setting = arena_alloc(run->arena, sizeof(*setting));
    setting->name = arena_text(run->arena, name);
    setting->value = arena_text(run->arena, value);
    list_append(&run->audit->settings, setting);
}

static void describe(struct run *run, const char *const *only)
{
    struct audit *audit = run->audit;
    const struct config *config = run->config;
    time_t now = time(NULL);
    audit->version = arena_text(run->arena, "1");
    audit->started = number_of(now);
    audit->host = host_name(run->arena);
    audit->user = user_name(run->arena);
    audit->program = arena_text(run->arena, "linkaudit " LINKAUDIT_VERSION);
    audit->run_id = arena_format(run->arena, "%s-%lld-%ld", audit->host, (long long)now, (long)getpid());
    audit->title = config->title;
    audit->configuration = config->file;
    for (; only && *only; only++) {
        struct scope *scope = arena_alloc(run->arena, sizeof(*scope));
        scope->only = arena_text(run->arena, *only);
        list_append(&audit->scopes, scope);
    }
    add_setting(run, "probe-depth", name_of(&probe_depth_names, (int)config->probe_depth));
    add_setting(run, "link-test",
                run->link_tests ? name_of(&link_test_names, (int)config->link_test) : "none");
    add_setting(run, "link-test-self", config->link_test_self ? "yes" : "no");
    add_setting(run, "usage", config->usage ? "yes" : "no");
    add_setting(run, "ca-file", config->ca_file ? config->ca_file : "the system's");
}

static void start_handles(struct run *run)
{
    struct handles *handles = run->handles;
    signals_watch(&handles->signals, run->loop, on_signal, run);
    uv_timer_init(run->loop, &handles->deadline);
    uv_timer_init(run->loop, &handles->progress);
    handles->deadline.data = handles->progress.data = run;
    uv_timer_start(&handles->deadline, on_deadline, (uint64_t)run->config->deadline, 0);
    if (run->show_progress)
        uv_timer_start(&handles->progress, on_progress, PROGRESS_EVERY, PROGRESS_EVERY);
}

static bool all_audited(const struct audit *audit)
{
    list_each (struct instance, instance, &audit->instances)
        if (instance->status != INSTANCE_AUDITED)
            return false;
    return true;
}

/* Two descriptors for each child, and one that is configured may be one of a thousand. */
static void raise_descriptors(void)
{
    enum { WANTED = 8192 };
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= WANTED)
        return;
    limit.rlim_cur = limit.rlim_max < WANTED ? limit.rlim_max : WANTED;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* It may have tens of megabytes: they are read while the children, which have just been started, get ready.
 * What needs it is asked for in the loop only. */
static struct former *read_former(struct run *run, const char *directory)
{
    struct former *former = former_load(directory);
    run->former = former;
    link_tests_remember(run);
    return former;
}

bool run_audit(const struct run_options *options, struct arena *arena, struct audit **audit,
               struct former **former)
{
    uv_loop_t loop;
    struct handles handles;
    struct run run = {.config = options->config,
                      .arena = arena,
                      .loop = &loop,
                      .handles = &handles,
                      .link_tests = options->link_tests,
                      .verbose = options->verbose,
                      .quiet = options->quiet,
                      .show_progress = !options->quiet && !options->verbose && progress_possible()};
    raise_descriptors();
    int rc = uv_loop_init(&loop);
    if (rc != 0) {
        fprintf(stderr, "linkaudit: the event loop cannot be made: %s\n", uv_strerror(rc));
        return false;
    }
    run.audit = *audit = arena_alloc(arena, sizeof(struct audit));
    describe(&run, options->only);
    start_handles(&run);
    endpoints_start(&run);
    for (size_t i = 0; i < options->target_count; i++) {
        struct target target;
        if (target_from_text(options->targets[i], &target))
            endpoints_add(&run, &target, NULL, false);
    }
    instances_start(&run, options->only, options->target_count > 0);
    if (options->former_directory)
        *former = read_former(&run, options->former_directory);
    run.begun = true;
    run_check_end(&run);
    uv_run(&loop, UV_RUN_DEFAULT);
    signals_hold(&handles.signals, &loop);
    uv_loop_close(&loop);
    if (run.show_progress)
        progress_clear();
    link_tests_free(&run);
    own_logins_free(&run);
    instances_free(&run);
    endpoints_free(&run);
    run.audit->finished = number_of(time(NULL));
    run.audit->complete = !run.interrupted && all_audited(run.audit) ? TERNARY_TRUE : TERNARY_FALSE;
    return true;
}
