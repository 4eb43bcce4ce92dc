//! A command line, one word a line; behind an empty line the environment, `NAME=VALUE` a line.

#![no_main]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;

use akv_xsoar::fuzzing::configured;
use harness::check_form;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let lines: Vec<_> = data.split(|byte| *byte == b'\n').collect();
    let end = lines
        .iter()
        .position(|line| line.is_empty())
        .unwrap_or(lines.len());
    let (words, environment) = lines.split_at(end);
    let word = |line: &&[u8]| OsString::from_vec(line.to_vec());
    // No file of this machine is read for long.
    let words: Vec<_> = words
        .iter()
        .map(word)
        .chain(["--timeout", "0.2"].map(OsString::from))
        .collect();
    let variable = |name: &str| {
        let mut values = environment
            .iter()
            .filter_map(|line| line.strip_prefix(name.as_bytes()));
        let value = values.find_map(|rest| rest.strip_prefix(b"="));
        value.map(|value| OsString::from_vec(value.to_vec()))
    };
    check_form(&configured(&words, &variable));
});
