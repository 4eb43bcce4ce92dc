//! What a vault answers when a secret is read.

#![no_main]

use harness::{check, framed, serve_plain, serve_tls, token, world};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    serve_plain([token(), token()]);
    serve_tls(framed(data));
    check(&world().secret(data.len() % 2 == 1));
});
