"""make bench: each part measures the program against a floor or a bound, in one run and side by side.

A line a measurement: what, ours, floor, ratio, goal, met or missed. Ours and the floor are medians. Wall time is what
a person waits for; processor time of both stands beside it, because it tells more on a machine that others use too.
"""
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import estate
from measure import Estate, median, run, side_by_side

CORES = os.cpu_count() or 1
REPETITIONS = int(os.environ.get("BENCH_REPETITIONS", "5"))
missed = []
not_run = []


def line(name, ours, floor=None, ratio=None, goal=None, met=None, note=""):
    verdict = "" if met is None else "met" if met else "missed"
    if met is False:
        missed.append(name)
    print(f"{name:<52} {ours:>11} {floor or '-':>11} {ratio or '-':>7} {goal or '-':>12} {verdict:<7} {note}".rstrip(),
          flush=True)


def skip(name, reason):
    """A part that cannot be measured here: said where it stands, and at the end."""
    not_run.append(name)
    line(name, "not run", note=reason)


def against_floor(name, ours, floor, goal):
    """Two lists of costs, and how many times the floor ours may take."""
    wall, floor_wall = median(ours), median(floor)
    cpu, floor_cpu = median(ours, lambda c: c.cpu), median(floor, lambda c: c.cpu)
    ratio = wall / floor_wall
    line(name, f"{wall:.2f} s", f"{floor_wall:.2f} s", f"{ratio:.2f}", f"<= {goal}", ratio <= goal,
         f"processor time {cpu:.2f} s, floor {floor_cpu:.2f} s, ratio {cpu / floor_cpu:.2f}")


def within(name, value, unit, bound, note=""):
    line(name, f"{value:.1f} {unit}", goal=f"<= {bound} {unit}", met=value <= bound, note=note)


class Bench:
    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        self.linkaudit = f"{build}/linkaudit"

    def estate(self, scenario, *options):
        return Estate(self.build, self.folder, scenario, *options)

    def check(self, configuration, targets, *options):
        # 1: a target that is dead, or whose certificate has another name, is no reason to stop measuring
        return run([self.linkaudit, "check", "-c", configuration, "-f", targets, *options], accept=(0, 1))


def handshakes(bench):
    """All TLS versions of many healthy endpoints, against OpenSSL with nothing around it."""
    count = 2000
    configuration = estate.check_configuration(bench.folder)
    targets = estate.target_list(bench.folder, "healthy", count)
    floor = [f"{bench.build}/bench/handshake_floor", estate.address(0), str(count), str(CORES)]
    with bench.estate(estate.targets(bench.folder, "healthy", count)) as peers:
        before = peers.counted("connections")
        run(floor)
        middle = peers.counted("connections")
        bench.check(configuration, targets)
        each, floor_each = (peers.counted("connections") - middle) / count, (middle - before) / count
        ours, floors = side_by_side(REPETITIONS, lambda: bench.check(configuration, targets), lambda: run(floor))
    done = {int(cost.output) for cost in floors}
    against_floor(f"{count} endpoints, every TLS version", ours, floors, 1.3)
    line("  connections to an endpoint", f"{each:.1f}", f"{floor_each:.1f}",
         note=f"finished handshakes of the floor: {sorted(done)}")


def ciphers(bench):
    """Cipher enumeration against nmap's, on this host's own wire and on one that takes its time."""
    if not shutil.which("nmap"):
        skip("cipher suites against nmap", "nmap is not installed")
        return
    enumerate_ciphers(bench, 20, 0)
    enumerate_ciphers(bench, 100, 75)


def enumerate_ciphers(bench, count, delay):
    configuration = estate.check_configuration(bench.folder)
    targets = estate.target_list(bench.folder, "ciphers", count)
    nmap = ["nmap", "-n", "-Pn", "-sT", "-p", "1433", "--script", "ssl-enum-ciphers", "-iL", targets]
    with bench.estate(estate.targets(bench.folder, "ciphers", count, delay=delay)) as peers:
        def ours():
            return bench.check(configuration, targets, "--ciphers", "--xml")
        before, busy = peers.counted("connections"), peers.cpu()
        mine = ours()
        middle, busy = peers.counted("connections"), peers.cpu() - busy
        theirs = run(nmap)
        after = peers.counted("connections")
        mines, others = side_by_side(REPETITIONS, ours, lambda: run(nmap))
    ratio = median(others) / median(mines)
    line(f"{count} endpoints, every cipher suite, nmap, delay {delay} ms", f"{median(mines):.2f} s",
         f"{median(others):.2f} s", f"1/{ratio:.1f}", ">= 10x", ratio >= 10,
         f"processor time {median(mines, lambda c: c.cpu):.2f} s, nmap {median(others, lambda c: c.cpu):.2f} s")
    # The servers' own share of the handshakes runs on the same cores: asking that cost nothing would still take this long.
    line("  the most that could be had", f"{busy / CORES:.2f} s", f"{median(others):.2f} s",
         f"1/{median(others) / (busy / CORES):.1f}", note=f"the servers' own processor time, {busy:.2f} s, on {CORES} cores")
    line("  connections", str(middle - before), str(after - middle), goal="not more", met=middle - before <= after - middle)
    suites, known = len(re.findall("<cipher ", mine.output)), len(re.findall(r"^\|\s+TLS_", theirs.output, re.M))
    line("  cipher suites found", str(suites), str(known), goal="not fewer", met=suites >= known)


def dead(bench):
    """Endpoints that drop every packet cost one time-out together, not each."""
    count, silent, timeout = 1000, 100, 2
    configuration = estate.check_configuration(bench.folder, connect_timeout=f"{timeout}s")
    everyone = estate.target_list(bench.folder, "dead", count)
    healthy = estate.target_list(bench.folder, "alive", count - silent)
    with bench.estate(estate.targets(bench.folder, "dead", count, silent)):
        ours, without = side_by_side(REPETITIONS, lambda: bench.check(configuration, everyone),
                                     lambda: bench.check(configuration, healthy))
    bound = timeout + 1.2 * median(without)
    line(f"{count} endpoints, {silent} of them drop every packet", f"{median(ours):.2f} s", f"{median(without):.2f} s",
         goal=f"<= {bound:.2f} s", met=median(ours) <= bound,
         note=f"goal: {timeout} s and 1.2 times the {count - silent} healthy ones alone")


def large(bench):
    """Memory and cost of an endpoint, from a hundred to ten thousand."""
    sizes = [100, 1000, 10000]
    configuration = estate.check_configuration(bench.folder)
    costs = {}
    with bench.estate(estate.targets(bench.folder, "large", sizes[-1])):
        for size in sizes:
            targets = estate.target_list(bench.folder, "large", size)
            # The large ones take their time, and their scatter is small.
            times = REPETITIONS if size < 10000 else 1
            costs[size] = [bench.check(configuration, targets) for _ in range(times)]
    for role in "main", "resolver", "prober":
        peak = max(cost.peak(role) for cost in costs[sizes[-1]])
        within(f"{sizes[-1]} endpoints, peak memory of the {role}", peak, "MiB", 64)
    fixed = median(costs[sizes[0]], lambda c: c.cpu)
    slopes = []
    for small, big in zip(sizes, sizes[1:]):
        more = median(costs[big], lambda c: c.cpu) - median(costs[small], lambda c: c.cpu)
        slopes.append(more / (big - small) * 1e3)
    note = ", ".join(f"{size}: {median(costs[size]):.2f} s, processor {median(costs[size], lambda c: c.cpu):.2f} s"
                     for size in sizes)
    line("processor time of one more endpoint, at 10,000 and 1,000", f"{slopes[1]:.2f} ms", f"{slopes[0]:.2f} ms",
         f"{slopes[1] / slopes[0]:.2f}", "<= 1.3", slopes[1] <= 1.3 * slopes[0], note + f"; first hundred {fixed:.2f} s")


def statements_of(bench):
    """What a collector asks of one instance, as the stand-in heard it: the settings once, the questions, the tests."""
    scenario = estate.instances(bench.folder, 1, 20)
    with bench.estate(scenario, "--verbose") as peers:
        run([bench.linkaudit, "run", "-q", "-c", f"{bench.folder}/run.ini"], accept=(0, 1))
        heard = re.split(r"^SQL0: ", peers.written(), flags=re.M)[1:]
    settings = [text for text in heard if text.startswith("SET NOCOUNT")]
    kept = settings[:1] + [text for text in heard if not text.startswith("SET NOCOUNT")]
    path = f"{bench.folder}/statements"
    with open(path, "wb") as file:
        for text in kept:
            file.write(text.strip("\n").encode() + b"\0")
    return path, len(kept)


def queries(bench):
    """Instances with links through ODBC, against a program that sends the same statements and nothing else; on this
    host's own wire, where the stand-in and the audit share the processors, and with answers that take 2 and 5 ms. A
    first night does what the floor does; later ones also read the former report and compare with it."""
    count = int(os.environ.get("BENCH_INSTANCES", "500"))
    for delay in 0, 2, 5:
        ask_instances(bench, count, delay)


def ask_instances(bench, count, delay):
    links, concurrency = 20, 16
    statements, asked = statements_of(bench)
    scenario = estate.instances(bench.folder, count, links, delay)
    floor = [f"{bench.build}/bench/query_floor", estate.address(0), str(count), str(concurrency), statements]

    def audit():
        return run([bench.linkaudit, "run", "-q", "-c", f"{bench.folder}/run.ini"], accept=(0, 1))

    def first_night():
        for path in glob.glob(f"{bench.folder}/linkaudit-*") + glob.glob(f"{bench.folder}/latest.*"):
            os.unlink(path)
        return audit()

    with bench.estate(scenario):
        firsts, laters, floors = side_by_side(REPETITIONS, first_night, audit, lambda: run(floor))
    report = xml.etree.ElementTree.parse(f"{bench.folder}/latest.xml")
    tests = report.findall(".//{urn:linkaudit:report:1}test[@outcome='ok']")
    if len(tests) != count * links or any(int(cost.output) != count * asked for cost in floors):
        raise RuntimeError(f"{len(tests)} links tested, {[cost.output for cost in floors]} statements of the floor")
    against_floor(f"{count} instances, {links} links each, delay {delay} ms", firsts, floors, 1.5)
    within("  peak memory of main", max(cost.peak("main") for cost in firsts), "MiB", 100)
    against_floor("  with a former report of as many to compare with", laters, floors, 1.5)
    line("  peak memory of main", f"{max(cost.peak('main') for cost in laters):.1f} MiB")
    within("  peak memory of a collector", max(cost.peak("collector") for cost in firsts + laters), "MiB", 64)


def reports(bench):
    """From the XML to the page, and the page in a browser."""
    report, page = f"{bench.folder}/large.xml", f"{bench.folder}/large.html"
    subprocess.run([f"{bench.build}/unit/make_report", "20000", report], check=True)
    renders = [run([bench.linkaudit, "render", report, "-o", page]) for _ in range(REPETITIONS)]
    size = f"XML {os.path.getsize(report) / 2**20:.0f} MiB, HTML {os.path.getsize(page) / 2**20:.0f} MiB"
    within("20,000 links, XML to HTML", median(renders), "s", 3,
           f"processor time {median(renders, lambda c: c.cpu):.1f} s; {size}")
    peak = max(peak for cost in renders for peak in cost.peaks.values()) / 1024
    within("  peak memory of the largest process", peak, "MiB", 300)
    subprocess.run([f"{bench.build}/unit/make_report", "5000", report], check=True)
    subprocess.run([bench.linkaudit, "render", report, "-o", page], check=True, stdout=subprocess.DEVNULL)
    if not os.path.isdir("tests/browser/node_modules/playwright-core"):
        skip("5,000 links in Chromium", "make bench-deps installs playwright-core")
        return
    output = run(["node", "tests/bench/page.mjs", page, str(REPETITIONS)], watch=False).output
    interactive, slowest = zip(*[map(float, text.split()) for text in output.splitlines()])
    within("5,000 links in Chromium, until the page answers", sorted(interactive)[REPETITIONS // 2], "ms", 2000)
    within("  the slowest of five searches", sorted(slowest)[REPETITIONS // 2], "ms", 100)


def rules(bench):
    """Diagnosis and rules over a privilege graph."""
    output = run([f"{bench.build}/bench/assess", "2000", "20000", str(REPETITIONS)]).output
    times = sorted(float(text) / 1e3 for text in output.split())
    within("2,000 instances, 20,000 links: diagnosis and rules", times[REPETITIONS // 2], "s", 2)


PARTS = {function.__name__: function for function in
         (handshakes, ciphers, dead, large, queries, reports, rules)}


def main():
    build, wanted = sys.argv[1], sys.argv[2:] or list(PARTS)
    unknown = [part for part in wanted if part not in PARTS]
    if unknown:
        for name, function in PARTS.items():
            print(f"{name:<12} {function.__doc__.splitlines()[0]}")
        return 0 if unknown == ["list"] else 3
    print(f"{'':<52} {'ours':>11} {'floor':>11} {'ratio':>7} {'goal':>12}")
    for part in wanted:
        with tempfile.TemporaryDirectory(prefix="linkaudit-bench-") as folder:
            PARTS[part](Bench(build, folder))
    print()
    if missed:
        print(f"missed: {', '.join(missed)}")
    if not_run:
        print(f"not measured: {', '.join(not_run)}")
    if not missed and not not_run:
        print("every goal was met" if wanted == list(PARTS) else f"every goal of {', '.join(wanted)} was met")
    return 1 if not_run else 0


sys.exit(main())
