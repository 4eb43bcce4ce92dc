//! Why nothing, or not everything, was written, and what a person does about it.

use std::io;
use std::path::Path;

use crate::deadline::Deadline;
use crate::error::{Error, Exit};
use crate::file::shown;
use crate::system::SystemError;

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
            Self::NoFile => failed("it is no file, whose mode and owner could be set".to_owned())
                .hint("leave `--mode` and `--owner` out, or name a file with `--output`"),
            Self::Foreign(name) => failed(format!("`{name}` in it was not made by this program"))
                .hint("move it away, or choose another directory"),
            Self::Other(cause) => failed(cause),
            Self::System(what, cause) => {
                let error = failed(format!("{what}: {}", SystemError(&cause)));
                error.maybe_hint(advice(what, &cause).map(str::to_owned))
            }
        }
    }
}

/// What a person does about a system's error.
fn advice(what: &str, cause: &io::Error) -> Option<&'static str> {
    Some(match cause.kind() {
        io::ErrorKind::NotFound => "the directory must be there already",
        io::ErrorKind::PermissionDenied if what == "chown" => {
            "only root may give files away; others may choose one of their own groups"
        }
        io::ErrorKind::InvalidInput if what == "chown" => {
            "a container may not know every number: choose one that it maps"
        }
        io::ErrorKind::PermissionDenied => {
            "the user who runs this must be able to write into the directory, not only the file"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "make room, and run it again",
        io::ErrorKind::ReadOnlyFilesystem => {
            "choose a place that can be written, such as one under `/run`"
        }
        io::ErrorKind::ResourceBusy => {
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
