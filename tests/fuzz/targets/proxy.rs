//! Whatever a proxy answers to CONNECT, by the real client; and the texts that name proxies.

#![no_main]

use harness::{check, raw, serve_plain, text, world};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some(text) = text(data) {
        akv_xsoar::fuzzing::proxy(text);
    }
    serve_plain(raw(data));
    check(&world().token_by_proxy());
});
