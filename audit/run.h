/* One audit: what its parts share. The parts, in the order of the data flow:
 *
 *   instances.c   the configuration's instances and their collectors; with fork_server.c, which makes those,
 *                 instance_rows.c, what they send, own_logins.c, whether one may log in, and link_tests.c
 *   endpoints.c   distinct targets: resolver, allow and deny, probers; with homes.c, which of them asks which
 *                 address, and carry.c, what the former report knows of a target that has not changed
 *   run.c         starts all, notices the end
 *   publish.c     diagnosis, findings, changes, the report's files */
#pragma once

#include "audit/child.h"
#include "audit/config.h"
#include "audit/former.h"
#include "audit/model/model.h"
#include "audit/target/endpoint_target.h"
#include "audit/worker.h"

struct endpoint_table;
struct instance_table;

struct run {
    const struct config *config;
    const struct former *former; /* NULL: there is none */
    struct arena *arena;         /* everything of the report */
    struct audit *audit;
    uv_loop_t *loop;
    struct endpoint_table *endpoints;
    struct instance_table *instances;
    struct handles *handles;
    bool link_tests, verbose, quiet, show_progress;
    bool begun;       /* all parts are there */
    bool ending;      /* nothing new is begun */
    bool stopping;    /* the children are being ended */
    bool interrupted; /* by a signal or the deadline */
};

/* Says something on standard error, in the run's own time; with `always` also when quiet. */
void run_say(const struct run *run, bool always, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Keeps a problem of the run itself in the report, and says it. */
void run_problem(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Called by the parts whenever something ended: the run ends when nothing is left to do. */
void run_check_end(struct run *run);

/* ---- endpoints ------------------------------------------------------------------------------------- */

struct endpoint_table *endpoints_start(struct run *run);

/* The endpoint of a target, new or known. `owner` is the instance whose link or own address it is; its domain
 * completes a single-label name. `link`: whether a linked server leads there (it is counted). */
struct endpoint *endpoints_add(struct run *run, const struct target *target, const struct instance *owner,
                               bool link);

/* The endpoint of that id, or NULL. */
struct endpoint *endpoints_find(const struct run *run, const char *id);

/* Whether it has been probed, or will not be. */
bool endpoint_is_done(const struct run *run, const struct endpoint *endpoint);

/* Whether all have been probed, or will not be. */
bool endpoints_all_done(const struct run *run);

/* How many there are, how many are done, and one that is not (NULL: none): walks them all, for a person to
 * read. */
void endpoints_progress(const struct run *run, size_t *all, size_t *done, const char **slow);

/* Ends resolver and probers; what has not been answered stays unprobed. */
void endpoints_stop(struct run *run);
void endpoints_free(struct run *run);

/* ---- instances ------------------------------------------------------------------------------------- */

/* Whether the instance is among names and tag:TAG (ended by NULL); with NULL or none of them every instance
 * is. */
bool instance_selected(const struct instance_config *config, const char *const *only);

/* With `none`, no instance of the configuration is audited. */
struct instance_table *instances_start(struct run *run, const char *const *only, bool none);

/* Starts collectors as far as the configuration's limits let it; called when something ended or an endpoint
 * was probed. */
void instances_continue(struct run *run);

/* Whether every instance has all that it will have. */
bool instances_all_done(const struct run *run);

/* As endpoints_progress; and how many linked servers are known. */
void instances_progress(const struct run *run, size_t *all, size_t *done, size_t *links, const char **slow);
void instances_stop(struct run *run);
void instances_free(struct run *run);

/* ---- the whole ------------------------------------------------------------------------------------- */

struct run_options {
    const struct config *config;
    const char *const *only;    /* names and tag:TAG, ended by NULL; NULL: everything */
    const char *const *targets; /* endpoints to probe instead of instances, as target_from_text reads them */
    size_t target_count;
    const char *former_directory; /* of the former report; NULL: it is not asked for */
    bool link_tests, verbose, quiet;
};

/* Audits the estate into an audit of the arena. *former, where it is wanted, is the former report or NULL,
 * and the caller's to free. False, after a message, when it could not begin. The signals that end a run early
 * are held back when it returns (signals.h): what was found is to be written. */
bool run_audit(const struct run_options *options, struct arena *arena, struct audit **audit,
               struct former **former);
