//! Whose a file is, and who may read it: set exactly, before it takes its name.

use std::os::fd::AsFd;

use rustix::fs::{Gid, Mode, Stat, Uid};
use rustix::io::Errno;

use super::owner::Owner;
use super::write_error::{WriteError, system};

/// What a file is to be like, besides its content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attributes {
    /// Who may read and write it; its owner alone where nothing is said.
    pub(crate) permissions: Option<Permissions>,
    /// Whose it is; the user's who runs this where nothing is said.
    pub(crate) owner: Option<Owner>,
    /// Whether a file stays that has the content already.
    pub(crate) if_changed: bool,
}

/// Permissions as `chmod` takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Permissions(u32);

impl Permissions {
    /// Three or four octal digits, at most 0777.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
        if !digits || !(3..=4).contains(&text.len()) {
            return None;
        }
        let mode = u32::from_str_radix(text, 8).ok()?;
        (mode <= 0o777).then_some(Self(mode))
    }
}

/// A new file is for its owner's eyes only, whatever the umask.
pub(super) const PRIVATE: Mode = Mode::from_raw_mode(0o600);

impl Attributes {
    /// Whether something is asked for that only a file can have.
    pub(super) fn are_for_files(&self) -> bool {
        self.permissions.is_some() || self.owner.is_some()
    }

    /// The mode of a file.
    pub(super) fn of_file(&self) -> Mode {
        Mode::from_raw_mode(self.mode())
    }

    /// The mode of a directory: whoever may read the files may go through to them.
    pub(super) fn of_directory(&self) -> Mode {
        let mode = self.mode();
        Mode::from_raw_mode(mode | (mode & 0o444) >> 2)
    }

    fn mode(&self) -> u32 {
        self.permissions
            .map_or(PRIVATE.as_raw_mode(), |permissions| permissions.0)
    }

    /// Gives it its mode and its owner. Some file systems say yes to everything and change nothing, so
    /// that it is looked at then.
    pub(super) fn give(&self, file: impl AsFd, mode: Mode) -> Result<(), WriteError> {
        remove_access_lists(&file)?;
        // First the mode: what is somebody else's may not be changed any more.
        rustix::fs::fchmod(&file, mode).map_err(system("chmod"))?;
        if let Some(owner) = self.owner {
            let user = Some(Uid::from_raw(owner.user));
            let group = owner.group.map(Gid::from_raw);
            rustix::fs::fchown(&file, user, group).map_err(system("chown"))?;
        }
        self.check(&file, mode)
    }

    /// Gives it to one that is there already, unless it is as it should be.
    pub(super) fn give_again(
        &self,
        file: impl AsFd,
        mode: Mode,
        stat: &Stat,
    ) -> Result<(), WriteError> {
        if self.are_given(&file, mode, stat) {
            return Ok(());
        }
        self.give(file, mode)
    }

    /// Whether one is as it should be.
    pub(super) fn are_given(&self, file: impl AsFd, mode: Mode, stat: &Stat) -> bool {
        self.is_owned(stat)
            && stat.st_mode & 0o7777 == mode.as_raw_mode()
            && !has(&file, ACCESS_LIST)
            && !has(&file, INHERITED_LIST)
    }

    /// Whether its file system has let it become what was asked for. What its owner may do besides
    /// is no danger: vfat knows no file that cannot be run.
    fn check(&self, file: impl AsFd, mode: Mode) -> Result<(), WriteError> {
        let stat = rustix::fs::fstat(file).map_err(system("stat"))?;
        if !self.is_owned(&stat) {
            return Err(WriteError::Owner(stat.st_uid, stat.st_gid));
        }
        let (is, wanted) = (stat.st_mode & 0o777, mode.as_raw_mode());
        if is & !wanted & 0o077 != 0 || wanted & !is != 0 {
            return Err(WriteError::Mode { is, wanted });
        }
        Ok(())
    }

    /// Whether a directory that was just made is no more open than it is to be in the end.
    pub(super) fn check_new(&self, directory: impl AsFd) -> Result<(), WriteError> {
        remove_access_lists(&directory)?;
        let wanted = self.of_directory() | Mode::RWXU;
        let stat = rustix::fs::fstat(directory).map_err(system("stat"))?;
        let is = stat.st_mode & 0o777;
        if is & !wanted.as_raw_mode() != 0 {
            let wanted = self.of_directory().as_raw_mode();
            return Err(WriteError::Mode { is, wanted });
        }
        Ok(())
    }

    fn is_owned(&self, stat: &Stat) -> bool {
        self.owner.is_none_or(|owner| {
            owner.user == stat.st_uid && owner.group.is_none_or(|group| group == stat.st_gid)
        })
    }

    /// Whether one that is there already can become what a new one in `home` would be.
    pub(super) fn can_be_given(&self, stat: &Stat, home: &Stat) -> bool {
        let wanted = self.owner.map(|owner| owner.user);
        let user =
            wanted == Some(stat.st_uid) || stat.st_uid == rustix::process::geteuid().as_raw();
        let group_named = self.owner.is_some_and(|owner| owner.group.is_some());
        user && (group_named || stat.st_gid == group_of_new(home))
    }
}

/// Who may do what besides owner, group and others; and a directory's, for what is made in it.
const ACCESS_LIST: &str = "system.posix_acl_access";
const INHERITED_LIST: &str = "system.posix_acl_default";

/// What a directory passes on may let users in whom no mode shows.
fn remove_access_lists(file: impl AsFd) -> Result<(), WriteError> {
    for list in [ACCESS_LIST, INHERITED_LIST] {
        let removed = rustix::fs::fremovexattr(&file, list);
        if has(&file, list) {
            let error = removed.err().unwrap_or(Errno::NOTSUP);
            return Err(system("remove its access list")(error));
        }
    }
    Ok(())
}

fn has(file: impl AsFd, list: &str) -> bool {
    match rustix::fs::fgetxattr(file, list, &mut [0_u8; 64][..]) {
        Ok(length) => length > 0,
        // It does not fit: there is one.
        Err(error) => error == Errno::RANGE,
    }
}

/// The group of what is made in a directory.
fn group_of_new(directory: &Stat) -> u32 {
    if Mode::from_raw_mode(directory.st_mode).contains(Mode::SGID) {
        directory.st_gid
    } else {
        rustix::process::getegid().as_raw()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_three_or_four_octal_digits() {
        for (text, mode) in [("600", 0o600), ("0640", 0o640), ("777", 0o777), ("000", 0)] {
            assert_eq!(Permissions::parse(text), Some(Permissions(mode)), "{text}");
        }
        for text in [
            "", "6", "60", "00600", "1777", "4755", "0o600", "680", "+60", "-600", "u=rw", "60 ",
            "٦٠٠",
        ] {
            assert_eq!(Permissions::parse(text), None, "{text}");
        }
    }

    #[test]
    fn who_reads_the_files_goes_through_the_directories() {
        for (file, directory) in [
            ("600", 0o700),
            ("640", 0o750),
            ("644", 0o755),
            ("400", 0o500),
            ("060", 0o070),
            ("200", 0o200),
            ("777", 0o777),
        ] {
            let attributes = Attributes {
                permissions: Permissions::parse(file),
                ..Attributes::default()
            };
            let mode = attributes.of_directory().as_raw_mode();
            assert_eq!(mode, directory, "{file}");
        }
        let default = Attributes::default();
        assert_eq!(default.of_file().as_raw_mode(), 0o600);
    }
}
