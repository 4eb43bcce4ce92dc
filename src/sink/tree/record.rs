//! What a generation is known by: a file in it, of the generation's own name, that lists what was made there.
//!
//! It is written before anything else. Only a directory that has it is ever removed, and of what is in it
//! only what is listed: a directory that merely has a name like ours, or whatever else was put into one of
//! ours, is somebody else's.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::super::attributes::Attributes;
use super::super::write_error::{WriteError, system};
use super::{Vault, is_name, open};
use crate::file::is_trusted_owner;

/// Each file of a generation: its vault, and its name there.
pub(super) struct Record(Vec<(String, String)>);

/// There is nothing in it but names, which only those see who may enter the directory.
const READABLE: Mode = Mode::from_raw_mode(0o644);

/// No generation has a longer list.
const LONGEST: u64 = 16 << 20;

impl Record {
    /// Writes down what is about to be made.
    pub(crate) fn write(
        generation: &OwnedFd,
        name: &OsStr,
        vaults: &[Vault],
    ) -> Result<(), WriteError> {
        // On the disk at once: it is of use where a run ends early.
        let flags = OFlags::WRONLY
            | OFlags::CREATE
            | OFlags::EXCL
            | OFlags::NOFOLLOW
            | OFlags::CLOEXEC
            | OFlags::DSYNC;
        let file = rustix::fs::openat(generation, name, flags, READABLE);
        let mut file = File::from(file.map_err(system("create a file in it"))?);
        let mut list = String::new();
        for (vault, files) in vaults {
            for file in files {
                list += &format!("{vault}/{}\n", file.secret);
            }
        }
        file.write_all(list.as_bytes()).map_err(system("write"))?;
        // Whoever runs this next is to read it, and the umask may be any.
        let _ = rustix::fs::fchmod(&file, READABLE);
        Ok(())
    }

    /// The record of a generation, if somebody wrote it who may: root, we, the owner that is asked for, or
    /// whose the directory is. It stays its writer's, so that nobody else who may write there makes one.
    pub(crate) fn read(
        root: &OwnedFd,
        generation: &OwnedFd,
        name: &OsStr,
        attributes: &Attributes,
    ) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = rustix::fs::openat(generation, name, flags, Mode::empty()).ok()?;
        let stat = rustix::fs::fstat(&file).ok()?;
        let writer = stat.st_uid;
        let may = is_trusted_owner(writer)
            || attributes.owner.is_some_and(|owner| owner.user == writer)
            || rustix::fs::fstat(root).ok()?.st_uid == writer;
        if !may || !FileType::from_raw_mode(stat.st_mode).is_file() {
            return None;
        }
        let mut list = String::new();
        let mut file = File::from(file).take(LONGEST);
        file.read_to_string(&mut list).ok()?;
        Some(Self::parse(&list))
    }

    /// The last line may not be whole: then what it was to name was not made, either.
    fn parse(list: &str) -> Self {
        let whole = list.rsplit_once('\n').map_or("", |(lines, _)| lines);
        let files = whole.lines().filter_map(|line| line.split_once('/'));
        let files = files.filter(|(vault, secret)| is_name(vault) && is_name(secret));
        Self(
            files
                .map(|(vault, secret)| (vault.to_owned(), secret.to_owned()))
                .collect(),
        )
    }

    /// Removes what is listed, and each directory that has nothing else in it; `false` where something that
    /// is listed stays.
    pub(crate) fn remove_listed(&self, generation: &OwnedFd) -> bool {
        let mut all = true;
        for files in self.0.chunk_by(|a, b| a.0 == b.0) {
            let vault = files[0].0.as_str();
            match open(generation, vault) {
                Ok(directory) => {
                    // Its mode may let nobody write to it, its owner included.
                    let _ = rustix::fs::fchmod(&directory, Mode::RWXU);
                    for (_, secret) in files {
                        all &= remove_file(&directory, secret);
                    }
                }
                Err(error) => all &= is_not_ours(error),
            }
            if let Err(error) = rustix::fs::unlinkat(generation, vault, AtFlags::REMOVEDIR) {
                all &= is_not_ours(error);
            }
        }
        all
    }
}

/// Whether there is no such file any more; anything else of its name is not ours.
fn remove_file(directory: &OwnedFd, name: &str) -> bool {
    match rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode).is_file() => {
            rustix::fs::unlinkat(directory, name, AtFlags::empty()).is_ok()
        }
        Ok(_) => true,
        Err(error) => is_not_ours(error),
    }
}

/// Whether there is no such thing, or only somebody else's: another thing of its name, or what was put there, which
/// keeps a directory.
fn is_not_ours(error: Errno) -> bool {
    matches!(
        error,
        Errno::NOENT | Errno::NOTDIR | Errno::NOTEMPTY | Errno::EXIST
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_files_in_directories_are_listed() {
        for (list, files) in [
            ("", &[][..]),
            ("kv/a\n", &[("kv", "a")]),
            ("kv/a\nkv/b\nx/c\n", &[("kv", "a"), ("kv", "b"), ("x", "c")]),
            ("kv/a\nkv/b", &[("kv", "a")]),
            ("kv/a", &[]),
            ("../a\nkv/..\nkv/.a\n/a\nkv/\nkv\nkv/a/b\n\n", &[]),
        ] {
            let record = Record::parse(list).0;
            let found: Vec<_> = record
                .iter()
                .map(|(a, b)| (a.as_str(), b.as_str()))
                .collect();
            assert_eq!(found, files, "{list:?}");
        }
    }
}
