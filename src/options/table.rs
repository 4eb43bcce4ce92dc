//! The one table of commands and options: parsing, help, the configuration file's keys, the man page,
//! the completions and the tests that hold README and help together all read it.

mod help;
mod keys;
mod rows;

pub use help::{CREDENTIAL, help};
pub use keys::{KEYS, meaning};
pub use rows::SECTIONS;

pub(crate) use keys::{Meaning, meant};
pub(crate) use rows::*;

use super::output::Format;
use crate::words::Word;

/// A verb of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
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
    pub verb: Verb,
    /// Its word.
    pub name: &'static str,
    /// How it is called.
    pub usage: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// What else there is to say.
    pub more: &'static str,
    /// How it is called, say.
    pub examples: &'static [&'static str],
    /// The words of its `--format`, the first one by default; none: it has no such option.
    pub formats: &'static [&'static str],
}

impl CommandRow {
    /// Whether CREDENTIALs may follow it.
    pub fn takes_credentials(&self) -> bool {
        self.verb != Verb::Vaults
    }

    /// How it is called, options included.
    pub fn usage_with_options(&self) -> String {
        // They stand before the other command's hyphens.
        match self.usage.split_once(" -- ") {
            Some((ours, theirs)) => format!("{ours} [OPTION…] -- {theirs}"),
            None => format!("{} [OPTION…]", self.usage),
        }
    }
}

/// Every command.
pub const COMMANDS: [CommandRow; 7] = [
    CommandRow {
        verb: Verb::Fetch,
        name: "fetch",
        usage: "fetch [CREDENTIAL…]",
        summary: "write the credentials as XSOAR JSON (the main job)",
        more: "\
Reads each secret once and writes a JSON array of {user, password, name} objects, or another
--format. All or nothing: every secret is tried and every failure is reported; if any failed,
nothing is written.

In a script exec is the first choice. What is for eval takes two lines, as below: under set -e the
first one ends the script if it fails, which neither eval \"$(…)\" nor a failure before && does.
",
        examples: &[
            "akv-xsoar fetch kv-prod/db-password kv-prod/api --output /run/xsoar/credentials.json",
            "akv-xsoar fetch --vault kv-prod,kv-dr --secret db-password,api --missing error",
            "akv-xsoar fetch --vault kv-prod --match 'xsoar-*' --user-tag username --json-value",
            "vars=$(akv-xsoar fetch --format shell --env DB_PASSWORD=kv-prod/db-password)",
            "eval \"$vars\"",
            "akv-xsoar fetch --vault kv-prod --all --format files --output /run/xsoar/secrets",
        ],
        formats: Format::WORDS,
    },
    CommandRow {
        verb: Verb::Get,
        name: "get",
        usage: "get CREDENTIAL",
        summary: "print one secret's value, byte for byte",
        more: "\
Nothing is added to the value, not even a newline. In a script give the assignment a line of its
own: under set -e that ends it if this fails, in front of a command it does not.
",
        examples: &[
            "password=$(akv-xsoar get kv-prod/db-password)",
            "PGPASSWORD=\"$password\" psql -h db",
            "akv-xsoar get kv-prod/tls-certificate --decode auto --output /run/xsoar/tls.pfx",
        ],
        formats: &[],
    },
    CommandRow {
        verb: Verb::List,
        name: "list",
        usage: "list [CREDENTIAL…]",
        summary: "print the credentials' names, never a value",
        more: "\
Asks the vaults' listings and reads no value; the identity needs the right to list. One
VAULT/SECRET a line. Without --secret: every enabled secret that does not merely back a certificate.
",
        examples: &[
            "akv-xsoar list --vault kv-prod",
            "akv-xsoar list --vault kv-prod --tag team=soc --format xsoar",
        ],
        formats: &["xsoar", "jsonl"],
    },
    CommandRow {
        verb: Verb::Vaults,
        name: "vaults",
        usage: "vaults",
        summary: "print the vaults of the subscription (and resource group)",
        more: "\
Asks Azure Resource Manager, with a token of its own: the identity needs the role Reader there. One
vault a line: name, URI, location, and whether public network access is on, separated by tabs.
",
        examples: &[
            "akv-xsoar vaults --subscription-id ID",
            "akv-xsoar vaults --subscription-id ID --resource-group rg-soc --format jsonl",
        ],
        formats: &["jsonl"],
    },
    CommandRow {
        verb: Verb::Check,
        name: "check",
        usage: "check [CREDENTIAL…]",
        summary: "is everything in place? says what is missing and what to do",
        more: "\
Takes what fetch takes, and writes no value anywhere. Each step is a line on standard output: ok,
note or FAILED, what was found, what to do. It goes on after a failure; the exit code is the first
one's.
",
        examples: &[
            "akv-xsoar check kv-prod/db-password --output /run/xsoar/credentials.json",
            "akv-xsoar check --config /etc/akv-xsoar.json --format jsonl",
        ],
        formats: Format::WORDS,
    },
    CommandRow {
        verb: Verb::Exec,
        name: "exec",
        usage: "exec [CREDENTIAL…] -- CMD",
        summary: "run a command with the secrets in its environment",
        more: "\
Becomes the command once every secret was read: the same process, with its descriptors and signals
(SIGPIPE at its default), and the exit code is the command's own, which may be any of those below.
127: there is no such command; 126: it cannot be run; both are looked at before anything is fetched.
--timeout counts until the command starts. What proves this program's own identity
(AZURE_CLIENT_SECRET, IDENTITY_HEADER and their like) is not passed on, unless --env names it; a
--client-secret-file - or --config - leaves nothing on stdin.
",
        examples: &[
            "akv-xsoar exec kv-prod/db-password -- sh -c 'PGPASSWORD=$DB_PASSWORD psql -h db'",
            "akv-xsoar exec --env PGPASSWORD=kv-prod/db-password -- psql -h db",
            "akv-xsoar exec --vault kv-prod --all --prefix KV_ --pristine -- /usr/bin/env",
        ],
        formats: &[],
    },
    CommandRow {
        verb: Verb::Push,
        name: "push",
        usage: "push [CREDENTIAL…]",
        summary: "bring an XSOAR server's credential store up to date",
        more: "\
Reads every secret, then creates and updates the server's credentials by their names; one whose
secret has no new version is not written, and none is ever deleted. A mark in the comment says what
is ours; what somebody else made is left alone without --adopt. One credential a line says what was
done.
",
        examples: &[
            "akv-xsoar push --vault kv-prod --all --xsoar-url https://xsoar.example --xsoar-key-file KEY",
            "akv-xsoar push --config /etc/akv-xsoar.json --dry-run",
        ],
        formats: &["jsonl"],
    },
];

/// How an option takes values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// None: it is there or not.
    Nothing,
    /// One value.
    One(&'static str),
    /// One of these words.
    Word(&'static [&'static str]),
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
    pub verbs: &'static [Verb],
    /// What it means.
    pub help: &'static str,
}

impl OptionRow {
    /// Whether a command knows it.
    pub fn belongs_to(&self, verb: Verb) -> bool {
        self.verbs.is_empty() || self.verbs.contains(&verb)
    }

    /// Whether the configuration file may have it.
    pub fn is_in_file(&self) -> bool {
        ![CONFIG.name, HELP.name, VERSION.name].contains(&self.name)
    }

    /// Its key in the configuration file.
    pub fn key(&self) -> String {
        self.name.replace('-', "_")
    }

    /// The words that it takes, where they are fixed: all of them, or those that a command knows.
    pub fn words(&self, command: Option<&CommandRow>) -> Vec<&'static str> {
        match (command, self.takes) {
            (Some(row), _) if self.name == FORMAT.name => row.formats.to_vec(),
            (_, Takes::Word(words)) => words.to_vec(),
            _ => Vec::new(),
        }
    }

    /// What follows its name on the command line.
    pub fn value(&self, command: Option<&CommandRow>) -> String {
        match self.takes {
            Takes::Word(_) => self.words(command).join("|"),
            Takes::Nothing => String::new(),
            Takes::One(value) | Takes::Many(value) => value.to_owned(),
            Takes::List(value) if value.len() > 10 => format!("{value}[,…]"),
            Takes::List(value) => format!("{value}[,{value}…]"),
        }
    }

    /// As it is written on the command line.
    pub fn usage(&self, command: Option<&CommandRow>) -> String {
        let value = self.value(command);
        let usage = format!("--{} {value}", self.name);
        usage.trim_end().to_owned()
    }
}

/// A heading of the help, and its options.
pub type Section = (&'static str, &'static [&'static OptionRow]);

/// The variable that moves the metadata endpoint, as in Azure's SDKs.
pub const METADATA_VARIABLE: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

/// The variable that holds an XSOAR server's API key, as in Palo Alto's own client.
pub const XSOAR_KEY_VARIABLE: &str = "DEMISTO_API_KEY";

/// The variable that holds a client secret, as in Azure's SDKs.
pub const CLIENT_SECRET_VARIABLE: &str = "AZURE_CLIENT_SECRET";

/// Every option, whatever its section.
pub fn options() -> impl Iterator<Item = &'static OptionRow> {
    SECTIONS.iter().flat_map(|(_, rows)| rows.iter().copied())
}

/// The option of a name.
pub fn option(name: &str) -> Option<&'static OptionRow> {
    options().find(|row| row.name == name)
}

/// The command of a word.
pub fn command(word: &str) -> Option<&'static CommandRow> {
    COMMANDS.iter().find(|row| row.name == word)
}
