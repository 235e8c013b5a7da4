#include "audit/diagnosis/readiness.h"
#include "audit/diagnosis/diagnosis.h"
#include "audit/diagnosis/link_encryption.h"
#include "audit/diagnosis/name_match.h"
#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/tsql_quote.h"
#include "audit/diagnosis/version.h"
#include "audit/model/link_state.h"
#include "audit/model/properties.h"
#include "audit/model/same_text.h"
#include "audit/target/provider_change.h"

#include <string.h>
#include <strings.h>

#define RELEASE 2025
#define MAJOR_2025 17

struct case_2025 {
    struct arena *arena;
    const struct instance *instance;
    const struct linked_server *link;     /* as it is judged: with the changes that are thought of */
    const struct linked_server *original; /* as it is */
    const struct endpoint *endpoint;
    struct view view;
    struct link_encryption encryption;
    bool server_forces;     /* Optional does not help */
    bool certificate_fails; /* the chain, the dates or the kind of the certificate */
    bool name_fails;
    bool trial;  /* only the verdict is wanted */
    bool warned; /* of 7416, once is enough */
    struct prose reason;
    remedy_steps fix;
};

static enum readiness_verdict judge(struct case_2025 *c);

static enum readiness_verdict verdict(struct case_2025 *c, enum readiness_verdict verdict, const char *reason)
{
    prose_separate(&c->reason, " ");
    prose_put(&c->reason, reason);
    return verdict;
}

/* ---- the fix ------------------------------------------------------------------------------------------- */

static void add_step(struct case_2025 *c, struct remedy_step step)
{
    struct remedy_step *kept = arena_alloc(c->arena, sizeof(*kept));
    if (c->trial)
        return;
    *kept = step;
    list_append(&c->fix, kept);
}

static void add_words(struct case_2025 *c, const char *words)
{
    add_step(c, (struct remedy_step){.words = arena_text(c->arena, words)});
}

static struct case_2025 case_of(struct arena *arena, const struct instance *instance,
                                const struct linked_server *link, const struct endpoint *endpoint)
{
    struct case_2025 c = {.arena = arena,
                          .instance = instance,
                          .link = link,
                          .original = link,
                          .endpoint = endpoint,
                          .view = view_of(arena, instance, NULL, endpoint),
                          .encryption = link_encryption_of(arena, instance, link, endpoint, MAJOR_2025),
                          .reason = prose_new(arena)};
    c.server_forces = c.encryption.forced == TERNARY_TRUE;
    return c;
}

/* The same case with another definition of the link, which no test has seen. */
static struct case_2025 changed_case(const struct case_2025 *c, const char *provider_string,
                                     const char *data_source)
{
    struct linked_server *link = arena_alloc(c->arena, sizeof(*link));
    *link = *c->link;
    link->provider_string = arena_text(c->arena, provider_string);
    link->data_source = arena_text(c->arena, data_source);
    link->test = NULL;
    struct case_2025 changed = case_of(c->arena, c->instance, link, c->endpoint);
    changed.original = c->original;
    return changed;
}

/* What the change makes of the link; the reason of an unknown verdict. */
static enum readiness_verdict try_change(const struct case_2025 *c, const char *provider_string,
                                         const char *data_source, const char **reason)
{
    struct case_2025 changed = changed_case(c, provider_string, data_source);
    changed.trial = true;
    enum readiness_verdict found = judge(&changed);
    *reason = prose_text(&changed.reason);
    return found;
}

static bool mends(enum readiness_verdict verdict)
{
    return verdict == VERDICT_READY || verdict == VERDICT_READY_UNENCRYPTED;
}

static bool fails_today(const struct linked_server *link)
{
    return link->test && (link->test->outcome == TEST_FAILED || link->test->outcome == TEST_TIMEOUT);
}

/* A first provider string without User ID can bring 7416 to callers that are not sysadmin. */
static bool may_bring_7416(const struct case_2025 *c)
{
    const char *old = c->original->provider_string;
    return (!old || !*old) && !c->encryption.has_user_id;
}

static void warn_of_7416(struct case_2025 *c)
{
    if (may_bring_7416(c) && !c->warned)
        add_words(
            c, "The link had no provider string: with one and without User ID, callers that are not sysadmin "
               "can meet error 7416. Test as such a login.");
    c->warned = true;
}

/* A change of the provider string, if it mends the link: as a statement where the driver of today knows the
 * keyword and nothing that works is put at risk, otherwise behind a comment. `why` NULL: nothing against it.
 */
static void offer(struct case_2025 *c, const char *why, enum provider_keyword keyword, const char *value)
{
    const char *reason = NULL;
    struct remedy_change change = remedy_provider_string(c->arena, c->link, keyword, value);
    if (c->trial)
        return;
    if (change.obstacle) {
        add_words(c, arena_format(c->arena, "%s%s%s: %s", why ? why : "", why ? ", " : "", change.hint,
                                  change.obstacle));
        return;
    }
    enum readiness_verdict found = try_change(c, change.value, c->link->data_source, &reason);
    if (found == VERDICT_BREAKS)
        return;
    bool known =
        link_knows_setting(c->original, version_of(c->instance->server_version).part[0], keyword, value);
    bool now = !why && mends(found) && known && (!may_bring_7416(c) || fails_today(c->original));
    if (!mends(found))
        add_words(c, arena_format(c->arena, "Whether %s is enough is not known. %s", change.hint,
                                  quote_comment(c->arena, reason)));
    add_step(c, (struct remedy_step){
                    .kind = REMEDY_SETS_PROVIDER_STRING,
                    .runs = now,
                    .words = now ? NULL
                                 : arena_format(c->arena, "%s%s", why ? why : "In place",
                                                known ? ""
                                                      : ", after the move (the driver of today does not know "
                                                        "it)"),
                    .statement = remedy_set_provider_string(c->arena, c->original, change.value),
                    .value = change.value});
    warn_of_7416(c);
}

/* Letters, digits, dots, dashes: nothing else of a certificate gets into a statement, and no wildcard. */
static bool is_host_name(const char *name)
{
    return *name &&
           strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == strlen(name);
}

/* The name under which the audit host found the target. A first label alone would do for anyone's
 * certificate. */
static bool is_name_of_target(const struct case_2025 *c, const char *name)
{
    return same_text_any_case(name, c->endpoint->host) ||
           (c->endpoint->resolve && same_text_any_case(name, c->endpoint->resolve->name));
}

/* The target's own name if the certificate has it, else its first. */
static const char *certificate_name(const struct case_2025 *c)
{
    const char *first = NULL;
    if (c->view.certificate)
        list_each (struct certificate_name, name, &c->view.certificate->names) {
            if (!name->value || !name->type || strcmp(name->type, "ip") == 0 || !is_host_name(name->value))
                continue;
            if (is_name_of_target(c, name->value))
                return name->value;
            first = first ? first : name->value;
        }
    return first;
}

static void fix_certificate(struct case_2025 *c)
{
    add_words(c,
              arena_format(
                  c->arena,
                  "On the target %s: a certificate from an authority that this machine trusts, for the name "
                  "%s, not expired.",
                  c->endpoint->host ? quote_comment(c->arena, c->endpoint->host) : "?",
                  c->encryption.name ? quote_comment(c->arena, c->encryption.name) : "that the link uses"));
}

/* The data source with another host in it; NULL where that is not plain. */
static char *data_source_for(const struct case_2025 *c, const char *name)
{
    const char *old = c->link->data_source, *host = c->encryption.name;
    const char *at = old && host ? strcasestr(old, host) : NULL;
    if (!at)
        return NULL;
    return arena_format(c->arena, "%.*s%s%s", (int)(at - old), old, name, at + strlen(host));
}

/* sp_setnetname: whatever driver the link has, today and after the move. */
static void offer_data_source(struct case_2025 *c, const char *why, const char *name)
{
    const char *reason = NULL;
    char *value = data_source_for(c, name);
    if (!value || c->trial || provider_string_hides(value) || !remedy_fits(value) ||
        !remedy_can_name(c->original) || !mends(try_change(c, c->original->provider_string, value, &reason)))
        return;
    add_step(c, (struct remedy_step){
                    .kind = REMEDY_SETS_DATA_SOURCE,
                    .words = arena_format(
                        c->arena, "%s, with any driver, where the instance's machine resolves that name",
                        why ? why : "Or"),
                    .statement = remedy_set_data_source(c->arena, c->original, value),
                    .value = value});
}

static void fix_name(struct case_2025 *c)
{
    const char *name = certificate_name(c);
    /* While something else is wrong with the certificate, the name alone mends nothing. */
    if (!name || c->certificate_fails)
        return;
    const char *why =
        is_name_of_target(c, name)
            ? NULL
            : "Only if that is the right server, the certificate is for another name than the target's";
    offer(c, why, KEYWORD_HOST_NAME_IN_CERTIFICATE, name);
    offer_data_source(c, why, name);
}

/* Every driver takes "no" for it; where today's knows the newer word, that one says more. */
static const char *optional_of(const struct case_2025 *c)
{
    unsigned major = version_of(c->instance->server_version).part[0];
    return link_knows_setting(c->original, major, KEYWORD_ENCRYPT, "Optional") ? "Optional" : "no";
}

static void fix_weaker(struct case_2025 *c)
{
    if (c->server_forces)
        add_words(c,
                  "Encrypt=no (Optional) does not help: the target forces encryption, and the certificate is "
                  "validated "
                  "whenever encryption occurs.");
    else
        offer(c, "Weaker, unencrypted", KEYWORD_ENCRYPT, optional_of(c));
}

/* The link to the distributor is set up, and changed, by replication's own procedures; what it takes over
 * there is known from SQL Server 2025 on. */
static bool is_distributor(const struct linked_server *link)
{
    return link->distributor == TERNARY_TRUE ||
           (link->name && strcasecmp(link->name, "repl_distributor") == 0);
}

static void add_distributor_property(struct case_2025 *c, const char *words, const char *property,
                                     const char *value)
{
    add_step(c, (struct remedy_step){
                    .words = arena_text(c->arena, words),
                    .statement = arena_format(
                        c->arena, "EXEC sys.sp_changedistributor_property @property = N'%s', @value = %s;",
                        property, quote_literal(c->arena, value))});
}

static void fix_distributor(struct case_2025 *c)
{
    const char *name = c->name_fails && !c->certificate_fails ? certificate_name(c) : NULL;
    if (name)
        add_distributor_property(
            c,
            arena_format(c->arena, "For replication's own link, after the move%s",
                         is_name_of_target(c, name) ? "" : " and only if that is the right server"),
            "host_name_in_distributor_certificate", name);
    add_distributor_property(c, "Weaker, for replication's own link", "trust_distributor_certificate", "yes");
}

/* ---- what applies ------------------------------------------------------------------------------------- */

/* What a validating client finds; adds each fault to the reason. */
static bool certificate_holds(struct case_2025 *c)
{
    const struct certificate *certificate = c->view.certificate;
    const char *fault = certificate_fault(certificate, c->endpoint->probed);
    enum ternary match = certificate_matches_host(certificate, c->encryption.name);
    if (fault) {
        prose_separate(&c->reason, " ");
        prose_add(&c->reason, "The certificate of %s does not hold: %s.",
                  c->endpoint->host ? c->endpoint->host : "the target", fault);
    }
    if (match == TERNARY_FALSE) {
        prose_separate(&c->reason, " ");
        prose_add(&c->reason, "The certificate is not for %s, the name that the link compares.",
                  c->encryption.name);
    }
    c->certificate_fails = fault;
    c->name_fails = match == TERNARY_FALSE;
    return !fault && match != TERNARY_FALSE;
}

static enum readiness_verdict judge_certificate(struct case_2025 *c)
{
    if (c->encryption.own_certificate)
        return verdict(
            c, VERDICT_UNKNOWN,
            "The link compares the certificate with a file (ServerCertificate) that this audit cannot see.");
    if (!c->view.certificate)
        return verdict(c, VERDICT_UNKNOWN, "The target's certificate was not seen.");
    if (c->encryption.trust_given && c->encryption.encrypt != LINK_ENCRYPT_STRICT &&
        c->encryption.trust_counts == TERNARY_TRUE)
        return verdict(c, VERDICT_READY,
                       "Encrypted, and not validated: TrustServerCertificate is on and the machine's setting "
                       "lets it count.");
    if (certificate_holds(c)) {
        if (c->view.certificate->trusted != TERNARY_TRUE)
            return verdict(c, VERDICT_UNKNOWN, "Whether the certificate's chain is trusted is not known.");
        if (!c->encryption.name)
            return verdict(c, VERDICT_UNKNOWN, "Which name the link compares is not known.");
        return verdict(c, VERDICT_READY,
                       "The certificate is for the name that the link compares, is valid and its authority "
                       "is trusted by the "
                       "audit host; the source's machine must trust it too.");
    }
    if (c->encryption.trust_given && c->encryption.encrypt != LINK_ENCRYPT_STRICT &&
        c->encryption.trust_counts == TERNARY_UNKNOWN) {
        if (c->certificate_fails)
            fix_certificate(c);
        else
            fix_name(c);
        return verdict(c, VERDICT_UNKNOWN,
                       "TrustServerCertificate=yes counts only where the machine's setting "
                       "(SNI19.0\\GeneralFlags\\Flag2) "
                       "allows it, which could not be read.");
    }
    if (c->encryption.trust_given)
        verdict(c, VERDICT_BREAKS, "TrustServerCertificate=yes has no effect here.");
    if (c->certificate_fails)
        fix_certificate(c);
    if (is_distributor(c->link)) {
        fix_distributor(c);
        return VERDICT_BREAKS;
    }
    if (c->name_fails)
        fix_name(c);
    if (c->encryption.encrypt != LINK_ENCRYPT_STRICT)
        fix_weaker(c);
    return VERDICT_BREAKS;
}

static enum readiness_verdict judge_strict(struct case_2025 *c)
{
    const struct strict *strict = c->endpoint->strict;
    if (strict && strict->outcome == STRICT_YES)
        return judge_certificate(c);
    if (strict && strict->outcome == STRICT_NO) {
        offer(c, NULL, KEYWORD_ENCRYPT, "Mandatory");
        return verdict(c, VERDICT_BREAKS,
                       "The link asks for strict (TDS 8.0) encryption, which the target has not.");
    }
    return verdict(c, VERDICT_UNKNOWN,
                   "The link asks for strict (TDS 8.0) encryption, which was not tried at the target.");
}

static bool only_tls13(const struct view *view)
{
    bool newest = view->strict && view->endpoint->strict->protocol == TLS_1_3, refused = false;
    list_each (struct tls, tls, &view->endpoint->tls) {
        newest = newest || (tls->protocol == TLS_1_3 && tls->outcome == TLS_ACCEPTED);
        refused = refused ||
                  (tls->protocol == TLS_1_2 && (tls->outcome == TLS_REJECTED || tls->outcome == TLS_CLOSED));
    }
    return newest && refused && !view->old_tls;
}

/* What would work, works only where the source's Windows still speaks what the target speaks. */
static enum readiness_verdict with_old_tls(struct case_2025 *c, enum readiness_verdict found)
{
    if (!c->view.old_tls || c->view.modern_tls || !c->view.modern_tls_denied)
        return found;
    verdict(c, found,
            "The target speaks no TLS 1.2, so even the login needs a version that current Windows releases "
            "turn off.");
    add_words(c,
              "On the target: the update of KB3135244 for its branch, and TLS 1.2 switched on in Schannel.");
    return found == VERDICT_BREAKS ? found : VERDICT_UNKNOWN;
}

/* Strict validates: what the certificate needs beside it goes into the same string. */
static void fix_strict_only(struct case_2025 *c)
{
    struct remedy_change change = remedy_provider_string(c->arena, c->link, KEYWORD_ENCRYPT, "Strict");
    struct case_2025 strict = changed_case(c, change.value, c->link->data_source);
    strict.trial = c->trial;
    if (change.obstacle || judge_strict(&strict) != VERDICT_BREAKS) {
        offer(c, NULL, KEYWORD_ENCRYPT, "Strict");
        return;
    }
    list_join(&c->fix, &strict.fix);
}

static enum readiness_verdict judge_mandatory(struct case_2025 *c)
{
    if (c->view.strict && c->view.prelogin != PRELOGIN_OK) {
        fix_strict_only(c);
        return verdict(
            c, VERDICT_BREAKS,
            "The target takes strict (TDS 8.0) connections only, and the link does not ask for that.");
    }
    if (c->endpoint->prelogin->encryption == ENCRYPTION_NOT_SUPPORTED) {
        add_words(c, "On the target: a certificate that SQL Server can use, so that it offers encryption.");
        fix_weaker(c);
        return verdict(c, VERDICT_BREAKS, "Encryption is Mandatory, and the target offers none.");
    }
    if (!c->encryption.encrypt_given)
        verdict(c, VERDICT_UNKNOWN,
                "Without an Encrypt keyword, Driver 19 makes encryption Mandatory and validates the "
                "certificate.");
    return with_old_tls(c, judge_certificate(c));
}

static enum readiness_verdict judge_optional(struct case_2025 *c)
{
    switch (c->endpoint->prelogin->encryption) {
    case ENCRYPTION_REQUIRED:
    case ENCRYPTION_ON:
        if (c->encryption.driver != DRIVER_19)
            return with_old_tls(c, verdict(c, VERDICT_READY,
                                           "Trace flag 17600 keeps Driver 18's behaviour: the target "
                                           "encrypts, and its certificate is not validated."));
        verdict(c, VERDICT_UNKNOWN,
                "The link says Optional, and the target forces encryption; the certificate is assumed to be "
                "validated.");
        c->server_forces = true;
        return judge_certificate(c);
    case ENCRYPTION_OFF:
    case ENCRYPTION_NOT_SUPPORTED:
        verdict(c, VERDICT_READY_UNENCRYPTED,
                c->encryption.driver == DRIVER_19
                    ? "Encrypt=Optional: what travels is not encrypted."
                    : "Trace flag 17600 keeps Driver 18's defaults: what travels is not encrypted.");
        return with_old_tls(c, VERDICT_READY_UNENCRYPTED);
    }
    return verdict(c, VERDICT_UNKNOWN, "Whether the target forces encryption is not known.");
}

static bool is_2025(const struct instance *instance)
{
    return version_of(instance->server_version).part[0] >= MAJOR_2025 && !instance_is_azure(instance);
}

static bool names_native_client(const struct linked_server *link)
{
    return link->provider && strncasecmp(link->provider, "SQLNCLI1", 8) == 0;
}

static bool passes_on_2025(const struct case_2025 *c)
{
    return is_2025(c->instance) && c->link->test && c->link->test->outcome == TEST_OK;
}

/* The instance's own test fails in the handshake or over the certificate: no prediction is needed. */
static bool fails_on_2025(struct case_2025 *c)
{
    const struct link_test *test = c->link->test;
    if (!is_2025(c->instance) || !test || test->outcome != TEST_FAILED)
        return false;
    struct heard heard = hear(c->arena, &test->messages);
    return heard.row && (heard.row->phase == HEARD_TLS || heard.row->phase == HEARD_CERTIFICATE);
}

static enum readiness_verdict judge(struct case_2025 *c)
{
    if (passes_on_2025(c))
        return verdict(c,
                       link_is_encrypted(&c->encryption, c->endpoint) == TERNARY_FALSE
                           ? VERDICT_READY_UNENCRYPTED
                           : VERDICT_READY,
                       "The instance is SQL Server 2025 already, and its own test of the link passes.");
    if (names_native_client(c->link))
        return verdict(c, VERDICT_UNKNOWN,
                       "The link names SQL Native Client, which SQL Server 2022 and newer do not install; an "
                       "upgrade in place may keep it. "
                       "Recreate the link with MSOLEDBSQL.");
    if (!c->encryption.visible)
        return verdict(c, VERDICT_UNKNOWN,
                       "The provider string is not visible to the audit login; ALTER ANY LINKED SERVER, or "
                       "the signed procedure of the "
                       "audit login's script, would show it.");
    if (!c->view.network)
        return verdict(c, VERDICT_UNKNOWN, "The link leads to no network target that could be probed.");
    if (c->encryption.encrypt == LINK_ENCRYPT_UNKNOWN)
        return verdict(c, VERDICT_UNKNOWN,
                       "The value of Encrypt in the provider string is none that the driver documents.");
    if (c->encryption.encrypt == LINK_ENCRYPT_STRICT)
        return judge_strict(c);
    bool strict_only = c->view.strict && c->view.prelogin != PRELOGIN_OK;
    const struct prelogin *prelogin = c->endpoint->prelogin;
    if (!strict_only && (c->view.prelogin != PRELOGIN_OK || !prelogin || !prelogin->encryption))
        return verdict(
            c, VERDICT_UNKNOWN,
            "The target did not answer the audit host, so its encryption and certificate are not known.");
    if (only_tls13(&c->view))
        return verdict(c, VERDICT_BREAKS,
                       "The target takes TLS 1.3 only, which TDS 7.x cannot carry: Mandatory and Optional "
                       "fail alike, Strict may work.");
    if (c->view.tls_failed && !strict_only)
        return verdict(
            c, VERDICT_UNKNOWN,
            "No TLS handshake with the target succeeds from the audit host, and even the login needs one.");
    return c->encryption.encrypt == LINK_ENCRYPT_MANDATORY || strict_only ? judge_mandatory(c)
                                                                          : judge_optional(c);
}

remedy_steps readiness_fix(struct arena *arena, const struct instance *instance,
                           const struct linked_server *link, const struct endpoint *endpoint)
{
    struct case_2025 c = case_of(arena, instance, link, endpoint);
    if (link_is_sqlserver(link) && !instance_is_azure(instance))
        judge(&c);
    return c.fix;
}

void assess_readiness(struct arena *arena, const struct instance *instance, struct linked_server *link,
                      const struct endpoint *endpoint)
{
    link->readiness = NULL;
    if (!link_is_sqlserver(link) || instance_is_azure(instance))
        return;
    struct arena *scratch = arena_new();
    struct case_2025 c = case_of(scratch, instance, link, endpoint);
    struct readiness *readiness = arena_alloc(arena, sizeof(*readiness));
    readiness->target = number_of(RELEASE);
    readiness->verdict = judge(&c);
    if (fails_on_2025(&c))
        readiness->verdict = verdict(&c, VERDICT_BREAKS,
                                     "The instance is SQL Server 2025 already, and its own test fails over "
                                     "encryption or the certificate.");
    readiness->reason = arena_shared(arena, prose_text(&c.reason));
    readiness->fix = c.fix.first ? arena_shared(arena, remedy_steps_text(scratch, &c.fix)) : NULL;
    link->readiness = readiness;
    arena_free(scratch);
}

bool breaks_already(const struct instance *instance, const struct linked_server *link)
{
    return link->readiness && link->readiness->verdict == VERDICT_BREAKS && is_2025(instance) &&
           link_state(link) == LINK_BROKEN;
}
