//! What a vault answers when it is listed, page after page.

#![no_main]

use harness::{check, framed, serve_plain, serve_tls, token, world};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    serve_plain([token(), token()]);
    serve_tls(framed(data));
    check(&world().listing());
});
