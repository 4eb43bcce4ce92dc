//! EPERM: what is in the way although the permissions would allow it, and what a person does about it.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, Mode, StatxAttributes, StatxFlags};
use rustix::io::Errno;

use super::write_error::{WriteError, system};
use crate::file::shown;

/// Something could not be done with a name in a directory.
pub(super) fn refused(
    what: &'static str,
    error: Errno,
    directory: &OwnedFd,
    name: &OsStr,
) -> WriteError {
    if error == Errno::PERM {
        if let Some(advice) = advice(directory, name) {
            return WriteError::Refused { what, advice };
        }
    }
    system(what)(error)
}

/// Whether what has a name in a directory can be replaced, as far as that shows without doing it.
pub(super) fn check_replaceable(directory: &OwnedFd, name: &OsStr) -> Result<(), WriteError> {
    if attributes(directory, name).contains(StatxAttributes::MOUNT_ROOT) {
        return Err(system("rename")(Errno::BUSY));
    }
    // What is no directory is not removed as one; whether it may be removed at all is judged before.
    match rustix::fs::unlinkat(directory, name, AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOTDIR | Errno::NOENT) => Ok(()),
        Err(error) => Err(refused("rename", error, directory, name)),
    }
}

/// In a directory where names can only be added, what was made could neither get its name nor go.
pub(super) fn check_directory(what: &'static str, directory: &OwnedFd) -> Result<(), WriteError> {
    if attributes(directory, OsStr::new("")).contains(StatxAttributes::APPEND) {
        return Err(refused(what, Errno::PERM, directory, OsStr::new("")));
    }
    Ok(())
}

fn advice(directory: &OwnedFd, name: &OsStr) -> Option<String> {
    let of_directory = attributes(directory, OsStr::new(""));
    let of_file = attributes(directory, name);
    for (attributes, whose, shows) in [
        (of_directory, "its directory", "lsattr -d"),
        (of_file, "the file that is there", "lsattr"),
    ] {
        for (attribute, word, letter) in [
            (StatxAttributes::IMMUTABLE, "immutable", 'i'),
            (StatxAttributes::APPEND, "append-only", 'a'),
        ] {
            if attributes.contains(attribute) {
                return Some(format!(
                    "{whose} is {word} (`{shows}` shows it): `chattr -{letter}`, or choose another"
                ));
            }
        }
    }
    let us = rustix::process::geteuid().as_raw();
    let home = rustix::fs::fstat(directory).ok()?;
    let file = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW).ok()?;
    let is_sticky = Mode::from_raw_mode(home.st_mode).contains(Mode::SVTX);
    (is_sticky && file.st_uid != us && home.st_uid != us).then(|| {
        format!(
            "`{}` belongs to user {}, and in a directory with the sticky bit nobody replaces another user's file: remove it as that user, or choose a directory of this user's own",
            shown(name),
            file.st_uid
        )
    })
}

/// Of the directory itself where the name is empty; none where the system cannot say.
fn attributes(directory: &OwnedFd, name: &OsStr) -> StatxAttributes {
    let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::EMPTY_PATH | AtFlags::NO_AUTOMOUNT;
    rustix::fs::statx(directory, name, flags, StatxFlags::empty())
        .map_or(StatxAttributes::empty(), |stat| stat.stx_attributes)
}
