//! From words to domain values: command line, environment and configuration file.
//!
//! Everything is read twice: first as raw settings with their places (`arguments`, `config`,
//! `settings`, all by the one `table`), then as what they mean (`identity`, `cloud`, `network`,
//! `selection`). Below this module nobody sees an option.

mod arguments;
mod cloud;
mod config;
mod identity;
mod json;
mod network;
mod selection;
mod settings;
pub mod table;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::cloud::Cloud;
use crate::credentials::Format;
use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::file::shown;
use crate::http::Network;
use crate::identity::Identity;
use crate::missing::Missing;
use crate::report::Reporter;
use crate::secret::Secret;
use crate::session::Selection;
use crate::sink::Sink;
use arguments::Arguments;
use settings::{Origin, Rank, Settings, names};
use table::{CLIENT_SECRET_VARIABLE, Command};

/// What the user wants.
pub enum Wish {
    /// A text on standard output: help, or the version.
    Show(String),
    /// A command.
    Run(Box<Options>),
}

/// A command with everything it needs.
pub struct Options {
    /// Which.
    pub command: Command,
    /// Of what.
    pub selection: Selection,
    /// What becomes of what does not exist.
    pub missing: Missing,
    /// How credentials are written; `None`: the command's own way.
    pub format: Option<Format>,
    /// Where to.
    pub sink: Sink,
    /// Who asks.
    pub identity: Identity,
    /// Why it is this identity.
    pub because: String,
    /// Which cloud is asked.
    pub cloud: Cloud,
    /// Key Vault's api-version.
    pub api_version: String,
    /// How the network is used.
    pub network: Network,
}

/// How much is said on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// Errors, warnings, hints.
    Normal,
    /// Each request, too.
    Verbose,
}

/// An environment variable's value, by its name.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// What reading options needs of the world.
struct Surroundings<'a> {
    environment: Environment<'a>,
    deadline: &'a Deadline,
    reporter: &'a dyn Reporter,
}

/// How much to say is known before anything else can fail, so that `--quiet` holds for that, too.
#[must_use]
pub fn verbosity(arguments: &[OsString]) -> Verbosity {
    let ours = || arguments.iter().take_while(|word| *word != "--");
    if ours().any(|word| word == "--quiet") {
        Verbosity::Quiet
    } else if ours().any(|word| word == "--verbose") {
        Verbosity::Verbose
    } else {
        Verbosity::Normal
    }
}

/// Reads everything that was set.
///
/// `reporter` learns from `say` how much to say, as soon as the configuration file is read.
///
/// # Errors
/// [`crate::error::Exit::Usage`]: what is wrong, where, and what to do.
pub fn read(
    arguments: Vec<OsString>,
    environment: Environment,
    start: Instant,
    reporter: &dyn Reporter,
    say: impl FnOnce(Verbosity),
) -> Result<Wish, Error> {
    let mut settings = Settings::default();
    let (command, positional) = match arguments::read(arguments, &mut settings)? {
        Arguments::Show(text) => return Ok(Wish::Show(text)),
        Arguments::Run(command, positional) => (command, positional),
    };
    add_environment(&mut settings, environment)?;
    // The file may hold another `--timeout`; until it is read, what is known counts.
    let before = Deadline::new(start, network::timeout(&settings)?);
    if let Some(path) = settings
        .strongest("config")
        .map(|setting| PathBuf::from(setting.text()))
    {
        read_config(&path, &before, &mut settings)?;
    }
    let deadline = Deadline::new(start, network::timeout(&settings)?);
    say(said(&settings)?);
    let surroundings = Surroundings {
        environment,
        deadline: &deadline,
        reporter,
    };
    let chosen = identity::choose(&settings, &surroundings)?;
    let cloud = cloud::choose(&settings, chosen.proof)?;
    let selection = selection::choose(command, &positional, &settings, &cloud)?;
    if let Some(warning) = &chosen.warning {
        reporter.warning(warning);
    }
    Ok(Wish::Run(Box::new(Options {
        command: command.command,
        selection,
        missing: selection::missing(&settings)?,
        format: format(&settings)?,
        sink: settings
            .strongest("output")
            .map_or(Sink::Stdout, |s| Sink::new(PathBuf::from(s.text()))),
        identity: chosen.identity,
        because: chosen.because,
        api_version: api_version(&settings)?,
        network: network::choose(&settings, &surroundings)?,
        cloud,
    })))
}

fn said(settings: &Settings) -> Result<Verbosity, Error> {
    let on = |name| {
        settings
            .strongest(name)
            .filter(|setting| setting.text() != "false")
    };
    match (on("quiet"), on("verbose")) {
        (Some(quiet), Some(verbose)) if quiet.origin.rank == verbose.origin.rank => {
            Err(Error::usage(format!(
                "{} and {} contradict each other",
                quiet.origin, verbose.origin
            )))
        }
        (Some(quiet), Some(verbose)) if verbose.origin.rank < quiet.origin.rank => {
            Ok(Verbosity::Verbose)
        }
        (Some(_), _) => Ok(Verbosity::Quiet),
        (None, Some(_)) => Ok(Verbosity::Verbose),
        (None, None) => Ok(Verbosity::Normal),
    }
}

fn format(settings: &Settings) -> Result<Option<Format>, Error> {
    let Some(setting) = settings.strongest("format") else {
        return Ok(None);
    };
    let format = Format::parse(setting.text());
    format.map(Some).ok_or_else(|| {
        let what = format!(
            "{} must be `xsoar` or `jsonl`{}",
            setting.origin,
            setting.shown(", not ")
        );
        Error::usage(what)
    })
}

/// Versions are dates or numbers; anything else would change the URL.
fn api_version(settings: &Settings) -> Result<String, Error> {
    let Some(setting) = settings.strongest("api-version") else {
        return Ok("7.4".to_owned());
    };
    let text = setting.text();
    let fits = text.len() <= 32
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-');
    if fits {
        return Ok(text.to_owned());
    }
    Err(Error::usage(format!(
        "{} is no api-version{}",
        setting.origin,
        setting.shown(": ")
    ))
    .hint("an api-version is written as `7.4` or `2025-07-01`"))
}

fn add_environment(settings: &mut Settings, environment: Environment) -> Result<(), Error> {
    for row in table::options() {
        for name in row.environment {
            add_variable(settings, environment, row.name, name)?;
        }
    }
    add_variable(
        settings,
        environment,
        names::CLIENT_SECRET,
        CLIENT_SECRET_VARIABLE,
    )
}

fn add_variable(
    settings: &mut Settings,
    environment: Environment,
    setting: &'static str,
    name: &str,
) -> Result<(), Error> {
    if let Some(value) = variable(environment, name)? {
        let origin = Origin {
            rank: Rank::Environment,
            words: format!("`{name}`").into(),
        };
        settings.add(setting, value, origin);
    }
    Ok(())
}

/// A variable's text; an empty one counts as not given.
fn variable(environment: Environment, name: &str) -> Result<Option<Secret>, Error> {
    match environment(name).map(OsString::into_string) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(Secret::new(text)).filter(|text| !text.is_empty())),
        Some(Err(_)) => Err(Error::usage(format!("`{name}` is not UTF-8 text"))),
    }
}

fn read_config(path: &Path, deadline: &Deadline, settings: &mut Settings) -> Result<(), Error> {
    let operation = format!("cannot use the configuration file `{}`", shown(path));
    let problem = |cause: String| Error::new(Exit::Usage, operation.as_str(), cause);
    let content = crate::file::read(path, config::LARGEST, deadline)
        .map_err(|cause| unreadable(&operation, cause, deadline))?;
    let access = content.access;
    if !access.is_ours() {
        return Err(problem("it belongs to another user".to_owned())
            .hint(format!("`chown \"$(id -u)\" {}`", shown(path))));
    }
    if access.is_writable_by_others() {
        let cause = format!("others may write it (mode {})", access.octal());
        return Err(problem(cause).hint(format!("`chmod go-w {}`", shown(path))));
    }
    let holds_secret = config::read(path, &content.bytes, settings)?;
    if holds_secret && access.is_readable_by_others() {
        let cause = format!(
            "it holds a secret, and every user may read it (mode {})",
            access.octal()
        );
        return Err(problem(cause).hint(format!("`chmod o-rwx {}`", shown(path))));
    }
    Ok(())
}

/// A file that could not be read: the deadline may have passed before anything came from it.
fn unreadable(operation: &str, cause: String, deadline: &Deadline) -> Error {
    let exit = if deadline.passed() {
        Exit::Deadline
    } else {
        Exit::Usage
    };
    Error::new(exit, operation, cause)
}
