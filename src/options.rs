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
use settings::{Origin, Rank, Settings, names};
use table::{CLIENT_SECRET_VARIABLE, Command, CommandRow, XSOAR_KEY_VARIABLE};

/// What the user wants.
pub enum Wish {
    /// A text on standard output: help, or the version.
    Show(String),
    /// A command.
    Run(Box<Options>),
    /// To know what is in place, whatever is wrong.
    Check(Box<Parts>),
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

/// The same, each part by itself: as it is, or what is wrong with it.
pub struct Parts {
    /// What was set, and where.
    pub settings: Vec<String>,
    /// Whether JSON is wanted, one object a line.
    pub jsonl: bool,
    /// Of what; `None` where that cannot be judged, because something else is wrong.
    pub selection: Option<Result<Selection, Error>>,
    /// What becomes of what does not exist.
    pub missing: Result<Missing, Error>,
    /// What is made of it, how it is written, and where to.
    pub output: Option<Result<Output, Error>>,
    /// Where vaults are looked for.
    pub scope: Result<Option<Scope>, Error>,
    /// An XSOAR server.
    pub server: Result<Option<Server>, Error>,
    /// Who asks.
    pub choice: Result<Choice, Error>,
    /// Which cloud is asked.
    pub cloud: Result<Cloud, Error>,
    /// Key Vault's api-version.
    pub api_version: Result<String, Error>,
    /// How the network is used.
    pub network: Result<Network, Error>,
    /// When the run gives up.
    pub deadline: Deadline,
}

/// What becomes of what is read.
pub struct Output {
    /// What credentials are made of.
    pub shape: Shape,
    /// How they are written; `None`: the command's own way.
    pub format: Option<Format>,
    /// What variables they go by.
    pub naming: Naming,
    /// Where to.
    pub sink: Sink,
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
    add_environment(&mut settings, environment, command.command)?;
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
    let parts = parts(command, &positional, &settings, &surroundings);
    if command.command == Command::Check {
        return Ok(Wish::Check(Box::new(parts)));
    }
    let options = parts.whole(command.command, &settings, words)?;
    if let Some(warning) = &options.choice.warning {
        reporter.warning(warning);
    }
    Ok(Wish::Run(Box::new(options)))
}

fn parts(
    command: &CommandRow,
    credentials: &[String],
    settings: &Settings,
    surroundings: &Surroundings,
) -> Parts {
    let choice = identity::choose(settings, surroundings);
    let proof = choice.as_ref().ok().and_then(|choice| choice.proof);
    let cloud = cloud::choose(settings, proof);
    let asked = cloud
        .as_ref()
        .ok()
        .map(|cloud| asked(command, credentials, settings, surroundings, cloud));
    let (selection, output) = match asked {
        None => (None, None),
        Some(Ok((selection, output))) => (Some(Ok(selection)), Some(output)),
        Some(Err(error)) => (Some(Err(error)), None),
    };
    Parts {
        settings: settings.told(),
        jsonl: settings
            .strongest("format")
            .is_some_and(|setting| setting.text() == "jsonl"),
        selection,
        missing: selection::missing(settings),
        output,
        scope: match command.command {
            Command::Vaults => selection::scope(settings, "`vaults`").map(Some),
            Command::Check => selection::maybe_scope(settings),
            _ => Ok(None),
        },
        server: match command.command {
            Command::Push => xsoar::server(settings, surroundings).map(Some),
            Command::Check => xsoar::maybe_server(settings, surroundings),
            _ => Ok(None),
        },
        choice,
        cloud,
        api_version: api_version(settings),
        network: network::choose(settings, surroundings),
        deadline: *surroundings.deadline,
    }
}

/// What is selected, and what becomes of it. Variables may select, so one does not go without the other.
fn asked(
    command: &CommandRow,
    credentials: &[String],
    settings: &Settings,
    surroundings: &Surroundings,
    cloud: &Cloud,
) -> Result<(Selection, Result<Output, Error>), Error> {
    let verb = command.command;
    let format = output::format(command, settings)?;
    let (naming, rank) = output::naming(verb, format, settings, cloud)?;
    let selection = if verb == Command::Vaults {
        Selection::default()
    } else {
        selection::choose(command, credentials, settings, cloud, &naming.exact, rank)?
    };
    let has_variables =
        verb == Command::Exec || matches!(format, Some(Format::Dotenv | Format::Shell));
    output::needs_prefix(&selection, &naming, has_variables)?;
    let output = || {
        Ok(Output {
            shape: output::shape(verb, format, settings)?,
            sink: output::sink(format, settings, surroundings.deadline)?,
            format,
            naming,
        })
    };
    Ok((selection, output()))
}

impl Parts {
    /// All of it, or the first thing that is wrong.
    fn whole(
        self,
        command: Command,
        settings: &Settings,
        words: Vec<OsString>,
    ) -> Result<Options, Error> {
        let choice = self.choice?;
        let cloud = self.cloud?;
        let missing = || Error::new(Exit::Internal, "the options cannot be judged", "");
        let selection = self.selection.ok_or_else(missing)??;
        let output = self.output.ok_or_else(missing)??;
        Ok(Options {
            command,
            selection,
            missing: self.missing?,
            shape: output.shape,
            format: output.format,
            naming: output.naming,
            sink: output.sink,
            words,
            pristine: settings.is_on("pristine"),
            scope: self.scope?,
            server: self.server?,
            dry_run: settings.is_on("dry-run"),
            adopt: settings.is_on("adopt"),
            choice,
            cloud,
            api_version: self.api_version?,
            network: self.network?,
        })
    }
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
