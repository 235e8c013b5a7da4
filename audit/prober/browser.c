#include "audit/prober/browser.h"
#include "audit/prober/datagram.h"
#include "audit/prober/ssrp.h"

#include <string.h>
#include <sys/socket.h>

enum { TRIES = 3 };

/* All addresses are asked at once; the best answer counts. */
struct survey {
    struct probe *probe;
    const char *instance;
    bool aside;        /* beside the steps */
    unsigned interval; /* between two tries, in milliseconds */
    unsigned open;
    struct browser *best;
    struct inquiry *inquiries[ADDRESSES_MAXIMUM];
    size_t count;
};

struct inquiry {
    struct survey *survey;
    struct datagram *datagram;
    const char *ip;
    bool everything; /* 03 was sent: all instances are asked for */
    unsigned tries;
    uint64_t started;
    struct browser *row;
};

/* From worst to best. */
static int rank(enum browser_outcome outcome)
{
    static const enum browser_outcome order[] = {BROWSER_SKIPPED,     BROWSER_SILENT,
                                                 BROWSER_UNREACHABLE, BROWSER_PROHIBITED,
                                                 BROWSER_INVALID,     BROWSER_INSTANCE_NOT_FOUND,
                                                 BROWSER_WITHOUT_TCP, BROWSER_ANSWERED};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        if (order[i] == outcome)
            return (int)i;
    return -1;
}

static void survey_done(struct survey *survey)
{
    struct probe *probe = survey->probe;
    struct browser *best = survey->best;
    if (!survey->aside || !probe->ip)
        probe->endpoint->browser = best;
    if (survey->aside) {
        probe_background_done(probe);
        return;
    }
    if (best && best->outcome == BROWSER_ANSWERED && !probe->port)
        probe->port = (unsigned)best->tcp_port.value;
    probe_next(probe);
}

static void inquiry_done(struct inquiry *inquiry, enum browser_outcome outcome)
{
    struct survey *survey = inquiry->survey;
    inquiry->row->outcome = outcome;
    inquiry->row->ms = number_of(clock_ms_since(inquiry->started));
    datagram_close(inquiry->datagram);
    inquiry->datagram = NULL;
    survey->open--;
    if (!survey->best || rank(outcome) > rank(survey->best->outcome))
        survey->best = inquiry->row;
    /* Nobody is waited for once the port is known. */
    for (size_t i = 0; outcome == BROWSER_ANSWERED && i < survey->count; i++)
        if (survey->inquiries[i]->datagram) {
            datagram_close(survey->inquiries[i]->datagram);
            survey->inquiries[i]->datagram = NULL;
            survey->open--;
        }
    if (survey->open == 0)
        survey_done(survey);
}

/* ---- answers --------------------------------------------------------------------------------------- */

static void note_list(struct inquiry *inquiry, const ssrp_list *instances)
{
    char *text = NULL;
    struct arena *arena = inquiry->survey->probe->arena;
    list_each (struct ssrp_instance, instance, instances) {
        const char *before = text ? text : "", *blank = text ? " " : "";
        text = instance->tcp_port.known ? arena_format(arena, "%s%s%s:%d", before, blank, instance->name,
                                                       (int)instance->tcp_port.value)
                                        : arena_format(arena, "%s%s%s", before, blank, instance->name);
        if (strlen(text) > 2000)
            break; /* enough to see what is there, and each step copies the text */
    }
    inquiry->row->instances = text;
}

static void note_instance(struct browser *row, const struct ssrp_instance *instance)
{
    row->server_name = instance->server_name;
    row->instance = instance->name;
    row->version = instance->version;
    row->pipe = instance->pipe;
    row->clustered = instance->clustered;
    row->tcp_port = instance->tcp_port;
}

static void answered(struct inquiry *inquiry, const struct datagram_news *news)
{
    struct arena *arena = inquiry->survey->probe->arena;
    ssrp_list instances = {0};
    const char *error = ssrp_read(arena, news->bytes, news->length, &instances);
    if (error) {
        /* Anybody can send such a thing: a better answer may still come. */
        inquiry->row->detail = arena_text(arena, error);
        return;
    }
    inquiry->row->detail = NULL;
    inquiry->row->answered_from = strcmp(news->from, inquiry->ip) == 0 ? NULL : arena_text(arena, news->from);
    struct ssrp_instance *instance = ssrp_find(&instances, inquiry->survey->instance);
    if (inquiry->everything || instances.count > 1 || !instance)
        note_list(inquiry, &instances);
    if (!instance) {
        inquiry_done(inquiry, BROWSER_INSTANCE_NOT_FOUND);
        return;
    }
    note_instance(inquiry->row, instance);
    inquiry_done(inquiry, instance->tcp_port.known ? BROWSER_ANSWERED : BROWSER_WITHOUT_TCP);
}

static void refused(struct inquiry *inquiry, const struct icmp_error *icmp)
{
    struct arena *arena = inquiry->survey->probe->arena;
    inquiry->row->detail = icmp->from[0] ? arena_format(arena, "%s from %s", icmp->detail, icmp->from)
                                         : arena_text(arena, icmp->detail);
    inquiry_done(inquiry, icmp->meaning == ICMP_PROHIBITED ? BROWSER_PROHIBITED : BROWSER_UNREACHABLE);
}

/* ---- questions ------------------------------------------------------------------------------------- */

static void ask(struct inquiry *inquiry)
{
    struct survey *survey = inquiry->survey;
    uint8_t request[SSRP_REQUEST_MAXIMUM];
    size_t length = ssrp_request(request, inquiry->everything ? NULL : survey->instance);
    if (length == 0) {
        /* No instance can have such a name; what there is can still be asked. */
        inquiry->everything = true;
        length = ssrp_request(request, NULL);
    }
    inquiry->tries++;
    int error = datagram_send(inquiry->datagram, inquiry->ip, SSRP_PORT, request, length);
    if (error) {
        inquiry->row->detail = arena_text(survey->probe->arena, strerror(error));
        inquiry_done(inquiry, icmp_meaning_of_errno(error) == ICMP_PROHIBITED ? BROWSER_PROHIBITED
                                                                              : BROWSER_UNREACHABLE);
        return;
    }
    datagram_deadline(inquiry->datagram, survey->interval);
}

/* SQL Browser keeps silent about an instance that it does not know, and a packet may be lost: ask again, then
 * for everything. */
static void silent(struct inquiry *inquiry)
{
    if (inquiry->tries < TRIES) {
        ask(inquiry);
    } else if (!inquiry->everything) {
        inquiry->everything = true;
        inquiry->tries = 0;
        ask(inquiry);
    } else {
        inquiry_done(inquiry, inquiry->row->detail ? BROWSER_INVALID : BROWSER_SILENT);
    }
}

static void on_event(void *owner, struct datagram *datagram, enum datagram_event event,
                     const struct datagram_news *news)
{
    struct inquiry *inquiry = owner;
    (void)datagram;
    switch (event) {
    case DATAGRAM_READY:
        inquiry->started = clock_us();
        ask(inquiry);
        break;
    case DATAGRAM_FAILED:
        inquiry->started = clock_us();
        inquiry->row->detail = arena_text(inquiry->survey->probe->arena, strerror(news->error));
        inquiry_done(inquiry, BROWSER_SKIPPED);
        break;
    case DATAGRAM_ANSWER:
        answered(inquiry, news);
        break;
    case DATAGRAM_ICMP:
        refused(inquiry, &news->icmp);
        break;
    case DATAGRAM_TIMEOUT:
        silent(inquiry);
        break;
    }
}

static void begin_inquiry(struct survey *survey, const struct address *address)
{
    struct probe *probe = survey->probe;
    struct inquiry *inquiry = arena_alloc(probe->arena, sizeof(*inquiry));
    inquiry->survey = survey;
    inquiry->ip = address->ip;
    inquiry->row = arena_alloc(probe->arena, sizeof(*inquiry->row));
    inquiry->row->ip = address->ip;
    survey->inquiries[survey->count++] = inquiry;
    survey->open++;
    inquiry->datagram = datagram_open(&probe->prober->engine, strchr(address->ip, ':') ? AF_INET6 : AF_INET,
                                      IPPROTO_UDP, on_event, inquiry);
}

static void begin_survey(struct probe *probe, unsigned timeout, bool aside)
{
    struct survey *survey = arena_alloc(probe->arena, sizeof(*survey));
    survey->probe = probe;
    survey->aside = aside;
    survey->interval = timeout / TRIES + 1;
    survey->instance = probe->job->instance ? probe->job->instance : "MSSQLSERVER";
    list_each (struct address, address, &probe->job->addresses) {
        if (survey->count < ADDRESSES_MAXIMUM)
            begin_inquiry(survey, address);
    }
    if (survey->count == 0)
        survey_done(survey);
}

void browser_run(struct probe *probe)
{
    begin_survey(probe, probe->prober->browser_timeout, false);
}

void browser_ask_elsewhere(struct probe *probe)
{
    begin_survey(probe, probe->prober->browser_timeout / 2, false);
}

void browser_aside(struct probe *probe)
{
    probe->background++;
    begin_survey(probe, probe->prober->browser_timeout / 2, true);
}
