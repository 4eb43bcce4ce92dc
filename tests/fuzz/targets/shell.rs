//! Values as assignments for a shell: it reads back what was written.

#![no_main]

use akv_xsoar::fuzzing::variables;
use harness::{shell, text};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    let (a, b) = text.split_once('\u{1f}').unwrap_or((text, "b"));
    let Some(written) = variables([a, b], true) else {
        assert!(text.contains('\0'));
        return;
    };
    let expected = [
        (b"A".to_vec(), a.as_bytes().to_vec()),
        (b"B".to_vec(), b.as_bytes().to_vec()),
    ];
    assert_eq!(
        shell(&written).as_deref(),
        Some(&expected[..]),
        "{written:?}"
    );
});
