//! The file of a status: for everybody's eyes, replaced as a whole, and read by the next run.

use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::io::Errno;

use super::attributes::{Attributes, Permissions};
use super::location::{Location, Occupant};
use super::same::open_regular;
use super::write_error::WriteError;
use super::{directory, is_stdout, replace};
use crate::deadline::Deadline;
use crate::error::Error;
use crate::file::{is_trusted_owner, shown};

/// A path where a status is kept.
#[derive(Clone, Debug)]
pub(crate) struct StatusFile(PathBuf);

/// What stands there before a status is written.
pub(crate) enum Before {
    /// Nothing yet.
    Nothing,
    /// These bytes, which nobody wrote who could not have put others in their place.
    Bytes(Vec<u8>),
    /// Something that says nothing: it is a stranger's, too large, no file.
    Other,
}

impl StatusFile {
    /// That of a `--status`, unless it is standard output.
    pub(crate) fn new(path: PathBuf) -> Option<Self> {
        (!is_stdout(&path)).then_some(Self(path))
    }

    /// Whether a path leads to the same place.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        if is_stdout(path) {
            return false;
        }
        let places = (Location::find(&self.0), Location::find(path));
        self.0 == path || matches!(places, (Ok(one), Ok(other)) if one.is(&other))
    }

    /// What is there already, if it has no more than `most` bytes.
    pub(crate) fn read(&self, most: usize) -> Before {
        match Location::find(&self.0) {
            Ok(location) => match location.occupant {
                Occupant::Nothing => Before::Nothing,
                Occupant::File => bytes(&location, most).map_or(Before::Other, Before::Bytes),
                // To open a device may do something.
                _ => Before::Other,
            },
            // To write there will tell why.
            Err(_) => Before::Nothing,
        }
    }

    /// Puts these bytes in the place of what is there.
    pub(crate) fn write(&self, bytes: &[u8], deadline: &Deadline) -> Result<(), Error> {
        let written = self.location().and_then(|location| {
            replace::replace(&location.directory, &location.name, bytes, &attributes())
        });
        written
            .map(drop)
            .map_err(|cause| self.error(cause, deadline))
    }

    /// Whether [`StatusFile::write`] can do so, and what is there. Changes nothing.
    pub(crate) fn probe(&self, deadline: &Deadline) -> Result<String, Error> {
        let probed = self.location().and_then(|location| {
            let (there, found) = match location.occupant {
                Occupant::File => (Some(location.name.as_os_str()), "a file, which is replaced"),
                _ => (None, "a new file"),
            };
            replace::probe(&location.directory, there, &attributes())?;
            Ok(format!("`{}`: {found}", shown(&self.0)))
        });
        probed.map_err(|cause| self.error(cause, deadline))
    }

    /// What is said where it is not written; `cause` follows.
    pub(crate) fn operation(&self) -> String {
        format!("cannot write the status `{}`", shown(&self.0))
    }

    /// A place for a file, and for nothing else: a stream cannot be replaced.
    fn location(&self) -> Result<Location, WriteError> {
        let location = Location::find(&self.0)?;
        match location.occupant {
            Occupant::Nothing | Occupant::File => Ok(location),
            Occupant::Directory(_) => Err(directory()),
            Occupant::Stream(_) | Occupant::Descriptor(_) => {
                Err(WriteError::Other("it is not a regular file".to_owned()))
            }
        }
    }

    fn error(&self, cause: WriteError, deadline: &Deadline) -> Error {
        cause.error(Some(&self.0), deadline).of(self.operation())
    }
}

fn attributes() -> Attributes {
    Attributes {
        permissions: Permissions::parse("0644"),
        ..Attributes::default()
    }
}

/// The content of a file that is not a stranger's. Whoever owns the directory could have replaced it anyway.
fn bytes(location: &Location, most: usize) -> Option<Vec<u8>> {
    let (file, stat) = open_regular(&location.directory, &location.name)?;
    let home = rustix::fs::fstat(&location.directory).ok()?;
    let others = Mode::WGRP | Mode::WOTH;
    let is_trusted = is_trusted_owner(stat.st_uid) || stat.st_uid == home.st_uid;
    let is_open = Mode::from_raw_mode(stat.st_mode).intersects(others);
    let size = usize::try_from(stat.st_size).ok()?;
    if !is_trusted || is_open || size > most {
        return None;
    }
    let mut bytes = vec![0; size];
    let mut length = 0;
    while let Some(room) = bytes.get_mut(length..).filter(|room| !room.is_empty()) {
        match rustix::io::read(&file, room) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(Errno::INTR) => {}
            Err(_) => return None,
        }
    }
    bytes.truncate(length);
    Some(bytes)
}
