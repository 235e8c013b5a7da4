/* The cipher suites and the key-exchange groups of each version that is accepted: one finished handshake for
 * each, without those known already, until the server refuses the rest. The versions are walked side by side,
 * and so are suites and groups of one, as far as the limit for a host allows. */
#include "audit/prober/attempt.h"
#include "audit/prober/hello.h"

#include <string.h>

enum { CIPHERS_MAXIMUM = 150, BY_HAND_MAXIMUM = 64 };

enum walk_stage {
    WALK_OPENSSL,    /* the suites that OpenSSL speaks */
    WALK_BY_HAND,    /* those it does not */
    WALK_PREFERENCE, /* two of them the other way round: whose order counts? */
    WALK_GROUPS
};

struct walk {
    struct walks *walks;
    struct tls *row;
    enum walk_stage stage, last;
    uint16_t by_hand[BY_HAND_MAXIMUM];
};

struct walks {
    struct probe *probe;
    unsigned open;
};

static void walk_on(struct walk *walk);

static const char *const suites_13[] = {"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
                                        "TLS_AES_128_GCM_SHA256", "TLS_AES_128_CCM_SHA256",
                                        "TLS_AES_128_CCM_8_SHA256"};

/* As OpenSSL names them, in the answers too. */
static const char *const groups[] = {"X25519",          "prime256v1",      "X448",           "secp521r1",
                                     "secp384r1",       "secp224r1",       "prime192v1",     "secp256k1",
                                     "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"};
enum { GROUPS = sizeof(groups) / sizeof(groups[0]), GROUPS_13 = 5 }; /* TLS 1.3 has the first of them */
static const char ECDHE[] = "ECDHE ";

static bool is_known(const struct tls *row, const char *name)
{
    list_each (struct cipher, cipher, &row->ciphers) {
        if (strcmp(cipher->name, name) == 0)
            return true;
    }
    return false;
}

static void add_cipher(struct probe *probe, struct tls *row, char *name, char *key_exchange)
{
    struct cipher *cipher = arena_alloc(probe->arena, sizeof(*cipher));
    cipher->name = name;
    cipher->key_exchange = key_exchange;
    list_append(&row->ciphers, cipher);
}

/* ---- what to offer --------------------------------------------------------------------------------- */

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
    const struct probe *probe = walk->walks->probe;
    /* What was offered up to TLS 1.2, and refused, was offered for TLS 1.2. */
    if (walk->row->protocol == TLS_1_3 || (walk->row->protocol == TLS_1_2 && probe->legacy_refused))
        return false;
    offer->by_hand = true;
    offer->suites = walk->by_hand;
    offer->suite_count = 0;
    for (size_t i = 0; i < legacy_suite_count && offer->suite_count < BY_HAND_MAXIMUM; i++)
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

static bool group_is_known(const struct tls *row, const char *group)
{
    size_t length = strlen(group);
    for (const char *at = row->groups; at; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncmp(at, group, length) == 0 && (at[length] == ' ' || at[length] == '\0'))
            return true;
    }
    return false;
}

/* Until TLS 1.2 a server may use an elliptic certificate only when the client offers its curve as well (RFC
 * 8422, 2.2). That curve, or NULL. */
static const char *certificate_curve(const struct walk *walk)
{
    const struct certificate *certificate = walk->walks->probe->endpoint->certificates.first;
    bool elliptic = certificate && certificate->key && strncmp(certificate->key, "EC ", 3) == 0;
    return elliptic && walk->row->protocol < TLS_1_3 ? certificate->key + 3 : NULL;
}

static bool is_ecdhe(const char *key_exchange)
{
    return key_exchange && strncmp(key_exchange, ECDHE, strlen(ECDHE)) == 0;
}

/* Whether it is known that a suite has need of a group. */
static bool uses_groups(const struct tls *row)
{
    if (row->protocol == TLS_1_3)
        return true;
    list_each (struct cipher, cipher, &row->ciphers) {
        if (is_ecdhe(cipher->key_exchange))
            return true;
    }
    return false;
}

/* The groups that are left, with all suites that have need of one. */
static bool offer_groups(struct walk *walk, struct tls_offer *offer)
{
    char *text = NULL;
    struct arena *arena = walk->walks->probe->arena;
    for (size_t i = 0; i < (walk->row->protocol == TLS_1_3 ? GROUPS_13 : GROUPS); i++)
        if (!group_is_known(walk->row, groups[i]))
            text = text ? arena_format(arena, "%s:%s", text, groups[i]) : arena_text(arena, groups[i]);
    const char *curve = certificate_curve(walk);
    if (text && curve && group_is_known(walk->row, curve))
        text = arena_format(arena, "%s:%s", text, curve);
    offer->ciphers = "kECDHE:!aNULL:!eNULL:@SECLEVEL=0";
    offer->groups = text;
    return uses_groups(walk->row) && text;
}

static bool (*const offers[])(struct walk *walk, struct tls_offer *offer) = {
    [WALK_OPENSSL] = offer_openssl,
    [WALK_BY_HAND] = offer_by_hand,
    [WALK_PREFERENCE] = offer_reversed,
    [WALK_GROUPS] = offer_groups,
};

/* ---- answers --------------------------------------------------------------------------------------- */

static void note_preference(struct walk *walk, const struct tls *answer)
{
    if (answer->outcome == TLS_ACCEPTED && answer->cipher)
        walk->row->server_preference =
            strcmp(answer->cipher, walk->row->ciphers.first->name) == 0 ? TERNARY_TRUE : TERNARY_FALSE;
}

/* Notes a suite; false when it brings nothing new. */
static bool note_suite(struct walk *walk, const struct tls *answer)
{
    struct tls *row = walk->row;
    if (!answer->cipher || is_known(row, answer->cipher))
        return false;
    add_cipher(walk->walks->probe, row, answer->cipher, answer->key_exchange);
    return row->ciphers.count < CIPHERS_MAXIMUM;
}

static bool note_group(struct walk *walk, const struct tls *answer)
{
    struct tls *row = walk->row;
    const char *group = answer->key_exchange ? answer->key_exchange + strlen(ECDHE) : "";
    if (!is_ecdhe(answer->key_exchange) || group_is_known(row, group))
        return false;
    row->groups = row->groups ? arena_format(walk->walks->probe->arena, "%s %s", row->groups, group)
                              : arena_text(walk->walks->probe->arena, group);
    return true;
}

/* Whether the same stage goes on. */
static bool note_answer(struct walk *walk, const struct tls *answer)
{
    if (walk->stage == WALK_PREFERENCE)
        note_preference(walk, answer);
    if (answer->outcome == TLS_TIMEOUT)
        walk->row->detail =
            arena_text(walk->walks->probe->arena, "not all cipher suites could be asked: no answer in time");
    if (walk->stage == WALK_PREFERENCE || answer->outcome != TLS_ACCEPTED ||
        answer->protocol != walk->row->protocol)
        return false;
    return walk->stage == WALK_GROUPS ? note_group(walk, answer) : note_suite(walk, answer);
}

static void walk_answered(struct attempt *attempt)
{
    struct walk *walk = attempt->owner;
    struct tls *answer = attempt_row(attempt);
    attempt_free(attempt);
    if (!note_answer(walk, answer))
        walk->stage++;
    walk_on(walk);
}

static void walk_on(struct walk *walk)
{
    struct probe *probe = walk->walks->probe;
    for (; walk->stage <= walk->last; walk->stage++) {
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

static void walk_start(struct walks *walks, struct tls *row, enum walk_stage first, enum walk_stage last)
{
    struct walk *walk = arena_alloc(walks->probe->arena, sizeof(*walk));
    *walk = (struct walk){.walks = walks, .row = row, .stage = first, .last = last};
    walks->open++;
    walk_on(walk);
}

void ciphers_run(struct probe *probe)
{
    struct walks *walks = arena_alloc(probe->arena, sizeof(*walks));
    *walks = (struct walks){.probe = probe, .open = 1}; /* until all have begun */
    list_each (struct tls, row, &probe->endpoint->tls) {
        if (row->outcome != TLS_ACCEPTED || row->protocol < TLS_1_0)
            continue;
        add_cipher(probe, row, row->cipher, row->key_exchange);
        bool aside = uses_groups(row);
        walk_start(walks, row, WALK_OPENSSL, aside ? WALK_PREFERENCE : WALK_GROUPS);
        if (aside)
            walk_start(walks, row, WALK_GROUPS, WALK_GROUPS);
    }
    if (--walks->open == 0)
        probe_next(probe);
}
