//! Owners by number, or by the names of `/etc/passwd` and `/etc/group`.
//!
//! Read here and not by the C library: in a static binary that would know no other source, and would
//! read without a bound.

use std::path::Path;

use crate::deadline::Deadline;
use crate::file;

/// To whom a file is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The user's number.
    pub(crate) user: u32,
    /// The group's, where it is not to be what the system chooses.
    pub(crate) group: Option<u32>,
}

/// Why somebody is no owner, and what to do. The text itself is not in it: it may be from a file that
/// holds secrets.
#[derive(Debug)]
pub(crate) struct NoOwner {
    /// To follow what names the text.
    pub(crate) cause: String,
    /// What to do.
    pub(crate) hint: String,
}

/// No machine has more users.
const MOST: usize = 16 << 20;

impl Owner {
    /// `USER` or `USER:GROUP`.
    pub(crate) fn parse(text: &str, deadline: &Deadline) -> Result<Self, NoOwner> {
        let (user, group) = match text.split_once(':') {
            Some((user, group)) => (user, Some(group)),
            None => (text, None),
        };
        if user.is_empty() || group.is_some_and(|group| group.is_empty() || group.contains(':')) {
            return Err(NoOwner {
                cause: "it is not a user and group".to_owned(),
                hint: "give `USER` or `USER:GROUP`, by name or by number".to_owned(),
            });
        }
        Ok(Self {
            user: number_of("user", user, Path::new("/etc/passwd"), deadline)?,
            group: group
                .map(|group| number_of("group", group, Path::new("/etc/group"), deadline))
                .transpose()?,
        })
    }
}

fn number_of(kind: &str, name: &str, table: &Path, deadline: &Deadline) -> Result<u32, NoOwner> {
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return number(name).ok_or_else(|| NoOwner {
            cause: format!("no {kind} has so large a number"),
            hint: "the largest is 4294967294".to_owned(),
        });
    }
    let table_name = table.display();
    let nobody = |cause: String| NoOwner {
        cause,
        hint: format!("give the {kind} by number, or by a name that `{table_name}` has"),
    };
    let content = file::read(table, MOST, deadline)
        .map_err(|problem| nobody(format!("cannot read `{table_name}`: {problem}")))?;
    find(&content.bytes, name).ok_or_else(|| nobody(format!("`{table_name}` has no such {kind}")))
}

/// The largest of 32 bits means nobody in particular.
fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|number| *number != u32::MAX)
}

/// In both tables the name is the first of the fields of a line, and its number the third.
fn find(table: &[u8], name: &str) -> Option<u32> {
    table.split(|byte| *byte == b'\n').find_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        if fields.next()? != name.as_bytes() {
            return None;
        }
        number(std::str::from_utf8(fields.nth(1)?).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    const TABLE: &[u8] = b"root:x:0:0:root:/root:/bin/bash\n\
        # a comment\n\
        broken\n\
        broken:x\n\
        broken:x:many:0\n\
        none:x:4294967295:0::/:\n\
        d-bus.1:x:101:102::/:/bin/false\n\
        \xff:x:7:7\n\
        twice:x:1:1\n\
        twice:x:2:2\n\
        +::::::\n\
        last:x:65534:65534:";

    #[test]
    fn a_name_is_found_where_its_line_is_whole() {
        for (name, number) in [
            ("root", Some(0)),
            ("d-bus.1", Some(101)),
            ("twice", Some(1)),
            ("last", Some(65534)),
            ("broken", None),
            ("none", None),
            ("roo", None),
            ("rooty", None),
            ("Root", None),
            ("x", None),
            ("+", None),
            ("# a comment", None),
        ] {
            assert_eq!(find(TABLE, name), number, "{name}");
        }
    }

    #[test]
    fn numbers_need_no_table() {
        let deadline = Deadline::new(Instant::now(), Duration::from_secs(60));
        let parse = |text| Owner::parse(text, &deadline);
        for (text, user, group) in [
            ("0", 0, None),
            ("1000:100", 1000, Some(100)),
            ("4294967294", 4_294_967_294, None),
        ] {
            assert_eq!(parse(text).unwrap(), Owner { user, group }, "{text}");
        }
        for text in [
            "",
            ":",
            "1:",
            ":1",
            "1:2:3",
            "1:2:",
            "4294967295",
            "99999999999",
            "1:4294967295",
        ] {
            let cause = parse(text).unwrap_err().cause;
            assert!(
                cause.starts_with("it is") || cause.ends_with("large a number"),
                "{cause}"
            );
        }
    }
}
