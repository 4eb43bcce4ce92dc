//! The configuration file, for each verb that makes something of it.

#![no_main]

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::OnceLock;

use akv_xsoar::fuzzing::configured;
use harness::check_form;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let name = format!("akv-xsoar-fuzz-{}.json", std::process::id());
        std::env::temp_dir().join(name)
    });
    std::fs::write(file, data).expect("a file of our own");
    for verb in ["fetch", "push", "vaults"] {
        let words = [verb, "--timeout", "0.2", "--config"].map(OsString::from);
        let words: Vec<_> = words.into_iter().chain([file.clone().into()]).collect();
        check_form(&configured(&words, &|_| None));
    }
});
