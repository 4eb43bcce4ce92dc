//! What people read besides the help, made from its table: the man page, and what shells complete.
//!
//! `scripts/manual` writes them to `scripts/share`, where they are committed: an offline bundle has no crates for
//! tests, and so cannot make them.

mod bash;
mod examples;
mod fish;
mod keys;
mod page;
mod roff;
mod variables;
mod zsh;

use akv_xsoar::options::table::{COMMANDS, OptionRow, Takes};

/// Each by its name under `scripts/share`, and as it must be.
pub fn files() -> [(&'static str, String); 4] {
    [
        ("man/akv-xsoar.1", page::man()),
        ("completions/akv-xsoar.bash", bash::completions()),
        ("completions/_akv-xsoar", zsh::completions()),
        ("completions/akv-xsoar.fish", fish::completions()),
    ]
}

/// What a shell can propose as an option's value.
#[derive(PartialEq)]
enum Value {
    /// Words, as commands know them.
    Words,
    /// A path.
    File,
    /// A user, and perhaps a group.
    Owner,
    /// What only the person knows, or only Azure; or none.
    Free,
}

impl Value {
    fn of(row: &OptionRow) -> Self {
        match row.takes {
            Takes::One("FILE" | "PATH" | "PEM") => Self::File,
            Takes::One("USER[:GROUP]") => Self::Owner,
            _ if row.words(None).is_empty() => Self::Free,
            _ => Self::Words,
        }
    }
}

/// The words of an option: those of commands that know fewer of them, and then, without a command, all.
fn words(row: &OptionRow) -> Vec<(Option<&'static str>, Vec<&'static str>)> {
    let all = row.words(None);
    let own = COMMANDS
        .iter()
        .filter(|command| row.belongs_to(command.verb))
        .map(|command| (Some(command.name), row.words(Some(command))))
        .filter(|(_, words)| *words != all);
    let mut every: Vec<_> = own.collect();
    if !all.is_empty() {
        every.push((None, all));
    }
    every
}

/// What may follow the program's name.
fn commands() -> Vec<&'static str> {
    let names = COMMANDS.iter().map(|row| row.name);
    names.chain(["help"]).collect()
}

/// What `help COMMAND` is for.
const HELP: &str = "what one command does, and its options";

/// What an option means, in a few words.
fn brief(row: &OptionRow) -> &'static str {
    row.help.split(';').next().unwrap_or_default()
}

/// Whether it may be given again.
fn repeats(row: &OptionRow) -> bool {
    matches!(row.takes, Takes::List(_) | Takes::Many(_))
}

/// The first line of each: nobody should change it by hand.
const MADE: &str = "Made from the table of the help by `scripts/manual`.";
