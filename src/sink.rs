//! Where the result goes: standard output, or a file that is whole or untouched.
//!
//! A file is written under a name of its own in the same directory, and renamed into place once its
//! bytes are on the disk. Nothing is opened before there is something to write. A run that is killed
//! leaves that temporary file; the next one into the same directory finds it unlocked and removes it.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::event::PollFlags;
use rustix::fs::{AtFlags, CWD, Dir, FlockOperation, Mode, OFlags};

use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::file::{is_trusted_owner, shown, wait, words};

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

/// A new file is for its owner's eyes only, whatever the umask.
const MODE: Mode = Mode::from_raw_mode(0o600);

/// How the names of our temporary files begin and end.
const TEMPORARY: (&[u8], &[u8]) = (b".akv-xsoar-", b".tmp");

/// As many symbolic links the kernel follows, too.
const MOST_LINKS: usize = 40;

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
        match self {
            Self::Stdout => {
                let stdout = io::stdout();
                // Not blocking is the reader's affair: the descriptor may be shared.
                write_stream(
                    &stdout,
                    |part| rustix::io::write(&stdout, part),
                    bytes,
                    deadline,
                )
                .or_else(|problem| match problem {
                    Problem::Pipe => Ok(Written::ReaderGone),
                    problem => Err(problem.error("cannot write to standard output", deadline)),
                })
            }
            Self::File(path) => {
                let operation = || format!("cannot write `{}`", shown(path));
                write_path(path, bytes, deadline)
                    .map_err(|problem| problem.error(operation(), deadline))?;
                Ok(Written::All)
            }
        }
    }
}

enum Problem {
    Pipe,
    Deadline,
    System(&'static str, io::Error),
    Other(String),
}

impl Problem {
    fn error(self, operation: impl Into<String>, deadline: &Deadline) -> Error {
        let error = |cause: String| Error::new(Exit::Output, operation, cause);
        match self {
            Self::Pipe => error("its reader has gone".to_owned()),
            Self::Deadline => {
                return Error::new(
                    Exit::Deadline,
                    "the output was not taken in time",
                    format!("nobody read it within {} (`--timeout`)", deadline.seconds()),
                );
            }
            Self::Other(cause) => error(cause),
            Self::System(what, cause) => {
                let hint = match cause.kind() {
                    io::ErrorKind::NotFound => "the directory must be there already",
                    io::ErrorKind::PermissionDenied => {
                        "the user who runs this must be able to write into the directory, not only the file"
                    }
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                        "make room, and run it again"
                    }
                    io::ErrorKind::ReadOnlyFilesystem => {
                        "choose a place that can be written, such as one under `/run`"
                    }
                    _ => return error(format!("{what}: {}", words(&cause))),
                };
                return error(format!("{what}: {}", words(&cause))).hint(hint);
            }
        }
    }
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

/// Writes what a pipe takes at once, never so much that the write would block.
fn write_stream(
    fd: impl AsFd,
    mut write: impl FnMut(&[u8]) -> rustix::io::Result<usize>,
    mut bytes: &[u8],
    deadline: &Deadline,
) -> Result<Written, Problem> {
    /// `PIPE_BUF`: what is writable takes this much.
    const PART: usize = 4096;
    while !bytes.is_empty() {
        if !wait(fd.as_fd(), PollFlags::OUT, deadline) {
            return Err(Problem::Deadline);
        }
        match write(&bytes[..bytes.len().min(PART)]) {
            Ok(count) => bytes = &bytes[count..],
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Err(error) => return Err(system("write")(error)),
        }
    }
    Ok(Written::All)
}

fn write_path(path: &Path, bytes: &[u8], deadline: &Deadline) -> Result<(), Problem> {
    let path = follow(path)?;
    match path.metadata() {
        Ok(metadata) if metadata.is_dir() => Err(Problem::Other("it is a directory".to_owned())),
        Ok(metadata) if !metadata.is_file() => {
            write_special(&path, &metadata.file_type(), bytes, deadline)
        }
        Ok(_) => replace(&path, bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => replace(&path, bytes),
        Err(error) => Err(system("stat")(error)),
    }
}

/// The file that a path's last symbolic links lead to. One that a stranger made is not followed: in a
/// directory that others write to, it would send the secrets, or root's hand, elsewhere.
fn follow(path: &Path) -> Result<PathBuf, Problem> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let link = match path.symlink_metadata() {
            Ok(metadata) if metadata.is_symlink() => metadata,
            _ => return Ok(path),
        };
        if !is_trusted_owner(link.uid()) {
            let cause = format!(
                "`{}` is a symbolic link that belongs to another user",
                shown(&path)
            );
            return Err(Problem::Other(cause));
        }
        let target = path.read_link().map_err(system("readlink"))?;
        // Of a descriptor's link the text is no path: the kernel alone can follow it.
        if path.starts_with("/proc") || path.starts_with("/dev/fd") {
            return Ok(path);
        }
        path = path
            .parent()
            .map(|parent| parent.join(&target))
            .unwrap_or(target);
    }
    Err(Problem::Other("too many symbolic links".to_owned()))
}

/// A FIFO, a terminal, `/dev/null`: there is nothing to replace.
fn write_special(
    path: &Path,
    kind: &std::fs::FileType,
    bytes: &[u8],
    deadline: &Deadline,
) -> Result<(), Problem> {
    if kind.is_socket() || kind.is_block_device() {
        return Err(Problem::Other(
            "it is neither a file nor a stream".to_owned(),
        ));
    }
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC)
        .bits()
        .cast_signed();
    let file = loop {
        match File::options().write(true).custom_flags(flags).open(path) {
            Ok(file) => break file,
            // A FIFO that nobody reads yet; the system has no way to wait for one without blocking.
            Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NXIO.raw_os_error()) => {
                if deadline.passed() {
                    return Err(Problem::Deadline);
                }
                std::thread::sleep(Duration::from_millis(20).min(deadline.left()));
            }
            Err(error) => return Err(system("open")(error)),
        }
    };
    write_stream(
        &file,
        |part| rustix::io::write(&file, part),
        bytes,
        deadline,
    )
    .map(|_| ())
}

/// Writes beside the file and renames into place.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let name = path
        .file_name()
        .ok_or_else(|| Problem::Other("it has no file name".to_owned()))?;
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::openat(CWD, parent.unwrap_or(Path::new(".")), flags, Mode::empty())
        .map_err(system("open the directory"))?;
    remove_left_over(&directory);
    let (temporary, file) = create(&directory)?;
    let renamed = fill(&file, bytes).and_then(|()| {
        rustix::fs::renameat(&directory, &temporary, &directory, name).map_err(system("rename"))
    });
    if let Err(problem) = renamed {
        // Nothing can be done about a second failure, and the first one is reported.
        let _ = rustix::fs::unlinkat(&directory, &temporary, AtFlags::empty());
        return Err(problem);
    }
    // Some file systems cannot sync a directory; the file is in place all the same.
    let _ = rustix::fs::fsync(&directory);
    Ok(())
}

fn fill(mut file: &File, bytes: &[u8]) -> Result<(), Problem> {
    rustix::fs::fchmod(file, MODE).map_err(system("chmod"))?;
    file.write_all(bytes).map_err(system("write"))?;
    file.sync_all().map_err(system("fsync"))
}

/// A new, empty, locked file of a name that nobody has.
fn create(directory: &OwnedFd) -> Result<(OsString, File), Problem> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    for _ in 0..100 {
        let name = temporary_name();
        let file = match rustix::fs::openat(directory, &name, flags, MODE) {
            Ok(fd) => File::from(fd),
            Err(rustix::io::Errno::EXIST) => continue,
            Err(error) => return Err(system("create a file beside it")(error)),
        };
        // Some file systems have no locks: then a file that is left over stays.
        let _ = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive);
        // Another run may have taken it for left over before it was locked.
        if file.metadata().map_err(system("stat"))?.nlink() > 0 {
            return Ok((name, file));
        }
    }
    Err(Problem::Other(
        "no free name for a file beside it".to_owned(),
    ))
}

fn temporary_name() -> OsString {
    let random = RandomState::new().hash_one(std::process::id());
    let (before, after) = TEMPORARY;
    let mut name = before.to_vec();
    name.extend(format!("{random:016x}").bytes());
    name.extend(after);
    OsStr::from_bytes(&name).to_owned()
}

/// Removes the temporary files of runs that were killed: those whose lock nobody holds.
fn remove_left_over(directory: &OwnedFd) {
    let Ok(entries) = Dir::read_from(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_bytes();
        let (before, after) = TEMPORARY;
        if !name.starts_with(before) || !name.ends_with(after) {
            continue;
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let Ok(file) = rustix::fs::openat(directory, name, flags, Mode::empty()) else {
            continue;
        };
        let regular = rustix::fs::fstat(&file)
            .is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode).is_file());
        if regular && rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            // If somebody else was quicker, it is gone as it should be.
            let _ = rustix::fs::unlinkat(directory, name, AtFlags::empty());
        }
    }
}
