"""Lets each system call of a run fail, or be the last one, and looks at what is left.

    inject.py PROGRAM STANDIN_DIR [--workers N] [SCENARIO…]

PROGRAM is ours, STANDIN_DIR that of a stand-in which runs with what `scripts/faults` starts it with. A run that nothing
happens to tells which calls there are; then there is one run for each of them and each of its errors, by strace's
injection, and one that is killed there. After each:

- what was there is as it was, or is what it was to be, and nothing else;
- the exit code is 0 only with the latter, and only with the former another one that is documented;
- what is left besides, the next run removes;
- no secret was said;
- it ended.
"""

import argparse
import base64
import collections
import concurrent.futures
import dataclasses
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from errors import DENIALS, ERRORS, MEMORY, REMOVING
from scenarios import SCENARIOS, Standin

# The program has its own: nothing may reach this.
LIMIT = 60
# The name of a directory's lock.
LOCK = "..akv-xsoar.lock"


@dataclasses.dataclass(frozen=True)
class Fault:
    call: str
    # Which of the calls of this name.
    number: int
    # None: killed there.
    error: str | None

    def __str__(self):
        return f"{self.call} {self.number}: {self.error or 'killed'}"

    def injection(self):
        what = f"error={self.error}" if self.error else "signal=SIGKILL"
        return f"inject={self.call}:{what}:when={self.number}"


@dataclasses.dataclass
class Run:
    fault: Fault | None
    # 0 and up, or None: a signal ended it.
    status: int | None
    signal: int | None
    stdout: bytes
    stderr: bytes
    trace: str
    seconds: float

    @property
    def happened(self):
        return "(INJECTED" in self.trace or "killed by SIGKILL" in self.trace

    # The loader's own end, before there is a program of ours.
    @property
    def unloaded(self):
        words = (b"error while loading shared libraries", b"cannot allocate TLS data structures")
        return self.status == 127 and any(word in self.stderr for word in words)


def run(scenario, place, words, fault=None):
    trace = place.aside("trace")
    if os.path.exists(trace):
        os.remove(trace)
    strace = ["strace", "-f", "-b", "execve", "-o", trace]
    if fault:
        strace += ["-e", f"trace={fault.call}", "-e", fault.injection()]
    started = time.monotonic()
    process = subprocess.Popen(
        strace + words, cwd=place.directory, env=scenario.environment(), start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    try:
        stdout, stderr = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        stdout, stderr = process.communicate()
        stderr += b"\nit did not end"
    if not os.path.exists(trace):
        raise RuntimeError(stderr.decode())
    with open(trace, encoding="utf-8", errors="replace") as file:
        text = file.read()
    status = process.returncode
    ended = (status, None) if status >= 0 else (None, -status)
    return Run(fault, *ended, stdout, stderr, text, time.monotonic() - started)


def calls(trace):
    """How often each call was made, by the thread that made it most often: strace counts for each."""
    counts = collections.Counter()
    for line in trace.splitlines():
        if found := re.match(r"(\d+) +(\w+)\(", line):
            counts[found.groups()] += 1
    most = {}
    for (_, call), count in counts.items():
        most[call] = max(count, most.get(call, 0))
    unknown = sorted(set(most) - set(ERRORS))
    if unknown:
        sys.exit(f"tests/faults/errors.py does not say how these fail: {' '.join(unknown)}")
    return most


def faults(trace):
    for call, count in sorted(calls(trace).items()):
        # The first is strace's own.
        for number in range(2 if call == "execve" else 1, count + 1):
            yield Fault(call, number, None)
            for error in ERRORS[call].split():
                yield Fault(call, number, error)


def forms(secret):
    """As it is, and as base64 wherever it stands in what was encoded."""
    yield secret
    for offset in range(3):
        encoded = base64.b64encode(bytes(offset) + secret).rstrip(b"=")
        sure = encoded[-(-offset * 8 // 6):(offset + len(secret)) * 8 // 6]
        yield from {sure, sure.replace(b"+", b"-").replace(b"/", b"_")}


def said(run, standin):
    for secret in standin.secrets:
        for form in forms(secret):
            if form in run.stderr or form in run.stdout:
                yield f"it says the secret {secret!r}"


def ended(run, scenario):
    """Whether it ended as it may."""
    fault = run.fault
    if run.signal == signal.SIGKILL and fault.error is None:
        return
    if run.signal is not None:
        # Without memory or without what its loader asks for there are no words.
        if run.signal not in (signal.SIGABRT, signal.SIGSEGV) or fault.call not in MEMORY:
            yield f"signal {run.signal}"
        return
    if run.unloaded or run.status == 0:
        return
    if run.status == 1 and fault.call in MEMORY and b"/std/src/sys/pal/unix/stack_overflow.rs" in run.stderr:
        # A thread of Rust's that gets no memory for its signals' stack ends the process, and says so.
        return
    if run.status not in scenario.statuses:
        yield f"status {run.status}"
    elif b"akv-xsoar: error: " not in run.stderr and fault.call not in ("write", "writev"):
        yield "no word of what is wrong"


def judge(run, scenario, place):
    """What is not as it must be. Leaves the place to the next one."""
    yield from said(run, place.standin)
    yield from ended(run, scenario)
    left = place.left_over()
    found = scenario.state(place)
    good = {0: ("new", "new, and more"), None: ("old", "new", "old, and more", "new, and more", "some new")}
    # Of a lock that is left it is not known whose it is.
    failed = ("old", "some new", "old, and more") if left == [LOCK] else ("old", "some new")
    if found not in good.get(run.status, failed):
        yield f"status {run.status}, but it is {found}"
    # After a success what could not be removed is left to the next run.
    if left not in ([], [LOCK]) and run.status and run.fault.call not in REMOVING:
        yield f"left: {' '.join(left)}"
    if left or found not in ("old", "new"):
        after = subprocess.run(
            scenario.words(place), cwd=place.directory, env=scenario.environment(), timeout=LIMIT,
            stdin=subprocess.DEVNULL, capture_output=True, check=False,
        )
        if after.returncode or scenario.state(place) != "new":
            yield f"the next run: {after.returncode}, it is {scenario.state(place)}: {after.stderr.decode()}"
        # Nobody removes what is said not to be there, or to have in it what is somebody else's.
        denied = run.fault.call in {"newfstatat", "openat"} | REMOVING and run.fault.error in DENIALS
        if (left := place.left_over()) and not denied:
            yield f"the next run leaves {' '.join(left)}"


class Place:
    """A worker's own directory, and what is its own at the stand-in."""

    def __init__(self, work, number, standin):
        self.number = number
        self.standin = standin
        self.work = os.path.join(work, str(number))
        self.directory = os.path.join(self.work, "place")
        os.mkdir(self.work)

    def aside(self, name):
        return os.path.join(self.work, name)

    def empty(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        os.mkdir(self.directory)

    def left_over(self):
        """What has a name of those that are only there while a run is."""
        current = {os.readlink(link) for link in [os.path.join(self.directory, "creds", "..data")] if os.path.islink(link)}
        names = []
        for directory, directories, files in os.walk(self.directory):
            if os.path.basename(directory) in current:
                directories.clear()
                continue
            names += [name for name in directories + files if ".akv-xsoar" in name and name not in current]
        return sorted(names)


def examine(scenario, fault, places):
    place = places.get()
    try:
        scenario.prepare(place)
        done = run(scenario, place, scenario.words(place), fault)
        problems = list(judge(done, scenario, place))
        return done, problems
    finally:
        places.put(place)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("standin")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("scenarios", nargs="*")
    options = parser.parse_intermixed_args()
    names = options.scenarios or list(SCENARIOS)
    bad = 0
    with tempfile.TemporaryDirectory() as work:
        standin = Standin(options.standin)
        places = queue.Queue()
        for number in range(options.workers):
            places.put(Place(work, number, standin))
        for name in names:
            bad += examine_all(SCENARIOS[name](options.program, standin), name, places, options)
    if bad:
        sys.exit(f"{bad} faults with another end than they may have")


def examine_all(scenario, name, places, options):
    started = time.monotonic()
    place = places.get()
    scenario.learn(place)
    scenario.prepare(place)
    before = scenario.state(place)
    baseline = run(scenario, place, scenario.words(place))
    after = scenario.state(place)
    if (before, baseline.status, after) != ("old", 0, "new") or place.left_over():
        sys.exit(f"{name}, without a fault: {before}, {baseline.status}, {after}: {baseline.stderr.decode()}")
    places.put(place)
    todo = list(faults(baseline.trace))
    happened, ends, bad = 0, collections.Counter(), 0
    with concurrent.futures.ThreadPoolExecutor(options.workers) as pool:
        for done, problems in pool.map(lambda fault: examine(scenario, fault, places), todo):
            happened += done.happened
            ends[done.status if done.status is not None else signal.Signals(done.signal).name] += 1
            if problems:
                bad += 1
                stderr = done.stderr.decode(errors="replace").strip()
                print(f"{name}, {done.fault}: {'; '.join(problems)}\n    {stderr}\n    {done.trace.strip()}", flush=True)
    count = sum(calls(baseline.trace).values())
    told = ", ".join(f"{end}: {times}" for end, times in sorted(ends.items(), key=str))
    print(f"{name}: {happened} faults in {count} calls, {time.monotonic() - started:.0f} s (ended with {told})", flush=True)
    if happened < len(todo) * 0.9:
        sys.exit(f"{name}: of {len(todo)} faults only {happened} happened")
    return bad


if __name__ == "__main__":
    main()
