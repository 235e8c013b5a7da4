/* The connect step: every address at once (bounded), as a client with MultiSubnetFailover does. The first
 * that answers is gone on with, while the others are still being tried. */
#include "audit/prober/probe.h"

struct contacts {
    struct probe *probe;
    unsigned open; /* addresses that have neither answered nor failed */
};

struct contact {
    struct contacts *contacts;
    struct connection *row;
};

static void note(struct contact *contact, const struct stream_outcome *outcome)
{
    struct connection *row = contact->row;
    struct arena *arena = contact->contacts->probe->arena;
    row->outcome = outcome->outcome;
    row->ms = number_of(outcome->ms);
    row->attempts = number_of(1);
    row->retransmissions = number_of(outcome->retransmissions);
    row->from = outcome->from[0] ? arena_text(arena, outcome->from) : NULL;
    row->detail = outcome->detail[0] ? arena_text(arena, outcome->detail) : NULL;
}

/* Nobody has answered for a while: what the kind can ask meanwhile costs no time of its own. */
static void use_the_time(struct probe *probe)
{
    if (probe->ip || probe->meanwhile_begun || !probe->kind->meanwhile)
        return;
    probe->meanwhile_begun = true;
    probe->kind->meanwhile(probe);
}

static void on_event(void *owner, struct stream *stream, enum stream_event event)
{
    struct contact *contact = owner;
    struct probe *probe = contact->contacts->probe;
    if (event == STREAM_SLOW) {
        use_the_time(probe);
        return;
    }
    bool last = --contact->contacts->open == 0, first = event == STREAM_CONNECTED && !probe->ip;
    note(contact, stream_outcome(stream));
    if (event == STREAM_CONNECTED)
        probe->endpoint->connections = number_of(probe->endpoint->connections.value + 1);
    if (first) {
        probe->ip = contact->row->ip;
        probe->stream = stream;
    } else if (event == STREAM_CONNECTED) {
        stream_close_gently(stream);
    } else {
        stream_close(stream);
    }
    if (first || (last && !probe->ip))
        probe_next(probe);
    probe_background_done(probe);
}

static struct connection *add_row(struct probe *probe, const struct address *address)
{
    struct connection *row = arena_alloc(probe->arena, sizeof(*row));
    row->ip = address->ip;
    row->port = number_of(probe->port);
    list_append(&probe->endpoint->connects, row);
    return row;
}

static void skip_address(struct probe *probe, const struct address *address)
{
    struct connection *row = add_row(probe, address);
    row->outcome = CONNECT_SKIPPED;
    row->detail = arena_format(probe->arena, "no more than %d addresses are connected to", ADDRESSES_MAXIMUM);
}

static void contact_address(struct contacts *contacts, const struct address *address)
{
    struct probe *probe = contacts->probe;
    struct contact *contact = arena_alloc(probe->arena, sizeof(*contact));
    contact->contacts = contacts;
    contact->row = add_row(probe, address);
    contacts->open++;
    probe->background++;
    stream_open(&probe->prober->engine, address->ip, probe->port, probe->prober->connect_timeout, on_event,
                contact);
}

void contact_run(struct probe *probe)
{
    struct contacts *contacts = arena_alloc(probe->arena, sizeof(*contacts));
    contacts->probe = probe;
    list_each (struct address, address, &probe->job->addresses) {
        if (contacts->open < ADDRESSES_MAXIMUM)
            contact_address(contacts, address);
        else
            skip_address(probe, address);
    }
    if (contacts->open == 0)
        probe_next(probe);
}
