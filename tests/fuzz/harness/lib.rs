//! What the fuzzers share: the other end of the network, models of who reads our output, and what nothing may say.

mod dotenv;
mod server;
mod shell;

use akv_xsoar::fuzzing::{CANARY, Said};

pub use dotenv::{new_dotenv, old_dotenv};
pub use server::{framed, raw, serve_plain, serve_tls, token, world};
pub use shell::shell;

/// What a run said is for a person at a terminal, and holds no secret.
pub fn check(said: &Said) {
    check_form(said);
    for line in said {
        assert!(!line.contains(CANARY), "a secret is shown: {line}");
    }
}

/// The same of a run that has no secret, or that quotes what its user wrote, whatever that is.
pub fn check_form(said: &Said) {
    for line in said {
        assert!(
            !line.contains(char::is_control),
            "control characters: {line:?}"
        );
    }
}

/// Text, where a fuzzer's bytes are one.
pub fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The first line of a text, and what follows.
pub fn line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}
