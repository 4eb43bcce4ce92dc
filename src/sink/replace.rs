//! A file is replaced as a whole: written under a name of its own beside it, and renamed.
//!
//! A run that is killed leaves that temporary file; the next one that writes into the same directory
//! finds it unlocked and removes it.

use std::ffi::{CStr, OsStr, OsString};
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;

use rustix::fs::{AtFlags, Dir, FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::attributes::{Attributes, PRIVATE};
use super::names::TEMPORARY;
use super::refused::{check_directory, check_replaceable, refused};
use super::same::{Same, holds_already};
use super::write_error::{WriteError, system};
use super::{BLOCK, Written};

/// Writes beside the file and renames into place; or leaves it, if that is wanted of the same content.
pub(super) fn replace(
    directory: &OwnedFd,
    name: &OsStr,
    bytes: &[u8],
    attributes: &Attributes,
) -> Result<Written, WriteError> {
    // A directory that can be written may not be readable: then nothing is looked for, nor synced.
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let listing = rustix::fs::openat(directory, ".", flags, Mode::empty()).ok();
    if let Some(listing) = &listing {
        remove_left_over(listing);
    }
    if attributes.if_changed {
        let home = rustix::fs::fstat(directory).map_err(system("stat"))?;
        if let Some(same) = Same::find(directory, name, bytes, attributes, &home) {
            same.give_again(attributes)?;
            return Ok(Written::Already);
        }
    }
    let written = if holds_already(directory, name, bytes) {
        Written::Already
    } else {
        Written::All
    };
    let temporary = Temporary::create(directory)?;
    temporary.fill(bytes, attributes)?;
    temporary.become_file(name)?;
    if let Some(listing) = &listing {
        // Some file systems cannot sync a directory; the file is in place all the same.
        let _ = rustix::fs::fsync(listing);
    }
    Ok(written)
}

/// Writes a block beside the file and removes it again; looks whether `there` can be replaced.
pub(super) fn probe(
    directory: &OwnedFd,
    there: Option<&OsStr>,
    attributes: &Attributes,
) -> Result<(), WriteError> {
    Temporary::create(directory)?.fill(&BLOCK, attributes)?;
    there.map_or(Ok(()), |name| check_replaceable(directory, name))
}

/// A file that has not got its name yet; gone when dropped before.
struct Temporary<'a> {
    directory: &'a OwnedFd,
    name: OsString,
    file: File,
    renamed: bool,
}

const CREATE: &str = "create a file beside it";

impl<'a> Temporary<'a> {
    /// A new, empty, locked file of a name that nobody has.
    fn create(directory: &'a OwnedFd) -> Result<Self, WriteError> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        check_directory(CREATE, directory)?;
        for _ in 0..100 {
            let name = TEMPORARY.fresh();
            let file = match rustix::fs::openat(directory, &name, flags, PRIVATE) {
                Ok(fd) => File::from(fd),
                Err(Errno::EXIST | Errno::INTR) => continue,
                Err(error) => return Err(refused(CREATE, error, directory, &name)),
            };
            let temporary = Self {
                directory,
                name,
                file,
                renamed: false,
            };
            if temporary.lock()? {
                return Ok(temporary);
            }
        }
        Err(WriteError::Other(
            "no free name for a file beside it".to_owned(),
        ))
    }

    /// Whether it is ours: another run that came in between takes it for left over.
    fn lock(&self) -> Result<bool, WriteError> {
        let locked = rustix::fs::flock(&self.file, FlockOperation::NonBlockingLockExclusive);
        // Some file systems have no locks: then nobody removes what is left over.
        let taken = locked == Err(Errno::WOULDBLOCK);
        let metadata = self.file.metadata().map_err(system("stat"))?;
        Ok(!taken && metadata.nlink() > 0)
    }

    fn fill(&self, bytes: &[u8], attributes: &Attributes) -> Result<(), WriteError> {
        // Before a byte is written: not every file system keeps what it is told.
        attributes.give(&self.file, attributes.of_file())?;
        (&self.file).write_all(bytes).map_err(system("write"))?;
        self.file.sync_all().map_err(system("fsync"))
    }

    fn become_file(mut self, name: &OsStr) -> Result<(), WriteError> {
        rustix::fs::renameat(self.directory, &self.name, self.directory, name)
            .map_err(|error| refused("rename", error, self.directory, name))?;
        self.renamed = true;
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.renamed {
            // Nothing can be done about a second failure, and the first one is reported.
            let _ = rustix::fs::unlinkat(self.directory, &self.name, AtFlags::empty());
        }
    }
}

/// Removes the temporary files of runs that were killed: those whose lock nobody holds.
fn remove_left_over(directory: &OwnedFd) {
    let Ok(entries) = Dir::read_from(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        // The lock is held until the name is gone, so that a run that has just made the file notices.
        if let Some(_locked) = left_over(directory, name) {
            // If somebody else was quicker, it is gone as it should be.
            let _ = rustix::fs::unlinkat(directory, name, AtFlags::empty());
        }
    }
}

/// A file of ours that nobody holds, locked.
fn left_over(directory: &OwnedFd, name: &CStr) -> Option<OwnedFd> {
    if !TEMPORARY.has(name.to_bytes()) {
        return None;
    }
    // For writing: over NFS a lock that excludes others needs that.
    let flags =
        OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(directory, name, flags, Mode::empty()).ok()?;
    let mode = rustix::fs::fstat(&file).ok()?.st_mode;
    if !FileType::from_raw_mode(mode).is_file() {
        return None;
    }
    rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).ok()?;
    Some(file)
}
