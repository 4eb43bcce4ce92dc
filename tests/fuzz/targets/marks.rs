//! A comment with anything in it, and the user on its first line: the mark is found again, what people wrote stays.

#![no_main]

use akv_xsoar::fuzzing::{is_marked, marked};
use harness::{line, text};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    let (user, before) = line(text);
    let had_mark = is_marked(before);
    for is_json in [false, true] {
        let (after, is_found) = marked(before, user, is_json);
        assert!(is_found, "{after:?}");
        if !had_mark {
            assert!(after.starts_with(before.trim_end()), "{after:?}");
        }
        // A second run changes nothing.
        assert_eq!(marked(&after, user, is_json), (after.clone(), true));
    }
});
