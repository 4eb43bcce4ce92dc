# Azure Key Vault's secrets as XSOAR's credentials: by the program akv-xsoar, or by the file that it keeps fresh.
#
# The server gives `demisto`; the rest is the standard library's, of Python 3.6 and later. A value leaves this by
# `demisto.credentials` alone. Whatever else is said, in a log, an error or the war room, is in our words or in the
# program's, which have no value in them.

import calendar
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time

# The parameters that are the program's: it gets them as they are, and judges them.
GIVEN = (
    "azure_cloud", "tenant_id", "client_id", "credentials", "certificate_thumbprint",
    "credentials_certificate_thumbprint", "private_key", "use_managed_identities", "managed_identities_client_id",
    "subscription_id", "resource_group_name", "isFetchCredentials", "key_vaults", "secrets", "insecure", "proxy",
    "ca_file", "timeout",
)
# Of the container's variables, those of its network: no other one chooses an identity or a cloud.
PASSED = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "SSL_CERT_FILE", "AZURE_POD_IDENTITY_AUTHORITY_HOST")

# Seconds. XSOAR ends a command after 3 minutes; before that the program has had its say, and time to end.
TIMEOUT, LONGEST, GRACE = 60, 150, 10
# More than there ever is: bytes of a file or a result, characters of an error, rows of a table.
LARGEST, WORDS, ROWS = 16 * 1024 * 1024, 4000, 1000

DENIED = 4
MOUNT = "`python.pass.extra.keys` of the engine mounts it into the container (see the pack's README)"


class Failure(Exception):
    """What went wrong, in words that may be shown."""


class Ended(Failure):
    """The program ended with this code."""

    def __init__(self, code, words):
        Failure.__init__(self, words or "the program ended with {} and no word".format(code))
        self.code = code


# --- the commands ---


def fetch_credentials(params, identifier):
    """All credentials; or the one of this name: a list of at most one, whatever happens."""
    if not identifier:
        demisto.credentials(names(params) if on_demand(params) else values(params))
        return
    found = []
    try:
        found = one(params, identifier)
    except Exception as error:
        demisto.error("AkvXsoar: " + told(error))
    demisto.credentials(found)


def test_module(params):
    """The button `Test`."""
    if by_file(params):
        values(params)
        why = too_old(params, status_in(status_path(params))) if max_age(params) else None
        if why:
            raise Failure(why)
    else:
        check(params)
    demisto.results("ok")


def list_command(params):
    """akv-xsoar-list: the credentials' names."""
    listed = [{"Name": c["name"], "User": c["user"]} for c in names(params)]
    title = "{} credentials{}".format(len(listed), ", the first {}:".format(ROWS) if len(listed) > ROWS else "")
    entry(title, listed[:ROWS], "Credential(val.Name && val.Name == obj.Name)", listed[:ROWS])


def status_command(params):
    """akv-xsoar-status: how the last refresh went (File), or how a fetch goes now (Program)."""
    said = status_in(status_path(params)) if by_file(params) else status_of_a_fetch(params)
    soonest = said.get("soonest_expiry") or {}
    status = {
        "Source": "File" if by_file(params) else "Program",
        "Fresh": too_old(params, said) is None,
        "AgeMinutes": age(said),
        "LastSuccess": said.get("last_success"),
        "LastRun": said.get("time"),
        "ExitCode": said.get("exit"),
        "Credentials": said.get("credentials"),
        "SoonestExpiry": soonest.get("time"),
        "SoonestExpiryOf": soonest.get("credential"),
        "Errors": said.get("errors"),
        "Warnings": said.get("warnings"),
        "Version": said.get("version"),
    }
    rows = [{"What": key, "Is": value} for key, value in status.items()]
    entry("akv-xsoar", rows, "Status(val.Source && val.Source == obj.Source)", status)


# --- credentials, from either source ---


def by_file(params):
    return params.get("source") == "File"


def on_demand(params):
    return "on-demand" in (params.get("credentials_fetch_mode") or "")


def values(params, only=()):
    """Every credential with its value, or only those of these names."""
    if by_file(params):
        path = params.get("file") or "/run/xsoar/credentials.json"
        return credentials_in(read(path), "`{}`".format(path))
    return credentials_in(result(params, ["fetch", "--format", "xsoar"], only), "what `fetch` wrote")


def one(params, identifier):
    """The one of this name. Azure's names have no case."""
    if not isinstance(identifier, str):
        raise Failure("the identifier is no text")
    found = [c for c in values(params, [identifier]) if c["name"].lower() == identifier.lower()]
    if len(found) != 1:
        raise Failure("{} credentials have the name that was asked for".format(len(found)))
    return found


def names(params):
    """Every credential with an empty password."""
    try:
        if by_file(params):
            listed = values(params)
        else:
            listed = credentials_in(result(params, ["list", "--format", "xsoar"]), "what `list` wrote")
    except Ended as ended:
        listed = as_configured(params) if ended.code == DENIED else []
        if not listed:
            raise
        demisto.info("AkvXsoar: the names are those configured, because listing them failed: " + told(ended))
    return [dict(c, password="") for c in listed]


def as_configured(params):
    """Vaults × secrets, as AzureKeyVault has them: who may read a secret may not always list."""
    vaults, secrets = [
        [text.strip() for text in (params.get(key) or "").split(",") if text.strip()] for key in ("key_vaults", "secrets")
    ]
    if "*" in vaults:
        return []
    # A vault may be there by its URL.
    vaults = [vault.split("://")[-1].split("/")[0].split(".")[0] for vault in vaults]
    return [{"user": secret, "name": "{}/{}".format(vault, secret)} for vault in vaults for secret in secrets]


def credentials_in(content, where):
    found = json_in(content, where)
    keys = ("user", "password", "name")
    is_one = lambda c: isinstance(c, dict) and all(isinstance(c.get(key), str) for key in keys)
    if not isinstance(found, list) or not all(is_one(c) for c in found):
        raise Failure(where + " is no list of objects with user, password and name")
    return [{key: c[key] for key in keys} for c in found]


# --- the program ---


def configuration(params):
    """The instance's parameters, and what `options` adds to them."""
    # What was never filled in may come as an empty text, whatever its type.
    given = {key: params[key] for key in GIVEN if params.get(key) not in (None, "")}
    options = json_in((params.get("options") or "{}").encode(), "`options`")
    if not isinstance(options, dict):
        raise Failure('`options` must be a JSON object, such as {"user_tag": "login"}')
    for key, value in options.items():
        if given.get(key):
            raise Failure("`{}` is in `options` and has a field of its own: only one may be filled in".format(key))
        if key == "output":
            raise Failure("`output` has no place in `options`: the credentials go to XSOAR and nowhere else")
        given[key] = value
    return given


def run(params, words, only=()):
    """The program's exit code, what it wrote and what it said.

    Its configuration goes to its standard input, so that nothing of it is in a command line or a variable. What
    follows `--` is a credential's name to it, whatever it looks like; and no shell reads anything.
    """
    program = params.get("program") or "/usr/local/bin/akv-xsoar"
    if not os.path.isabs(program):
        raise Failure("`program` must be an absolute path")
    given = configuration(params)
    limit = patience(given.get("timeout"))
    variables = {name: os.environ[name] for name in PASSED if name in os.environ}
    if given.get("ca_file"):
        variables.pop("SSL_CERT_FILE", None)
    words = [program] + words + ["--config", "-", "--"] + list(only)
    pipe = subprocess.PIPE
    try:
        child = subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe, env=variables)
    except FileNotFoundError:
        raise Failure("there is no `{}` in this container: {}".format(program, MOUNT)) from None
    except (OSError, ValueError) as error:
        needs = "it needs the mode 0755, a mount without `noexec` (with SELinux by `,z`), and this machine's architecture"
        raise Failure("`{}` cannot be run: {}; {}".format(program, reason(error), needs)) from None

    said = []
    ear = threading.Thread(target=lambda: said.append(child.stderr.read(LARGEST)))
    ear.start()
    late = threading.Event()
    timer = threading.Timer(limit, lambda: (late.set(), child.kill()))
    timer.start()
    try:
        child.stdin.write(json.dumps(given).encode())
        child.stdin.close()
    except OSError:
        pass  # It may end without reading; then it says why.
    written = child.stdout.read(LARGEST + 1)
    child.stdout.close()
    ear.join()
    code = child.wait()
    timer.cancel()
    if late.is_set():
        raise Failure("`{}` did not end within {:g} s and was stopped".format(program, limit))
    if len(written) > LARGEST:
        raise Failure("`{}` writes more than {} bytes".format(program, LARGEST))
    return code, written, own_words(said[0])


def result(params, words, only=()):
    """What it writes, where all went well."""
    code, written, said = run(params, words, only)
    if code != 0:
        raise Ended(code, said)
    if said:
        demisto.info("AkvXsoar: " + said)
    return written


def check(params):
    """Its own look at everything that a fetch needs."""
    code, written, said = run(params, ["check", "--format", "jsonl"])
    if code == 0:
        return
    lines = []
    for step in [json_in(line, "what `check` wrote") for line in written.splitlines()]:
        if step["status"] == "FAILED":
            lines.append("{step}: {found}".format(**step))
            lines += ["hint: " + step["todo"]] if step["todo"] else []
    raise Ended(code, cut("\n".join(lines)) or said)


def status_of_a_fetch(params):
    """The status of a fetch whose values nobody sees."""
    folder = tempfile.mkdtemp()
    path = os.path.join(folder, "status.json")
    try:
        code, _, said = run(params, ["fetch", "--format", "xsoar", "--status", path])
        if not os.path.exists(path):
            raise Ended(code, said)
        return status_in(path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def patience(timeout):
    """How long a run may take."""
    try:
        timeout = float(timeout or TIMEOUT)
    except (TypeError, ValueError):
        timeout = 0  # The program says what is wrong with it.
    if timeout > LONGEST:
        raise Failure("`timeout` must be at most {}: XSOAR itself ends a command after 3 minutes".format(LONGEST))
    return (timeout if timeout > 0 else TIMEOUT) + GRACE


def own_words(said):
    """Its messages, without its name before each and with the warnings behind the errors."""
    lines = [line.replace("akv-xsoar: ", "", 1) for line in said.decode("utf-8", "replace").splitlines()]
    return cut("\n".join(sorted(lines, key=lambda line: line.startswith("warning: "))))


# --- the status of the file ---


def status_path(params):
    return params.get("status_file") or "/run/xsoar/status.json"


def status_in(path):
    said = json_in(read(path), "`{}`".format(path))
    if not isinstance(said, dict):
        raise Failure("`{}` is no object".format(path))
    return said


def age(said):
    """How many minutes ago the last success was, if there was one. The file's own time stays where nothing is new."""
    last = said.get("last_success")
    if not last:
        return None
    try:
        last = calendar.timegm(time.strptime(last[:19], "%Y-%m-%dT%H:%M:%S"))
    except (TypeError, ValueError):
        raise Failure("`last_success` is no time") from None
    return max(int(time.time() - last) // 60, 0)


def max_age(params):
    try:
        minutes = float(params.get("max_age") or 30)
    except (TypeError, ValueError):
        minutes = -1
    if not minutes >= 0:
        raise Failure("`max_age` must be a number of minutes, 0 for any age")
    return minutes


def too_old(params, said):
    """Why the credentials are older than they may be, if they are."""
    minutes, most = age(said), max_age(params)
    if minutes is not None and (most == 0 or minutes <= most):
        return None
    when = "never" if minutes is None else "{} minutes ago".format(minutes)
    return "the last success was {}, and `max_age` is {:g} minutes; the last run ended with {}: {}".format(
        when, most, shown(said.get("exit")), shown(said.get("errors"))
    )


# --- the ground ---


def read(path):
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise Failure("there is no `{}` in this container: {}".format(path, MOUNT)) from None
    except (OSError, ValueError) as error:
        needs = "its owner and mode must let uid {} of this container read it".format(os.getuid())
        raise Failure("cannot read `{}`: {}; {}".format(path, reason(error), needs)) from None
    if len(content) > LARGEST:
        raise Failure("`{}` has more than {} bytes".format(path, LARGEST))
    return content


def json_in(content, where):
    try:
        return json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        # An error of json's quotes what it met.
        raise Failure("{} is not JSON, or not all of it".format(where)) from None


def reason(error):
    return getattr(error, "strerror", None) or type(error).__name__


def told(error):
    """What may be said of an error: of one that is not ours the kind alone, for its text may quote anything."""
    return str(error) if isinstance(error, Failure) else "unexpected: " + type(error).__name__


def cut(text):
    return text if len(text) <= WORDS else text[:WORDS] + " …"


def shown(value):
    if isinstance(value, list):
        return cut("; ".join(shown(item) for item in value))
    return "" if value is None else cut(value if isinstance(value, str) else json.dumps(value))


def entry(title, rows, key, context):
    """One entry of the war room: a table for people, and context for playbooks."""
    columns = list(rows[0]) if rows else []
    lines = [columns, ["---"] * len(columns)] + [[shown(row[column]) for column in columns] for row in rows]
    cell = lambda text: text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ")
    table = ["|" + "|".join(cell(text) for text in line) + "|" for line in lines if line]
    demisto.results(
        {
            "Type": 1,
            "ContentsFormat": "json",
            "Contents": context,
            "ReadableContentsFormat": "markdown",
            "HumanReadable": "\n".join(["### " + title] + table),
            "EntryContext": {"AkvXsoar." + key: context},
        }
    )


def main():
    params, command = demisto.params() or {}, demisto.command()
    try:
        if command == "fetch-credentials":
            fetch_credentials(params, (demisto.args() or {}).get("identifier"))
        elif command == "test-module":
            test_module(params)
        elif command == "akv-xsoar-list":
            list_command(params)
        elif command == "akv-xsoar-status":
            status_command(params)
        else:
            raise Failure("there is no command `{}`".format(command))
    except Exception as error:
        if command == "fetch-credentials":
            # The server shows the text of what is raised; an entry would be none of its business here.
            raise Failure(told(error)) from None
        demisto.results({"Type": 4, "ContentsFormat": "text", "Contents": told(error)})


if __name__ in ("__main__", "__builtin__", "builtins"):
    main()
