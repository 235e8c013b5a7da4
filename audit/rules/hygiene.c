#include "audit/rules/assessment.h"

#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/version.h"
#include "audit/diagnosis/view.h"
#include "audit/model/properties.h"

#include <stdlib.h>
#include <string.h>

/* ---- links to one target
 * ------------------------------------------------------------------------------------------ */

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

/* ---- unused, old-style, own
 * ---------------------------------------------------------------------------------------- */

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
