"""Takes the room that rpmbuild reserves for signatures out of an .rpm: unreserve.py FILE

A signature then makes the file longer, and `rpmsign --delsign` makes it what it was, byte for byte. With that room,
rpmsign before 4.18.1 uses it up and does not give it back, and a later one gives back more than there was where it did
not suffice (rpm's issue 2382). There was no such room before rpm 4.12, so every rpm reads a file without it. No digest is
of this part of the file.
"""

import struct
import sys

from header import MADE_FROM, Header

RESERVED = 1008
LEAD = 96


def main(path):
    with open(path, "rb") as file:
        data = file.read()
    signature = Header(data, LEAD)
    rest = data[(signature.end + 7) // 8 * 8 :]
    _, reserved, count = signature.entries.pop(RESERVED)
    _, region, _ = signature.entries[MADE_FROM]
    if reserved + count != region or region + 16 != len(signature.data):
        sys.exit(f"unreserve.py: {path}: the room is not at the end")

    kept = signature.entries | {MADE_FROM: [7, reserved, 16]}
    # What ends the region points back at the first entry.
    trailer = struct.pack(">IIiI", MADE_FROM, 7, -16 * len(kept), 16)
    store = signature.data[:reserved] + trailer
    header = struct.pack(">4s4xII", data[LEAD : LEAD + 4], len(kept), len(store))
    header += b"".join(struct.pack(">IIII", tag, *entry) for tag, entry in kept.items()) + store
    with open(path, "wb") as file:
        file.write(data[:LEAD] + header + bytes(-len(header) % 8) + rest)


if __name__ == "__main__":
    main(sys.argv[1])
