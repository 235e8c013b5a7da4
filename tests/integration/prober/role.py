"""Drives a role through probe_driver, and checks what it answers."""
import os
import subprocess
import sys
from xml.sax.saxutils import quoteattr

from lxml import etree

BUILD = os.environ.get("LINKAUDIT_BUILD", "build")
SETTINGS = {"connect-timeout": 1500, "tls-timeout": 1500, "browser-timeout": 600}


def element(name, attributes, children=""):
    text = "".join(f" {key}={quoteattr(str(value))}" for key, value in attributes.items() if value is not None)
    return f"<{name}{text}>{children}</{name}>"


def probe_job(identity, addresses, kind="sqlserver", depth="versions", **more):
    """A job's row; addresses is one address or a list."""
    if isinstance(addresses, str):
        addresses = [addresses]
    children = "".join(element("address", {"ip": ip}) for ip in addresses)
    return element("probe-job", {"id": identity, "kind": kind, "depth": depth, **more}, children)


def resolve_job(identity, *names, timeout=3000, reverse=None):
    children = "".join(element("candidate", {"name": name}) for name in names)
    return element("resolve-job", {"id": identity, "timeout": timeout, "reverse": reverse}, children)


def run(role, rows, prefix=(), timeout=100, environment=None):
    """Sends the rows; returns {id: endpoint element} and the exit status."""
    done = subprocess.run([*prefix, f"{BUILD}/integration/probe_driver", role], input="\n".join(rows) + "\n",
                          capture_output=True, text=True, timeout=timeout,
                          env={**os.environ, **(environment or {})})
    endpoints, finished = {}, set()
    for line in done.stdout.splitlines():
        if line.startswith("X "):
            endpoint = etree.fromstring(line[2:].encode())
            endpoints[endpoint.get("id")] = endpoint
        elif line.startswith("D "):
            finished.add(line[2:])
        else:
            print("log:", line)
    if done.stderr:
        print(done.stderr, file=sys.stderr)
    assert finished == set(endpoints), "each job is answered once, and then done"
    return endpoints, done.returncode


def run_prober(jobs, settings=None, **more):
    return run("prober", [element("prober-settings", {**SETTINGS, **(settings or {})}), *jobs], **more)


class Checks:
    """Prints a line for each promise, and knows whether all were kept."""

    def __init__(self):
        self.bad = 0

    def that(self, promise, kept, found=""):
        if not kept:
            self.bad += 1
        print(("ok " if kept else "not ok ") + promise + ("" if kept or found == "" else f": found {found}"))

    def equal(self, promise, found, expected):
        self.that(promise, found == expected, f"{found!r} instead of {expected!r}")

    def endpoint(self, promise, endpoint, expected):
        """expected: {XPath of an attribute or count(): its text}; all must hold."""
        if endpoint is None:
            self.that(promise, False, "no answer")
            return
        wrong = []
        for path, value in expected.items():
            found = endpoint.xpath(path)
            found = " ".join(str(f) for f in found) if isinstance(found, list) else str(int(found))
            if found != str(value):
                wrong.append(f"{path} is {found!r} instead of {value!r}")
        self.that(promise, not wrong, "; ".join(wrong))
        if wrong:
            print("    " + etree.tostring(endpoint).decode())

    def end(self):
        sys.exit(1 if self.bad else 0)
