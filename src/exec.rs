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
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use crate::credentials::Shape;
use crate::error::{Error, Exit, Failures};
use crate::file::{of_working_directory, shown};
use crate::named::{Named, read_named};
use crate::process::Caller;
use crate::report::Reporter;
use crate::resolve::resolve;
use crate::selection::Selection;
use crate::session::Azure;
use crate::system::SystemError;
use crate::variables::Naming;

/// What is run, and with which secrets in its environment.
pub(crate) struct Exec {
    pub(crate) azure: Azure,
    pub(crate) selection: Selection,
    pub(crate) shape: Shape,
    pub(crate) naming: Naming,
    /// The command, and its arguments.
    pub(crate) words: Vec<OsString>,
    /// Whether it gets nothing of this program's environment.
    pub(crate) pristine: bool,
}

impl Exec {
    /// Becomes the command. Comes back only with what prevented it.
    pub(crate) fn run(&self, caller: &Caller, reporter: &dyn Reporter) -> Failures {
        match self.prepare(caller, reporter) {
            Ok((program, named)) => program.become_it(&named, caller).into(),
            Err(failures) => failures,
        }
    }

    /// Nothing is fetched for a command that does not exist.
    fn prepare(
        &self,
        caller: &Caller,
        reporter: &dyn Reporter,
    ) -> Result<(Program<'_>, Named), Failures> {
        let program = Program::find(&self.words, self.pristine, caller)?;
        let client = self.azure.client(reporter);
        let session = self.azure.session(&client);
        let plan = resolve(&session, &self.selection)?;
        let is_taken = |name: &str| program.is_taken(name, caller);
        let named = read_named(&session, plan, &self.naming, &self.shape, is_taken)?;
        reporter.progress_over();
        Ok((program, named))
    }
}

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
struct Program<'a> {
    path: PathBuf,
    words: &'a [OsString],
    pristine: bool,
}

impl<'a> Program<'a> {
    /// Looks for the first word as a shell would: by its path, or in the directories of `PATH`.
    fn find(words: &'a [OsString], pristine: bool, caller: &Caller) -> Result<Self, Error> {
        let word = words.first().map_or(OsStr::new(""), OsString::as_os_str);
        let operation = format!("cannot run `{}`", shown(word));
        let mut unfit = None;
        for path in candidates(word, caller) {
            match judge(&path) {
                Ok(()) => {
                    return Ok(Self {
                        path,
                        words,
                        pristine,
                    });
                }
                Err(NotRun::Absent) => {}
                Err(NotRun::Unfit(why)) => {
                    unfit.get_or_insert((format!("`{}`: {why}", shown(&path)), UNFIT));
                }
                Err(NotRun::Nowhere(why)) => {
                    unfit.get_or_insert((why, NOWHERE));
                }
            }
        }
        Err(match unfit {
            Some((why, hint)) => Error::new(Exit::CannotRun, operation, why).hint(hint),
            None => Error::new(Exit::NoCommand, operation, "there is no such command")
                .hint("nothing was fetched: check its name, and `PATH`"),
        })
    }

    /// Whether the command finds a variable there already.
    fn is_taken(&self, name: &str, caller: &Caller) -> bool {
        !self.pristine && !OURS.contains(&name) && (caller.variable)(name).is_some()
    }

    /// Becomes the program. Comes back only with what prevented it.
    fn become_it(&self, named: &Named, caller: &Caller) -> Error {
        let variables = named.variables();
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
        failed(&error, &self.path, &lengths.collect::<Vec<_>>())
    }
}

/// Where a command is looked for if nothing says where: as musl's `execvp` does.
const DEFAULT_PATH: &str = "/usr/local/bin:/bin:/usr/bin";

/// Where the command may be. An empty directory in `PATH` is the current one.
fn candidates(word: &OsStr, caller: &Caller) -> Vec<PathBuf> {
    if word.is_empty() {
        return Vec::new();
    }
    if word.as_bytes().contains(&b'/') {
        return vec![PathBuf::from(word)];
    }
    let path = (caller.variable)("PATH").unwrap_or_else(|| DEFAULT_PATH.into());
    std::env::split_paths(&path)
        .map(|directory| Path::new(".").join(directory).join(word))
        .collect()
}

/// Why what a path names is not what is run.
enum NotRun {
    Absent,
    Unfit(String),
    /// The user may not enter the working directory, in which the path begins.
    Nowhere(String),
}

const UNFIT: &str = "nothing was fetched: it must be a file that this user may execute (`ls -l`), on a file system without `noexec`";
const NOWHERE: &str = "nothing was fetched: give the whole path (`/…`), or change to a directory that this user may enter (`cd /`)";

fn judge(path: &Path) -> Result<(), NotRun> {
    let unfit = |error: io::Error| match of_working_directory(path) {
        Some(cause) => NotRun::Nowhere(cause.to_string()),
        None => NotRun::Unfit(SystemError(&error).to_string()),
    };
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => NotRun::Absent,
        _ => unfit(error),
    })?;
    if !metadata.is_file() {
        return Err(NotRun::Unfit("it is not a file".to_owned()));
    }
    rustix::fs::accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS)
        .map_err(|errno| unfit(errno.into()))
}

/// Linux: `MAX_ARG_STRLEN`, 32 pages for one variable.
const LONGEST_VARIABLE: usize = 32 * 4096;

/// Linux's limit of environment and arguments together: a quarter of the stack's limit, within bounds.
fn most() -> u64 {
    let stack = getrlimit(Resource::Stack).current.unwrap_or(u64::MAX);
    (stack / 4).clamp(128 << 10, 6 << 20)
}

/// `lengths` are those of the secrets' variables, as the system counts them.
fn failed(error: &io::Error, path: &Path, lengths: &[usize]) -> Error {
    let operation = format!("cannot run `{}`", shown(path));
    let (exit, cause, hint) = match Errno::from_io_error(error) {
        Some(Errno::TOOBIG) => return too_large(operation, lengths),
        // It was found: what is not there is what it needs.
        Some(Errno::NOENT) if path.exists() => (
            Exit::CannotRun,
            "the interpreter or loader that it names is not there".to_owned(),
            "a script names it in its first line (`#!…`); a program may be for another C library",
        ),
        Some(Errno::NOENT) => (
            Exit::NoCommand,
            SystemError(error).to_string(),
            "it was there a moment ago",
        ),
        Some(Errno::NOEXEC) => (
            Exit::CannotRun,
            "it is neither a program for this machine nor a script".to_owned(),
            "a script begins with `#!` and its interpreter",
        ),
        _ => (
            Exit::CannotRun,
            SystemError(error).to_string(),
            "does it run by itself, without `akv-xsoar exec`?",
        ),
    };
    Error::new(exit, operation, cause).hint(hint)
}

fn too_large(operation: String, lengths: &[usize]) -> Error {
    if lengths.iter().any(|length| *length > LONGEST_VARIABLE) {
        let cause = format!("the system takes no variable of more than {LONGEST_VARIABLE} bytes");
        return Error::new(Exit::CannotRun, operation, cause)
            .hint("leave that secret out, or use `fetch --format files`");
    }
    let (count, all, most) = (lengths.len(), lengths.iter().sum::<usize>(), most());
    let cause = format!(
        "environment and arguments are larger than the system takes, {most} bytes: the secrets' {count} variables have {all}"
    );
    Error::new(Exit::CannotRun, operation, cause).hint(
        "Linux takes a quarter of the stack's limit (`ulimit -s`), at most 6 MiB: select fewer secrets, raise the limit, or use `fetch --format files`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(errno: Errno, path: &str, lengths: &[usize]) -> (Exit, String) {
        let error = failed(&errno.into(), Path::new(path), lengths);
        assert!(error.advice().is_some(), "{error}");
        (error.exit(), error.to_string())
    }

    /// With glibc a file that is no program goes to `sh`, so that no scenario shows this.
    #[test]
    fn what_the_system_says_is_put_into_words() {
        for (errno, path, exit, words) in [
            (
                Errno::NOEXEC,
                "/bin/sh",
                Exit::CannotRun,
                "it is neither a program for this machine nor a script",
            ),
            (
                Errno::NOENT,
                "/bin/sh",
                Exit::CannotRun,
                "the interpreter or loader that it names is not there",
            ),
            (
                Errno::NOENT,
                "/nowhere/x",
                Exit::NoCommand,
                "no such file or directory",
            ),
            (Errno::TXTBSY, "/bin/sh", Exit::CannotRun, "text file busy"),
        ] {
            let expected = (exit, format!("cannot run `{path}`: {words}"));
            assert_eq!(problem(errno, path, &[]), expected);
        }
    }

    #[test]
    fn a_variable_is_too_long_by_one_byte() {
        let words = |length| problem(Errno::TOOBIG, "x", &[2, length]).1;
        let long = words(LONGEST_VARIABLE + 1);
        assert!(long.ends_with("the system takes no variable of more than 131072 bytes"));
        let all = words(LONGEST_VARIABLE);
        assert!(
            all.ends_with(" bytes: the secrets' 2 variables have 131074"),
            "{all}"
        );
    }
}
