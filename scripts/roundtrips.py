"""What reading secrets costs in round trips, and how CPU time grows with the names. For scripts/bench.

    roundtrips.py measure BINARY STANDIN PYTHON DIR ONE_WAY_MS [--quick]
    roundtrips.py growth BINARY ENV_FILE [--quick]

`measure` is to be started in network and mount namespaces of its own. The stand-in is in one more, at the other end of a wire that takes
ONE_WAY_MS for every packet: SYN, questions for names, all. Made of two TUN devices and a process that carries packets from one to
the other, or, where TUN cannot be had, of a veth pair with the kernel's netem. Prints JSON, or says on stderr why it cannot.
"""

import collections
import fcntl
import json
import os
import resource
import select
import shlex
import socket
import struct
import subprocess
import sys
import threading
import time

HERE, THERE = "10.99.0.1", "10.99.0.2"
VAULT, TEN = "kv-bench", [f"kv-ten-{number:02}" for number in range(1, 11)]
FEW, MANY = 500, 5000
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000


def main():
    task, *words = sys.argv[1:]
    {"measure": measure, "growth": growth, "wire": carry, "relay": relay}[task](*words)


def measure(binary, standin, python, directory, one_way_ms, *quick):
    run("ip", "link", "set", "lo", "up")
    name_server(directory)
    far = Far(standin, directory)
    try:
        kind = make_wire(far, float(one_way_ms))
        far.start()
        round_trip = connect_time()
        if not 0.95 < round_trip / (2 * float(one_way_ms)) < 1.5:
            stop(f"a round trip takes {round_trip:.1f} ms instead of {2 * float(one_way_ms):.0f}")
        found = rows(Clients(binary, python, directory, far), 2 * float(one_way_ms), bool(quick))
    finally:
        far.end()
    json.dump({"wire": kind, "round_trip": round_trip, "rows": found}, sys.stdout)


# --- the other end ---


class Far:
    """A network namespace with the stand-in. It ends with our end of the pipe."""

    def __init__(self, standin, directory):
        self.directory, self.others = directory, []
        # It waits until there is an address to listen at.
        script = 'ip link set lo up && echo there && read -r go && exec "$@"'
        vaults = [f"--vault={VAULT}={FEW}", *(f"--vault={vault}=1" for vault in TEN)]
        command = [standin, "--dir", directory, "--at", THERE, *vaults]
        self.process = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", script, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        if self.process.stdout.readline() != b"there\n":
            stop("no second network namespace")
        self.enter = ["nsenter", f"--net=/proc/{self.process.pid}/ns/net"]

    def start(self):
        self.process.stdin.write(b"go\n")
        self.process.stdin.flush()
        path = os.path.join(self.directory, "env")
        for _ in range(200):
            if os.path.exists(path):
                break
            time.sleep(0.05)
        else:
            stop("the stand-in did not start")
        self.env = settings(path)
        # A machine's metadata endpoint is near.
        near = socket.create_server(("127.0.0.1", 0))
        address = self.env["METADATA"].removeprefix("http://").split(":")
        self.spawn([*self.enter, sys.executable, __file__, "relay", str(near.fileno()), *address], [near.fileno()])
        self.metadata = "http://127.0.0.1:%d" % near.getsockname()[1]

    def spawn(self, command, descriptors=()):
        self.others.append(subprocess.Popen(command, pass_fds=descriptors))

    def end(self):
        self.process.stdin.close()
        self.process.wait()
        for process in self.others:
            process.kill()
            process.wait()


def relay(descriptor, host, port):
    """Carries what is said at a socket of the other namespace."""

    def pump(source, sink):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)

    door = socket.socket(fileno=int(descriptor))
    while True:
        near, _ = door.accept()
        far = socket.create_connection((host, int(port)))
        for pair in ((near, far), (far, near)):
            threading.Thread(target=pump, args=pair, daemon=True).start()


# --- the wire ---


def make_wire(far, one_way_ms):
    try:
        here = tun("wire-here")
    except OSError as error:
        print(f"no TUN device ({error}): trying netem", file=sys.stderr)
        make_netem(far, one_way_ms)
        kind = "netem"
    else:
        # The socket stays with this namespace, whichever its process enters.
        far.spawn([*far.enter, sys.executable, __file__, "wire", str(here), str(one_way_ms)], [here])
        os.close(here)
        wait_for([*far.enter, "ip", "link", "show", "wire-there"])
        kind = "TUN"
    for enter, device, address in (([], "wire-here", HERE), (far.enter, "wire-there", THERE)):
        run(*enter, "ip", "address", "add", f"{address}/24", "dev", device)
        run(*enter, "ip", "link", "set", device, "up")
    return kind


def make_netem(far, one_way_ms):
    run("ip", "link", "add", "wire-here", "type", "veth", "peer", "name", "wire-there", "netns", str(far.process.pid))
    for enter, device in (([], "wire-here"), (far.enter, "wire-there")):
        run(*enter, "tc", "qdisc", "add", "dev", device, "root", "netem", "delay", f"{one_way_ms}ms", "limit", "10000")


def tun(name):
    descriptor = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(descriptor, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    os.set_blocking(descriptor, False)
    return descriptor


def carry(here, one_way_ms):
    """Takes each packet from one end to the other, after a while."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50))
    except OSError:
        pass  # A little less exact.
    here, there, delay = int(here), tun("wire-there"), float(one_way_ms) / 1000
    other = {here: there, there: here}
    # The delay is one and the same, so the order stays.
    under_way = collections.deque()
    while True:
        limit = max(0, under_way[0][0] - time.monotonic()) if under_way else None
        for end in select.select(list(other), [], [], limit)[0]:
            try:
                while True:
                    packet = os.read(end, 65536)
                    under_way.append((time.monotonic() + delay, other[end], packet))
            except OSError:
                pass  # No more, or not up yet.
        while under_way and under_way[0][0] <= time.monotonic():
            _, end, packet = under_way.popleft()
            try:
                os.write(end, packet)
            except OSError:
                pass  # Lost, as on any wire.


def name_server(directory):
    path = os.path.join(directory, "resolv.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"nameserver {THERE}\n")
    run("mount", "--bind", path, os.path.realpath("/etc/resolv.conf"))


def connect_time():
    """The quickest of several, in ms."""

    def once():
        start = time.perf_counter()
        socket.create_connection((THERE, 443)).close()
        return (time.perf_counter() - start) * 1000

    return min(once() for _ in range(10))


# --- who reads ---


class Clients:
    """Each a command that reads COUNT secrets of one vault, or one of each of ten."""

    def __init__(self, binary, python, directory, far):
        self.binary, self.python, self.directory, self.env, self.far = binary, python, directory, far.env, far
        self.made = 0

    def ours(self, what, *more):
        return [*application(self.binary, self.env), *more, *asked(what)]

    def identity(self, what):
        setting = f"AZURE_POD_IDENTITY_AUTHORITY_HOST={self.far.metadata}"
        ca = ["--ca-file", self.env["CA_FILE"]]
        return ["env", setting, self.binary, "fetch", "--managed-identity", *ca, *asked(what)]

    def curl(self, what, *more):
        """One for the token, one for all secrets."""
        self.made += 1
        path = os.path.join(self.directory, f"curl-{self.made}")
        with open(f"{path}.urls", "w", encoding="utf-8") as file:
            for vault, name in pairs(what):
                file.write(f'url = "https://{vault}.vault.azure.net/secrets/{name}?api-version=7.4"\n')
        with open(self.env["CLIENT_SECRET_FILE"], encoding="utf-8") as file:
            secret = file.read().strip()
        curl = f"curl --silent --show-error --no-progress-meter --fail --cacert {shlex.quote(self.env['CA_FILE'])}"
        fields = {
            "grant_type": "client_credentials",
            "client_id": self.env["CLIENT_ID"],
            "client_secret": secret,
            "scope": "https://vault.azure.net/.default",
        }
        form = " ".join("--data-urlencode " + shlex.quote(f"{name}={value}") for name, value in fields.items())
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                f"answer=$({curl} https://login.microsoftonline.com/{self.env['TENANT_ID']}/oauth2/v2.0/token {form})\n"
                'token=${answer#*\\"access_token\\":\\"}\ntoken=${token%%\\"*}\n'
                f'exec {curl} {shlex.join(more)} -H "Authorization: Bearer $token" -K {shlex.quote(path)}.urls\n'
            )
        return ["sh", path]

    def microsofts(self, what):
        gets = [f"--get={vault}/{name}" for vault, name in pairs(what)]
        return [self.python, "tests/interop/client.py", os.path.join(self.directory, "env"), *gets]


def settings(path):
    with open(path, encoding="utf-8") as file:
        return dict(word.split("=", 1) for word in shlex.split(file.read()))


def application(binary, env):
    who = ["--tenant-id", env["TENANT_ID"], "--client-id", env["CLIENT_ID"]]
    return [binary, "fetch", *who, "--client-secret-file", env["CLIENT_SECRET_FILE"], "--ca-file", env["CA_FILE"]]


def asked(what):
    vaults = ",".join(dict.fromkeys(vault for vault, _ in pairs(what)))
    names = ",".join(dict.fromkeys(name for _, name in pairs(what)))
    return ["--vault", vaults, "--secret", names]


def pairs(what):
    if what == "ten":
        return [(vault, "secret-001") for vault in TEN]
    return [(VAULT, f"secret-{number:03}") for number in range(1, what + 1)]


def rows(clients, round_trip, quick):
    """The quickest run of each, in round trips."""
    at_once = ["--parallel", "--parallel-immediate", "--parallel-max", "8"]
    found = []
    for what in (1, 10, "ten") if quick else (1, 10, 50, FEW, "ten"):
        runs = 2 if quick or what == FEW else 7
        print(f"{what} secrets over the wire …", file=sys.stderr)
        row = {"what": what}
        for name, command in {
            "ours": clients.ours(what),
            "ours_8": clients.ours(what, "--parallel", "8"),
            "identity": clients.identity(what),
            "curl": clients.curl(what),
            "curl_8": clients.curl(what, *at_once),
            "python": clients.microsofts(what),
        }.items():
            times = [timed(command, len(pairs(what)))[0] for _ in range(runs)]
            row[name] = min(times) * 1000 / round_trip
        found.append(row)
    return found


# --- growth ---


def growth(binary, env_file, *quick):
    """CPU time of many names by that of few, over loopback; the quickest of each."""
    env = settings(env_file)
    reach = ["--connect-to", f"::127.0.0.1:{env['PORT']}"]
    found = []
    for parallel in (1, 8):
        more = [*reach, "--parallel", str(parallel)]
        times = {FEW: [], MANY: []}
        # In turn: what else the machine does is to meet both.
        for _ in range(3 if quick else 15):
            for count, all_times in times.items():
                command = [*application(binary, env), *more, *asked(count)]
                all_times.append(timed(command, count)[1] * 1000)
        row = {"parallel": parallel, **{str(count): min(all_times) for count, all_times in times.items()}}
        found.append(row)
    json.dump(found, sys.stdout)


# --- processes ---


def timed(command, count):
    """Seconds, and those of the CPU. Whoever reads less than asked would look fast."""
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
    took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    read = done.stdout.count(b"value-of-secret-")
    if done.returncode or read != count:
        stop(f"{shlex.join(command)[:300]} read {read} of {count} secrets (exit code {done.returncode})")
    return took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run(*command):
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        stop(f"{shlex.join(command)}: {done.stderr.strip()}")


def wait_for(command):
    for _ in range(200):
        if subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return
        time.sleep(0.02)
    stop(f"waited in vain for: {shlex.join(command)}")


def stop(why):
    sys.exit(f"roundtrips.py: {why}")


if __name__ == "__main__":
    main()
