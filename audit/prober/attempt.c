#include "audit/prober/attempt.h"

#include <stdlib.h>

enum { FIRST_MAXIMUM = 256, BY_HAND_PATIENCE_MS = 3000 };

static void advance(struct attempt *attempt);

struct tls_offer attempt_full_range(const struct probe *probe, const struct approach *approach)
{
    return (struct tls_offer){
        .minimum = approach->minimum,
        .maximum = approach->maximum,
        .server_name = probe->job->host,
        .alpn = approach->alpn,
    };
}

/* ---- the end --------------------------------------------------------------------------------------- */

static void close_connection(struct attempt *attempt)
{
    struct bytes last = {0};
    if (attempt->stage >= STAGE_INSIDE) {
        tls_session_goodbye(attempt->tls);
        tls_session_output(attempt->tls, &last);
        stream_send(attempt->stream, last.at, last.length);
        bytes_free(&last);
    }
    stream_close_gently(attempt->stream);
    attempt->stream = NULL;
}

static void finish(struct attempt *attempt, enum tls_ending ending)
{
    struct endpoint *endpoint = attempt->probe->endpoint;
    attempt->ending = ending;
    if (attempt->stage == STAGE_HANDSHAKE)
        attempt->handshake_ms = clock_ms_since(attempt->stage_began);
    else if (attempt->stage == STAGE_GREETING)
        attempt->greeting_ms = clock_ms_since(attempt->stage_began);
    bool refused = attempt->stage == STAGE_GREETING && attempt->greeting == GREETING_NO_TLS;
    if (!refused && (attempt->stage == STAGE_GREETING || attempt->stage == STAGE_HANDSHAKE))
        endpoint->broken_off = number_of(endpoint->broken_off.value + 1);
    close_connection(attempt);
    attempt->done(attempt);
}

/* ---- stage by stage -------------------------------------------------------------------------------- */

static void begin_stage(struct attempt *attempt, enum attempt_stage stage)
{
    unsigned timeout = attempt->probe->prober->tls_timeout, patience = attempt->approach->patience;
    attempt->stage = stage;
    attempt->stage_began = clock_us();
    /* Servers that do not know an old hello may wait for the rest of what they take it for. */
    if (stage == STAGE_HANDSHAKE && attempt->offer.by_hand)
        patience = BY_HAND_PATIENCE_MS;
    stream_deadline(attempt->stream, patience && patience < timeout ? patience : timeout);
}

/* What the session has to say goes out in the protocol's packets until both have finished. */
static void send_handshake(struct attempt *attempt)
{
    struct bytes plain = {0}, packets = {0};
    tls_session_output(attempt->tls, &plain);
    if (plain.length > 0 && attempt->approach->wrap) {
        attempt->approach->wrap(plain.at, plain.length, &packets);
        stream_send(attempt->stream, packets.at, packets.length);
    } else {
        stream_send(attempt->stream, plain.at, plain.length);
    }
    bytes_free(&plain);
    bytes_free(&packets);
}

static void begin_inside(struct attempt *attempt)
{
    struct bytes question = {0}, encrypted = {0};
    attempt->handshake_ms = clock_ms_since(attempt->stage_began);
    begin_stage(attempt, STAGE_INSIDE);
    if (!attempt->approach->ask) {
        attempt->stage = STAGE_DONE;
        finish(attempt, ENDING_NONE);
        return;
    }
    attempt->approach->ask(attempt->probe, &question);
    tls_session_write(attempt->tls, question.at, question.length);
    tls_session_output(attempt->tls, &encrypted);
    stream_send(attempt->stream, encrypted.at, encrypted.length);
    bytes_free(&question);
    bytes_free(&encrypted);
    advance(attempt);
}

static void handshake(struct attempt *attempt)
{
    struct bytes *received = stream_received(attempt->stream), unwrapped = {0}, *bytes = received;
    bool sound = true;
    if (attempt->approach->unwrap) {
        sound = attempt->approach->unwrap(received, &unwrapped);
        bytes = &unwrapped;
    }
    /* Bytes that are no packets go to the session as they are: it says that they are not TLS. */
    enum tls_progress progress = tls_session_receive(attempt->tls, bytes->at, bytes->length);
    bytes->length = 0;
    if (!sound && progress == TLS_GOES_ON)
        progress = tls_session_receive(attempt->tls, received->at, received->length);
    bytes_free(&unwrapped);
    send_handshake(attempt);
    if (progress == TLS_DONE)
        begin_inside(attempt);
    else if (progress == TLS_ENDED || !sound)
        finish(attempt, ENDING_NONE);
}

static void begin_handshake(struct attempt *attempt)
{
    struct bytes before = {0};
    attempt->greeting_ms = clock_ms_since(attempt->stage_began);
    begin_stage(attempt, STAGE_HANDSHAKE);
    if (attempt->approach->switch_over)
        attempt->approach->switch_over(&before);
    stream_send(attempt->stream, before.at, before.length);
    bytes_free(&before);
    attempt->tls = tls_session_new(&attempt->probe->prober->tls, &attempt->offer);
    handshake(attempt);
}

static void keep_first(struct attempt *attempt, const struct bytes *received)
{
    if (attempt->first.length < FIRST_MAXIMUM)
        bytes_add(&attempt->first, received->at,
                  received->length < FIRST_MAXIMUM ? received->length : FIRST_MAXIMUM);
}

static void greet(struct attempt *attempt)
{
    struct bytes *received = stream_received(attempt->stream);
    keep_first(attempt, received);
    attempt->greeting = attempt->approach->greeted(attempt, received);
    if (attempt->greeting == GREETING_DONE)
        begin_handshake(attempt);
    else if (attempt->greeting != GREETING_MORE)
        finish(attempt, ENDING_NONE);
}

static void inside(struct attempt *attempt)
{
    struct bytes *received = stream_received(attempt->stream);
    tls_session_receive(attempt->tls, received->at, received->length);
    received->length = 0;
    bool open = tls_session_read(attempt->tls, &attempt->inside);
    attempt->greeting = attempt->approach->asked(attempt, &attempt->inside);
    if (attempt->greeting == GREETING_DONE)
        attempt->stage = STAGE_DONE;
    if (attempt->greeting != GREETING_MORE || !open)
        finish(attempt, open ? ENDING_NONE : ENDING_CLOSED);
}

static void advance(struct attempt *attempt)
{
    switch (attempt->stage) {
    case STAGE_GREETING:
        greet(attempt);
        break;
    case STAGE_HANDSHAKE:
        handshake(attempt);
        break;
    case STAGE_INSIDE:
        inside(attempt);
        break;
    case STAGE_CONNECT:
    case STAGE_DONE:
        break;
    }
}

static void begin_talk(struct attempt *attempt)
{
    struct bytes greeting = {0};
    if (!attempt->approach->greet) {
        begin_handshake(attempt);
        return;
    }
    begin_stage(attempt, STAGE_GREETING);
    attempt->approach->greet(attempt->probe, &greeting);
    stream_send(attempt->stream, greeting.at, greeting.length);
    bytes_free(&greeting);
}

static void on_event(void *owner, struct stream *stream, enum stream_event event)
{
    struct attempt *attempt = owner;
    attempt->connected = *stream_outcome(stream);
    switch (event) {
    case STREAM_CONNECTED:
        attempt->probe->endpoint->connections = number_of(attempt->probe->endpoint->connections.value + 1);
        begin_talk(attempt);
        break;
    case STREAM_SLOW:
        break;
    case STREAM_DATA:
        advance(attempt);
        break;
    case STREAM_NOT_CONNECTED:
        finish(attempt, ENDING_NONE);
        break;
    case STREAM_CLOSED:
        finish(attempt, ENDING_CLOSED);
        break;
    case STREAM_RESET:
        finish(attempt, ENDING_RESET);
        break;
    case STREAM_TIMEOUT:
        finish(attempt, ENDING_TIMEOUT);
        break;
    }
}

void attempt_start(struct probe *probe, const struct approach *approach, const struct tls_offer *offer,
                   struct stream *connected, void (*done)(struct attempt *attempt), void *owner)
{
    struct attempt *attempt = calloc(1, sizeof(*attempt));
    if (!attempt)
        abort();
    attempt->probe = probe;
    attempt->approach = approach;
    attempt->offer = *offer;
    attempt->done = done;
    attempt->owner = owner;
    attempt->stream = connected;
    if (!connected) {
        attempt->stream = stream_open(&probe->prober->engine, probe->ip, probe->port,
                                      probe->prober->connect_timeout, on_event, attempt);
        return;
    }
    attempt->connected = *stream_outcome(connected);
    stream_give(connected, on_event, attempt);
    begin_talk(attempt);
}

void attempt_free(struct attempt *attempt)
{
    tls_session_free(attempt->tls);
    bytes_free(&attempt->first);
    bytes_free(&attempt->inside);
    bytes_free(&attempt->message);
    free(attempt);
}

/* Why it did not get as far as the handshake. */
static const char *before_handshake(const struct attempt *attempt)
{
    static const char *const endings[] = {
        [ENDING_NONE] = "the server's answer before TLS was not the expected one",
        [ENDING_CLOSED] = "the server closed the connection before TLS",
        [ENDING_RESET] = "the server reset the connection before TLS",
        [ENDING_TIMEOUT] = "the server did not answer before TLS",
    };
    return attempt->stage == STAGE_CONNECT ? "no connection this time" : endings[attempt->ending];
}

struct tls *attempt_row(struct attempt *attempt)
{
    struct arena *arena = attempt->probe->arena;
    struct tls *row = arena_alloc(arena, sizeof(*row));
    row->protocol = attempt->offer.maximum;
    if (attempt->tls) {
        tls_session_describe(attempt->tls, attempt->ending, arena, row);
        row->ms = number_of(attempt->handshake_ms);
        return row;
    }
    row->outcome = TLS_INCONCLUSIVE;
    row->detail = arena_text(arena, before_handshake(attempt));
    return row;
}
