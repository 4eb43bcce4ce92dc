# Runs the integration as an XSOAR server does, and no more leniently: demisto.py SCRIPT
#
# Its stdin has the command, params and args as JSON; the answer, or what was raised, and the log go to stdout as JSON.
import copy
import io
import json
import sys
import traceback


class Demisto(object):
    """The server's object: everything goes through JSON, and there is one answer to a command."""

    def __init__(self, request):
        self.request = request
        self.said = {"answers": [], "log": []}
        self.broken = []

    def command(self):
        return self.request["command"]

    def params(self):
        return copy.deepcopy(self.request["params"])

    def args(self):
        return copy.deepcopy(self.request["args"])

    def credentials(self, found):
        self._held(type(found) is list, "credentials are a list")
        self._held(len(found) <= 1 or not self.request["args"].get("identifier"), "more than one breaks the page")
        for one in found:
            self._held(type(one) is dict and set(one) == {"user", "password", "name"}, "a credential has three fields")
            self._held(all(type(value) is str for value in one.values()), "a credential's fields are text")
        self._answer("credentials", found)

    def results(self, found):
        if found != "ok":
            self._held(type(found) is dict and {"Type", "ContentsFormat", "Contents"} <= set(found), "an entry has three fields")
            self._held(found["Type"] in (1, 4), "a note or an error")
        self._answer("results", found)

    def _held(self, holds, rule):
        # Whoever calls may catch what is raised; what is broken stays so.
        if not holds:
            self.broken.append(rule)
            raise AssertionError(rule)

    def _answer(self, kind, found):
        # Never NaN, bytes, or text that is no Unicode.
        text = json.dumps(found, allow_nan=False)
        text.encode("ascii")
        self.said["answers"].append({kind: json.loads(text)})

    def _log(self, level, text):
        self._held(type(text) is str, "a line of the log is text")
        self.said["log"].append(level + ": " + text)

    def debug(self, text):
        self._log("debug", text)

    def info(self, text):
        self._log("info", text)

    def error(self, text):
        self._log("error", text)


def main():
    request = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    with open(sys.argv[1], encoding="utf-8") as file:
        code = compile(file.read(), "AkvXsoar", "exec")
    demisto = Demisto(request)
    out, streams = sys.stdout, (sys.stdout, sys.stderr)
    sys.stdout = sys.stderr = printed = io.StringIO()
    try:
        # As the server calls it; with other limits than those that it ships with, by hand.
        scope = {"demisto": demisto, "__name__": "not yet" if request["set"] else "builtins"}
        exec(code, scope)
        if request["set"]:
            scope.update(request["set"])
            scope["main"]()
    except Exception as error:
        demisto.said["raised"] = str(error)
        demisto.said["traceback"] = traceback.format_exc()
    finally:
        sys.stdout, sys.stderr = streams
    assert not demisto.broken, demisto.broken
    assert len(demisto.said["answers"]) + ("raised" in demisto.said) == 1, demisto.said
    assert printed.getvalue() == "", printed.getvalue()
    out.write(json.dumps(demisto.said))


main()
