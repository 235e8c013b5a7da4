#include "audit/rules/assessment.h"

#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/version.h"
#include "audit/diagnosis/view.h"
#include "audit/model/properties.h"

#include <string.h>

/* The links of one instance stand together in its endpoint's list. Reports them where there are several, and
 * gives the first link of the next instance. */
static const struct link_place *report_run(struct assessment *a, const struct endpoint_place *endpoint,
                                           const struct link_place *run)
{
    struct prose names = prose_new(a->arena);
    const struct link_place *place = run;
    size_t count = 0;
    for (; place && place->instance == run->instance; place = place->next_of_endpoint) {
        if (place->replication)
            continue;
        count++;
        prose_separate(&names, ", ");
        prose_put(&names, place->link->name);
    }
    if (count > 1)
        report(a, (struct subject){run->instance, NULL, endpoint->endpoint},
               arena_format(a->arena, "%zu links to %s: %s", count, endpoint_label(a, endpoint->endpoint),
                            prose_text(&names)));
    return place;
}

void check_h01(struct assessment *a)
{
    each_endpoint (a, endpoint)
        for (const struct link_place *run = endpoint->links; run;)
            run = report_run(a, endpoint, run);
}

void check_h02(struct assessment *a)
{
    each_place (a, place) {
        size_t searched = 0, left_out = 0;
        if (place->replication || place->link->uses.count || !uses_were_searched(place->instance))
            continue;
        list_each (struct database, database, &place->instance->databases) {
            searched += database->searched == TERNARY_TRUE;
            left_out += database->searched != TERNARY_TRUE;
        }
        report(a, subject_of_place(place),
               arena_format(a->arena, "searched: %zu database%s; not searched: %zu", searched,
                            searched == 1 ? "" : "s", left_out));
    }
}

void check_h03(struct assessment *a)
{
    each_place (a, place)
        if (place->link->linked == TERNARY_FALSE && !place->replication)
            report(a, subject_of_place(place), arena_text(a->arena, "is_linked = 0"));
}

void check_h04(struct assessment *a)
{
    each_place (a, place) {
        bool own = place->target && place->target == place->instance;
        bool same = place->endpoint && place->instance->endpoint &&
                    strcmp(place->endpoint->endpoint->id, place->instance->endpoint) == 0;
        if ((own || same) && !place->replication)
            report(a, subject_of_place(place),
                   arena_format(a->arena, "it leads to %s itself", place->instance->name));
    }
}

/* ---- time-outs
 * --------------------------------------------------------------------------------------------- */

/* Seconds until a connection is given up: the link's, else the instance's, else the release's default; 0:
 * never. */
static struct number connect_timeout(const struct link_place *place)
{
    struct number own = place->link->connect_timeout;
    if (!own.known || own.value > 0)
        return own;
    struct number option = instance_property_number(place->instance, PROPERTY_REMOTE_LOGIN_TIMEOUT);
    if (option.known)
        return option;
    unsigned major = version_of(place->instance->server_version).part[0];
    return major ? number_of(major >= 11 ? 10 : 20) : (struct number){0};
}

/* The same for a query; the default of ten minutes is not judged, only waiting for ever. */
static bool waits_for_ever(const struct link_place *place)
{
    struct number option = instance_property_number(place->instance, PROPERTY_REMOTE_QUERY_TIMEOUT);
    return place->link->query_timeout.known && place->link->query_timeout.value == 0 && option.known &&
           option.value == 0;
}

void check_h05(struct assessment *a)
{
    each_place (a, place) {
        struct number seconds = connect_timeout(place);
        struct prose prose = prose_new(a->arena);
        if (seconds.known && seconds.value == 0)
            prose_put(&prose, "a connection is waited for without end");
        else if (seconds.known && seconds.value > a->policy->timeout_seconds)
            prose_add(&prose, "a connection is waited for %lld seconds", (long long)seconds.value);
        if (waits_for_ever(place)) {
            prose_separate(&prose, "; ");
            prose_put(&prose, "a query is waited for without end");
        }
        if (prose.length && !place->replication)
            report(a, subject_of_place(place), prose_text(&prose));
    }
}
