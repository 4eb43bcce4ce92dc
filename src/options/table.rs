//! The one table of commands and options: parsing, help, the configuration file's keys and the tests
//! that hold README and help together all read it.

mod help;

pub use help::help;

/// A verb of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Write credentials as XSOAR JSON.
    Fetch,
    /// Print one secret's value.
    Get,
    /// Print names.
    List,
}

/// A command as the help shows it.
pub struct CommandRow {
    /// Which it is.
    pub command: Command,
    /// Its word.
    pub name: &'static str,
    /// How it is called.
    pub usage: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What else there is to say, and an example.
    pub more: &'static str,
}

/// Every command.
pub const COMMANDS: [CommandRow; 3] = [
    CommandRow {
        command: Command::Fetch,
        name: "fetch",
        usage: "fetch [CREDENTIAL…]",
        summary: "write the credentials as XSOAR JSON (the main job)",
        more: "\
Reads each secret once and writes a JSON array of {user, password, name} objects. Every secret is
tried and every failure is reported; if any failed, nothing is written.

Examples:
  akv-xsoar fetch kv-prod/db-password kv-prod/api --output /run/xsoar/credentials.json
  akv-xsoar fetch --vault kv-prod,kv-dr --secret db-password,api --missing sparse
",
    },
    CommandRow {
        command: Command::Get,
        name: "get",
        usage: "get CREDENTIAL",
        summary: "print one secret's value, byte for byte",
        more: "\
Nothing is added to the value, not even a newline.

Example:
  akv-xsoar get kv-prod/tls-key --output /run/xsoar/tls.key
",
    },
    CommandRow {
        command: Command::List,
        name: "list",
        usage: "list [CREDENTIAL…]",
        summary: "print the credentials' names, never a value",
        more: "\
Asks the vaults' listings and reads no value. Without --secret: every enabled secret that does not
merely back a certificate.

Examples:
  akv-xsoar list --vault kv-prod
  akv-xsoar list --vault kv-prod --format xsoar
",
    },
];

/// How an option takes values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// None: it is there or not.
    Nothing,
    /// One value.
    One(&'static str),
    /// Several, by commas or by giving it again.
    List(&'static str),
    /// One each time it is given, which may be more than once; commas mean nothing.
    Many(&'static str),
}

/// An option as the help shows it.
#[derive(Clone, Copy)]
pub struct OptionRow {
    /// Its long name, without the hyphens; with `_` for `-` the configuration file's key.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// The environment variables that stand for it.
    pub environment: &'static [&'static str],
    /// The commands that know it; empty: all.
    pub commands: &'static [Command],
    /// Whether the configuration file may have it.
    pub in_file: bool,
    /// What it means.
    pub help: &'static str,
}

impl OptionRow {
    /// Whether a command knows it.
    #[must_use]
    pub fn belongs_to(&self, command: Command) -> bool {
        self.commands.is_empty() || self.commands.contains(&command)
    }

    /// Its key in the configuration file.
    #[must_use]
    pub fn key(&self) -> String {
        self.name.replace('-', "_")
    }

    /// As it is written on the command line.
    #[must_use]
    pub fn usage(&self) -> String {
        match self.takes {
            Nothing => format!("--{}", self.name),
            One(value) | Many(value) => format!("--{} {value}", self.name),
            List(value) => format!("--{} {value}[,{value}…]", self.name),
        }
    }
}

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

const FETCH_LIST: &[Command] = &[Command::Fetch, Command::List];

/// A heading of the help, and its options.
pub type Section = (&'static str, &'static [OptionRow]);

use Takes::{List, Many, Nothing, One};

/// Every option.
pub const SECTIONS: [Section; 6] = [
    (
        "Which secrets",
        &[
            row(
                "vault",
                List("NAME"),
                "vaults, by name or URL; with --secret: every secret from every vault",
            ),
            row("secret", List("NAME"), "secrets, read from every --vault"),
            only(
                row(
                    "missing",
                    One("sparse|error|skip"),
                    "what does not exist: sparse (default): each secret must exist in at least one --vault, a named credential itself; error: all must exist; skip: it is left out",
                ),
                FETCH_LIST,
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
                "… by its object (principal) id",
            ),
            row(
                "managed-identity-resource-id",
                One("ID"),
                "… by its Azure resource id",
            ),
            row(
                "identity",
                One("KIND"),
                "pin the kind, and a managed identity's source: secret, certificate, workload, imds, arc or app-service; what belongs to another kind is ignored",
            ),
        ],
    ),
    (
        "Which cloud",
        &[
            env(
                row(
                    "cloud",
                    One("NAME"),
                    "public (default), usgov, usgcc, china, germany, bleu, delos, usnat, ussec; also XSOAR's and az's names",
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
                "another cloud: its Resource Manager (not needed to read secrets)",
            ),
            env(
                row("subscription-id", One("ID"), "not needed to read secrets"),
                &["AZURE_SUBSCRIPTION_ID"],
            ),
            env(
                row("resource-group", One("NAME"), "not needed to read secrets"),
                &["AZURE_RESOURCE_GROUP"],
            ),
        ],
    ),
    (
        "Output",
        &[
            row(
                "output",
                One("FILE"),
                "instead of stdout: created 0600, written beside it and renamed into place; on any failure the old file stays",
            ),
            only(
                row(
                    "format",
                    One("xsoar|jsonl"),
                    "fetch: xsoar (default), a JSON array, or jsonl, one object a line; list: names, unless one of the two is given (with empty passwords)",
                ),
                FETCH_LIST,
            ),
        ],
    ),
    (
        "Network",
        &[
            row(
                "timeout",
                One("SECONDS"),
                "for the whole run, everything included; 60 by default",
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
                    "a JSON file with the parameters of XSOAR's AzureKeyVault integration, or the options above with _ for -",
                ),
                &["AKV_XSOAR_CONFIG"],
            )),
            row(
                "verbose",
                Nothing,
                "tell which identity was chosen, and each request: host, what for, status, duration",
            ),
            row("quiet", Nothing, "errors only: no warnings, no hints"),
            not_in_file(row("help", Nothing, "this text, or `help COMMAND`")),
            not_in_file(row("version", Nothing, "the version")),
        ],
    ),
];

/// The variable that moves the metadata endpoint, as in Azure's SDKs.
pub const METADATA_VARIABLE: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

/// The variable that holds a client secret, as in Azure's SDKs.
pub const CLIENT_SECRET_VARIABLE: &str = "AZURE_CLIENT_SECRET";

/// Every option, whatever its section.
pub fn options() -> impl Iterator<Item = &'static OptionRow> {
    SECTIONS.iter().flat_map(|(_, rows)| rows.iter())
}

/// The option of a name.
#[must_use]
pub fn option(name: &str) -> Option<&'static OptionRow> {
    options().find(|row| row.name == name)
}

/// The command of a word.
#[must_use]
pub fn command(word: &str) -> Option<&'static CommandRow> {
    COMMANDS.iter().find(|row| row.name == word)
}
