/* What instances.c, instance_rows.c, own_logins.c and link_tests.c share: the instances of a run and where
 * each is on its way. Internal to them. */
#pragma once

#include "audit/fork_server.h"
#include "audit/run.h"
#include "reports/row.h"

enum instance_state {
    STATE_WAITING,   /* for a collector's place, for its port, or for its login to be proven elsewhere */
    STATE_INVENTORY, /* its collector reads */
    STATE_UNTESTED,  /* waits for a place to test its links */
    STATE_TESTING,
    STATE_DONE
};

struct collector;

/* A credential of the audit's own and what came of it so far. */
struct login_state {
    const struct login_config *login; /* the first section that has it */
    int refused;
    struct collector *asking; /* those whose login has not been answered */
    uint64_t full_in;         /* the look at waiting instances in which no further one could try it */
};

/* A remote login at a server, whichever instances' links offer it, and by whichever of its names. */
struct remote_login {
    char *key;
    bool offered; /* a test that offers it is under way */
    bool refused; /* in this run: it is not offered again */
    char *before; /* when and by which link it was refused on a former night; NULL: it was not */
};

/* Links of one instance that offer the same remote login to the same endpoint: tested one after the other. */
struct test_group {
    struct test_group *next;
    const struct endpoint *endpoint; /* NULL: none is known */
    const char *place;               /* its name: the endpoint's key, else the data source */
    struct remote_login
        *remote_login; /* once the endpoint is known; NULL: nothing that could be refused twice */
    LIST_OF(struct test_request) tests; /* that have no result yet */
};
typedef LIST_OF(struct test_group) test_groups;

struct instance_entry {
    struct instance_entry *next, *next_open; /* next_open: of those that wait, or of those that are open */
    struct run *run;
    struct instance *instance;
    const struct instance_config *config;
    struct login_state *login;
    enum instance_state state;
    struct endpoint *endpoint; /* its own; NULL: hidden in a DSN */
    struct target target;
    int collectors; /* that run for it now */
    struct collector *running;
    test_groups groups; /* not begun yet */
    size_t together;    /* groups that its next job of tests holds */
    int64_t tests_at_a_time, timed_out;
    size_t bytes;            /* that it takes of main's memory */
    void *links;             /* tsearch tree of its linked servers, by name */
    uint64_t began, sent_at; /* the instance, its newest job; of the loop's clock */
    int asking;              /* collectors whose login has not been answered */
    bool described;          /* its header has come */
    bool let_in;             /* the audit, at least once */
    bool shut_out;           /* a login was refused, or no session came about: none is tried again */
    bool inventory_done;
    bool brisk;      /* counted among those that keep a processor busy */
    bool tests_wait; /* a test takes its time: others need not wait for it */
};

/* A collector that runs. */
struct collector {
    struct collector *next, **back;
    struct instance_entry *entry;
    struct child *child;
    enum collector_task task;
    test_groups groups; /* of its job of link tests; none: all that it began are ended */
    bool done;          /* with the job that it has */
    bool closed;        /* its session: another job would log in again */
    bool is_asking;     /* its login has not been answered */
    uint64_t asked_at;  /* of the loop's clock */
    struct collector *next_asking;
    bool kept; /* without groups: its session waits for tests that may not begin yet */
};

struct instance_table {
    LIST_OF(struct instance_entry) entries;
    struct instance_entry *waiting;          /* those in that state, in the configuration's order */
    struct instance_entry *open, **open_end; /* those that have left it and are not done, and some that are */
    void *own_logins, *remote_logins;        /* tsearch trees, by credential and by key */
    struct fork_server *forks; /* makes the collectors; NULL: they are started from the binary */
    bool settled;              /* whether that is known */
    size_t done;
    int reading, testing; /* instances in these states */
    int brisk;            /* of those that test, the ones that do not wait: as busy as those that read */
    int places; /* for those that read or are brisk: as configured, or as many as the system let there be */
    uv_timer_t start; /* collectors: once for all that happened in a turn of the loop */
    uint64_t starts;  /* how often it has fired */
    uv_timer_t look;  /* at tests that wait */
    bool looked;      /* once, and what was there to read has been read since */
};

/* ---- instances.c ----------------------------------------------------------------------------------- */

/* Starts a collector with the job, whose tests are those of the groups (NULL: none); false, with the system's
 * error, where it could not be. */
bool collector_start(struct instance_entry *entry, const struct collector_job *job, const test_groups *groups,
                     const char **error);

/* The next job of a collector that is done with its former one. */
void collector_send(struct collector *collector, const struct collector_job *job);

/* The instance has all that it will have. */
void instance_finish(struct instance_entry *entry);

/* Milliseconds until the instance's deadline. */
int64_t instance_time_left(const struct instance_entry *entry);

/* ---- instance_rows.c ------------------------------------------------------------------------------- */

/* Takes a row of the collector into its instance. NULL, or why it is not believed: what it says is not what
 * the collector was asked. */
const char *instance_take_row(struct collector *collector, struct row row);
void instance_rows_free(struct instance_entry *entry);

/* ---- own_logins.c ---------------------------------------------------------------------------------- */

/* What came of that credential; NULL for none. */
struct login_state *own_login(struct run *run, const struct login_config *login);

/* Whether the instance may be logged in to now: it refused nobody, no other login there is unanswered, and no
 * more than three refusals of the credential can come of it in this run. */
bool own_login_may_try(const struct instance_entry *entry);

/* Why it never may in this run, of the arena; NULL: it may. */
const char *own_login_given_up(const struct instance_entry *entry);

/* The collector is to log in. */
void own_login_tried(struct collector *collector);

/* The instance has answered, or the collector is no more. False when that was known. */
bool own_login_answered(struct collector *collector, bool refused);

void own_logins_free(struct run *run);

/* ---- link_tests.c ---------------------------------------------------------------------------------- */

/* Before the first plan: which remote logins were refused on former nights. */
void link_tests_remember(struct run *run);

/* Works out which links may be tested and fills entry->groups; every other link's test is `skipped`, with its
 * reason. */
void link_tests_plan(struct instance_entry *entry);

/* The collector has ended within a job of tests: what it left is not tested. */
void link_tests_ended(struct collector *collector);

/* A collector is done with its tests, or with the inventory: gives it the next ones, or keeps it until one
 * may begin; false when it is not needed any more. */
bool link_tests_go_on(struct collector *collector);

/* Notices whether the instance's tests wait for something: then more of them may run side by side. To be
 * called only when nothing that collectors sent is left unread. */
void link_tests_look(struct instance_entry *entry);

/* Starts what may be tested now; finishes the instance when nothing is left. */
void link_tests_continue(struct instance_entry *entry);

/* Marks everything that has not begun as skipped. */
void link_tests_give_up(struct instance_entry *entry, const char *reason);

void link_tests_free(struct run *run);
