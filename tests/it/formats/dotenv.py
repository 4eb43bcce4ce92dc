# Reads the files that its stdin names in each way that python-dotenv has; answers with the values of the names it was given.
import os
import sys

import dotenv

NAMES = sys.argv[1:]


def loaded(path, override):
    for name in NAMES:
        os.environ.pop(name, None)
    dotenv.load_dotenv(path, override=override)
    return {name: os.environ[name] for name in NAMES if name in os.environ}


for line in sys.stdin:
    path = line.rstrip("\n")
    for found in [dotenv.dotenv_values(path), loaded(path, False), loaded(path, True)]:
        assert set(found) <= set(NAMES), found
        for name in NAMES:
            value = found.get(name)
            text = "" if value is None else f"={value}"
            sys.stdout.buffer.write(text.encode() + b"\0")
    for name in NAMES:
        os.environ.pop(name, None)
    sys.stdout.flush()
