/* The instances' own tests of their links. Every test is a real login at its target, so two things hold for
 * the whole run, whichever instances the links belong to and by whichever name they call the target: a remote
 * login is offered to a server by one test at a time, and never again after it was refused. */
#include "audit/instances.h"
#include "audit/model/instance_index.h"
#include "audit/model/memory.h"
#include "audit/model/same_text.h"
#include "odbc/test_plan.h"

#include <ctype.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#define ALONE_FOR 1000     /* milliseconds that a test may take before others are begun beside it */
#define TOGETHER_MAXIMUM 8 /* groups in one job: where one takes its time, others wait for it */
#define TOGETHER_FOR 250   /* milliseconds: another collector may be free for what is not begun by then */

static void skip_test(struct run *run, struct linked_server *link, const char *reason)
{
    if (!link || link->test)
        return;
    link->test = arena_alloc(run->arena, sizeof(*link->test));
    link->test->outcome = TEST_SKIPPED;
    link->test->reason = arena_text(run->arena, reason);
}

static bool was_refused(const struct link_test *test)
{
    if (!test || test->outcome != TEST_FAILED)
        return false;
    list_each (struct message, message, &test->messages)
        if (is_login_refusal(message))
            return true;
    return false;
}

/* ---- remote logins ------------------------------------------------------------------------------------ */

static int compare_logins(const void *one, const void *other)
{
    return strcmp(((const struct remote_login *)one)->key, ((const struct remote_login *)other)->key);
}

/* Most servers compare login names without regard to case: what locks "App" locks "app". */
static char *remote_login_key(struct run *run, const char *place, const char *login)
{
    char *key = arena_format(run->arena, "%s\t%s", place, login);
    for (char *at = key; *at; at++)
        *at = (char)tolower((unsigned char)*at);
    return key;
}

/* The one of two places that stands for a server with several addresses. */
static const char *first_place(struct run *run, const char *place, const char *ip, struct number port)
{
    if (!ip || !port.known)
        return place;
    const char *other = arena_format(run->arena, "%s %lld", ip, (long long)port.value);
    return place && strcmp(place, other) <= 0 ? place : other;
}

/* Where an endpoint turned out to be: two names of one server share its lockouts. Its key as long as no
 * address is known. */
static const char *place_of(struct run *run, const struct endpoint *endpoint)
{
    const char *place = NULL;
    list_each (struct connection, connection, &endpoint->connects)
        place = first_place(run, place, connection->ip, connection->port);
    if (!place && endpoint->resolve) /* not allowed to be connected to from here */
        list_each (struct address, address, &endpoint->resolve->addresses)
            place = first_place(run, place, address->ip, endpoint->port);
    return place ? place : endpoint->key;
}

static struct remote_login *remote_login(struct run *run, const char *place, const char *login)
{
    if (!place || !login)
        return NULL;
    struct remote_login *wanted = arena_alloc(run->arena, sizeof(*wanted));
    wanted->key = remote_login_key(run, place, login);
    void *found = tsearch(wanted, &run->instances->remote_logins, compare_logins);
    if (!found)
        memory_exhausted();
    return *(struct remote_login **)found;
}

/* ---- former nights ------------------------------------------------------------------------------------ */

/* The newest modify_date of the link and its mappings. */
static int64_t last_change(const struct linked_server *link)
{
    int64_t newest = link->modified.known ? link->modified.value : 0;
    list_each (struct login_mapping, mapping, &link->logins)
        if (mapping->modified.known && mapping->modified.value > newest)
            newest = mapping->modified.value;
    return newest;
}

static bool is_changed(const struct linked_server *before, const struct linked_server *link)
{
    return !before || last_change(before) != last_change(link);
}

static struct link_test *carry_over(struct arena *arena, const struct link_test *test)
{
    struct link_test *copy = arena_alloc(arena, sizeof(*copy));
    *copy = (struct link_test){.outcome = test->outcome, .at = test->at, .ms = test->ms};
    copy->login = arena_text(arena, test->login);
    copy->reason = arena_text(arena, "carried over: this login was refused then, and neither the link nor "
                                     "its mappings have changed since");
    list_each (struct message, message, &test->messages) {
        struct message *again = arena_alloc(arena, sizeof(*again));
        *again = *message;
        again->sqlstate = arena_text(arena, message->sqlstate);
        again->text = arena_text(arena, message->text);
        list_append(&copy->messages, again);
    }
    return copy;
}

/* A login that its target refused on a former night is not offered again before somebody changed the link or
 * a mapping: each try counts towards a lockout. A Windows account by its ticket is nothing to lock, and what
 * its refusal proves, the way to the target, may be otherwise tonight. */
static bool refused_before(struct instance_entry *entry, const struct planned_test *planned)
{
    const struct run *run = entry->run;
    const struct linked_server *before = former_link(run->former, entry->instance->name, planned->link->name);
    if (!before || !was_refused(before->test) || is_changed(before, planned->link) ||
        !(planned->skip || (planned->login && same_text(text_or_empty(before->test->login), planned->login))))
        return false;
    planned->link->test = carry_over(run->arena, before->test);
    return true;
}

static void remember_at(struct run *run, const char *place, const char *login, char *why)
{
    struct remote_login *refused = remote_login(run, place, login);
    if (refused)
        refused->before = why;
}

static void remember_refusal(void *context, const char *instance, const struct linked_server *link,
                             const struct endpoint *endpoint)
{
    struct run *run = context;
    if (!endpoint || !was_refused(link->test))
        return;
    char *why = arena_format(
        run->arena,
        "not tested: its target refused this remote login on a former night (link %s of %s), and this "
        "link has not changed since",
        link->name, instance);
    remember_at(run, endpoint->key, link->test->login, why);
    remember_at(run, place_of(run, endpoint), link->test->login, why);
}

void link_tests_remember(struct run *run)
{
    former_each_link(run->former, remember_refusal, run);
}

/* ---- the plan ----------------------------------------------------------------------------------------- */

static const char *endpoint_key(const struct linked_server *link, void *context)
{
    const struct endpoint *endpoint = link->endpoint ? endpoints_find(context, link->endpoint) : NULL;
    return endpoint ? endpoint->key : NULL;
}

static void make_groups(struct instance_entry *entry, const test_plan *plan)
{
    struct run *run = entry->run;
    struct collector_job *jobs = memory_new(plan->count, sizeof(*jobs));
    size_t count = test_plan_share(run->arena, plan, jobs, plan->count);
    for (size_t i = 0; i < count; i++) {
        struct test_group *group = arena_alloc(run->arena, sizeof(*group));
        const struct test_request *first = jobs[i].tests.first;
        const struct linked_server *link = first ? instance_link(entry->instance, first->link) : NULL;
        list_join(&group->tests, &jobs[i].tests);
        group->endpoint = link && link->endpoint ? endpoints_find(run, link->endpoint) : NULL;
        group->place = group->endpoint             ? group->endpoint->key
                       : link && link->data_source ? link->data_source
                                                   : "";
        list_append(&entry->groups, group);
    }
    entry->together = 1;
    free(jobs);
}

void link_tests_plan(struct instance_entry *entry)
{
    struct run *run = entry->run;
    const struct config *config = run->config;
    struct test_rules rules = {.enabled = run->link_tests && config->link_test != LINK_TEST_NONE,
                               .other_providers = config->link_test == LINK_TEST_ALL,
                               .self = config->link_test_self};
    test_plan plan = test_plan_make(run->arena, entry->instance, &rules, endpoint_key, run);
    for (struct planned_test *planned = plan.first; planned; planned = planned->next) {
        if (refused_before(entry, planned))
            planned->skip = planned->link->test->reason;
        if (planned->skip)
            skip_test(run, planned->link, planned->skip);
    }
    entry->tests_at_a_time = config->link_test_concurrency;
    if (plan.count > 0)
        make_groups(entry, &plan);
}

/* ---- the tests ---------------------------------------------------------------------------------------- */

static void skip_group(struct instance_entry *entry, const struct test_group *group, const char *reason)
{
    list_each (struct test_request, request, &group->tests)
        skip_test(entry->run, instance_link(entry->instance, request->link), reason);
}

void link_tests_give_up(struct instance_entry *entry, const char *reason)
{
    list_each (struct test_group, group, &entry->groups)
        skip_group(entry, group, reason);
    memset(&entry->groups, 0, sizeof(entry->groups));
}

/* Takes out the tests that have a result, and returns how many there were. A refusal is remembered for the
 * whole run. */
static size_t take_results(struct instance_entry *entry, struct test_group *group)
{
    struct test_request *request = group->tests.first;
    size_t taken = 0;
    memset(&group->tests, 0, sizeof(group->tests));
    for (struct test_request *next; request; request = next) {
        const struct linked_server *link = instance_link(entry->instance, request->link);
        next = request->next;
        if (!link || !link->test) {
            list_append(&group->tests, request);
            continue;
        }
        taken++;
        if (group->remote_login && was_refused(link->test))
            group->remote_login->refused = true;
    }
    if (group->remote_login)
        group->remote_login->offered = false;
    return taken;
}

/* Where all answer at once, the next job holds more of them; one that takes its time has kept others waiting.
 */
static void adapt(struct instance_entry *entry, const test_groups *left)
{
    if (left->first)
        entry->together = 1;
    else if (entry->together < TOGETHER_MAXIMUM)
        entry->together *= 2;
}

/* What the collector's job has left is begun before all else. Where the collector ended within the job, or
 * did nothing of it, the first that is left may be the reason, and its login may have been offered: that one
 * is not begun again. */
static void end_job(struct collector *collector, bool ended)
{
    struct instance_entry *entry = collector->entry;
    struct test_group *group = collector->groups.first;
    test_groups left = {0};
    size_t taken = 0;
    memset(&collector->groups, 0, sizeof(collector->groups));
    for (struct test_group *next; group; group = next) {
        next = group->next;
        taken += take_results(entry, group);
        if (group->tests.first)
            list_append(&left, group);
    }
    adapt(entry, &left);
    if (left.first && (ended || taken == 0)) {
        skip_group(entry, left.first, "its collector ended before it");
        left.first = left.first->next;
        left.last = left.first ? left.last : NULL;
        left.count--;
    }
    list_join(&left, &entry->groups);
    entry->groups = left;
}

void link_tests_ended(struct collector *collector)
{
    if (collector->groups.first)
        end_job(collector, true);
}

/* Another link's refusal counts towards the same lockout. Who changes a link wants it tried; the others wait
 * until that one's test passes. */
static const char *refused_by_another(struct instance_entry *entry, const struct test_group *group,
                                      const struct test_request *request)
{
    struct run *run = entry->run;
    const struct linked_server *before = former_link(run->former, entry->instance->name, request->link);
    const struct linked_server *link = instance_link(entry->instance, request->link);
    const struct remote_login *by_name = remote_login(run, group->place, request->login);
    if (!link || is_changed(before, link))
        return NULL;
    return group->remote_login->before ? group->remote_login->before : by_name->before;
}

static void skip_refused_by_another(struct instance_entry *entry, struct test_group *group)
{
    struct test_request *request = group->tests.first;
    memset(&group->tests, 0, sizeof(group->tests));
    for (struct test_request *next; request; request = next) {
        const char *why = refused_by_another(entry, group, request);
        next = request->next;
        if (why)
            skip_test(entry->run, instance_link(entry->instance, request->link), why);
        else
            list_append(&group->tests, request);
    }
}

/* Which server the group's login is offered to is known when its endpoint has been probed: until then, false.
 */
static bool know_remote_login(struct instance_entry *entry, struct test_group *group)
{
    const struct test_request *first = group->tests.first;
    const struct endpoint *endpoint = group->endpoint;
    if (group->remote_login || !first || !first->login)
        return true;
    if (endpoint && !endpoint_is_done(entry->run, endpoint))
        return false;
    group->remote_login =
        remote_login(entry->run, endpoint ? place_of(entry->run, endpoint) : group->place, first->login);
    skip_refused_by_another(entry, group);
    return true;
}

/* Where the endpoint is not known, a collector takes each for the same (odbc/link_tests.c). */
static bool go_together(const struct instance_entry *entry, const test_groups *chosen,
                        const struct test_group *group)
{
    return !chosen->first || (chosen->count < entry->together && chosen->first->endpoint && group->endpoint);
}

static void choose(test_groups *chosen, struct test_group *group)
{
    list_append(chosen, group);
    if (group->remote_login)
        group->remote_login->offered = true;
}

/* Takes out the first groups that may begin now, as many as go together; those that may never begin are
 * skipped on the way. */
static test_groups next_groups(struct instance_entry *entry)
{
    test_groups chosen = {0};
    struct test_group *group = entry->groups.first;
    memset(&entry->groups, 0, sizeof(entry->groups));
    for (struct test_group *next; group; group = next) {
        next = group->next;
        bool known = go_together(entry, &chosen, group) && know_remote_login(entry, group);
        struct remote_login *login = group->remote_login;
        if (!group->tests.first)
            continue;
        if (login && login->refused)
            skip_group(entry, group, "its target has refused this remote login in this run already");
        else if (!known || (login && login->offered))
            list_append(&entry->groups, group);
        else
            choose(&chosen, group);
    }
    return chosen;
}

/* A collector that the system would not make: the instance's others do its work. */
static void take_back(struct instance_entry *entry, const test_groups *groups, const char *error)
{
    test_groups back = *groups;
    list_each (struct test_group, group, groups)
        if (group->remote_login)
            group->remote_login->offered = false;
    if (entry->collectors > 0) {
        list_join(&back, &entry->groups);
        entry->groups = back;
        entry->tests_at_a_time = entry->collectors;
        return;
    }
    run_problem(entry->run, "%s: its collector could not be started: %s", entry->instance->name, error);
    list_each (struct test_group, group, groups)
        skip_group(entry, group, "its collector could not be started");
}

/* The collector's next job, or without one that of a new collector. */
static void give(struct instance_entry *entry, struct collector *collector, const test_groups *groups)
{
    struct arena *arena = arena_new();
    const char *error;
    struct collector_job job = {.task = TASK_LINK_TESTS, .tests_for = number_of(TOGETHER_FOR)};
    list_each (struct test_group, group, groups)
        list_each (struct test_request, request, &group->tests) {
            struct test_request *copy = arena_alloc(arena, sizeof(*copy));
            *copy = *request;
            list_append(&job.tests, copy);
        }
    if (collector) {
        collector->kept = false;
        collector->groups = *groups;
        collector_send(collector, &job);
    } else if (!collector_start(entry, &job, groups, &error)) {
        take_back(entry, groups, error);
    }
    arena_free(arena);
}

static struct collector *kept_collector(const struct instance_entry *entry)
{
    struct collector *collector = entry->running;
    while (collector && !collector->kept)
        collector = collector->next;
    return collector;
}

/* A test that waits for its target's probe, or for another instance's test, finds the session there that read
 * the inventory: one of each instance. */
static bool keep(struct collector *collector)
{
    const struct instance_entry *entry = collector->entry;
    if (!entry->groups.first || kept_collector(entry))
        return false;
    collector->kept = true;
    return true;
}

static bool has_remote_login(const test_groups *groups)
{
    list_each (struct test_group, group, groups)
        if (group->remote_login)
            return true;
    return false;
}

/* After a failure or a time-out the next tests get a process of their own; so they do where the session is
 * gone, because whether a login may be tried is asked before a process is started. */
bool link_tests_go_on(struct collector *collector)
{
    struct instance_entry *entry = collector->entry;
    bool awaited = has_remote_login(&collector->groups);
    if (collector->groups.first)
        end_job(collector, false);
    if (awaited)
        instances_continue(entry->run); /* another instance may have waited for one of those logins */
    if (collector->closed || entry->run->ending || entry->timed_out > 0 || entry->instance->failure ||
        instance_time_left(entry) <= 0)
        return false;
    test_groups groups = next_groups(entry);
    if (!groups.first)
        return keep(collector);
    give(entry, collector, &groups);
    return true;
}

void link_tests_look(struct instance_entry *entry)
{
    if (uv_now(entry->run->loop) - entry->sent_at < ALONE_FOR)
        return;
    for (const struct collector *collector = entry->running; collector; collector = collector->next)
        entry->tests_wait = entry->tests_wait || !collector->kept;
    entry->run->instances->brisk -= entry->brisk;
    entry->brisk = false;
}

/* Where every link answers at once, one collector is done before a second would have logged in. */
static int64_t collectors_wanted(const struct instance_entry *entry)
{
    return entry->tests_wait ? entry->tests_at_a_time : 1;
}

/* One test that timed out makes the instance's tests go one at a time, a second one ends them: a provider
 * that hangs inside the engine holds a worker of it each time. */
void link_tests_continue(struct instance_entry *entry)
{
    test_groups groups = {0};
    if (entry->run->ending)
        link_tests_give_up(entry, "the run was ended before");
    else if (entry->timed_out >= 2)
        link_tests_give_up(entry, "two tests of this instance had timed out");
    else if (instance_time_left(entry) <= 0)
        link_tests_give_up(entry, "the instance's deadline was reached before");
    else if (entry->shut_out)
        link_tests_give_up(entry, "the instance did not let the audit in again: its failure says why");
    else if (entry->collectors == 0 && own_login_given_up(entry))
        link_tests_give_up(entry, own_login_given_up(entry));
    if (entry->timed_out == 1)
        entry->tests_at_a_time = 1;
    struct collector *kept = kept_collector(entry);
    bool alone = entry->collectors == 1;
    if (kept && (alone || entry->timed_out == 0) && (groups = next_groups(entry)).first) {
        give(entry, kept, &groups);
    } else if (kept && !entry->groups.first) {
        kept->kept = false;
        child_close_input(kept->child);
    }
    while (entry->collectors < collectors_wanted(entry) && own_login_may_try(entry) &&
           (groups = next_groups(entry)).first)
        give(entry, NULL, &groups);
    if (entry->collectors == 0 && !entry->groups.first) {
        entry->run->instances->testing--;
        entry->run->instances->brisk -= entry->brisk;
        instance_finish(entry);
    }
}

void link_tests_free(struct run *run)
{
    tdestroy(run->instances->remote_logins, arena_owns);
}
