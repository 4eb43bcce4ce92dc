"""Compares the assertions that Microsoft's client and ours sent, claim by claim.

    assertions.py THEIRS OURS [PEM]

THEIRS and OURS hold what the stand-in kept of one run each: a line of JSON with header and claims for each assertion.
With PEM they are signed with the key of the first certificate in it; without, they are a token of somebody else's,
which both must send as it is. What may differ is written down here, and nothing else may.
"""

import base64
import hashlib
import json
import ssl
import sys


def one(path):
    """The one assertion of a run."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    assert len(lines) == 1, f"{path}: {len(lines)} assertions"
    assertion = json.loads(lines[0])
    return assertion["header"], assertion["claims"]


def certificates(path):
    """The certificates in a PEM file, as DER."""
    end = "-----END CERTIFICATE-----"
    with open(path, encoding="utf-8") as file:
        parts = file.read().split(end)[:-1]
    begin = end.replace("END", "BEGIN")
    return [ssl.PEM_cert_to_DER_cert(begin + part.split(begin)[1] + end) for part in parts]


def thumbprint(der, algorithm):
    return base64.urlsafe_b64encode(hashlib.new(algorithm, der).digest()).decode().rstrip("=")


def compare(theirs, ours, pem):
    (their_header, theirs), (our_header, ours) = theirs, ours
    der = certificates(pem)

    # Microsoft's client says RS256 and the SHA-1 thumbprint, padded; we say what Microsoft documents.
    assert their_header.pop("alg") == "RS256" and our_header.pop("alg") == "PS256"
    assert their_header.pop("x5t").rstrip("=") == thumbprint(der[0], "sha1")
    assert our_header.pop("x5t#S256") == thumbprint(der[0], "sha256")
    # Both send all the certificates of the file, or none.
    chains = [header.pop("x5c", []) for header in (their_header, our_header)]
    chains = [[base64.b64decode("".join(one.split()), validate=True) for one in chain] for chain in chains]
    assert chains[0] == chains[1], "x5c"
    assert chains[0] in ([], der), "x5c"
    assert their_header == our_header == {"typ": "JWT"}, (their_header, our_header)

    # Theirs has no `nbf`, and parts of seconds.
    assert ours.pop("nbf") <= ours["iat"]
    assert all(isinstance(ours[name], int) for name in ("iat", "exp")), ours
    assert abs(theirs["iat"] - ours["iat"]) < 300
    lives = [claims.pop("exp") - claims.pop("iat") for claims in (theirs, ours)]
    assert round(lives[0]) == 600 and 300 <= lives[1] <= 600, lives
    ids = [claims.pop("jti") for claims in (theirs, ours)]
    assert all(ids) and ids[0] != ids[1]
    assert theirs == ours, (theirs, ours)
    assert sorted(ours) == ["aud", "iss", "sub"], ours


def main():
    theirs, ours, *pem = sys.argv[1:]
    theirs, ours = one(theirs), one(ours)
    if pem:
        compare(theirs, ours, pem[0])
    else:
        assert theirs == ours, (theirs, ours)


if __name__ == "__main__":
    main()
