//! A file system that says yes to `chmod` and `chown` and changes nothing, as SMB (Azure Files), vfat and drvfs do.
//!
//! Spoken to by the kernel over `/dev/fuse`, so that nothing but `mount` is needed. It keeps everything in memory, and
//! serves until it is unmounted. Only what the program and the tests ask of a file system is here.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use rustix::io::{Errno, FdFlags, fcntl_setfd};

/// How everything looks there, whatever is set.
#[derive(Clone, Copy)]
pub struct Looks {
    pub file: u32,
    pub directory: u32,
    pub user: u32,
    /// Whether it knows symbolic links.
    pub links: bool,
}

/// The file system, unmounted when dropped.
#[must_use]
pub struct Stubborn(PathBuf);

impl Stubborn {
    /// Over a folder; nothing where the kernel has no FUSE.
    pub fn over(folder: &Path, looks: Looks) -> Option<Self> {
        let device = File::options().read(true).write(true).open("/dev/fuse");
        let device = device
            .inspect_err(|error| println!("no FUSE here, nothing to try: {error}"))
            .ok()?;
        fcntl_setfd(&device, FdFlags::empty()).expect("a descriptor for `mount`");
        let options = format!(
            "fd={},rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions",
            device.as_raw_fd()
        );
        let mount = Command::new("mount")
            .args(["-i", "-t", "fuse", "-o", &options, "stubborn"])
            .arg(folder)
            .output()
            .expect("mount: install util-linux");
        fcntl_setfd(&device, FdFlags::CLOEXEC).expect("a descriptor of ours");
        if !mount.status.success() {
            let said = String::from_utf8_lossy(&mount.stderr);
            println!("FUSE cannot be mounted here, nothing to try: {said}");
            return None;
        }
        thread::spawn(move || Served::new(looks).serve(device));
        Some(Self(folder.to_owned()))
    }
}

impl Drop for Stubborn {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).output();
    }
}

enum Node {
    Directory(BTreeMap<Vec<u8>, u64>),
    File(Vec<u8>),
    Link(Vec<u8>),
}

struct Served {
    looks: Looks,
    nodes: HashMap<u64, Node>,
    last: u64,
}

type Answer = Result<Vec<u8>, Errno>;

impl Served {
    fn new(looks: Looks) -> Self {
        Self {
            looks,
            nodes: HashMap::from([(1, Node::Directory(BTreeMap::new()))]),
            last: 1,
        }
    }

    /// One request after another, until the file system is gone.
    fn serve(mut self, mut device: File) {
        let mut request = vec![0; 1 << 20];
        while let Ok(length) = device.read(&mut request) {
            let request = &request[..length];
            let (code, unique, node) = (word(request, 4), &request[8..16], long(request, 16));
            let answer = match code {
                // Forgotten, or interrupted: nothing is answered.
                2 | 36 | 42 => continue,
                _ => self.answer(code, node, &request[40..]),
            };
            let (error, body) = match answer {
                Ok(body) => (0, body),
                Err(errno) => (-errno.raw_os_error(), Vec::new()),
            };
            let length = u32::try_from(16 + body.len()).expect("a short answer");
            let head = [&length.to_ne_bytes()[..], &error.to_ne_bytes(), unique].concat();
            if device.write_all(&[head, body].concat()).is_err() {
                return;
            }
        }
    }

    fn answer(&mut self, code: u32, node: u64, body: &[u8]) -> Answer {
        match code {
            1 => self.entry(self.child(node, text(body, 0))?),
            // Whatever is set: only a file's size is.
            3 | 4 => {
                if code == 4 && word(body, 0) & 8 != 0 {
                    self.file(node)?.resize(size(body, 16), 0);
                }
                Ok([vec![0; 16], self.attributes(node)?].concat())
            }
            5 => match self.nodes.get(&node) {
                Some(Node::Link(target)) => Ok(target.clone()),
                _ => Err(Errno::INVAL),
            },
            6 if !self.looks.links => Err(Errno::PERM),
            6 => {
                let name = text(body, 0);
                let target = text(body, name.len() + 1).to_vec();
                let made = self.make(node, name, Node::Link(target))?;
                self.entry(made)
            }
            9 => {
                let made = self.make(node, text(body, 8), Node::Directory(BTreeMap::new()))?;
                self.entry(made)
            }
            10 | 11 => self.remove(node, text(body, 0)),
            12 | 45 => {
                let names = if code == 12 { 8 } else { 16 };
                let old = text(body, names);
                let new = text(body, names + old.len() + 1).to_vec();
                let moved = self.child(node, old)?;
                self.entries(node)?.remove(old);
                self.entries(long(body, 0))?.insert(new, moved);
                Ok(Vec::new())
            }
            // Opened: there are no handles.
            14 | 27 => Ok(vec![0; 16]),
            15 => {
                let (from, most) = (size(body, 8), word(body, 16) as usize);
                let file = self.file(node)?;
                let from = from.min(file.len());
                Ok(file[from..file.len().min(from + most)].to_vec())
            }
            16 => {
                let (from, length) = (size(body, 8), word(body, 16));
                let (bytes, file) = (&body[40..40 + length as usize], self.file(node)?);
                file.resize(file.len().max(from + bytes.len()), 0);
                file[from..from + bytes.len()].copy_from_slice(bytes);
                Ok([length.to_ne_bytes(), [0; 4]].concat())
            }
            17 => Ok([vec![0xff; 2], vec![0; 78]].concat()),
            // Released, flushed, synced.
            18 | 20 | 25 | 29 | 30 | 38 => Ok(Vec::new()),
            26 => {
                let mut answer = vec![0; 64];
                answer[..4].copy_from_slice(&7_u32.to_ne_bytes());
                answer[4..8].copy_from_slice(&31_u32.to_ne_bytes());
                answer[20..24].copy_from_slice(&4096_u32.to_ne_bytes());
                Ok(answer)
            }
            28 => self.list(node, size(body, 8)),
            35 => {
                let made = self.make(node, text(body, 16), Node::File(Vec::new()))?;
                Ok([self.entry(made)?, vec![0; 16]].concat())
            }
            _ => Err(Errno::NOSYS),
        }
    }

    fn entries(&mut self, node: u64) -> Result<&mut BTreeMap<Vec<u8>, u64>, Errno> {
        match self.nodes.get_mut(&node) {
            Some(Node::Directory(entries)) => Ok(entries),
            _ => Err(Errno::NOTDIR),
        }
    }

    fn file(&mut self, node: u64) -> Result<&mut Vec<u8>, Errno> {
        match self.nodes.get_mut(&node) {
            Some(Node::File(bytes)) => Ok(bytes),
            _ => Err(Errno::INVAL),
        }
    }

    fn child(&self, node: u64, name: &[u8]) -> Result<u64, Errno> {
        match self.nodes.get(&node) {
            Some(Node::Directory(entries)) => entries.get(name).copied().ok_or(Errno::NOENT),
            _ => Err(Errno::NOTDIR),
        }
    }

    fn make(&mut self, node: u64, name: &[u8], made: Node) -> Result<u64, Errno> {
        self.last += 1;
        let last = self.last;
        if self.entries(node)?.insert(name.to_vec(), last).is_some() {
            return Err(Errno::EXIST);
        }
        self.nodes.insert(last, made);
        Ok(last)
    }

    fn remove(&mut self, node: u64, name: &[u8]) -> Answer {
        let child = self.child(node, name)?;
        if matches!(self.nodes.get(&child), Some(Node::Directory(entries)) if !entries.is_empty()) {
            return Err(Errno::NOTEMPTY);
        }
        self.entries(node)?.remove(name);
        Ok(Vec::new())
    }

    fn list(&mut self, node: u64, from: usize) -> Answer {
        let mut listing = Vec::new();
        let names: Vec<_> = self.entries(node)?.keys().cloned().collect();
        // All of it, in one answer.
        for (index, name) in names.iter().enumerate().skip(from) {
            let child = self.child(node, name)?;
            listing.extend(child.to_ne_bytes());
            listing.extend((index as u64 + 1).to_ne_bytes());
            listing.extend(
                u32::try_from(name.len())
                    .expect("a short name")
                    .to_ne_bytes(),
            );
            listing.extend((self.kind(child)? >> 12).to_ne_bytes());
            listing.extend(name);
            listing.resize(listing.len().next_multiple_of(8), 0);
        }
        Ok(listing)
    }

    fn kind(&self, node: u64) -> Result<u32, Errno> {
        match self.nodes.get(&node) {
            Some(Node::Directory(_)) => Ok(0o040_000),
            Some(Node::File(_)) => Ok(0o100_000),
            Some(Node::Link(_)) => Ok(0o120_000),
            None => Err(Errno::NOENT),
        }
    }

    /// Nothing in it is to be kept in mind.
    fn entry(&self, node: u64) -> Answer {
        Ok([&node.to_ne_bytes()[..], &[0; 32], &self.attributes(node)?].concat())
    }

    fn attributes(&self, node: u64) -> Answer {
        let kind = self.kind(node)?;
        let (size, mode) = match self.nodes.get(&node) {
            Some(Node::File(bytes)) => (bytes.len(), self.looks.file),
            Some(Node::Link(target)) => (target.len(), 0o777),
            _ => (0, self.looks.directory),
        };
        let longs = [node, size as u64, 1, 0, 0, 0];
        let user = self.looks.user;
        let words = [0, 0, 0, kind | mode, 1, user, user, 0, 4096, 0];
        let longs = longs.iter().flat_map(|long| long.to_ne_bytes());
        Ok(longs
            .chain(words.iter().flat_map(|word: &u32| word.to_ne_bytes()))
            .collect())
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes(bytes[at..at + 4].try_into().expect("4 bytes"))
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("8 bytes"))
}

fn size(bytes: &[u8], at: usize) -> usize {
    usize::try_from(long(bytes, at)).expect("a small size")
}

/// A text that ends with a NUL.
fn text(bytes: &[u8], at: usize) -> &[u8] {
    let text = bytes[at..].split(|byte| *byte == 0).next();
    text.unwrap_or_default()
}
