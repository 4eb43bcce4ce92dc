//! From words to a verb's type: command line, environment and configuration file.
//!
//! Everything is read twice: first as raw settings with their places (`arguments`, `config`, `settings`, all by
//! the one `table`), which make a [`Configured`]; then as what they mean. Each meaning is a method
//! (`configured.identity()`, `.cloud(…)`, `.selection(…)`), in the file of its name. `verbs` asks for those that a
//! verb needs, in the order in which people are told what is wrong; below this module nobody sees an option.

mod arguments;
mod cloud;
mod config;
mod credential;
mod identity;
mod json;
mod network;
mod output;
mod proof;
mod selection;
mod settings;
mod status;
pub mod table;
mod verbs;
mod xsoar;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

pub(crate) use arguments::{Arguments, Words};
pub(crate) use identity::Identified;
pub(crate) use status::status_of;

use zeroize::Zeroizing;

use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::file::{ReadError, on_stdin, shown};
use crate::report::{Reporter, Verbosity};
use crate::secret::Secret;
use crate::text::{utf16, without_mark, without_newline};
use settings::{Origin, Rank, Settings};
use table::{CLIENT_SECRET_VARIABLE, OptionRow, Verb, XSOAR_KEY_VARIABLE};

/// An environment variable's value, by its name.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// A verb's words with everything that was set, as it was written.
pub(crate) struct Configured<'a> {
    pub(crate) words: Words,
    settings: Settings,
    environment: Environment<'a>,
    reporter: &'a dyn Reporter,
    pub(crate) deadline: Deadline,
    pub(crate) verbosity: Verbosity,
    /// Why the settings cannot be relied on, where they cannot.
    pub(crate) problem: Option<Error>,
}

/// How much to say is known before anything else can fail, so that `--quiet` holds for that, too.
pub(crate) fn verbosity(arguments: &[OsString]) -> Verbosity {
    let ours = || arguments.iter().take_while(|word| *word != "--");
    if ours().any(|word| word == "--quiet") {
        Verbosity::Quiet
    } else if ours().any(|word| word == "--verbose") {
        Verbosity::Verbose
    } else {
        Verbosity::Normal
    }
}

/// Reads the command line.
pub(crate) fn read(arguments: &[OsString]) -> Result<Arguments, Error> {
    arguments::read(arguments)
}

impl<'a> Configured<'a> {
    /// Adds to a command line what the environment and the configuration file say.
    pub(crate) fn new(
        words: Words,
        settings: Settings,
        environment: Environment<'a>,
        start: Instant,
        reporter: &'a dyn Reporter,
    ) -> Self {
        let mut configured = Self {
            words,
            settings,
            environment,
            reporter,
            deadline: Deadline::new(start, Deadline::DEFAULT),
            verbosity: Verbosity::Normal,
            problem: None,
        };
        let result = configured.complete(start);
        if let Err(problem) = result {
            // `check` goes on all the same.
            let timeout = configured.timeout().unwrap_or(Deadline::DEFAULT);
            configured.deadline = Deadline::new(start, timeout);
            configured.problem = Some(problem);
        }
        configured
    }

    fn complete(&mut self, start: Instant) -> Result<(), Error> {
        self.add_environment()?;
        // The file may hold another `--timeout`; until it is read, what is known counts.
        self.deadline = Deadline::new(start, self.timeout()?);
        let config = self.settings.strongest(&table::CONFIG);
        if let Some(path) = config.map(|setting| PathBuf::from(setting.text())) {
            self.add_file(&path)?;
        }
        self.deadline = Deadline::new(start, self.timeout()?);
        self.verbosity = self.verbosity()?;
        Ok(())
    }

    /// What the command does not know is not looked at.
    fn add_environment(&mut self) -> Result<(), Error> {
        let verb = self.words.row.verb;
        for row in table::options().filter(|row| row.belongs_to(verb)) {
            for name in row.environment {
                self.add_variable(row, name)?;
            }
        }
        self.add_variable(&table::CLIENT_SECRET, CLIENT_SECRET_VARIABLE)?;
        if matches!(verb, Verb::Check | Verb::Push) {
            self.add_variable(&table::XSOAR_KEY, XSOAR_KEY_VARIABLE)?;
        }
        Ok(())
    }

    fn add_variable(&mut self, row: &OptionRow, name: &str) -> Result<(), Error> {
        if let Some(value) = self.variable(name)? {
            let origin = Origin {
                rank: Rank::Environment,
                place: format!("`{name}`").into(),
            };
            self.settings.add(row, value, origin);
        }
        Ok(())
    }

    /// A variable's text; an empty one counts as not given.
    fn variable(&self, name: &str) -> Result<Option<Secret>, Error> {
        match (self.environment)(name).map(OsString::into_string) {
            None => Ok(None),
            Some(Ok(text)) => {
                let text = Zeroizing::new(text);
                let text = Secret::new(without_newline(&text).to_owned());
                Ok(Some(text).filter(|text| !text.is_empty()))
            }
            Some(Err(_)) => Err(Error::usage(format!("`{name}` is not UTF-8 text"))),
        }
    }

    fn add_file(&mut self, path: &Path) -> Result<(), Error> {
        if path == Path::new("-") {
            let operation = "cannot use the configuration on standard input";
            let bytes = crate::file::read_stdin(config::LARGEST, &self.deadline)
                .map_err(|cause| self.unreadable(operation, &cause))?;
            return self.add_json("standard input", &bytes, operation).map(drop);
        }
        let file = format!("`{}`", shown(path));
        let operation = format!("cannot use the configuration file {file}");
        let problem = |cause: String| Error::new(Exit::Usage, operation.as_str(), cause);
        let content = crate::file::read(path, config::LARGEST, &self.deadline)
            .map_err(|cause| self.unreadable(&operation, &cause))?;
        let access = content.access;
        if !access.is_ours() {
            return Err(problem("it belongs to another user".to_owned())
                .hint(access.owner_hint(path, &on_stdin(path))));
        }
        if access.is_writable_by_others() {
            let cause = format!("others may write it (mode {})", access.octal());
            return Err(problem(cause).hint(access.mode_hint("go-w", path, &on_stdin(path))));
        }
        let holds_secret = self.add_json(&file, &content.bytes, &operation)?;
        if holds_secret && access.is_readable_by_others() {
            let cause = format!(
                "it holds a secret, and every user may read it (mode {})",
                access.octal()
            );
            return Err(problem(cause).hint(access.mode_hint("o-rwx", path, &on_stdin(path))));
        }
        Ok(())
    }

    /// `true` if a secret is in it; `file` is its name for messages.
    fn add_json(&mut self, file: &str, bytes: &[u8], operation: &str) -> Result<bool, Error> {
        match utf16(bytes) {
            Some(unfit) => Err(unfit.during(operation)),
            None => config::read(file, without_mark(bytes), &mut self.settings),
        }
    }

    /// A file that could not be read: the deadline may have passed before anything came from it.
    fn unreadable(&self, operation: &str, cause: &ReadError) -> Error {
        let exit = if self.deadline.passed() {
            Exit::Deadline
        } else {
            Exit::Usage
        };
        Error::new(exit, operation, cause.to_string())
    }

    fn verbosity(&self) -> Result<Verbosity, Error> {
        let on = |row| {
            self.settings
                .strongest(row)
                .filter(|setting| setting.text() != "false")
        };
        match (on(&table::QUIET), on(&table::VERBOSE)) {
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

    /// What was set, and where: never a value.
    pub(crate) fn overview(&self) -> Vec<String> {
        self.settings.overview()
    }
}
