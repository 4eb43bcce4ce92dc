//! The directory itself: found, or made for this.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{Access, AtFlags, Mode};
use rustix::io::Errno;

use super::super::attributes::Attributes;
use super::super::location::{Location, Occupant};
use super::super::write_error::{WriteError, system};
use super::{DATA, link, make, open};

/// The directory while we are at work in it.
pub(super) struct Root {
    /// Opened for reading.
    pub(crate) directory: OwnedFd,
    state: State,
}

enum State {
    /// It was there, and is as it was.
    Found,
    /// It was there, and its owner, who is us, may not write to it but for now.
    Opened(Mode),
    /// It was not there; gone when dropped before it is finished.
    Made { parent: OwnedFd, name: OsString },
}

impl Root {
    /// Follows the path to it.
    pub(crate) fn find(path: &Path, attributes: &Attributes) -> Result<Self, WriteError> {
        let path = without_slashes(path);
        loop {
            let location = Location::find(path)?;
            match location.occupant {
                Occupant::Directory(directory) => {
                    let directory = open(&directory, ".").map_err(system("open"))?;
                    let state = State::Found;
                    return Ok(Self { directory, state });
                }
                Occupant::Nothing => match make(&location.directory, &location.name) {
                    Ok(directory) => {
                        let (parent, name) = (location.directory, location.name);
                        let state = State::Made { parent, name };
                        let root = Self { directory, state };
                        attributes.check_new(&root.directory)?;
                        return Ok(root);
                    }
                    // Another run was quicker.
                    Err(Errno::EXIST) => {}
                    Err(error) => return Err(system("create the directory")(error)),
                },
                _ => return Err(WriteError::Other("it is not a directory".to_owned())),
            }
        }
    }

    /// A directory that was made by a run with, say, `--mode 400` lets nobody write, the next run included:
    /// it lets us now.
    pub(crate) fn open(&mut self) -> Result<(), WriteError> {
        let stat = rustix::fs::fstat(&self.directory).map_err(system("stat"))?;
        let mode = Mode::from_raw_mode(stat.st_mode & 0o7777);
        let ours = stat.st_uid == rustix::process::geteuid().as_raw();
        let may = rustix::fs::accessat(&self.directory, ".", Access::WRITE_OK, AtFlags::EACCESS);
        let locked = ours && !mode.contains(Mode::WUSR) && may == Err(Errno::ACCESS);
        if locked && matches!(link::read(&self.directory, DATA)?, link::Slot::Link(_)) {
            let open = mode | Mode::WUSR;
            rustix::fs::fchmod(&self.directory, open).map_err(system("chmod"))?;
            self.state = State::Opened(mode);
        }
        Ok(())
    }

    /// What it was before.
    pub(crate) fn found(&self) -> &'static str {
        match self.state {
            State::Found | State::Opened(_) => "a directory",
            State::Made { .. } => "a new directory",
        }
    }

    /// Whether it was made for this, and is not finished.
    pub(crate) fn is_made(&self) -> bool {
        matches!(self.state, State::Made { .. })
    }

    /// Stays, with what was put into it.
    pub(crate) fn finish(&mut self, attributes: &Attributes) -> Result<(), WriteError> {
        if let State::Made { parent, .. } = &self.state {
            attributes.give(&self.directory, attributes.of_directory())?;
            // Some file systems cannot sync a directory; it is there all the same.
            let _ = open(parent, ".").map(rustix::fs::fsync);
            self.state = State::Found;
        }
        Ok(())
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // Nothing can be done about a second failure, and the first one is reported.
        let _ = match &self.state {
            State::Found => Ok(()),
            State::Opened(mode) => rustix::fs::fchmod(&self.directory, *mode),
            State::Made { parent, name } => rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR),
        };
    }
}

/// `DIR/` is the same, even where it is not there yet.
fn without_slashes(path: &Path) -> &Path {
    let bytes = path.as_os_str().as_bytes();
    let end = bytes.iter().rposition(|byte| *byte != b'/');
    let end = end.map_or(bytes.len().min(1), |last| last + 1);
    Path::new(OsStr::from_bytes(&bytes[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_at_the_end_say_nothing() {
        for (path, without) in [
            ("a/b", "a/b"),
            ("a/b/", "a/b"),
            ("a/b//", "a/b"),
            ("/", "/"),
            ("//", "/"),
            ("/a/", "/a"),
            ("", ""),
        ] {
            assert_eq!(without_slashes(Path::new(path)), Path::new(without));
        }
    }
}
