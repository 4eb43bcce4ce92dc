"""Compares what an XSOAR server was brought by our `push` and by XSOAR's own client.

    stores.py FETCHED LISTED OURS THEIRS

FETCHED is what `akv-xsoar fetch` writes. LISTED is what demisto-py sees after our push, OURS what was then in the store,
passwords too; THEIRS is another store that demisto-py brought the same. What may differ is written down here, and
nothing else may: our mark in the comment.
"""

import json
import sys


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def by_name(credentials):
    names = [one["name"] for one in credentials]
    assert len(set(names)) == len(names), names
    return {one.pop("name"): one for one in credentials}


def main():
    fetched, listed, ours, theirs = (by_name(read(path)) for path in sys.argv[1:])
    assert fetched

    seen = {name: {"user": one["user"], "version": 1, "hasPassword": True} for name, one in fetched.items()}
    assert listed == seen, (listed, seen)

    for name, one in ours.items():
        comment = one.pop("comment")
        assert f"[akv-xsoar {name.lower()} " in comment, comment
    for one in theirs.values():
        assert not one.pop("comment")
    kept = {name: {**one, "version": 1} for name, one in fetched.items()}
    assert ours == kept, (ours, kept)
    assert theirs == kept, (theirs, kept)


if __name__ == "__main__":
    main()
