/* SQL Server: SQL Browser, PRELOGIN, TLS inside TDS 7, TDS 8.0. */
#include "audit/prober/attempt.h"
#include "audit/prober/browser.h"
#include "audit/prober/looks_like.h"
#include "audit/prober/tds.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { SQLSERVER_PORT = 1433, STRICT_PATIENCE_MS = 4000, FIRST_STRICT_MAJOR = 16 };

/* ---- PRELOGIN -------------------------------------------------------------------------------------- */

/* What an attempt keeps of the answer to PRELOGIN. */
struct answer {
    struct prelogin_answer prelogin;
    const char *error;
};

static void ask_prelogin(const struct probe *probe, struct bytes *out)
{
    /* ENCRYPTION=off first: the answer tells available, forced and not supported apart. */
    prelogin_write(out, TDS_ENCRYPT_OFF, probe->job->instance);
}

static enum greeting read_prelogin(struct attempt *attempt, struct bytes *in)
{
    struct answer *answer = attempt->answer;
    uint8_t type = 0;
    if (!answer)
        answer = attempt->answer = arena_alloc(attempt->probe->arena, sizeof(*answer));
    enum tds_result result = tds_message_read(in, &attempt->message, &type);
    if (result == TDS_MORE)
        return GREETING_MORE;
    if (result == TDS_WHOLE)
        answer->error = prelogin_read(attempt->message.at, attempt->message.length, &answer->prelogin);
    if (result == TDS_INVALID || answer->error)
        return GREETING_WRONG;
    return GREETING_DONE;
}

static enum greeting read_prelogin_before_tls(struct attempt *attempt, struct bytes *in)
{
    enum greeting greeting = read_prelogin(attempt, in);
    const struct answer *answer = attempt->answer;
    bool has_tls =
        answer->prelogin.has_encryption && (answer->prelogin.encryption & 3) != TDS_ENCRYPT_NOT_SUPPORTED;
    return greeting == GREETING_DONE && !has_tls ? GREETING_NO_TLS : greeting;
}

static void wrap(const uint8_t *bytes, size_t length, struct bytes *out)
{
    tds_message_write(out, TDS_PRELOGIN, bytes, length);
}

/* The server's handshake may be cut into packets anywhere: each is passed on as it is whole. */
static bool unwrap(struct bytes *in, struct bytes *out)
{
    struct tds_packet packet;
    enum tds_result result;
    while ((result = tds_packet_read(in->at, in->length, &packet)) == TDS_WHOLE) {
        bytes_add(out, packet.payload, packet.length);
        bytes_take(in, packet.length + TDS_HEADER);
    }
    return result == TDS_MORE;
}

static enum prelogin_outcome outcome_of(const struct attempt *attempt)
{
    static const enum prelogin_outcome endings[] = {[ENDING_NONE] = PRELOGIN_NOT_TDS,
                                                    [ENDING_CLOSED] = PRELOGIN_CLOSED,
                                                    [ENDING_RESET] = PRELOGIN_RESET,
                                                    [ENDING_TIMEOUT] = PRELOGIN_SILENT};
    if (attempt->stage > STAGE_GREETING || attempt->greeting == GREETING_NO_TLS)
        return PRELOGIN_OK;
    return attempt->first.length > 0 ? PRELOGIN_NOT_TDS : endings[attempt->ending];
}

static void note_version(struct prelogin *row, const struct prelogin_answer *answer, struct arena *arena)
{
    static const enum encryption encryptions[] = {[TDS_ENCRYPT_OFF] = ENCRYPTION_OFF,
                                                  [TDS_ENCRYPT_ON] = ENCRYPTION_ON,
                                                  [TDS_ENCRYPT_NOT_SUPPORTED] = ENCRYPTION_NOT_SUPPORTED,
                                                  [TDS_ENCRYPT_REQUIRED] = ENCRYPTION_REQUIRED};
    row->server_version = answer->sub_build
                              ? arena_format(arena, "%u.%u.%u.%u", answer->major, answer->minor,
                                             answer->build, answer->sub_build)
                              : arena_format(arena, "%u.%u.%u", answer->major, answer->minor, answer->build);
    if (answer->has_encryption)
        row->encryption = encryptions[answer->encryption & 3];
    else
        row->encryption = ENCRYPTION_NOT_SUPPORTED; /* older than the option */
}

static void note_prelogin(struct attempt *attempt)
{
    struct probe *probe = attempt->probe;
    const struct answer *answer = attempt->answer;
    struct prelogin *row = arena_alloc(probe->arena, sizeof(*row));
    row->outcome = outcome_of(attempt);
    row->ip = arena_text(probe->arena, probe->ip);
    row->ms = number_of(attempt->greeting_ms);
    if (row->outcome == PRELOGIN_OK) {
        note_version(row, &answer->prelogin, probe->arena);
        if (probe->job->instance && answer->prelogin.has_instance)
            row->instance_match = answer->prelogin.instance_differs ? TERNARY_FALSE : TERNARY_TRUE;
    } else if (row->outcome == PRELOGIN_NOT_TDS) {
        row->looks_like = arena_text(probe->arena, looks_like(attempt->first.at, attempt->first.length));
        bool cut_off = attempt->greeting == GREETING_MORE;
        row->detail = arena_text(probe->arena, answer && answer->error ? answer->error
                                               : cut_off               ? "the answer does not come to its end"
                                                                       : "not a TDS packet");
    }
    probe->endpoint->prelogin = row;
}

static const struct approach tds_7 = {
    .minimum = TLS_1_0,
    .maximum = TLS_1_2, /* TDS 7 has no way to carry what follows a TLS 1.3 handshake */
    .greet = ask_prelogin,
    .greeted = read_prelogin_before_tls,
    .wrap = wrap,
    .unwrap = unwrap,
    .note = note_prelogin,
};

/* ---- TDS 8.0 --------------------------------------------------------------------------------------- */

static const struct approach tds_8 = {
    .minimum = TLS_1_2,
    .maximum = TLS_1_3,
    .alpn = "tds/8.0",
    .patience = STRICT_PATIENCE_MS, /* servers that do not know it wait for the rest of a packet */
    .ask = ask_prelogin,
    .asked = read_prelogin,
};

static bool ends_with(const char *text, const char *end)
{
    size_t length = text ? strlen(text) : 0, end_length = strlen(end);
    return length >= end_length && strcasecmp(text + length - end_length, end) == 0;
}

/* PRELOGIN that nobody answers, or that a TLS server answers with an alert: what a server does that takes
 * only 8.0. */
static bool suggests_strict_only(const struct prelogin *prelogin)
{
    return prelogin->outcome == PRELOGIN_CLOSED || prelogin->outcome == PRELOGIN_RESET ||
           prelogin->outcome == PRELOGIN_SILENT ||
           (prelogin->looks_like && strcmp(prelogin->looks_like, "tls") == 0);
}

static bool strict_applies(struct probe *probe)
{
    const struct prelogin *prelogin = probe->endpoint->prelogin;
    if (!prelogin || suggests_strict_only(prelogin))
        return prelogin != NULL;
    /* Azure answers with the version number of SQL Server 2014. */
    bool new_enough = prelogin->server_version && (atoi(prelogin->server_version) >= FIRST_STRICT_MAJOR ||
                                                   ends_with(probe->job->host, ".database.windows.net"));
    return new_enough && probe->job->depth >= DEPTH_VERSIONS;
}

static enum strict_outcome strict_outcome_of(const struct attempt *attempt, const struct tls *row)
{
    static const enum strict_outcome outcomes[] = {
        [TLS_ACCEPTED] = STRICT_NO, /* but nothing answered inside */
        [TLS_REJECTED] = STRICT_NO,     [TLS_CLOSED] = STRICT_NO,
        [TLS_TIMEOUT] = STRICT_TIMEOUT, [TLS_INCONCLUSIVE] = STRICT_INCONCLUSIVE,
    };
    return attempt->stage == STAGE_DONE ? STRICT_YES : outcomes[row->outcome];
}

static void note_strict(struct attempt *attempt, const struct tls *tls)
{
    struct probe *probe = attempt->probe;
    struct strict *row = arena_alloc(probe->arena, sizeof(*row));
    row->outcome = strict_outcome_of(attempt, tls);
    row->detail = tls->alert ? arena_format(probe->arena, "alert %s", tls->alert) : tls->detail;
    row->ms = number_of(attempt->handshake_ms);
    if (tls->outcome == TLS_ACCEPTED) {
        row->protocol = tls->protocol;
        row->cipher = tls->cipher;
        row->alpn = tls_session_alpn(attempt->tls, probe->arena);
        if (row->outcome == STRICT_NO)
            row->detail = arena_text(probe->arena, "TLS is there, but PRELOGIN inside was not answered");
    }
    probe->endpoint->strict = row;
}

static void strict_done(struct attempt *attempt)
{
    struct probe *probe = attempt->probe;
    struct tls *row = attempt_row(attempt);
    note_strict(attempt, row);
    if (probe->endpoint->strict->outcome == STRICT_YES)
        probe_note_chain(probe, tls_session_chain(attempt->tls));
    /* A server that takes nothing else: what TLS it speaks is asked the same way. */
    if (probe->endpoint->strict->outcome == STRICT_YES && probe->endpoint->prelogin->outcome != PRELOGIN_OK) {
        probe->approach = &tds_8;
        probe->tls_spoken = true;
        probe_note_tls(probe, row);
    }
    attempt_free(attempt);
    probe_next(probe);
}

static void strict_run(struct probe *probe)
{
    struct tls_offer offer = attempt_full_range(probe, &tds_8);
    attempt_start(probe, &tds_8, &offer, NULL, strict_done, NULL);
}

/* ---- the kind -------------------------------------------------------------------------------------- */

static bool needs_browser(struct probe *probe)
{
    return !probe->port || probe->job->depth == DEPTH_BROWSER;
}

static bool has_port(struct probe *probe)
{
    return probe->port != 0;
}

/* Nothing on the default port: SQL Browser may know where the default instance listens instead. */
static bool is_default_instance(const struct probe *probe)
{
    return !probe->endpoint->browser && !probe->job->instance && probe->port == SQLSERVER_PORT;
}

static bool default_instance_is_elsewhere(struct probe *probe)
{
    return is_default_instance(probe) && !probe->ip && !probe->meanwhile_begun;
}

static void meanwhile(struct probe *probe)
{
    if (is_default_instance(probe))
        browser_aside(probe);
}

static enum ternary reachable(const struct probe *probe)
{
    const struct endpoint *endpoint = probe->endpoint;
    if (probe->job->addresses.count == 0 || probe->job->depth == DEPTH_BROWSER)
        return TERNARY_UNKNOWN;
    bool answers = (endpoint->prelogin && endpoint->prelogin->outcome == PRELOGIN_OK) ||
                   (endpoint->strict && endpoint->strict->outcome == STRICT_YES);
    return answers ? TERNARY_TRUE : TERNARY_FALSE;
}

static const struct probe_step steps[] = {
    {"ping", DEPTH_HANDSHAKE, NULL, ping_run},
    {"browser", DEPTH_BROWSER, needs_browser, browser_run},
    {"connect", DEPTH_HANDSHAKE, has_port, contact_run},
    {"browser", DEPTH_HANDSHAKE, default_instance_is_elsewhere, browser_ask_elsewhere},
    {"handshake", DEPTH_HANDSHAKE, handshake_applies, handshake_run},
    {"strict", DEPTH_HANDSHAKE, strict_applies, strict_run},
    {"versions", DEPTH_VERSIONS, versions_apply, versions_run},
    {"legacy", DEPTH_VERSIONS, legacy_applies, legacy_run},
    {"ciphers", DEPTH_FULL, versions_apply, ciphers_run},
    {0},
};

const struct probe_kind kind_sqlserver = {ENDPOINT_SQLSERVER, SQLSERVER_PORT, steps, &tds_7,
                                          reachable,          meanwhile};
