"""Every way a SQL Server endpoint of the stand-in can be, told apart; and what is left behind there, counted by the other
side."""
import os
import signal
import sys
import time

from role import Checks, probe_job, run_prober

NETWORK, SCENARIO, AUTHORITIES, STATISTICS, ESTATE = sys.argv[1:6]
HOST = "good.example"
WORKING = {"@reachable": "true", "prelogin/@outcome": "ok"}
DEAD = {"@reachable": "false"}


def tls(ssl2="skipped", ssl3="skipped", **versions):
    return {"tls[@protocol='SSLv2']/@outcome": ssl2, "tls[@protocol='SSLv3']/@outcome": ssl3,
            **{f"tls[@protocol='TLSv1.{minor[1:]}']/@outcome": outcome for minor, outcome in versions.items()}}


ALL_BUT_13 = tls(v0="accepted", v1="accepted", v2="accepted", v3="rejected")
ONLY_12 = tls(v0="rejected", v1="rejected", v2="accepted", v3="rejected")
NO_TLS_ROWS = {"count(tls)": 0, "count(certificate)": 0}
NAMED = {"instance": "inst1"}

# the stand-in's instance, what the job says besides host and address, what must come of it
EXPECTED = [
    ("plain", {}, {**WORKING, **ALL_BUT_13, "prelogin/@server-version": "15.0.4312", "prelogin/@encryption": "off",
                   "count(strict)": 0, "certificate/@trusted": "true", "certificate/@name-match": "true",
                   "certificate/@self-signed": "false", "certificate/@key": "RSA 2048"}),
    ("fallback", {}, {**WORKING, **ALL_BUT_13, "certificate/@fallback": "true", "certificate/@self-signed": "true",
                      "certificate/@trusted": "false", "certificate/@name-match": "false"}),
    ("forced", {}, {**WORKING, **ALL_BUT_13, "prelogin/@encryption": "required", "strict/@outcome": "yes",
                    "strict/@protocol": "TLSv1.3", "strict/@alpn": "tds/8.0"}),
    ("no-tls", {}, {**WORKING, **NO_TLS_ROWS, "prelogin/@encryption": "not-supported"}),
    ("tls10", {}, {**WORKING, **tls(v0="accepted", v1="rejected", v2="rejected", v3="rejected"),
                   "certificate/@key": "RSA 1024", "certificate/@signature": "sha1WithRSAEncryption"}),
    ("strict-only", {}, {"@reachable": "true", "prelogin/@outcome": "closed", "strict/@outcome": "yes",
                         **tls(v0="rejected", v1="rejected", v2="accepted", v3="accepted"),
                         "certificate/@name-match": "true"}),
    ("expired", {}, {**WORKING, **ALL_BUT_13, "certificate/@trusted": "true", "certificate/@name-match": "false"}),
    ("strict-fallback", {}, {**WORKING, **ALL_BUT_13, "strict/@outcome": "no", "certificate/@fallback": "true"}),
    ("elliptic", {}, {**WORKING, **ONLY_12, "certificate/@key": "EC prime256v1",
                      "tls[@protocol='TLSv1.2']/@cipher": "ECDHE-ECDSA-AES256-GCM-SHA384"}),
    ("slow", {}, {**WORKING, **ALL_BUT_13}),
    ("silent", {}, {**DEAD, **NO_TLS_ROWS, "connect/@outcome": "ok", "prelogin/@outcome": "silent",
                    "strict/@outcome": "timeout"}),
    ("close-on-prelogin", {}, {**DEAD, **NO_TLS_ROWS, "prelogin/@outcome": "closed", "strict/@outcome": "no"}),
    ("reset-on-prelogin", {}, {**DEAD, **NO_TLS_ROWS, "prelogin/@outcome": "reset", "strict/@outcome": "no"}),
    ("close-at-once", {}, {**DEAD, "connect/@outcome": "ok", "strict/@outcome": "no"}),
    ("http", {}, {**DEAD, "prelogin/@outcome": "not-tds", "prelogin/@looks-like": "http"}),
    ("ssh", {}, {**DEAD, "prelogin/@outcome": "not-tds", "prelogin/@looks-like": "ssh"}),
    ("garbage", {}, {**DEAD, "prelogin/@outcome": "not-tds", "prelogin/@looks-like": ""}),
    ("truncated", {}, {**DEAD, "prelogin/@outcome": "not-tds"}),
    ("lying", {}, {**DEAD, "prelogin/@outcome": "not-tds", "prelogin/@detail": "the answer does not come to its end"}),
    ("hang-in-tls", {}, {**WORKING, **tls("", "", v0="timeout", v1="timeout", v2="timeout", v3="timeout")}),
    ("ssl2-only", {}, {**WORKING, **tls("accepted", "rejected", v0="rejected", v1="rejected", v2="rejected",
                                        v3="rejected"), "count(certificate)": 1}),
    ("ssl3-only", {}, {**WORKING, **tls("skipped", "accepted", v0="rejected", v1="rejected", v2="rejected", v3="rejected"),
                       "count(certificate)": 1, "tls[@protocol='SSLv3']/@cipher": "AES128-SHA"}),
    ("rc4-only", {}, {**WORKING, **tls(v0="accepted", v1="rejected", v2="rejected", v3="rejected"),
                      "count(certificate)": 1}),
    ("full", {}, {**DEAD, "connect/@outcome": "timeout", "connect/@retransmissions": "1"}),
    ("named", NAMED, {**WORKING, **ALL_BUT_13, "browser/@outcome": "answered", "browser/@tcp-port": "51433",
                      "connect/@port": "51433", "prelogin/@instance-match": "true"}),
    ("named", {"instance": "none"}, {**DEAD, "browser/@outcome": "instance-not-found",
                                     "browser/@instances": "INST1:51433", "count(connect)": 0}),
    ("named", {"instance": "a-name-that-is-longer-than-any-instance-can-have"},
     {"browser/@outcome": "instance-not-found"}),
    ("named", {"instance": "inst1", "depth": "browser"},
     {"browser/@outcome": "answered", "count(connect)": 0, "count(ping)": 0, "@connections": 0}),
    ("named", {"instance": "ignored", "port": 51433}, {**WORKING, "count(browser)": 0}),
    ("browser-silent", NAMED, {**DEAD, "browser/@outcome": "silent", "count(connect)": 0}),
    ("without-tcp", NAMED, {**DEAD, "browser/@outcome": "without-tcp", "count(connect)": 0,
                            "browser/@pipe": "\\\\without-tcp\\pipe\\MSSQL$INST1\\sql\\query"}),
    ("browser-truncated", NAMED, {**DEAD, "browser/@outcome": "invalid"}),
    ("browser-garbage", NAMED, {**DEAD, "browser/@outcome": "invalid"}),
    ("browser-lying", NAMED, {**DEAD, "browser/@outcome": "invalid"}),
    ("other-address", NAMED, {**WORKING, "browser/@outcome": "answered", "count(browser/@answered-from)": 1}),
    ("browser-absent", NAMED, {**DEAD, "browser/@outcome": "unreachable"}),
    ("elsewhere", {}, {**DEAD, "connect/@outcome": "refused", "browser/@outcome": "answered",
                       "browser/@tcp-port": "51444"}),
    ("ldaps", {"kind": "tls", "port": 6360},
     {"@reachable": "true", **tls(v0="rejected", v1="rejected", v2="accepted", v3="accepted"),
      "tls[@protocol='TLSv1.0']/@alert": "protocol version (70)", "certificate/@name-match": "true"}),
    ("ldaps", {"kind": "tls", "port": 6360, "depth": "full"},
     {"@reachable": "true", "count(tls[@protocol='TLSv1.3']/cipher)": 3,
      "tls[@protocol='TLSv1.3']/@server-preference": "true",
      "boolean(starts-with(tls[@protocol='TLSv1.2']/@groups, 'X25519 prime256v1 X448 secp521r1 secp384r1'))": 1,
      "boolean(starts-with(tls[@protocol='TLSv1.3']/@groups, 'X25519 prime256v1 X448 secp521r1 secp384r1'))": 1}),
    ("port-only", {"kind": "tcp", "port": 1521}, {"@reachable": "true", "connect/@port": "1521", "count(tls)": 0}),
    ("port-only", {"kind": "oracle"}, {"@reachable": "false", "property[@name='service']/@value": "silent"}),
    ("plain", {"depth": "handshake"}, {**WORKING, "@connections": 1, "@broken-off": 0, "count(tls)": 1}),
    ("forced", {"depth": "handshake"}, {**WORKING, "@connections": 1, "@broken-off": 0, "count(strict)": 0}),
    ("strict-only", {"depth": "handshake"}, {"strict/@outcome": "yes", "@connections": 2, "@broken-off": 1}),
    ("elliptic", {"depth": "full"},
     {**WORKING, **tls("rejected", "rejected", v0="rejected", v1="rejected", v2="accepted", v3="rejected"),
      "tls[@protocol='TLSv1.2']/@server-preference": "true",
      # behind the certificate's own curve a server that chooses by its own order shows no more
      "tls[@protocol='TLSv1.2']/@groups": "X25519 prime256v1",
      "count(tls[@protocol='TLSv1.2']/cipher[@name='ECDHE-ECDSA-AES128-SHA'])": 1,
      "count(tls[@protocol='TLSv1.2']/cipher[starts-with(@name, 'ECDHE-RSA')])": 0}),
]

# Asked for everything as well, and counted: those with many suites are alike in that.
FULL_DEPTH = {"strict-only", "no-tls", "tls10", "hang-in-tls", "silent", "close-on-prelogin", "reset-on-prelogin", "close-at-once",
              "http", "ssh", "garbage", "truncated", "lying", "ssl2-only", "ssl3-only", "rc4-only"}

# What the README says each depth leaves behind, at most.
PROMISED = {("plain", "handshake"): 0, ("strict-only", "handshake"): 1, ("rc4-only", "handshake"): 1, ("silent", "handshake"): 2,
            ("close-on-prelogin", "handshake"): 2, ("hang-in-tls", "handshake"): 1, ("no-tls", "full"): 0,
            ("plain", "versions"): 1, ("tls10", "versions"): 3, ("strict-fallback", "versions"): 2, ("strict-only", "versions"): 3,
            ("ssl2-only", "versions"): 8, ("hang-in-tls", "versions"): 5, ("tls10", "full"): 9, ("strict-only", "full"): 12}

STRICT_POLICY = """openssl_conf = top
[top]
ssl_conf = ssl
[ssl]
system_default = policy
[policy]
MinProtocol = TLSv1.3
CipherString = ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=5
Ciphersuites = TLS_AES_128_CCM_8_SHA256
SignatureAlgorithms = ECDSA+SHA512
Groups = P-521
"""


def addresses():
    found = {}
    for line in open(SCENARIO):
        words = line.split()
        for word in words[2:]:
            if word.startswith("address="):
                found[words[1]] = word[8:].replace("${network}", NETWORK)
    return found


def take_statistics():
    if os.path.exists(STATISTICS):
        os.unlink(STATISTICS)
    os.kill(int(ESTATE), signal.SIGUSR1)
    while not os.path.exists(STATISTICS):
        time.sleep(0.05)
    with open(STATISTICS) as file:
        return file.read()


def statistics():
    """What the other side counted, as soon as it counts no more: it hears of an end a little later."""
    before, text = None, take_statistics()
    while text != before:
        time.sleep(0.3)
        before, text = text, take_statistics()
    counters, instance = {}, None
    for line in text.splitlines():
        words = line.split()
        if line.startswith("["):
            instance = counters.setdefault(line.strip()[1:-1], {})
        elif len(words) == 2:
            instance[words[0]] = int(words[1])
    return counters


def main():
    checks, address_of, jobs = Checks(), addresses(), []
    for number, (instance, job, _) in enumerate(EXPECTED):
        jobs.append(probe_job(f"e{number}", address_of[instance], **{"host": HOST, **job}))
    for instance in sorted({instance for instance, job, _ in EXPECTED if not job} - {"elsewhere"}):
        for depth in "handshake", "full":
            if depth == "handshake" or instance in FULL_DEPTH:
                EXPECTED.append((instance, {"depth": depth}, {}))
                jobs.append(probe_job(f"e{len(jobs)}", address_of[instance], host=HOST, depth=depth))
    crowd = [address_of["plain"]] + [f"{NETWORK}.9.{n}" for n in range(1, 20)]  # where nobody listens
    EXPECTED.append(("plain", {"depth": "handshake"}, {**WORKING, "count(connect)": 20, "count(ping)": 16,
                                                       "count(connect[@outcome='refused'])": 15,
                                                       "count(connect[@outcome='skipped' and @detail])": 4}))
    jobs.append(probe_job(f"e{len(jobs)}", crowd, host=HOST, depth="handshake"))
    # The system's policy for OpenSSL, as strict as can be, must not change what is found out about others.
    with open(f"{AUTHORITIES}.cnf", "w") as file:
        file.write(STRICT_POLICY)
    found, status = run_prober(jobs, {"ca-file": AUTHORITIES}, environment={"OPENSSL_CONF": file.name})
    checks.equal("the prober ends well", status, 0)
    connections, broken_off = {}, {}
    for number, (instance, job, expected) in enumerate(EXPECTED):
        endpoint = found.get(f"e{number}")
        checks.endpoint(f"{instance} {job or ''}".strip(), endpoint, expected)
        connections[instance] = connections.get(instance, 0) + int(endpoint.get("connections"))
        broken_off[instance] = broken_off.get(instance, 0) + int(endpoint.get("broken-off"))
        promised = PROMISED.get((instance, job.get("depth", "versions")))
        if promised is not None:
            checks.that(f"{instance} {job}: at most {promised} handshakes are broken off", int(endpoint.get("broken-off")) <= promised,
                        endpoint.get("broken-off"))
    counted = statistics()
    checks.equal("a silent SQL Browser is asked three times for the instance, three times for all",
                 counted["browser-silent"]["browser_requests"], 6)
    for instance, counters in counted.items():
        if instance != "full":
            checks.equal(f"{instance}: the connections are as many as its own count", connections.get(instance, 0),
                         counters["connections"])
        checks.equal(f"{instance}: the handshakes broken off are as many as its error log has entries",
                     broken_off.get(instance, 0), counters["severity_20"])
        checks.equal(f"{instance}: no login was tried", counters["logins_accepted"] + counters["logins_refused"], 0)
    checks.end()


main()
