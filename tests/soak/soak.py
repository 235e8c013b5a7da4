"""Estates by chance, two quiet nights each and some that are not, and what must hold of every night: soak.py BUILD-FOLDER SECONDS [SEED]

Ends when the time is over or a promise was broken; then it says the seed, with which the same estate comes again, and leaves
its folder."""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from lxml import etree

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "bench"))
from measure import Estate, descendants  # noqa: E402
from random_estate import RandomEstate  # noqa: E402

R = {"r": "urn:linkaudit:report:1"}
SCHEMA = etree.XMLSchema(etree.parse("reports/report.xsd"))
FORMATS = ["html", "csv", "junit", "metrics", "xccdf"]
NIGHT = 150  # seconds; its own deadline is 100
CRASHES = re.compile(r"Sanitizer|runtime error|LeakSanitizer|core dumped|died|Assertion|signal \d")


class Broken(Exception):
    pass


def must(promise, held, found=""):
    if not held:
        raise Broken(f"{promise}: {found}" if found != "" else promise)


def kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def is_ours(pid, program):
    try:
        return os.readlink(f"/proc/{pid}/exe") == program
    except OSError:
        return False


def ends_within(seconds, condition):
    last = time.monotonic() + seconds
    while not condition() and time.monotonic() < last:
        time.sleep(0.1)
    return condition()


def findings(tree):
    """By what they are about: an endpoint's id is of one report only."""
    keys = {endpoint.get("id"): endpoint.get("key") for endpoint in tree.xpath("//r:endpoint", namespaces=R)}
    return {(*(finding.get(key) for key in ("rule", "severity", "instance", "link")), keys.get(finding.get("endpoint")))
            for finding in tree.xpath("//r:finding", namespaces=R)}


class Soak:
    def __init__(self, build, folder, seed):
        self.linkaudit, self.build, self.folder = f"{build}/linkaudit", build, folder
        self.estate = RandomEstate(seed, "127.61")
        os.mkdir(f"{folder}/reports")
        self.instances = self.estate.configuration(folder)

    def command(self, *arguments, accept=(0, 1, 2)):
        """What it printed on both streams."""
        done = subprocess.run([self.linkaudit, *arguments], cwd=self.folder, capture_output=True, timeout=NIGHT, check=False)
        output, errors = (stream.decode(errors="surrogateescape") for stream in (done.stdout, done.stderr))
        must(f"{arguments[0]} ends with an exit code that it has", done.returncode in accept, f"{done.returncode}: {errors[-2000:]}")
        must(f"nothing of {arguments[0]} crashes", not CRASHES.search(errors), errors[-4000:])
        self.no_secret(arguments[0], output + errors)
        return output

    def no_secret(self, where, text):
        must(f"no secret in {where}", not any(secret in text for secret in self.estate.secrets),
             [secret for secret in self.estate.secrets if secret in text])

    def no_secret_in_file(self, name):
        with open(f"{self.folder}/{name}", errors="surrogateescape") as file:
            self.no_secret(name, file.read())

    def no_secret_in_folder(self, folder):
        for name in os.listdir(f"{self.folder}/{folder}"):
            self.no_secret_in_file(f"{folder}/{name}")

    # ---- a night

    def night(self, peers):
        before = self.offers(peers)
        self.command("run", "-v", "-c", "run.ini")
        report = os.path.realpath(f"{self.folder}/reports/latest.xml")
        self.no_secret_in_folder("reports")
        tree = etree.parse(report)
        must("the report is valid", SCHEMA.validate(tree), SCHEMA.error_log)
        self.is_whole(tree)
        problems = tree.xpath("//r:problems/r:message", namespaces=R)
        must("the run has no problem of its own", not problems, ["".join(p.itertext()) for p in problems])
        crashes = tree.xpath("//r:failure[@phase='crash']", namespaces=R)
        must("no collector crashes", not crashes, [etree.tostring(crash) for crash in crashes])
        self.does_no_harm(before, self.offers(peers))
        return report, tree

    def disturbed_night(self, peers):
        """Somebody ends it, or one of its processes is killed, at some moment: there is a report all the same."""
        before, former = self.offers(peers), os.path.realpath(f"{self.folder}/reports/latest.xml")
        # The leak check's own process looks like a child, and who waits for it does so for ever when it is killed.
        main = subprocess.Popen([self.linkaudit, "run", "-q", "-c", "run.ini"], cwd=self.folder, stderr=subprocess.PIPE, text=True,
                                errors="surrogateescape", env=os.environ | {"ASAN_OPTIONS": "detect_leaks=0"})
        ends_within(30, lambda: descendants(main.pid) or main.poll() is not None)  # until it is ready for a signal
        time.sleep(self.estate.random.random() ** 3 * 4)
        children = descendants(main.pid)
        if children and self.estate.chance(60):
            how = "a child was killed"
            kill(self.estate.pick(children), signal.SIGKILL)
        else:
            how = "it was ended by a signal"
            kill(main.pid, self.estate.pick([signal.SIGTERM, signal.SIGINT, signal.SIGHUP]))
        try:
            _, errors = main.communicate(timeout=NIGHT)
        finally:
            main.kill()
        must(f"it ends when {how}", main.returncode in (0, 1, 2), f"{main.returncode}: {errors[-2000:]}")
        self.no_secret("standard error", errors)
        tree = etree.parse(f"{self.folder}/reports/latest.xml")
        must(f"there is a report when {how}", os.path.realpath(f"{self.folder}/reports/latest.xml") != former, errors[-2000:])
        must(f"it is valid when {how}", SCHEMA.validate(tree), SCHEMA.error_log)
        self.is_whole(tree)
        self.does_no_harm(before, self.offers(peers))
        left = [child for child in children if is_ours(child, self.linkaudit)]
        must(f"no process is left when {how}", ends_within(30, lambda: not [c for c in left if is_ours(c, self.linkaudit)]), left)

    def is_whole(self, tree):
        found = tree.xpath("//r:instance/@name", namespaces=R)
        must("every instance is there once", sorted(found) == sorted(self.instances), found)
        ids = tree.xpath("//r:endpoint/@id", namespaces=R)
        must("endpoints have ids of their own", len(ids) == len(set(ids)))
        for link in tree.xpath("//r:linked-server", namespaces=R):
            where = f"{link.xpath('string(ancestor::r:instance/@name)', namespaces=R)}/{link.get('name')}"
            must("a link leads to an endpoint of the report", link.get("endpoint") in [None, *ids], where)
            must("every link has a diagnosis", link.find("r:diagnosis", R) is not None, where)
            if link.getparent().get("status") == "audited":
                must("every link of an audited instance has a test, or why not", link.find("r:test", R) is not None, where)

    def offers(self, peers):
        """What the stand-in counted so far: {(listener, line without its count): count}."""
        peers.counted("connections")
        counts, listener = {}, ""
        with open(peers.statistics) as file:
            for line in file:
                if line.startswith("["):
                    listener = line.strip()
                elif line.startswith(("login ", "databases_", "link_test ")):
                    key, count = line.strip().replace("count=", "").rsplit(" ", 1)
                    counts[listener, key] = int(count)
        return counts

    def does_no_harm(self, before, after):
        news = {key: count - before.get(key, 0) for key, count in after.items()}
        own, remote = 0, {}
        for (listener, line), count in news.items():
            must("no database is woken or seized", not line.startswith("databases_") or count == 0, f"{listener} {line} {count}")
            if line.startswith("login ") and line.endswith(" refused"):
                user = re.search(r'user="([^"]*)"', line)[1]
                if 'by="link' in line:
                    remote[listener, user] = remote.get((listener, user), 0) + count
                else:
                    own += count
        must("the audit's own login is refused three times at most", own <= 3, own)
        must("no remote login is refused more than once", all(count <= 1 for count in remote.values()), remote)

    # ---- what is made of a report

    def outputs(self, report):
        for form in FORMATS:
            self.command("render", report, "--format", form, "-o", "rendered", accept=(0,))
            self.no_secret_in_file("rendered")
        self.command("render", report, "--reassess", "--redact", "--format", "xml", "-o", "redacted.xml", accept=(0,))
        must("a redacted report is valid", SCHEMA.validate(etree.parse(f"{self.folder}/redacted.xml")), SCHEMA.error_log)
        self.command("fix", report, "-o", "scripts", accept=(0,))
        self.no_secret_in_folder("scripts")
        shutil.rmtree(f"{self.folder}/scripts")
        self.command("merge", report, report, "-o", "merged.xml", accept=(0, 1, 2, 3))

    def two_nights(self):
        with Estate(self.build, self.folder, f"{self.folder}/scenario") as peers:
            first, before = self.night(peers)
            time.sleep(1.1)  # reports are named by the second in which they begin
            second, tree = self.night(peers)
            for _ in range(3):
                time.sleep(1.1)
                self.disturbed_night(peers)
        changes = tree.xpath("//r:change[@kind != 'not-observed']", namespaces=R)
        must("of two quiet nights the second tells no change", not changes, [etree.tostring(change) for change in changes[:5]])
        untested = {(link.xpath("string(ancestor::r:instance/@name)", namespaces=R), link.get("name"))
                    for link in tree.xpath("//r:linked-server[r:test/@outcome='skipped']", namespaces=R)}
        differ = {finding for finding in findings(before) ^ findings(tree)
                  # its target refused the login of another link on the first night
                  if finding[0] not in ("R01", "R06", "R08") or finding[2:4] not in untested}
        must("of two quiet nights the findings are the same", not differ, differ)
        self.command("diff", first, second)
        self.outputs(second)


def main():
    build, seconds = os.path.abspath(sys.argv[1]), float(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else int(time.time())
    began, estates, links = time.monotonic(), 0, 0
    while time.monotonic() - began < seconds or estates == 0:
        folder = tempfile.mkdtemp(prefix="linkaudit-soak-")
        soak = Soak(build, folder, seed)
        try:
            soak.two_nights()
        except (Broken, RuntimeError, OSError, etree.LxmlError, subprocess.TimeoutExpired) as error:
            print(f"not ok: estate {seed}: {error}\nIts folder: {folder}; again: make soak SOAK_SEED={seed} SOAK_SECONDS=1")
            return 1
        shutil.rmtree(folder)
        estates, links, seed = estates + 1, links + soak.estate.links, seed + 1
    print(f"ok: {estates} estates by chance, {links} links, {time.monotonic() - began:.0f} s; the next seed is {seed}")
    return 0


sys.exit(main())
