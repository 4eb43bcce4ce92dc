//! The options, in the order of the help.

use super::Command::{Check, Exec, Fetch, Get, List, Push, Vaults};
use super::Takes::{self, Many, Nothing, One};
use super::{Command, OptionRow, Section};

/// Every option.
pub const SECTIONS: [Section; 7] = [
    (
        "Which secrets",
        &[
            only(
                row(
                    "vault",
                    Takes::List("NAME"),
                    "vaults, by name or URL; with --secret: every secret from every vault; '*': every vault of the subscription (and resource group)",
                ),
                SELECTING,
            ),
            only(
                row(
                    "secret",
                    Takes::List("NAME"),
                    "secrets, read from every --vault",
                ),
                SELECTING,
            ),
            only(
                row(
                    "all",
                    Nothing,
                    "every enabled secret of the vaults that does not merely back a certificate",
                ),
                SEVERAL,
            ),
            only(
                row(
                    "match",
                    Takes::List("GLOB"),
                    "of those, the ones whose name matches (*, ?, any case); of several patterns: any of them",
                ),
                SEVERAL,
            ),
            only(
                row(
                    "tag",
                    Many("KEY[=VALUE]"),
                    "of those, the ones with the tag (KEY=: with an empty value); may be repeated: any of them; with --match: both",
                ),
                SEVERAL,
            ),
            only(
                row(
                    "include-certificates",
                    Nothing,
                    "with the three above: the secrets behind certificates too",
                ),
                SEVERAL,
            ),
            only(
                row(
                    "missing",
                    One("sparse|error|skip"),
                    "what becomes of what does not exist; sparse (default): a CREDENTIAL must exist, and each --secret in at least one --vault; error: all must exist; skip: it is left out",
                ),
                SEVERAL,
            ),
        ],
    ),
    (
        "Which identity",
        &[
            env(
                row("tenant-id", One("ID"), "the application's tenant"),
                &["AZURE_TENANT_ID"],
            ),
            env(
                row("client-id", One("ID"), "the application's (client) id"),
                &["AZURE_CLIENT_ID"],
            ),
            row(
                "client-secret-file",
                One("PATH"),
                "the file with its secret, - for stdin; or the variable AZURE_CLIENT_SECRET",
            ),
            env(
                row(
                    "client-certificate",
                    One("PATH"),
                    "one PEM file with its certificate (or chain) and private key",
                ),
                &["AZURE_CLIENT_CERTIFICATE_PATH"],
            ),
            env(
                row(
                    "federated-token-file",
                    One("PATH"),
                    "the file with its federated token (workload identity)",
                ),
                &["AZURE_FEDERATED_TOKEN_FILE"],
            ),
            row(
                "managed-identity",
                Nothing,
                "the machine's system-assigned identity",
            ),
            row(
                "managed-identity-client-id",
                One("ID"),
                "a user-assigned identity, by its client id",
            ),
            row(
                "managed-identity-object-id",
                One("ID"),
                "a user-assigned identity, by its object (principal) id",
            ),
            row(
                "managed-identity-resource-id",
                One("ID"),
                "a user-assigned identity, by its Azure resource id",
            ),
            row(
                "identity",
                One("secret|certificate|workload|imds|arc|app-service"),
                "pin the kind, and a managed identity's source; what belongs to another kind is ignored",
            ),
        ],
    ),
    (
        "Which cloud",
        &[
            env(
                row(
                    "cloud",
                    One("public|usgov|usgcc|china|germany|bleu|delos|usnat|ussec"),
                    "one of Azure's clouds; public by default; also by XSOAR's or az's name for it, such as 'US GCC-High' or AzureUSGovernment",
                ),
                &["AZURE_CLOUD"],
            ),
            env(
                row(
                    "authority-host",
                    One("HOST"),
                    "another cloud: where its tokens come from",
                ),
                &["AZURE_AUTHORITY_HOST"],
            ),
            row(
                "vault-suffix",
                One("SUFFIX"),
                "another cloud: what follows a vault's name in its host",
            ),
            row(
                "management-endpoint",
                One("HOST"),
                "another cloud: its Resource Manager",
            ),
            env(
                row(
                    "subscription-id",
                    One("ID"),
                    "where vaults are looked for, by vaults, check and --vault '*'",
                ),
                &["AZURE_SUBSCRIPTION_ID"],
            ),
            env(
                row(
                    "resource-group",
                    One("NAME"),
                    "the part of the subscription where vaults are looked for",
                ),
                &["AZURE_RESOURCE_GROUP"],
            ),
        ],
    ),
    (
        "Output",
        &[
            only(
                row(
                    "output",
                    One("FILE"),
                    "the file to write, instead of stdout; created 0600, written beside it and renamed into place; on any failure the old file stays as it was; check only tests that it could be written; with the format files: the directory",
                ),
                PRINTING,
            ),
            only(
                row(
                    "if-changed",
                    Nothing,
                    "where the content is the same, the file keeps its inode and time; mode and owner are still set",
                ),
                PRINTING,
            ),
            only(
                row(
                    "mode",
                    One("OCTAL"),
                    "the file's permissions; 0600 by default; directories get x where it has r",
                ),
                PRINTING,
            ),
            only(
                row(
                    "owner",
                    One("USER[:GROUP]"),
                    "the file's owner, by number or as in /etc/passwd and /etc/group",
                ),
                PRINTING,
            ),
            only(
                row(
                    "format",
                    One("xsoar|jsonl|dotenv|shell|files"),
                    "how the result is written; fetch: xsoar (default), a JSON array; jsonl, one object a line; dotenv, for python-dotenv; shell, for eval in any sh; files, one a secret in the directory --output; list: names, or what fetch would write, with empty passwords; vaults, push: text, or jsonl; check: what fetch is to write; with jsonl its own report, too, is one object a line",
                ),
                &[Fetch, List, Vaults, Check, Push],
            ),
            only(
                row(
                    "user-tag",
                    One("KEY"),
                    "the credential's user is that tag's value; where the secret lacks it, the secret's name",
                ),
                SHAPING,
            ),
            only(
                row(
                    "json-value",
                    Nothing,
                    "each value is a JSON object whose username (or user) and password are the credential's",
                ),
                &[Fetch, Check, Exec, Push],
            ),
            only(
                row(
                    "decode",
                    One("base64|auto"),
                    "get, and the format files: the value decoded; auto: only where the content type is application/x-pkcs12 or the tag file-encoding says base64",
                ),
                &[Fetch, Get, Check],
            ),
            only(
                row(
                    "prefix",
                    One("P"),
                    "dotenv, shell, exec: variables are named P and the secret's name in upper case, - as _; needed with --all, --match, --tag and --vault '*'; a name that is taken, or means something to a shell, a loader or a client (PATH, LD_*, GIT_*, …), is an error unless --env gives it",
                ),
                &[Fetch, Check, Exec],
            ),
            only(
                row(
                    "env",
                    Takes::List("NAME=VAULT/SECRET"),
                    "dotenv, shell, exec: a variable of exactly this name has this secret; this selects it, too",
                ),
                &[Fetch, Check, Exec],
            ),
            only(
                row(
                    "pristine",
                    Nothing,
                    "exec: nothing but the secrets in the environment",
                ),
                &[Exec],
            ),
        ],
    ),
    (
        "XSOAR's server",
        &[
            only(
                env(
                    row(
                        "xsoar-url",
                        One("URL"),
                        "the server's URL; with /acc_TENANT for one tenant of several; of XSOAR 8 https://api-FQDN",
                    ),
                    &["DEMISTO_BASE_URL"],
                ),
                SERVING,
            ),
            only(
                row(
                    "xsoar-key-file",
                    One("PATH"),
                    "the file with its API key, - for stdin; or the variable DEMISTO_API_KEY",
                ),
                SERVING,
            ),
            only(
                env(
                    row("xsoar-key-id", One("ID"), "the key's id: XSOAR 8"),
                    &["XSIAM_AUTH_ID"],
                ),
                SERVING,
            ),
            only(
                row(
                    "xsoar-key-type",
                    One("standard|advanced"),
                    "the key's type: XSOAR 8; standard by default",
                ),
                SERVING,
            ),
            only(
                row(
                    "dry-run",
                    Nothing,
                    "push: say what would be done, and write nothing",
                ),
                &[Push],
            ),
            only(
                row(
                    "adopt",
                    Nothing,
                    "push: overwrite credentials of these names that somebody else created",
                ),
                &[Push],
            ),
        ],
    ),
    (
        "Network",
        &[
            row(
                "timeout",
                One("SECONDS"),
                "for the whole run, everything included; 60 by default; decimals are allowed",
            ),
            env(
                row(
                    "ca-file",
                    One("PEM"),
                    "certificates to trust besides the built-in roots",
                ),
                &["SSL_CERT_FILE"],
            ),
            env(
                row(
                    "proxy",
                    One("URL"),
                    "an HTTP proxy; a password in it only by variable or file",
                ),
                &["https_proxy", "HTTPS_PROXY"],
            ),
            env(
                row(
                    "no-proxy",
                    Nothing,
                    "no proxy at all; the variable lists hosts, domains, addresses and networks",
                ),
                &["no_proxy", "NO_PROXY"],
            ),
            row(
                "connect-to",
                Many("HOST1:PORT1:HOST2:PORT2"),
                "connect to HOST2:PORT2 for HOST1:PORT1, as curl does; empty parts mean any, or the same",
            ),
            row("api-version", One("V"), "Key Vault's; 7.4 by default"),
        ],
    ),
    (
        "Other",
        &[
            not_in_file(env(
                row(
                    "config",
                    One("FILE"),
                    "a JSON file; it has the parameters of XSOAR's AzureKeyVault integration, or the options above with _ for -",
                ),
                &["AKV_XSOAR_CONFIG"],
            )),
            row(
                "verbose",
                Nothing,
                "tell which identity was chosen, and each request: host, what for, status, duration",
            ),
            row(
                "quiet",
                Nothing,
                "errors only; no warnings, no hints, no progress",
            ),
            not_in_file(row("help", Nothing, "this text, or `help COMMAND`")),
            not_in_file(row("version", Nothing, "the version")),
        ],
    ),
];

const fn row(name: &'static str, takes: Takes, help: &'static str) -> OptionRow {
    OptionRow {
        name,
        takes,
        environment: &[],
        commands: &[],
        in_file: true,
        help,
    }
}

const fn env(row: OptionRow, environment: &'static [&'static str]) -> OptionRow {
    OptionRow { environment, ..row }
}

const fn only(row: OptionRow, commands: &'static [Command]) -> OptionRow {
    OptionRow { commands, ..row }
}

const fn not_in_file(row: OptionRow) -> OptionRow {
    OptionRow {
        in_file: false,
        ..row
    }
}

/// What takes a selection of secrets.
const SELECTING: &[Command] = &[Fetch, Get, List, Check, Exec, Push];
/// … of any number.
const SEVERAL: &[Command] = &[Fetch, List, Check, Exec, Push];
/// What makes users and passwords of secrets.
const SHAPING: &[Command] = &[Fetch, List, Check, Push];
/// What knows an XSOAR server.
const SERVING: &[Command] = &[Check, Push];
/// What prints a result.
const PRINTING: &[Command] = &[Fetch, Get, List, Vaults, Check, Push];
