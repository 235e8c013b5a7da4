#include "audit/rules/assessment.h"

#include "audit/diagnosis/lifecycle.h"
#include "audit/diagnosis/link_encryption.h"
#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/tls12_builds.h"
#include "audit/diagnosis/version.h"
#include "audit/model/link_state.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DAY 86400

static struct subject at(const struct endpoint_place *place)
{
    return (struct subject){.endpoint = place->endpoint};
}

/* "what; host; links". */
static char *evidence(struct assessment *a, const struct endpoint_place *place, const char *what)
{
    return arena_format(a->arena, "%s: %s; %s", endpoint_label(a, place->endpoint), what,
                        links_behind(a, place, NULL));
}

/* The same for what is wrong with a certificate, which may stand at other endpoints as well. */
static char *certificate_evidence(struct assessment *a, const struct endpoint_place *place, const char *what)
{
    char *text = evidence(a, place, what);
    return place->sharing < 2 ? text
                              : arena_format(a->arena, "%s; the same certificate at %zu endpoints, %zu links",
                                             text, place->sharing, place->sharing_links);
}

static bool validates(const struct link_place *place)
{
    list_each (struct certificate_check, check, &place->link->certificate_checks)
        if (check->validated == TERNARY_TRUE)
            return true;
    return false;
}

static bool some_link_validates(const struct endpoint_place *place)
{
    for (const struct link_place *link = place->links; link; link = link->next_of_endpoint)
        if (validates(link))
            return true;
    return false;
}

static void report_certificate(struct assessment *a, const struct endpoint_place *place, const char *what)
{
    bool hurts = some_link_validates(place);
    report_as(a, hurts ? SEVERITY_HIGH : a->rule->severity, at(place),
              arena_format(a->arena, "%s%s%s", certificate_evidence(a, place, what),
                           hurts ? "; validating: " : "", hurts ? links_behind(a, place, validates) : ""));
}

void check_t01(struct assessment *a)
{
    each_endpoint (a, place)
        if (endpoint_offers_no_encryption(place->endpoint))
            report(a, at(place), evidence(a, place, "the service says that it offers no encryption"));
}

/* "TLSv1.0, TLSv1.1", with the day where it was found in an earlier run; NULL when none was accepted. */
static char *accepted_versions(struct assessment *a, const struct endpoint *endpoint, enum tls_version newest)
{
    struct prose prose = prose_new(a->arena);
    list_each (struct tls, tls, &endpoint->tls) {
        if (tls->outcome != TLS_ACCEPTED || tls->protocol > newest)
            continue;
        prose_separate(&prose, ", ");
        prose_put(&prose, name_of(&tls_version_names, (int)tls->protocol));
        if (tls->as_of.known)
            prose_add(&prose, " (as of %s)", date_text(a->arena, tls->as_of));
    }
    return prose.length ? prose_text(&prose) : NULL;
}

static bool lacks_modern_tls(struct assessment *a, const struct endpoint *endpoint)
{
    struct view view = view_of(a->arena, NULL, NULL, endpoint);
    return view.old_tls && !view.modern_tls && !view.strict && view.modern_tls_denied;
}

/* SQL Server 2005 and older never got TLS 1.2: nothing is there to install. */
static bool no_update_exists(const char *build)
{
    struct version version = version_of(build);
    return version.known && version.part[0] < 10;
}

static void say_what_helps(struct assessment *a, struct finding *finding, const char *build)
{
    if (!no_update_exists(build))
        return;
    const char *product = lifecycle_product(build);
    finding->remedy = arena_format(a->arena,
                                   "No update exists for %s: replace it, or isolate it with the sources that "
                                   "must still reach it",
                                   product ? product : "this release");
}

void check_t02(struct assessment *a)
{
    each_endpoint (a, place)
        if (lacks_modern_tls(a, place->endpoint))
            say_what_helps(a,
                           report(a, at(place),
                                  evidence(a, place,
                                           arena_format(a->arena, "TLS 1.2 was refused; accepted: %s",
                                                        accepted_versions(a, place->endpoint, TLS_1_1)))),
                           place->endpoint->prelogin ? place->endpoint->prelogin->server_version : NULL);
}

/* Where the old versions are the only ones, switching them off would switch the target off: T02. */
void check_t03(struct assessment *a)
{
    each_endpoint (a, place) {
        char *old = accepted_versions(a, place->endpoint, TLS_1_1);
        if (old && !lacks_modern_tls(a, place->endpoint))
            report(a, at(place), evidence(a, place, arena_format(a->arena, "accepted: %s", old)));
    }
}

/* ---- certificates ---------------------------------------------------------------------------------- */

void check_t04(struct assessment *a)
{
    each_endpoint (a, place) {
        const struct certificate *certificate = place->certificate;
        if (certificate && certificate->not_after.known && a->now.known &&
            a->now.value > certificate->not_after.value)
            report_certificate(
                a, place,
                arena_format(a->arena, "expired on %s", date_text(a->arena, certificate->not_after)));
    }
}

void check_t05(struct assessment *a)
{
    each_endpoint (a, place) {
        const struct certificate *certificate = place->certificate;
        if (!certificate || !certificate->not_after.known || !a->now.known)
            continue;
        int64_t left = certificate->not_after.value - a->now.value;
        if (left >= 0 && left <= a->policy->certificate_days * DAY)
            report_as(a, some_link_validates(place) ? SEVERITY_MEDIUM : a->rule->severity, at(place),
                      certificate_evidence(a, place,
                                           arena_format(a->arena, "expires on %s, in %lld days",
                                                        date_text(a->arena, certificate->not_after),
                                                        (long long)(left / DAY))));
    }
}

static bool is_own_make(const struct certificate *certificate)
{
    return certificate &&
           (certificate->fallback == TERNARY_TRUE ||
            (certificate->self_signed == TERNARY_TRUE && certificate->trusted != TERNARY_TRUE));
}

void check_t06(struct assessment *a)
{
    each_endpoint (a, place)
        if (is_own_make(place->certificate))
            report(a, at(place),
                   certificate_evidence(
                       a, place,
                       place->certificate->fallback == TERNARY_TRUE
                           ? "the certificate that SQL Server makes for itself at each start"
                           : arena_format(a->arena, "self-signed: %s",
                                          place->certificate->subject ? place->certificate->subject : "")));
}

void check_t07(struct assessment *a)
{
    each_endpoint (a, place) {
        const struct certificate *certificate = place->certificate;
        if (certificate && certificate->trusted == TERNARY_FALSE && !is_own_make(certificate))
            report(a, at(place),
                   certificate_evidence(
                       a, place,
                       arena_format(a->arena, "issued by %s: %s",
                                    certificate->issuer ? certificate->issuer : "an unnamed issuer",
                                    certificate->trust_error ? certificate->trust_error : "not trusted")));
    }
}

static bool name_differs(const struct link_place *place)
{
    list_each (struct certificate_check, check, &place->link->certificate_checks)
        if (check->match == TERNARY_FALSE)
            return true;
    return false;
}

static bool validating_name_differs(const struct link_place *place)
{
    list_each (struct certificate_check, check, &place->link->certificate_checks)
        if (check->match == TERNARY_FALSE && check->validated == TERNARY_TRUE)
            return true;
    return false;
}

/* Distinct names that links compare and the certificate has not. */
static char *differing_names(struct assessment *a, const struct endpoint_place *place)
{
    struct prose prose = prose_new(a->arena);
    const char *last = NULL;
    for (const struct link_place *link = place->links; link; link = link->next_of_endpoint)
        list_each (struct certificate_check, check, &link->link->certificate_checks)
            if (check->match == TERNARY_FALSE && (!last || strcasecmp(last, check->name) != 0) &&
                prose.length < 300) {
                prose_separate(&prose, ", ");
                prose_put(&prose, check->name);
                last = check->name;
            }
    return prose.length ? prose_text(&prose)
                        : arena_text(a->arena, place->endpoint->host ? place->endpoint->host : "the host");
}

void check_t08(struct assessment *a)
{
    each_endpoint (a, place) {
        bool checked = false, differs = false, hurts = false;
        if (place->certificate && place->certificate->fallback == TERNARY_TRUE)
            continue; /* made for no name at all: T06 */
        for (const struct link_place *link = place->links; link; link = link->next_of_endpoint) {
            checked = checked || link->link->certificate_checks.count > 0;
            differs = differs || name_differs(link);
            hurts = hurts || validating_name_differs(link);
        }
        differs =
            differs || (!checked && place->certificate && place->certificate->name_match == TERNARY_FALSE);
        if (!differs)
            continue;
        struct finding *finding = report_as(
            a, hurts ? SEVERITY_HIGH : a->rule->severity, at(place),
            arena_format(a->arena, "%s: the certificate (%s) is not for %s; %s%s%s",
                         endpoint_label(a, place->endpoint),
                         place->certificate && place->certificate->subject ? place->certificate->subject : "",
                         differing_names(a, place), links_behind(a, place, checked ? name_differs : NULL),
                         hurts ? "; validating: " : "",
                         hurts ? links_behind(a, place, validating_name_differs) : ""));
        if (place->certificate && place->certificate->trusted == TERNARY_FALSE)
            finding->remedy =
                remedy_from(a, at(place),
                            "A certificate with these names on {host}, of an authority that the "
                            "sources trust: no name given in a link mends the chain");
    }
}

static const char *weakness(const struct certificate *certificate)
{
    const char *key = certificate->key ? certificate->key : "";
    const char *digits = key + strcspn(key, "0123456789");
    long bits = strtol(digits, NULL, 10);
    if (strncasecmp(key, "RSA", 3) == 0 && *digits && bits < 2048)
        return "an RSA key of fewer than 2048 bits";
    if (strncasecmp(key, "DSA", 3) == 0)
        return "a DSA key";
    if (strncasecmp(key, "EC", 2) == 0 && *digits && bits < 224)
        return "an elliptic key of fewer than 224 bits";
    /* A root's own signature proves nothing and is not judged. */
    const char *signature =
        certificate->signature && certificate->self_signed != TERNARY_TRUE ? certificate->signature : "";
    if (strcasestr(signature, "md5") || strcasestr(signature, "md2"))
        return "an MD5 signature";
    return strcasestr(signature, "sha1") ? "a SHA-1 signature" : NULL;
}

void check_t09(struct assessment *a)
{
    each_endpoint (a, place)
        list_each (struct certificate, certificate, &place->endpoint->certificates) {
            const char *weak = weakness(certificate);
            bool served = certificate == place->certificate || certificate->self_signed != TERNARY_TRUE;
            if (weak && served) {
                report(
                    a, at(place),
                    certificate_evidence(
                        a, place,
                        arena_format(a->arena, "%s (%s, %s) has %s",
                                     certificate->subject ? certificate->subject : "a certificate",
                                     certificate->key ? certificate->key : "key not known",
                                     certificate->signature ? certificate->signature : "signature not known",
                                     weak)));
                break;
            }
        }
}

/* ---- what travels ---------------------------------------------------------------------------------- */

static enum ternary is_encrypted(struct assessment *a, const struct link_place *place)
{
    if (!place->sqlserver || !place->endpoint)
        return TERNARY_UNKNOWN;
    unsigned major = version_of(place->instance->server_version).part[0];
    struct link_encryption encryption =
        link_encryption_of(a->arena, place->instance, place->link, place->endpoint->endpoint, major);
    return link_is_encrypted(&encryption, place->endpoint->endpoint);
}

/* By a mapping, or by the provider string. */
static bool sends_sql_login(const struct link_place *place)
{
    if (holds_password(place))
        return true;
    list_each (struct login_mapping, mapping, &place->link->logins)
        if (mapping->remote && *mapping->remote && mapping->self != TERNARY_TRUE)
            return true;
    return false;
}

/* Every mapping stores the login that the target refused in the test: nobody gets in. */
static bool nobody_gets_in(const struct linked_server *link)
{
    if (link_state(link) != LINK_REFUSED_LOGIN || !link->test || !link->test->login)
        return false;
    list_each (struct login_mapping, mapping, &link->logins)
        if (mapping->self == TERNARY_TRUE || !mapping->remote ||
            strcasecmp(mapping->remote, link->test->login) != 0)
            return false;
    return true;
}

/* Queries and results leave the machine over this link, as far as is known. */
static bool sends(const struct link_place *place)
{
    enum link_state state = link_state(place->link);
    return state != LINK_BROKEN && state != LINK_OFF && !leads_to_itself(place) &&
           !nobody_gets_in(place->link);
}

struct traffic {
    size_t sending, plain, sql_logins, unknown, hidden; /* links; of the unknown those not visible */
    struct prose names;                                 /* of the plain ones */
};

static void add_traffic(struct assessment *a, struct traffic *traffic, const struct link_place *link)
{
    if (!sends(link))
        return;
    traffic->sending++;
    enum ternary encrypted = is_encrypted(a, link);
    if (encrypted == TERNARY_UNKNOWN) {
        traffic->unknown++;
        traffic->hidden += link->sqlserver && !link->options_known;
    }
    if (encrypted != TERNARY_FALSE)
        return;
    traffic->sql_logins += sends_sql_login(link);
    if (traffic->plain++ < 10) {
        prose_separate(&traffic->names, ", ");
        prose_add(&traffic->names, "%s/%s", link->instance->name, link->link->name);
    }
}

/* "1 unencrypted, 3 not known (provider string not visible), of 4 links". */
static char *traffic_text(struct assessment *a, const struct traffic *traffic)
{
    struct prose prose = prose_new(a->arena);
    prose_add(&prose, "%zu unencrypted", traffic->plain);
    if (traffic->unknown)
        prose_add(&prose, ", %zu not known%s", traffic->unknown,
                  traffic->hidden ? " (provider string not visible)" : "");
    prose_add(&prose, ", of %zu link%s", traffic->sending, traffic->sending == 1 ? "" : "s");
    return prose_text(&prose);
}

void check_t10(struct assessment *a)
{
    each_endpoint (a, place) {
        struct traffic traffic = {.names = prose_new(a->arena)};
        for (const struct link_place *link = place->links; link; link = link->next_of_endpoint)
            add_traffic(a, &traffic, link);
        if (!traffic.plain)
            continue;
        struct finding *finding = report_as(
            a, traffic.sql_logins ? SEVERITY_MEDIUM : a->rule->severity, at(place),
            arena_format(a->arena,
                         "%s: %s sending queries and results; with a SQL login: %zu; "
                         "unencrypted: %s%s",
                         endpoint_label(a, place->endpoint), traffic_text(a, &traffic), traffic.sql_logins,
                         prose_text(&traffic.names), traffic.plain > 10 ? ", …" : ""));
        if (endpoint_offers_no_encryption(place->endpoint))
            finding->remedy =
                remedy_from(a, at(place),
                            "{host} offers no encryption, so no setting of a link helps: give it "
                            "a certificate that its service can use (T01), or isolate it");
    }
}

void check_t11(struct assessment *a)
{
    each_place (a, place) {
        if (!place->sqlserver || !place->link->provider_string)
            continue;
        unsigned major = version_of(place->instance->server_version).part[0];
        const struct endpoint *endpoint = place->endpoint ? place->endpoint->endpoint : NULL;
        struct link_encryption encryption =
            link_encryption_of(a->arena, place->instance, place->link, endpoint, major);
        if (!encryption.trust_given)
            continue;
        enum ternary validated = link_validates(&encryption);
        encryption.trust_given = false;
        bool matters = link_validates(&encryption) == TERNARY_TRUE && validated == TERNARY_FALSE;
        const char *effect =
            matters ? "it switches the validation of the certificate off"
            : validated == TERNARY_TRUE
                ? "it has no effect: strict encryption or the machine's setting overrides it"
            : validated == TERNARY_UNKNOWN
                ? "whether it has an effect depends on the machine's setting, which could not be read"
                : "it has no effect: this link does not validate anyway";
        report_as(a, matters ? SEVERITY_MEDIUM : a->rule->severity, subject_of_place(place),
                  arena_text(a->arena, effect));
    }
}

static void report_build(struct assessment *a, struct subject subject, const char *whose, const char *build)
{
    const struct tls12_branch *branch = tls12_branch_of(build);
    struct finding *finding = report(
        a, subject,
        arena_format(a->arena, "%s: build %s; %s%s", whose, build, tls12_rule(a->arena, branch),
                     tls12_unstable(build)
                         ? "; it speaks TLS 1.2, and its service ends by itself now and then (KB3146034)"
                         : ""));
    say_what_helps(a, finding, build);
}

void check_t12(struct assessment *a)
{
    each_endpoint (a, place) {
        const char *build = place->endpoint->prelogin ? place->endpoint->prelogin->server_version : NULL;
        if (tls12_capable(build) == TERNARY_FALSE && !endpoint_may_be_azure(place->endpoint) &&
            (!place->target || instance_is_installed(place->target)))
            report_build(a, at(place), endpoint_label(a, place->endpoint), build);
    }
    list_each (struct instance, instance, &a->audit->instances)
        if (instance->linked_servers.count && instance_is_installed(instance) &&
            tls12_capable(instance->server_version) == TERNARY_FALSE)
            report_build(a, (struct subject){.instance = instance}, "as a source of links",
                         instance->server_version);
}

void check_t13(struct assessment *a)
{
    each_endpoint (a, place) {
        const struct endpoint *endpoint = place->endpoint;
        struct version version = version_of(endpoint->prelogin ? endpoint->prelogin->server_version : NULL);
        bool tried = endpoint->strict && endpoint->strict->outcome == STRICT_NO;
        bool too_old = version.known && version.part[0] < 16 && !endpoint_may_be_azure(endpoint);
        if (endpoint->kind == ENDPOINT_SQLSERVER && (tried || too_old))
            report(a, at(place),
                   evidence(a, place,
                            tried ? "TDS 8.0 was tried and does not work"
                                  : "TDS 8.0 came with SQL Server 2022"));
    }
}
