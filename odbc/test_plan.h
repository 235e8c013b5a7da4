/* Which links an instance may be asked to test, and with whose credentials it would do so.
 *
 * sp_testlinkedserver makes a real login at the target, as the audit login is mapped there. So the effective
 * mapping is worked out from what the inventory found, and everything that could hand out a password, lock an
 * account or load a stranger's DLL is left alone unless it was asked for by name. Pure. */
#pragma once

#include "audit/model/job.h"
#include "audit/model/properties.h"

/* What the configuration allows. */
struct test_rules {
    bool enabled;         /* link_test is not none */
    bool other_providers; /* link_test = all: also providers that are not SQL Server's */
    bool self;            /* link_test_self = yes: self mappings under a SQL login too */
};

struct planned_test {
    struct planned_test *next;
    struct linked_server *link;
    const char *skip; /* why it is not tested; NULL: it is. Static or of the arena */
    /* The login that the target is offered: the mapping's, or the audit login of SQL Server itself; "": none
     * is given; NULL: the audit's Windows account. */
    const char *login;
    const char *endpoint; /* the canonical target that `endpoint_key` gave; NULL: it has none */
};
typedef LIST_OF(struct planned_test) test_plan;

/* A plan with an entry for each of the instance's linked servers, in their order, made in the arena.
 * `endpoint_key` gives the canonical target of a link (NULL where it has none) and may be NULL; then the data
 * source stands for it. */
test_plan test_plan_make(struct arena *arena, const struct instance *instance, const struct test_rules *rules,
                         const char *(*endpoint_key)(const struct linked_server *link, void *context),
                         void *context);

/* Spreads the tests that run over at most `maximum` jobs, evenly; tests with the same endpoint and remote
 * login go to the same job, one after the other, so that a refusal stops the rest. jobs[0 .. result-1] are
 * filled; the result is 0 when there is nothing to test. */
size_t test_plan_share(struct arena *arena, const test_plan *plan, struct collector_job *jobs,
                       size_t maximum);

/* Whether a message says that the server refused this login, and not whoever asks: no further attempt with it
 * may follow. */
bool is_login_refusal(const struct message *message);
