//! A file that has the content already, looked at on its open descriptor.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;

use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use zeroize::Zeroizing;

use super::WriteError;
use super::attributes::Attributes;

/// Such a file.
pub(super) struct Same {
    file: OwnedFd,
    stat: Stat,
}

impl Same {
    /// The file, if a new one in `home` would be no different: in doubt it is replaced.
    pub(crate) fn find(
        directory: &OwnedFd,
        name: &OsStr,
        bytes: &[u8],
        attributes: &Attributes,
        home: &Stat,
    ) -> Option<Self> {
        let (file, stat) = open_regular(directory, name)?;
        // Another name of the same file is somebody else's business.
        let is_alone =
            || stat.st_nlink == 1 || attributes.are_given(&file, attributes.of_file(), &stat);
        let same = is_alone()
            && attributes.can_be_given(&stat, home)
            && usize::try_from(stat.st_size) == Ok(bytes.len())
            && holds(&file, bytes)?;
        same.then_some(Self { file, stat })
    }

    /// Sets its mode and owner where they are others.
    pub(crate) fn give_again(&self, attributes: &Attributes) -> Result<(), WriteError> {
        attributes.give_again(&self.file, attributes.of_file(), &self.stat)
    }
}

/// Whether the file of this name has the content, whatever else it is like.
pub(super) fn holds_already(directory: &OwnedFd, name: &OsStr, bytes: &[u8]) -> bool {
    let Some((file, stat)) = open_regular(directory, name) else {
        return false;
    };
    usize::try_from(stat.st_size) == Ok(bytes.len()) && holds(&file, bytes) == Some(true)
}

/// A regular file, and nothing that a link leads to.
pub(super) fn open_regular(directory: &OwnedFd, name: &OsStr) -> Option<(OwnedFd, Stat)> {
    let flags =
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(directory, name, flags, Mode::empty()).ok()?;
    let stat = rustix::fs::fstat(&file).ok()?;
    let is_file = FileType::from_raw_mode(stat.st_mode).is_file();
    is_file.then_some((file, stat))
}

/// Whether these are its bytes, to the end.
fn holds(file: &OwnedFd, mut bytes: &[u8]) -> Option<bool> {
    let mut buffer = Zeroizing::new([0; 8192]);
    loop {
        match rustix::io::read(file, &mut buffer[..]) {
            Ok(0) => return Some(bytes.is_empty()),
            Ok(count) => match bytes.strip_prefix(&buffer[..count]) {
                Some(rest) => bytes = rest,
                None => return Some(false),
            },
            Err(Errno::INTR) => {}
            Err(_) => return None,
        }
    }
}
