//! The man page.

use akv_xsoar::error::Exit;
use akv_xsoar::options::table::{COMMANDS, CREDENTIAL, CommandRow, OptionRow, SECTIONS, options};

use super::examples::EXAMPLES;
use super::keys::keys;
use super::roff::{example, paragraph, paragraphs, text, usage};
use super::variables::variables;
use super::{MADE, repeats};

/// `akv-xsoar.1`.
pub fn man() -> String {
    let sections = [
        title(),
        section("NAME", &paragraph(NAME)),
        section("SYNOPSIS", &synopsis()),
        section(
            "DESCRIPTION",
            &paragraphs(&format!("{WHAT}{CREDENTIAL}{HOW}")),
        ),
        section("COMMANDS", &commands()),
        section("OPTIONS", &all_options()),
        section("EXIT STATUS", &exit_status()),
        section("ENVIRONMENT", &environment()),
        section("FILES", &files()),
        section("EXAMPLES", &examples()),
        section("SEE ALSO", &paragraphs(SEE_ALSO)),
    ];
    sections.concat()
}

const NAME: &str = "akv-xsoar - fetch Azure Key Vault secrets as Cortex XSOAR credentials";

const WHAT: &str = "\
akv-xsoar reads secrets from Azure Key Vault and gives them to Cortex XSOAR as credentials: the name is
VAULT/SECRET, the user SECRET, the password its value. One static binary; no runtime, no shell and no
certificate store are needed.
";

const HOW: &str = "
Options may stand before or after arguments; a value follows its option behind a blank or a =. An
option that takes no list is given once. An empty value, in an option, a variable or a key, counts as not given. An option is
stronger than a variable of the environment, and that than a key of the configuration file. What is
selected on the command line replaces what the file selects.

Standard output holds the result and nothing else. Messages go to standard error, each as one line
beginning with akv-xsoar: and error:, warning: or hint:. No secret, token or answer is ever in them. On
a terminal a long run shows its progress there, and words have colours.
";

const SEE_ALSO: &str = "\
The README of the release says how to give the program an identity and a role, step by step.

https://learn.microsoft.com/azure/key-vault/secrets/

https://xsoar.pan.dev/docs/reference/integrations/azure-key-vault
";

/// The day of the release, once there is one.
fn title() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let heading = format!("## [{version}] - ");
    let mut changes = include_str!("../../CHANGELOG.md").lines();
    let released = changes.find_map(|line| line.strip_prefix(&heading));
    format!(
        ".\\\" {MADE}\n.TH AKV\\-XSOAR 1 \"{}\" \"akv\\-xsoar {version}\" \"User Commands\"\n.nr HY 0\n.hy 0\n.ad l\n",
        released.unwrap_or_default()
    )
}

fn section(heading: &str, body: &str) -> String {
    format!(".SH {heading}\n{body}")
}

/// A term, and what it means.
fn entry(term: &str, meaning: &str) -> String {
    format!(".TP\n{term}\n{meaning}")
}

fn synopsis() -> String {
    let ways = COMMANDS.iter().map(CommandRow::usage_with_options);
    let others = ["help [COMMAND]".to_owned(), "--version".to_owned()];
    let ways: Vec<_> = ways
        .chain(others)
        .map(|way| format!("{}\n", usage(&format!("akv-xsoar {way}"))))
        .collect();
    ways.join(".br\n")
}

fn commands() -> String {
    let command = |row: &CommandRow| {
        let examples: Vec<_> = row.examples.iter().map(|words| example(words)).collect();
        format!(
            ".SS {}\n{}.PP\n{}{}",
            usage(row.usage),
            paragraph(&sentence(row.summary)),
            paragraphs(row.more),
            block(&examples.concat())
        )
    };
    let help = format!(
        ".SS {}\n{}",
        usage("help COMMAND"),
        paragraph("Print what one command does, and its options.")
    );
    COMMANDS.iter().map(command).chain([help]).collect()
}

/// Lines as they are typed.
fn block(lines: &str) -> String {
    format!(".PP\n.EX\n{lines}.EE\n")
}

/// With a capital and a full stop, as a page has it.
fn sentence(words: &str) -> String {
    let sentence = |words: &str| {
        let mut rest = words.chars();
        let first = rest.next().map(|first| first.to_ascii_uppercase());
        format!("{}{}", first.unwrap_or_default(), rest.as_str())
    };
    let sentences: Vec<_> = words.split("? ").map(sentence).collect();
    format!("{}.", sentences.join("? "))
}

fn all_options() -> String {
    let section = |(heading, rows): &(&str, &[&OptionRow])| {
        let rows: String = rows.iter().copied().map(option).collect();
        format!(".SS {heading}\n{rows}")
    };
    SECTIONS.iter().map(section).collect()
}

fn option(row: &OptionRow) -> String {
    let mut facts = Vec::new();
    if repeats(row) {
        facts.push("May be given again".to_owned());
    }
    if !row.environment.is_empty() {
        facts.push(format!("Environment: {}", row.environment.join(", ")));
    }
    if row.is_in_file() {
        facts.push(format!("Key: {}", row.key()));
    }
    if !row.verbs.is_empty() {
        let names = COMMANDS
            .iter()
            .filter(|command| row.belongs_to(command.verb));
        let names: Vec<_> = names.map(|command| command.name).collect();
        facts.push(format!("Only: {}", names.join(", ")));
    }
    let facts = match facts.as_slice() {
        [] => String::new(),
        facts => format!(".br\n{}", paragraph(&format!("{}.", facts.join(". ")))),
    };
    entry(
        &usage(&row.usage(None)),
        &format!("{}{facts}", paragraph(row.help)),
    )
}

fn exit_status() -> String {
    let codes = Exit::TABLE
        .iter()
        .map(|(exit, words)| entry(&format!("\\fB{}\\fR", exit.code()), &paragraph(words)));
    format!("{}{}", codes.collect::<String>(), paragraph_after(EXIT))
}

const EXIT: &str = "With several failures it is the first one's. A standard output that its reader closes early ends the
run with 0, as head(1) expects it. Killed by a signal, the program dies of that signal.";

/// A paragraph behind a list.
fn paragraph_after(plain: &str) -> String {
    format!(".PP\n{}", paragraph(plain))
}

fn environment() -> String {
    let mut all = String::new();
    for (name, words) in variables() {
        all.push_str(&entry(
            &format!("\\fB{}\\fR", text(name)),
            &paragraph(&words),
        ));
    }
    all
}

fn files() -> String {
    let of_options: Vec<_> = options()
        .filter(|row| row.is_in_file())
        .map(OptionRow::key)
        .collect();
    let mut all = paragraph(FILES);
    for (key, words) in keys() {
        all.push_str(&entry(&format!("\\fB{}\\fR", text(key)), &paragraph(words)));
    }
    all.push_str(&paragraph_after(KEYS_OF_OPTIONS));
    all.push_str(&paragraph_after(&of_options.join(", ")));
    all.push_str(&paragraph_after(OUTPUTS));
    all.push_str(&paragraph_after(SYSTEM));
    all
}

const FILES: &str = "\
The configuration file (--config) holds one JSON object. It must belong to root or to the user, be
writable by nobody else and, where it holds a secret, not be readable by everybody. Its keys are the
parameters of XSOAR's AzureKeyVault integration:";

const KEYS_OF_OPTIONS: &str = "\
and the long options with _ for -; lists are JSON lists, or text with commas; what takes no value is
true or false:";

const OUTPUTS: &str = "\
An output's mode and owner are set, and looked at, before a byte is written; a file system that lets
others read it all the same is an error. A FIFO or a symbolic link at its name must belong to root or
to the user. In the directory of the format files, each generation holds a list of what was made in
it; nothing else is ever removed.";

const SYSTEM: &str = "\
Of the system's files, /etc/hosts and /etc/resolv.conf are read to look up names, and /etc/passwd and
/etc/group for --owner; none of them must be there.";

fn examples() -> String {
    let one =
        |(words, line): &(&str, &str)| format!("{}{}", paragraph(words), block(&example(line)));
    let all: Vec<_> = EXAMPLES.iter().map(one).collect();
    all.join(".PP\n")
}
