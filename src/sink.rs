//! Where the result goes: standard output, or a file that is whole or untouched.
//!
//! A path is followed (`place`) to a directory and a name in it. A file there is replaced (`replace`):
//! written under another name beside it, and renamed once its bytes are on the disk. A FIFO, a device
//! or a descriptor is written as it is. Nothing is opened before there is something to write.
//!
//! A descriptor that is closed when the program starts cannot be told from `/dev/null`: Rust opens
//! that in its place before `main`, so that no other file of ours gets its number.

mod place;
mod replace;

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::PollFlags;
use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::file::{shown, wait, words};
use place::{Place, Thing};

/// Where a result goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sink {
    /// Standard output.
    Stdout,
    /// A file, by its path.
    File(PathBuf),
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
    /// The sink of an `--output`: `-` and the names of standard output's descriptor are that.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        let names = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
        if names
            .iter()
            .any(|name| path.as_os_str() == OsStr::new(name))
        {
            Self::Stdout
        } else {
            Self::File(path)
        }
    }

    /// Writes the whole result.
    ///
    /// # Errors
    /// [`Exit::Output`], or [`Exit::Deadline`] where a reader does not take it in time. A file that
    /// was there before is as it was.
    pub fn write(&self, bytes: &[u8], deadline: &Deadline) -> Result<Written, Error> {
        let (result, operation) = match self {
            Self::Stdout => {
                let result = match write_stdout(bytes, deadline) {
                    Err(Problem::Pipe) => return Ok(Written::ReaderGone),
                    result => result,
                };
                (result, "cannot write to standard output".to_owned())
            }
            Self::File(path) => {
                let operation = format!("cannot write `{}`", shown(path));
                (write_path(path, bytes, deadline), operation)
            }
        };
        result.map_err(|problem| problem.error(operation, deadline))?;
        Ok(Written::All)
    }
}

impl Sink {
    // TEMPORARY
    /// t
    pub fn write_tree(
        &self,
        _: &[(String, String, zeroize::Zeroizing<Vec<u8>>)],
        _: &Deadline,
    ) -> Result<Written, Error> {
        Err(Error::usage("tmp"))
    }
    /// t
    pub fn probe(&self) -> Result<String, Error> {
        Ok("tmp".into())
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
    System(&'static str, io::Error),
    Other(String),
}

impl Problem {
    fn error(self, operation: String, deadline: &Deadline) -> Error {
        let error = |cause: String| Error::new(Exit::Output, operation, cause);
        match self {
            Self::Pipe => error("its reader has gone".to_owned()),
            Self::Deadline => Error::new(
                Exit::Deadline,
                "the output was not taken in time",
                format!("nobody read it within {} (`--timeout`)", deadline.seconds()),
            ),
            Self::Other(cause) => error(cause),
            Self::System(what, cause) => {
                error(format!("{what}: {}", words(&cause))).maybe_hint(advice(&cause))
            }
        }
    }
}

/// What a person does about a system's error.
fn advice(cause: &io::Error) -> Option<String> {
    let hint = match cause.kind() {
        io::ErrorKind::NotFound => "the directory must be there already",
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

fn write_stdout(bytes: &[u8], deadline: &Deadline) -> Result<(), Problem> {
    let stdout = io::stdout();
    match reopen(stdout.as_fd()) {
        Some(own) => write_stream(own, bytes, deadline),
        None => write_stream(stdout, bytes, deadline),
    }
}

/// A pipe or a terminal once more, for a descriptor that does not block: not blocking is a matter of
/// the descriptor, and the one that was handed to us may be others', too. Where that is not allowed,
/// only a writer beside us, or a terminal that was stopped, can hold up a run beyond its deadline.
fn reopen(stdout: impl AsFd) -> Option<OwnedFd> {
    let mode = rustix::fs::fstat(&stdout).ok()?.st_mode;
    if !FileType::from_raw_mode(mode).is_fifo() && !rustix::termios::isatty(&stdout) {
        return None;
    }
    rustix::fs::openat(CWD, "/proc/self/fd/1", STREAM, Mode::empty()).ok()
}

/// How what is no file is opened: it neither blocks nor becomes our terminal.
const STREAM: OFlags = OFlags::WRONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Writes what a pipe takes at once, never so much that the write would block.
fn write_stream(fd: impl AsFd, mut bytes: &[u8], deadline: &Deadline) -> Result<(), Problem> {
    /// `PIPE_BUF`: what is writable takes this much.
    const PART: usize = 4096;
    while !bytes.is_empty() {
        if !wait(fd.as_fd(), PollFlags::OUT, deadline) {
            return Err(Problem::Deadline);
        }
        match rustix::io::write(&fd, &bytes[..bytes.len().min(PART)]) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(system("write")(error)),
        }
    }
    Ok(())
}

fn write_path(path: &Path, bytes: &[u8], deadline: &Deadline) -> Result<(), Problem> {
    let place = Place::find(path)?;
    match place.thing {
        Thing::Nothing | Thing::File => replace::replace(&place.directory, &place.name, bytes),
        Thing::Stream => write_special(&place, OFlags::NOFOLLOW, bytes, deadline),
        // Its file may have been written to before, and what was written stays.
        Thing::Descriptor => write_special(&place, OFlags::APPEND, bytes, deadline),
    }
}

/// A FIFO, a terminal, `/dev/null`, a descriptor: there is nothing to replace.
fn write_special(
    place: &Place,
    flags: OFlags,
    bytes: &[u8],
    deadline: &Deadline,
) -> Result<(), Problem> {
    let fd = loop {
        match rustix::fs::openat(&place.directory, &place.name, STREAM | flags, Mode::empty()) {
            Ok(fd) => break fd,
            // A FIFO that nobody reads yet; the system has no way to wait for one without blocking.
            Err(Errno::NXIO) if !deadline.passed() => {
                std::thread::sleep(Duration::from_millis(20).min(deadline.left()));
            }
            Err(Errno::NXIO) => return Err(Problem::Deadline),
            Err(Errno::INTR) => {}
            Err(error) => return Err(system("open")(error)),
        }
    };
    write_stream(fd, bytes, deadline)
}
