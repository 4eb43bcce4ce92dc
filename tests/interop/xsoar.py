"""Brings credentials to an XSOAR server with XSOAR's own client, to judge the stand-in and to compare with our `push`.

    xsoar.py ENV_FILE [--plain] [--public] [--put FILE]

ENV_FILE is what the stand-in's program writes when it is started with `--xsoar 6`, `8` or `8-advanced`; version and kind
of key are taken from there. FILE is what `akv-xsoar fetch` writes: each credential is created, or updated where its name
is known. Then all credentials are listed, page by page, and printed as JSON: [{name, user, version, hasPassword}, …].
Passwords are never given back: what arrived is in the file that ENV_FILE calls XSOAR_STORE, once the stand-in has ended.

With `--plain` the server is reached without TLS. With `--public` version 8 is called below /xsoar/public/v1, as it is
documented; demisto-py itself goes to /xsoar. Nothing but loopback is ever connected to.
"""

import argparse
import json
import os
import sys

from client import settings, stay_with_standin

# More than one page, even of a few.
PAGE = 2


class Store:
    def __init__(self, env, plain, public):
        import demisto_client

        version = env["XSOAR_VERSION"]
        with open(env["XSOAR_KEY_FILE"], encoding="utf-8") as file:
            key = file.read().removesuffix("\n")
        identity = {"advanced_api_key" if version == "8-advanced" else "api_key": key}
        if version != "6":
            identity["auth_id"] = env["XSOAR_KEY_ID"]
        url = env["XSOAR_PLAIN_URL" if plain else "XSOAR_URL"]
        self.client = demisto_client.configure(base_url=url, ssl_ca_cert=env["CA_FILE"], **identity)
        self.request = demisto_client.generic_request_func
        self.path = ("/public/v1" if public else "") + "/settings/credentials"

    def call(self, method, body):
        answer, status, _ = self.request(self.client, self.path, method, body, response_type="object")
        assert status == 200, status
        return answer

    def list(self):
        found, page = [], 0
        while True:
            answer = self.call("POST", {"page": page, "size": PAGE})
            found += answer["credentials"]
            if not answer["credentials"] or len(found) >= answer["total"]:
                return found
            page += 1

    def put(self, credentials):
        known = {one["name"]: one for one in self.list()}
        for credential in credentials:
            before = known.get(credential["name"], {"version": -1})
            kept = {name: before[name] for name in ("id", "version", "comment", "workgroup") if name in before}
            after = self.call("PUT", {**kept, **credential})
            assert after["version"] > before["version"], after
            assert after["hasPassword"] and not after["password"], after


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("env_file")
    parser.add_argument("--plain", action="store_true")
    parser.add_argument("--public", action="store_true")
    parser.add_argument("--put", metavar="FILE")
    options = parser.parse_args()
    env = settings(options.env_file)

    # Nothing from outside decides which server it is, or which way.
    for name in list(os.environ):
        if name.startswith(("DEMISTO_", "XSIAM_", "SSL_CERT_")) or name.upper().endswith("_PROXY"):
            del os.environ[name]
    stay_with_standin(int(env["PORT"]), env.get("ADDRESS"))

    store = Store(env, options.plain, options.public)
    if options.put:
        with open(options.put, encoding="utf-8") as file:
            store.put(json.load(file))
    told = ("name", "user", "version", "hasPassword")
    listed = [{name: one[name] for name in told} for one in store.list()]
    json.dump(listed, sys.stdout, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
