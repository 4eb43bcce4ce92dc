//! Symbolic links in the directory, made under a name of their own before they get the one they are for.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use rustix::fs::{AtFlags, FileType};
use rustix::io::Errno;

use super::super::names::LINK;
use super::super::refused::refused;
use super::super::write_error::{WriteError, system};

/// What has a name.
pub(super) enum Slot {
    Free,
    /// A symbolic link with this text.
    Link(OsString),
    /// Anything else has it.
    Taken,
}

/// Looks at a name.
pub(super) fn read(directory: &OwnedFd, name: impl AsRef<Path>) -> Result<Slot, WriteError> {
    match rustix::fs::readlinkat(directory, name.as_ref(), Vec::new()) {
        Ok(text) => Ok(Slot::Link(OsString::from_vec(text.into_bytes()))),
        Err(Errno::NOENT) => Ok(Slot::Free),
        Err(Errno::INVAL) => Ok(Slot::Taken),
        Err(error) => Err(system("lookup")(error)),
    }
}

/// Removes a symbolic link, and nothing else.
pub(super) fn remove(
    directory: &OwnedFd,
    name: impl rustix::path::Arg + Copy,
) -> rustix::io::Result<()> {
    let stat = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(stat.st_mode).is_symlink() {
        rustix::fs::unlinkat(directory, name, AtFlags::empty())?;
    }
    Ok(())
}

/// A link that has not got its name yet; gone when dropped before.
pub(super) struct Link<'a> {
    directory: &'a OwnedFd,
    name: OsString,
    renamed: bool,
}

impl<'a> Link<'a> {
    /// A link that leads there.
    pub(crate) fn new(
        directory: &'a OwnedFd,
        target: impl AsRef<OsStr>,
    ) -> Result<Self, WriteError> {
        loop {
            let name = LINK.fresh();
            match rustix::fs::symlinkat(target.as_ref(), directory, &name) {
                Ok(()) => {
                    return Ok(Self {
                        directory,
                        name,
                        renamed: false,
                    });
                }
                Err(Errno::EXIST | Errno::INTR) => {}
                Err(error) => return Err(system("create a link in it")(error)),
            }
        }
    }

    /// Takes the name, and the place of a link that had it.
    pub(crate) fn become_named(mut self, name: &str) -> Result<(), WriteError> {
        rustix::fs::renameat(self.directory, &self.name, self.directory, name)
            .map_err(|error| refused("rename", error, self.directory, OsStr::new(name)))?;
        self.renamed = true;
        Ok(())
    }

    /// Takes a name that nobody has, for as long as the result is not dropped.
    pub(crate) fn become_new(self, name: &'a str) -> Result<Named<'a>, WriteError> {
        let directory = self.directory;
        self.become_named(name)?;
        Ok(Named {
            directory,
            name,
            kept: false,
        })
    }
}

/// A link with a name that nobody had before; gone when dropped before it is kept.
pub(super) struct Named<'a> {
    directory: &'a OwnedFd,
    name: &'a str,
    kept: bool,
}

impl Named<'_> {
    /// Stays.
    pub(crate) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Named<'_> {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing can be done about a second failure, and the first one is reported.
            let _ = remove(self.directory, self.name);
        }
    }
}

impl Drop for Link<'_> {
    fn drop(&mut self) {
        if !self.renamed {
            // Nothing can be done about a second failure, and the first one is reported.
            let _ = rustix::fs::unlinkat(self.directory, &self.name, AtFlags::empty());
        }
    }
}
