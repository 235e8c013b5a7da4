#include "audit/carry.h"
#include "audit/model/properties.h"
#include "audit/model/same_text.h"
#include "reports/row.h"

#include <stdlib.h>
#include <string.h>

enum { ASKED_MINIMUM = 2 }; /* versions: one alone is what a handshake of the full range came to */

static const struct tls *row_of(const struct endpoint *endpoint, enum tls_version version)
{
    list_each (struct tls, tls, &endpoint->tls)
        if (tls->protocol == version)
            return tls;
    return NULL;
}

static bool accepted(const struct tls *tls)
{
    return tls && tls->outcome == TLS_ACCEPTED;
}

static bool answered_prelogin(const struct endpoint *endpoint)
{
    return endpoint->prelogin && endpoint->prelogin->outcome == PRELOGIN_OK;
}

/* ---- what the former report has ----------------------------------------------------------------------- */

static bool has_versions(const struct endpoint *before)
{
    int asked = 0;
    list_each (struct tls, tls, &before->tls)
        asked += tls->outcome == TLS_ACCEPTED || tls->outcome == TLS_REJECTED || tls->outcome == TLS_CLOSED;
    return asked >= ASKED_MINIMUM;
}

/* A server without TLS in TDS 7 is asked for TDS 8.0 and nothing else. */
static bool has_strict_alone(const struct endpoint *before)
{
    return before->tls.count == 0 && answered_prelogin(before) && before->strict &&
           (before->strict->outcome == STRICT_YES || before->strict->outcome == STRICT_NO);
}

/* A look of full depth asks for SSL 2.0 whatever else works, and for all suites of what works. */
static bool has_suites(const struct endpoint *before)
{
    const struct tls *ssl2 = row_of(before, TLS_SSL2);
    list_each (struct tls, tls, &before->tls)
        if (accepted(tls) && tls->by_hand == TERNARY_TRUE && tls->protocol >= TLS_1_0 &&
            tls->ciphers.count == 0)
            return false;
    return ssl2 && ssl2->outcome != TLS_SKIPPED;
}

/* Carried over results keep their first date. */
static int64_t date_of(const struct endpoint *before)
{
    int64_t oldest = before->probed.known ? before->probed.value : 0;
    list_each (struct tls, tls, &before->tls)
        if (tls->as_of.known && tls->as_of.value < oldest)
            oldest = tls->as_of.value;
    if (before->strict && before->strict->as_of.known && before->strict->as_of.value < oldest)
        oldest = before->strict->as_of.value;
    return oldest;
}

bool carry_is_possible(const struct endpoint *before, enum probe_depth depth, int64_t age, int64_t now)
{
    if (!before || depth <= DEPTH_HANDSHAKE || !(has_versions(before) || has_strict_alone(before)))
        return false;
    if (depth == DEPTH_FULL && has_versions(before) && !has_suites(before))
        return false;
    int64_t date = date_of(before);
    return date > 0 && date <= now && now - date < age / 1000;
}

/* ---- is it still the same? ---------------------------------------------------------------------------- */

static bool same_property(const struct endpoint *one, const struct endpoint *other, const char *name)
{
    return same_text(endpoint_property(one, name), endpoint_property(other, name));
}

static bool same_service(const struct endpoint *one, const struct endpoint *other)
{
    const struct prelogin *a = one->prelogin, *b = other->prelogin;
    if (!a || !b)
        return a == b && same_property(one, other, PROPERTY_SERVICE_VERSION) &&
               same_property(one, other, PROPERTY_SERVICE_TLS);
    return a->outcome == b->outcome && a->encryption == b->encryption &&
           same_text(a->server_version, b->server_version);
}

/* The newest version that a handshake of the full range comes to. In TDS 7 that is never TLS 1.3. */
static const struct tls *newest_accepted(const struct endpoint *before)
{
    const struct tls *newest = NULL;
    list_each (struct tls, tls, &before->tls)
        if (accepted(tls) && tls->by_hand != TERNARY_TRUE && (!newest || tls->protocol > newest->protocol) &&
            (tls->protocol <= TLS_1_2 || !answered_prelogin(before)))
            newest = tls;
    return newest;
}

/* The handshake of the full range came to what the former report lets expect. One that failed stands under
 * the newest version that was offered. */
static bool same_handshake(const struct endpoint *endpoint, const struct endpoint *before,
                           enum probe_depth depth)
{
    const struct tls *found = endpoint->tls.first, *newest = newest_accepted(before);
    if (!found)
        return before->tls.count == 0;
    if (!accepted(found)) {
        const struct tls *then = row_of(before, found->protocol);
        return !newest && then && (then->outcome == TLS_TIMEOUT) == (found->outcome == TLS_TIMEOUT);
    }
    if (!newest || newest->protocol != found->protocol)
        return false;
    return depth < DEPTH_FULL || same_text(newest->cipher, found->cipher);
}

/* Only what OpenSSL cannot speak shows no certificate to a handshake: then there is none to compare. */
static bool same_certificate(const struct endpoint *endpoint, const struct endpoint *before)
{
    const struct certificate *found = endpoint->certificates.first, *then = before->certificates.first;
    if (!found)
        return !accepted(endpoint->tls.first);
    return then && found->sha256 && same_text(found->sha256, then->sha256);
}

/* ---- taking over -------------------------------------------------------------------------------------- */

/* A copy in the arena of what may be taken over; NULL when it cannot be read back. */
static struct endpoint *copy_of(const struct endpoint *before, struct arena *arena)
{
    const struct endpoint parts = {
        .id = before->id, .tls = before->tls, .strict = before->strict, .certificates = before->certificates};
    const char *error = NULL;
    char *bytes = row_write(&endpoint_element, &parts, NULL);
    struct row row = row_read(arena, bytes, strlen(bytes), &error);
    free(bytes);
    return row.element == &endpoint_element ? row.item : NULL;
}

static void set_date(moment *as_of, moment date)
{
    if (!as_of->known)
        *as_of = date;
}

/* What this night's handshake found out itself stays, but for the list of suites that hangs on it. */
static void take_versions(struct endpoint *endpoint, struct endpoint *copy, moment date, bool all)
{
    struct tls *found = all ? NULL : endpoint->tls.first, *next;
    memset(&endpoint->tls, 0, sizeof(endpoint->tls));
    for (struct tls *tls = copy->tls.first; tls; tls = next) {
        next = tls->next;
        if (found && tls->protocol == found->protocol) {
            list_append(&endpoint->tls, found);
            continue;
        }
        set_date(&tls->as_of, date);
        list_append(&endpoint->tls, tls);
    }
}

static void take_certificates(struct endpoint *endpoint, const struct endpoint *copy, moment date)
{
    endpoint->certificates.first = copy->certificates.first;
    endpoint->certificates.last = copy->certificates.last;
    endpoint->certificates.count = copy->certificates.count;
    list_each (struct certificate, certificate, &endpoint->certificates)
        set_date(&certificate->as_of, date);
}

bool carry_over(const struct endpoint *before, struct arena *arena, struct endpoint *endpoint,
                enum probe_depth depth)
{
    bool reached = answered_prelogin(endpoint) || endpoint->tls.count > 0;
    if (!reached)
        return true;
    if (!same_service(endpoint, before) || !same_handshake(endpoint, before, depth) ||
        !same_certificate(endpoint, before))
        return false;
    struct endpoint *copy = copy_of(before, arena);
    if (!copy)
        return false;
    take_versions(endpoint, copy, before->probed, depth == DEPTH_FULL || !accepted(endpoint->tls.first));
    if (!endpoint->strict && copy->strict) {
        endpoint->strict = copy->strict;
        set_date(&endpoint->strict->as_of, before->probed);
    }
    if (endpoint->certificates.count == 0 && copy->certificates.count > 0)
        take_certificates(endpoint, copy, before->probed);
    return true;
}
