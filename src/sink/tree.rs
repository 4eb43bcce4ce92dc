//! One file a secret below a directory, all of them swapped at once, as Kubernetes does it.
//!
//! ```text
//! DIR/kv-prod → ..data/kv-prod
//! DIR/..data → ..akv-xsoar-0123456789abcdef
//! DIR/..akv-xsoar-0123456789abcdef/kv-prod/db-password
//! ```
//!
//! Each run makes a new generation beside the old one, and renames a new link over `..data`: whoever
//! goes through it sees all that was, or all that is. The directory itself is never renamed, since it
//! may be a mount point, and what else is in it stays. One run at a time: a second one waits.

mod generation;
mod link;
mod lock;
mod root;

use std::ffi::{CString, OsStr, OsString};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags};
use rustix::io::Errno;

use super::attributes::Attributes;
use super::is_stdout;
use super::names::{GENERATION, LINK};
use super::write_error::{WriteError, system};
use crate::deadline::Deadline;
use crate::error::Error;
use crate::file::shown;
use generation::{Generation, Unchanged, remove};
use link::{Link, Slot};
use lock::Lock;
use root::Root;

/// A directory that gets one file a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tree {
    path: PathBuf,
    attributes: Attributes,
}

/// One file.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'a> {
    /// The directory that it is in.
    pub(crate) vault: &'a str,
    /// Its name there.
    pub(crate) secret: &'a str,
    /// All of it.
    pub(crate) bytes: &'a [u8],
}

impl Tree {
    /// The directory of an `--output`, which is not standard output.
    pub(crate) fn new(path: PathBuf, attributes: Attributes) -> Option<Self> {
        (!is_stdout(&path)).then_some(Self { path, attributes })
    }

    /// Writes all files at once, as a new generation. After an error, which may be that another run
    /// did not make way in time, what was there before is as it was.
    pub(crate) fn write(&self, entries: &[Entry], deadline: &Deadline) -> Result<(), Error> {
        write(&self.path, entries, &self.attributes, deadline)
            .map_err(|error| error.error(Some(&self.path), deadline))
    }

    /// Whether [`Tree::write`] has a place to write to, and what is there. Changes nothing.
    pub(crate) fn probe(&self, deadline: &Deadline) -> Result<String, Error> {
        match probe(&self.path, &self.attributes) {
            Ok(found) => Ok(format!("`{}`: {found}", shown(&self.path))),
            Err(error) => Err(error.error(Some(&self.path), deadline)),
        }
    }
}

/// The link to the generation that counts.
const DATA: &str = "..data";

/// A directory of files, by its name.
type Vault<'a> = (&'a str, Vec<Entry<'a>>);

fn write(
    path: &Path,
    entries: &[Entry],
    attributes: &Attributes,
    deadline: &Deadline,
) -> Result<(), WriteError> {
    let vaults = by_vault(entries)?;
    let root = Root::find(path)?;
    let lock = Lock::take(&root.directory, deadline)?;
    put(&root.directory, &vaults, attributes, lock.excludes())?;
    drop(lock);
    root.finish(attributes)
}

/// Does what a run does that writes nothing, and takes it back.
fn probe(path: &Path, attributes: &Attributes) -> Result<&'static str, WriteError> {
    let root = Root::find(path)?;
    current(&root.directory)?;
    Generation::create(&root.directory)?.fill(&[], attributes)?;
    Ok(root.found())
}

fn put(
    root: &OwnedFd,
    vaults: &[Vault],
    attributes: &Attributes,
    alone: bool,
) -> Result<(), WriteError> {
    let old = current(root)?;
    let mut new = Vec::new();
    for (vault, _) in vaults {
        if !is_linked(root, vault)? {
            new.push(*vault);
        }
    }
    let stale = stale(root, vaults)?;
    if let Some(old) = &old {
        if attributes.if_changed && new.is_empty() && stale.is_empty() {
            if let Some(unchanged) = Unchanged::find(root, old, vaults, attributes) {
                unchanged.give_again(attributes)?;
                clean(root, old, alone);
                return Ok(());
            }
        }
    }
    let mut generation = Generation::create(root)?;
    generation.fill(vaults, attributes)?;
    let data = Link::new(root, &generation.name)?;
    // Made before the swap, named after it: what can fail has not changed anything yet, and no link
    // leads nowhere.
    let links = new
        .into_iter()
        .map(|vault| Ok((vault, Link::new(root, target(vault))?)))
        .collect::<Result<Vec<_>, WriteError>>()?;
    data.become_named(DATA)?;
    let name = generation.keep();
    for (vault, link) in links {
        link.become_named(vault)?;
    }
    for link in stale {
        let _ = link::remove(root, &link);
    }
    // Some file systems cannot sync a directory; everything is in place all the same.
    let _ = rustix::fs::fsync(root);
    if let Some(old) = old {
        remove(root, &old);
    }
    clean(root, &name, alone);
    Ok(())
}

/// The files of each vault, in the order given.
fn by_vault<'a>(entries: &[Entry<'a>]) -> Result<Vec<Vault<'a>>, WriteError> {
    let mut vaults: Vec<Vault> = Vec::new();
    for entry in entries {
        for name in [entry.vault, entry.secret] {
            if name.is_empty() || name.starts_with('.') || name.contains(['/', '\0']) {
                let name = shown(name);
                return Err(WriteError::Other(format!("`{name}` is no name for a file")));
            }
        }
        match vaults.iter_mut().find(|(vault, _)| *vault == entry.vault) {
            Some((_, files)) => files.push(*entry),
            None => vaults.push((entry.vault, vec![*entry])),
        }
    }
    Ok(vaults)
}

/// The generation that counts, if there is one.
fn current(root: &OwnedFd) -> Result<Option<OsString>, WriteError> {
    match link::read(root, DATA)? {
        Slot::Free => Ok(None),
        Slot::Link(text) if GENERATION.has(text.as_bytes()) => Ok(Some(text)),
        _ => Err(WriteError::Foreign(DATA.to_owned())),
    }
}

/// Whether a vault has its link already.
fn is_linked(root: &OwnedFd, vault: &str) -> Result<bool, WriteError> {
    match link::read(root, vault)? {
        Slot::Free => Ok(false),
        Slot::Link(text) if text == target(vault) => Ok(true),
        _ => Err(WriteError::Foreign(shown(vault))),
    }
}

fn target(vault: impl AsRef<OsStr>) -> OsString {
    let vault = vault.as_ref().as_bytes();
    OsString::from_vec([DATA.as_bytes(), b"/", vault].concat())
}

/// The links to vaults of which there is nothing any more.
fn stale(root: &OwnedFd, vaults: &[Vault]) -> Result<Vec<CString>, WriteError> {
    let mut stale = names(root)?;
    stale.retain(|name| {
        let name = OsStr::from_bytes(name.to_bytes());
        let named = vaults.iter().any(|(vault, _)| name == *vault);
        let ours = || match link::read(root, name) {
            Ok(Slot::Link(text)) => text == target(name),
            _ => false,
        };
        !named && ours()
    });
    Ok(stale)
}

/// Removes what killed runs left. Where locks cannot tell that nobody else is at work, it stays.
fn clean(root: &OwnedFd, current: &OsStr, alone: bool) {
    let names = if alone { names(root) } else { Ok(Vec::new()) };
    for name in names.unwrap_or_default() {
        let bytes = name.to_bytes();
        if LINK.has(bytes) {
            // If it cannot be removed, it does no harm.
            let _ = link::remove(root, &name);
        } else if GENERATION.has(bytes) && bytes != current.as_bytes() {
            remove(root, OsStr::from_bytes(bytes));
        }
    }
}

/// What is in a directory, but for itself and the one above.
fn names(directory: &OwnedFd) -> Result<Vec<CString>, WriteError> {
    let entries = Dir::read_from(directory).map_err(system("list"))?;
    let names = entries.map(|entry| entry.map(|entry| entry.file_name().to_owned()));
    let mut names = names
        .collect::<Result<Vec<_>, Errno>>()
        .map_err(system("list"))?;
    names.retain(|name| !matches!(name.to_bytes(), b"." | b".."));
    Ok(names)
}

/// Makes a directory that is for us alone until it is given what was asked for.
fn make(at: &OwnedFd, name: impl AsRef<Path>) -> rustix::io::Result<OwnedFd> {
    let name = name.as_ref();
    rustix::fs::mkdirat(at, name, Mode::RWXU)?;
    let made = open(at, name).or_else(|error| {
        if error != Errno::ACCESS {
            return Err(error);
        }
        // The umask may take everything from everybody. Not by its name, which may be another's now.
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let place = rustix::fs::openat(at, name, flags, Mode::empty())?;
        let itself = format!("/proc/self/fd/{}", place.as_raw_fd());
        rustix::fs::chmodat(CWD, itself, Mode::RWXU, AtFlags::empty())?;
        open(at, name)
    });
    if made.is_err() {
        let _ = rustix::fs::unlinkat(at, name, AtFlags::REMOVEDIR);
    }
    made
}

/// Opens a directory for reading, and no other thing.
fn open(at: &OwnedFd, name: impl AsRef<Path>) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at, name.as_ref(), flags, Mode::empty())
}
