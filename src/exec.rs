//! Becoming another program, with the secrets in its environment.
//!
//! `execve` in place: the same process, so that signals, exit code and descriptors are the command's.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::fs::{Access, AtFlags, CWD};

use crate::credentials::check_variables;
use crate::error::{Error, Exit, Failures};
use crate::fetch::Held;
use crate::file::{shown, words};
use crate::process::Caller;

/// What proves this program's own identity, to Azure or to XSOAR: no business of the command's.
const OURS: [&str; 6] = [
    "AZURE_CLIENT_SECRET",
    "AZURE_CLIENT_CERTIFICATE_PASSWORD",
    "AZURE_PASSWORD",
    "IDENTITY_HEADER",
    "MSI_SECRET",
    "DEMISTO_API_KEY",
];

/// A command that is there, and can be run as far as its permissions tell.
pub struct Program<'a> {
    path: PathBuf,
    words: &'a [OsString],
    pristine: bool,
}

impl<'a> Program<'a> {
    /// Looks for the first word as a shell would: by its path, or in the directories of `PATH`.
    ///
    /// # Errors
    /// [`Exit::NoCommand`] where there is none, [`Exit::CannotRun`] where what there is cannot be run.
    pub fn find(words: &'a [OsString], pristine: bool, caller: &Caller) -> Result<Self, Error> {
        let word = words.first().map_or(OsStr::new(""), OsString::as_os_str);
        let operation = format!("cannot run `{}`", shown(word));
        let candidates: Vec<PathBuf> = if word.as_bytes().contains(&b'/') {
            vec![PathBuf::from(word)]
        } else if word.is_empty() {
            Vec::new()
        } else {
            let path = (caller.variable)("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
            std::env::split_paths(&path)
                .map(|directory| Path::new(".").join(directory).join(word))
                .collect()
        };
        let mut unfit = None;
        for path in candidates {
            match problem(&path) {
                None => {
                    return Ok(Self {
                        path,
                        words,
                        pristine,
                    });
                }
                Some(Problem::Absent) => {}
                Some(Problem::Unfit(why)) => {
                    unfit.get_or_insert(why);
                }
            }
        }
        Err(match unfit {
            Some(why) => Error::new(Exit::CannotRun, operation, why).hint(
                "it must be a file that this user may execute (`ls -l`), on a file system without `noexec`",
            ),
            None => Error::new(Exit::NoCommand, operation, "there is no such command")
                .hint("nothing was fetched: check its name, and `PATH`"),
        })
    }

    /// Whether the command finds a variable there already.
    #[must_use]
    pub fn is_taken(&self, name: &str, caller: &Caller) -> bool {
        !self.pristine && !OURS.contains(&name) && (caller.variable)(name).is_some()
    }

    /// Becomes the program. Comes back only with what prevented it.
    #[must_use]
    pub fn become_it(&self, held: &[Held], caller: &Caller) -> Failures {
        let variables = Held::each(held);
        if let Err(refused) = check_variables(&variables) {
            return Held::refused(held, &refused);
        }
        let mut command = Command::new(&self.path);
        if let [first, rest @ ..] = self.words {
            command.arg0(first).args(rest);
        }
        if self.pristine {
            command.env_clear();
        }
        for name in OURS {
            command.env_remove(name);
        }
        for (name, value) in &variables {
            command.env(name, value.expose());
        }
        caller.core_limit.restore();
        let error = command.exec();
        caller.core_limit.forbid();
        let lengths = variables
            .iter()
            .map(|(name, value)| name.len() + value.expose().len() + 2);
        failed(&error, &self.path, &lengths.collect::<Vec<_>>()).into()
    }
}

/// `confstr(_CS_PATH)` and what Linux adds.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

enum Problem {
    Absent,
    Unfit(String),
}

fn problem(path: &Path) -> Option<Problem> {
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => {
            return Some(match error.kind() {
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Problem::Absent,
                _ => Problem::Unfit(words(&error)),
            });
        }
    };
    if !metadata.is_file() {
        return Some(Problem::Unfit("it is no file".to_owned()));
    }
    let access = rustix::fs::accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS);
    let error = access.err()?;
    Some(Problem::Unfit(words(&error.into())))
}

/// Linux: `MAX_ARG_STRLEN`, 32 pages for one variable.
const LONGEST_VARIABLE: usize = 32 * 4096;

/// `lengths` are those of the secrets' variables, as the system counts them.
fn failed(error: &io::Error, path: &Path, lengths: &[usize]) -> Error {
    let operation = format!("cannot run `{}`", shown(path));
    let exit = match error.kind() {
        io::ErrorKind::NotFound => Exit::NoCommand,
        _ => Exit::CannotRun,
    };
    if error.kind() != io::ErrorKind::ArgumentListTooLong {
        return Error::new(exit, operation, words(error));
    }
    let cause = if lengths.iter().any(|length| *length > LONGEST_VARIABLE) {
        format!("the system takes no variable of more than {LONGEST_VARIABLE} bytes")
    } else {
        let all: usize = lengths.iter().sum();
        format!(
            "environment and arguments are larger than the system takes: {} variables of secrets have {all} bytes",
            lengths.len()
        )
    };
    Error::new(exit, operation, cause).hint(
        "Linux takes a quarter of the stack's limit (`ulimit -s`: 2 MiB of 8), at most 6 MiB: select fewer secrets, raise the limit, or use `fetch --format files`",
    )
}
