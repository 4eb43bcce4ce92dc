//! Why nothing, or not everything, was written, and what a person does about it.

use std::io;
use std::path::Path;

use rustix::io::Errno;

use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::file::{is_unmapped, shown};
use crate::system::SystemError;

/// What a relative path begins in.
pub(super) const WORKING_DIRECTORY: &str = "the working directory";

/// Why nothing, or not everything, was written.
pub(super) enum WriteError {
    /// Whoever read it has gone.
    ReaderGone,
    /// Nobody took it in time.
    Untaken,
    /// Another run held the lock until the deadline.
    Locked,
    /// A mode or an owner was asked for, and there is no file to have them.
    NoFile,
    /// Something of this name is in the way.
    Foreign(String),
    /// It is a stranger's; `what` is a symbolic link or a FIFO.
    Strange {
        name: String,
        what: &'static str,
        owner: u32,
    },
    /// The file system keeps it this user's and this group's.
    Owner(u32, u32),
    /// The file system keeps it at another mode.
    Mode {
        is: u32,
        wanted: u32,
    },
    /// Another thing than the one that was looked at had its name when it was opened.
    Exchanged(String),
    /// It was not permitted, for a reason that is known.
    Refused {
        what: &'static str,
        advice: String,
    },
    /// This is what was tried, and what the system says.
    System(&'static str, io::Error),
    Other(String),
}

impl WriteError {
    /// The failure to write there; to standard output where there is no path.
    pub(super) fn error(self, path: Option<&Path>, deadline: &Deadline) -> Error {
        let operation = match path {
            None => "cannot write to standard output".to_owned(),
            Some(path) => format!("cannot write `{}`", shown(path)),
        };
        let within = |what: &str| format!("{what} within {} (`--timeout`)", deadline.seconds());
        let failed = |cause: String| Error::new(Exit::Output, operation.as_str(), cause);
        match self {
            Self::ReaderGone => failed("its reader has gone".to_owned()),
            Self::Untaken => {
                let operation = "the output was not taken in time";
                Error::new(Exit::Deadline, operation, within("nobody read it"))
            }
            Self::Locked => {
                let cause = within("another run that writes there did not end");
                Error::new(Exit::Deadline, operation, cause)
            }
            Self::NoFile => failed("it is not a regular file: its mode and owner are not set".to_owned())
                .hint("leave `--mode` and `--owner` out, or name a file with `--output`"),
            Self::Foreign(name) => failed(format!("`{name}` in it was not made by this program"))
                .hint("move it away, or choose another directory"),
            Self::Strange { name, what, owner } => {
                let cause = format!("`{name}` is a {what} that belongs to another user");
                failed(cause).maybe_hint(advice_of_owner(what, owner).map(str::to_owned))
            }
            Self::Owner(user, group) => {
                failed(format!("the file system leaves it with owner {user}:{group}, whatever is set")).hint(
                    "have it mounted with that owner (`uid=`, `gid=`), choose another place, or leave `--owner` out",
                )
            }
            Self::Mode { is, wanted } => {
                let more = is & !wanted & 0o077;
                let others = if more > 0 {
                    ": others could read or change it"
                } else {
                    ""
                };
                failed(format!("the file system gives it mode {is:04o} instead of {wanted:04o}{others}"))
                    .hint("choose a place whose file system keeps modes, such as one under `/run`, or have this one mounted so that it is closed to others (SMB and Azure Files: `file_mode=0600,dir_mode=0700`; vfat and drvfs: `umask=077`)")
            }
            Self::Exchanged(name) => failed(format!(
                "`{name}` was exchanged for another while it was opened"
            ))
            .hint("who else writes to its directory? choose one that is this user's alone"),
            Self::Refused { what, advice } => {
                failed(format!("{what}: {}", SystemError(&Errno::PERM.into()))).hint(advice)
            }
            Self::Other(cause) => failed(cause),
            Self::System(what, cause) => {
                let error = failed(format!("{what}: {}", SystemError(&cause)));
                error.maybe_hint(advice(what, &cause).map(str::to_owned))
            }
        }
    }
}

/// What a person does where a link or a FIFO is somebody else's.
fn advice_of_owner(what: &str, owner: u32) -> Option<&'static str> {
    if is_unmapped(owner) {
        return Some(
            "in this container nobody knows whose it is (a user namespace shows it as the overflow user's): name the place itself, without links",
        );
    }
    (what == "FIFO").then_some(
        "whoever owns it may read what is written: make it as the user who runs this (`mkfifo`), or write to a pipe",
    )
}

/// What a person does about a system's error.
fn advice(what: &str, cause: &io::Error) -> Option<&'static str> {
    let is_root = rustix::process::geteuid().is_root();
    let errno = Errno::from_io_error(cause)?;
    Some(match (what, errno) {
        (WORKING_DIRECTORY, _) => {
            "give the whole path (`/…`), or change to a directory that this user may enter (`cd /`)"
        }
        ("chown", Errno::PERM | Errno::ACCESS) if is_root => {
            "this root may not give files away: it has no CAP_CHOWN (a container's `--cap-add CHOWN`), or the share is one that squashes root: run this as the user whose the file is to be"
        }
        ("chown", Errno::PERM | Errno::ACCESS) => {
            "only root may give files away; others may choose one of their own groups"
        }
        ("chown", Errno::INVAL) => "a container may not know every number: choose one that it maps",
        ("chmod", Errno::PERM | Errno::ACCESS | Errno::NOTSUP) => {
            "the file system keeps no modes, or the file is another user's: choose a place such as one under `/run`"
        }
        ("remove its access list", _) => "let its directory pass none on: `setfacl -k DIRECTORY`",
        ("create a link in it", Errno::PERM | Errno::NOTSUP | Errno::NOSYS) => {
            "its file system has no symbolic links, which the format `files` needs: choose another place, such as one under `/run`, or another format"
        }
        ("open", Errno::ACCESS | Errno::PERM) => {
            "the user who runs this must be able to write to it"
        }
        ("lookup" | "its directory", Errno::ACCESS) => {
            "the user who runs this must be able to enter every directory on the way to it"
        }
        (_, Errno::NOENT) => "the directory must be there already",
        (_, Errno::ACCESS) if is_root => {
            "even root was refused: it has no CAP_DAC_OVERRIDE (a container, a systemd unit), the share is one that squashes root, or SELinux or AppArmor forbids it: choose a directory of its own, such as one under `/run`"
        }
        (_, Errno::ACCESS) => {
            "the user who runs this must be able to write into the directory, not only the file"
        }
        (_, Errno::PERM) => {
            "what the permissions allow something else forbids: see the kernel's log (SELinux, AppArmor), and how the file system is mounted"
        }
        (_, Errno::NOSPC | Errno::DQUOT) => "make room, and run it again",
        (_, Errno::ROFS) => "choose a place that can be written, such as one under `/run`",
        (_, Errno::BUSY) => {
            "a file that is a mount of its own cannot be replaced: mount its directory instead"
        }
        _ => return None,
    })
}

/// What was tried when the system said no.
pub(super) fn system<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> WriteError {
    move |error| {
        let error = error.into();
        if error.kind() == io::ErrorKind::BrokenPipe {
            WriteError::ReaderGone
        } else {
            WriteError::System(what, error)
        }
    }
}
