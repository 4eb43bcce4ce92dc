//! One run at a time in a directory: the lock of a file that is there while a run is.
//!
//! Not the lock of the directory: that is what a person takes who runs this by `flock DIR`.

use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::super::refused::{check_directory, refused};
use super::super::write_error::{WriteError, system};
use super::link;
use crate::deadline::Deadline;

const NAME: &str = "..akv-xsoar.lock";
const CREATE: &str = "create a file in it";

/// The lock, as long as it is not dropped.
pub(super) struct Lock<'a> {
    directory: &'a OwnedFd,
    _file: OwnedFd,
    excludes: bool,
}

/// Whether a run is at work, or one that was killed has left its lock.
pub(super) fn is_there(directory: &OwnedFd) -> bool {
    !matches!(link::read(directory, NAME), Ok(link::Slot::Free))
}

/// Whether it could be taken, if nobody else has it.
pub(super) fn probe(directory: &OwnedFd, deadline: &Deadline) -> Result<(), WriteError> {
    check(directory)?;
    if !is_there(directory) {
        Lock::take(directory, deadline)?;
    }
    Ok(())
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
        let flags = OFlags::WRONLY
            | OFlags::CREATE
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
                        return Ok(Self {
                            directory,
                            _file: file,
                            excludes: locked.is_ok(),
                        });
                    }
                }
            }
        }
    }

    /// Whether it keeps others out: some file systems have no locks.
    pub(crate) fn excludes(&self) -> bool {
        self.excludes
    }
}

impl Drop for Lock<'_> {
    fn drop(&mut self) {
        // A file that nobody locks is in nobody's way.
        let _ = rustix::fs::unlinkat(self.directory, NAME, AtFlags::empty());
    }
}
