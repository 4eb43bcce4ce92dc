//! Where the result goes: standard output, a file that is whole or untouched, or a directory of files.
//!
//! A path is followed (`place`) to a directory and a name in it. A file there is replaced (`replace`):
//! written under another name beside it, and renamed once its bytes are on the disk, with the
//! permissions and the owner that were asked for (`attributes`, `owner`); one that has the content
//! already can stay (`same`). A FIFO, a device or a descriptor is written as it is (`stream`). Nothing
//! is opened before there is something to write. A directory (`tree`) gets all its files at once.
//!
//! A descriptor that is closed when the program starts cannot be told from `/dev/null`: Rust opens
//! that in its place before `main`, so that no other file of ours gets its number.

mod attributes;
mod names;
mod owner;
mod place;
mod replace;
mod same;
mod stream;
mod tree;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

pub use attributes::{Attributes, Permissions};
pub(crate) use owner::Owner;
pub use tree::Entry;

use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::file::{shown, words};
use place::{Place, Thing};
use stream::{write_special, write_stdout, write_stream};

/// Where a result goes, and what it is to be like there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sink {
    /// Standard output where there is none.
    path: Option<PathBuf>,
    attributes: Attributes,
}

/// A directory of files, and what they are to be like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tree(Sink);

impl Tree {
    pub(crate) fn new(path: PathBuf, attributes: Attributes) -> Option<Self> {
        let sink = Sink::new(path, attributes);
        (!sink.is_stdout()).then_some(Self(sink))
    }

    pub(crate) fn write(&self, entries: &[Entry], deadline: &Deadline) -> Result<(), Error> {
        self.0.write_tree(entries, deadline)
    }

    pub(crate) fn probe(&self, deadline: &Deadline) -> Result<String, Error> {
        self.0.probe_tree(deadline)
    }
}

/// What a whole write came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Every byte is where it belongs.
    All,
    /// Whoever read standard output has gone, as `head` does.
    ReaderGone,
}

impl Sink {
    /// Standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self {
            path: None,
            attributes: Attributes::default(),
        }
    }

    /// The sink of an `--output`: `-` and the names of standard output's descriptor are that.
    #[must_use]
    pub fn new(path: PathBuf, attributes: Attributes) -> Self {
        let names = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
        let is_stdout = names
            .iter()
            .any(|name| path.as_os_str() == OsStr::new(name));
        Self {
            path: (!is_stdout).then_some(path),
            attributes,
        }
    }

    /// Whether it is standard output.
    #[must_use]
    pub fn is_stdout(&self) -> bool {
        self.path.is_none()
    }

    /// Writes the whole result.
    ///
    /// # Errors
    /// [`Exit::Output`], or [`Exit::Deadline`] where a reader does not take it in time. A file that
    /// was there before is as it was.
    pub fn write(&self, bytes: &[u8], deadline: &Deadline) -> Result<Written, Error> {
        let result = match &self.path {
            None => self
                .check_stream()
                .and_then(|()| write_stdout(bytes, deadline)),
            Some(path) => self.write_path(path, bytes, deadline),
        };
        match result {
            Ok(()) => Ok(Written::All),
            Err(Problem::Pipe) if self.path.is_none() => Ok(Written::ReaderGone),
            Err(problem) => Err(self.error(problem, deadline)),
        }
    }

    /// Writes one file a secret into a directory: all of them, at once.
    ///
    /// # Errors
    /// [`Exit::Output`], or [`Exit::Deadline`] where another run does not make way in time. What was
    /// there before is as it was.
    pub fn write_tree(&self, entries: &[Entry], deadline: &Deadline) -> Result<(), Error> {
        let result = match &self.path {
            None => Err(Problem::Other("it is no directory".to_owned())),
            Some(path) => tree::write(path, entries, &self.attributes, deadline),
        };
        result.map_err(|problem| self.error(problem, deadline))
    }

    /// Whether [`Sink::write`] has a place to write to, and what is there. Changes nothing: a file
    /// beside it is made, with the mode and the owner that were asked for, and removed again.
    ///
    /// # Errors
    /// As [`Sink::write`].
    pub fn probe(&self, deadline: &Deadline) -> Result<String, Error> {
        let found = match &self.path {
            None => self.check_stream().map(|()| "standard output".to_owned()),
            Some(path) => self.probe_path(path).map(|found| at(path, found)),
        };
        found.map_err(|problem| self.error(problem, deadline))
    }

    /// The same for [`Sink::write_tree`].
    ///
    /// # Errors
    /// As [`Sink::write_tree`].
    pub fn probe_tree(&self, deadline: &Deadline) -> Result<String, Error> {
        let found = match &self.path {
            None => Err(Problem::Other("it is no directory".to_owned())),
            Some(path) => tree::probe(path, &self.attributes).map(|found| at(path, found)),
        };
        found.map_err(|problem| self.error(problem, deadline))
    }

    fn write_path(&self, path: &Path, bytes: &[u8], deadline: &Deadline) -> Result<(), Problem> {
        let place = Place::find(path)?;
        let flags = match place.thing {
            Thing::Nothing | Thing::File => {
                return replace::replace(&place.directory, &place.name, bytes, &self.attributes);
            }
            Thing::Directory(_) => return Err(directory()),
            Thing::Stream => OFlags::NOFOLLOW,
            // Its file may have been written to before, and what was written stays.
            Thing::Descriptor => OFlags::APPEND,
        };
        self.check_stream()?;
        write_special(&place, flags, bytes, deadline)
    }

    fn probe_path(&self, path: &Path) -> Result<&'static str, Problem> {
        let place = Place::find(path)?;
        let found = match place.thing {
            Thing::Nothing => "a new file",
            Thing::File => "a file, which is replaced",
            Thing::Directory(_) => return Err(directory()),
            Thing::Stream | Thing::Descriptor => {
                return self
                    .check_stream()
                    .map(|()| "no file, and written as it is");
            }
        };
        replace::probe(&place.directory, &self.attributes)?;
        Ok(found)
    }

    /// What is no file is somebody else's: neither its permissions nor its owner is for us to set.
    fn check_stream(&self) -> Result<(), Problem> {
        if self.attributes.are_for_files() {
            return Err(Problem::NoFile);
        }
        Ok(())
    }

    fn error(&self, problem: Problem, deadline: &Deadline) -> Error {
        let operation = match &self.path {
            None => "cannot write to standard output".to_owned(),
            Some(path) => format!("cannot write `{}`", shown(path)),
        };
        problem.error(operation, deadline)
    }
}

/// Writes a message to standard error. What nobody takes before the deadline is dropped.
pub fn tell(text: &str, deadline: &Deadline) {
    let _ = write_stream(io::stderr(), text.as_bytes(), deadline);
}

/// Why nothing, or not everything, was written.
enum Problem {
    Pipe,
    Deadline,
    Locked,
    NoFile,
    Foreign(String),
    System(&'static str, io::Error),
    Other(String),
}

impl Problem {
    fn error(self, operation: String, deadline: &Deadline) -> Error {
        let within = |what: &str| format!("{what} within {} (`--timeout`)", deadline.seconds());
        match self {
            Self::Pipe => Error::new(Exit::Output, operation, "its reader has gone"),
            Self::Deadline => {
                let operation = "the output was not taken in time";
                Error::new(Exit::Deadline, operation, within("nobody read it"))
            }
            Self::Locked => {
                let cause = within("another run that writes there did not end");
                Error::new(Exit::Deadline, operation, cause)
            }
            Self::NoFile => {
                let cause = "it is no file, whose mode and owner could be set";
                let hint = "leave `--mode` and `--owner` out, or name a file with `--output`";
                Error::new(Exit::Output, operation, cause).hint(hint)
            }
            Self::Foreign(name) => {
                let cause = format!("`{name}` in it was not made by this program");
                let hint = "move it away, or choose another directory";
                Error::new(Exit::Output, operation, cause).hint(hint)
            }
            Self::Other(cause) => Error::new(Exit::Output, operation, cause),
            Self::System(what, cause) => {
                let words = format!("{what}: {}", words(&cause));
                Error::new(Exit::Output, operation, words).maybe_hint(advice(what, &cause))
            }
        }
    }
}

/// What a person does about a system's error.
fn advice(what: &str, cause: &io::Error) -> Option<String> {
    let hint = match cause.kind() {
        io::ErrorKind::NotFound => "the directory must be there already",
        io::ErrorKind::PermissionDenied if what == "chown" => {
            "only root may give files away; others may choose one of their own groups"
        }
        io::ErrorKind::InvalidInput if what == "chown" => {
            "a container may not know every number: choose one that it maps"
        }
        io::ErrorKind::PermissionDenied => {
            "the user who runs this must be able to write into the directory, not only the file"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room, and run it again",
        io::ErrorKind::ReadOnlyFilesystem => {
            "choose a place that can be written, such as one under `/run`"
        }
        io::ErrorKind::ResourceBusy => {
            "a file that is a mount of its own cannot be replaced: mount its directory instead"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

fn system<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> Problem {
    move |error| {
        let error = error.into();
        if error.kind() == io::ErrorKind::BrokenPipe {
            Problem::Pipe
        } else {
            Problem::System(what, error)
        }
    }
}

fn at(path: &Path, found: &str) -> String {
    format!("`{}`: {found}", shown(path))
}

fn directory() -> Problem {
    Problem::Other("it is a directory".to_owned())
}
