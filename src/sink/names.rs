//! NamePattern that nobody else has: of what has not got its own yet.
//!
//! A run that is killed leaves it; by its name a later run knows what it may remove.

use std::ffi::OsString;
use std::hash::{BuildHasher, RandomState};
use std::os::unix::ffi::OsStringExt;

/// NamePattern with so many hexadecimal digits between a beginning and an end.
pub(super) struct NamePattern {
    before: &'static [u8],
    after: &'static [u8],
}

const DIGITS: usize = 16;

/// A file beside the one that it replaces.
pub(super) const TEMPORARY: NamePattern = NamePattern {
    before: b".akv-xsoar-",
    after: b".tmp",
};

/// A directory with all secrets of one run. Two dots, as Kubernetes has it: what lists a directory
/// of secrets leaves those out.
pub(super) const GENERATION: NamePattern = NamePattern {
    before: b"..akv-xsoar-",
    after: b"",
};

/// A link before it takes the place of another.
pub(super) const LINK: NamePattern = NamePattern {
    before: b"..akv-xsoar-",
    after: b".tmp",
};

impl NamePattern {
    /// A new name.
    pub(crate) fn fresh(&self) -> OsString {
        let random = RandomState::new().hash_one(std::process::id());
        let random = format!("{random:0DIGITS$x}");
        OsString::from_vec([self.before, random.as_bytes(), self.after].concat())
    }

    /// Whether it is one of these.
    pub(crate) fn has(&self, name: &[u8]) -> bool {
        let inner = name
            .strip_prefix(self.before)
            .and_then(|rest| rest.strip_suffix(self.after));
        inner.is_some_and(|inner| inner.len() == DIGITS && inner.iter().all(u8::is_ascii_hexdigit))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn our_own_names_are_recognised_and_no_others() {
        let all = [TEMPORARY, GENERATION, LINK];
        for (index, names) in all.iter().enumerate() {
            let name = names.fresh();
            for (other, names) in all.iter().enumerate() {
                assert_eq!(names.has(name.as_bytes()), index == other, "{name:?}");
            }
        }
        assert!(TEMPORARY.has(b".akv-xsoar-0123456789abcdef.tmp"));
        for other in [
            ".akv-xsoar-.tmp",
            ".akv-xsoar-notes-of-mine12.tmp",
            ".akv-xsoar-0123456789abcdef0.tmp",
            ".akv-xsoar-0123456789abcdef.tmp~",
            "akv-xsoar-0123456789abcdef.tmp",
            "..akv-xsoar-0123456789abcde",
            "..akv-xsoar.lock",
            "..data",
            "",
        ] {
            assert!(
                !all.iter().any(|names| names.has(other.as_bytes())),
                "{other}"
            );
        }
    }
}
