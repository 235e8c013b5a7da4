#include "audit/rules/assessment.h"

#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/version.h"
#include "audit/diagnosis/view.h"
#include "audit/model/properties.h"

#include <stdlib.h>
#include <string.h>

/* ---- links to one target --------------------------------------------------------------------------- */

/* A link with what it shares with others to the same target, however each of them spells it: the audited
 * instance, else the address and port that answered, else the endpoint. */
struct aim {
    const struct link_place *place;
    const char *instance, *ip, *endpoint; /* "" but for the one that decides */
    int64_t port;                         /* of the address */
};

/* Azure's gateways answer at one address for many servers. */
static const struct connection *telling_connection(const struct endpoint *endpoint)
{
    if (!endpoint_may_be_azure(endpoint))
        list_each (struct connection, connection, &endpoint->connects)
            if (connection->outcome == CONNECT_OK && connection->ip && connection->port.known)
                return connection;
    return NULL;
}

static struct aim aim_of(const struct link_place *place)
{
    const struct endpoint *endpoint = place->endpoint->endpoint;
    if (place->target)
        return (struct aim){place, place->target->name, "", "", 0};
    const struct connection *connection = telling_connection(endpoint);
    return connection ? (struct aim){place, "", connection->ip, "", connection->port.value}
                      : (struct aim){place, "", "", endpoint->id, 0};
}

static int compare_targets(const struct aim *left, const struct aim *right)
{
    int order = strcmp(left->instance, right->instance);
    order = order ? order : strcmp(left->ip, right->ip);
    order = order ? order : (left->port > right->port) - (left->port < right->port);
    return order ? order : strcmp(left->endpoint, right->endpoint);
}

/* Links to one target stand together, in the order of the instance. */
static int compare_aims(const void *a, const void *b)
{
    const struct aim *left = a, *right = b;
    int order = compare_targets(left, right);
    return order ? order : (left->place > right->place) - (left->place < right->place);
}

/* "2 links to sql07: L, M"; each with its spelling where they differ: "3 links to SQL07: L (sql07), M
 * (sql07,1433), N (sql07)". */
static void report_aims(struct assessment *a, const struct aim *first, size_t count)
{
    struct prose names = prose_new(a->arena);
    const struct endpoint_place *endpoint = first->place->endpoint;
    bool differ = false;
    for (size_t i = 1; i < count; i++)
        differ = differ || first[i].place->endpoint != endpoint;
    for (size_t i = 0; i < count; i++) {
        prose_separate(&names, ", ");
        prose_put(&names, first[i].place->link->name);
        if (differ)
            prose_add(&names, " (%s)", endpoint_label(a, first[i].place->endpoint->endpoint));
    }
    report(a, (struct subject){first->place->instance, NULL, endpoint->endpoint},
           arena_format(a->arena, "%zu links to %s: %s", count,
                        differ && *first->instance ? first->instance : endpoint_label(a, endpoint->endpoint),
                        prose_text(&names)));
}

/* Of the links of one instance, which stand together; gives the first place of the next instance. */
static const struct link_place *report_several(struct assessment *a, const struct link_place *place,
                                               const struct link_place *end, struct aim *aims)
{
    const struct instance *instance = place->instance;
    size_t count = 0;
    for (; place < end && place->instance == instance; place++)
        if (place->endpoint && !place->replication)
            aims[count++] = aim_of(place);
    qsort(aims, count, sizeof(*aims), compare_aims);
    for (size_t first = 0, next; first < count; first = next) {
        for (next = first + 1; next < count && compare_targets(&aims[first], &aims[next]) == 0;)
            next++;
        if (next - first > 1)
            report_aims(a, &aims[first], next - first);
    }
    return place;
}

void check_h01(struct assessment *a)
{
    struct aim *aims = arena_alloc(a->arena, (a->place_count + 1) * sizeof(*aims));
    const struct link_place *end = a->places + a->place_count;
    for (const struct link_place *place = a->places; place < end;)
        place = report_several(a, place, end, aims);
}

/* ---- unused, old-style, own ------------------------------------------------------------------------ */

/* A dead link without use is R06's. */
void check_h02(struct assessment *a)
{
    each_place (a, place)
        if (!place->replication && place->link->uses.count == 0 && uses_were_searched(place->instance) &&
            !link_is_dead(place))
            report(a, subject_of_place(place), search_text(a, place->instance));
}

void check_h03(struct assessment *a)
{
    each_place (a, place)
        if (place->link->linked == TERNARY_FALSE && !place->replication)
            report(a, subject_of_place(place), arena_text(a->arena, "is_linked = 0"));
}

void check_h04(struct assessment *a)
{
    each_place (a, place)
        if (leads_to_itself(place) && !place->replication)
            report(a, subject_of_place(place),
                   arena_format(a->arena, "it leads to %s itself", place->instance->name));
}

/* ---- time-outs ------------------------------------------------------------------------------------- */

/* "61 seconds"; 0 is "without end". */
static char *seconds_text(struct assessment *a, int64_t seconds)
{
    return seconds ? arena_format(a->arena, "%lld seconds", (long long)seconds)
                   : arena_text(a->arena, "without end");
}

static bool is_long(const struct assessment *a, struct number seconds)
{
    return seconds.known && (seconds.value == 0 || seconds.value > a->policy->timeout_seconds);
}

static void check_own_timeout(struct assessment *a, const struct link_place *place)
{
    struct number own = place->link->connect_timeout;
    if (!place->replication && own.known && own.value > 0 && is_long(a, own))
        report(a, subject_of_place(place),
               arena_format(a->arena,
                            "connect_timeout = %lld of the link: a caller waits %s for a connection",
                            (long long)own.value, seconds_text(a, own.value)));
}

/* What applies to the links of an instance that set nothing of their own, and how many those are. */
struct instance_timeouts {
    struct number connect, query;
    bool connect_given; /* by the option; else it is the release's default */
    size_t links, connect_links, query_links;
    struct prose names; /* of the first ten */
};

static struct instance_timeouts instance_timeouts(struct assessment *a, const struct instance *instance)
{
    struct instance_timeouts timeouts = {
        .connect = instance_property_number(instance, PROPERTY_REMOTE_LOGIN_TIMEOUT),
        .query = instance_property_number(instance, PROPERTY_REMOTE_QUERY_TIMEOUT),
        .names = prose_new(a->arena)};
    unsigned major = version_of(instance->server_version).part[0];
    timeouts.connect_given = timeouts.connect.known;
    if (!timeouts.connect.known && major)
        timeouts.connect = number_of(major >= 11 ? 10 : 20);
    return timeouts;
}

/* The default of ten minutes for a query is not judged, only waiting for ever. */
static void count_waiting(struct assessment *a, struct instance_timeouts *timeouts,
                          const struct link_place *place)
{
    const struct linked_server *link = place->link;
    bool connect =
        link->connect_timeout.known && link->connect_timeout.value == 0 && is_long(a, timeouts->connect);
    bool query = link->query_timeout.known && link->query_timeout.value == 0 && timeouts->query.known &&
                 timeouts->query.value == 0;
    if (place->replication || (!connect && !query))
        return;
    timeouts->connect_links += connect;
    timeouts->query_links += query;
    if (timeouts->links++ < 10) {
        prose_separate(&timeouts->names, ", ");
        prose_put(&timeouts->names, link->name);
    }
}

static char *timeouts_remedy(struct assessment *a, const struct instance *instance,
                             const struct instance_timeouts *timeouts)
{
    if (instance_is_rds(instance)) /* nobody runs sp_configure there */
        return arena_format(a->arena, "Set the options in the DB parameter group of %s", instance->name);
    return arena_format(
        a->arena, "%s%sRECONFIGURE;   on %s; or 'connect timeout' and 'query timeout' of each link",
        timeouts->connect_links ? "EXEC sys.sp_configure 'remote login timeout (s)', 10; " : "",
        timeouts->query_links ? "EXEC sys.sp_configure 'remote query timeout (s)', 600; " : "",
        instance->name);
}

/* One finding for all links that the instance's options decide for. */
static void report_instance_timeouts(struct assessment *a, const struct instance *instance,
                                     struct instance_timeouts *timeouts)
{
    struct prose prose = prose_new(a->arena);
    if (timeouts->connect_links)
        prose_add(&prose,
                  "connect_timeout = 0 of %zu link%s, and %s %lld: a caller waits %s for a connection",
                  timeouts->connect_links, timeouts->connect_links == 1 ? "" : "s",
                  timeouts->connect_given ? "the instance's option 'remote login timeout (s)' is"
                                          : "the release's default is",
                  (long long)timeouts->connect.value, seconds_text(a, timeouts->connect.value));
    if (timeouts->query_links) {
        prose_separate(&prose, "; ");
        prose_add(&prose,
                  "query_timeout = 0 of %zu link%s, and the instance's option 'remote query timeout (s)' is "
                  "0: a caller waits without end for a query",
                  timeouts->query_links, timeouts->query_links == 1 ? "" : "s");
    }
    if (!prose.length)
        return;
    prose_add(&prose, "; %s%s", prose_text(&timeouts->names), timeouts->links > 10 ? ", …" : "");
    struct finding *finding = report(a, (struct subject){.instance = instance}, prose_text(&prose));
    finding->remedy = timeouts_remedy(a, instance, timeouts);
}

void check_h05(struct assessment *a)
{
    const struct link_place *place = a->places, *end = a->places + a->place_count;
    while (place < end) {
        const struct instance *instance = place->instance;
        struct instance_timeouts timeouts = instance_timeouts(a, instance);
        for (; place < end && place->instance == instance; place++) {
            check_own_timeout(a, place);
            count_waiting(a, &timeouts, place);
        }
        report_instance_timeouts(a, instance, &timeouts);
    }
}
