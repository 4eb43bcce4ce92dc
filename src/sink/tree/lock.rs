//! One run at a time in a directory: the lock of a file that is there while a run is.
//!
//! Not the lock of the directory: that is what a person takes who runs this by `flock DIR`.
//!
//! In it are the names of generations that are about to be made or removed. For a moment those have no record, and only
//! by this the next run knows an empty directory for what a killed run left.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::super::names::GENERATION;
use super::super::refused::{check_directory, refused};
use super::super::write_error::{WriteError, system};
use super::link;
use crate::deadline::Deadline;
use crate::file::is_trusted_owner;

const NAME: &str = "..akv-xsoar.lock";
const CREATE: &str = "create a file in it";

/// More is in it only where hundreds of runs were killed and nobody could remove what they left.
const LONGEST: usize = 16 << 10;

/// The lock, as long as it is not dropped.
pub(super) struct Lock<'a> {
    directory: &'a OwnedFd,
    file: OwnedFd,
    excludes: bool,
    left: Vec<OsString>,
}

/// Whether a run is at work, or one that was killed has left its lock.
pub(super) fn is_there(directory: &OwnedFd) -> bool {
    !matches!(link::read(directory, NAME), Ok(link::Slot::Free))
}

/// Takes it, unless somebody else has it.
pub(super) fn probe<'a>(
    directory: &'a OwnedFd,
    deadline: &Deadline,
) -> Result<Option<Lock<'a>>, WriteError> {
    check(directory)?;
    if is_there(directory) {
        return Ok(None);
    }
    Lock::take(directory, deadline).map(Some)
}

/// Whether nothing else has its name.
fn check(directory: &OwnedFd) -> Result<(), WriteError> {
    match rustix::fs::statat(directory, NAME, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) if !FileType::from_raw_mode(stat.st_mode).is_file() => {
            Err(WriteError::Foreign(NAME.to_owned()))
        }
        _ => Ok(()),
    }
}

impl<'a> Lock<'a> {
    /// Waits for whoever else has it.
    pub(crate) fn take(directory: &'a OwnedFd, deadline: &Deadline) -> Result<Self, WriteError> {
        // For writing: over NFS a lock that excludes others needs that.
        let flags = OFlags::RDWR
            | OFlags::CREATE
            | OFlags::APPEND
            | OFlags::NOFOLLOW
            | OFlags::NONBLOCK
            | OFlags::NOCTTY
            | OFlags::CLOEXEC;
        check_directory(CREATE, directory)?;
        loop {
            check(directory)?;
            let file = rustix::fs::openat(directory, NAME, flags, Mode::RUSR | Mode::WUSR)
                .map_err(|error| refused(CREATE, error, directory, NAME.as_ref()))?;
            let stat = rustix::fs::fstat(&file).map_err(system("stat"))?;
            if !FileType::from_raw_mode(stat.st_mode).is_file() {
                return Err(WriteError::Foreign(NAME.to_owned()));
            }
            match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Err(Errno::WOULDBLOCK) if deadline.passed() => return Err(WriteError::Locked),
                Err(Errno::WOULDBLOCK) => {
                    std::thread::sleep(Duration::from_millis(20).min(deadline.left()));
                }
                locked => {
                    let stat = rustix::fs::fstat(&file).map_err(system("stat"))?;
                    // Who had it before has removed it: others already lock its successor.
                    if stat.st_nlink > 0 {
                        let excludes = locked.is_ok();
                        let ours = excludes && is_trusted_owner(stat.st_uid);
                        let left = if ours { noted(&file) } else { Vec::new() };
                        return Ok(Self {
                            directory,
                            file,
                            excludes,
                            left,
                        });
                    }
                }
            }
        }
    }

    /// The generations that killed runs were about to make or to remove.
    pub(crate) fn left(&self) -> &[OsString] {
        &self.left
    }

    /// Notes a generation that is about to be made or removed.
    pub(crate) fn note(&self, name: &OsStr) -> rustix::io::Result<()> {
        let line = [name.as_bytes(), b"\n"].concat();
        // It is short: all of it or nothing.
        rustix::io::retry_on_intr(|| rustix::io::write(&self.file, &line)).map(drop)
    }

    /// Whether it keeps others out: some file systems have no locks.
    pub(crate) fn excludes(&self) -> bool {
        self.excludes
    }
}

/// The last line may not be whole: then that was not made yet.
fn noted(file: &OwnedFd) -> Vec<OsString> {
    let mut bytes = [0; LONGEST];
    let count = rustix::io::pread(file, &mut bytes, 0).unwrap_or_default();
    let lines = bytes[..count].split(|byte| *byte == b'\n');
    let names = lines.filter(|line| GENERATION.has(line));
    names
        .map(|name| OsStr::from_bytes(name).to_owned())
        .collect()
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        // A file that nobody locks is in nobody's way.
        let _ = rustix::fs::unlinkat(self.directory, NAME, AtFlags::empty());
    }
}
