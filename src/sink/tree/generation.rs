//! All files of one run: made, and removed.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;

use super::super::attributes::{Attributes, PRIVATE};
use super::super::names::GENERATION;
use super::super::refused::{check_directory, refused};
use super::super::write_error::{WriteError, system};
use super::lock::Lock;
use super::record::Record;
use super::{Vault, make, open};

/// A generation that does not count yet; gone when dropped before.
pub(super) struct Generation<'a> {
    /// The name of its directory.
    pub(crate) name: OsString,
    root: &'a OwnedFd,
    directory: OwnedFd,
    vaults: &'a [Vault<'a>],
    attributes: &'a Attributes,
    kept: bool,
}

const CREATE: &str = "create a directory in it";

impl<'a> Generation<'a> {
    /// A new one, with nothing in it. The lock that is held remembers it, should this run be killed at once.
    pub(crate) fn create(
        root: &'a OwnedFd,
        vaults: &'a [Vault<'a>],
        attributes: &'a Attributes,
        lock: Option<&Lock>,
    ) -> Result<Self, WriteError> {
        check_directory(CREATE, root)?;
        loop {
            let name = GENERATION.fresh();
            if let Some(lock) = lock {
                lock.note(&name).map_err(system("write"))?;
            }
            match make(root, &name) {
                Ok(directory) => {
                    let generation = Self {
                        name,
                        root,
                        directory,
                        vaults,
                        attributes,
                        kept: false,
                    };
                    attributes.check_new(&generation.directory)?;
                    Record::write(&generation.directory, &generation.name, vaults)?;
                    return Ok(generation);
                }
                Err(Errno::EXIST | Errno::INTR) => {}
                Err(error) => return Err(refused(CREATE, error, root, &name)),
            }
        }
    }

    /// Writes the files; they are on the disk then.
    pub(crate) fn fill(&self) -> Result<(), WriteError> {
        let attributes = self.attributes;
        for (vault, files) in self.vaults {
            let directory = make(&self.directory, *vault).map_err(system(CREATE))?;
            attributes.check_new(&directory)?;
            for file in files {
                write(&directory, file.secret, file.bytes, attributes)?;
            }
            finish(&directory, attributes)?;
        }
        finish(&self.directory, attributes)
    }

    /// Stays, under its name.
    pub(crate) fn keep(&mut self) -> OsString {
        self.kept = true;
        self.name.clone()
    }
}

impl Drop for Generation<'_> {
    fn drop(&mut self) {
        if !self.kept {
            remove_noted(self.root, &self.name, self.attributes);
            // There may be nothing in it yet, nor a record.
            let _ = rustix::fs::unlinkat(self.root, &self.name, AtFlags::REMOVEDIR);
        }
    }
}

fn write(
    directory: &OwnedFd,
    name: &str,
    bytes: &[u8],
    attributes: &Attributes,
) -> Result<(), WriteError> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(directory, name, flags, PRIVATE);
    let mut file = File::from(file.map_err(system("create a file in it"))?);
    // Before a byte is written: not every file system keeps what it is told.
    attributes.give(&file, attributes.of_file())?;
    file.write_all(bytes).map_err(system("write"))?;
    file.sync_all().map_err(system("fsync"))
}

fn finish(directory: &OwnedFd, attributes: &Attributes) -> Result<(), WriteError> {
    attributes.give(directory, attributes.of_directory())?;
    // Some file systems cannot sync a directory.
    let _ = rustix::fs::fsync(directory);
    Ok(())
}

/// Removes a generation that is known to be one; what cannot be removed stays for the next run.
pub(super) fn remove(root: &OwnedFd, name: &OsStr, attributes: &Attributes, lock: &Lock) {
    // Where the disk is full this is what makes room.
    let _ = lock.note(name);
    remove_noted(root, name, attributes);
}

fn remove_noted(root: &OwnedFd, name: &OsStr, attributes: &Attributes) {
    let Ok(generation) = open(root, name) else {
        return;
    };
    let Some(record) = Record::read(root, &generation, name, attributes) else {
        return;
    };
    let _ = rustix::fs::fchmod(&generation, Mode::RWXU);
    if record.remove_listed(&generation) {
        let _ = rustix::fs::unlinkat(&generation, name, AtFlags::empty());
        match rustix::fs::unlinkat(root, name, AtFlags::REMOVEDIR) {
            // What somebody put there keeps it.
            Ok(()) | Err(Errno::NOTEMPTY | Errno::EXIST | Errno::NOENT) => {}
            // The next run is to know it.
            Err(_) => _ = Record::write(&generation, name, &[]),
        }
    }
}

/// Whether it is a generation.
pub(super) fn is_one(root: &OwnedFd, name: &OsStr, attributes: &Attributes) -> bool {
    let record = |generation| Record::read(root, &generation, name, attributes);
    open(root, name).ok().and_then(record).is_some()
}
