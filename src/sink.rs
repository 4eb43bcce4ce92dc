//! Where the result goes: standard output, a file that is whole or untouched, or a directory of files.
//!
//! A path is followed (`place`) to a directory and a name in it. A file there is replaced (`replace`):
//! written under another name beside it, and renamed once its bytes are on the disk, with the
//! permissions and the owner that were asked for (`attributes`, `owner`); one that has the content
//! already can stay (`same`). A FIFO, a device or a descriptor is written as it is (`stream`). Nothing
//! is opened before there is something to write. A directory (`tree`) gets all its files at once. What a run
//! says of itself is a file for everybody's eyes (`status`).
//!
//! A descriptor that is closed when the program starts cannot be told from `/dev/null`: Rust opens
//! that in its place before `main`, so that no other file of ours gets its number.

mod attributes;
mod location;
mod names;
mod owner;
mod refused;
mod replace;
mod same;
mod status;
mod stream;
mod tree;
mod write_error;

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, OFlags};
use rustix::io::Errno;

pub(crate) use attributes::{Attributes, Permissions};
pub(crate) use owner::Owner;
pub(crate) use status::{Before, StatusFile};
pub(crate) use tree::{Entry, Tree};

use crate::deadline::Deadline;
use crate::error::Error;
use crate::file::shown;
use location::{Location, Occupant};
use stream::{write_special, write_stdout, write_stream};
use write_error::{WriteError, system};

/// Where a document goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sink {
    Stdout,
    /// A path, and what a file there is to be like.
    Path(PathBuf, Attributes),
}

/// What a whole write came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// Every byte is where it belongs.
    All,
    /// It was there already, byte for byte.
    Already,
    /// Whoever read standard output has gone, as `head` does.
    ReaderGone,
}

impl Sink {
    /// The sink of an `--output`.
    pub(crate) fn new(path: PathBuf, attributes: Attributes) -> Self {
        if is_stdout(&path) {
            Self::Stdout
        } else {
            Self::Path(path, attributes)
        }
    }

    /// Writes the whole document. After an error a file that was there before is as it was.
    pub(crate) fn write(&self, bytes: &[u8], deadline: &Deadline) -> Result<Written, Error> {
        let result = match self {
            Self::Stdout => write_stdout(bytes, deadline).map(|()| Written::All),
            Self::Path(path, attributes) => write_path(path, attributes, bytes, deadline),
        };
        match result {
            Ok(written) => Ok(written),
            Err(WriteError::ReaderGone) if *self == Self::Stdout => Ok(Written::ReaderGone),
            Err(error) => Err(error.error(self.path(), deadline)),
        }
    }

    /// Whether [`Sink::write`] has a place to write to, and what is there. Changes nothing: a file
    /// beside it is made, with the mode and the owner that were asked for, and removed again.
    pub(crate) fn probe(&self, deadline: &Deadline) -> Result<String, Error> {
        match self {
            Self::Stdout => Ok("standard output".to_owned()),
            Self::Path(path, attributes) => match probe_path(path, attributes) {
                Ok(found) => Ok(format!("`{}`: {found}", shown(path))),
                Err(error) => Err(error.error(self.path(), deadline)),
            },
        }
    }

    fn path(&self) -> Option<&Path> {
        match self {
            Self::Stdout => None,
            Self::Path(path, _) => Some(path),
        }
    }
}

/// `-` and the names of standard output's descriptor.
fn is_stdout(path: &Path) -> bool {
    let names = ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
    names
        .iter()
        .any(|name| path.as_os_str() == OsStr::new(name))
}

fn write_path(
    path: &Path,
    attributes: &Attributes,
    bytes: &[u8],
    deadline: &Deadline,
) -> Result<Written, WriteError> {
    let location = Location::find(path)?;
    let (looked_at, flags) = match location.occupant {
        Occupant::Nothing | Occupant::File => {
            return replace::replace(&location.directory, &location.name, bytes, attributes);
        }
        Occupant::Directory(_) => return Err(directory()),
        Occupant::Stream(looked_at) => (looked_at, OFlags::NOFOLLOW),
        // Its file may have been written to before, and what was written stays.
        Occupant::Descriptor(looked_at) => (looked_at, OFlags::APPEND),
    };
    check_special(attributes)?;
    write_special(&location, looked_at, flags, bytes, deadline)?;
    Ok(Written::All)
}

fn probe_path(path: &Path, attributes: &Attributes) -> Result<&'static str, WriteError> {
    let location = Location::find(path)?;
    let name = location.name.as_os_str();
    let (there, found) = match location.occupant {
        Occupant::Nothing => (None, "a new file"),
        Occupant::File => (Some(name), "a file, which is replaced"),
        Occupant::Directory(_) => return Err(directory()),
        Occupant::Stream(_) | Occupant::Descriptor(_) => {
            check_special(attributes)?;
            let may = rustix::fs::accessat(
                &location.directory,
                name,
                Access::WRITE_OK,
                AtFlags::EACCESS,
            );
            // Whatever else it says, a filter of a container's may have said.
            if may == Err(Errno::ACCESS) {
                return Err(system("open")(Errno::ACCESS));
            }
            return Ok("not a regular file: it is written to directly");
        }
    };
    replace::probe(&location.directory, there, attributes)?;
    Ok(found)
}

/// What is no file is somebody else's: neither its permissions nor its owner is for us to set.
fn check_special(attributes: &Attributes) -> Result<(), WriteError> {
    if attributes.are_for_files() {
        return Err(WriteError::NoFile);
    }
    Ok(())
}

fn directory() -> WriteError {
    WriteError::Other("it is a directory".to_owned())
}

/// What a probe writes: where there is no room for it, there is none for a file. No zeros, of which some
/// file systems store none.
const BLOCK: [u8; 4096] = [b'#'; 4096];

/// Writes a message to standard error. What nobody takes before the deadline is dropped.
pub(crate) fn tell(text: &str, deadline: &Deadline) {
    let _ = write_stream(io::stderr(), text.as_bytes(), deadline);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_of_files_is_never_standard_output() {
        for (path, stdout) in [
            ("-", true),
            ("/dev/stdout", true),
            ("/dev/fd/1", true),
            ("/proc/self/fd/1", true),
            ("./-", false),
            ("/dev/fd/2", false),
            ("stdout", false),
            ("", false),
        ] {
            let sink = Sink::new(path.into(), Attributes::default());
            assert_eq!(sink == Sink::Stdout, stdout, "{path}");
            let tree = Tree::new(path.into(), Attributes::default());
            assert_eq!(tree.is_none(), stdout, "{path}");
        }
    }
}
