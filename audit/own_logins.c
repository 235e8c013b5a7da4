/* The audit's own logins. What a server or a domain counts towards a lockout is the credential, so one that
 * two sections of the configuration hold is one. Three refusals have to mean three, however many collectors
 * are under way: those whose login has not been answered may all be refused, too. */
#include "audit/instances.h"

#include <string.h>
#include <strings.h>

#define REFUSALS_MAXIMUM 3 /* of one login in one run */
#define LATE_BY 5000       /* milliseconds behind its time-out: the driver hangs, and logs in nowhere */

static bool same_credential(const struct login_config *one, const struct login_config *other)
{
    if (one->trusted || other->trusted)
        return one->trusted && other->trusted;
    return one->uid && other->uid && strcasecmp(one->uid, other->uid) == 0 &&
           one->password.length == other->password.length &&
           (one->password.length == 0 ||
            memcmp(one->password.bytes, other->password.bytes, one->password.length) == 0);
}

struct login_state *own_login(struct run *run, const struct login_config *login)
{
    if (!login)
        return NULL;
    list_each (struct login_state, state, &run->instances->logins)
        if (state->login == login || same_credential(state->login, login))
            return state;
    struct login_state *state = arena_alloc(run->arena, sizeof(*state));
    state->login = login;
    list_append(&run->instances->logins, state);
    return state;
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
