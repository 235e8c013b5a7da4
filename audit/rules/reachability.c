#include "audit/rules/assessment.h"

#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/remedy.h"
#include "audit/diagnosis/tsql_quote.h"
#include "audit/diagnosis/view.h"
#include "audit/model/properties.h"
#include "audit/model/same_text.h"

#include <string.h>
#include <strings.h>

static const char *cause_name(const struct diagnosis *diagnosis)
{
    const char *name = diagnosis ? name_of(&cause_names, (int)diagnosis->cause) : NULL;
    return name ? name : "not diagnosed";
}

void check_r01(struct assessment *a)
{
    each_place (a, place) {
        const struct diagnosis *diagnosis = place->link->diagnosis;
        if (!link_is_broken(place->link))
            continue;
        struct finding *finding = report(
            a, subject_of_place(place),
            arena_format(a->arena, "%s: %s", cause_name(diagnosis), diagnosis->text ? diagnosis->text : ""));
        if (diagnosis->action)
            finding->remedy = diagnosis->action;
    }
}

static bool reaches(const struct link_place *place)
{
    return place->reached;
}

/* A login that the target refused has reached it as well. */
void check_r02(struct assessment *a)
{
    each_endpoint (a, place)
        if (place->endpoint->reachable == TERNARY_FALSE && place->reached_by_link)
            report(a, (struct subject){.endpoint = place->endpoint},
                   arena_format(a->arena, "%s: %s from the audit host; reached by %s",
                                endpoint_label(a, place->endpoint), cause_name(place->endpoint->diagnosis),
                                links_behind(a, place, reaches)));
}

void check_r03(struct assessment *a)
{
    each_endpoint (a, place) {
        const struct endpoint *endpoint = place->endpoint;
        if (place->link_count && endpoint->diagnosis && endpoint->diagnosis->cause == CAUSE_NAME_NOT_FOUND &&
            !place->named_by_link)
            report(a, (struct subject){.endpoint = endpoint},
                   arena_format(a->arena, "%s; tried: %s; %s", endpoint_label(a, endpoint),
                                endpoint->resolve && endpoint->resolve->tried ? endpoint->resolve->tried
                                                                              : "the name as it is",
                                links_behind(a, place, NULL)));
    }
}

/* The port goes into each link; a few are written out. */
static char *name_the_port(struct assessment *a, const struct endpoint_place *place)
{
    enum { WRITTEN = 3 };
    const struct endpoint *endpoint = place->endpoint;
    struct number port = endpoint_port(endpoint);
    const char *host = text_or_empty(endpoint->host);
    char *server = port.known ? arena_format(a->arena, "%s,%lld", host, (long long)port.value)
                              : arena_format(a->arena, "%s,<its fixed port>", host);
    struct prose prose = prose_new(a->arena);
    size_t count = 0;
    for (const struct link_place *link = place->links; link && count < WRITTEN;
         link = link->next_of_endpoint, count++) {
        prose_separate(&prose, "; then   ");
        prose_add(&prose, "%s   on %s", remedy_set_data_source(a->arena, link->link, server),
                  link->instance->name);
        if (count == 0)
            prose_put(&prose, ", after giving the instance a fixed port");
    }
    if (place->link_count > WRITTEN)
        prose_add(&prose, "; likewise in %zu more", place->link_count - WRITTEN);
    return prose_text(&prose);
}

void check_r04(struct assessment *a)
{
    each_endpoint (a, place) {
        const struct endpoint *endpoint = place->endpoint;
        if (endpoint->kind == ENDPOINT_SQLSERVER && place->link_count && endpoint->instance &&
            *endpoint->instance && !endpoint->port.known) {
            struct finding *finding =
                report(a, (struct subject){.endpoint = endpoint},
                       arena_format(a->arena, "%s: SQL Browser %s; %s", endpoint_label(a, endpoint),
                                    endpoint->browser
                                        ? name_of(&browser_outcome_names, (int)endpoint->browser->outcome)
                                        : "not asked",
                                    links_behind(a, place, NULL)));
            finding->remedy = name_the_port(a, place);
        }
    }
}

/* ---- pressure -------------------------------------------------------------------------------------- */

static void add_slowness(struct assessment *a, const struct endpoint *endpoint, struct prose *prose)
{
    list_each (struct connection, connection, &endpoint->connects) {
        if (connection->outcome != CONNECT_OK)
            continue;
        if (connection->ms.known && connection->ms.value >= a->policy->slow_ms)
            prose_add(prose, "; accepting took %lld ms", (long long)connection->ms.value);
        if (connection->retransmissions.known && connection->retransmissions.value > 0)
            prose_add(prose, "; %lld SYN packets had to be sent again",
                      (long long)connection->retransmissions.value);
        if (connection->attempts.known && connection->attempts.value > 1)
            prose_add(prose, "; %lld attempts were needed", (long long)connection->attempts.value);
    }
    if (endpoint->prelogin && endpoint->prelogin->outcome == PRELOGIN_OK && endpoint->prelogin->ms.known &&
        endpoint->prelogin->ms.value >= a->policy->slow_ms)
        prose_add(prose, "; the answer to PRELOGIN took %lld ms", (long long)endpoint->prelogin->ms.value);
}

/* A target that is dead for the audit host too is more than under pressure, and one that takes strict
 * connections only closes others at once. */
static bool told_pressure(const struct link_place *place)
{
    const struct diagnosis *diagnosis = place->link->diagnosis;
    if (!place->link->test || place->link->test->outcome == TEST_OK || !diagnosis ||
        diagnosis->cause == CAUSE_STRICT_ONLY || place->endpoint->endpoint->reachable == TERNARY_FALSE)
        return false;
    list_each (struct step, step, &diagnosis->steps)
        if (step->name == STEP_PRESSURE && step->result == RESULT_FAIL && step->from &&
            strcmp(step->from, "instance") == 0)
            return true;
    return false;
}

void check_r05(struct assessment *a)
{
    each_endpoint (a, place) {
        struct prose prose = prose_new(a->arena);
        bool told = false;
        for (const struct link_place *link = place->links; link; link = link->next_of_endpoint)
            told = told || told_pressure(link);
        if (place->endpoint->reachable == TERNARY_TRUE)
            add_slowness(a, place->endpoint, &prose);
        char *load = instance_load(a->arena, place->target);
        if (load)
            prose_add(&prose, "; %s", load);
        if (told)
            prose_add(&prose, "; connections that it could not take: %s",
                      links_behind(a, place, told_pressure));
        if (prose.length)
            report(a, (struct subject){.endpoint = place->endpoint},
                   arena_format(a->arena, "%s%s; %s", endpoint_label(a, place->endpoint), prose_text(&prose),
                                links_behind(a, place, NULL)));
    }
}

/* ---- dead links, listeners ------------------------------------------------------------------------- */

void check_r06(struct assessment *a)
{
    each_place (a, place)
        if (!place->replication && link_is_dead(place) && place->link->uses.count == 0 &&
            uses_were_searched(place->instance))
            report(a, subject_of_place(place),
                   arena_format(a->arena, "%s, and no use was found in the code that could be searched; %s",
                                cause_name(place->link->diagnosis), search_text(a, place->instance)));
}

static bool is_ipv6(const struct connection *connection)
{
    return connection->ip && strchr(connection->ip, ':');
}

/* A listener in several subnets: all its addresses are in DNS, and one of them answers. Addresses of the
 * other family do not count: the audit host may have no IPv6. */
static bool is_multi_subnet(const struct endpoint *endpoint)
{
    bool answers[2] = {false, false}, silent[2] = {false, false};
    list_each (struct connection, connection, &endpoint->connects) {
        bool family = is_ipv6(connection);
        answers[family] = answers[family] || connection->outcome == CONNECT_OK;
        silent[family] = silent[family] || connection->outcome == CONNECT_TIMEOUT ||
                         connection->outcome == CONNECT_HOST_UNREACHABLE ||
                         connection->outcome == CONNECT_NET_UNREACHABLE;
    }
    return (answers[0] && silent[0]) || (answers[1] && silent[1]);
}

static bool tries_one_address_at_a_time(const struct link_place *place)
{
    struct provider_string string;
    if (!place->sqlserver || !place->options_known)
        return false;
    provider_string_parse(PROVIDER_OLEDB, place->link->provider_string, &string);
    bool missing = provider_options(&string).multi_subnet_failover != PROVIDER_YES;
    provider_string_clear(&string);
    return missing;
}

void check_r07(struct assessment *a)
{
    each_place (a, place)
        if (place->endpoint && is_multi_subnet(place->endpoint->endpoint) &&
            tries_one_address_at_a_time(place))
            report(a, subject_of_place(place),
                   arena_format(
                       a->arena,
                       "%s has %zu addresses, of which not all answer; the link tries one after the other",
                       endpoint_label(a, place->endpoint->endpoint),
                       place->endpoint->endpoint->connects.count));
}

/* ---- stored logins that the target refuses --------------------------------------------------------- */

/* What the target says against the stored login itself, and not against whoever asks. */
static const struct message *refusal_of(const struct linked_server *link)
{
    static const int64_t refusals[] = {18456, 18470, 18486, 18487, 18488};
    if (!link->test || link->test->outcome != TEST_FAILED)
        return NULL;
    list_each (struct message, message, &link->test->messages)
        for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
            if (message->number.known && message->number.value == refusals[i])
                return message;
    return NULL;
}

static bool stores(const struct login_mapping *mapping, const char *login)
{
    return mapping->self != TERNARY_TRUE && mapping->remote && strcasecmp(mapping->remote, login) == 0;
}

/* The mapping that the audit login was tested by: its own, else everyone's. */
static const struct login_mapping *tested_mapping(const struct link_place *place)
{
    const char *own = instance_property(place->instance, PROPERTY_LOGIN);
    const struct login_mapping *everyone = NULL;
    list_each (struct login_mapping, mapping, &place->link->logins) {
        if (own && mapping->local && strcasecmp(mapping->local, own) == 0)
            return stores(mapping, place->link->test->login) ? mapping : NULL;
        if (is_everyone(mapping) && stores(mapping, place->link->test->login))
            everyone = mapping;
    }
    return everyone;
}

/* "; used by procedure app.dbo.p, job-step msdb.nightly": at most five; "" where none is known. */
static char *uses_text(struct assessment *a, const struct linked_server *link)
{
    struct prose prose = prose_new(a->arena);
    size_t count = 0;
    list_each (struct use, use, &link->uses) {
        const char *type = name_of(&use_type_names, (int)use->type);
        if (count++ < 5)
            prose_add(&prose, "%s%s%s%s%s%s", count > 1 ? ", " : "; used by ", type ? type : "",
                      type ? " " : "", use->database ? use->database : "", use->database ? "." : "",
                      use->object ? use->object : "?");
    }
    if (count > 5)
        prose_add(&prose, " and %zu more", count - 5);
    return prose_text(&prose);
}

/* A wrong password: the mapping again, for those that it is for now. What is wrong with the login at the
 * target, the diagnosis knows. */
static char *refusal_remedy(struct assessment *a, const struct link_place *place,
                            const struct login_mapping *mapping, const struct message *refusal)
{
    const struct diagnosis *diagnosis = place->link->diagnosis;
    if (refusal->number.value != 18456 && diagnosis && diagnosis->action)
        return diagnosis->action;
    return arena_format(
        a->arena,
        "EXEC sys.sp_addlinkedsrvlogin @rmtsrvname = %s, @useself = N'False', @locallogin = %s, @rmtuser = "
        "%s, @rmtpassword = N'<its password>';   on %s, by hand, once the login and its password work at "
        "the target",
        quote_literal(a->arena, place->link->name),
        is_everyone(mapping) ? "NULL" : quote_literal(a->arena, mapping->local),
        quote_literal(a->arena, mapping->remote), place->instance->name);
}

void check_r08(struct assessment *a)
{
    each_place (a, place) {
        const struct message *refusal = refusal_of(place->link);
        const struct login_mapping *mapping =
            refusal && place->link->test->login && !place->replication ? tested_mapping(place) : NULL;
        if (!mapping)
            continue;
        bool everyone = is_everyone(mapping);
        struct finding *finding = report_as(
            a, everyone ? SEVERITY_HIGH : a->rule->severity, subject_of_place(place),
            arena_format(a->arena, "%s is refused by %s (%lld); it is what %s of %s is mapped to%s%s%s",
                         mapping->remote,
                         place->endpoint ? endpoint_label(a, place->endpoint->endpoint) : "the target",
                         (long long)refusal->number.value,
                         everyone ? "every login without a mapping of its own" : mapping->local,
                         place->instance->name, refusal->text ? "; the target says: " : "",
                         refusal->text ? refusal->text : "", uses_text(a, place->link)));
        finding->remedy = refusal_remedy(a, place, mapping, refusal);
    }
}
