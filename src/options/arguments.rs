//! The command line as it was typed: words to settings, nothing judged yet.
//!
//! lexopt's own errors quote values; here every error names the option alone.

use std::ffi::OsString;

use lexopt::{Arg, Parser, ValueExt};

use super::settings::{Origin, Rank, Settings};
use super::table::{self, COMMANDS, CommandRow, OptionRow, Takes, Verb};
use crate::error::{Error, escaped, is_hidden};
use crate::secret::Secret;
use crate::words::nearest;

/// What the command line asks for.
pub(crate) enum Arguments {
    /// A text for standard output, and nothing else.
    Text(String),
    /// A verb, and what was set for it.
    Verb(Words, Settings),
}

/// A verb as it was called, without its options.
pub(crate) struct Words {
    pub(crate) row: &'static CommandRow,
    pub(crate) credentials: Vec<String>,
    /// What follows `--`, where that is a command of its own.
    pub(crate) command: Vec<OsString>,
}

/// Reads the command line, without the program's name.
pub(super) fn read(arguments: &[OsString]) -> Result<Arguments, Error> {
    let mut settings = Settings::default();
    let mut parser = Parser::from_args(arguments);
    let mut command: Option<Option<&'static CommandRow>> = None;
    let mut positional = Vec::new();
    let mut given: Vec<&'static OptionRow> = Vec::new();
    let mut helping = false;
    let mut words = None;
    // An attached value that an option does not take shows as an error; its text quotes the value.
    loop {
        let runs = matches!(&command, Some(Some(row)) if runs_another(row));
        if let Some(rest) = runs.then(|| behind_hyphens(&mut parser)).flatten() {
            words = Some(rest);
            break;
        }
        let next = parser
            .next()
            .map_err(|_| Error::usage("an option that takes no value was given one").hint(HELP))?;
        let Some(argument) = next else { break };
        match argument {
            Arg::Long("help") | Arg::Short('h') => helping = true,
            Arg::Long("version") | Arg::Short('V') => {
                return Ok(Arguments::Text(
                    concat!("akv-xsoar ", env!("CARGO_PKG_VERSION"), "\n").to_owned(),
                ));
            }
            Arg::Long(name) => {
                let row = table::option(name).ok_or_else(|| unknown(name))?;
                let again = given.iter().any(|other| other.name == row.name);
                if option(row, &mut parser, &mut settings, again)? {
                    given.push(row);
                }
            }
            Arg::Short(letter) => {
                let attached = parser.optional_value().unwrap_or_default();
                return Err(short(letter, &attached.to_string_lossy()));
            }
            Arg::Value(word) => {
                let word = word
                    .into_string()
                    .map_err(|_| Error::usage("an argument is not UTF-8 text"))?;
                match command {
                    None if word == "help" => {
                        helping = true;
                        command = Some(None);
                    }
                    Some(None) if word == "help" => {}
                    None | Some(None) => command = Some(Some(verb(&word)?)),
                    Some(Some(_)) => positional.push(word),
                }
            }
        }
    }
    if helping {
        return Ok(Arguments::Text(table::help(command.flatten())));
    }
    let Some(row) = command.flatten() else {
        return Err(Error::usage("no command given").hint(HELP));
    };
    if let Some(foreign) = given.iter().find(|option| !option.belongs_to(row.verb)) {
        let what = format!("`--{}` does not belong to `{}`", foreign.name, row.name);
        return Err(
            Error::usage(what).hint(format!("`akv-xsoar help {}` lists its options", row.name))
        );
    }
    if let (false, Some(_)) = (row.takes_credentials(), positional.first()) {
        let what = format!("`{}` takes no arguments", row.name);
        return Err(
            Error::usage(what).hint(format!("`akv-xsoar help {}` lists its options", row.name))
        );
    }
    let words = words.unwrap_or_default();
    if runs_another(row) && words.is_empty() {
        let what = format!("`{}` needs a command behind `--`", row.name);
        return Err(
            Error::usage(what).hint("such as `akv-xsoar exec kv-prod/db-password -- psql -h db`")
        );
    }
    let words = Words {
        row,
        credentials: positional,
        command: words,
    };
    Ok(Arguments::Verb(words, settings))
}

/// What can be made out of a command line that is wrong: the command, and the options that are right. Nothing where
/// there is none, or help is asked for.
pub(super) fn gist(arguments: &[OsString]) -> Option<(&'static CommandRow, Settings)> {
    let mut settings = Settings::default();
    let mut parser = Parser::from_args(arguments);
    let mut command = None;
    loop {
        match parser.next() {
            Ok(None) => break,
            Ok(Some(Arg::Long("help" | "version") | Arg::Short('h' | 'V'))) => return None,
            Ok(Some(Arg::Long(name))) => {
                if let Some(row) = table::option(name) {
                    let again = settings.every(row).next().is_some();
                    let is_right = option(row, &mut parser, &mut settings, again).is_ok();
                    // Which of two is meant?
                    if !is_right && row.name == table::STATUS.name {
                        return None;
                    }
                }
            }
            Ok(Some(Arg::Value(word))) if command.is_none() => {
                command = Some(table::command(word.to_str()?)?);
            }
            // A value that an option does not take, say.
            Ok(Some(_)) | Err(_) => {}
        }
    }
    Some((command?, settings))
}

fn runs_another(row: &CommandRow) -> bool {
    row.verb == Verb::Exec
}

/// What follows `--`, if that is next: words of another program, whatever they look like.
fn behind_hyphens(parser: &mut Parser) -> Option<Vec<OsString>> {
    let rest = parser.try_raw_args()?;
    if rest.peek()? != "--" {
        return None;
    }
    Some(rest.skip(1).collect())
}

const HELP: &str = "`akv-xsoar --help` lists commands and options";

fn verb(word: &str) -> Result<&'static CommandRow, Error> {
    table::command(word).ok_or_else(|| {
        // A word that looks like no command may be anything, a secret too.
        let fits = |c: char| c.is_ascii_lowercase() || is_stray(c);
        let looks_so = (1..=20).contains(&word.len()) && word.chars().all(fits);
        let what = if looks_so {
            format!("unknown command `{}`", escaped(word))
        } else {
            "the first argument is not a command".to_owned()
        };
        let commands = COMMANDS.iter().map(|row| row.name).chain(["help"]);
        if let Some(meant) = nearest(word, commands) {
            return Error::usage(what).hint(format!("did you mean `{meant}`?"));
        }
        let names: Vec<_> = COMMANDS
            .iter()
            .map(|row| format!("`{}`", row.name))
            .collect();
        Error::usage(what).hint(format!("the commands are {} and `help`", names.join(", ")))
    })
}

/// Adds an option's value; `false` for an empty one, which counts as not given.
fn option(
    row: &'static OptionRow,
    parser: &mut Parser,
    settings: &mut Settings,
    again: bool,
) -> Result<bool, Error> {
    let name = row.name;
    let value = match row.takes {
        Takes::Nothing if parser.optional_value().is_some() => {
            return Err(Error::usage(format!("`--{name}` takes no value")));
        }
        Takes::Nothing => String::new(),
        Takes::One(_) | Takes::Word(_) | Takes::List(_) | Takes::Many(_) => {
            let missing = || {
                Error::usage(format!("`--{name}` needs a value"))
                    .hint(format!("`{}`", row.usage(None)))
            };
            let value = parser.value().map_err(|_| missing())?;
            value
                .string()
                .map_err(|_| Error::usage(format!("the value of `--{name}` is not UTF-8 text")))?
        }
    };
    // That of an option without values is always empty.
    if value.is_empty() && row.takes != Takes::Nothing {
        return Ok(false);
    }
    if again && !matches!(row.takes, Takes::List(_) | Takes::Many(_)) {
        return Err(Error::usage(format!("`--{name}` was given twice")));
    }
    let origin = Origin {
        rank: Rank::CommandLine,
        place: format!("`--{name}`").into(),
    };
    settings.add(row, Secret::new(value), origin);
    Ok(true)
}

/// The name alone: what follows it may be a secret.
fn unknown(name: &str) -> Error {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_' || is_stray(c);
    let shown = if name.len() <= 40 && name.chars().all(fits) {
        format!("unknown option `--{}`", escaped(name))
    } else {
        "unknown option".to_owned()
    };
    let hint = if let Some(meant) = nearest(name, table::options().map(|row| row.name)) {
        return Error::usage(shown).hint(format!("did you mean `--{meant}`?"));
    } else if name.starts_with("xsoar-key") {
        "the key is never given on the command line, where every user sees it: use `--xsoar-key-file PATH` or the variable `DEMISTO_API_KEY`"
    } else if is_secretive(name) {
        "secrets are never given on the command line, where every user sees them: use `--client-secret-file PATH` or the variable `AZURE_CLIENT_SECRET`"
    } else {
        HELP
    };
    Error::usage(shown).hint(hint)
}

/// There are no options of one letter but for help and version; one may lack its second hyphen.
fn short(letter: char, attached: &str) -> Error {
    let cause = if letter.is_ascii_graphic() {
        format!("unknown option `-{letter}`")
    } else {
        "unknown option".to_owned()
    };
    let word = format!("{letter}{attached}");
    let name = word.split('=').next().unwrap_or_default();
    let row = table::option(name).map(|row| row.name);
    let meant = row.or_else(|| nearest(name, table::options().map(|row| row.name)));
    Error::usage(cause).hint(meant.map_or(HELP.to_owned(), |meant| {
        format!("did you mean `--{meant}`?")
    }))
}

/// What a script with Windows' newlines, or a text that was copied, leaves behind a word.
fn is_stray(c: char) -> bool {
    c != ' ' && is_hidden(c)
}

/// Whether an option of this name would take a secret itself: `--client-secret`, and not
/// `--secret-name` or `--federated-token-file`.
fn is_secretive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let about = ["file", "path", "id", "name", "type", "thumbprint"]
        .iter()
        .any(|end| name.ends_with(end));
    let words = ["secret", "password", "passwd", "passphrase", "token"];
    let is_key = || name.rsplit(['-', '_']).next() == Some("key");
    !about && (words.iter().any(|word| name.contains(word)) || is_key())
}
