"""What an .rpm demands of the rpm that is to read it: header.py ARCH FILE

Looks at the file itself, by no rpm of this machine: rpm 4.11 (RHEL 7) must be able to read and to check it, and so must
a newer one that takes SHA-256 alone (FIPS). The format: https://rpm-software-management.github.io/rpm/manual/format_v4.html
"""

import hashlib
import re
import struct
import sys

# What rpm 4.11 itself provides (its lib/rpmds.c).
RPMLIB_4_11 = {
    "VersionedDependencies": "3.0.3-1",
    "CompressedFileNames": "3.0.4-1",
    "PayloadIsBzip2": "3.0.5-1",
    "PayloadIsXz": "5.2-1",
    "PayloadIsLzma": "4.4.2-1",
    "PayloadFilesHavePrefix": "4.0-1",
    "ExplicitPackageProvide": "4.0-1",
    "HeaderLoadSortsTags": "4.0.1-1",
    "ScriptletInterpreterArgs": "4.0.3-1",
    "PartialHardlinkSets": "4.0.4-1",
    "ConcurrentAccess": "4.1-1",
    "BuiltinLuaScripts": "4.2.2-1",
    "FileDigests": "4.6.0-1",
    "FileCaps": "4.6.1-1",
    "ScriptletExpansion": "4.9.0-1",
    "TildeInVersions": "4.10.0-1",
}
RPMLIB_FLAG = 1 << 24
SHA256 = 8  # as OpenPGP counts
# Sizes and times past 4 GiB, which came later than the format.
LONG = {256, 270, 271, 5008, 5009}
SIGNATURE = {"sha1": 269, "sha256": 273, "size": 1000, "md5": 1004, "payload size": 1007}
MADE_FROM = 62  # which of a header's tags were there when it was made


class Header:
    def __init__(self, data, start):
        magic, count, size = struct.unpack(">4s4xII", data[start : start + 16])
        expect("a header's magic", magic, b"\x8e\xad\xe8\x01")
        store = start + 16 + 16 * count
        self.end = store + size
        self.data = data[store : self.end]
        entries = (struct.unpack(">IIII", data[at : at + 16]) for at in range(start + 16, store, 16))
        self.entries = {tag: rest for tag, *rest in entries}

    def get(self, tag):
        if tag not in self.entries:
            fail(f"tag {tag} is missing")
        kind, offset, count = self.entries[tag]
        if kind in (3, 4):
            form = {3: "H", 4: "I"}[kind]
            return list(struct.unpack_from(f">{count}{form}", self.data, offset))
        if kind == 7:
            return self.data[offset : offset + count]
        texts = self.data[offset:].split(b"\0")[:count]
        return [text.decode() for text in texts]


def main(arch, path):
    with open(path, "rb") as file:
        data = file.read()
    expect("the lead's magic and version", data[:6], b"\xed\xab\xee\xdb\x03\x00")
    signature = Header(data, 96)
    start = (signature.end + 7) // 8 * 8
    header = Header(data, start)
    payload = data[header.end :]

    check_digests(signature, header, data[start:], data[start : header.end], payload)
    check_requirements(header)
    for tag in LONG & (signature.entries.keys() | header.entries.keys()):
        fail(f"tag {tag} is one that rpm 4.11 may not know")
    expect("the architecture", header.get(1022), [arch])
    expect("the payload's format", header.get(1124), ["cpio"])
    expect("the payload's compression", header.get(1125), ["xz"])
    expect("the payload's magic", payload[:6], b"\xfd7zXZ\0")
    # Of scripts there are three, and none asks for a program.
    for tag in (1085, 1086, 1087, 1088, 1091, 1153, 1154, 5066, 5076):
        expected = ["<lua>"] if tag in (1086, 1087, 1088) else None
        expect(f"the interpreter of tag {tag}", header.get(tag) if tag in header.entries else None, expected)
    check_files(header)
    print(f"{path.rsplit('/', 1)[-1]}: SHA-1, SHA-256, MD5; xz; only what rpm 4.11 knows")


def check_digests(signature, header, all_of_it, made, payload):
    expect("the tags of the signature", signature.entries.keys() - {MADE_FROM}, set(SIGNATURE.values()))
    expect("SHA-1 of the header", signature.get(269), [hashlib.sha1(made).hexdigest()])
    expect("SHA-256 of the header", signature.get(273), [hashlib.sha256(made).hexdigest()])
    expect("MD5 of header and payload", signature.get(1004), hashlib.md5(all_of_it).digest())
    expect("the size", signature.get(1000), [len(all_of_it)])
    expect("SHA-256 of the payload", header.get(5092), [hashlib.sha256(payload).hexdigest()])
    expect("its algorithm", header.get(5093), [SHA256])
    expect("the files' algorithm", header.get(5011), [SHA256])


def check_requirements(header):
    names, flags, versions = header.get(1049), header.get(1048), header.get(1050)
    for name, flag, version in zip(names, flags, versions, strict=True):
        feature = re.fullmatch(r"rpmlib\((.*)\)", name)
        if not feature or not flag & RPMLIB_FLAG:
            fail(f"it requires {name}")
        if RPMLIB_4_11.get(feature[1]) != version:
            fail(f"rpm 4.11 does not know {name} {version}")
    for tag, what in {1054: "conflicts", 1090: "obsoletes", 5046: "recommends", 5049: "suggests"}.items():
        if tag in header.entries:
            fail(f"it {what}: {header.get(tag)}")
    provided = {name.split("(")[0] for name in header.get(1047)}
    expect("what it provides", provided, {"akv-xsoar"})


def check_files(header):
    folders, indexes, names = header.get(1118), header.get(1116), header.get(1117)
    paths = [folders[index] + name for index, name in zip(indexes, names, strict=True)]
    expect("owners and groups", {*header.get(1039), *header.get(1040)}, {"root"})
    for path, mode in zip(paths, header.get(1030), strict=True):
        folder = mode & 0o170000 == 0o040000
        wanted = 0o040755 if folder else 0o100755 if path == "/usr/bin/akv-xsoar" else 0o100644
        expect(f"the mode of {path}", oct(mode), oct(wanted))
        if not path.startswith("/usr/"):
            fail(f"it has {path}")
    expect("configuration and ghosts", [p for p, f in zip(paths, header.get(1037)) if f & (1 | 1 << 6)], [])


def expect(what, found, wanted):
    if found != wanted:
        fail(f"{what}: {found}, not {wanted}")


def fail(what):
    sys.exit(f"header.py: {sys.argv[2]}: {what}")


if __name__ == "__main__":
    main(*sys.argv[1:])
