//! One file a secret below a directory, all of them swapped at once, as Kubernetes does it.
//!
//! ```text
//! DIR/kv-prod → ..data/kv-prod
//! DIR/..data → ..akv-xsoar-0123456789abcdef
//! DIR/..akv-xsoar-0123456789abcdef/kv-prod/db-password
//! DIR/..akv-xsoar-0123456789abcdef/..akv-xsoar-0123456789abcdef   (the record)
//! ```
//!
//! Each run makes a new generation beside the old one, and renames a new link over `..data`: whoever
//! goes through it sees all that was, or all that is. The directory itself is never renamed, since it
//! may be a mount point, and what else is in it stays. One run at a time: a second one waits.

mod generation;
mod link;
mod lock;
mod record;
mod root;
mod unchanged;

use std::ffi::{CString, OsStr, OsString};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags};
use rustix::io::Errno;

use super::attributes::Attributes;
use super::names::{GENERATION, LINK};
use super::refused::check_replaceable;
use super::write_error::{WriteError, system};
use super::{BLOCK, Written, is_stdout};
use crate::deadline::Deadline;
use crate::error::Error;
use crate::file::shown;
use generation::{Generation, remove};
use link::{Link, Named, Slot};
use lock::Lock;
use root::Root;
use unchanged::Unchanged;

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
    pub(crate) fn write(&self, entries: &[Entry], deadline: &Deadline) -> Result<Written, Error> {
        write(&self.path, entries, &self.attributes, deadline)
            .map_err(|error| error.error(Some(&self.path), deadline))
    }

    /// Whether [`Tree::write`] has a place to write to, for these vaults too, and what is there. Changes nothing.
    pub(crate) fn probe(&self, vaults: &[&str], deadline: &Deadline) -> Result<String, Error> {
        match probe(&self.path, vaults, &self.attributes, deadline) {
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
) -> Result<Written, WriteError> {
    let vaults = by_vault(entries)?;
    let mut root = Root::find(path, attributes)?;
    // Nothing is touched then, by a lock neither: somebody may watch the directory.
    if let Some(unchanged) = settled(&root.directory, &vaults, attributes)? {
        unchanged.give_again(attributes)?;
        return Ok(Written::Already);
    }
    root.open()?;
    let lock = Lock::take(&root.directory, deadline)?;
    let (name, written) = put(&root.directory, &vaults, attributes, &lock)?;
    drop(lock);
    let finished = root.finish(attributes).inspect_err(|_| {
        if let (Some(name), true) = (name, root.is_made()) {
            take_back(&root.directory, &name, &vaults, attributes, deadline);
        }
    });
    finished.map(|()| written)
}

/// Removes everything from a directory that was not there before and cannot be as it was to be.
fn take_back(
    root: &OwnedFd,
    name: &OsStr,
    vaults: &[Vault],
    attributes: &Attributes,
    deadline: &Deadline,
) {
    let _ = rustix::fs::fchmod(root, Mode::RWXU);
    let Ok(lock) = Lock::take(root, deadline) else {
        return;
    };
    // Unless another run was quicker.
    if current(root).is_ok_and(|current| current.as_deref() == Some(name)) {
        let _ = link::remove(root, DATA);
        for (vault, _) in vaults {
            if is_linked(root, vault).unwrap_or(false) {
                let _ = link::remove(root, *vault);
            }
        }
        remove(root, name, attributes, &lock);
    }
}

/// Does what a run does, but for the names that count, and takes it back.
fn probe(
    path: &Path,
    vaults: &[&str],
    attributes: &Attributes,
    deadline: &Deadline,
) -> Result<&'static str, WriteError> {
    let mut root = Root::find(path, attributes)?;
    let found = root.found();
    root.open()?;
    let directory = &root.directory;
    if current(directory)?.is_some() {
        check_replaceable(directory, OsStr::new(DATA))?;
    }
    for vault in vaults {
        is_linked(directory, vault)?;
    }
    let lock = lock::probe(directory, deadline)?;
    let file = Entry {
        vault: "probe",
        secret: "probe",
        bytes: &BLOCK,
    };
    let vaults = [(file.vault, vec![file])];
    let generation = Generation::create(directory, &vaults, attributes, lock.as_ref())?;
    generation.fill()?;
    Link::new(directory, &generation.name)?;
    Ok(found)
}

/// The generation that counts and stays, where that is wanted and nothing is left to do.
fn settled(
    root: &OwnedFd,
    vaults: &[Vault],
    attributes: &Attributes,
) -> Result<Option<Unchanged>, WriteError> {
    if !attributes.if_changed {
        return Ok(None);
    }
    let state = State::find(root, vaults)?;
    match &state.old {
        Some(old) if left_over(root, old, attributes)?.is_empty() && !lock::is_there(root) => {
            Ok(state.unchanged(root, vaults, attributes))
        }
        _ => Ok(None),
    }
}

/// Says which generation counts now.
fn put(
    root: &OwnedFd,
    vaults: &[Vault],
    attributes: &Attributes,
    lock: &Lock,
) -> Result<(Option<OsString>, Written), WriteError> {
    // Those that killed runs had not written anything in yet, or had emptied.
    for name in lock.left() {
        let _ = rustix::fs::unlinkat(root, name, AtFlags::REMOVEDIR);
    }
    let state = State::find(root, vaults)?;
    let unchanged = state.unchanged(root, vaults, attributes);
    let written = match unchanged {
        Some(_) => Written::Already,
        None => Written::All,
    };
    let name = match unchanged.filter(|_| attributes.if_changed) {
        Some(unchanged) => {
            unchanged.give_again(attributes)?;
            state.old
        }
        None => Some(swap(root, vaults, attributes, state, lock)?),
    };
    // Where locks cannot tell that nobody else is at work, what is left over stays.
    if let (Some(name), true) = (&name, lock.excludes()) {
        clean(root, name, attributes, lock);
    }
    Ok((name, written))
}

/// Puts a new generation in the place of the old one.
fn swap(
    root: &OwnedFd,
    vaults: &[Vault],
    attributes: &Attributes,
    state: State,
    lock: &Lock,
) -> Result<OsString, WriteError> {
    let mut generation = Generation::create(root, vaults, attributes, Some(lock))?;
    generation.fill()?;
    let data = Link::new(root, &generation.name)?;
    // Before the swap, after which nothing may fail any more: until then they lead nowhere.
    let links = state.new.into_iter();
    let links = links
        .map(|vault| Link::new(root, target(vault))?.become_new(vault))
        .collect::<Result<Vec<_>, WriteError>>()?;
    data.become_named(DATA)?;
    let name = generation.keep();
    links.into_iter().for_each(Named::keep);
    for link in state.stale {
        let _ = link::remove(root, &link);
    }
    // Some file systems cannot sync a directory; everything is in place all the same.
    let _ = rustix::fs::fsync(root);
    if let Some(old) = state.old {
        remove(root, &old, attributes, lock);
    }
    Ok(name)
}

/// What is in the directory, compared with what is to be.
struct State<'a> {
    /// The generation that counts.
    old: Option<OsString>,
    /// The vaults that have no link yet.
    new: Vec<&'a str>,
    /// The links to vaults of which there is nothing any more.
    stale: Vec<CString>,
}

impl<'a> State<'a> {
    fn find(root: &OwnedFd, vaults: &[Vault<'a>]) -> Result<Self, WriteError> {
        let old = current(root)?;
        let mut new = Vec::new();
        for (vault, _) in vaults {
            if !is_linked(root, vault)? {
                new.push(*vault);
            }
        }
        let stale = stale(root, vaults)?;
        Ok(Self { old, new, stale })
    }

    fn unchanged(
        &self,
        root: &OwnedFd,
        vaults: &[Vault],
        attributes: &Attributes,
    ) -> Option<Unchanged> {
        let links = self.new.is_empty() && self.stale.is_empty();
        let old = self.old.as_ref().filter(|_| links);
        Unchanged::find(root, old?, vaults, attributes)
    }
}

/// The files of each vault, in the order given.
fn by_vault<'a>(entries: &[Entry<'a>]) -> Result<Vec<Vault<'a>>, WriteError> {
    let mut vaults: Vec<Vault> = Vec::new();
    for entry in entries {
        for name in [entry.vault, entry.secret] {
            if !is_name(name) {
                let name = shown(name);
                return Err(WriteError::Other(format!(
                    "`{name}` cannot be the name of a file"
                )));
            }
        }
        match vaults.iter_mut().find(|(vault, _)| *vault == entry.vault) {
            Some((_, files)) => files.push(*entry),
            None => vaults.push((entry.vault, vec![*entry])),
        }
    }
    Ok(vaults)
}

/// Nothing hidden, and nothing that leads elsewhere.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\0', '\n'])
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

/// What killed runs left: links that were to get another name, and generations that do not count.
fn left_over(
    root: &OwnedFd,
    current: &OsStr,
    attributes: &Attributes,
) -> Result<Vec<CString>, WriteError> {
    let mut left = names(root)?;
    left.retain(|name| {
        let (bytes, name) = (name.to_bytes(), OsStr::from_bytes(name.to_bytes()));
        if LINK.has(bytes) {
            return matches!(link::read(root, name), Ok(Slot::Link(text)) if is_ours(&text));
        }
        GENERATION.has(bytes) && name != current && generation::is_one(root, name, attributes)
    });
    Ok(left)
}

/// Whether a link with this text may be one of ours.
fn is_ours(text: &OsStr) -> bool {
    let vault = text.as_bytes().strip_prefix(b"..data/");
    GENERATION.has(text.as_bytes()) || vault.is_some_and(|vault| !vault.contains(&b'/'))
}

/// If something cannot be removed, it does no harm.
fn clean(root: &OwnedFd, current: &OsStr, attributes: &Attributes, lock: &Lock) {
    for name in left_over(root, current, attributes).unwrap_or_default() {
        if LINK.has(name.to_bytes()) {
            let _ = link::remove(root, &name);
        } else {
            remove(root, OsStr::from_bytes(name.to_bytes()), attributes, lock);
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
