"""What a command costs: time, processor time, and the peak memory of each of its processes."""
import os
import resource
import signal
import statistics
import subprocess
import time

SAMPLE = 0.05  # seconds between two looks at the memory; the kernel keeps the peak


class Cost:
    def __init__(self, seconds, cpu, peaks, output):
        self.seconds, self.cpu, self.peaks, self.output = seconds, cpu, peaks, output

    def peak(self, role):
        """MiB of the largest process of that role."""
        return max((peak for name, peak in self.peaks.items() if name[0] == role), default=0) / 1024


def look(pid, peaks):
    """A process that has not reached its main function yet still looks like the one it was forked from."""
    try:
        with open(f"/proc/{pid}/cmdline") as file:
            arguments = file.read().split("\0")
        with open(f"/proc/{pid}/status") as file:
            status = file.read()
    except OSError:
        return
    role = next((a[len("--role="):] for a in arguments if a.startswith("--role=")), None)
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    if fields["Name"] == "collector":  # made by the fork server, whose arguments it has
        role = "collector"
    if "VmHWM" in fields:
        peaks[role, pid] = int(fields["VmHWM"].split()[0])


def descendants(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            found = [int(child) for child in file.read().split()]
    except OSError:
        return []
    return found + [later for child in found for later in descendants(child)]


def run(command, accept=(0,), watch=True, **options):
    """Runs it to its end; the memory is that of the command itself (role "main") and of its descendants by role."""
    peaks = {}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    if watch:
        output = follow(process, peaks)
    else:
        output, errors = process.communicate()
        process.errors = errors
    seconds = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in accept:
        raise RuntimeError(f"{' '.join(command)}: exit {process.returncode}: {process.errors[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    named = {("main" if pid == process.pid else role, pid): peak for (role, pid), peak in peaks.items()
             if pid == process.pid or role}
    return Cost(seconds, cpu, named, output)


def follow(process, peaks):
    output, process.errors = "", ""
    while True:
        look(process.pid, peaks)
        for child in descendants(process.pid):
            look(child, peaks)
        try:
            output, process.errors = process.communicate(timeout=SAMPLE)
            return output
        except subprocess.TimeoutExpired:
            continue


def median(costs, what=lambda cost: cost.seconds):
    return statistics.median(what(cost) for cost in costs)


def side_by_side(times, *functions):
    """Each function in turn, so many times over: what else the machine does meets them all."""
    results = [[] for _ in functions]
    for _ in range(times):
        for function, result in zip(functions, results):
            result.append(function())
    return results


class Estate:
    """The stand-in, for the length of a `with`."""

    def __init__(self, build, folder, scenario, *options):
        self.statistics = f"{folder}/statistics"
        self.log = open(f"{folder}/estate.log", "w+")
        self.process = subprocess.Popen([f"{build}/estate", "--ca", f"{folder}/ca.pem", "--statistics", self.statistics,
                                         *options, scenario], stdout=self.log, stderr=subprocess.STDOUT)

    def __enter__(self):
        for _ in range(600):
            if self.written().startswith("ready"):
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        self.__exit__()
        raise RuntimeError(f"the stand-in did not start: {self.written()[-2000:]}")

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait()
        self.log.close()

    def written(self):
        with open(self.log.name) as file:
            return file.read()

    def cpu(self):
        """Seconds of processor time that it has used."""
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def counted(self, counter):
        """A counter of its statistics, over all instances."""
        if os.path.exists(self.statistics):
            os.unlink(self.statistics)
        self.process.send_signal(signal.SIGUSR1)
        for _ in range(100):
            if os.path.exists(self.statistics):
                break
            time.sleep(0.05)
        with open(self.statistics) as file:
            return sum(int(line.split()[1]) for line in file if line.split()[:1] == [counter])
