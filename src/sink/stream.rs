//! Standard output, a FIFO, a device, a descriptor: written as they are, within the deadline.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::PollFlags;
use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::location::{Identity, Location};
use super::write_error::{WriteError, system};
use crate::deadline::Deadline;
use crate::file::{shown, wait};

/// Writes to standard output.
pub(super) fn write_stdout(bytes: &[u8], deadline: &Deadline) -> Result<(), WriteError> {
    let stdout = io::stdout();
    match reopen(stdout.as_fd()) {
        Some(own) => write_stream(own, bytes, deadline),
        None => write_stream(stdout, bytes, deadline),
    }
}

/// A pipe or a terminal once more, for a descriptor that does not block: not blocking is a matter of
/// the descriptor, and the one that was handed to us may be others', too. Where that is not allowed,
/// only a writer beside us, or a terminal that was stopped, can hold up a run beyond its deadline.
fn reopen(stdout: impl AsFd) -> Option<OwnedFd> {
    let mode = rustix::fs::fstat(&stdout).ok()?.st_mode;
    if !FileType::from_raw_mode(mode).is_fifo() && !rustix::termios::isatty(&stdout) {
        return None;
    }
    rustix::fs::openat(CWD, "/proc/self/fd/1", STREAM, Mode::empty()).ok()
}

/// How what is no file is opened: it neither blocks nor becomes our terminal.
const STREAM: OFlags = OFlags::WRONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC);

/// Writes what a pipe takes at once, never so much that the write would block.
pub(super) fn write_stream(
    fd: impl AsFd,
    mut bytes: &[u8],
    deadline: &Deadline,
) -> Result<(), WriteError> {
    /// `PIPE_BUF`: what is writable takes this much.
    const PART: usize = 4096;
    while !bytes.is_empty() {
        if !wait(fd.as_fd(), PollFlags::OUT, deadline) {
            return Err(WriteError::Untaken);
        }
        match rustix::io::write(&fd, &bytes[..bytes.len().min(PART)]) {
            Ok(count) => bytes = &bytes[count..],
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(error) => return Err(system("write")(error)),
        }
    }
    Ok(())
}

/// A FIFO, a terminal, `/dev/null`, a descriptor: there is nothing to replace. It is the very one that
/// was looked at: whoever may write to its directory could have put another in its place.
pub(super) fn write_special(
    location: &Location,
    looked_at: Identity,
    flags: OFlags,
    bytes: &[u8],
    deadline: &Deadline,
) -> Result<(), WriteError> {
    let (directory, name, flags) = (&location.directory, &location.name, STREAM | flags);
    let fd = loop {
        match rustix::fs::openat(directory, name, flags, Mode::empty()) {
            Ok(fd) => break fd,
            // A FIFO that nobody reads yet; the system has no way to wait for one without blocking.
            Err(Errno::NXIO) if looked_at.file_type.is_fifo() => {
                if deadline.passed() {
                    return Err(WriteError::Untaken);
                }
                std::thread::sleep(Duration::from_millis(20).min(deadline.left()));
            }
            Err(Errno::INTR) => {}
            Err(error) => return Err(system("open")(error)),
        }
    };
    let opened = rustix::fs::fstat(&fd).map_err(system("stat"))?;
    if Identity::from(&opened) != looked_at {
        return Err(WriteError::Exchanged(shown(name)));
    }
    write_stream(fd, bytes, deadline)
}
