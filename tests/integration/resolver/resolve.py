"""The resolver alone against a name server that behaves in every way. Runs in a namespace of its own, where that name
server is the system's."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "prober"))
from role import Checks, resolve_job, run  # noqa: E402

# names, what the job says besides, what must come of it
EXPECTED = [
    ("all addresses", ["a.test"], {}, {"resolve/@outcome": "ok", "resolve/@source": "dns",
                                       "resolve/address/@ip": "192.0.2.1 192.0.2.2", "resolve/@tried": "a.test"}),
    ("IPv4 and IPv6", ["both.test"], {}, {"count(resolve/address)": 2,
                                          "count(resolve/address[@ip='2001:db8::3'])": 1}),
    ("IPv6 only", ["v6.test"], {}, {"resolve/@outcome": "ok", "resolve/address/@ip": "2001:db8::4"}),
    ("an alias in DNS", ["alias.test"], {}, {"resolve/@outcome": "ok", "resolve/@name": "alias.test",
                                             "resolve/@detail": "the name in DNS is a.test"}),
    ("an answer too long for UDP", ["big.test"], {}, {"count(resolve/address)": 59}),
    ("no such name", ["nosuch.test"], {}, {"resolve/@outcome": "no-name", "count(resolve/address)": 0}),
    ("an address of another machine's zone", ["fe80::1%12"], {}, {"resolve/@outcome": "no-name",
                                                                 "boolean(contains(resolve/@detail, 'zone'))": 1}),
    ("a name that cannot exist", ["x.invalid", "x.Invalid."], {}, {"resolve/@outcome": "no-name"}),
    ("a name without address", ["no-data.test"], {}, {"resolve/@outcome": "no-address"}),
    ("a name that cannot be one", ["a..b"], {}, {"resolve/@outcome": "no-name"}),
    ("SERVFAIL", ["servfail.test"], {}, {"resolve/@outcome": "failed"}),
    ("REFUSED", ["refused.test"], {}, {"resolve/@outcome": "failed"}),
    ("silence", ["silent.test"], {"timeout": 1500}, {"resolve/@outcome": "temporary",
                                                     "boolean(resolve/@ms >= 1400 and resolve/@ms < 2500)": 1}),
    ("garbage", ["garbage.test"], {"timeout": 1500}, {"boolean(resolve/@outcome = 'temporary' or "
                                                      "resolve/@outcome = 'failed')": 1}),
    ("slowness", ["slow.test"], {}, {"resolve/@outcome": "ok", "boolean(resolve/@ms >= 300)": 1}),
    ("candidates in order", ["sql07", "sql07.nosuch.test", "sql07.corp.test", "a.test"], {"reverse": "true"},
     {"resolve/@outcome": "ok", "resolve/@name": "sql07.corp.test",
      "resolve/@tried": "sql07 sql07.nosuch.test sql07.corp.test", "resolve/address/@ip": "192.0.2.7",
      "resolve/address/@reverse": "SQL07.corp.test"}),
    ("a silent candidate leaves time for the next", ["x.silent.test", "sql07.corp.test"], {"timeout": 3000},
     {"resolve/@outcome": "ok", "resolve/@name": "sql07.corp.test"}),
    ("of several failures the one that leaves most open counts", ["nosuch.test", "servfail.test", "no-data.test"], {},
     {"resolve/@outcome": "failed", "boolean(contains(resolve/@detail, 'servfail.test'))": 1}),
    ("the hosts file", ["filed.test"], {}, {"resolve/@outcome": "ok", "resolve/@source": "hosts-file",
                                            "resolve/address/@ip": "192.0.2.99"}),
    ("an address", ["192.0.2.55"], {}, {"resolve/@outcome": "numeric", "resolve/address/@ip": "192.0.2.55"}),
    ("an IPv6 address", ["2001:db8::55"], {}, {"resolve/@outcome": "numeric", "resolve/address/@ip": "2001:db8::55"}),
    ("the name of an IPv6 address", ["2001:db8::3"], {"reverse": "true"},
     {"resolve/@outcome": "numeric", "resolve/address/@reverse": "six.corp.test"}),
    ("a silent reverse name does not cost the address", ["slow.test"], {"reverse": "true"},
     {"resolve/@outcome": "ok", "resolve/address/@ip": "192.0.2.8", "resolve/address/@reverse": "",
      "boolean(resolve/@ms < 1000)": 1}),
    ("no candidate at all", [], {}, {"resolve/@outcome": "no-name"}),
]


def main():
    checks = Checks()
    found, status = run("resolver", [resolve_job(f"e{number}", *names, **job)
                                     for number, (_, names, job, _) in enumerate(EXPECTED)])
    checks.equal("the resolver ends well", status, 0)
    for number, (promise, _, _, expected) in enumerate(EXPECTED):
        checks.endpoint(promise, found.get(f"e{number}"), expected)

    # Thousands, of which a tenth is silent: those cost their own deadline, and nobody else's.
    count, timeout = 3000, 2000
    names = {f"m{n}": f"{n}.silent.test" if n % 10 == 0 else f"{n}.many.test" for n in range(count)}
    began = time.monotonic()
    found, status = run("resolver", [resolve_job(i, name, timeout=timeout) for i, name in names.items()])
    took = time.monotonic() - began
    good = [found[i] for i, name in names.items() if ".many." in name]
    checks.equal("thousands at a time: each answered", len(found), count)
    checks.equal("thousands at a time: those that can be resolved are",
                 sum(e.xpath("string(resolve/@outcome)") == "ok" for e in good), len(good))
    slow = sum(int(e.xpath("string(resolve/@ms)")) >= timeout for e in good)
    checks.that("thousands at a time: none waits for a silent one", slow == 0, f"{slow} took {timeout} ms or more")
    checks.that("thousands at a time: in about one deadline", took < timeout / 1000 + 8, f"{took:.1f} s")
    # As many as are looked up at a time, and some more: a dead name server costs the first, not every batch. Those
    # that would be answered come last: an answer between the silent ones would begin the count anew.
    silent = 2000 + 40
    addresses = [f"198.18.{n // 250}.{n % 250 + 1}" for n in range(silent)] + ["192.0.2.7"] * 20
    found, status = run("resolver", [resolve_job(f"r{n}", ip, reverse="true") for n, ip in enumerate(addresses)])
    checks.equal("silence about names of addresses: every address is an answer",
                 sum(e.xpath("string(resolve/@outcome)") == "numeric" for e in found.values()), len(addresses))
    checks.equal("after sixteen in a row no more are asked for", [found[f"r{n}"].xpath("string(resolve/address/@reverse)")
                                                                 for n in range(silent, silent + 20)], [""] * 20)
    # c-ares gives its questions up after three seconds, when they have long been counted as silent.
    places, given_up = 2000, 4000
    jobs = [resolve_job(f"r{n}", ip, reverse="true") for n, ip in enumerate(addresses[:40])]
    jobs += [resolve_job(f"s{n}", f"{n}.silent.test", timeout=given_up) for n in range(places - 40)]
    jobs += [resolve_job(f"t{n}", f"{n}.silent.test", timeout=given_up - 2000) for n in range(40)]
    found, status = run("resolver", jobs + [resolve_job("late", "192.0.2.7", reverse="true")])
    checks.equal("nor after the last question was given up", found["late"].xpath("string(resolve/address/@reverse)"), "")
    print(f"{count} names, a tenth of them silent: {took:.1f} s")
    checks.end()


main()
