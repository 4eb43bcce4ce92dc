//! What Resource Manager answers when it is asked for vaults, page after page.

#![no_main]

use harness::{check, framed, serve_plain, serve_tls, token, world};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    serve_plain([token(), token()]);
    serve_tls(framed(data));
    check(&world().vaults());
});
