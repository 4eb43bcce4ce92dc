//! Whatever comes over plain http instead of a token, by the real client.

#![no_main]

use akv_xsoar::fuzzing::By;
use harness::{check, check_form, raw, serve_plain, world};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let by = match data.first() {
        Some(b'A') => By::AppService,
        Some(b'R') => By::Arc,
        _ => By::Metadata,
    };
    serve_plain(raw(data.get(1..).unwrap_or_default()));
    let said = world().token(by);
    match by {
        By::AppService => check(&said),
        // They are sent no secret, so that none can come back; Arc's key is root's.
        _ => check_form(&said),
    }
});
