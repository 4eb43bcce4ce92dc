//! A pattern, a name, a tag and another, each on a line, beside a slower way to match.

#![no_main]

use akv_xsoar::fuzzing::{fits, is_tagged};
use harness::{line, text};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    let (pattern, rest) = line(text);
    let (name, rest) = line(rest);
    if let Some(fits) = fits(pattern, name) {
        let [pattern, name] = [pattern, name].map(str::to_ascii_lowercase);
        assert_eq!(
            fits,
            matches(pattern.as_bytes(), name.as_bytes()),
            "{pattern} {name}"
        );
    }
    let (tag, other) = line(rest);
    if let Some(is_tagged) = is_tagged(tag, other) {
        let (key, value) = tag.split_once('=').unwrap_or((tag, ""));
        assert_eq!(is_tagged, key == other && value.is_empty(), "{tag} {other}");
    }
});

/// Which beginnings of the name fit to a beginning of the pattern, one more character of it at a time.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    let mut fit = vec![false; name.len() + 1];
    fit[0] = true;
    for wanted in pattern {
        let before = fit.clone();
        for end in 0..fit.len() {
            fit[end] = match wanted {
                b'*' => before[..=end].contains(&true),
                wanted => {
                    let is_it = |at: usize| *wanted == b'?' || *wanted == name[at];
                    end > 0 && before[end - 1] && is_it(end - 1)
                }
            };
        }
    }
    fit[name.len()]
}
