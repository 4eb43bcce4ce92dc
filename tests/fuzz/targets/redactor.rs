//! A service's words, with a secret on the first line that is known: it is not in what is shown.

#![no_main]

use akv_xsoar::fuzzing::struck;
use harness::{line, text};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    let (secret, words) = line(text);
    let shown = struck(words, secret);
    let secret = secret.trim();
    let is_marks_own = "[secret]…".contains(secret) || secret.contains(['[', ']', '…']);
    // Of one byte again and again only the ends are struck (`redact/index.rs`).
    let is_one_byte = secret.bytes().all(|byte| byte == secret.as_bytes()[0]);
    let can_be_told = secret.len() >= 4 && !is_marks_own && !is_one_byte;
    if can_be_told {
        assert!(!shown.contains(secret), "{shown:?}");
    }
    let repeated = struck(&format!("{words}{secret}{words}"), secret);
    if can_be_told {
        assert!(!repeated.contains(secret), "{repeated:?}");
    }
});
