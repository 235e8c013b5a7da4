"""PostgreSQL, MariaDB and OpenLDAP themselves: against_services.py ADDRESS PEER=PORT…"""
import sys

from role import Checks, probe_job, run_prober

ADDRESS, PORTS = sys.argv[1], dict(peer.split("=") for peer in sys.argv[2:])
WORKS = {"@reachable": "true", "property[@name='service']/@value": "answered"}
TLS = {**WORKS, "property[@name='service-tls']/@value": "offered", "certificate/@name-match": "true",
       "certificate/@self-signed": "true"}
MODERN = {"tls[@protocol='TLSv1.2']/@outcome": "accepted", "tls[@protocol='TLSv1.3']/@outcome": "accepted"}

# peer, what the job says, what must come of it
EXPECTED = [
    ("postgresql-on", {"kind": "postgresql"}, {**TLS, **MODERN, "@broken-off": 2}),
    ("postgresql-off", {"kind": "postgresql"},
     {**WORKS, "property[@name='service-tls']/@value": "not-offered", "count(tls)": 0, "@connections": 1}),
    ("mariadb", {"kind": "mysql"},
     {**TLS, "count(tls)": 1, "tls/@outcome": "accepted", "@connections": 1,
      "boolean(contains(property[@name='service-version']/@value, 'MariaDB'))": 1}),
    ("openldap", {"kind": "ldap"}, {**TLS, **MODERN}),
    ("openldaps", {"kind": "tls"}, {"@reachable": "true", **MODERN}),
    # each taken for another
    ("mariadb", {"kind": "postgresql"},
     {"@reachable": "false", "property[@name='service']/@value": "not-expected",
      "property[@name='looks-like']/@value": "mysql"}),
    ("mariadb", {"kind": "sqlserver"},
     {"@reachable": "false", "prelogin/@outcome": "not-tds", "prelogin/@looks-like": "mysql"}),
    ("postgresql-on", {"kind": "mysql", "depth": "handshake"},
     {"@reachable": "false", "property[@name='service']/@value": "silent"}),
    ("openldap", {"kind": "sqlserver"}, {"@reachable": "false"}),
]


def main():
    checks = Checks()
    wanted = [case for case in EXPECTED if case[0] in PORTS]
    found, status = run_prober([probe_job(f"e{number}", ADDRESS, host="peer.example", port=PORTS[peer], **job)
                                for number, (peer, job, _) in enumerate(wanted)])
    checks.equal("the prober ends well", status, 0)
    for number, (peer, job, expected) in enumerate(wanted):
        checks.endpoint(f"{peer} {job}", found.get(f"e{number}"), expected)
    checks.end()


main()
