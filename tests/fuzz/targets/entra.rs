//! What Entra ID answers in sound HTTP over TLS.

#![no_main]

use akv_xsoar::fuzzing::By;
use harness::{check, framed, serve_tls, world};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    serve_tls(framed(data));
    check(&world().token(By::Entra));
});
