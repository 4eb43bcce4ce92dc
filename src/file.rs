//! Reading files that people name: bounded, within the deadline, checked on the open descriptor.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags, StatVfsMountFlags};
use rustix::io::Errno;
use zeroize::{Zeroize, Zeroizing};

use crate::deadline::Deadline;

/// What is read, and what is known of it.
pub struct Content {
    /// The bytes, wiped on drop.
    pub bytes: Zeroizing<Vec<u8>>,
    /// Who else may read or write it.
    pub access: Access,
}

/// A file's owner and permissions at the moment it was open.
#[derive(Clone, Copy, Debug)]
pub struct Access {
    mode: u32,
    owner: u32,
    /// Whether nobody can change it where it is mounted.
    read_only: bool,
}

impl Access {
    /// Whether somebody who is neither the owner nor of the group may read it.
    #[must_use]
    pub fn is_readable_by_others(self) -> bool {
        self.mode & 0o004 != 0
    }

    /// Whether somebody besides the owner may write it.
    #[must_use]
    pub fn is_writable_by_others(self) -> bool {
        self.mode & 0o022 != 0
    }

    /// Whether it belongs to root or to the user who runs this.
    #[must_use]
    pub fn is_ours(self) -> bool {
        is_trusted_owner(self.owner)
    }

    /// What to do where mode and owner cannot be changed: `instead` is the way without a file.
    pub(crate) fn fixed_hint(self, instead: &str) -> Option<String> {
        if self.read_only {
            return Some(format!(
                "it cannot be changed on a read-only mount: in Kubernetes mount it with `defaultMode: 0440`, or use {instead}"
            ));
        }
        if self.owner == OVERFLOW && !self.is_ours() {
            return Some(format!(
                "in a user namespace (a rootless container) files of users outside belong to {OVERFLOW}: copy it inside, or use {instead}"
            ));
        }
        let mine = self.owner == rustix::process::geteuid().as_raw();
        (!mine && !rustix::process::geteuid().is_root())
            .then(|| format!("its owner must change that, or use {instead}"))
    }

    /// The permissions as `chmod` takes them.
    #[must_use]
    pub fn octal(self) -> String {
        format!("{:04o}", self.mode & 0o7777)
    }
}

/// Who files belong to whose owner a user namespace does not know (`/proc/sys/kernel/overflowuid`).
const OVERFLOW: u32 = 65534;

/// Root, or the user who runs this.
#[must_use]
pub fn is_trusted_owner(owner: u32) -> bool {
    owner == 0 || owner == rustix::process::geteuid().as_raw()
}

/// Why a file could not be read, in words to follow its name.
pub type Problem = String;

/// Reads a file, a FIFO or a process substitution of at most `most` bytes.
///
/// # Errors
/// What the system says, a directory, too large, or nothing came before the deadline.
pub fn read(path: &Path, most: usize, deadline: &Deadline) -> Result<Content, Problem> {
    // Not blocking: a FIFO that nobody writes to must not hold the run at `open`.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let fd = rustix::fs::openat(CWD, path, flags, Mode::empty());
    let file = File::from(fd.map_err(|e| words(&e.into()))?);
    let metadata = file.metadata().map_err(|e| words(&e))?;
    let kind = metadata.file_type();
    if kind.is_dir() {
        return Err("it is a directory".to_owned());
    }
    let access = Access {
        mode: metadata.mode(),
        owner: metadata.uid(),
        read_only: rustix::fs::fstatvfs(&file)
            .is_ok_and(|stat| stat.f_flag.contains(StatVfsMountFlags::RDONLY)),
    };
    let expected = if kind.is_file() {
        usize::try_from(metadata.len()).unwrap_or(usize::MAX)
    } else {
        USUAL
    };
    Ok(Content {
        bytes: read_all(file.as_fd(), expected, most, deadline)?,
        access,
    })
}

/// Reads standard input to its end.
///
/// # Errors
/// As [`read`].
pub fn read_stdin(most: usize, deadline: &Deadline) -> Result<Zeroizing<Vec<u8>>, Problem> {
    // Not through its buffer, which is never wiped.
    read_all(io::stdin().as_fd(), USUAL, most, deadline)
}

/// What a stream is expected to bring.
const USUAL: usize = 16 * 1024;

fn read_all(
    fd: BorrowedFd,
    expected: usize,
    most: usize,
    deadline: &Deadline,
) -> Result<Zeroizing<Vec<u8>>, Problem> {
    // One byte more than allowed shows that there is more.
    let limit = most.saturating_add(1);
    let mut bytes = Zeroizing::new(vec![0; expected.min(most) + 1]);
    let mut filled = 0;
    loop {
        if filled == limit {
            return Err(format!("it is larger than {most} bytes"));
        }
        if filled == bytes.len() {
            // Not `resize`: it would leave what it moves from unwiped.
            let mut larger = Zeroizing::new(vec![0; filled.saturating_mul(2).min(limit)]);
            larger[..filled].copy_from_slice(&bytes);
            bytes = larger;
        }
        if !wait(fd, PollFlags::IN, deadline) {
            return Err(format!(
                "nothing came from it within {} (`--timeout`)",
                deadline.seconds()
            ));
        }
        match rustix::io::read(fd, &mut bytes[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(words(&error.into())),
        }
    }
    bytes[filled..].zeroize();
    bytes.truncate(filled);
    Ok(bytes)
}

/// Waits until the descriptor is ready (or at its end); `false` if it is not once the deadline has
/// passed. A regular file is always ready.
#[must_use]
pub fn wait(fd: BorrowedFd, what: PollFlags, deadline: &Deadline) -> bool {
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

/// The system's error without its number.
#[must_use]
pub fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        // The C libraries differ here.
        io::ErrorKind::ResourceBusy => "device or resource busy".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let mut chars = text.chars();
            let first = chars.next().map(|c| c.to_ascii_lowercase());
            first.into_iter().chain(chars).collect()
        }
    }
}

/// A path as it may be shown.
#[must_use]
pub fn shown(path: impl AsRef<OsStr>) -> String {
    let mut shown = String::new();
    for chunk in path.as_ref().as_bytes().utf8_chunks() {
        shown.push_str(&crate::error::escaped(chunk.valid()));
        shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    shown
}
