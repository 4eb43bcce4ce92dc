//! What an XSOAR server answers when it is listed, or written to.

#![no_main]

use harness::{check, framed, serve_plain, world};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (writes, answers) = match data {
        [b'W', answers @ ..] => (true, answers),
        answers => (false, answers),
    };
    serve_plain(framed(answers));
    check(&world().store(writes));
});
