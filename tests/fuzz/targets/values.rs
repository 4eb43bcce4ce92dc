//! Values that are JSON with user and password, or base64.

#![no_main]

use akv_xsoar::fuzzing::value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use harness::text;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some(text) = text(data) {
        let [_, decoded] = value(text);
        // What is decoded is what the text spells, but for padding and line breaks.
        let packed: String = text
            .chars()
            .filter(|c| !c.is_ascii_whitespace() && *c != '=')
            .collect();
        if let Some(bytes) = decoded {
            assert_eq!(STANDARD.encode(bytes).trim_end_matches('='), packed);
        }
    }
    let [_, decoded] = value(&STANDARD.encode(data));
    assert_eq!(decoded.as_deref(), Some(data));
});
