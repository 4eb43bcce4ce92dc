//! Exemptions from the proxy: a host with its port on the first line, then the list.

#![no_main]

use akv_xsoar::fuzzing::is_exempt;
use harness::{line, text};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    let (host, list) = line(text);
    let whole = is_exempt(list, host, 443);
    // One item of the list decides, whichever it is and wherever it stands.
    let items: Vec<_> = list
        .split(|c: char| c == ',' || c.is_whitespace())
        .collect();
    assert_eq!(whole, items.iter().any(|item| is_exempt(item, host, 443)));
    let backwards: Vec<_> = items.iter().rev().copied().collect();
    assert_eq!(whole, is_exempt(&backwards.join(","), host, 443));
    assert!(is_exempt(&format!("{list},*"), host, 443));
    // A host that is a name covers itself and what is below it, in any case.
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let has_letter = host.bytes().any(|byte| byte.is_ascii_alphabetic());
    if has_letter && host.split('.').all(is_label) {
        for list in [
            host.to_owned(),
            format!(".{host}"),
            host.to_ascii_uppercase(),
        ] {
            assert!(is_exempt(&list, host, 443) && is_exempt(&list, &format!("a.{host}"), 443));
            assert!(!is_exempt(&list, &format!("a{host}"), 443));
        }
        assert!(is_exempt(&format!("{host}:443"), host, 443));
        assert!(!is_exempt(&format!("{host}:80"), host, 443));
    }
});
