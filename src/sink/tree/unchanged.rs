//! A generation that stays because it is as it should be.

use std::ffi::OsStr;
use std::os::fd::OwnedFd;

use rustix::fs::Stat;

use super::super::attributes::Attributes;
use super::super::same::Same;
use super::super::write_error::WriteError;
use super::record::Record;
use super::{Vault, names, open};

/// A generation of which a new one would be no different.
pub(super) struct Unchanged {
    files: Vec<Same>,
    directories: Vec<(OwnedFd, Stat)>,
}

impl Unchanged {
    /// This generation, if it is so: in doubt there is a new one.
    pub(crate) fn find(
        root: &OwnedFd,
        name: &OsStr,
        vaults: &[Vault],
        attributes: &Attributes,
    ) -> Option<Self> {
        let home = rustix::fs::fstat(root).ok()?;
        let mut unchanged = Self {
            files: Vec::new(),
            directories: Vec::new(),
        };
        let generation = open(root, name).ok()?;
        Record::read(root, &generation, name, attributes)?;
        for (vault, files) in vaults {
            let directory = open(&generation, *vault).ok()?;
            for file in files {
                let name = OsStr::new(file.secret);
                let same = Same::find(&directory, name, file.bytes, attributes, &home)?;
                unchanged.files.push(same);
            }
            unchanged.add(directory, files.len(), attributes, &home)?;
        }
        // The record is there besides.
        unchanged.add(generation, vaults.len() + 1, attributes, &home)?;
        Some(unchanged)
    }

    /// A directory with so much in it.
    fn add(
        &mut self,
        directory: OwnedFd,
        count: usize,
        attributes: &Attributes,
        home: &Stat,
    ) -> Option<()> {
        let stat = rustix::fs::fstat(&directory).ok()?;
        let same = attributes.can_be_given(&stat, home) && names(&directory).ok()?.len() == count;
        self.directories.push((directory, stat));
        same.then_some(())
    }

    /// Sets modes and owners where they are others.
    pub(crate) fn give_again(&self, attributes: &Attributes) -> Result<(), WriteError> {
        for file in &self.files {
            file.give_again(attributes)?;
        }
        for (directory, stat) in &self.directories {
            attributes.give_again(directory, attributes.of_directory(), stat)?;
        }
        Ok(())
    }
}
