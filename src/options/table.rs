//! The one table of commands and options: parsing, help, the configuration file's keys, the man page,
//! the completions and the tests that hold README and help together all read it.

mod help;
mod rows;

pub use help::{CREDENTIAL, help};
pub use rows::SECTIONS;

/// A verb of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Write credentials as XSOAR JSON.
    Fetch,
    /// Print one secret's value.
    Get,
    /// Print names.
    List,
    /// Print vaults.
    Vaults,
    /// Say what is in place and what is not.
    Check,
    /// Run a command with the secrets in its environment.
    Exec,
    /// Bring an XSOAR server's credential store up to date.
    Push,
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

impl CommandRow {
    /// Whether CREDENTIALs may follow it.
    #[must_use]
    pub fn takes_credentials(&self) -> bool {
        self.command != Command::Vaults
    }
}

/// Every command.
pub const COMMANDS: [CommandRow; 7] = [
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
  akv-xsoar fetch --vault kv-prod --match 'xsoar-*' --user-tag username --json-value
  eval \"$(akv-xsoar fetch --format shell --env DB_PASSWORD=kv-prod/db-password)\"
  akv-xsoar fetch --vault kv-prod --all --format files --output /run/xsoar/secrets
",
    },
    CommandRow {
        command: Command::Get,
        name: "get",
        usage: "get CREDENTIAL",
        summary: "print one secret's value, byte for byte",
        more: "\
Nothing is added to the value, not even a newline.

Examples:
  akv-xsoar get kv-prod/tls-key --output /run/xsoar/tls.key
  akv-xsoar get kv-prod/tls-certificate --decode auto --output /run/xsoar/tls.pfx
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
  akv-xsoar list --vault kv-prod --tag team=soc --format xsoar
",
    },
    CommandRow {
        command: Command::Vaults,
        name: "vaults",
        usage: "vaults",
        summary: "print the vaults of the subscription (and resource group)",
        more: "\
Asks Azure Resource Manager, with a token of its own: the identity needs the role Reader there. One
vault a line: name, URI, location, and whether public network access is on, separated by tabs.

Examples:
  akv-xsoar vaults --subscription-id ID
  akv-xsoar vaults --subscription-id ID --resource-group rg-soc --format jsonl
",
    },
    CommandRow {
        command: Command::Check,
        name: "check",
        usage: "check [CREDENTIAL…]",
        summary: "is everything in place? says what is missing and what to do",
        more: "\
Takes what fetch takes, and writes no value anywhere. Each step is a line on standard output: ok or
FAILED, what was found, what to do. It goes on after a failure; the exit code is the first one's.

Examples:
  akv-xsoar check kv-prod/db-password --output /run/xsoar/credentials.json
  akv-xsoar check --config /etc/akv-xsoar.json --format jsonl
",
    },
    CommandRow {
        command: Command::Exec,
        name: "exec",
        usage: "exec [CREDENTIAL…] -- CMD",
        summary: "run a command with the secrets in its environment",
        more: "\
Becomes the command once every secret was read: the same process, descriptors and signals, and its exit
code (126: it cannot be run, 127: there is none; then nothing is fetched). --timeout counts until it starts.
What proves this program's own identity (AZURE_CLIENT_SECRET, IDENTITY_HEADER and their like) is not passed on.

Examples:
  akv-xsoar exec kv-prod/db-password -- psql -h db               (as DB_PASSWORD)
  akv-xsoar exec --env PGPASSWORD=kv-prod/db-password -- psql -h db
  akv-xsoar exec --vault kv-prod --all --prefix KV_ --pristine -- /usr/bin/env
",
    },
    CommandRow {
        command: Command::Push,
        name: "push",
        usage: "push [CREDENTIAL…]",
        summary: "bring an XSOAR server's credential store up to date",
        more: "\
Reads every secret, then creates and updates the server's credentials by their names; one whose secret
has no new version is not written, and none is ever deleted. A mark in the comment says what is ours;
what somebody else made is left alone without --adopt. One credential a line says what was done.

Examples:
  akv-xsoar push --vault kv-prod --match 'xsoar-*' --xsoar-url https://xsoar.example --xsoar-key-file KEY
  akv-xsoar push --config /etc/akv-xsoar.json --dry-run
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
    /// One each time it is given, which may be more than once; commas mean nothing there.
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
            Takes::Nothing => format!("--{}", self.name),
            Takes::One(value) | Takes::Many(value) => format!("--{} {value}", self.name),
            Takes::List(value) if value.len() > 10 => format!("--{} {value}[,…]", self.name),
            Takes::List(value) => format!("--{} {value}[,{value}…]", self.name),
        }
    }
}

/// A heading of the help, and its options.
pub type Section = (&'static str, &'static [OptionRow]);

/// The variable that moves the metadata endpoint, as in Azure's SDKs.
pub const METADATA_VARIABLE: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

/// The variable that holds an XSOAR server's API key, as in Palo Alto's own client.
pub const XSOAR_KEY_VARIABLE: &str = "DEMISTO_API_KEY";

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
