"""Lays out what a fuzzer begins with: seeds.py TARGET FOLDER

The files of seeds/TARGET, and every string of the tests that deal with the same, each a file named by its hash.
"""

import ast
import hashlib
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent

# The files whose unit tests have what a target reads, and how texts of the scenarios look that are of use to it.
JSON, URL = r"\s*[\[{]", r"\S+://|\S+[.]\S+$|Bearer "
TARGETS = {
    "challenge": (["src/identity/arc.rs"], r"Basic |/var/opt/azcmagent"),
    "command_line": ([], r"--[a-z]|[A-Z_]+=|kv-"),
    "configuration": (["src/options/config.rs", "src/options/json.rs"], JSON),
    "dates": (["src/http/retry.rs"], r".* GMT$|\d+$"),
    "dotenv": (["src/credentials/dotenv.rs"], r"\S*['$#\\\\]"),
    "entra": (["src/identity/entra.rs"], JSON),
    "globs": (["src/selection/filter.rs"], r"[-*?a-z]*[*?]"),
    "http": ([], JSON),
    "listing": ([], JSON),
    "marks": (["src/push/mark.rs"], r".*\[akv-xsoar"),
    "no_proxy": (["src/http/proxy.rs"], r"[.*\[]"),
    "pem": (["src/identity/pem.rs", "src/identity/certificate.rs", "src/http/tls.rs"], r"-----"),
    "proxy": (["src/http/proxy.rs", "src/http/connect.rs"], r"HTTP/1|http"),
    "redactor": (["src/redact.rs"], r".*Canary"),
    "resource_manager": ([], JSON),
    "shell": (["src/credentials/shell.rs"], r"\S*['$#\\\\]"),
    "urls": (["src/http/url.rs", "src/http/proxy.rs", "src/cloud.rs", "src/vault/names.rs", "src/xsoar.rs"], URL),
    "values": (["src/credentials/shape.rs", "src/credentials/decode.rs"], JSON),
    "vault": (["src/vault/refusal.rs"], JSON),
    "xsoar": ([], JSON),
}

LITERAL = re.compile(r'\bb?r(#+)"(.*?)"\1|\bb?"((?:[^"\\]|\\.)*)"', re.DOTALL)


def strings(text):
    """The texts of Rust's string literals."""
    for _, raw, plain in LITERAL.findall(text):
        if raw:
            yield raw
            continue
        plain = re.sub(r"\\\n\s*", "", plain)
        plain = re.sub(r"\\u\{([0-9a-fA-F]+)\}", lambda found: chr(int(found[1], 16)), plain)
        try:
            yield ast.literal_eval('"""' + plain + ' """')[:-1]
        except (SyntaxError, ValueError):
            yield plain


def seeds(target):
    for path in sorted((HERE / "seeds" / target).iterdir()):
        yield path.read_bytes()
    units, fits = TARGETS[target]
    for unit in units:
        for text in strings((ROOT / unit).read_text(encoding="utf-8")):
            yield text.encode("utf-8", "replace")
    for folder in ["tests/it", "tests/network"]:
        for path in sorted((ROOT / folder).rglob("*.rs")):
            for text in strings(path.read_text(encoding="utf-8")):
                if re.match(fits, text, re.DOTALL):
                    yield text.encode("utf-8", "replace")


def main():
    target, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds(target):
        # What stands between two answers, and for the secret that is repeated, is written so in a seed.
        seed = seed.replace(b"<NEXT>", b"\xff").replace(b"<SECRET>", b"\x01")
        (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)


main()
