//! Times as RFC 3339 has them, in UTC and in whole seconds: as `jq`'s `fromdateiso8601` and Python's `strptime` read
//! them, and in the order of their text.

use std::time::{SystemTime, UNIX_EPOCH};

const DAY: u64 = 24 * 3600;

/// A time in seconds since 1970; none beyond the year 9999, which has no such form.
pub(super) fn rfc3339(at: u64) -> Option<String> {
    let (year, month, day) = date(at / DAY)?;
    let (hour, minute, second) = (at % DAY / 3600, at % 3600 / 60, at % 60);
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
    ))
}

/// The time of a clock.
pub(super) fn rfc3339_now(now: SystemTime) -> String {
    let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    rfc3339(since.as_secs()).unwrap_or_else(|| "9999-12-31T23:59:59Z".to_owned())
}

/// Whether a text has this form.
pub(super) fn is_time(text: &str) -> bool {
    let form = b"0000-00-00T00:00:00Z";
    let fits = |(byte, form): (u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        other => byte == *other,
    };
    text.len() == form.len() && text.bytes().zip(form).all(fits)
}

/// The date of a day, counted from 1970-01-01; the years go from March to February, so that a leap day ends one.
fn date(days: u64) -> Option<(u64, u64, u64)> {
    const CENTURIES: u64 = 146_097;
    // From 0000-03-01, in blocks of four centuries.
    let days = days.checked_add(719_468)?;
    let (block, day) = (days / CENTURIES, days % CENTURIES);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = match month {
        0..10 => (block * 400 + year, month + 3),
        _ => (block * 400 + year + 1, month - 9),
    };
    (year <= 9999).then_some((year, month, day))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn times_have_their_dates() {
        for (at, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (68_169_599, "1972-02-28T23:59:59Z"),
            (68_169_600, "1972-02-29T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_795_876_199, "2026-11-28T14:29:59Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
            (253_402_300_799, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(at).as_deref(), Some(text));
            assert!(is_time(text));
        }
        for beyond in [253_402_300_800, u64::MAX] {
            assert_eq!(rfc3339(beyond), None);
        }
    }

    /// httpdate's own arithmetic is another.
    #[test]
    fn every_day_of_a_century_is_another_library_s() {
        for day in 0..40_000 {
            let at = day * DAY + day;
            let time = UNIX_EPOCH + Duration::from_secs(at);
            let http = httpdate::fmt_http_date(time);
            let text = rfc3339(at).unwrap();
            assert_eq!(text[..4], http[12..16]);
            assert_eq!(text[8..10], http[5..7], "{text} {http}");
            assert_eq!(text[11..19], http[17..25]);
            let months = [
                "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
            ];
            let month: usize = text[5..7].parse().unwrap();
            assert_eq!(months[month - 1], &http[8..11]);
        }
    }

    #[test]
    fn a_clock_that_is_wrong_has_a_time_all_the_same() {
        let before = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(rfc3339_now(before), "1970-01-01T00:00:00Z");
    }

    #[test]
    fn nothing_else_is_a_time() {
        for text in [
            "",
            "2026-11-28",
            "2026-11-28 14:29:59Z",
            "2026-11-28T14:29:59",
            "2026-11-28T14:29:59.5Z",
            "2026-11-28T14:29:59+01:00",
            "2026-11-28T14:29:5éZ",
            "+026-11-28T14:29:59Z",
        ] {
            assert!(!is_time(text), "{text}");
        }
    }
}
