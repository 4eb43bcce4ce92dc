//! Texts that name hosts: URLs, ids, endpoints, proxies, challenges with URLs in them.

#![no_main]

use akv_xsoar::fuzzing::{proxy, url};
use harness::text;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    url(text);
    proxy(text);
});
