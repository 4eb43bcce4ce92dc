//! `SystemError`: what the system says is wrong.

use std::fmt;
use std::io;

/// The system's words for an error, without its number.
pub(crate) struct SystemError<'a>(pub(crate) &'a io::Error);

impl fmt::Display for SystemError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            io::ErrorKind::NotFound => f.write_str("no such file or directory"),
            io::ErrorKind::PermissionDenied => f.write_str("permission denied"),
            // The C libraries differ here.
            io::ErrorKind::ResourceBusy => f.write_str("device or resource busy"),
            _ => {
                let text = self.0.to_string();
                let words = text.split(" (os error").next().unwrap_or_default();
                let (first, rest) = words.split_at(words.len().min(1));
                write!(f, "{}{rest}", first.to_ascii_lowercase())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::io::Errno;

    #[test]
    fn the_number_and_the_capital_are_left_out() {
        for (errno, words) in [
            (Errno::NOENT, "no such file or directory"),
            (Errno::NOSPC, "no space left on device"),
            (Errno::BUSY, "device or resource busy"),
            (Errno::NOTDIR, "not a directory"),
        ] {
            assert_eq!(SystemError(&errno.into()).to_string(), words);
        }
        let own = io::Error::other("Not the system's");
        assert_eq!(SystemError(&own).to_string(), "not the system's");
    }
}
