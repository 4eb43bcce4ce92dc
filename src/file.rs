//! Reading files that people name: bounded, within the deadline, checked on the open descriptor.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, StatVfsMountFlags};
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::buffer::Buffer;
use crate::deadline::Deadline;
use crate::error::escaped;
use crate::system::SystemError;

/// What is read, and what is known of it.
pub(crate) struct Content {
    /// The bytes, wiped on drop.
    pub(crate) bytes: Zeroizing<Vec<u8>>,
    /// Who else may read or write it.
    pub(crate) access: Access,
}

/// A file's owner and permissions at the moment it was open.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    mode: u32,
    owner: u32,
    is_on_read_only_mount: bool,
}

impl Access {
    /// Whether somebody who is neither the owner nor of the group may read it.
    pub(crate) fn is_readable_by_others(self) -> bool {
        self.mode & 0o004 != 0
    }

    /// Whether somebody besides the owner may write it.
    pub(crate) fn is_writable_by_others(self) -> bool {
        self.mode & 0o022 != 0
    }

    /// Whether it belongs to root or to the user who runs this.
    pub(crate) fn is_ours(self) -> bool {
        is_trusted_owner(self.owner)
    }

    /// What a person does about a mode that is too wide: what `chmod` takes, if it can be run here. `instead` is how
    /// the file is handed over otherwise.
    pub(crate) fn mode_hint(self, change: &str, path: &Path, instead: &str) -> String {
        let us = rustix::process::geteuid();
        if self.is_on_read_only_mount {
            format!(
                "nothing can be changed on a read-only mount: have it mounted with mode 0440 (Kubernetes: `defaultMode: 0440`), or {instead}"
            )
        } else if is_unmapped(self.owner) {
            format!("{UNKNOWN}: {instead}")
        } else if us.is_root() || self.owner == us.as_raw() {
            format!("`chmod {change} {}`", quoted(path))
        } else {
            format!(
                "as its owner: `chmod {change} {}`; or {instead}",
                quoted(path)
            )
        }
    }

    /// … about an owner that nobody trusts.
    pub(crate) fn owner_hint(self, path: &Path, instead: &str) -> String {
        if self.is_on_read_only_mount {
            format!(
                "nothing can be changed on a read-only mount: change it where it is mounted from, or {instead}"
            )
        } else if is_unmapped(self.owner) {
            format!("{UNKNOWN}: {instead}")
        } else if rustix::process::geteuid().is_root() {
            format!("`chown \"$(id -u)\" {}`", quoted(path))
        } else {
            format!("copy it into a file of your own, or {instead}")
        }
    }

    /// The permissions as `chmod` takes them.
    pub(crate) fn octal(self) -> String {
        format!("{:04o}", self.mode & 0o7777)
    }
}

const UNKNOWN: &str = "this container does not know its owner, and cannot change it";

/// Root, or the user who runs this.
pub(crate) fn is_trusted_owner(owner: u32) -> bool {
    owner == 0 || owner == rustix::process::geteuid().as_raw()
}

/// Whether a user namespace shows it in place of a user that it does not know, root perhaps.
pub(crate) fn is_unmapped(owner: u32) -> bool {
    let read = |path| std::fs::read_to_string(path).unwrap_or_default();
    let overflow = read("/proc/sys/kernel/overflowuid");
    let map = read("/proc/self/uid_map");
    let knows_all = map.split_whitespace().eq(["0", "0", "4294967295"]);
    overflow.trim().parse() == Ok(owner) && !map.is_empty() && !knows_all
}

/// Why a file could not be read; to follow its name.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// It is a directory.
    Directory,
    /// It, or a directory on the way, is a symbolic link, where none may be.
    Link,
    /// It is no regular file, where nothing else may be.
    Special,
    /// It has more bytes than this.
    TooLarge(usize),
    /// Nothing came before the deadline, which is so many seconds.
    Late(String),
    /// What the system says of the directory in which a relative path begins.
    WorkingDirectory(io::Error),
    /// What the system says.
    System(io::Error),
}

impl ReadError {
    /// Whether there is no such file.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Self::System(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// Whether the user lacks a right that another has.
    pub(crate) fn is_denied(&self) -> bool {
        matches!(self, Self::System(error) if error.kind() == io::ErrorKind::PermissionDenied)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory => f.write_str("it is a directory"),
            Self::Link => f.write_str("it, or a folder of it, is a symbolic link"),
            Self::Special => f.write_str("it is not a regular file"),
            Self::TooLarge(most) => write!(f, "it is larger than {most} bytes"),
            Self::Late(within) => write!(f, "nothing came from it within {within} (`--timeout`)"),
            Self::WorkingDirectory(error) => {
                write!(f, "the working directory: {}", SystemError(error))
            }
            Self::System(error) => SystemError(error).fmt(f),
        }
    }
}

impl<E: Into<io::Error>> From<E> for ReadError {
    fn from(error: E) -> Self {
        Self::System(error.into())
    }
}

/// Reads a file, a FIFO or a process substitution of at most `most` bytes.
pub(crate) fn read(path: &Path, most: usize, deadline: &Deadline) -> Result<Content, ReadError> {
    // Not blocking: a FIFO that nobody writes to must not hold the run at `open`.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(CWD, path, flags, Mode::empty())
        .map_err(|error| of_working_directory(path).unwrap_or(error.into()))?;
    let stat = rustix::fs::fstat(&file)?;
    let size = match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => return Err(ReadError::Directory),
        FileType::RegularFile => usize::try_from(stat.st_size).unwrap_or(usize::MAX),
        _ => 0,
    };
    let access = Access {
        mode: stat.st_mode,
        owner: stat.st_uid,
        is_on_read_only_mount: rustix::fs::fstatvfs(&file)
            .is_ok_and(|mount| mount.f_flag.contains(StatVfsMountFlags::RDONLY)),
    };
    // One more than there is shows its end.
    let buffer = Buffer::with_room(size.min(most) + 1);
    Ok(Content {
        bytes: read_to_end(file.as_fd(), buffer, most, deadline)?,
        access,
    })
}

/// Why nothing that begins in the working directory is found, where that is so.
pub(crate) fn of_working_directory(path: &Path) -> Option<ReadError> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let error = rustix::fs::openat(CWD, ".", flags, Mode::empty()).err()?;
    path.is_relative()
        .then(|| ReadError::WorkingDirectory(error.into()))
}

/// Reads a regular file where its absolute path leads without any link: each directory is opened in the one
/// before, so that whoever exchanges one of them in between does not lead elsewhere.
pub(crate) fn read_in_place(
    path: &Path,
    most: usize,
    deadline: &Deadline,
) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    let on_the_way = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let at_the_end =
        OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let mut names = path.components().skip(1).peekable();
    let mut place = rustix::fs::openat(CWD, "/", on_the_way, Mode::empty())?;
    while let Some(name) = names.next() {
        let is_last = names.peek().is_none();
        let flags = if is_last { at_the_end } else { on_the_way };
        let name = name.as_os_str();
        place = match rustix::fs::openat(&place, name, flags, Mode::empty()) {
            Ok(opened) => opened,
            // A link is no directory, either.
            Err(Errno::LOOP) => return Err(ReadError::Link),
            Err(Errno::NOTDIR) if is_link(&place, name) => return Err(ReadError::Link),
            Err(error) => return Err(error.into()),
        };
    }
    let stat = rustix::fs::fstat(&place)?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Err(ReadError::Directory),
        _ => return Err(ReadError::Special),
    }
    read_to_end(place.as_fd(), Buffer::with_room(most + 1), most, deadline)
}

fn is_link(place: &OwnedFd, name: &OsStr) -> bool {
    let stat = rustix::fs::statat(place, name, AtFlags::SYMLINK_NOFOLLOW);
    stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
}

/// Reads standard input to its end.
pub(crate) fn read_stdin(
    most: usize,
    deadline: &Deadline,
) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    // Not through its buffer, which is never wiped.
    read_to_end(io::stdin().as_fd(), Buffer::default(), most, deadline)
}

fn read_to_end(
    fd: BorrowedFd,
    mut buffer: Buffer,
    most: usize,
    deadline: &Deadline,
) -> Result<Zeroizing<Vec<u8>>, ReadError> {
    while buffer.as_slice().len() <= most {
        if !wait(fd, PollFlags::IN, deadline) {
            return Err(ReadError::Late(deadline.seconds()));
        }
        match buffer.fill(|room| rustix::io::read(fd, room)) {
            Ok(0) => return Ok(buffer.into_bytes()),
            Ok(_) | Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ReadError::TooLarge(most))
}

/// Waits until the descriptor is ready (or at its end); `false` if it is not once the deadline has
/// passed. A regular file is always ready.
pub(crate) fn wait(fd: BorrowedFd, what: PollFlags, deadline: &Deadline) -> bool {
    loop {
        let left = deadline.left();
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        match poll(&mut [PollFd::from_borrowed_fd(fd, what)], Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) if left.is_zero() => return false,
            Ok(0) | Err(Errno::INTR) => {}
            // An error on the descriptor shows when it is used.
            Ok(_) | Err(_) => return true,
        }
    }
}

/// A path as it may be shown.
pub(crate) fn shown(path: impl AsRef<OsStr>) -> String {
    let mut shown = String::new();
    for chunk in path.as_ref().as_bytes().utf8_chunks() {
        shown.push_str(&escaped(chunk.valid()));
        shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    shown
}

/// How a file is handed over without its mode and owner.
pub(crate) fn on_stdin(path: &Path) -> String {
    format!(
        "give `-` in place of its path, and the file on standard input (`<{}`)",
        quoted(path)
    )
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let shown = shown(path);
    let is_plain = |c: char| c.is_alphanumeric() || "_-./+:@%,".contains(c);
    if shown.chars().all(is_plain) && !shown.starts_with('-') {
        shown
    } else {
        let dashes = if shown.starts_with('-') { "./" } else { "" };
        format!("'{dashes}{}'", shown.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn root_and_we_are_trusted() {
        let us = rustix::process::geteuid().as_raw();
        assert!(is_trusted_owner(us));
        assert!(is_trusted_owner(0));
        assert!(!is_trusted_owner(us + 1));
    }

    #[test]
    fn a_path_is_quoted_for_a_shell() {
        for (path, word) in [
            ("/run/x/c.json", "/run/x/c.json"),
            ("my file", "'my file'"),
            ("it's", "'it'\\''s'"),
            ("$(id)", "'$(id)'"),
            ("-c", "'./-c'"),
        ] {
            assert_eq!(quoted(Path::new(path)), word);
        }
    }

    #[test]
    fn as_much_as_is_allowed_is_read_and_no_more() {
        let deadline = Deadline::new(Instant::now(), Duration::from_secs(60));
        let path = std::env::temp_dir().join(format!("akv-xsoar-{}", std::process::id()));
        for size in [0, 1, 4095, 4096, 4097, 100_000] {
            std::fs::write(&path, vec![b'x'; size]).unwrap();
            let bytes = read(&path, size, &deadline).unwrap().bytes;
            assert_eq!(bytes.len(), size);
            let most = size.saturating_sub(1);
            let error = read(&path, most, &deadline).err().map(|e| e.to_string());
            let expected = (size > 0).then(|| format!("it is larger than {most} bytes"));
            assert_eq!(error, expected);
        }
        std::fs::remove_file(&path).unwrap();
        for (path, words) in [
            ("/", "it is a directory"),
            ("/nowhere/x", "no such file or directory"),
        ] {
            let error = read(Path::new(path), 9, &deadline).err().unwrap();
            assert_eq!(error.to_string(), words);
        }
    }
}
