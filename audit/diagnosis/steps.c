#include "audit/diagnosis/steps.h"

#include "audit/diagnosis/diagnosis.h"
#include "audit/diagnosis/lifecycle.h"
#include "audit/diagnosis/prose.h"
#include "audit/diagnosis/tls12_builds.h"
#include "audit/model/properties.h"

#include <string.h>
#include <strings.h>

/* ---- conditions ------------------------------------------------------------------------------------ */

static bool heard_cause(const struct view *v, enum cause cause)
{
    return v->heard.row && v->heard.row->cause == cause;
}

static bool heard_phase(const struct view *v, enum heard_phase phase)
{
    return v->heard.row && v->heard.row->phase == phase;
}

static bool always(const struct view *v)
{
    (void)v;
    return true;
}

static bool no_network(const struct view *v)
{
    return !v->network;
}

static bool not_sqlserver(const struct view *v)
{
    return !v->network || v->endpoint->kind != ENDPOINT_SQLSERVER;
}

static bool only_a_port(const struct view *v)
{
    return !v->network || v->endpoint->kind == ENDPOINT_TCP ||
           v->endpoint->kind == ENDPOINT_ANALYSIS_SERVICES;
}

static bool numeric(const struct view *v)
{
    return v->resolved == RESOLVE_NUMERIC && endpoint_is_numeric(v->endpoint);
}

static bool told_no_name(const struct view *v)
{
    return heard_cause(v, CAUSE_NAME_NOT_FOUND);
}

static bool told_name_service(const struct view *v)
{
    return heard_cause(v, CAUSE_NAME_SERVICE_FAILED);
}

static bool name_missing(const struct view *v)
{
    return v->resolved == RESOLVE_NO_NAME || v->resolved == RESOLVE_NO_ADDRESS;
}

static bool name_found(const struct view *v)
{
    return v->resolved == RESOLVE_OK || v->resolved == RESOLVE_NUMERIC;
}

static bool told_no_route(const struct view *v)
{
    return heard_cause(v, CAUSE_NO_ROUTE);
}

static bool no_address_tried(const struct view *v)
{
    return (!v->connected && !v->telling && v->addresses == 0) || v->resolved == RESOLVE_DENIED ||
           (v->addresses > 0 && v->denied == v->addresses);
}

static bool is_unreachable(enum connect_outcome outcome)
{
    return outcome == CONNECT_HOST_UNREACHABLE || outcome == CONNECT_NET_UNREACHABLE;
}

static bool unreachable(const struct view *v)
{
    return !v->connected && v->telling && is_unreachable(v->telling->outcome);
}

static size_t first_label(const char *name)
{
    return strcspn(name, ".");
}

/* Every address that has a reverse name belongs to a host of another name. Aliases do this too: a warning. */
static bool reverse_differs(const struct view *v)
{
    const char *host = v->endpoint->host;
    bool any = false;
    if (!host || v->resolved != RESOLVE_OK || !v->endpoint->resolve)
        return false;
    list_each (struct address, address, &v->endpoint->resolve->addresses) {
        if (!address->reverse)
            continue;
        any = true;
        if (first_label(address->reverse) == first_label(host) &&
            strncasecmp(address->reverse, host, first_label(host)) == 0)
            return false;
    }
    return any;
}

static bool ping_says_unreachable(const struct view *v)
{
    bool any = false;
    list_each (struct ping, ping, &v->endpoint->pings) {
        if (ping->outcome == PING_ANSWERED)
            return false;
        any = any || ping->outcome == PING_UNREACHABLE;
    }
    return any && !v->connected;
}

static bool ping_answered(const struct view *v)
{
    list_each (struct ping, ping, &v->endpoint->pings)
        if (ping->outcome == PING_ANSWERED)
            return true;
    return false;
}

static bool ping_tried(const struct view *v)
{
    list_each (struct ping, ping, &v->endpoint->pings)
        if (ping->outcome != PING_SKIPPED)
            return true;
    return false;
}

static bool told_browser(const struct view *v)
{
    return heard_phase(v, HEARD_BROWSER);
}

static bool browser_gave_port(const struct view *v)
{
    return v->named && v->browser == BROWSER_ANSWERED;
}

static bool browser_says_no(const struct view *v)
{
    return v->named && (v->browser == BROWSER_INSTANCE_NOT_FOUND || v->browser == BROWSER_WITHOUT_TCP);
}

static bool browser_is_dumb(const struct view *v)
{
    return v->named && !v->connected &&
           (v->browser == BROWSER_SILENT || v->browser == BROWSER_UNREACHABLE ||
            v->browser == BROWSER_PROHIBITED || v->browser == BROWSER_INVALID);
}

static bool listens_elsewhere(const struct view *v)
{
    return !v->connected && v->telling && v->browser == BROWSER_ANSWERED &&
           v->endpoint->browser->tcp_port.known && v->telling->port.known &&
           v->endpoint->browser->tcp_port.value != v->telling->port.value;
}

static bool another_instance(const struct view *v)
{
    return v->endpoint->prelogin && v->endpoint->prelogin->instance_match == TERNARY_FALSE;
}

static bool connected(const struct view *v)
{
    return v->connected;
}

static bool port_of_instance(const struct view *v)
{
    return v->connected && v->prelogin != PRELOGIN_NOT_TDS;
}

static bool told_no_connection(const struct view *v)
{
    return heard_phase(v, HEARD_NETWORK) &&
           (heard_cause(v, CAUSE_PORT_REFUSED) || heard_cause(v, CAUSE_PORT_TIMEOUT) ||
            heard_cause(v, CAUSE_NO_ROUTE) || heard_cause(v, CAUSE_PROHIBITED));
}

static bool told_pipe_only(const struct view *v)
{
    return v->connected && v->heard.pipes && heard_phase(v, HEARD_NETWORK);
}

static bool port_failed(const struct view *v)
{
    return !v->connected && v->telling && v->telling->outcome != CONNECT_SKIPPED &&
           v->telling->outcome != CONNECT_FAILED;
}

static bool told_prohibited(const struct view *v)
{
    return heard_cause(v, CAUSE_PROHIBITED) && !v->heard.pipes; /* a pipe is denied to an account */
}

static bool told_dropped(const struct view *v)
{
    return v->connected && heard_cause(v, CAUSE_PORT_TIMEOUT) && !v->heard.row->vague;
}

static bool rejected(const struct view *v)
{
    bool tcp =
        v->telling && (v->telling->outcome == CONNECT_PROHIBITED || v->telling->outcome == CONNECT_REJECTED);
    return !v->connected && (tcp || v->browser == BROWSER_PROHIBITED);
}

static bool dropped(const struct view *v)
{
    return !v->connected && v->telling && v->telling->outcome == CONNECT_TIMEOUT &&
           endpoint_is_alive(v->endpoint);
}

static bool host_itself_answered(const struct view *v)
{
    return v->connected || (v->telling && v->telling->outcome == CONNECT_REFUSED);
}

static bool told_wrong_service(const struct view *v)
{
    return heard_cause(v, CAUSE_CLOSED_ON_PRELOGIN) || heard_cause(v, CAUSE_NOT_THE_EXPECTED_SERVICE) ||
           heard_cause(v, CAUSE_ACCEPTS_BUT_SILENT);
}

static bool told_service(const struct view *v)
{
    return view_reached(v) || heard_phase(v, HEARD_CERTIFICATE) || heard_cause(v, CAUSE_STRICT_ONLY);
}

static bool service_speaks(const struct view *v)
{
    return v->prelogin == PRELOGIN_OK || v->strict ||
           (v->endpoint->kind == ENDPOINT_TLS && (v->modern_tls || v->old_tls));
}

static bool service_fails(const struct view *v)
{
    return v->prelogin == PRELOGIN_CLOSED || v->prelogin == PRELOGIN_RESET ||
           v->prelogin == PRELOGIN_SILENT || v->prelogin == PRELOGIN_NOT_TDS ||
           (v->endpoint->kind == ENDPOINT_TLS && v->tls_failed);
}

static bool certificate_unseen(const struct view *v)
{
    return !v->certificate || v->certificate->trusted == TERNARY_UNKNOWN;
}

static bool told_tls(const struct view *v)
{
    return heard_phase(v, HEARD_TLS);
}

static bool told_certificate(const struct view *v)
{
    return heard_phase(v, HEARD_CERTIFICATE);
}

static bool no_encryption(const struct view *v)
{
    return v->no_encryption;
}

static bool tls_failed(const struct view *v)
{
    return v->tls_failed;
}

static bool only_old_tls(const struct view *v)
{
    return v->old_tls && !v->modern_tls && !v->strict && v->modern_tls_denied;
}

static bool link_would_reject(const struct view *v)
{
    if (v->link && !view_reached(v))
        list_each (struct certificate_check, check, &v->link->certificate_checks)
            if (check->validated == TERNARY_TRUE &&
                (check->match == TERNARY_FALSE || check->trusted == TERNARY_FALSE ||
                 certificate_fault(v->certificate, v->endpoint->probed)))
                return true;
    return false;
}

static bool old_tls_too(const struct view *v)
{
    return v->old_tls;
}

static bool certificate_is_weak(const struct view *v)
{
    return certificate_fault(v->certificate, v->endpoint->probed) ||
           (v->certificate && v->certificate->name_match == TERNARY_FALSE);
}

static bool modern_tls(const struct view *v)
{
    return v->modern_tls || (v->strict && v->endpoint->strict->protocol >= TLS_1_2);
}

/* Accepted, and answered by the service; a port of which nothing else is known is accepted at most. */
static bool answered_at_ease(const struct view *v)
{
    return v->connected && (service_speaks(v) || only_a_port(v));
}

static bool told_pressure(const struct view *v)
{
    return v->heard.row && v->heard.row->pressure;
}

static bool accepted_and_silent(const struct view *v)
{
    return v->connected && v->prelogin == PRELOGIN_SILENT;
}

static bool slow(const struct view *v)
{
    const struct prelogin *prelogin = v->endpoint->prelogin;
    return v->connected &&
           ((v->connected->ms.known && v->connected->ms.value >= DIAGNOSIS_SLOW_MS) ||
            (v->connected->retransmissions.known && v->connected->retransmissions.value > 0) ||
            (v->connected->attempts.known && v->connected->attempts.value > 1) ||
            v->prelogin == PRELOGIN_RESET ||
            (prelogin && prelogin->ms.known && prelogin->ms.value >= DIAGNOSIS_SLOW_MS));
}

static bool target_is_full(const struct view *v)
{
    return v->target && instance_load(v->arena, v->target);
}

static bool slow_test(const struct view *v)
{
    return view_test_is(v, TEST_OK) && v->link->test->ms.known &&
           v->link->test->ms.value >= DIAGNOSIS_SLOW_TEST_MS;
}

static bool name_is_given(const struct view *v)
{
    return instance_name_is_given(v->instance);
}

static bool name_not_read(const struct view *v)
{
    return !v->instance || !v->instance->server_name;
}

static bool renamed(const struct instance *instance)
{
    return instance && instance->server_name && !instance_name_is_given(instance) &&
           (!instance->at_at_servername ||
            strcasecmp(instance->at_at_servername, instance->server_name) != 0);
}

static bool source_renamed(const struct view *v)
{
    return renamed(v->instance);
}

static bool target_renamed(const struct view *v)
{
    return renamed(v->target);
}

static bool test_passed(const struct view *v)
{
    return view_test_is(v, TEST_OK);
}

static bool login_refused(const struct view *v)
{
    return heard_phase(v, HEARD_LOGIN) || heard_phase(v, HEARD_MAPPING);
}

/* ---- the table --------------------------------------------------------------------------------------- */

static const char *const vantage_names[] = {NULL, "audit-host", "instance"};

/* clang-format off */
const struct step_rule step_rules[] = {
    {STEP_NAME, RESULT_NOT_APPLICABLE, VANTAGE_NOBODY, "The link leads to no network target: a file, an alias that only the instance knows, or the instance itself.", no_network},
    {STEP_NAME, RESULT_NOT_APPLICABLE, VANTAGE_NOBODY, "The data source is an address: there is no name to look up.", numeric},
    {STEP_NAME, RESULT_FAIL, VANTAGE_INSTANCE, "The instance's test says that no such host is known.", told_no_name},
    {STEP_NAME, RESULT_UNKNOWN, VANTAGE_INSTANCE, "The instance's test says that its name servers failed.", told_name_service},
    {STEP_NAME, RESULT_PASS, VANTAGE_INSTANCE, "The instance's test got an answer from the target, or a refusal or silence of its address: the name resolved there.", view_named},
    {STEP_NAME, RESULT_FAIL, VANTAGE_AUDIT_HOST, "DNS has no such name, or the name has no address.", name_missing},
    {STEP_NAME, RESULT_PASS, VANTAGE_AUDIT_HOST, "The name has at least one address, in DNS or in the configuration's [hosts].", name_found},
    {STEP_NAME, RESULT_UNKNOWN, VANTAGE_AUDIT_HOST, "The name was not looked up, or name servers did not answer.", always},

    {STEP_ADDRESS, RESULT_NOT_APPLICABLE, VANTAGE_NOBODY, "No network target.", no_network},
    {STEP_ADDRESS, RESULT_FAIL, VANTAGE_INSTANCE, "The instance's test says that the target's host or network cannot be reached.", told_no_route},
    {STEP_ADDRESS, RESULT_PASS, VANTAGE_INSTANCE, "The instance's test reached the target.", view_connected},
    {STEP_ADDRESS, RESULT_UNKNOWN, VANTAGE_AUDIT_HOST, "No address is known, or none may be probed (allow, deny).", no_address_tried},
    {STEP_ADDRESS, RESULT_FAIL, VANTAGE_AUDIT_HOST, "Every address is reported as unreachable (ICMP host or network unreachable).", unreachable},
    {STEP_ADDRESS, RESULT_WARN, VANTAGE_AUDIT_HOST, "The addresses resolve back to hosts of other names only: an old DNS record, or an alias.", reverse_differs},
    {STEP_ADDRESS, RESULT_WARN, VANTAGE_AUDIT_HOST, "An ICMP echo is answered by 'unreachable', and no connection came about.", ping_says_unreachable},
    {STEP_ADDRESS, RESULT_PASS, VANTAGE_AUDIT_HOST, "There are addresses, and nothing speaks against them.", always},

    {STEP_INSTANCE, RESULT_NOT_APPLICABLE, VANTAGE_NOBODY, "No SQL Server, or no network target.", not_sqlserver},
    {STEP_INSTANCE, RESULT_FAIL, VANTAGE_INSTANCE, "The instance's test could not locate the target's instance, or its protocol.", told_browser},
    {STEP_INSTANCE, RESULT_PASS, VANTAGE_INSTANCE, "The instance's test reached the target.", view_connected},
    {STEP_INSTANCE, RESULT_FAIL, VANTAGE_AUDIT_HOST, "SQL Browser answers and does not know the instance (absent or hidden), or knows it without TCP.", browser_says_no},
    {STEP_INSTANCE, RESULT_FAIL, VANTAGE_AUDIT_HOST, "The instance's port can only come from SQL Browser, and UDP 1434 is silent, closed, rejected or answers nonsense.", browser_is_dumb},
    {STEP_INSTANCE, RESULT_FAIL, VANTAGE_AUDIT_HOST, "The port does not answer, and SQL Browser says that the instance listens on another one.", listens_elsewhere},
    {STEP_INSTANCE, RESULT_WARN, VANTAGE_AUDIT_HOST, "The server answers that it is another instance than the one asked for (PRELOGIN INSTOPT).", another_instance},
    {STEP_INSTANCE, RESULT_PASS, VANTAGE_AUDIT_HOST, "SQL Browser gave the named instance's port.", browser_gave_port},
    {STEP_INSTANCE, RESULT_PASS, VANTAGE_AUDIT_HOST, "The default instance's or the given port accepts connections, and no other protocol answers there.", port_of_instance},
    {STEP_INSTANCE, RESULT_UNKNOWN, VANTAGE_AUDIT_HOST, "Nothing tells which instance is there.", always},

    {STEP_PORT, RESULT_NOT_APPLICABLE, VANTAGE_NOBODY, "No network target.", no_network},
    {STEP_PORT, RESULT_UNKNOWN, VANTAGE_INSTANCE, "The instance's test ended at a named pipe, which tells nothing of a port that accepts connections from the audit host.", told_pipe_only},
    {STEP_PORT, RESULT_FAIL, VANTAGE_INSTANCE, "The instance's test was refused, timed out, found no route or was prohibited at TCP.", told_no_connection},
    {STEP_PORT, RESULT_PASS, VANTAGE_INSTANCE, "The instance's test came past the TCP connection.", view_connected},
    {STEP_PORT, RESULT_PASS, VANTAGE_AUDIT_HOST, "At least one address accepts TCP connections on the port; of a multi-subnet listener one is enough.", connected},
    {STEP_PORT, RESULT_FAIL, VANTAGE_AUDIT_HOST, "No address accepts a connection: refused, rejected, silent, prohibited, reset or unreachable.", port_failed},
    {STEP_PORT, RESULT_UNKNOWN, VANTAGE_AUDIT_HOST, "No connection was tried, or the audit host itself could not try.", always},

    {STEP_FIREWALL, RESULT_NOT_APPLICABLE, VANTAGE_NOBODY, "No network target.", no_network},
    {STEP_FIREWALL, RESULT_FAIL, VANTAGE_INSTANCE, "The instance's test was forbidden by a firewall.", told_prohibited},
    {STEP_FIREWALL, RESULT_FAIL, VANTAGE_INSTANCE, "The port accepts connections from the audit host, and the instance's own attempts stay without an answer.", told_dropped},
    {STEP_FIREWALL, RESULT_PASS, VANTAGE_INSTANCE, "The instance's test came past the TCP connection.", view_connected},
    {STEP_FIREWALL, RESULT_FAIL, VANTAGE_AUDIT_HOST, "An ICMP message rejects TCP or UDP 1434: prohibited, or port unreachable in answer to TCP.", rejected},
    {STEP_FIREWALL, RESULT_FAIL, VANTAGE_AUDIT_HOST, "The host lives, by its answer to an ICMP echo or its port unreachable for UDP 1434, and TCP on this port is dropped.", dropped},
    {STEP_FIREWALL, RESULT_PASS, VANTAGE_AUDIT_HOST, "The connection was accepted, or refused by a RST from the address itself (a firewall that forges resets looks the same).", host_itself_answered},
    {STEP_FIREWALL, RESULT_UNKNOWN, VANTAGE_AUDIT_HOST, "Silence may be a firewall or a dead host; or nothing was sent.", always},

    {STEP_SERVICE, RESULT_NOT_APPLICABLE, VANTAGE_NOBODY, "No network target, or only a port is asked about.", only_a_port},
    {STEP_SERVICE, RESULT_FAIL, VANTAGE_INSTANCE, "The instance's test was accepted, then closed, left without an answer, or answered by something else.", told_wrong_service},
    {STEP_SERVICE, RESULT_PASS, VANTAGE_INSTANCE, "The instance's test spoke with the target's service.", told_service},
    {STEP_SERVICE, RESULT_PASS, VANTAGE_AUDIT_HOST, "The service answers its first message (TDS PRELOGIN; of other kinds their own), or TDS 8.0 works.", service_speaks},
    {STEP_SERVICE, RESULT_FAIL, VANTAGE_AUDIT_HOST, "The connection is accepted and then closed, reset, silent, or another protocol answers.", service_fails},
    {STEP_SERVICE, RESULT_UNKNOWN, VANTAGE_AUDIT_HOST, "Nobody could speak with the service.", always},

    {STEP_TLS, RESULT_NOT_APPLICABLE, VANTAGE_NOBODY, "No network target, or only a port is asked about.", only_a_port},
    {STEP_TLS, RESULT_FAIL, VANTAGE_INSTANCE, "The instance's test failed in the TLS handshake.", told_tls},
    {STEP_TLS, RESULT_FAIL, VANTAGE_INSTANCE, "The instance's test rejected the certificate.", told_certificate},
    {STEP_TLS, RESULT_FAIL, VANTAGE_AUDIT_HOST, "The server says that it offers no encryption.", no_encryption},
    {STEP_TLS, RESULT_FAIL, VANTAGE_AUDIT_HOST, "No TLS handshake succeeds, and the audit host's own library is not the limit.", tls_failed},
    {STEP_TLS, RESULT_FAIL, VANTAGE_AUDIT_HOST, "TLS 1.1 or older works and TLS 1.2 does not.", only_old_tls},
    {STEP_TLS, RESULT_FAIL, VANTAGE_AUDIT_HOST, "This link validates the certificate, which is not trusted, out of date or not for the name that it compares; its test has not shown otherwise.", link_would_reject},
    {STEP_TLS, RESULT_WARN, VANTAGE_AUDIT_HOST, "TLS 1.2 or newer may work, and TLS 1.1 or older is accepted as well.", old_tls_too},
    {STEP_TLS, RESULT_WARN, VANTAGE_AUDIT_HOST, "The certificate is expired, not valid yet, self-signed, untrusted or for another name: a client that validates will refuse it.", certificate_is_weak},
    {STEP_TLS, RESULT_UNKNOWN, VANTAGE_AUDIT_HOST, "No certificate was seen, or whether its chain is trusted is not known.", certificate_unseen},
    {STEP_TLS, RESULT_PASS, VANTAGE_AUDIT_HOST, "TLS 1.2 or newer works, and the certificate holds.", modern_tls},
    {STEP_TLS, RESULT_UNKNOWN, VANTAGE_AUDIT_HOST, "No handshake was tried, or the audit host's own library is the limit.", always},

    {STEP_PRESSURE, RESULT_NOT_APPLICABLE, VANTAGE_NOBODY, "No network target.", no_network},
    {STEP_PRESSURE, RESULT_FAIL, VANTAGE_INSTANCE, "The instance's test says that the target is there and cannot take the connection (single user, too many connections, closed at once, stalled).", told_pressure},
    {STEP_PRESSURE, RESULT_FAIL, VANTAGE_AUDIT_HOST, "The connection is accepted and nothing answers: the queue is accepted by the system, not by the service.", accepted_and_silent},
    {STEP_PRESSURE, RESULT_WARN, VANTAGE_AUDIT_HOST, "Accepting or answering took a second or more, packets were lost, attempts repeated, or the conversation was reset.", slow},
    {STEP_PRESSURE, RESULT_WARN, VANTAGE_INSTANCE, "The target is an audited instance, and by its own counters tasks wait for workers, or nine tenths of its workers or connections are in use (one sample).", target_is_full},
    {STEP_PRESSURE, RESULT_WARN, VANTAGE_INSTANCE, "The instance's test passed and took five seconds or more.", slow_test},
    {STEP_PRESSURE, RESULT_PASS, VANTAGE_AUDIT_HOST, "The connection was accepted, and the service answered, within a second.", answered_at_ease},
    {STEP_PRESSURE, RESULT_PASS, VANTAGE_INSTANCE, "The instance's test passed within five seconds.", test_passed},
    {STEP_PRESSURE, RESULT_UNKNOWN, VANTAGE_NOBODY, "Nobody came so far, or the connection was accepted and closed, or answered by something else.", always},

    {STEP_SERVERNAME, RESULT_WARN, VANTAGE_INSTANCE, "The target is an audited instance, and its @@SERVERNAME is not SERVERPROPERTY('ServerName').", target_renamed},
    {STEP_SERVERNAME, RESULT_NOT_APPLICABLE, VANTAGE_NOBODY, "Azure, Managed Instance, SQL Edge, RDS or Linux: the name is given by the platform.", name_is_given},
    {STEP_SERVERNAME, RESULT_UNKNOWN, VANTAGE_NOBODY, "The instance's names were not read.", name_not_read},
    {STEP_SERVERNAME, RESULT_WARN, VANTAGE_INSTANCE, "@@SERVERNAME of the instance is NULL or not SERVERPROPERTY('ServerName'): it was renamed, or its local server dropped.", source_renamed},
    {STEP_SERVERNAME, RESULT_PASS, VANTAGE_INSTANCE, "@@SERVERNAME is SERVERPROPERTY('ServerName').", always},

    {STEP_LOGIN, RESULT_PASS, VANTAGE_INSTANCE, "The instance's own sp_testlinkedserver passed.", test_passed},
    {STEP_LOGIN, RESULT_FAIL, VANTAGE_INSTANCE, "The target refused the login, or the link has no mapping for the audit login. This is the auditor's way in, not the application's.", login_refused},
    {STEP_LOGIN, RESULT_UNKNOWN, VANTAGE_INSTANCE, "The test was skipped, timed out, or failed before the login.", always},
};
/* clang-format on */
const size_t step_rule_count = sizeof(step_rules) / sizeof(step_rules[0]);

/* ---- evidence ----------------------------------------------------------------------------------------- */

static void add_ms(struct prose *prose, struct number ms)
{
    if (ms.known)
        prose_add(prose, " (%lld ms)", (long long)ms.value);
}

static void name_evidence(const struct view *v, struct prose *prose)
{
    const struct resolve *resolve = v->endpoint->resolve;
    const char *host = v->endpoint->host ? v->endpoint->host : "?";
    if (!resolve) {
        prose_add(prose, "%s was not looked up", host);
        return;
    }
    if (resolve->outcome == RESOLVE_NUMERIC)
        prose_add(prose, "%s: %s", host, resolve->name ? resolve->name : "an address");
    else
        prose_add(prose, "%s: %s", resolve->name ? resolve->name : host,
                  resolve->outcome == RESOLVE_OK ? "found"
                                                 : name_of(&resolve_outcome_names, (int)resolve->outcome));
    if (resolve->source && name_found(v))
        prose_add(prose, " (%s)", resolve->source);
    if (resolve->tried && !name_found(v))
        prose_add(prose, "; tried: %s", resolve->tried);
    if (resolve->detail)
        prose_add(prose, "; %s", resolve->detail);
}

static void address_evidence(const struct view *v, struct prose *prose)
{
    if (v->endpoint->resolve)
        list_each (struct address, address, &v->endpoint->resolve->addresses) {
            prose_separate(prose, ", ");
            prose_put(prose, address->ip);
            if (address->reverse)
                prose_add(prose, " (%s)", address->reverse);
            if (address->allowed == TERNARY_FALSE)
                prose_put(prose, " (not probed: deny)");
        }
    list_each (struct ping, ping, &v->endpoint->pings) {
        prose_separate(prose, "; ");
        prose_add(prose, "ping %s: %s", ping->ip ? ping->ip : "",
                  name_of(&ping_outcome_names, (int)ping->outcome));
        add_ms(prose, ping->ms);
    }
    if (!prose->length)
        prose_put(prose, "no address known");
}

static void instance_evidence(const struct view *v, struct prose *prose)
{
    const struct browser *browser = v->endpoint->browser;
    if (v->endpoint->instance && *v->endpoint->instance)
        prose_add(prose, "instance %s", v->endpoint->instance);
    if (v->endpoint->port.known)
        prose_add(prose, "%sport %lld", prose->length ? ", " : "", (long long)v->endpoint->port.value);
    if (!prose->length)
        prose_put(prose, "default instance");
    if (!browser)
        return;
    prose_add(prose, "; SQL Browser: %s", name_of(&browser_outcome_names, (int)browser->outcome));
    if (browser->tcp_port.known)
        prose_add(prose, ", port %lld", (long long)browser->tcp_port.value);
    if (browser->instances)
        prose_add(prose, ", lists %s", browser->instances);
    add_ms(prose, browser->ms);
}

static void port_evidence(const struct view *v, struct prose *prose)
{
    list_each (struct connection, connection, &v->endpoint->connects) {
        prose_separate(prose, "; ");
        prose_add(prose, strchr(connection->ip ? connection->ip : "", ':') ? "[%s]:%lld %s" : "%s:%lld %s",
                  connection->ip ? connection->ip : "?", (long long)connection->port.value,
                  name_of(&connect_outcome_names, (int)connection->outcome));
        if (connection->from)
            prose_add(prose, " by %s", connection->from);
        add_ms(prose, connection->ms);
        if (connection->detail && connection->outcome != CONNECT_OK)
            prose_add(prose, ": %s", connection->detail);
    }
    if (!prose->length)
        prose_put(prose, "no connection tried");
}

static void firewall_evidence(const struct view *v, struct prose *prose)
{
    port_evidence(v, prose);
    if (v->browser && v->browser != BROWSER_SKIPPED)
        prose_add(prose, "; UDP 1434: %s", name_of(&browser_outcome_names, (int)v->browser));
    if (ping_tried(v))
        prose_add(prose, "; ping %s", ping_answered(v) ? "answered" : "not answered");
}

static void service_evidence(const struct view *v, struct prose *prose)
{
    const struct prelogin *prelogin = v->endpoint->prelogin;
    if (prelogin) {
        prose_add(prose, "PRELOGIN: %s", name_of(&prelogin_outcome_names, (int)prelogin->outcome));
        if (prelogin->server_version)
            prose_add(prose, ", version %s", prelogin->server_version);
        if (lifecycle_product(prelogin->server_version) && !endpoint_may_be_azure(v->endpoint))
            prose_add(prose, " (%s)", lifecycle_product(prelogin->server_version));
        if (prelogin->encryption)
            prose_add(prose, ", encryption %s", name_of(&encryption_names, (int)prelogin->encryption));
        if (prelogin->looks_like)
            prose_add(prose, ", looks like %s", prelogin->looks_like);
        add_ms(prose, prelogin->ms);
    }
    const char *service = endpoint_property(v->endpoint, PROPERTY_SERVICE);
    if (service) {
        const char *version = endpoint_property(v->endpoint, PROPERTY_SERVICE_VERSION);
        const char *detail = endpoint_property(v->endpoint, PROPERTY_SERVICE_DETAIL);
        const char *like = endpoint_property(v->endpoint, PROPERTY_LOOKS_LIKE);
        prose_add(prose, "%s: %s%s%s%s%s%s%s", name_of(&endpoint_kind_names, (int)v->endpoint->kind), service,
                  version ? ", version " : "", version ? version : "", detail ? ", " : "",
                  detail ? detail : "", like ? ", looks like " : "", like ? like : "");
    }
    if (v->endpoint->strict)
        prose_add(prose, "%sTDS 8.0: %s", prose->length ? "; " : "",
                  name_of(&strict_outcome_names, (int)v->endpoint->strict->outcome));
    if (!prose->length)
        prose_put(prose, "not asked");
}

static void build_evidence(const struct view *v, struct prose *prose)
{
    const char *build = v->endpoint->prelogin ? v->endpoint->prelogin->server_version : NULL;
    const struct tls12_branch *branch = tls12_branch_of(build);
    if (!branch || endpoint_may_be_azure(v->endpoint) || tls12_capable(build) != TERNARY_FALSE)
        return;
    prose_add(prose, "; build %s cannot speak TLS 1.2 (%s)", build, tls12_rule(v->arena, branch));
}

static void tls_evidence(const struct view *v, struct prose *prose)
{
    list_each (struct tls, tls, &v->endpoint->tls) {
        if (tls->outcome == TLS_SKIPPED)
            continue;
        prose_separate(prose, ", ");
        prose_add(prose, "%s %s", name_of(&tls_version_names, (int)tls->protocol),
                  name_of(&tls_outcome_names, (int)tls->outcome));
        if (tls->alert)
            prose_add(prose, " (alert %s)", tls->alert);
    }
    if (!prose->length)
        prose_put(prose, v->no_encryption ? "answered that it offers no encryption" : "no handshake tried");
    build_evidence(v, prose);
    const struct certificate *certificate = v->certificate;
    if (!certificate)
        return;
    const char *fault = certificate_fault(certificate, v->endpoint->probed);
    prose_add(prose, "; certificate %s until %s",
              certificate->subject ? certificate->subject : "without subject",
              date_text(v->arena, certificate->not_after));
    if (fault)
        prose_add(prose, ": %s", fault);
    if (certificate->name_match == TERNARY_FALSE)
        prose_add(prose, "%s it is not for %s", fault ? "," : ":",
                  v->endpoint->host ? v->endpoint->host : "the host");
}

static void add_target_load(const struct view *v, struct prose *prose)
{
    char *load = instance_load(v->arena, v->target);
    if (load)
        prose_add(prose, "; the target itself: %s", load);
}

static void pressure_evidence(const struct view *v, struct prose *prose)
{
    if (!v->connected) {
        prose_put(prose, "no connection");
        add_target_load(v, prose);
        return;
    }
    prose_put(prose, "accepted");
    add_ms(prose, v->connected->ms);
    if (v->connected->retransmissions.known && v->connected->retransmissions.value)
        prose_add(prose, ", %lld SYN packets repeated", (long long)v->connected->retransmissions.value);
    if (v->connected->attempts.known && v->connected->attempts.value > 1)
        prose_add(prose, ", %lld attempts", (long long)v->connected->attempts.value);
    if (v->endpoint->prelogin) {
        prose_add(prose, ", PRELOGIN %s", name_of(&prelogin_outcome_names, (int)v->prelogin));
        add_ms(prose, v->endpoint->prelogin->ms);
    }
    add_target_load(v, prose);
}

static void add_names(struct prose *prose, const char *whose, const struct instance *instance)
{
    prose_add(prose, "%s: @@SERVERNAME %s, SERVERPROPERTY('ServerName') %s", whose,
              instance->at_at_servername ? instance->at_at_servername : "NULL",
              instance->server_name ? instance->server_name : "not read");
}

static void servername_evidence(const struct view *v, struct prose *prose)
{
    if (v->instance)
        add_names(prose, "source", v->instance);
    if (v->target) {
        prose_separate(prose, "; ");
        add_names(prose, "target", v->target);
    }
}

static void login_evidence(const struct view *v, struct prose *prose)
{
    const struct link_test *test = v->link->test;
    if (!test) {
        prose_put(prose, "not tested");
        return;
    }
    prose_add(prose, "sp_testlinkedserver: %s", name_of(&test_outcome_names, (int)test->outcome));
    if (test->login)
        prose_add(prose, " as %s", test->login);
    add_ms(prose, test->ms);
    if (test->reason)
        prose_add(prose, ": %s", test->reason);
    if (v->heard.said)
        prose_add(prose, ": %s", v->heard.said);
}

static const struct {
    void (*seen)(const struct view *view, struct prose *prose);
    bool needs_endpoint;
} step_evidence[] = {
    [STEP_NAME] = {name_evidence, true},
    [STEP_ADDRESS] = {address_evidence, true},
    [STEP_INSTANCE] = {instance_evidence, true},
    [STEP_PORT] = {port_evidence, true},
    [STEP_FIREWALL] = {firewall_evidence, true},
    [STEP_SERVICE] = {service_evidence, true},
    [STEP_TLS] = {tls_evidence, true},
    [STEP_PRESSURE] = {pressure_evidence, true},
    [STEP_SERVERNAME] = {servername_evidence, false},
    [STEP_LOGIN] = {login_evidence, false},
};

/* How far the instance's test came, as a place behind the step that it passed. */
static const char *later_phase(const struct heard *heard)
{
    if (heard->row && heard->row->cause == CAUSE_CLOSED_ON_PRELOGIN)
        return "at the first message";
    switch (heard->row ? heard->row->phase : HEARD_WRAPPER) {
    case HEARD_NETWORK:
        return "at the connection";
    case HEARD_BROWSER:
        return "at the listener";
    case HEARD_TLS:
        return "at TLS";
    case HEARD_CERTIFICATE:
        return "over the certificate";
    case HEARD_LOGIN:
        return "at the login";
    case HEARD_WRAPPER:
    case HEARD_NAME:
    case HEARD_MAPPING:
    case HEARD_PROVIDER:
    case HEARD_OPTION:
        break;
    }
    return "elsewhere";
}

/* Where the instance decided a step that the audit host looked at too, both are told. */
static char *evidence_of(const struct view *v, const struct step_rule *rule)
{
    struct prose seen = prose_new(v->arena), whole = prose_new(v->arena);
    if (v->network || !step_evidence[rule->step].needs_endpoint)
        step_evidence[rule->step].seen(v, &seen);
    else
        prose_put(&seen, v->link && v->link->target_note ? v->link->target_note : "no network target");
    if (rule->from != VANTAGE_INSTANCE || !step_evidence[rule->step].needs_endpoint)
        return prose_text(&seen);
    if (view_test_is(v, TEST_OK)) {
        prose_put(&whole, "the instance's own test passed");
        add_ms(&whole, v->link->test->ms);
    } else if (v->heard.said && rule->result == RESULT_PASS) {
        prose_add(&whole, "passed: the instance's test failed later, %s", later_phase(&v->heard));
    } else if (v->heard.said) {
        prose_add(&whole, "the instance's test: %s", v->heard.said);
    }
    prose_separate(&whole, "; ");
    prose_add(&whole, "from the audit host: %s", prose_text(&seen));
    return prose_text(&whole);
}

static const struct step_rule *rule_of(const struct view *view, enum step_name step)
{
    size_t i = 0;
    while (step_rules[i].step != step)
        i++;
    while (!step_rules[i].when(view))
        i++;
    return &step_rules[i];
}

void add_steps(const struct view *view, struct diagnosis *diagnosis)
{
    int last = view->link ? STEP_LOGIN : STEP_PRESSURE;
    for (int name = STEP_NAME; name <= last; name++) {
        const struct step_rule *rule = rule_of(view, (enum step_name)name);
        struct step *step = arena_alloc(view->arena, sizeof(*step));
        step->name = rule->step;
        step->result = rule->result;
        step->from = arena_text(view->arena, vantage_names[rule->from]);
        step->evidence = evidence_of(view, rule);
        list_append(&diagnosis->steps, step);
    }
}

char *diagnosis_steps_markdown(struct arena *arena)
{
    struct prose prose = prose_new(arena);
    prose_put(&prose, "| step | result | seen by | when |\n|---|---|---|---|\n");
    for (size_t i = 0; i < step_rule_count; i++) {
        const struct step_rule *rule = &step_rules[i];
        prose_add(&prose, "| %d %s | %s | %s | %s |\n", (int)rule->step,
                  name_of(&step_names, (int)rule->step), name_of(&step_result_names, (int)rule->result),
                  rule->from == VANTAGE_INSTANCE     ? "instance"
                  : rule->from == VANTAGE_AUDIT_HOST ? "audit host"
                                                     : "",
                  rule->condition);
    }
    return prose_text(&prose);
}
