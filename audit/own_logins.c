/* The audit's own logins. What a server or a domain counts towards a lockout is the credential, so one that
 * two sections of the configuration hold is one. Three refusals have to mean three, however many collectors
 * are under way: those whose login has not been answered may all be refused, too. */
#include "audit/instances.h"
#include "audit/model/arena.h"
#include "audit/model/memory.h"
#include "audit/model/same_text.h"

#include <search.h>
#include <string.h>
#include <strings.h>

#define REFUSALS_MAXIMUM 3 /* of one login in one run */
#define LATE_BY 5000       /* milliseconds behind its time-out: the driver hangs, and logs in nowhere */

/* All tickets are of the one account that the audit runs as. */
static int compare_credentials(const void *one, const void *other)
{
    const struct login_config *left = ((const struct login_state *)one)->login,
                              *right = ((const struct login_state *)other)->login;
    if (left->trusted || right->trusted)
        return (int)left->trusted - (int)right->trusted;
    int difference = strcasecmp(text_or_empty(left->uid), text_or_empty(right->uid));
    if (difference == 0 && left->password.length != right->password.length)
        difference = left->password.length < right->password.length ? -1 : 1;
    if (difference == 0 && left->password.length > 0)
        difference = memcmp(left->password.bytes, right->password.bytes, left->password.length);
    return difference;
}

struct login_state *own_login(struct run *run, const struct login_config *login)
{
    if (!login)
        return NULL;
    struct login_state *state = arena_alloc(run->arena, sizeof(*state));
    state->login = login;
    void *found = tsearch(state, &run->instances->own_logins, compare_credentials);
    if (!found)
        memory_exhausted();
    return *(struct login_state **)found;
}

void own_logins_free(struct run *run)
{
    tdestroy(run->instances->own_logins, arena_owns);
}

/* Whether the probe of the same address found nobody who would answer a login. */
static bool nobody_answers(const struct instance_entry *entry)
{
    const struct endpoint *endpoint = entry->endpoint;
    if (!endpoint || !endpoint_is_done(entry->run, endpoint) || !endpoint->connects.first)
        return false;
    bool speaks = endpoint->prelogin && endpoint->prelogin->outcome == PRELOGIN_OK;
    return !speaks && !(endpoint->strict && endpoint->strict->outcome == STRICT_YES);
}

static bool may_yet_be_refused(const struct collector *collector)
{
    const struct instance_entry *entry = collector->entry;
    int64_t asks_for = (int64_t)(uv_now(entry->run->loop) - collector->asked_at);
    return !nobody_answers(entry) && asks_for < entry->config->login_timeout + LATE_BY;
}

bool own_login_may_try(const struct instance_entry *entry)
{
    const struct login_state *login = entry->login;
    if (entry->shut_out || entry->asking > 0)
        return false;
    if (!login)
        return true;
    int counted = login->refused;
    for (const struct collector *collector = login->asking; collector; collector = collector->next_asking)
        counted += may_yet_be_refused(collector);
    return counted < REFUSALS_MAXIMUM;
}

const char *own_login_given_up(const struct instance_entry *entry)
{
    if (!entry->login || entry->login->refused < REFUSALS_MAXIMUM)
        return NULL;
    return arena_format(
        entry->run->arena,
        "not tried: the credential of [login %s] was refused by %d other instances of this run",
        entry->config->login->name, REFUSALS_MAXIMUM);
}

void own_login_tried(struct collector *collector)
{
    struct instance_entry *entry = collector->entry;
    collector->asked_at = uv_now(entry->run->loop);
    collector->is_asking = true;
    entry->asking++;
    if (entry->login) {
        collector->next_asking = entry->login->asking;
        entry->login->asking = collector;
    }
}

bool own_login_answered(struct collector *collector, bool refused)
{
    struct instance_entry *entry = collector->entry;
    if (!collector->is_asking)
        return false;
    collector->is_asking = false;
    entry->asking--;
    if (!entry->login)
        return true;
    struct collector **at = &entry->login->asking;
    while (*at != collector)
        at = &(*at)->next_asking;
    *at = collector->next_asking;
    entry->login->refused += refused;
    return true;
}
