# What the pack is held to, the SDK's schema first: held.py SCHEMA PACK BUILT. Prints what is wrong, a line each.
#
# The SDK's validators let pass, without a network, a wrong type of `isFetchCredentials`, a command that the Python does
# not have, an image that there is not, and what is ours alone: the parameters of AzureKeyVault, one default in two places.
import ast
import base64
import logging
import os
import re
import struct
import sys
import zipfile

import yaml
from pykwalify.core import Core

# The parameters of AzureKeyVault 1.2.1 and their types: an instance of it can be copied as it is.
AZURE_KEY_VAULT = {
    "azure_cloud": 15, "client_id": 0, "credentials": 9, "tenant_id": 0, "certificate_thumbprint": 4,
    "credentials_certificate_thumbprint": 9, "private_key": 14, "use_managed_identities": 8,
    "managed_identities_client_id": 9, "subscription_id": 0, "resource_group_name": 0, "isFetchCredentials": 8,
    "credentials_fetch_mode": 15, "key_vaults": 0, "secrets": 0, "insecure": 8, "proxy": 8,
}
OPTIONS = {
    "azure_cloud": ["Worldwide", "US GCC", "US GCC-High", "DoD", "Germany", "China"],
    "credentials_fetch_mode": ["Store in XSOAR", "External Credentials Vault (on-demand)"],
    "source": ["Program", "File"],
}
# Ours, their types, and what the Python takes where the field is empty.
OURS = {
    "source": (15, "Program"), "program": (0, "/usr/local/bin/akv-xsoar"), "file": (0, "/run/xsoar/credentials.json"),
    "status_file": (0, "/run/xsoar/status.json"), "max_age": (0, "30"), "options": (12, None), "ca_file": (0, None),
    "timeout": (0, "60"),
}
# The program's, though they are ours: the rest of OURS it does not know.
PROGRAM_S = {"ca_file", "timeout"}
# Published by Palo Alto; nobody can ask without a network whether there is another one.
IMAGES = {"demisto/python3:3.12.13.12042988"}
STANDARD = {"calendar", "json", "os", "shutil", "subprocess", "tempfile", "threading", "time"}

schema, pack, built = sys.argv[1:4]
logging.disable(logging.CRITICAL)  # pykwalify's own words, which its exception has too
ID = os.path.basename(pack)
wrong = []


def held(holds, what):
    if not holds:
        wrong.append(what)


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def of_schema(path):
    # It reports by exception, and its own name for the rule is all that a reader needs.
    try:
        Core(source_file=path, schema_files=[schema]).validate(raise_exception=True)
    except Exception as error:
        wrong.append(f"{os.path.basename(path)}: {' '.join(str(error).split())}")


def of_yaml(yml):
    held(yml["commonfields"] == {"id": ID, "version": -1} and yml["name"] == ID, "the ids differ")
    held(yml["category"] == "Authentication & Identity Management", "category: not that of vaults")
    held(yml["fromversion"] == "6.5.0", "fromversion: the pack cannot be uploaded before 6.5.0")
    script = yml["script"]
    held((script["type"], script["subtype"]) == ("python", "python3"), "script: not Python 3")
    held(script["dockerimage"] in IMAGES, f"dockerimage: `{script['dockerimage']}` is not a published tag that is known here")


def of_parameters(yml, constants):
    found = {}
    for parameter in yml["configuration"]:
        name = parameter["name"]
        held(name not in found, f"{name}: is there twice")
        found[name] = parameter
        held("section" in parameter, f"{name}: in no section")
        held(parameter.get("required") is (name == "source"), f"{name}: required, or not said")
        held(parameter.get("options") == OPTIONS.get(name), f"{name}: its options")
    types = dict(AZURE_KEY_VAULT, **{name: kind for name, (kind, _) in OURS.items()})
    for name in sorted(types.keys() ^ found.keys()):
        wrong.append(f"{name}: a parameter too many or too few")
    for name in types.keys() & found.keys():
        held(found[name]["type"] == types[name], f"{name}: of type {found[name]['type']}, not {types[name]}")
    for name in OURS.keys() & found.keys():
        default = OURS[name][1]
        held(found[name].get("defaultvalue") == default, f"{name}: its default is not {default}")
    given = AZURE_KEY_VAULT.keys() - {"credentials_fetch_mode"} | PROGRAM_S
    held(set(constants["GIVEN"]) == given, f"GIVEN: differs by {sorted(set(constants['GIVEN']) ^ given)}")


def of_commands(yml, code):
    commands = {command["name"]: command for command in yml["script"].get("commands", [])}
    of_python = set(re.findall(r'command == "(akv-xsoar-[a-z]+)"', code))
    for name in sorted(commands.keys() ^ of_python):
        wrong.append(f"{name}: a command of the YAML or of the Python alone")
    paths = [output["contextPath"] for command in commands.values() for output in command.get("outputs", [])]
    keys = set(re.findall(r'"([A-Z]\w+)": ', code)) - {
        "Type", "What", "Is", "Contents", "ContentsFormat", "ReadableContentsFormat", "HumanReadable", "EntryContext",
    }
    held({path.split(".")[-1] for path in paths} == keys, f"outputs: not the context's {sorted(keys)}")


def of_python(code):
    """Every Python from 3.6 reads it, and a server's log is the only place where it says something by itself."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        names = [alias.name for alias in getattr(node, "names", [])] if isinstance(node, ast.Import) else []
        held(set(names) <= STANDARD and not isinstance(node, ast.ImportFrom), f"line {getattr(node, 'lineno', 0)}: imports")
        called = node.func if isinstance(node, ast.Call) else None
        held(getattr(called, "id", "") not in ("print", "eval", "exec", "open_url"), f"line {getattr(node, 'lineno', 0)}: print")
        newer = [ast.NamedExpr, ast.AnnAssign] + ([ast.Match] if hasattr(ast, "Match") else [])
        held(not isinstance(node, tuple(newer)), f"line {getattr(node, 'lineno', 0)}: not of Python 3.6")
        if isinstance(node, ast.FunctionDef):
            arguments = node.args.args + node.args.kwonlyargs
            held(not node.returns and not any(a.annotation for a in arguments), f"{node.name}: a type hint")
            held(not getattr(node.args, "posonlyargs", []), f"{node.name}: not of Python 3.6")
        # shell=True, and a value in a log, are what a reviewer would look for first.
        held(not (isinstance(node, ast.keyword) and node.arg == "shell"), "a shell")
    constants = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                constants[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                pass
    for name, (_, default) in OURS.items():
        if default and default.startswith("/"):
            held(f'params.get("{name}") or "{default}"' in code, f"{name}: the Python's default is not {default}")
    held('params.get("max_age") or 30)' in code and "TIMEOUT, LONGEST, GRACE = 60," in code, "a default of the Python's")
    return constants


def of_built(source, code):
    unified = os.path.join(built, f"integration-{ID}.yml")
    of_schema(unified)
    yml = yaml.safe_load(text(unified))
    held(yml["script"].pop("script") == code, "unified: not the Python")
    source["script"].pop("script")
    with open(f"{folder}_image.png", "rb") as file:
        image = file.read()
    held(yml.pop("image") == "data:image/png;base64," + base64.b64encode(image).decode(), "unified: not the image")
    held(struct.unpack(">II", image[16:24]) == (120, 50), "the image is not 120 by 50")
    held(yml.pop("detaileddescription") == text(f"{folder}_description.md"), "unified: not the description")
    held(yml == source, "unified: not the YAML")
    version = yaml.safe_load(text(os.path.join(pack, "pack_metadata.json")))["currentVersion"].replace(".", "_")
    with zipfile.ZipFile(os.path.join(built, ID + ".zip")) as archive:
        expected = ["Integrations/integration-AkvXsoar.yml", "README.md", f"ReleaseNotes/{version}.md", "metadata.json"]
        held(sorted(archive.namelist()) == expected + ["pack_metadata.json"], f"zip: {archive.namelist()}")
        held(archive.read(expected[0]).decode() == text(unified), "zip: not the unified file")
        listed = yaml.safe_load(archive.read("metadata.json"))["contentItems"]["integration"][0]
        commands = [{key: command[key] for key in ("name", "description")} for command in yml["script"]["commands"]]
        held(listed["commands"] == commands and listed["name"] == yml["display"], "zip: metadata.json")


folder = os.path.join(pack, "Integrations", ID, ID)
of_schema(folder + ".yml")
if not wrong:
    yml, code = yaml.safe_load(text(folder + ".yml")), text(folder + ".py")
    of_yaml(yml)
    of_parameters(yml, of_python(code))
    of_commands(yml, code)
    of_built(yml, code)
for line in wrong:
    print(line)
sys.exit(1 if wrong else 0)
