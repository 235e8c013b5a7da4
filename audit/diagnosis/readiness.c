#include "audit/diagnosis/diagnosis.h"
#include "audit/diagnosis/link_encryption.h"
#include "audit/diagnosis/name_match.h"
#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/tsql_quote.h"
#include "audit/diagnosis/version.h"
#include "audit/model/properties.h"

#include <string.h>
#include <strings.h>

#define RELEASE 2025
#define MAJOR_2025 17
/* @optvalue of sp_serveroption is nvarchar(128). */
#define OPTION_VALUE_MAX 128

struct case_2025 {
    struct arena *arena;
    const struct instance *instance;
    const struct linked_server *link;
    const struct endpoint *endpoint;
    struct view view;
    struct link_encryption encryption;
    bool server_forces;     /* Optional does not help */
    bool certificate_fails; /* the chain, the dates or the kind of the certificate */
    bool name_fails;
    bool warned; /* of 7416, once is enough */
    struct prose reason, fix;
};

static enum readiness_verdict verdict(struct case_2025 *c, enum readiness_verdict verdict, const char *reason)
{
    prose_separate(&c->reason, " ");
    prose_put(&c->reason, reason);
    return verdict;
}

/* ---- the fix ------------------------------------------------------------------------------------------- */

static void fix_line(struct case_2025 *c, const char *line)
{
    prose_separate(&c->fix, "\n");
    prose_put(&c->fix, line);
}

/* A provider string in place, where its length and a password in it allow that. */
static void fix_provider_string(struct case_2025 *c, const char *before, const char *keywords)
{
    const char *old = c->link->provider_string ? c->link->provider_string : "";
    size_t length = strlen(old);
    char *value =
        arena_format(c->arena, "%s%s%s", old, length && old[length - 1] != ';' ? ";" : "", keywords);
    char *call = arena_format(
        c->arena, "%sEXEC sys.sp_serveroption @server = %s, @optname = 'provider string', @optvalue = %s;",
        before, quote_literal(c->arena, c->link->name), quote_literal(c->arena, value));
    if (c->encryption.has_password)
        fix_line(c, "-- The provider string holds a password, which the report has not: enter it again in "
                    "place of ***, or "
                    "better, move it to a login mapping.");
    if (c->encryption.has_password || strlen(value) > OPTION_VALUE_MAX) {
        fix_line(c, arena_format(c->arena, "-- %s", call));
        if (strlen(value) > OPTION_VALUE_MAX)
            fix_line(c, "-- The value is longer than the 128 characters that sp_serveroption takes: drop and "
                        "recreate the "
                        "link; its mappings' passwords must be entered again.");
        return;
    }
    fix_line(c, call);
    if (!length && !c->encryption.has_user_id && !c->warned)
        fix_line(
            c,
            "-- The link had no provider string: with one and without User ID, callers that are not sysadmin "
            "can meet error 7416. Test as such a login.");
    c->warned = true;
}

/* A name of the certificate that is the same host: its first label is the host's. */
static const char *certificate_name_of_host(const struct case_2025 *c)
{
    size_t label = c->encryption.name ? strcspn(c->encryption.name, ".") : 0;
    if (c->view.certificate && label)
        list_each (struct certificate_name, name, &c->view.certificate->names)
            if (name->value && name->type && strcmp(name->type, "ip") != 0 && strchr(name->value, '.') &&
                strncasecmp(name->value, c->encryption.name, label) == 0 && name->value[label] == '.')
                return name->value;
    return NULL;
}

static const char *first_certificate_name(const struct case_2025 *c)
{
    if (c->view.certificate)
        list_each (struct certificate_name, name, &c->view.certificate->names)
            if (name->value && *name->value && name->value[0] != '*' && name->type &&
                strcmp(name->type, "ip") != 0)
                return name->value;
    return NULL;
}

static void fix_certificate(struct case_2025 *c)
{
    fix_line(
        c, arena_format(
               c->arena,
               "-- On the target %s: a certificate from an authority that this machine trusts, for the name "
               "%s, not expired.",
               c->endpoint->host ? quote_comment(c->arena, c->endpoint->host) : "?",
               c->encryption.name ? quote_comment(c->arena, c->encryption.name) : "that the link uses"));
}

static void fix_name(struct case_2025 *c)
{
    const char *same = certificate_name_of_host(c), *name = same ? same : first_certificate_name(c);
    if (!name)
        return;
    char *keyword = arena_format(c->arena, "HostNameInCertificate=%s", name);
    if (!same)
        fix_line(c, "-- Only if that is the right server: the certificate is for another host.");
    /* While something else is wrong with the certificate, the name alone mends nothing. */
    fix_provider_string(c, !same || c->certificate_fails ? "-- " : "", keyword);
}

static void fix_weaker(struct case_2025 *c)
{
    if (c->server_forces)
        fix_line(c, "-- Encrypt=Optional does not help: the target forces encryption, and the certificate is "
                    "validated "
                    "whenever encryption occurs.");
    else
        fix_provider_string(c, "-- Weaker, unencrypted: ", "Encrypt=Optional");
}

static void fix_replication(struct case_2025 *c)
{
    fix_line(c, "-- Weaker, for replication's own link:");
    fix_line(c, "-- EXEC sys.sp_changedistributor_property @property = N'trust_distributor_certificate', "
                "@value = N'yes';");
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
        fix_certificate(c);
        return verdict(c, VERDICT_UNKNOWN,
                       "TrustServerCertificate=yes counts only where the machine's setting "
                       "(SNI19.0\\GeneralFlags\\Flag2) "
                       "allows it, which could not be read.");
    }
    if (c->encryption.trust_given)
        verdict(c, VERDICT_BREAKS, "TrustServerCertificate=yes has no effect here.");
    if (c->certificate_fails)
        fix_certificate(c);
    if (c->name_fails)
        fix_name(c);
    if (link_is_replication(c->link))
        fix_replication(c);
    else if (c->encryption.encrypt != LINK_ENCRYPT_STRICT)
        fix_weaker(c);
    return VERDICT_BREAKS;
}

static enum readiness_verdict judge_strict(struct case_2025 *c)
{
    const struct strict *strict = c->endpoint->strict;
    if (strict && strict->outcome == STRICT_YES)
        return judge_certificate(c);
    if (strict && strict->outcome == STRICT_NO) {
        fix_provider_string(c, "-- Until the target is SQL Server 2022 or newer: replace Encrypt=Strict in ",
                            "Encrypt=Mandatory");
        return verdict(c, VERDICT_BREAKS,
                       "The link asks for strict (TDS 8.0) encryption, which the target has not.");
    }
    return verdict(c, VERDICT_UNKNOWN,
                   "The link asks for strict (TDS 8.0) encryption, which was not tried at the target.");
}

static bool only_tls13(const struct view *view)
{
    bool newest = false, refused = false;
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
    fix_line(
        c, "-- On the target: the update of KB3135244 for its branch, and TLS 1.2 switched on in Schannel.");
    return found == VERDICT_BREAKS ? found : VERDICT_UNKNOWN;
}

static enum readiness_verdict judge_mandatory(struct case_2025 *c)
{
    if (c->view.strict && c->view.prelogin != PRELOGIN_OK) {
        fix_provider_string(c, "", "Encrypt=Strict");
        return verdict(
            c, VERDICT_BREAKS,
            "The target takes strict (TDS 8.0) connections only, and the link does not ask for that.");
    }
    if (c->endpoint->prelogin->encryption == ENCRYPTION_NOT_SUPPORTED) {
        fix_line(c, "-- On the target: a certificate that SQL Server can use, so that it offers encryption.");
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
    if (!strict_only && (c->view.prelogin != PRELOGIN_OK || !c->endpoint->prelogin->encryption))
        return verdict(
            c, VERDICT_UNKNOWN,
            "The target did not answer the audit host, so its encryption and certificate are not known.");
    if (only_tls13(&c->view))
        return verdict(c, VERDICT_BREAKS,
                       "The target takes TLS 1.3 only, which TDS 7.x cannot carry: Mandatory and Optional "
                       "fail alike, Strict may work.");
    return c->encryption.encrypt == LINK_ENCRYPT_MANDATORY || strict_only ? judge_mandatory(c)
                                                                          : judge_optional(c);
}

void assess_readiness(struct arena *arena, const struct instance *instance, struct linked_server *link,
                      const struct endpoint *endpoint)
{
    link->readiness = NULL;
    if (!link_is_sqlserver(link) || instance_is_azure(instance))
        return;
    struct case_2025 c = {.arena = arena,
                          .instance = instance,
                          .link = link,
                          .endpoint = endpoint,
                          .view = view_of(arena, instance, NULL, endpoint),
                          .encryption = link_encryption_of(arena, instance, link, endpoint, MAJOR_2025),
                          .reason = prose_new(arena),
                          .fix = prose_new(arena)};
    c.server_forces = c.encryption.forced == TERNARY_TRUE;
    struct readiness *readiness = arena_alloc(arena, sizeof(*readiness));
    readiness->target = number_of(RELEASE);
    readiness->verdict = judge(&c);
    if (fails_on_2025(&c))
        readiness->verdict = verdict(&c, VERDICT_BREAKS,
                                     "The instance is SQL Server 2025 already, and its own test fails over "
                                     "encryption or the certificate.");
    readiness->reason = prose_text(&c.reason);
    readiness->fix = c.fix.length ? prose_text(&c.fix) : NULL;
    link->readiness = readiness;
}
