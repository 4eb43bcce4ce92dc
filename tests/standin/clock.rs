//! Dates and identifiers as Azure writes them.

use std::hash::{BuildHasher, RandomState};
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn http_date(seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let (year, month, day) = civil(seconds.div_euclid(86400));
    let weekday = usize::try_from(seconds.div_euclid(86400).rem_euclid(7)).unwrap_or(0);
    let month = usize::try_from(month - 1).unwrap_or(0);
    let (weekday, month) = (DAYS[weekday], MONTHS[month]);
    format!(
        "{weekday}, {day:02} {month} {year} {} GMT",
        time_of_day(seconds)
    )
}

/// `2020-08-19 04:22:28Z`.
pub(super) fn entra_date(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(86400));
    format!("{year}-{month:02}-{day:02} {}Z", time_of_day(seconds))
}

/// `2020-08-19T04:22:28.0000000Z`.
pub(super) fn iso_date(seconds: i64) -> String {
    let date = entra_date(seconds).replace(' ', "T");
    date.replace('Z', ".0000000Z")
}

/// `08/19/2020 04:22:28`.
pub(super) fn us_date(seconds: i64) -> String {
    let (year, month, day) = civil(seconds.div_euclid(86400));
    format!("{month:02}/{day:02}/{year} {}", time_of_day(seconds))
}

fn time_of_day(seconds: i64) -> String {
    let second = seconds.rem_euclid(86400);
    format!(
        "{:02}:{:02}:{:02}",
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Year, month and day of a number of days since 1970.
fn civil(days: i64) -> (i64, i64, i64) {
    // From March of year 0, so that a leap day ends a year: Howard Hinnant's `civil_from_days`.
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    (year + era * 400 + i64::from(month <= 2), month, day)
}

/// Sixteen hexadecimal digits nobody can guess.
pub(super) fn random() -> String {
    format!("{:016x}", RandomState::new().hash_one(0))
}

/// A random identifier such as `4224c6fc-ff5f-489f-b1ea-95f83e911935`.
pub(super) fn uuid() -> String {
    let (a, b) = (random(), random());
    format!(
        "{}-{}-4{}-a{}-{}",
        &a[..8],
        &a[8..12],
        &a[13..],
        &b[1..4],
        &b[4..]
    )
}
