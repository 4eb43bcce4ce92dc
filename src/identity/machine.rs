//! Who this program is to the machine that it runs on: its path, and its user.

use std::fs;
use std::path::Path;

use crate::deadline::Deadline;
use crate::file::{self, shown};

/// No machine has more users.
const MOST: usize = 16 << 20;

/// The path of this program as the kernel knows it.
pub(super) fn program() -> String {
    match fs::read_link("/proc/self/exe") {
        Ok(path) => format!("`{}`", shown(path)),
        Err(_) => "of this program".to_owned(),
    }
}

/// The user who runs this: by name, where `/etc/passwd` has one.
pub(super) fn user(deadline: &Deadline) -> String {
    let number = rustix::process::geteuid().as_raw();
    let passwd = file::read(Path::new("/etc/passwd"), MOST, deadline).ok();
    match passwd.and_then(|content| name_of(&content.bytes, number)) {
        Some(name) => format!("`{name}`"),
        None => format!("with the number {number}"),
    }
}

/// The name is the first of the fields of a line, and the number its third.
fn name_of(passwd: &[u8], number: u32) -> Option<String> {
    let text = String::from_utf8_lossy(passwd);
    let name = text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        (fields.nth(1)?.parse() == Ok(number)).then(|| name.to_owned())
    })?;
    Some(shown(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_s_name() {
        let passwd =
            b"root:x:0:0::/:/bin/sh\n# no user\n:x:7::\nodd\ndemisto:x:996:993::/:/bin/sh\n";
        assert_eq!(name_of(passwd, 996).as_deref(), Some("demisto"));
        assert_eq!(name_of(passwd, 0).as_deref(), Some("root"));
        assert_eq!(name_of(passwd, 7), None);
        assert_eq!(name_of(b"", 0), None);
    }
}
