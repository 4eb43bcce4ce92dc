//! Whatever a service does to a secret before it says it, the secret is not shown.

#![cfg(test)]

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::reading::readings;
use super::tests::knowing;
use super::{SHORTEST_PART, SHORTEST_RUN};

fn each(text: &str, spell: fn(char) -> String) -> String {
    text.chars().map(spell).collect()
}

fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn units(text: &str) -> String {
    text.encode_utf16()
        .fold(String::new(), |mut escapes, unit| {
            let _ = write!(escapes, "\\u{unit:04x}");
            escapes
        })
}

fn percent(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn hexadecimal(text: &str) -> String {
    text.bytes().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

fn octal(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escapes, byte| {
        let _ = write!(escapes, "\\{byte:03o}");
        escapes
    })
}

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

/// Each spells a text character by character, but for those of base64 at the end.
const SPELLINGS: [fn(&str) -> String; 13] = [
    str::to_owned,
    escaped,
    units,
    octal,
    percent,
    |text| percent(text).replace("%20", "+"),
    |text| each(text, |c| format!("&#{};", u32::from(c))),
    |text| each(text, |c| format!("&#x{:X};", u32::from(c))),
    |text| {
        let text = text.replace('&', "&amp;").replace('"', "&quot;");
        text.replace('<', "&lt;").replace('ü', "&uuml;")
    },
    hexadecimal,
    |text| hexadecimal(text).to_uppercase(),
    base64,
    |text| URL_SAFE_NO_PAD.encode(text),
];
const FIRST_BASE64: usize = 11;

/// What stands before a secret, the secret, and what stands behind it, spelled together. What of base64 is
/// not the secret's alone goes to the others.
fn spelled(parts: &[String; 3], spelling: usize) -> [String; 3] {
    let spell = SPELLINGS[spelling];
    if spelling < FIRST_BASE64 {
        return parts.each_ref().map(|part| spell(part));
    }
    let whole = spell(&parts.concat());
    let start = (parts[0].len() * 8).div_ceil(6);
    let end = ((parts[0].len() + parts[1].len()) * 8 / 6).max(start);
    [&whole[..start], &whole[start..end], &whole[end..]].map(str::to_owned)
}

/// Eight characters of a secret's spelling, if a message shows them.
fn shown<'a>(message: &str, secret: &'a str, around: &[&str]) -> Option<&'a str> {
    let starts = secret.char_indices().map(|(at, _)| at);
    let mut windows = starts.filter_map(|at| {
        let (end, last) = secret[at..].char_indices().nth(7)?;
        Some(&secret[at..at + end + last.len_utf8()])
    });
    windows.find(|window| {
        let is_around = around.iter().any(|text| text.contains(window));
        message.contains(window) && !is_around
    })
}

fn secrets() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z0-9~._/+=-]{4,60}",
        "[ -~äüß€😀]{4,90}",
        "[A-Za-z0-9+/]{200,400}",
        "eyJ[A-Za-z0-9_-]{20,60}[.][A-Za-z0-9_-]{20,90}[.][A-Za-z0-9_-]{20,90}",
        "([A-Za-z0-9+/]{40}\\r?\\n){2,5}",
    ]
    .prop_filter("enough", |secret| secret.trim().len() >= 4)
}

fn words() -> impl Strategy<Value = String> {
    select(vec!["", "The value ", "is: ", "x=", "'", "/", "{\"a\": "]).prop_map(str::to_owned)
}

/// From one place to another, at least one character.
fn piece(text: &str, (one, other): (Index, Index)) -> String {
    let characters: Vec<_> = text.chars().collect();
    let [one, other] = [one, other].map(|place| place.index(characters.len()));
    characters[one.min(other)..=one.max(other)].iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whatever it is spelled as, and that again, and again.
    #[test]
    fn no_spelling_of_a_secret_is_shown(
        secret in secrets(),
        (before, behind) in (words(), words()),
        spellings in vec(0..SPELLINGS.len(), 1..=3),
    ) {
        let parts = [before, secret.trim().to_owned(), behind];
        let [before, text, behind] = spellings.iter().fold(parts, |parts, one| spelled(&parts, *one));
        let message = knowing(&[&secret]).strike(&[&*before, &text, &behind].concat());
        let found = shown(&message, &text, &[&before, &behind]);
        prop_assert!(found.is_none(), "{found:?} in {message}");
    }

    /// Cut at one side or at both, before it is spelled.
    #[test]
    fn no_part_of_a_secret_is_shown(
        secret in secrets(),
        (before, behind) in (words(), words()),
        places in any::<(Index, Index)>(),
        quote in select(vec!["'", "\"", "…", "..."]),
        spelling in 0..SPELLINGS.len(),
    ) {
        let secret = secret.trim();
        let part = piece(secret, places);
        prop_assume!(part.len() >= SHORTEST_PART);
        let has_an_end = secret.starts_with(&part) || secret.ends_with(&part);
        let before = match part.len() {
            _ if has_an_end => before,
            SHORTEST_RUN.. => before,
            _ => before + quote,
        };
        let [before, text, behind] = spelled(&[before, part, behind], spelling);
        let message = knowing(&[secret]).strike(&[&*before, &text, &behind].concat());
        let found = shown(&message, &text, &[&before, &behind]);
        prop_assert!(found.is_none(), "{found:?} in {message}");
    }

    /// Cut by whoever quotes what was spelled, perhaps within an escape.
    #[test]
    fn no_cut_spelling_is_shown(
        secret in secrets(),
        spellings in vec(0..SPELLINGS.len(), 1..=2),
        places in any::<(Index, Index)>(),
    ) {
        let secret = secret.trim();
        let parts = [String::new(), secret.to_owned(), String::new()];
        let [_, text, _] = spellings.iter().fold(parts, |parts, one| spelled(&parts, *one));
        let text = piece(&text, places);
        let message = knowing(&[secret]).strike(&text);
        for reading in readings(&message).iter().flatten() {
            let shows = |part: &[u8]| reading.bytes().windows(part.len()).any(|text| text == part);
            let found = secret.as_bytes().windows(SHORTEST_PART).find(|part| shows(part));
            prop_assert!(found.is_none(), "{found:?} in {message} of {text}");
        }
    }
}
