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
mod output;
mod parts;
mod proof;
mod selection;
mod settings;
pub mod table;
mod xsoar;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::arm::Scope;
use crate::cloud::Cloud;
use crate::credentials::{Format, Shape};
use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::file::shown;
use crate::http::Network;
use crate::missing::Missing;
use crate::report::Reporter;
use crate::secret::Secret;
use crate::selection::Selection;
use crate::sink::Sink;
use crate::variables::Naming;
use crate::xsoar::Server;
use arguments::Arguments;
pub use identity::Choice;
pub use parts::{Output, Parts};
use settings::{Origin, Rank, Settings, names};
use table::{CLIENT_SECRET_VARIABLE, Command, XSOAR_KEY_VARIABLE};

/// What the user wants.
pub enum Wish {
    /// A text on standard output: help, or the version.
    Show(String),
    /// A command.
    Run(Box<Options>),
    /// To know what is in place, whatever is wrong.
    Check(Box<Inspection>),
}

/// A command with everything it needs.
pub struct Options {
    /// Which.
    pub command: Command,
    /// Of what.
    pub selection: Selection,
    /// What becomes of what does not exist.
    pub missing: Missing,
    /// What credentials are made of.
    pub shape: Shape,
    /// How they are written; `None`: the command's own way.
    pub format: Option<Format>,
    /// What variables they go by.
    pub naming: Naming,
    /// Where to.
    pub sink: Sink,
    /// What is to be run with them.
    pub words: Vec<OsString>,
    /// Whether that gets nothing of this program's environment.
    pub pristine: bool,
    /// Where vaults are looked for.
    pub scope: Option<Scope>,
    /// Whose credential store is brought up to date.
    pub server: Option<Server>,
    /// Whether nothing is written there.
    pub dry_run: bool,
    /// Whether what somebody else created there is overwritten.
    pub adopt: bool,
    /// Who asks.
    pub choice: Choice,
    /// Which cloud is asked.
    pub cloud: Cloud,
    /// Key Vault's api-version.
    pub api_version: String,
    /// How the network is used.
    pub network: Network,
}

/// What `check` goes by.
pub struct Inspection {
    /// Everything it looks at, or why the settings themselves cannot be read.
    pub parts: Result<Parts, Error>,
    /// Whether JSON is wanted, one object a line.
    pub jsonl: bool,
    /// When the run gives up.
    pub deadline: Deadline,
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
    let (command, positional, words) = match arguments::read(arguments, &mut settings)? {
        Arguments::Show(text) => return Ok(Wish::Show(text)),
        Arguments::Run {
            command,
            credentials,
            words,
        } => (command, credentials, words),
    };
    let configured = configure(&mut settings, environment, command.command, start);
    let (deadline, verbosity) = match configured {
        Ok(configured) => configured,
        Err(error) if command.command == Command::Check => {
            let timeout = network::timeout(&settings).unwrap_or(Deadline::DEFAULT);
            return Ok(Wish::Check(Box::new(Inspection {
                parts: Err(error),
                jsonl: is_jsonl(&settings),
                deadline: Deadline::new(start, timeout),
            })));
        }
        Err(error) => return Err(error),
    };
    say(verbosity);
    let surroundings = Surroundings {
        environment,
        deadline: &deadline,
        reporter,
    };
    let parts = parts::parts(command, &positional, &settings, &surroundings);
    if command.command == Command::Check {
        return Ok(Wish::Check(Box::new(Inspection {
            parts: Ok(parts),
            jsonl: is_jsonl(&settings),
            deadline,
        })));
    }
    let options = parts.whole(command.command, &settings, words)?;
    if let Some(warning) = &options.choice.warning {
        reporter.warning(warning);
    }
    Ok(Wish::Run(Box::new(options)))
}

/// Adds what the environment and the configuration file say.
fn configure(
    settings: &mut Settings,
    environment: Environment,
    command: Command,
    start: Instant,
) -> Result<(Deadline, Verbosity), Error> {
    add_environment(settings, environment, command)?;
    // The file may hold another `--timeout`; until it is read, what is known counts.
    let before = Deadline::new(start, network::timeout(settings)?);
    if let Some(path) = settings
        .strongest("config")
        .map(|setting| PathBuf::from(setting.text()))
    {
        read_config(&path, &before, settings)?;
    }
    let deadline = Deadline::new(start, network::timeout(settings)?);
    Ok((deadline, said(settings)?))
}

fn is_jsonl(settings: &Settings) -> bool {
    settings
        .strongest("format")
        .is_some_and(|setting| setting.text() == "jsonl")
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

/// What the command does not know is not looked at.
fn add_environment(
    settings: &mut Settings,
    environment: Environment,
    command: Command,
) -> Result<(), Error> {
    for row in table::options().filter(|row| row.belongs_to(command)) {
        for name in row.environment {
            add_variable(settings, environment, row.name, name)?;
        }
    }
    let (name, variable) = (names::CLIENT_SECRET, CLIENT_SECRET_VARIABLE);
    add_variable(settings, environment, name, variable)?;
    if matches!(command, Command::Check | Command::Push) {
        add_variable(settings, environment, names::XSOAR_KEY, XSOAR_KEY_VARIABLE)?;
    }
    Ok(())
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
