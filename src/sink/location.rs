//! Where a path leads, link by link and on open directories: nobody can swap a part of it meanwhile.

use std::ffi::{OsStr, OsString};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, PROC_SUPER_MAGIC, Stat};
use rustix::io::Errno;

use super::write_error::{WORKING_DIRECTORY, WriteError, system};
use crate::file::{is_trusted_owner, shown};

/// A name in a directory, and what stands there.
pub(super) struct Location {
    /// The directory; opened as a place, neither for reading nor for writing.
    pub(crate) directory: OwnedFd,
    /// The name in it.
    pub(crate) name: OsString,
    /// What has that name.
    pub(crate) occupant: Occupant,
}

/// What a result can be written to.
pub(super) enum Occupant {
    /// Nothing is there yet.
    Nothing,
    /// A regular file.
    File,
    /// A FIFO or a device.
    Stream(Identity),
    /// A link to an open descriptor, which the kernel alone can follow.
    Descriptor(Identity),
    /// A directory, opened as a place.
    Directory(OwnedFd),
}

/// By what one file differs from all others, whatever their names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    pub(crate) file_type: FileType,
}

impl From<&Stat> for Identity {
    fn from(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            file_type: FileType::from_raw_mode(stat.st_mode),
        }
    }
}

/// As many symbolic links the kernel follows, too.
const MOST_LINKS: usize = 40;

/// A directory, or anything else, as a place: neither for reading nor for writing.
const AS_PLACE: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

impl Location {
    /// Follows a path. A symbolic link that a stranger made is not followed, nor is a stranger's FIFO
    /// written to: where others write, they would send the secrets, or root's hand, elsewhere.
    pub(crate) fn find(path: &Path) -> Result<Self, WriteError> {
        let mut walk = Walk::new(path.as_os_str())?;
        loop {
            let name = walk.next();
            let opened = match walk.open(&name, OFlags::NOFOLLOW) {
                Err(Errno::NOENT) if walk.is_at_end() => {
                    return Ok(walk.end(name, Occupant::Nothing));
                }
                opened => opened.map_err(walk.error())?,
            };
            let stat = rustix::fs::fstat(&opened).map_err(walk.error())?;
            match FileType::from_raw_mode(stat.st_mode) {
                FileType::Symlink if !is_trusted_owner(stat.st_uid) => {
                    return Err(strange(&name, "symbolic link", &stat));
                }
                FileType::Symlink if walk.is_in_proc() => {
                    if walk.is_at_end() {
                        return walk.descriptor(name);
                    }
                    walk.directory = walk.open(&name, OFlags::DIRECTORY).map_err(walk.error())?;
                }
                FileType::Symlink => walk.turn(&opened)?,
                FileType::Directory if walk.is_at_end() => {
                    return Ok(walk.end(name, Occupant::Directory(opened)));
                }
                FileType::Directory => walk.directory = opened,
                _ if !walk.is_at_end() => return Err(walk.error()(Errno::NOTDIR)),
                FileType::RegularFile => return Ok(walk.end(name, Occupant::File)),
                FileType::Fifo if !is_trusted_owner(stat.st_uid) => {
                    return Err(strange(&name, "FIFO", &stat));
                }
                FileType::Fifo | FileType::CharacterDevice => {
                    return Ok(walk.end(name, Occupant::Stream(Identity::from(&stat))));
                }
                _ => return Err(neither()),
            }
        }
    }
}

impl Location {
    /// Whether it is the same name in the same directory.
    pub(crate) fn is(&self, other: &Self) -> bool {
        let directory = |location: &Self| {
            let stat = rustix::fs::fstat(&location.directory).ok()?;
            Some((stat.st_dev, stat.st_ino))
        };
        let one = directory(self);
        one.is_some() && one == directory(other) && self.name == other.name
    }
}

/// A path while it is followed.
struct Walk {
    directory: OwnedFd,
    /// What is left of it, the next name last.
    names: Vec<OsString>,
    links: usize,
}

impl Walk {
    fn new(path: &OsStr) -> Result<Self, WriteError> {
        // Whoever runs this may not be allowed into the working directory: only a relative path needs it.
        let (start, what) = match path.as_bytes() {
            [b'/', ..] => ("/", "its directory"),
            _ => (".", WORKING_DIRECTORY),
        };
        let flags = AS_PLACE | OFlags::DIRECTORY;
        let directory = rustix::fs::openat(CWD, start, flags, Mode::empty());
        let mut walk = Self {
            directory: directory.map_err(system(what))?,
            names: Vec::new(),
            links: 0,
        };
        walk.go(path);
        Ok(walk)
    }

    /// Goes on by this path.
    fn go(&mut self, path: &OsStr) {
        let bytes = path.as_bytes();
        // What ends with a slash is a directory, even where nothing is there.
        if bytes.ends_with(b"/") {
            self.names.push(".".into());
        }
        let names = bytes.split(|byte| *byte == b'/').rev();
        let names = names.filter(|name| !name.is_empty());
        self.names
            .extend(names.map(|name| OsStr::from_bytes(name).to_owned()));
    }

    /// Goes where a symbolic link says.
    fn turn(&mut self, link: &OwnedFd) -> Result<(), WriteError> {
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(WriteError::Other("too many symbolic links".to_owned()));
        }
        let target = rustix::fs::readlinkat(link, "", Vec::new()).map_err(system("readlink"))?;
        if target.as_bytes().starts_with(b"/") {
            self.directory = self.open("/", OFlags::DIRECTORY).map_err(self.error())?;
        }
        self.go(&OsString::from_vec(target.into_bytes()));
        Ok(())
    }

    fn next(&mut self) -> OsString {
        self.names.pop().unwrap_or_else(|| ".".into())
    }

    fn is_at_end(&self) -> bool {
        self.names.is_empty()
    }

    fn end(self, name: OsString, occupant: Occupant) -> Location {
        Location {
            directory: self.directory,
            name,
            occupant,
        }
    }

    fn open(&self, name: impl AsRef<Path>, flags: OFlags) -> rustix::io::Result<OwnedFd> {
        let name = name.as_ref();
        rustix::fs::openat(&self.directory, name, AS_PLACE | flags, Mode::empty())
    }

    fn error(&self) -> impl FnOnce(Errno) -> WriteError + use<> {
        system(if self.is_at_end() {
            "lookup"
        } else {
            "its directory"
        })
    }

    /// The text of a link to a descriptor is no path.
    fn is_in_proc(&self) -> bool {
        rustix::fs::fstatfs(&self.directory).is_ok_and(|stat| stat.f_type == PROC_SUPER_MAGIC)
    }

    fn descriptor(self, name: OsString) -> Result<Location, WriteError> {
        let stat = rustix::fs::statat(&self.directory, &name, AtFlags::empty());
        let identity = Identity::from(&stat.map_err(self.error())?);
        match identity.file_type {
            FileType::RegularFile | FileType::Fifo | FileType::CharacterDevice => {
                Ok(self.end(name, Occupant::Descriptor(identity)))
            }
            FileType::Directory => {
                let directory = self.open(&name, OFlags::DIRECTORY);
                let directory = directory.map_err(self.error())?;
                Ok(self.end(name, Occupant::Directory(directory)))
            }
            _ => Err(neither()),
        }
    }
}

fn strange(name: &OsStr, what: &'static str, stat: &Stat) -> WriteError {
    WriteError::Strange {
        name: shown(name),
        what,
        owner: stat.st_uid,
    }
}

fn neither() -> WriteError {
    WriteError::Other("it is neither a file nor a stream".to_owned())
}
