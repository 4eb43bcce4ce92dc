//! `SystemError`: what the system says is wrong, in the same words in every build.

use std::fmt;
use std::io;

use rustix::io::Errno;

/// The system's own words for an error, without its number.
pub(crate) struct SystemError<'a>(pub(crate) &'a io::Error);

/// glibc's words, where musl has others or none.
const WORDS: [(Errno, &str); 20] = [
    (Errno::ADDRINUSE, "address already in use"),
    (Errno::BUSY, "device or resource busy"),
    (Errno::DQUOT, "disk quota exceeded"),
    (Errno::HOSTUNREACH, "no route to host"),
    (Errno::IO, "input/output error"),
    (Errno::KEYEXPIRED, "key has expired"),
    (Errno::KEYREVOKED, "key has been revoked"),
    (Errno::LOOP, "too many levels of symbolic links"),
    (Errno::MFILE, "too many open files"),
    (Errno::NAMETOOLONG, "file name too long"),
    (Errno::NETUNREACH, "network is unreachable"),
    (Errno::NOKEY, "required key not available"),
    (Errno::NOMEM, "cannot allocate memory"),
    (Errno::NOTSUP, "operation not supported"),
    (Errno::NOTTY, "inappropriate ioctl for device"),
    (Errno::OVERFLOW, "value too large for defined data type"),
    (Errno::SPIPE, "illegal seek"),
    (Errno::TIMEDOUT, "connection timed out"),
    (Errno::UCLEAN, "structure needs cleaning"),
    (Errno::XDEV, "invalid cross-device link"),
];

impl fmt::Display for SystemError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errno = Errno::from_io_error(self.0);
        if let Some((_, words)) = WORDS.iter().find(|(known, _)| Some(*known) == errno) {
            return f.write_str(words);
        }
        let text = self.0.to_string();
        let words = text.split(" (os error").next().unwrap_or_default();
        if words == "No error information" {
            return write!(
                f,
                "system error {}",
                errno.unwrap_or(Errno::IO).raw_os_error()
            );
        }
        // Not an abbreviation such as RPC.
        let is_word = words.chars().nth(1).is_some_and(char::is_lowercase);
        match words.chars().next() {
            Some(first) if is_word => {
                write!(f, "{}{}", first.to_lowercase(), &words[first.len_utf8()..])
            }
            _ => f.write_str(words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(errno: Errno) -> String {
        SystemError(&errno.into()).to_string()
    }

    #[test]
    fn the_number_and_the_capital_are_left_out() {
        for (errno, expected) in [
            (Errno::NOENT, "no such file or directory"),
            (Errno::ACCESS, "permission denied"),
            (Errno::PERM, "operation not permitted"),
            (Errno::NOSPC, "no space left on device"),
            (Errno::NOTDIR, "not a directory"),
            (Errno::STALE, "stale file handle"),
            (Errno::ROFS, "read-only file system"),
            (Errno::CONNREFUSED, "connection refused"),
            // The first word is none.
            (Errno::LIBACC, "can not access a needed shared library"),
        ] {
            assert_eq!(words(errno), expected);
        }
        let own = io::Error::other("Not the system's");
        assert_eq!(SystemError(&own).to_string(), "not the system's");
        assert_eq!(SystemError(&io::Error::other("TLS")).to_string(), "TLS");
        assert_eq!(SystemError(&io::Error::other("")).to_string(), "");
    }

    /// What stands here is what this machine's C library says, where that is glibc.
    #[cfg(target_env = "gnu")]
    #[test]
    fn the_words_are_those_of_glibc() {
        for (errno, words) in WORDS {
            let text = io::Error::from(errno).to_string().to_lowercase();
            assert!(text.starts_with(&format!("{words} (os error")), "{text}");
        }
    }

    /// No error has a text of Rust's own.
    #[test]
    fn every_error_has_words_of_the_system_s() {
        for number in 1..=133 {
            let text = words(Errno::from_raw_os_error(number));
            assert!(
                !text.is_empty() && !text.contains("uncategorized"),
                "{number}"
            );
            assert!(!text.contains("os error"), "{text}");
        }
    }
}
