/* The cipher suites of each version that is accepted: one finished handshake for each, without those known
 * already, until the server refuses the rest. The versions are walked side by side, as far as the limit for a
 * host allows. */
#include "audit/prober/attempt.h"
#include "audit/prober/hello.h"

#include <string.h>

enum { CIPHERS_MAXIMUM = 150 };

enum walk_stage {
    WALK_OPENSSL,   /* what OpenSSL speaks */
    WALK_BY_HAND,   /* what it does not */
    WALK_PREFERENCE /* two of them the other way round: whose order counts? */
};

struct walk {
    struct walks *walks;
    struct tls *row;
    enum walk_stage stage;
    uint16_t by_hand[32];
};

struct walks {
    struct probe *probe;
    unsigned open;
};

static void walk_on(struct walk *walk);

static const char *const suites_13[] = {"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
                                        "TLS_AES_128_GCM_SHA256", "TLS_AES_128_CCM_SHA256",
                                        "TLS_AES_128_CCM_8_SHA256"};

static bool is_known(const struct tls *row, const char *name)
{
    list_each (struct cipher, cipher, &row->ciphers) {
        if (strcmp(cipher->name, name) == 0)
            return true;
    }
    return false;
}

static void add_cipher(struct walk *walk, char *name, char *key_exchange)
{
    struct cipher *cipher = arena_alloc(walk->walks->probe->arena, sizeof(*cipher));
    cipher->name = name;
    cipher->key_exchange = key_exchange;
    list_append(&walk->row->ciphers, cipher);
}

/* ---- what to offer --------------------------------------------------------------------------------------
 */

/* All suites but those known, in OpenSSL's language. */
static char *remaining(const struct walk *walk)
{
    struct bytes text = {0};
    bytes_add(&text, "ALL:COMPLEMENTOFALL", 19);
    list_each (struct cipher, cipher, &walk->row->ciphers) {
        bytes_add(&text, ":!", 2);
        bytes_add(&text, cipher->name, strlen(cipher->name));
    }
    bytes_add(&text, ":@SECLEVEL=0", 13);
    char *copy = arena_text(walk->walks->probe->arena, (const char *)text.at);
    bytes_free(&text);
    return copy;
}

/* The same for TLS 1.3; NULL when none is left. */
static char *remaining_13(const struct walk *walk)
{
    char *text = NULL;
    struct arena *arena = walk->walks->probe->arena;
    for (size_t i = 0; i < sizeof(suites_13) / sizeof(suites_13[0]); i++)
        if (!is_known(walk->row, suites_13[i]))
            text = text ? arena_format(arena, "%s:%s", text, suites_13[i]) : arena_text(arena, suites_13[i]);
    return text;
}

static bool offer_openssl(struct walk *walk, struct tls_offer *offer)
{
    if (walk->row->protocol == TLS_1_3)
        return (offer->suites_13 = remaining_13(walk)) != NULL;
    offer->ciphers = remaining(walk);
    return true;
}

static bool offer_by_hand(struct walk *walk, struct tls_offer *offer)
{
    if (walk->row->protocol == TLS_1_3)
        return false;
    offer->by_hand = true;
    offer->suites = walk->by_hand;
    offer->suite_count = 0;
    for (size_t i = 0; i < legacy_suite_count; i++)
        if (!is_known(walk->row, legacy_suites[i].name))
            walk->by_hand[offer->suite_count++] = legacy_suites[i].number;
    return offer->suite_count > 0;
}

static bool offer_reversed(struct walk *walk, struct tls_offer *offer)
{
    const struct cipher *first = walk->row->ciphers.first, *second = first ? first->next : NULL;
    struct arena *arena = walk->walks->probe->arena;
    if (!second)
        return false;
    if (walk->row->protocol == TLS_1_3)
        offer->suites_13 = arena_format(arena, "%s:%s", second->name, first->name);
    else
        offer->ciphers = arena_format(arena, "%s:%s:@SECLEVEL=0", second->name, first->name);
    return true;
}

static bool (*const offers[])(struct walk *walk, struct tls_offer *offer) = {
    [WALK_OPENSSL] = offer_openssl,
    [WALK_BY_HAND] = offer_by_hand,
    [WALK_PREFERENCE] = offer_reversed,
};

/* ---- answers --------------------------------------------------------------------------------------------
 */

static void note_preference(struct walk *walk, const struct tls *answer)
{
    if (answer->outcome == TLS_ACCEPTED && answer->cipher)
        walk->row->server_preference =
            strcmp(answer->cipher, walk->row->ciphers.first->name) == 0 ? TERNARY_TRUE : TERNARY_FALSE;
}

static void walk_answered(struct attempt *attempt)
{
    struct walk *walk = attempt->owner;
    struct tls *answer = attempt_row(attempt), *row = walk->row;
    bool accepted = answer->outcome == TLS_ACCEPTED && answer->cipher && answer->protocol == row->protocol;
    attempt_free(attempt);
    if (walk->stage == WALK_PREFERENCE)
        note_preference(walk, answer);
    else if (accepted && !is_known(row, answer->cipher))
        add_cipher(walk, answer->cipher, answer->key_exchange);
    else if (answer->outcome == TLS_TIMEOUT || (answer->outcome == TLS_INCONCLUSIVE && !row->detail))
        row->detail = arena_format(walk->walks->probe->arena, "not all cipher suites could be asked: %s",
                                   answer->detail ? answer->detail : "no answer");
    if (walk->stage == WALK_PREFERENCE || !accepted || row->ciphers.count >= CIPHERS_MAXIMUM)
        walk->stage++;
    walk_on(walk);
}

static void walk_on(struct walk *walk)
{
    struct probe *probe = walk->walks->probe;
    for (; walk->stage <= WALK_PREFERENCE; walk->stage++) {
        struct tls_offer offer = attempt_full_range(probe, probe->approach);
        offer.minimum = offer.maximum = walk->row->protocol;
        if (offers[walk->stage](walk, &offer)) {
            attempt_start(probe, probe->approach, &offer, NULL, walk_answered, walk);
            return;
        }
    }
    if (--walk->walks->open == 0)
        probe_next(probe);
}

void ciphers_run(struct probe *probe)
{
    struct walks *walks = arena_alloc(probe->arena, sizeof(*walks));
    *walks = (struct walks){.probe = probe, .open = 1}; /* until all have begun */
    list_each (struct tls, row, &probe->endpoint->tls) {
        if (row->outcome != TLS_ACCEPTED || row->protocol < TLS_1_0)
            continue;
        struct walk *walk = arena_alloc(probe->arena, sizeof(*walk));
        *walk = (struct walk){.walks = walks, .row = row};
        add_cipher(walk, row->cipher, row->key_exchange);
        walks->open++;
        walk_on(walk);
    }
    if (--walks->open == 0)
        probe_next(probe);
}
