#include "audit/model/link_state.h"
#include "audit/rules/assessment.h"

static void count(struct number *number)
{
    number->value++;
}

static void count_link(struct summary *summary, const struct linked_server *link)
{
    enum link_state state = link_state(link);
    count(&summary->links);
    if (state == LINK_WORKS)
        count(&summary->links_ok);
    else if (state == LINK_BROKEN)
        count(&summary->links_failed);
    else
        count(&summary->links_unknown);
}

static void count_finding(struct summary *summary, const struct finding *finding)
{
    struct number *const severities[] = {
        [SEVERITY_CRITICAL] = &summary->critical, [SEVERITY_HIGH] = &summary->high,
        [SEVERITY_MEDIUM] = &summary->medium,     [SEVERITY_LOW] = &summary->low,
        [SEVERITY_INFO] = &summary->info,
    };
    if (finding->waived == TERNARY_TRUE)
        count(&summary->waived);
    else if (finding->severity >= SEVERITY_CRITICAL && finding->severity <= SEVERITY_INFO)
        count(severities[finding->severity]);
}

void summarize(struct arena *arena, struct audit *audit)
{
    struct summary *summary = arena_alloc(arena, sizeof(*summary));
    struct number *const all[] = {&summary->instances,    &summary->instances_failed,
                                  &summary->links,        &summary->links_ok,
                                  &summary->links_failed, &summary->links_unknown,
                                  &summary->endpoints,    &summary->endpoints_reachable,
                                  &summary->critical,     &summary->high,
                                  &summary->medium,       &summary->low,
                                  &summary->info,         &summary->waived};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        *all[i] = number_of(0);
    list_each (struct instance, instance, &audit->instances) {
        count(&summary->instances);
        if (instance->status == INSTANCE_FAILED || instance->status == INSTANCE_NOT_RUN)
            count(&summary->instances_failed);
        list_each (struct linked_server, link, &instance->linked_servers)
            count_link(summary, link);
    }
    list_each (struct endpoint, endpoint, &audit->endpoints) {
        count(&summary->endpoints);
        if (endpoint->reachable == TERNARY_TRUE)
            count(&summary->endpoints_reachable);
    }
    list_each (struct finding, finding, &audit->findings)
        count_finding(summary, finding);
    audit->summary = summary;
}
