//! Azure Arc's challenge leads to a key in the agent's folder, or nowhere.

#![no_main]

use akv_xsoar::fuzzing::{key_file, keys};
use harness::text;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // What a header can carry.
    let fits = |text: &&str| text.bytes().all(|b| matches!(b, b'\t' | b' '..=b'~'));
    let Some(text) = text(data).filter(fits) else {
        return;
    };
    for challenge in [
        text.to_owned(),
        format!("Basic realm={}/{text}", keys().display()),
    ] {
        let Some(path) = key_file(&challenge) else {
            continue;
        };
        assert_eq!(path.parent(), Some(keys()), "{path:?}");
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        assert!(name.ends_with(".key") && !name.contains('/'), "{path:?}");
        assert_eq!(path, keys().join(name));
    }
});
