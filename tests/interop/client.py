"""Reads secrets with Microsoft's own client, to judge the stand-in and to compare with our program.

    client.py ENV_FILE [--identity KIND] [--get VAULT/NAME[/VERSION]]... [--list VAULT]... [--vaults SCOPE]

KIND is `secret`, `certificate`, `chain` (the certificates go along), `workload`; or an identity of the machine's,
`system`, `client-id`, `object-id` or `resource-id`, from the metadata endpoint, or behind `app-service-` or `arc-`
from there. Arc's agent names a file in a folder that Microsoft's client looks for in one place only: it and the stand-in
must be able to write there.

SCOPE is `subscription` or `group`: the stand-in's. ENV_FILE is what the stand-in's program writes. Prints JSON:
{"secrets": [{user, password, name}, …], "listed": ["VAULT/NAME", …], "vaults": ["https://VAULT…/", …]}.
Nothing but loopback is ever connected to: the public host names are led there, and any other address is refused.
Where the stand-in has an ADDRESS of its own, names are looked up as ever, and it is the only address beside loopback.
"""

import argparse
import ipaddress
import json
import os
import shlex
import socket
import sys


def settings(path):
    """The variables in a file of NAME=value lines, as a shell reads them."""
    with open(path, encoding="utf-8") as file:
        words = shlex.split(file.read(), comments=True)
    return dict(word.split("=", 1) for word in words)


def stay_with_standin(port, address):
    """Leads port 443 of every host to the stand-in on loopback, or refuses every address but that and loopback."""
    resolve = socket.getaddrinfo
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def getaddrinfo(host, service, *args, **kwargs):
        if service in (443, "443", "https"):
            return resolve("127.0.0.1", port, *args, **kwargs)
        check((host, service))
        return resolve(host, service, *args, **kwargs)

    def check(peer):
        if peer[0] != address and not ipaddress.ip_address(peer[0]).is_loopback:
            raise OSError(f"refused: {peer[0]} is not the stand-in")

    def checked(function):
        def wrapper(self, peer):
            if self.family in (socket.AF_INET, socket.AF_INET6):
                check(peer)
            return function(self, peer)

        return wrapper

    if address is None:
        socket.getaddrinfo = getaddrinfo
    socket.socket.connect = checked(connect)
    socket.socket.connect_ex = checked(connect_ex)


SOURCES = {
    # What tells a program on such a machine where its tokens are.
    "app-service": {"IDENTITY_ENDPOINT": "APP_SERVICE_ENDPOINT", "IDENTITY_HEADER": "APP_SERVICE_HEADER"},
    "arc": {"IDENTITY_ENDPOINT": "ARC_IDENTITY_ENDPOINT", "IMDS_ENDPOINT": "ARC_IMDS_ENDPOINT"},
}
IDS = ["system", "client-id", "object-id", "resource-id"]
KINDS = ["secret", "certificate", "chain", "workload", *IDS, *(f"{source}-{id}" for source in SOURCES for id in IDS)]


def credential(kind, env):
    from azure.identity import CertificateCredential, ClientSecretCredential, WorkloadIdentityCredential

    application = (env["TENANT_ID"], env["CLIENT_ID"])
    verify = {"connection_verify": env["CA_FILE"]}
    if kind == "secret":
        with open(env["CLIENT_SECRET_FILE"], encoding="utf-8") as file:
            secret = file.read().removesuffix("\n")
        return ClientSecretCredential(*application, secret, **verify)
    if kind == "certificate":
        return CertificateCredential(*application, env["CERTIFICATE_FILE"], **verify)
    if kind == "chain":
        return CertificateCredential(*application, env["CHAIN_FILE"], send_certificate_chain=True, **verify)
    if kind == "workload":
        return WorkloadIdentityCredential(
            tenant_id=application[0],
            client_id=application[1],
            token_file_path=env["FEDERATED_TOKEN_FILE"],
            **verify,
        )
    return managed_identity(kind, env)


def managed_identity(kind, env):
    from azure.identity import ManagedIdentityCredential

    for source, variables in SOURCES.items():
        if kind.startswith(f"{source}-"):
            kind = kind.removeprefix(f"{source}-")
            os.environ.update({name: env[value] for name, value in variables.items()})
    if kind == "system":
        return ManagedIdentityCredential()
    if kind == "client-id":
        return ManagedIdentityCredential(client_id=env["USER_ASSIGNED_CLIENT_ID"])
    # Azure's SDK calls both "identity_config".
    name = kind.replace("-", "_")
    return ManagedIdentityCredential(identity_config={name: env[f"USER_ASSIGNED_{name.upper()}"]})


def vaults(scope, identity, env):
    from azure.mgmt.keyvault import KeyVaultManagementClient

    client = KeyVaultManagementClient(identity, env["SUBSCRIPTION_ID"], connection_verify=env["CA_FILE"])
    # A vault a page: what comes after the first is asked for.
    if scope == "group":
        found = client.vaults.list_by_resource_group(env["RESOURCE_GROUP"], top=1)
    else:
        found = client.vaults.list_by_subscription(top=1)
    return [vault.properties.vault_uri for vault in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("env_file")
    parser.add_argument("--identity", choices=KINDS, default="secret", metavar="KIND")
    parser.add_argument("--get", action="append", default=[], metavar="VAULT/NAME[/VERSION]")
    parser.add_argument("--list", action="append", default=[], metavar="VAULT")
    parser.add_argument("--vaults", choices=["subscription", "group"], metavar="SCOPE")
    options = parser.parse_args()
    env = settings(options.env_file)

    # Nothing from outside decides which identity or which way it is.
    for name in list(os.environ):
        if name.startswith(("AZURE_", "IDENTITY_", "IMDS_", "MSI_")) or name.upper().endswith("_PROXY"):
            del os.environ[name]
    os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = env["METADATA"]
    stay_with_standin(int(env["PORT"]), env.get("ADDRESS"))

    from azure.keyvault.secrets import SecretClient

    identity = credential(options.identity, env)
    clients = {}

    def client(vault):
        if vault not in clients:
            url = f"https://{vault}.vault.azure.net"
            clients[vault] = SecretClient(url, identity, connection_verify=env["CA_FILE"])
        return clients[vault]

    secrets, listed = [], []
    for asked in options.get:
        vault, name, *version = asked.split("/")
        secret = client(vault).get_secret(name, *version)
        secrets.append({"user": name, "password": secret.value, "name": f"{vault}/{name}"})
    for vault in options.list:
        for properties in client(vault).list_properties_of_secrets():
            listed.append(f"{vault}/{properties.name}")
    found = vaults(options.vaults, identity, env) if options.vaults else []
    json.dump({"secrets": secrets, "listed": listed, "vaults": found}, sys.stdout, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
