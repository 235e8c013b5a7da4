#include "audit/instances.h"
#include "audit/model/memory.h"
#include "audit/way_in.h"
#include "odbc/connection_string.h"
#include "odbc/test_plan.h"
#include "reports/row.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BYTES_MAXIMUM (256u << 20) /* of rows from one instance: more is a flood */
#define LOOK_EVERY 250             /* milliseconds between two looks at tests that wait */

/* ---- one instance -------------------------------------------------------------------------------------- */

static void add_failure(struct instance_entry *entry, enum failure_phase phase, const char *text)
{
    struct arena *arena = entry->run->arena;
    if (!entry->instance->failure) {
        entry->instance->failure = arena_alloc(arena, sizeof(struct failure));
        entry->instance->failure->phase = phase;
    }
    if (text) {
        struct message *message = arena_alloc(arena, sizeof(*message));
        message->text = arena_text(arena, text);
        list_append(&entry->instance->failure->messages, message);
    }
}

static const char *host_domain(const char *host)
{
    const char *dot = host && !host_name_is_address(host) ? strchr(host, '.') : NULL;
    return dot && dot[1] ? dot + 1 : NULL;
}

/* What the first row says of the collector's own login: a failure is what it has instead of a session. */
static void take_answer(struct collector *collector, const struct row *row)
{
    struct instance_entry *entry = collector->entry;
    const struct failure *failure = row->element == &failure_element ? row->item : NULL;
    bool refused = false;
    if (failure)
        list_each (struct message, message, &failure->messages)
            refused = refused || is_login_refusal(message);
    if (!own_login_answered(collector, refused))
        return;
    entry->shut_out = entry->shut_out || failure;
    entry->let_in = entry->let_in || !failure;
    instances_continue(entry->run); /* another may have waited for the answer */
}

/* ---- the end of an instance --------------------------------------------------------------------------- */

static void settle_status(struct instance_entry *entry)
{
    struct instance *instance = entry->instance;
    if (!instance->failure)
        instance->status = entry->inventory_done ? INSTANCE_AUDITED : INSTANCE_NOT_RUN;
    else
        instance->status = instance->server_version ? INSTANCE_PARTIAL : INSTANCE_FAILED;
}

void instance_finish(struct instance_entry *entry)
{
    struct run *run = entry->run;
    struct instance *instance = entry->instance;
    entry->state = STATE_DONE;
    run->instances->done++;
    settle_status(entry);
    instance->finished = number_of(time(NULL));
    instance->ms = number_of((int64_t)(uv_now(run->loop) - entry->began));
    const char *failure =
        instance->failure && instance->failure->messages.first ? instance->failure->messages.first->text : "";
    const char *colon = *failure ? ": " : "";
    const char *status = name_of(&instance_status_names, (int)instance->status);
    if (instance->status == INSTANCE_FAILED || instance->status == INSTANCE_NOT_RUN)
        run_say(run, true, "%s: %s%s%s", instance->name, status, colon, failure);
    else
        run_say(run, instance->status != INSTANCE_AUDITED, "%s: %s, %zu linked servers%s%s", instance->name,
                status, instance->linked_servers.count, colon, failure);
}

/* ---- collectors --------------------------------------------------------------------------------------- */

/* What comes from an instance is counted by the memory that it takes: a row of 40 bytes can become 600. */
static bool is_flooding(struct instance_entry *entry, size_t bytes)
{
    bool before = entry->bytes > BYTES_MAXIMUM;
    entry->bytes += bytes;
    if (!before && entry->bytes > BYTES_MAXIMUM)
        add_failure(entry, PHASE_INVENTORY,
                    "more than 256 MiB came from this instance: the rest was cut off");
    return entry->bytes > BYTES_MAXIMUM;
}

static const char *on_row(void *context, const char *bytes, size_t length)
{
    struct collector *collector = context;
    struct instance_entry *entry = collector->entry;
    struct arena *arena = entry->run->arena;
    const char *error;
    size_t before = arena_size(arena);
    if (is_flooding(entry, 0))
        return NULL;
    struct row row = row_read(arena, bytes, length, &error);
    if (row.element)
        error = instance_take_row(collector, row);
    if (error)
        return arena_format(arena, "a row of it cannot be believed: %s", error);
    take_answer(collector, &row);
    size_t grown = arena_size(arena) - before;
    if (is_flooding(entry, grown > length ? grown : length))
        child_kill(collector->child);
    return NULL;
}

static void on_log(void *context, const char *line)
{
    struct collector *collector = context;
    const struct run *run = collector->entry->run;
    if (run->verbose)
        run_say(run, false, "%s: %s", collector->entry->instance->name, line);
}

/* What is settled when the inventory is there, or will not come. */
static void settle_inventory(struct instance_entry *entry, bool complete)
{
    struct run *run = entry->run;
    run->instances->reading--;
    entry->inventory_done = complete && !entry->instance->failure;
    if (!run->ending && entry->inventory_done)
        link_tests_plan(entry);
}

static void begin_tests(struct instance_entry *entry)
{
    entry->state = STATE_TESTING;
    entry->brisk = true;
    entry->run->instances->testing++;
    entry->run->instances->brisk++;
}

static bool may_test(const struct run *run)
{
    return !run->ending && run->instances->testing < run->config->instance_concurrency;
}

/* Where there is a place for it, the inventory's collector tests links as well, in the session that it has.
 */
static void inventory_done(struct collector *collector)
{
    struct instance_entry *entry = collector->entry;
    settle_inventory(entry, true);
    if (entry->groups.first && may_test(entry->run)) {
        collector->task = TASK_LINK_TESTS;
        begin_tests(entry);
        if (link_tests_go_on(collector)) {
            instances_continue(entry->run);
            return;
        }
    }
    child_close_input(collector->child);
}

static void inventory_ended(struct instance_entry *entry, bool complete)
{
    if (!complete)
        settle_inventory(entry, false);
    if (entry->groups.first && !entry->run->ending) {
        entry->state = STATE_UNTESTED;
        return;
    }
    link_tests_give_up(entry, "the run was ended before");
    instance_finish(entry);
}

static const char *on_done(void *context, const char *payload)
{
    struct collector *collector = context;
    if (collector->done)
        return "it said that it is done, and had nothing to do";
    if (collector->task == TASK_INVENTORY && !collector->entry->instance->failure &&
        !collector->entry->described)
        return "it said that it is done, and had not said what the instance is";
    collector->done = true;
    collector->closed = *payload;
    if (collector->task == TASK_INVENTORY)
        inventory_done(collector);
    else if (!link_tests_go_on(collector))
        child_close_input(collector->child);
    return NULL;
}

static void describe_loss(struct instance_entry *entry, const struct collector *collector, enum child_end end,
                          const char *reason)
{
    const char *phase = collector->task == TASK_LINK_TESTS ? "testing its linked servers"
                        : entry->let_in                    ? "reading its inventory"
                                                           : "connecting or logging in";
    char *text = arena_format(entry->run->arena, "while %s: %s", phase, reason);
    if (end == CHILD_DEADLINE)
        add_failure(entry, PHASE_TIMEOUT, text);
    else if (end == CHILD_CRASHED)
        add_failure(entry, PHASE_CRASH, text);
}

static void on_ended(void *context, enum child_end end, const char *reason)
{
    struct collector *collector = context;
    struct instance_entry *entry = collector->entry;
    struct run *run = entry->run;
    bool complete = collector->done;
    own_login_answered(collector, false);
    if (!complete)
        describe_loss(entry, collector, end == CHILD_FINISHED ? CHILD_CRASHED : end, reason);
    else if (end == CHILD_CRASHED)
        run_problem(run, "%s: its collector died after its work was done: %s", entry->instance->name, reason);
    entry->collectors--;
    *collector->back = collector->next;
    if (collector->next)
        collector->next->back = collector->back;
    if (collector->task == TASK_INVENTORY) {
        inventory_ended(entry, complete);
    } else {
        link_tests_ended(collector);
        link_tests_continue(entry);
    }
    free(collector);
    instances_continue(run);
    run_check_end(run);
}

static const struct child_events collector_events = {on_row, on_log, on_done, on_ended};

int64_t instance_time_left(const struct instance_entry *entry)
{
    return entry->config->deadline - (int64_t)(uv_now(entry->run->loop) - entry->began);
}

/* Drivers know nothing of dns_suffixes and little of the host's: a single label is completed for them. */
static bool is_to_be_completed(const struct instance_entry *entry)
{
    return entry->config->server && entry->endpoint && host_name_is_single_label(entry->target.host);
}

/* What SQL Browser gave for a named instance without a port, the one thing of a way in that comes from the
 * network; 0: nothing, or no port. */
static unsigned browser_port(const struct instance_entry *entry)
{
    const struct browser *browser = entry->endpoint ? entry->endpoint->browser : NULL;
    bool asked = entry->config->server && !entry->target.port && *entry->target.instance;
    bool given = browser && browser->tcp_port.known && browser->tcp_port.value > 0 &&
                 browser->tcp_port.value <= UINT16_MAX;
    return asked && given ? (unsigned)browser->tcp_port.value : 0;
}

/* The way in, the same for all jobs of an instance. */
static void set_way_in(const struct instance_entry *entry, struct collector_job *job, struct arena *arena)
{
    way_in_fill(arena, entry->run->config, entry->config, browser_port(entry), job);
    if (is_to_be_completed(entry) && entry->endpoint->resolve && entry->endpoint->resolve->addresses.first)
        job->server = entry->endpoint->resolve->name;
}

void collector_send(struct collector *collector, const struct collector_job *work)
{
    struct instance_entry *entry = collector->entry;
    struct collector_job job = *work;
    struct arena *arena = arena_new();
    const struct login_config *login = entry->config->login;
    collector->done = false;
    entry->sent_at = uv_now(entry->run->loop);
    set_way_in(entry, &job, arena);
    char *row = row_write(&collector_job_element, &job, NULL);
    arena_free(arena);
    child_send(collector->child, FRAME_JOB, row, strlen(row));
    free(row);
    if (login && login->password.bytes)
        child_send(collector->child, FRAME_SECRET, login->password.bytes, login->password.length);
    child_set_deadline(collector->child, instance_time_left(entry));
}

bool collector_start(struct instance_entry *entry, const struct collector_job *job, const test_groups *groups,
                     const char **error)
{
    struct run *run = entry->run;
    struct collector *collector = memory_new(1, sizeof(*collector));
    *collector = (struct collector){.entry = entry, .task = job->task};
    if (groups)
        collector->groups = *groups;
    if (run->instances->forks)
        collector->child = child_fork(run->instances->forks, &collector_events, collector, error);
    if (!collector->child)
        collector->child = child_start(run->loop, "collector", &collector_events, collector, error);
    if (!collector->child) {
        free(collector);
        return false;
    }
    collector->next = entry->running;
    collector->back = &entry->running;
    if (collector->next)
        collector->next->back = &collector->next;
    entry->running = collector;
    entry->collectors++;
    own_login_tried(collector);
    collector_send(collector, job);
    return true;
}

/* ---- inventory ---------------------------------------------------------------------------------------- */

/* A named instance without a port waits for SQL Browser's answer: drivers ask slowly or not at all. */
static bool port_is_known(const struct instance_entry *entry)
{
    return !entry->config->server || entry->target.port || !entry->endpoint ||
           endpoint_is_done(entry->run, entry->endpoint);
}

/* The driver resolves the name itself, so with allow or deny nothing is connected to before its addresses are
 * known. */
static bool addresses_are_known(const struct instance_entry *entry)
{
    const struct config *config = entry->run->config;
    bool wanted = config->allow.count > 0 || config->deny.count > 0 || is_to_be_completed(entry);
    return !wanted || !entry->endpoint || entry->endpoint->resolve ||
           endpoint_is_done(entry->run, entry->endpoint);
}

/* Why allow and deny keep the audit from connecting, or NULL. One address that is denied is enough: which one
 * a driver takes is not ours to choose. */
static const char *why_denied(const struct instance_entry *entry)
{
    const struct run *run = entry->run;
    const struct config *config = run->config;
    const struct resolve *resolve = entry->endpoint ? entry->endpoint->resolve : NULL;
    if (!entry->endpoint || (config->allow.count == 0 && config->deny.count == 0))
        return NULL;
    if (!resolve || !resolve->addresses.first)
        return arena_format(
            run->arena,
            "not connected: no address of %s is known (%s), so whether allow and deny let packets go there "
            "is not either; an entry in [hosts] tells",
            entry->endpoint->host,
            resolve ? name_of(&resolve_outcome_names, (int)resolve->outcome) : "not resolved");
    list_each (struct address, address, &resolve->addresses)
        if (!network_allowed(&config->allow, &config->deny, address->ip))
            return arena_format(run->arena, "not connected: allow and deny keep packets from %s",
                                address->ip);
    return NULL;
}

static bool browser_failed(const struct instance_entry *entry)
{
    return entry->config->server && !entry->target.port && *entry->target.instance && !browser_port(entry);
}

/* Where the system makes no more processes, or has no descriptors for them, an instance waits until another
 * is done; false: none is under way. */
static bool make_do_with_fewer(struct run *run, const char *error)
{
    struct instance_table *table = run->instances;
    int busy = table->reading + table->brisk;
    int places = busy > 0 ? busy : 1;
    if (table->reading + table->testing == 0)
        return false;
    if (places < table->places)
        run_problem(run, "no more than %d at a time of the instances could be read: %s", places, error);
    table->places = places;
    return true;
}

static void start_inventory(struct instance_entry *entry)
{
    struct run *run = entry->run;
    const char *error;
    entry->began = uv_now(run->loop);
    entry->instance->started = number_of(time(NULL));
    const char *denied = why_denied(entry);
    if (denied) {
        add_failure(entry, PHASE_CONNECT, denied);
        instance_finish(entry);
        return;
    }
    if (browser_failed(entry)) {
        add_failure(entry, PHASE_CONNECT,
                    arena_format(run->arena,
                                 "the port of instance %s is not known: SQL Browser at %s gave none (%s)",
                                 entry->target.instance, entry->target.host,
                                 entry->endpoint->browser
                                     ? name_of(&browser_outcome_names, (int)entry->endpoint->browser->outcome)
                                     : "it could not be asked"));
        instance_finish(entry);
        return;
    }
    struct collector_job job = {.task = TASK_INVENTORY,
                                .usage = run->config->usage ? TERNARY_TRUE : TERNARY_FALSE};
    if (!collector_start(entry, &job, NULL, &error)) {
        if (make_do_with_fewer(run, error))
            return;
        run_problem(run, "%s: its collector could not be started: %s", entry->instance->name, error);
        add_failure(entry, PHASE_CRASH, "its collector could not be started");
        instance_finish(entry);
        return;
    }
    entry->state = STATE_INVENTORY;
    run->instances->reading++;
}

/* ---- the queue ---------------------------------------------------------------------------------------- */

/* A credential that all its instances wait for is asked about once, not for each of them. */
static bool login_is_full(const struct instance_entry *entry)
{
    uint64_t now = entry->run->instances->starts;
    if (!entry->login || entry->login->full_in != now) {
        if (own_login_may_try(entry))
            return false;
        if (entry->login)
            entry->login->full_in = now;
    }
    return true;
}

static void start_waiting(struct instance_entry *entry)
{
    const char *given_up = own_login_given_up(entry);
    if (given_up) {
        add_failure(entry, PHASE_LOGIN, given_up);
        entry->began = uv_now(entry->run->loop);
        instance_finish(entry);
    } else if (!login_is_full(entry)) {
        start_inventory(entry);
    }
}

static bool may_read(const struct run *run)
{
    const struct instance_table *table = run->instances;
    return !run->ending && table->reading + table->brisk < table->places;
}

static void go_on_testing(struct run *run)
{
    struct instance_entry **at = &run->instances->open, *entry;
    while ((entry = *at) && !run->ending) {
        if (entry->state == STATE_UNTESTED && may_test(run)) {
            begin_tests(entry);
            link_tests_continue(entry);
        } else if (entry->state == STATE_TESTING && entry->groups.first) {
            link_tests_continue(entry); /* it may have waited for another instance's test */
        }
        if (entry->state == STATE_DONE)
            *at = entry->next_open;
        else
            at = &entry->next_open;
    }
    if (!entry)
        run->instances->open_end = at;
}

/* Of thousands that wait, no more are looked at than there are places for. */
static void go_on_reading(struct run *run)
{
    struct instance_table *table = run->instances;
    struct instance_entry **at = &table->waiting, *entry;
    while ((entry = *at) && may_read(run)) {
        if (port_is_known(entry) && addresses_are_known(entry))
            start_waiting(entry);
        if (entry->state == STATE_WAITING) {
            at = &entry->next_open;
            continue;
        }
        *at = entry->next_open;
        entry->next_open = NULL;
        *table->open_end = entry;
        table->open_end = &entry->next_open;
    }
}

static void start_collectors(struct run *run)
{
    run->instances->starts++;
    go_on_testing(run);
    go_on_reading(run);
}

static void on_start(uv_timer_t *timer)
{
    start_collectors(timer->data);
}

/* libuv runs timers before it reads: the second look is the one that counts. */
static void on_look(uv_timer_t *timer)
{
    struct run *run = timer->data;
    struct instance_table *table = run->instances;
    table->looked = !table->looked;
    if (!table->looked) {
        list_each (struct instance_entry, entry, &table->entries)
            if (entry->state == STATE_TESTING)
                link_tests_look(entry);
        instances_continue(run);
    }
    uv_timer_start(timer, on_look, table->looked ? 1 : LOOK_EVERY, 0);
    run_check_end(run); /* instances also end where no child of theirs does */
}

void instances_continue(struct run *run)
{
    struct instance_table *table = run->instances;
    if (table && table->settled && !run->ending && !uv_is_active((uv_handle_t *)&table->start))
        uv_timer_start(&table->start, on_start, 0, 0);
}

/* ---- what collectors are made of ----------------------------------------------------------------------- */

static void on_forks_ready(void *context)
{
    struct run *run = context;
    run->instances->settled = true;
    instances_continue(run);
}

static void on_forks_log(void *context, const char *line)
{
    const struct run *run = context;
    if (run->verbose)
        run_say(run, false, "%s", line);
}

static void on_forks_ended(void *context, const char *fault)
{
    struct run *run = context;
    run->instances->forks = NULL;
    if (fault)
        run_problem(run,
                    "the process that collectors are forked from is gone: %s; they are started one by one",
                    fault);
    on_forks_ready(run);
}

static const struct fork_server_events fork_events = {on_forks_ready, on_forks_log, on_forks_ended};

static bool holds(const char *const *texts, const char *text)
{
    while (*texts && strcmp(*texts, text) != 0)
        texts++;
    return *texts;
}

static void start_forks(struct run *run)
{
    struct instance_table *table = run->instances;
    const char **drivers = memory_new(table->entries.count + 1, sizeof(*drivers)), *error;
    size_t count = 0;
    list_each (struct instance_entry, entry, &table->entries) {
        struct collector_job job = {.connection = entry->config->connection, .dsn = entry->config->dsn};
        job.driver = entry->config->login ? entry->config->login->driver : NULL;
        const char *driver = connection_string_driver(run->arena, &job);
        if (driver && !holds(drivers, driver))
            drivers[count++] = driver;
    }
    table->forks = fork_server_start(run->loop, drivers, &fork_events, run, &error);
    if (!table->forks)
        on_forks_ended(run, error);
    free(drivers);
}

static bool has_tag(const char *tags, const char *tag)
{
    size_t length = strlen(tag);
    for (const char *at = tags; at && *at; at += strcspn(at, " ,\t")) {
        at += strspn(at, " ,\t");
        if (strcspn(at, " ,\t") == length && strncasecmp(at, tag, length) == 0)
            return true;
    }
    return false;
}

bool instance_selected(const struct instance_config *config, const char *const *only)
{
    if (!only || !*only)
        return true;
    for (; *only; only++)
        if (strncmp(*only, "tag:", 4) == 0 ? has_tag(config->tags, *only + 4)
                                           : strcasecmp(*only, config->name) == 0)
            return true;
    return false;
}

static void add_instance(struct run *run, const struct instance_config *config)
{
    struct instance_entry *entry = arena_alloc(run->arena, sizeof(*entry));
    struct instance *instance = arena_alloc(run->arena, sizeof(*instance));
    entry->run = run;
    entry->config = config;
    entry->instance = instance;
    entry->login = own_login(run, config->login);
    instance->name = config->name;
    instance->tags = config->tags;
    instance->status = INSTANCE_NOT_RUN;
    instance->server = config->server ? config->server
                       : config->dsn  ? arena_format(run->arena, "DSN %s", config->dsn)
                                      : NULL;
    if (way_in_target(config, &entry->target)) {
        instance->domain = arena_text(run->arena, host_domain(entry->target.host));
        entry->endpoint = endpoints_add(run, &entry->target, instance, false);
        entry->endpoint->audited_as = instance->name;
        instance->endpoint = entry->endpoint->id;
    }
    /* Only now: an endpoint that needs no probe continues the instances at once. */
    list_append(&run->audit->instances, instance);
    list_append(&run->instances->entries, entry);
}

struct instance_table *instances_start(struct run *run, const char *const *only, bool none)
{
    run->instances = arena_alloc(run->arena, sizeof(*run->instances));
    struct instance_table *table = run->instances;
    table->places = run->config->instance_concurrency;
    uv_timer_init(run->loop, &table->start);
    uv_timer_init(run->loop, &table->look);
    table->start.data = table->look.data = run;
    uv_timer_start(&table->look, on_look, LOOK_EVERY, 0);
    list_each (struct instance_config, config, &run->config->instances)
        if (!none && instance_selected(config, only))
            add_instance(run, config);
    table->waiting = table->entries.first;
    table->open_end = &table->open;
    list_each (struct instance_entry, entry, &table->entries)
        entry->next_open = entry->next;
    if (table->entries.first)
        start_forks(run);
    return table;
}

bool instances_all_done(const struct run *run)
{
    return run->instances->done == run->instances->entries.count;
}

void instances_progress(const struct run *run, size_t *all, size_t *done, size_t *links, const char **slow)
{
    *all = run->instances->entries.count;
    *done = run->instances->done;
    *links = 0;
    *slow = NULL;
    list_each (struct instance_entry, entry, &run->instances->entries) {
        *links += entry->instance->linked_servers.count;
        if (!*slow && (entry->state == STATE_INVENTORY || entry->state == STATE_TESTING))
            *slow = entry->instance->name;
    }
}

void instances_stop(struct run *run)
{
    uv_close((uv_handle_t *)&run->instances->start, NULL);
    uv_close((uv_handle_t *)&run->instances->look, NULL);
    if (run->instances->forks)
        fork_server_stop(run->instances->forks);
    list_each (struct instance_entry, entry, &run->instances->entries) {
        for (struct collector *collector = entry->running, *next; collector; collector = next) {
            next = collector->next;
            child_kill(collector->child); /* frees it where it has exited already */
        }
        if (entry->state == STATE_WAITING || entry->state == STATE_UNTESTED) {
            link_tests_give_up(entry, "the run was ended before");
            if (!entry->inventory_done)
                add_failure(entry, PHASE_TIMEOUT, "the run was ended before its turn came");
            entry->began = entry->began ? entry->began : uv_now(run->loop);
            instance_finish(entry);
        } else if (entry->state == STATE_TESTING && entry->collectors == 0) {
            link_tests_continue(entry); /* its tests waited for something that will not come now */
        }
    }
}

void instances_free(struct run *run)
{
    list_each (struct instance_entry, entry, &run->instances->entries)
        instance_rows_free(entry);
}
