//! Values as variables for python-dotenv: it reads back what was written, in both ways that it reads quotes.

#![no_main]

use akv_xsoar::fuzzing::variables;
use harness::{new_dotenv, old_dotenv, text};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    let (a, b) = text.split_once('\u{1f}').unwrap_or((text, "b"));
    let Some(written) = variables([a, b], false) else {
        assert!(text.contains('\0'));
        return;
    };
    let written = String::from_utf8(written).expect("values are text");
    let expected = [
        ("A".to_owned(), a.to_owned()),
        ("B".to_owned(), b.to_owned()),
    ];
    for read in [new_dotenv(&written), old_dotenv(&written)] {
        assert_eq!(read.as_deref(), Some(&expected[..]), "{written:?}");
    }
});
