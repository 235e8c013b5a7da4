#include "audit/resolver/lookup.h"
#include "audit/model/clock.h"
#include "audit/model/memory.h"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    DEFAULT_TIMEOUT_MS = 5000,
    REVERSE_TIMEOUT_MS = 2000, /* names of addresses are a nicety: not worth the whole deadline */
    SILENT_NAMES_MAXIMUM = 16, /* of addresses, in a row: then no more are asked for */
    QUERY_TIMEOUT_MS = 1000,   /* of the first try at a name server; c-ares doubles it */
    QUERY_TRIES = 2,
    SOCKETS_MAXIMUM = 256,
    REVERSE_NAME_SIZE = 4 * 16 + sizeof("ip6.arpa")
};

struct lookup {
    struct lookup *next, *previous; /* in the list of those that are open */
    struct lookups *lookups;
    struct arena *arena;
    const struct resolve_job *job;
    const struct candidate *candidate;
    struct resolve *result;
    int64_t started, deadline, candidate_deadline; /* milliseconds */
    enum resolve_outcome worst;                    /* of the candidates so far */
    unsigned reverse_open;
    lookup_done *done;
    void *owner;
};

/* A question that c-ares has not answered. It outlives a look-up that is over: c-ares cannot take back a
 * single one. */
struct question {
    struct lookup *lookup; /* NULL: nobody waits for it any more */
    struct question *next, *previous;
    struct lookups *lookups;
    const struct candidate *candidate;
    struct address *address; /* of a reverse look-up */
};

enum channel_use {
    CHANNEL_HOSTS_FILE,
    CHANNEL_DNS,
    CHANNEL_DNS_UNCHECKED, /* hands on what a name server refuses, instead of asking the next one */
    CHANNELS
};

struct channel {
    ares_channel ares;
    struct lookups *lookups;
};

struct lookups {
    struct channel channels[CHANNELS];
    struct lookup *first;
    struct question *questions;
    size_t open;
    unsigned silent_names; /* questions for names of addresses since the last answer to one */
    struct pollfd sockets[SOCKETS_MAXIMUM];
    ares_channel socket_channels[SOCKETS_MAXIMUM];
    size_t socket_count;
};

/* ---- channels -------------------------------------------------------------------------------------- */

static void note_socket(void *context, ares_socket_t fd, int readable, int writable)
{
    struct channel *channel = context;
    struct lookups *lookups = channel->lookups;
    size_t i = 0;
    while (i < lookups->socket_count && lookups->sockets[i].fd != fd)
        i++;
    if (!readable && !writable && i < lookups->socket_count) {
        lookups->sockets[i] = lookups->sockets[--lookups->socket_count];
        lookups->socket_channels[i] = lookups->socket_channels[lookups->socket_count];
    }
    if ((!readable && !writable) || i == SOCKETS_MAXIMUM)
        return; /* one too many is not heard: its questions end with their time */
    if (i == lookups->socket_count)
        lookups->socket_count++;
    lookups->socket_channels[i] = channel->ares;
    lookups->sockets[i] =
        (struct pollfd){.fd = fd, .events = (short)((readable ? POLLIN : 0) | (writable ? POLLOUT : 0))};
}

static bool open_channel(struct lookups *lookups, enum channel_use use)
{
    static const struct {
        char source[2];
        int flags;
    } uses[CHANNELS] = {
        [CHANNEL_HOSTS_FILE] = {"f", 0},
        [CHANNEL_DNS] = {"b", 0},
        [CHANNEL_DNS_UNCHECKED] = {"b", ARES_FLAG_NOCHECKRESP},
    };
    struct channel *channel = &lookups->channels[use];
    struct ares_options options = {
        .flags = uses[use].flags,
        .timeout = QUERY_TIMEOUT_MS,
        .tries = QUERY_TRIES,
        .lookups = (char *)uses[use].source,
        .sock_state_cb = note_socket,
        .sock_state_cb_data = channel,
        .socket_receive_buffer_size = 4 * 1024 * 1024, /* thousands of answers at a time */
    };
    channel->lookups = lookups;
    return ares_init_options(&channel->ares, &options,
                             ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
                                 ARES_OPT_SOCK_STATE_CB | ARES_OPT_SOCK_RCVBUF) == ARES_SUCCESS;
}

struct lookups *lookups_new(void)
{
    struct lookups *lookups = memory_new(1, sizeof(*lookups));
    bool opened = ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
    for (int use = 0; use < CHANNELS && opened; use++)
        opened = open_channel(lookups, (enum channel_use)use);
    if (opened)
        return lookups;
    lookups_free(lookups);
    return NULL;
}

void lookups_free(struct lookups *lookups)
{
    for (int use = 0; use < CHANNELS; use++)
        if (lookups->channels[use].ares)
            ares_destroy(lookups->channels[use].ares);
    ares_library_cleanup();
    free(lookups);
}

size_t lookups_open(const struct lookups *lookups)
{
    return lookups->open;
}

/* ---- questions ------------------------------------------------------------------------------------- */

static struct question *question_new(struct lookup *lookup)
{
    struct lookups *lookups = lookup->lookups;
    struct question *question = memory_new(1, sizeof(*question));
    *question = (struct question){
        .lookup = lookup, .candidate = lookup->candidate, .lookups = lookups, .next = lookups->questions};
    if (lookups->questions)
        lookups->questions->previous = question;
    lookups->questions = question;
    return question;
}

/* The look-up that waits for it, or NULL; the question is gone. */
static struct lookup *question_end(struct question *question)
{
    struct lookup *lookup = question->lookup;
    *(question->previous ? &question->previous->next : &question->lookups->questions) = question->next;
    if (question->next)
        question->next->previous = question->previous;
    free(question);
    return lookup;
}

static void abandon_questions(const struct lookup *lookup)
{
    for (struct question *question = lookup->lookups->questions; question; question = question->next)
        if (question->lookup == lookup)
            question->lookup = NULL;
}

/* ---- the end --------------------------------------------------------------------------------------- */

static void finish(struct lookup *lookup)
{
    struct lookups *lookups = lookup->lookups;
    *(lookup->previous ? &lookup->previous->next : &lookups->first) = lookup->next;
    if (lookup->next)
        lookup->next->previous = lookup->previous;
    lookups->open--;
    abandon_questions(lookup);
    if (!lookup->result->ms.known)
        lookup->result->ms = number_of(monotonic_ms() - lookup->started);
    lookup_done *done = lookup->done;
    void *owner = lookup->owner;
    struct resolve *result = lookup->result;
    free(lookup);
    done(owner, result);
}

/* ---- names of addresses ---------------------------------------------------------------------------- */

static bool is_answer(int status)
{
    return status != ARES_ETIMEOUT && status != ARES_ECANCELLED && status != ARES_EDESTRUCTION &&
           status != ARES_ECONNREFUSED;
}

/* The bytes of an address and their family; AF_UNSPEC: it is none. */
struct raw_address {
    int family, length;
    unsigned char bytes[sizeof(struct in6_addr)];
};

static struct raw_address raw_address(const char *ip)
{
    struct raw_address raw = {.family = AF_INET, .length = sizeof(struct in_addr)};
    if (inet_pton(AF_INET, ip, raw.bytes) != 1)
        raw = (struct raw_address){.family = AF_INET6, .length = sizeof(struct in6_addr)};
    if (raw.family == AF_INET6 && inet_pton(AF_INET6, ip, raw.bytes) != 1)
        raw.family = AF_UNSPEC;
    return raw;
}

/* RFC 1035, 3.5 and RFC 3596, 2.5: the address from its end, by bytes in decimal or by halves of bytes. */
static void put_reverse_name(const struct raw_address *raw, char name[REVERSE_NAME_SIZE])
{
    size_t used = 0;
    for (int i = raw->length - 1; i >= 0; i--) {
        unsigned byte = raw->bytes[i];
        used += raw->family == AF_INET
                    ? (size_t)snprintf(name + used, REVERSE_NAME_SIZE - used, "%u.", byte)
                    : (size_t)snprintf(name + used, REVERSE_NAME_SIZE - used, "%x.%x.", byte & 15, byte >> 4);
    }
    snprintf(name + used, REVERSE_NAME_SIZE - used, raw->family == AF_INET ? "in-addr.arpa" : "ip6.arpa");
}

static void take_name(struct lookup *lookup, struct address *address, const unsigned char *answer, int length)
{
    struct raw_address raw = raw_address(address->ip);
    struct hostent *host = NULL;
    if (ares_parse_ptr_reply(answer, length, raw.bytes, raw.length, raw.family, &host) != ARES_SUCCESS)
        return;
    address->reverse = arena_text(lookup->arena, host->h_name);
    ares_free_hostent(host);
}

static void on_name(void *context, int status, int timeouts, unsigned char *answer, int length)
{
    struct question *question = context;
    struct address *address = question->address;
    struct lookups *lookups = question->lookups;
    struct lookup *lookup = question_end(question);
    (void)timeouts;
    if (is_answer(status))
        lookups->silent_names = 0;
    else if (lookup)
        lookups->silent_names++;
    if (!lookup)
        return;
    if (status == ARES_SUCCESS)
        take_name(lookup, address, answer, length);
    if (--lookup->reverse_open == 0)
        finish(lookup);
}

/* Not by ares_getnameinfo(), which says of a silent name server that there is no such name. */
static void ask_name(struct lookup *lookup, struct address *address)
{
    const struct raw_address raw = raw_address(address->ip);
    char name[REVERSE_NAME_SIZE];
    if (raw.family == AF_UNSPEC)
        return;
    put_reverse_name(&raw, name);
    struct question *question = question_new(lookup);
    question->address = address;
    lookup->reverse_open++;
    ares_query(lookup->lookups->channels[CHANNEL_DNS].ares, name, C_IN, T_PTR, on_name, question);
}

static void resolved(struct lookup *lookup)
{
    size_t count = 0;
    lookup->result->ms = number_of(monotonic_ms() - lookup->started);
    /* A dead name server would cost every batch of names that time again. */
    if (lookup->job->reverse == TERNARY_TRUE && lookup->lookups->silent_names < SILENT_NAMES_MAXIMUM) {
        int64_t latest = monotonic_ms() + REVERSE_TIMEOUT_MS;
        if (lookup->deadline > latest)
            lookup->deadline = latest;
        lookup->candidate_deadline = lookup->deadline;
        lookup->reverse_open = 1; /* until all have been asked */
        list_each (struct address, address, &lookup->result->addresses) {
            if (count++ < REVERSE_MAXIMUM)
                ask_name(lookup, address);
        }
        lookup->reverse_open--;
    }
    if (lookup->reverse_open == 0)
        finish(lookup);
}

/* ---- addresses of names ---------------------------------------------------------------------------- */

static void try_candidate(struct lookup *lookup);

static void add_address(struct lookup *lookup, const char *ip)
{
    struct address *address = arena_alloc(lookup->arena, sizeof(*address));
    if (lookup->result->addresses.count >= LOOKUP_ADDRESSES_MAXIMUM)
        return;
    address->ip = arena_text(lookup->arena, ip);
    list_append(&lookup->result->addresses, address);
}

static void add_addresses(struct lookup *lookup, const struct ares_addrinfo *found)
{
    char text[INET6_ADDRSTRLEN];
    for (const struct ares_addrinfo_node *node = found->nodes; node; node = node->ai_next) {
        const void *address = node->ai_family == AF_INET
                                  ? (const void *)&((struct sockaddr_in *)node->ai_addr)->sin_addr
                                  : (const void *)&((struct sockaddr_in6 *)node->ai_addr)->sin6_addr;
        if (inet_ntop(node->ai_family, address, text, sizeof(text)))
            add_address(lookup, text);
    }
}

static const char *source_of(const struct lookup *lookup, const char *otherwise)
{
    const char *source = lookup->candidate->source;
    return source && strcmp(source, "dns") != 0 ? source : otherwise;
}

/* Behind aliases and a completed search domain. */
static const char *canonical_name(const struct ares_addrinfo *found)
{
    const char *name = found->name;
    for (const struct ares_addrinfo_cname *alias = found->cnames; alias; alias = alias->next)
        name = alias->name;
    return name;
}

static void found_addresses(struct lookup *lookup, const struct ares_addrinfo *found, const char *where)
{
    struct resolve *result = lookup->result;
    result->outcome = RESOLVE_OK;
    result->name = arena_text(lookup->arena, lookup->candidate->name);
    result->source = arena_text(lookup->arena, source_of(lookup, where));
    add_addresses(lookup, found);
    const char *name = canonical_name(found);
    bool differs = name && strcasecmp(name, lookup->candidate->name) != 0;
    result->detail = differs ? arena_format(lookup->arena, "the name in DNS is %s", name) : NULL;
    resolved(lookup);
}

static const struct outcome {
    int status;
    enum resolve_outcome outcome;
} outcomes[] = {
    {ARES_ENOTFOUND, RESOLVE_NO_NAME},      {ARES_EBADNAME, RESOLVE_NO_NAME},
    {ARES_ENODATA, RESOLVE_NO_ADDRESS},     {ARES_ETIMEOUT, RESOLVE_TEMPORARY},
    {ARES_ECONNREFUSED, RESOLVE_TEMPORARY}, {ARES_ECANCELLED, RESOLVE_TEMPORARY},
    {ARES_EDESTRUCTION, RESOLVE_TEMPORARY},
};

static enum resolve_outcome outcome_of(int status)
{
    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        if (outcomes[i].status == status)
            return outcomes[i].outcome;
    return RESOLVE_FAILED;
}

/* Which outcome counts when several names failed: the one that leaves most open. */
static int doubt(enum resolve_outcome outcome)
{
    static const int doubts[] = {
        [RESOLVE_NO_NAME] = 1, [RESOLVE_NO_ADDRESS] = 2, [RESOLVE_FAILED] = 3, [RESOLVE_TEMPORARY] = 4};
    return outcome ? doubts[outcome] : 0;
}

static void note_failure(struct lookup *lookup, enum resolve_outcome outcome, const char *why)
{
    struct resolve *result = lookup->result;
    if (doubt(outcome) > doubt(lookup->worst)) {
        lookup->worst = outcome;
        result->detail = arena_format(lookup->arena, "%s: %s", lookup->candidate->name, why);
    }
    lookup->candidate = lookup->candidate->next;
    try_candidate(lookup);
}

static const struct ares_addrinfo_hints hints = {.ai_flags = ARES_AI_CANONNAME | ARES_AI_NOSORT,
                                                 .ai_family = AF_UNSPEC};

/* Asks about the current candidate. The hosts file answers within the call. */
static void ask(struct lookup *lookup, enum channel_use use, ares_addrinfo_callback on_answer)
{
    ares_getaddrinfo(lookup->lookups->channels[use].ares, lookup->candidate->name, NULL, &hints, on_answer,
                     question_new(lookup));
}

static void answered(struct question *question, int status, struct ares_addrinfo *found, bool checked);

static void on_unchecked_addresses(void *context, int status, int timeouts, struct ares_addrinfo *found)
{
    (void)timeouts;
    answered(context, status, found, false);
}

static void on_addresses(void *context, int status, int timeouts, struct ares_addrinfo *found)
{
    (void)timeouts;
    answered(context, status, found, true);
}

static void answered(struct question *question, int status, struct ares_addrinfo *found, bool checked)
{
    const struct candidate *candidate = question->candidate;
    struct lookup *lookup = question_end(question);
    /* An answer that comes after the candidate's time: the next one is being asked already. */
    bool wanted = lookup && lookup->candidate == candidate;
    if (wanted && status == ARES_SUCCESS && found && found->nodes)
        found_addresses(lookup, found, "dns");
    else if (wanted && status == ARES_ECONNREFUSED && checked)
        /* c-ares says so too when every name server refused: what did they say? */
        ask(lookup, CHANNEL_DNS_UNCHECKED, on_unchecked_addresses);
    else if (wanted)
        note_failure(lookup, outcome_of(status),
                     status == ARES_SUCCESS ? "no address" : ares_strerror(status));
    if (found)
        ares_freeaddrinfo(found);
}

static void on_hosts_file(void *context, int status, int timeouts, struct ares_addrinfo *found)
{
    struct lookup *lookup = question_end(context);
    (void)timeouts;
    if (lookup && status == ARES_SUCCESS && found && found->nodes)
        found_addresses(lookup, found, "hosts-file");
    else if (lookup)
        ask(lookup, CHANNEL_DNS, on_addresses);
    if (found)
        ares_freeaddrinfo(found);
}

static bool is_numeric(const char *name)
{
    unsigned char address[16];
    return inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
}

static void numeric(struct lookup *lookup)
{
    struct resolve *result = lookup->result;
    result->outcome = RESOLVE_NUMERIC;
    result->name = arena_text(lookup->arena, lookup->candidate->name);
    result->source = arena_text(lookup->arena, lookup->candidate->source);
    result->detail = NULL;
    add_address(lookup, result->name);
    resolved(lookup);
}

/* Names that no name server may know: asking would only tell it (RFC 6761, 6.4). */
static bool is_invalid(const char *name)
{
    size_t length = strlen(name);
    if (length > 0 && name[length - 1] == '.')
        length--;
    return length >= 8 && strncasecmp(name + length - 8, ".invalid", 8) == 0;
}

static int64_t candidates_left(const struct lookup *lookup)
{
    int64_t count = 0;
    for (const struct candidate *candidate = lookup->candidate; candidate; candidate = candidate->next)
        count++;
    return count;
}

static void try_candidate(struct lookup *lookup)
{
    struct resolve *result = lookup->result;
    int64_t now = monotonic_ms();
    if (!lookup->candidate) {
        result->outcome = lookup->worst ? lookup->worst : RESOLVE_NO_NAME;
        finish(lookup);
        return;
    }
    const char *name = lookup->candidate->name;
    result->tried = result->tried ? arena_format(lookup->arena, "%s %s", result->tried, name)
                                  : arena_text(lookup->arena, name);
    /* Each candidate gets its share of what is left, so that a dead name server leaves some for the next. */
    lookup->candidate_deadline =
        now + (lookup->deadline > now ? (lookup->deadline - now) / candidates_left(lookup) : 0);
    if (is_numeric(name))
        numeric(lookup);
    else if (strchr(name, ':'))
        note_failure(lookup, RESOLVE_NO_NAME,
                     "an address with a zone, which means something on one machine only");
    else if (is_invalid(name))
        note_failure(lookup, RESOLVE_NO_NAME, "no name ends in .invalid");
    else
        ask(lookup, CHANNEL_HOSTS_FILE, on_hosts_file);
}

void lookup_start(struct lookups *lookups, struct arena *arena, const struct resolve_job *job,
                  lookup_done *done, void *owner)
{
    struct lookup *lookup = memory_new(1, sizeof(*lookup));
    int64_t timeout = job->timeout.known && job->timeout.value > 0 ? job->timeout.value : DEFAULT_TIMEOUT_MS;
    *lookup = (struct lookup){.next = lookups->first,
                              .lookups = lookups,
                              .arena = arena,
                              .job = job,
                              .candidate = job->candidates.first,
                              .result = arena_alloc(arena, sizeof(struct resolve)),
                              .started = monotonic_ms(),
                              .deadline = monotonic_ms() + timeout,
                              .done = done,
                              .owner = owner};
    if (lookups->first)
        lookups->first->previous = lookup;
    lookups->first = lookup;
    lookups->open++;
    try_candidate(lookup);
}

/* ---- the loop's part ------------------------------------------------------------------------------- */

static void expire(struct lookup *lookup)
{
    if (lookup->result->outcome) { /* only names of addresses are missing */
        lookup->lookups->silent_names += lookup->reverse_open;
        finish(lookup);
    } else {
        note_failure(lookup, RESOLVE_TEMPORARY, "no answer of the name servers in time");
    }
}

/* Ends what is due, from the start of the list again after each, for one end can bring others. */
static void expire_due(struct lookups *lookups)
{
    int64_t now = monotonic_ms();
    for (struct lookup *lookup = lookups->first; lookup;) {
        bool due = lookup->candidate_deadline <= now;
        struct lookup *next = lookup->next;
        if (due) {
            expire(lookup);
            next = lookups->first;
        }
        lookup = next;
    }
}

size_t lookups_wait_for(struct lookups *lookups, struct pollfd *sockets, size_t maximum, int *timeout)
{
    int64_t now = monotonic_ms();
    struct timeval most = {3600, 0}, wait;
    *timeout = -1;
    for (int use = 0; use < CHANNELS && lookups->questions; use++) {
        struct timeval *next = ares_timeout(lookups->channels[use].ares, &most, &wait);
        int due = (int)(next->tv_sec * 1000 + next->tv_usec / 1000 + 1);
        *timeout = *timeout < 0 || due < *timeout ? due : *timeout;
    }
    for (const struct lookup *lookup = lookups->first; lookup; lookup = lookup->next) {
        int left = lookup->candidate_deadline > now ? (int)(lookup->candidate_deadline - now) : 0;
        if (*timeout < 0 || left < *timeout)
            *timeout = left;
    }
    size_t count = lookups->socket_count < maximum ? lookups->socket_count : maximum;
    memcpy(sockets, lookups->sockets, count * sizeof(*sockets));
    return count;
}

void lookups_handle(struct lookups *lookups, const struct pollfd *sockets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        /* Handling one socket may close others: who is still there, and whose is it? */
        size_t at = 0;
        while (at < lookups->socket_count && lookups->sockets[at].fd != sockets[i].fd)
            at++;
        if (sockets[i].revents && at < lookups->socket_count)
            ares_process_fd(lookups->socket_channels[at],
                            sockets[i].revents & (POLLIN | POLLERR | POLLHUP) ? sockets[i].fd
                                                                              : ARES_SOCKET_BAD,
                            sockets[i].revents & POLLOUT ? sockets[i].fd : ARES_SOCKET_BAD);
    }
    for (int use = 0; use < CHANNELS; use++) /* their own time-outs */
        ares_process_fd(lookups->channels[use].ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    expire_due(lookups);
}
