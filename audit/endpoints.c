#include "audit/carry.h"
#include "audit/homes.h"
#include "audit/run.h"
#include "audit/target/name_completion.h"
#include "reports/row.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* No job takes longer than its deadlines, so a worker that is silent for this long beyond them hangs. */
#define WORKER_PATIENCE (3 * 60 * 1000)
/* What one endpoint may take, connections one after the other, each as long as it may: every version twice,
 * TDS 8.0 and older hellos; at full depth every suite. */
#define ATTEMPTS_MAXIMUM 13
#define ATTEMPTS_MAXIMUM_FULL 200
#define RESOLVE_TIMEOUT 10000
/* Bytes of main's memory for what resolver and probers say: who says more is not believed. An endpoint takes
 * some 5 KiB, at full depth 50 KiB. */
#define EVIDENCE_BASE (32u << 20)
#define EVIDENCE_EACH (64u << 10)
#define BROWSER_TIMEOUT 1500
#define PROBERS_MAXIMUM 16

enum endpoint_state { STATE_RESOLVING, STATE_PROBING, STATE_DONE };

/* An endpoint of the report and where it is on its way. Stands in two trees: by key and by id. */
struct endpoint_entry {
    struct endpoint *endpoint;
    enum endpoint_state state;
    bool carrying;              /* a handshake alone was asked for: the former report may know the versions */
    const struct resolve *home; /* whose addresses are a prober's while it is probed; NULL: it is not */
    struct endpoint_entry *next_waiting;
};

struct endpoint_table {
    void *by_key, *by_id;
    size_t count, done;
    struct worker *resolver;
    struct worker *probers[PROBERS_MAXIMUM];
    int prober_count;
    struct homes *homes;
    struct endpoint_entry *waiting; /* for addresses that are another prober's at the moment */
    size_t evidence;                /* bytes */
};

static int compare_keys(const void *one, const void *other)
{
    return strcmp(((const struct endpoint_entry *)one)->endpoint->key,
                  ((const struct endpoint_entry *)other)->endpoint->key);
}

static int compare_ids(const void *one, const void *other)
{
    return strcmp(((const struct endpoint_entry *)one)->endpoint->id,
                  ((const struct endpoint_entry *)other)->endpoint->id);
}

static struct endpoint_entry *find_by_id(const struct endpoint_table *table, const char *id)
{
    struct endpoint endpoint = {.id = (char *)id};
    struct endpoint_entry key = {.endpoint = &endpoint};
    void *found = tfind(&key, &table->by_id, compare_ids);
    return found ? *(struct endpoint_entry **)found : NULL;
}

static void probe(struct run *run, struct endpoint_entry *entry);

/* Who waited for its addresses may go on. */
static void leave_prober(struct run *run, struct endpoint_entry *entry)
{
    struct endpoint_table *table = run->endpoints;
    struct endpoint_entry *waiting = table->waiting;
    if (!entry->home)
        return;
    homes_leave(table->homes, entry->home);
    entry->home = NULL;
    table->waiting = NULL;
    while (waiting && !run->ending) {
        struct endpoint_entry *next = waiting->next_waiting;
        probe(run, waiting);
        waiting = next;
    }
}

static void finish(struct run *run, struct endpoint_entry *entry)
{
    if (entry->state == STATE_DONE)
        return;
    entry->state = STATE_DONE;
    run->endpoints->done++;
    leave_prober(run, entry);
    instances_continue(run);
    run_check_end(run);
}

/* ---- probing ------------------------------------------------------------------------------------------ */

static enum probe_depth depth_of(const struct run *run, const struct endpoint_entry *entry)
{
    return entry->carrying ? DEPTH_HANDSHAKE : run->config->probe_depth;
}

static bool may_carry(const struct run *run, const struct endpoint *endpoint)
{
    return carry_is_possible(former_endpoint(run->former, endpoint->key), run->config->probe_depth,
                             run->config->versions_every, time(NULL));
}

static void send_job(struct endpoint_table *table, struct endpoint_entry *entry, const struct probe_job *job)
{
    int prober = homes_enter(table->homes, entry->endpoint->resolve);
    if (prober < 0) {
        entry->next_waiting = table->waiting;
        table->waiting = entry;
        return;
    }
    char *row = row_write(&probe_job_element, job, NULL);
    entry->home = entry->endpoint->resolve;
    worker_send(table->probers[prober], job->id, row);
    free(row);
}

static void probe(struct run *run, struct endpoint_entry *entry)
{
    struct endpoint *endpoint = entry->endpoint;
    struct arena *arena = arena_new();
    struct probe_job *job = arena_alloc(arena, sizeof(*job));
    *job = (struct probe_job){.id = endpoint->id,
                              .kind = endpoint->kind,
                              .depth = depth_of(run, entry),
                              .host = endpoint->host,
                              .instance = endpoint->instance,
                              .port = endpoint->port};
    list_each (struct address, address, &endpoint->resolve->addresses) {
        address->allowed = network_allowed(&run->config->allow, &run->config->deny, address->ip)
                               ? TERNARY_TRUE
                               : TERNARY_FALSE;
        if (address->allowed != TERNARY_TRUE)
            continue;
        struct address *target = arena_alloc(arena, sizeof(*target));
        target->ip = address->ip;
        list_append(&job->addresses, target);
    }
    if (job->addresses.count > 0) {
        entry->state = STATE_PROBING;
        send_job(run->endpoints, entry, job);
    } else {
        if (endpoint->resolve->addresses.count > 0)
            endpoint->resolve->outcome = RESOLVE_DENIED;
        finish(run, entry);
    }
    arena_free(arena);
}

/* ---- resolving ---------------------------------------------------------------------------------------- */

/* The names that the endpoint's host may stand for: the resolver is asked for these and no others. */
static void name_candidates(const struct run *run, const struct endpoint *endpoint,
                            struct name_candidates *candidates)
{
    const struct config *config = run->config;
    size_t suffixes = 0;
    while (config->dns_suffixes[suffixes])
        suffixes++;
    struct name_completion completion = {.hosts = run->config->host_table,
                                         .suffixes = (const char *const *)config->dns_suffixes,
                                         .suffix_count = suffixes,
                                         .owner_domain = endpoint->domain};
    name_completion_candidates(&completion, endpoint->host, candidates);
}

static void resolve(struct run *run, struct endpoint_entry *entry)
{
    struct endpoint *endpoint = entry->endpoint;
    struct name_candidates candidates;
    name_candidates(run, endpoint, &candidates);
    struct arena *arena = arena_new();
    struct resolve_job *job = arena_alloc(arena, sizeof(*job));
    *job = (struct resolve_job){
        .id = endpoint->id, .timeout = number_of(RESOLVE_TIMEOUT), .reverse = TERNARY_TRUE};
    for (size_t i = 0; i < candidates.count; i++) {
        struct candidate *candidate = arena_alloc(arena, sizeof(*candidate));
        candidate->name = candidates.at[i].name;
        candidate->source = arena_text(arena, name_source_name(candidates.at[i].source));
        list_append(&job->candidates, candidate);
    }
    char *row = row_write(&resolve_job_element, job, NULL);
    worker_send(run->endpoints->resolver, endpoint->id, row);
    free(row);
    arena_free(arena);
}

/* ---- what comes back ---------------------------------------------------------------------------------- */

/* A count of one probe: more would be no count. */
static void add_count(struct number *sum, struct number more)
{
    if (more.known && more.value >= 0 && more.value < INT32_MAX)
        *sum = number_of(sum->value + more.value);
}

/* Takes over what a prober found; the definition (kind, host, links …) and the addresses stay main's. */
static void take_evidence(struct endpoint *endpoint, const struct endpoint *row)
{
    if (row->browser)
        endpoint->browser = row->browser;
    if (row->prelogin)
        endpoint->prelogin = row->prelogin;
    if (row->strict)
        endpoint->strict = row->strict;
    if (row->pings.count)
        endpoint->pings = row->pings;
    if (row->connects.count)
        endpoint->connects = row->connects;
    if (row->tls.count)
        endpoint->tls = row->tls;
    if (row->certificates.count)
        endpoint->certificates = row->certificates;
    if (row->properties.count)
        endpoint->properties = row->properties;
    add_count(&endpoint->broken_off, row->broken_off);
    add_count(&endpoint->connections, row->connections);
    if (row->reachable)
        endpoint->reachable = row->reachable;
}

/* The endpoint of a row, where the worker was asked about it and has not said more than main can keep. NULL
 * and *error otherwise. */
static struct endpoint_entry *read_answer(struct run *run, const struct worker *worker, const char *bytes,
                                          size_t length, struct endpoint **answer, const char **error)
{
    struct endpoint_table *table = run->endpoints;
    size_t before = arena_size(run->arena);
    if (table->evidence + length > EVIDENCE_BASE + EVIDENCE_EACH * table->count) {
        *error = "it said more of the endpoints than there can be";
        return NULL;
    }
    struct row row = row_read(run->arena, bytes, length, error);
    size_t grown = arena_size(run->arena) - before; /* less than the row where it repeats what is there */
    table->evidence += grown > length ? grown : length;
    *answer = row.element == &endpoint_element ? row.item : NULL;
    if (row.element && (!*answer || !(*answer)->id || !worker_is_asked(worker, (*answer)->id)))
        *error = "it spoke of what it was not asked";
    return *error ? NULL : find_by_id(table, (*answer)->id);
}

static const char *refused(struct run *run, const char *role, const char *error)
{
    run_problem(run, "a %s was ended, because it cannot be believed: %s", role, error);
    return arena_format(run->arena, "not believed: %s", error);
}

/* The name goes into an audited instance's connection string, and packets go to the addresses. */
static bool resolve_is_possible(const struct run *run, const struct endpoint *endpoint,
                                const struct resolve *resolve)
{
    struct name_candidates candidates;
    bool asked = !resolve->name;
    name_candidates(run, endpoint, &candidates);
    for (size_t i = 0; i < candidates.count && !asked; i++)
        asked = strcmp(candidates.at[i].name, resolve->name) == 0;
    list_each (struct address, address, &resolve->addresses)
        asked = asked && network_is_address(address->ip);
    return asked;
}

static const char *on_resolver_row(void *context, const struct worker *worker, const char *bytes,
                                   size_t length)
{
    struct run *run = context;
    struct endpoint *row;
    const char *error = NULL;
    struct endpoint_entry *entry = read_answer(run, worker, bytes, length, &row, &error);
    if (entry && row->resolve && !resolve_is_possible(run, entry->endpoint, row->resolve))
        error = "it named another host, or an address that is none";
    if (error)
        return refused(run, "resolver", error);
    entry->endpoint->resolve = row->resolve;
    return NULL;
}

static const char *on_prober_row(void *context, const struct worker *worker, const char *bytes, size_t length)
{
    struct run *run = context;
    struct endpoint *row;
    const char *error = NULL;
    struct endpoint_entry *entry = read_answer(run, worker, bytes, length, &row, &error);
    if (entry && row->resolve)
        error = "it gave an endpoint an address or a name";
    if (error)
        return refused(run, "prober", error);
    take_evidence(entry->endpoint, row);
    return NULL;
}

static void on_resolved(void *context, const char *id)
{
    struct run *run = context;
    struct endpoint_entry *entry = find_by_id(run->endpoints, id);
    if (!entry || entry->state != STATE_RESOLVING)
        return;
    if (!entry->endpoint->resolve || run->ending) {
        finish(run, entry);
        return;
    }
    entry->carrying = may_carry(run, entry->endpoint);
    probe(run, entry);
    instances_continue(run); /* one may have waited for its addresses */
}

static void on_probed(void *context, const char *id)
{
    struct run *run = context;
    struct endpoint_entry *entry = find_by_id(run->endpoints, id);
    if (!entry)
        return;
    struct endpoint *endpoint = entry->endpoint;
    endpoint->probed = number_of(time(NULL));
    bool again = entry->carrying && !carry_over(former_endpoint(run->former, endpoint->key), run->arena,
                                                endpoint, run->config->probe_depth);
    entry->carrying = false;
    if (!again || run->ending) {
        finish(run, entry);
        return;
    }
    leave_prober(run, entry);
    probe(run, entry); /* something has changed: everything is asked for */
}

static void on_blamed(void *context, const char *id, const char *reason)
{
    struct run *run = context;
    struct endpoint_entry *entry = find_by_id(run->endpoints, id);
    if (!entry)
        return;
    run_problem(run, "endpoint %s could not be probed: %s", entry->endpoint->key, reason);
    struct property *property = arena_alloc(run->arena, sizeof(*property));
    property->name = arena_text(run->arena, "probe-failure");
    property->value = arena_text(run->arena, reason);
    list_append(&entry->endpoint->properties, property);
    finish(run, entry);
}

static void on_log(void *context, const char *line)
{
    const struct run *run = context;
    if (run->verbose)
        run_say(run, false, "%s", line);
}

static void on_stopped(void *context, const char *fault)
{
    struct run *run = context;
    if (fault)
        run_problem(run, "a resolver or prober ended badly after its work was done: %s", fault);
    run_check_end(run);
}

static int64_t prober_patience(const struct config *config)
{
    int64_t attempts = config->probe_depth == DEPTH_FULL ? ATTEMPTS_MAXIMUM_FULL : ATTEMPTS_MAXIMUM;
    return WORKER_PATIENCE + attempts * (config->connect_timeout + 3 * (int64_t)config->tls_timeout);
}

static const struct worker_events resolver_events = {on_resolver_row, on_resolved, on_blamed, on_log,
                                                     on_stopped};
static const struct worker_events prober_events = {on_prober_row, on_probed, on_blamed, on_log, on_stopped};

/* ---- the table ---------------------------------------------------------------------------------------- */

static char *settings_row(const struct config *config, int probers)
{
    struct prober_settings settings = {
        .ca_file = config->ca_file,
        .connect_timeout = number_of(config->connect_timeout),
        .tls_timeout = number_of(config->tls_timeout),
        .browser_timeout = number_of(BROWSER_TIMEOUT),
        .concurrency = number_of((config->probe_concurrency + probers - 1) / probers),
        .per_host_connections = number_of(config->per_host_connections),
        .rate = number_of((config->rate + probers - 1) / probers),
    };
    return row_write(&prober_settings_element, &settings, NULL);
}

struct endpoint_table *endpoints_start(struct run *run)
{
    struct endpoint_table *table = arena_alloc(run->arena, sizeof(*table));
    int cores = (int)uv_available_parallelism();
    table->prober_count = cores < 1 ? 1 : cores > PROBERS_MAXIMUM ? PROBERS_MAXIMUM : cores;
    table->homes = homes_new(table->prober_count);
    run->endpoints = table;
    table->resolver = worker_start(run->loop, "resolver", NULL, WORKER_PATIENCE, &resolver_events, run);
    char *settings = settings_row(run->config, table->prober_count);
    for (int i = 0; i < table->prober_count; i++)
        table->probers[i] =
            worker_start(run->loop, "prober", settings, prober_patience(run->config), &prober_events, run);
    free(settings);
    return table;
}

static struct endpoint_entry *new_entry(struct run *run, const struct target *target, const char *key,
                                        const struct instance *owner)
{
    struct endpoint_table *table = run->endpoints;
    struct endpoint_entry *entry = arena_alloc(run->arena, sizeof(*entry));
    struct endpoint *endpoint = arena_alloc(run->arena, sizeof(*endpoint));
    endpoint->id = arena_format(run->arena, "e%zu", ++table->count);
    endpoint->key = arena_text(run->arena, key);
    endpoint->kind = target->kind;
    endpoint->host = arena_text(run->arena, *target->host   ? target->host
                                            : *target->name ? target->name
                                                            : NULL);
    endpoint->instance = arena_text(run->arena, *target->instance ? target->instance : NULL);
    endpoint->links = number_of(0);
    if (target->port)
        endpoint->port = number_of(target->port);
    if (*target->host && host_name_is_single_label(target->host) && owner)
        endpoint->domain = owner->domain;
    list_append(&run->audit->endpoints, endpoint);
    entry->endpoint = endpoint;
    tsearch(entry, &table->by_key, compare_keys);
    tsearch(entry, &table->by_id, compare_ids);
    return entry;
}

struct endpoint *endpoints_add(struct run *run, const struct target *target, const struct instance *owner,
                               bool link)
{
    char key[TARGET_KEY_SIZE];
    target_key(target, key);
    struct endpoint wanted = {.key = key};
    struct endpoint_entry sought = {.endpoint = &wanted};
    void *found = tfind(&sought, &run->endpoints->by_key, compare_keys);
    struct endpoint_entry *entry =
        found ? *(struct endpoint_entry **)found : new_entry(run, target, key, owner);
    if (link)
        entry->endpoint->links.value++;
    if (found)
        return entry->endpoint;
    if (endpoint_kind_is_network(target->kind) && *target->host && !run->ending)
        resolve(run, entry);
    else
        finish(run, entry);
    return entry->endpoint;
}

struct endpoint *endpoints_find(const struct run *run, const char *id)
{
    const struct endpoint_entry *entry = find_by_id(run->endpoints, id);
    return entry ? entry->endpoint : NULL;
}

bool endpoint_is_done(const struct run *run, const struct endpoint *endpoint)
{
    const struct endpoint_entry *entry = find_by_id(run->endpoints, endpoint->id);
    return !entry || entry->state == STATE_DONE;
}

bool endpoints_all_done(const struct run *run)
{
    return run->endpoints->done == run->endpoints->count;
}

/* twalk has no argument for its action: the one slow endpoint is found through the report's list instead. */
void endpoints_progress(const struct run *run, size_t *all, size_t *done, const char **slow)
{
    *all = run->endpoints->count;
    *done = run->endpoints->done;
    *slow = NULL;
    list_each (struct endpoint, endpoint, &run->audit->endpoints)
        if (!endpoint_is_done(run, endpoint)) {
            *slow = endpoint->key;
            return;
        }
}

void endpoints_stop(struct run *run)
{
    struct endpoint_table *table = run->endpoints;
    if (!table->resolver)
        return;
    struct worker *resolver = table->resolver;
    table->resolver = NULL;
    worker_stop(resolver);
    for (int i = 0; i < table->prober_count; i++)
        worker_stop(table->probers[i]);
}

void endpoints_free(struct run *run)
{
    tdestroy(run->endpoints->by_key, arena_owns);
    tdestroy(run->endpoints->by_id, arena_owns);
    homes_free(run->endpoints->homes);
}
