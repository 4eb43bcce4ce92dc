//! Files as scenarios need them: whose permissions matter, and FIFOs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::standin::Scratch;

/// A file that only its owner may read.
pub fn private(directory: &Scratch, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = directory.write(name, content);
    set_mode(&path, 0o600);
    path
}

/// Who may read and write what is there.
pub fn set_mode(path: impl AsRef<Path>, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// A FIFO that only its owner may use.
pub fn make_fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).unwrap();
}

/// A text as Windows' older tools save it, behind this mark.
pub fn utf_16(text: &str, mark: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    mark.encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(order)
        .collect()
}
