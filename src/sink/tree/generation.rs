//! All files of one run: made, compared with those of the next, removed.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{AtFlags, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::super::attributes::{Attributes, PRIVATE};
use super::super::names::GENERATION;
use super::super::same::Same;
use super::super::write_error::{WriteError, system};
use super::{Vault, make, names, open};

/// A generation that does not count yet; gone when dropped before.
pub(super) struct Generation<'a> {
    /// The name of its directory.
    pub name: OsString,
    root: &'a OwnedFd,
    directory: OwnedFd,
    kept: bool,
}

impl<'a> Generation<'a> {
    /// A new one, with nothing in it.
    pub fn create(root: &'a OwnedFd) -> Result<Self, WriteError> {
        loop {
            let name = GENERATION.fresh();
            match make(root, &name) {
                Ok(directory) => {
                    return Ok(Self {
                        name,
                        root,
                        directory,
                        kept: false,
                    });
                }
                Err(Errno::EXIST | Errno::INTR) => {}
                Err(error) => return Err(system("create a directory in it")(error)),
            }
        }
    }

    /// Writes the files; they are on the disk then.
    pub fn fill(&self, vaults: &[Vault], attributes: &Attributes) -> Result<(), WriteError> {
        for (vault, files) in vaults {
            let directory =
                make(&self.directory, *vault).map_err(system("create a directory in it"))?;
            for file in files {
                write(&directory, file.secret, file.bytes, attributes)?;
            }
            finish(&directory, attributes)?;
        }
        finish(&self.directory, attributes)
    }

    /// Stays, under its name.
    pub fn keep(&mut self) -> OsString {
        self.kept = true;
        self.name.clone()
    }
}

impl Drop for Generation<'_> {
    fn drop(&mut self) {
        if !self.kept {
            remove(self.root, &self.name);
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
    file.write_all(bytes).map_err(system("write"))?;
    attributes.give(&file, attributes.of_file())?;
    file.sync_all().map_err(system("fsync"))
}

fn finish(directory: &OwnedFd, attributes: &Attributes) -> Result<(), WriteError> {
    attributes.give(directory, attributes.of_directory())?;
    // Some file systems cannot sync a directory.
    let _ = rustix::fs::fsync(directory);
    Ok(())
}

/// A generation of which a new one would be no different.
pub(super) struct Unchanged {
    files: Vec<Same>,
    directories: Vec<(OwnedFd, Stat)>,
}

impl Unchanged {
    /// This generation, if it is so: in doubt there is a new one.
    pub fn find(
        root: &OwnedFd,
        name: &OsStr,
        vaults: &[Vault],
        attributes: &Attributes,
    ) -> Option<Self> {
        let home = rustix::fs::fstat(root).ok()?;
        let mut unchanged = Self {
            files: Vec::new(),
            directories: Vec::new(),
        };
        let generation = open(root, name).ok()?;
        for (vault, files) in vaults {
            let directory = open(&generation, *vault).ok()?;
            for file in files {
                let name = OsStr::new(file.secret);
                let same = Same::find(&directory, name, file.bytes, attributes, &home)?;
                unchanged.files.push(same);
            }
            unchanged.add(directory, files.len(), attributes, &home)?;
        }
        unchanged.add(generation, vaults.len(), attributes, &home)?;
        Some(unchanged)
    }

    /// A directory with so much in it.
    fn add(
        &mut self,
        directory: OwnedFd,
        count: usize,
        attributes: &Attributes,
        home: &Stat,
    ) -> Option<()> {
        let stat = rustix::fs::fstat(&directory).ok()?;
        let same = attributes.can_be_given(&stat, home) && names(&directory).ok()?.len() == count;
        self.directories.push((directory, stat));
        same.then_some(())
    }

    /// Sets modes and owners where they are others.
    pub fn give_again(&self, attributes: &Attributes) -> Result<(), WriteError> {
        for file in &self.files {
            file.give_again(attributes)?;
        }
        for (directory, stat) in &self.directories {
            attributes.give_again(directory, attributes.of_directory(), stat)?;
        }
        Ok(())
    }
}

/// Removes a generation; what cannot be removed stays for the next run.
pub(super) fn remove(root: &OwnedFd, name: &OsStr) {
    empty(root, name, 1);
}

/// Empties a directory to a depth, and removes it.
fn empty(at: &OwnedFd, name: &OsStr, depth: usize) {
    if let Ok(directory) = open(at, name) {
        // Its mode may let nobody write to it, its owner included.
        let _ = rustix::fs::fchmod(&directory, Mode::RWXU);
        for name in names(&directory).unwrap_or_default() {
            let removed = rustix::fs::unlinkat(&directory, &name, AtFlags::empty());
            if removed.is_err() && depth > 0 {
                empty(&directory, OsStr::from_bytes(name.to_bytes()), depth - 1);
            }
        }
        let _ = rustix::fs::unlinkat(at, name, AtFlags::REMOVEDIR);
    }
}
