//! Headers that ask for a wait, each on a line: `Retry-After`, `Date`, two of Azure's own, and the clock.

#![no_main]

use std::time::{Duration, UNIX_EPOCH};

use akv_xsoar::fuzzing::wait;
use harness::text;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(text) = text(data) else { return };
    let lines: Vec<_> = text.lines().collect();
    let names = [
        "retry-after",
        "date",
        "retry-after-ms",
        "x-ms-retry-after-ms",
    ];
    let header = |asked: &str| {
        let place = names.iter().position(|name| *name == asked)?;
        lines.get(place).copied().filter(|line| !line.is_empty())
    };
    let now = lines
        .get(4)
        .and_then(|line| line.parse::<u32>().ok())
        .unwrap_or_default();
    let now = UNIX_EPOCH + Duration::from_secs(now.into());
    let waits = wait(header, now);
    // The longest counts: with one header less it is never longer.
    for left_out in ["retry-after", "retry-after-ms", "x-ms-retry-after-ms"] {
        let fewer = wait(|asked| header(asked).filter(|_| asked != left_out), now);
        assert!(fewer <= waits, "{fewer:?} {waits:?}");
    }
    for (name, unit) in [("retry-after", 1000), ("retry-after-ms", 1)] {
        let digits = header(name).filter(|value| value.bytes().all(|b| b.is_ascii_digit()));
        let value = digits.and_then(|value| value.parse::<u64>().ok());
        if let Some(asked) = value.and_then(|value| value.checked_mul(unit)) {
            assert!(waits >= Some(Duration::from_millis(asked)), "{waits:?}");
        }
    }
});
