"""The fault matrix: each way an endpoint can fail, as the network and real peers make it, three times, on IPv4 and IPv6.
Runs within the client's namespace; see test_fault_matrix.sh for the network around it."""
import subprocess

from lxml import etree

from role import BUILD, Checks, probe_job, run_prober

RUNS = 3
HOST = "peer.example"


def versions(**outcomes):
    return {f"tls[@protocol='TLSv1.{minor[1:]}']/@outcome": outcome for minor, outcome in outcomes.items()}


def icmp(outcome, router, detail):
    return {"@reachable": "false", "connect/@outcome": outcome, "connect/@from": router,
            "boolean(contains(connect/@detail, '%s'))" % detail: 1}


def matrix(v6):
    net = "fd99:2::" if v6 else "10.99.2."
    router = "fd99:1::1" if v6 else "10.99.1.1"
    server = net + "2"
    kind = 1 if v6 else 3  # ICMP type "destination unreachable"
    codes = {3010: ("net-unreachable", 0), 3011: ("host-unreachable", 3 if v6 else 1),
             3012: ("rejected", 4 if v6 else 3), 3015: ("prohibited", 1 if v6 else 13)}
    if not v6:
        codes |= {3013: ("prohibited", 9), 3014: ("prohibited", 10)}
    for port, (outcome, code) in codes.items():
        yield f"firewall says ICMP type {kind} code {code}", server, {"port": port}, \
            icmp(outcome, router, f"type {kind} code {code}:")
    dead = {"@reachable": "false", "count(prelogin)": 0}
    answers = {"@reachable": "true", "connect/@outcome": "ok", "prelogin/@outcome": "ok"}
    yield "firewall drops", server, {"port": 3001}, {**dead, "connect/@outcome": "timeout", "connect/@from": ""}
    yield "firewall resets", server, {"port": 3016}, {**dead, "connect/@outcome": "refused", "connect/@from": ""}
    yield "nothing listens", server, {"port": 3020}, {**dead, "connect/@outcome": "refused", "connect/@from": ""}
    yield "the audit host's own firewall", server, {"port": 3030}, \
        {**dead, "connect/@outcome": "prohibited", "connect/@from": "fd99:1::2" if v6 else "10.99.1.2"}
    yield "no such host", net + "77", {"port": 1433}, {**dead, "connect/@outcome": "host-unreachable",
                                                      "connect/@from": router}
    yield "no route here", "fd97::1" if v6 else "10.97.0.1", {"port": 1433}, \
        {**dead, "connect/@outcome": "net-unreachable"}
    yield "no route at the router", "fd98::1" if v6 else "10.98.0.1", {"port": 1433}, \
        icmp("net-unreachable", router, "code 0")

    yield "healthy, its TLS is GnuTLS", server, {}, \
        {**answers, **versions(v0="accepted", v1="accepted", v2="accepted", v3="rejected"), "ping/@outcome": "answered",
         "certificate/@name-match": "true", "certificate/@self-signed": "true", "connect/@retransmissions": 0}
    yield "GnuTLS, TLS from the first byte", server, {"kind": "tls", "port": 5002}, \
        {"@reachable": "true", **versions(v0="rejected", v1="rejected", v2="accepted", v3="accepted")}
    yield "GnuTLS, TLS 1.0 only", server, {"port": 2013}, \
        {**answers, **versions(v0="accepted", v1="rejected", v2="rejected", v3="rejected")}
    yield "GnuTLS, RC4 only: what OpenSSL cannot speak is asked by hand", server, {"port": 2014}, \
        {**answers, "count(tls[@outcome='accepted'])": 1, "tls[@outcome='accepted']/@cipher": "RC4-SHA",
         "tls[@outcome='accepted']/@protocol": "TLSv1.2", "certificate/@name-match": "true"}
    yield "GnuTLS, TLS 1.0 with 3DES only", server, {"port": 2015}, \
        {**answers, "tls[@outcome='accepted']/@cipher": "DES-CBC3-SHA",
         "tls[@outcome='accepted']/@protocol": "TLSv1.0", "certificate/@name-match": "true"}
    yield "no TLS", server, {"port": 2007}, {**answers, "prelogin/@encryption": "not-supported", "count(tls)": 0}
    yield "TLS is cut off whatever the version", server, {"port": 2016}, \
        {**answers, **versions(v0="closed", v1="closed", v2="closed", v3="closed")}
    yield "hangs in TLS", server, {"port": 2010}, \
        {**answers, "prelogin/@encryption": "required",
         **versions(v0="timeout", v1="timeout", v2="timeout", v3="timeout")}
    yield "answers byte by byte", server, {"port": 2011}, answers

    accepts = {"@reachable": "false", "connect/@outcome": "ok"}
    yield "accepts and is silent", server, {"port": 2001}, {**accepts, "prelogin/@outcome": "silent",
                                                            "strict/@outcome": "timeout"}
    yield "accepts and closes", server, {"port": 2002}, {**accepts, "strict/@outcome": "no"}
    yield "accepts and resets", server, {"port": 2003}, {"@reachable": "false"}
    yield "closes on PRELOGIN", server, {"port": 2009}, {**accepts, "prelogin/@outcome": "closed"}
    yield "resets on PRELOGIN", server, {"port": 2008}, {**accepts, "prelogin/@outcome": "reset"}
    for port, looks_like in {2004: "http", 2005: "ssh", 2006: "", 2012: "", 2017: "tls"}.items():
        yield f"speaks something else ({looks_like or 'unknown'}, {port})", server, {"port": port}, \
            {**accepts, "prelogin/@outcome": "not-tds", "prelogin/@looks-like": looks_like}

    named = {"instance": "INST1"}
    yield "named instance", server, named, {**answers, "browser/@outcome": "answered", "connect/@port": 1433}
    yield "no such instance", server, {"instance": "INST2"}, {"browser/@outcome": "instance-not-found",
                                                              "browser/@instances": "MSSQLSERVER:51433 INST1:1433 INST3"}
    yield "instance without TCP", server, {"instance": "INST3"}, {"browser/@outcome": "without-tcp"}
    yield "strict only", server, {"port": 2018}, \
        {"@reachable": "true", "connect/@outcome": "ok", "strict/@outcome": "yes", "strict/@alpn": "tds/8.0"}
    yield "SQL Browser dropped", net + "3", named, {"@reachable": "false", "browser/@outcome": "silent"}
    yield "SQL Browser prohibited", net + "4", named, {"@reachable": "false", "browser/@outcome": "prohibited",
                                                       "ping/@outcome": "prohibited"}
    yield "no SQL Browser", net + "5", named, {"@reachable": "false", "browser/@outcome": "unreachable",
                                               "ping/@outcome": "answered"}
    yield "the default instance is dropped, SQL Browser knows its port", net + "6", {}, \
        {**dead, "connect/@outcome": "timeout", "browser/@outcome": "answered", "browser/@tcp-port": 51433}
    yield "several addresses, the first is dead", [net + "77", server], {}, \
        {**answers, "connect/@outcome": "host-unreachable ok",
         "prelogin/@ip": server}


def bad_wires(v6):
    answers = {"@reachable": "true", "connect/@outcome": "ok", "prelogin/@outcome": "ok",
               **versions(v0="accepted", v1="accepted", v2="accepted", v3="rejected")}
    yield "200 ms there and back", "fd99:5::2" if v6 else "10.99.5.2", {}, \
        {**answers, "boolean(connect/@ms >= 200 and connect/@ms < 900)": 1, "boolean(prelogin/@ms >= 200)": 1,
         "connect/@retransmissions": 0}
    yield "every fifth packet is lost", "fd99:6::2" if v6 else "10.99.6.2", {}, answers


# What `linkaudit check` says about them: target without address, cause
CAUSES = [
    ("{},1433", "ok"), ("{},3001", "port-timeout"), ("{},3020", "port-refused"), ("{},3010", "no-route"),
    ("{},3011", "no-route"), ("{},3015", "prohibited"), ("{},2001", "accepts-but-silent"),
    ("{},2009", "closed-on-prelogin"), ("{},2008", "closed-on-prelogin"), ("{},2004", "not-the-expected-service"),
    ("{},2006", "not-the-expected-service"), ("{},2007", "tls-not-supported"), ("{},2013", "tls-too-old"),
    ("{},2010", "tls-handshake-failed"), ("{},2016", "tls-handshake-failed"), ("{},2018", "strict-only"),
    ("{}\\INST1", "ok"), ("{}\\INST2", "instance-not-found"), ("{}\\INST3", "instance-without-tcp"),
]


def check(checks, number):
    """The same through the program's own command, where each is one cause."""
    targets = {target.format(server): cause for server in ("10.99.2.2", "fd99:2::2") for target, cause in CAUSES}
    targets |= {"10.99.2.3\\INST1": "browser-silent", "fd99:2::3\\INST1": "browser-silent",
                "10.97.0.1": "no-route", "fd97::1": "no-route", "nosuch.example": "name-service-failed"}
    done = subprocess.run([f"{BUILD}/linkaudit", "check", "--xml", *targets], capture_output=True, timeout=100)
    found = {}
    for endpoint in etree.fromstring(done.stdout).iter("{urn:linkaudit:report:1}endpoint"):
        key = (endpoint.get("host"), endpoint.get("instance") or endpoint.get("port"))
        found[key] = endpoint.xpath("string(r:diagnosis/@cause)", namespaces={"r": "urn:linkaudit:report:1"})
    for target, cause in targets.items():
        host, _, instance = target.partition("\\")
        host, _, port = host.partition(",")
        checks.equal(f"run {number} check {target}", found.get((host, instance or port or "1433")), cause)


def run(checks, number, table, settings):
    jobs, expectations = [], {}
    for v6 in (False, True):
        for promise, addresses, job, expected in table(v6):
            identity = f"e{len(expectations)}"
            jobs.append(probe_job(identity, addresses, **{"host": HOST, **job}))
            expectations[identity] = (f"run {number} IPv{6 if v6 else 4}: {promise}", expected)
    found, status = run_prober(jobs, settings)
    checks.equal(f"run {number}: the prober ends well", status, 0)
    for identity, (promise, expected) in expectations.items():
        checks.endpoint(promise, found.get(identity), expected)


def main():
    checks = Checks()
    for number in range(1, RUNS + 1):
        check(checks, number)
        run(checks, number, matrix, {"connect-timeout": 2500, "per-host-connections": 8})
        run(checks, number, bad_wires, {"connect-timeout": 6000, "tls-timeout": 15000})
    checks.end()


main()
