"""The runs that faults are injected into: what was there before, what is to be there after, and how to tell."""

import json
import os
import shlex
import shutil
import stat
import subprocess
import threading
import time

OLD_PASSWORD = "value-that-was-there-before"
OLD_FILE = b'[\n{"user":"old","password":"%s","name":"old/old"}\n]\n' % OLD_PASSWORD.encode()


class Standin:
    """The stand-in that runs: its variables, and its XSOAR server's store."""

    def __init__(self, directory):
        self.directory = directory
        with open(os.path.join(directory, "env"), encoding="utf-8") as file:
            self.env = dict(word.split("=", 1) for word in shlex.split(file.read()))
        self.secrets = [b"value-of-secret-", b"CanaryT0ken", OLD_PASSWORD.encode()]
        for name in ("CLIENT_SECRET_FILE", "XSOAR_KEY_FILE"):
            with open(self.env[name], "rb") as file:
                self.secrets.append(file.read().strip())
        # It ends when nobody has this open any more.
        self.stdin = open(os.path.join(directory, "stdin"), "w", encoding="utf-8")
        self.lock = threading.Lock()

    def store(self, place, **change):
        """Changes the store, and says what is in it then."""
        file = place.aside("store.json")
        if os.path.exists(file):
            os.remove(file)
        with self.lock:
            self.stdin.write(json.dumps({**change, "show": file}) + "\n")
            self.stdin.flush()
        end = time.monotonic() + 20
        while not os.path.exists(file):
            if time.monotonic() > end:
                raise TimeoutError("the stand-in does not show its store")
            time.sleep(0.002)
        with open(file, encoding="utf-8") as shown:
            return {one["name"]: one for one in json.load(shown)}


class Scenario:
    """A run of one command."""

    command = ""
    # Those that its manual page has, but for 0 and for 1, which is a defect.
    statuses = set(range(2, 10))

    def __init__(self, program, standin):
        self.program = program
        self.standin = standin

    def environment(self):
        return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}

    def words(self, place):
        env = self.standin.env
        options = [
            "--tenant-id", env["TENANT_ID"], "--client-id", env["CLIENT_ID"],
            "--client-secret-file", env["CLIENT_SECRET_FILE"],
            "--connect-to", f"::127.0.0.1:{env['PORT']}", "--ca-file", env["CA_FILE"], "--timeout", "20",
        ]
        return [self.program, self.command, *options, *self.arguments(place)]

    def once(self, place, words=None):
        """Runs it as it is meant to run."""
        subprocess.run(words or self.words(place), cwd=place.directory, env=self.environment(), check=True, timeout=60)

    def learn(self, place):
        """What it comes to, from a run."""


def write(place, name, content, mode=0o640):
    path = os.path.join(place.directory, name)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode)


def read(place, *names):
    """Mode and content of a file, if it is there."""
    try:
        with open(os.path.join(place.directory, *names), "rb") as file:
            return stat.S_IMODE(os.stat(file.fileno()).st_mode), file.read()
    except FileNotFoundError:
        return None


class Fetch(Scenario):
    """`--output FILE`."""

    command = "fetch"

    def arguments(self, place):
        return ["kv-a/secret-001", "kv-a/secret-002", "--output", "creds"]

    def prepare(self, place):
        place.empty()
        write(place, "creds", OLD_FILE)

    def learn(self, place):
        self.prepare(place)
        self.once(place)
        self.new = read(place, "creds")
        assert self.new[0] == 0o600 and self.new[1].count(b'"password":"value-of-secret-') == 2, self.new

    def state(self, place):
        found = read(place, "creds")
        return {(0o640, OLD_FILE): "old", self.new: "new"}.get(found, repr(found))


class Files(Scenario):
    """`--format files`: a vault that stays, one that goes, one that comes."""

    command = "fetch"

    def arguments(self, place):
        return ["kv-a/secret-002", "kv-c/secret-001", "--format", "files", "--output", "creds"]

    def learn(self, place):
        place.empty()
        words = self.words(place)
        earlier = [{"kv-a/secret-002": "kv-a/secret-001", "kv-c/secret-001": "kv-b/secret-001"}.get(word, word) for word in words]
        for words, name in ((earlier, "old"), (words, "new")):
            self.once(place, words)
            setattr(self, name, self.seen(place))
        assert self.old["values"] == {"kv-a/secret-001": b"value-of-secret-001", "kv-b/secret-001": b"value-of-secret-001"}
        assert self.new["values"] == {"kv-a/secret-002": b"value-of-secret-002", "kv-c/secret-001": b"value-of-secret-001"}
        place.empty()
        self.once(place, earlier)
        self.template = place.aside("template")
        shutil.copytree(place.directory, self.template, symlinks=True, dirs_exist_ok=True)

    def prepare(self, place):
        shutil.rmtree(place.directory, ignore_errors=True)
        shutil.copytree(self.template, place.directory, symlinks=True)

    def seen(self, place):
        """What somebody sees there who does not know how it is made."""
        root = os.path.join(place.directory, "creds")
        left = place.left_over()
        links = {
            name: os.readlink(os.path.join(root, name))
            for name in os.listdir(root)
            if name not in left and not name.startswith("..")
        }
        values, modes = {}, set()
        for directory, _, files in os.walk(os.path.join(root, "..data")):
            for name in files:
                if not name.startswith(".."):
                    path = os.path.join(directory, name)
                    values[os.path.relpath(path, os.path.join(root, "..data"))] = read(place, path)[1]
                    modes.add(stat.S_IMODE(os.stat(path).st_mode))
        return {"links": links, "values": values, "modes": modes}

    def state(self, place):
        seen = self.seen(place)
        if seen in (self.old, self.new):
            return "old" if seen == self.old else "new"
        # All values are old or all are new, and a link of the other's is there, which leads nowhere.
        links = {**self.old["links"], **self.new["links"]}
        for name, whole in (("old", self.old), ("new", self.new)):
            same = seen["values"] == whole["values"] and seen["modes"] == whole["modes"]
            if same and whole["links"].items() <= seen["links"].items() <= links.items():
                return f"{name}, and more"
        return repr(seen)


class New(Files):
    """`--format files` where there is no directory yet."""

    def prepare(self, place):
        place.empty()

    def state(self, place):
        names = os.listdir(place.directory)
        if not names:
            return "old"
        seen = self.seen(place)
        if not seen["values"] and seen["links"].items() <= self.new["links"].items():
            return "old, and more"
        return "new" if seen == self.new else repr(seen)


class Push(Scenario):
    """One credential that is created, and one that is updated."""

    command = "push"

    def names(self, place):
        return [f"kv-push/secret-{2 * place.number + number:03}" for number in (1, 2)]

    def arguments(self, place):
        env = self.standin.env
        server = ["--xsoar-url", env["XSOAR_URL"], "--xsoar-key-file", env["XSOAR_KEY_FILE"]]
        return [*self.names(place), *server]

    def prepare(self, place):
        place.empty()
        names = self.names(place)
        self.standin.store(place, drop=names, add=[self.before(names[1])])

    def before(self, name):
        mark = f"[akv-xsoar {name} {'0' * 32} old]"
        return {"name": name, "user": "old", "password": OLD_PASSWORD, "comment": f"A person's words. {mark}"}

    def state(self, place):
        create, update = self.names(place)
        store = self.standin.store(place)
        states = {self.one(store.get(create), create, None), self.one(store.get(update), update, self.before(update))}
        if len(states) == 1:
            return states.pop()
        return "some new" if states == {"old", "new"} else repr(states)

    def one(self, found, name, before):
        if found is None:
            return "old" if before is None else "gone"
        shown = {key: found[key] for key in ("name", "user", "password", "comment")}
        if shown == before:
            return "old"
        secret = name.split("/")[1]
        person = "A person's words." in found["comment"]
        right = (found["user"], found["password"]) == (secret, f"value-of-{secret}")
        if right and f"[akv-xsoar {name} " in found["comment"] and "0" * 32 not in found["comment"] and person == (before is not None):
            return "new"
        return repr(shown)


class Exec(Scenario):
    """A command that writes down what it was given."""

    command = "exec"
    statuses = {*range(2, 10), 126, 127}

    def arguments(self, place):
        return ["kv-a/secret-001", "kv-a/secret-002", "--", "/bin/sh", "-c", 'printf "%s\\n" "$SECRET_001" "$SECRET_002" >ran']

    def prepare(self, place):
        place.empty()

    def state(self, place):
        names = os.listdir(place.directory)
        if not names:
            return "old"
        _, content = read(place, "ran") or (None, None)
        right = names == ["ran"] and content == b"value-of-secret-001\nvalue-of-secret-002\n"
        return "new" if right else f"{names}: {content!r}"


SCENARIOS = {"fetch": Fetch, "files": Files, "new": New, "push": Push, "exec": Exec}
