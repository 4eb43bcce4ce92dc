//! `Redactor`: what a service says, without any secret of ours in it.
//!
//! A service may say a secret back whole or cut, in one encoding or several. So the text is read in every
//! way in which it can be decoded ([`reading`]), those readings are indexed ([`index`]), and each known
//! secret goes over the index once: the work is linear in what is known, the memory in what is shown.

mod decode;
mod html;
mod index;
mod reading;
mod spellings;
mod url;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::secret::Secret;
use index::{Index, Run};
use reading::{GAP, Reading, readings};

pub(crate) use url::without_user;

/// What stands where a secret was struck out of a message.
const STRUCK: &str = "[secret]";

/// Values shorter than this are not struck out: a message without its every `a` tells more, not less.
const SHORTEST_STRUCK: usize = 4;

/// So much of a secret is struck out where it begins, where it ends, or where a quote was cut.
const SHORTEST_PART: usize = 8;

/// So much of a secret is no coincidence anywhere: a line of a key has more.
const SHORTEST_RUN: usize = 16;

/// So much of a text is read, or less where it can be decoded in too many ways. A message shows 500
/// characters; a secret in front of them, as long as a vault takes it, may be struck out.
const READ: [usize; 3] = [32 * 1024, 8 * 1024, 2 * 1024];

/// Of what was cut so much is not shown: no character is spelled in more.
const MARGIN: usize = 256;

/// What all messages of a run together may cost: about a second. Beyond it no service's words are shown.
const MOST_STEPS: u64 = 1 << 28;

/// Where a service, or this program, cuts a quote.
const CUTS: [&[u8]; 13] = [
    &[GAP],
    b"'",
    b"\"",
    b"`",
    b"..",
    "…".as_bytes(),
    "‘".as_bytes(),
    "’".as_bytes(),
    "“".as_bytes(),
    "”".as_bytes(),
    "«".as_bytes(),
    "»".as_bytes(),
    b"*",
];

/// The secrets of this run, to strike them out of what a service says before it is shown.
#[derive(Default)]
pub(crate) struct Redactor {
    known: Vec<Secret>,
    steps: AtomicU64,
}

impl Redactor {
    /// Remembers a value for [`Redactor::strike`]. It costs nothing before something is to be shown.
    pub(crate) fn learn(&mut self, secret: &Secret) {
        if secret.expose().trim().len() >= SHORTEST_STRUCK {
            self.known.push(secret.share());
        }
    }

    /// The text without any known secret, or telling part of one, in whatever encodings.
    pub(crate) fn strike(&self, text: &str) -> String {
        if self.known.is_empty() {
            return text.to_owned();
        }
        let attempts = READ.iter().map(|most| beginning(text, *most));
        let mut read = attempts.filter_map(|part| Some((part, readings(part)?)));
        let Some((part, readings)) = read.next() else {
            return STRUCK.to_owned();
        };
        let Some(struck) = self.search(part, &readings) else {
            return STRUCK.to_owned();
        };
        if part.len() == text.len() {
            return without(part, &struck);
        }
        // Where it was cut here, the last escape may be none any more.
        let shown = beginning(part, part.len() - MARGIN);
        without(shown, &struck) + "…"
    }

    /// Which bytes of the text are a secret's; nothing where that costs too much.
    fn search(&self, text: &str, readings: &[Reading]) -> Option<Vec<bool>> {
        let index = Index::new(readings);
        let mut struck = vec![false; text.len()];
        let mut steps = self.steps.load(Ordering::Relaxed);
        for secret in &self.known {
            let value = secret.expose().trim();
            let runs = index.runs(value.as_bytes(), &mut steps, MOST_STEPS);
            self.steps.store(steps, Ordering::Relaxed);
            let runs = runs?;
            if runs.is_empty() {
                continue;
            }
            let parts = parts(value);
            for run in runs {
                if is_telling(&run, value.as_bytes(), &parts, index.text()) {
                    struck[index.place(&run.there)].fill(true);
                }
            }
        }
        Some(struck)
    }
}

/// The text up to about so many bytes.
fn beginning(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The text with one word for each run of what was struck.
fn without(text: &str, struck: &[bool]) -> String {
    let mut rest = String::with_capacity(text.len());
    let mut before = false;
    for (at, character) in text.char_indices() {
        if !struck[at] {
            rest.push(character);
        } else if !before {
            rest.push_str(STRUCK);
        }
        before = struck[at];
    }
    rest
}

/// Whether what a secret and a text share says something of the secret: some words are in both.
fn is_telling(run: &Run, value: &[u8], parts: &[Range<usize>], text: &[u8]) -> bool {
    let shared = &value[run.here.clone()];
    if shared.len() == value.len() {
        return true;
    }
    if shared.len() < SHORTEST_PART || shared.iter().all(u8::is_ascii_whitespace) {
        return false;
    }
    shared.len() >= SHORTEST_RUN
        || parts.iter().any(|part| has_an_end(&run.here, part))
        || is_cut(&run.there, text)
}

/// Whether it has enough of a part, and the part's beginning or end.
fn has_an_end(shared: &Range<usize>, part: &Range<usize>) -> bool {
    let of_part = shared.start.max(part.start)..shared.end.min(part.end);
    of_part.len() >= SHORTEST_PART && (of_part.start == part.start || of_part.end == part.end)
}

/// The secret itself and, of a signed or an encrypted token (RFC 7515 and 7516), the three or five segments.
fn parts(value: &str) -> Vec<Range<usize>> {
    let whole = 0..value.len();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let mut parts = vec![whole];
    if matches!(value.split('.').count(), 3 | 5) && value.bytes().all(fits) {
        let mut start = 0;
        for segment in value.split('.') {
            parts.push(start..start + segment.len());
            start += segment.len() + 1;
        }
    }
    parts
}

/// Whether the text was cut where it begins or ends, so that there is more of the secret where it comes from.
/// What is left of an escape that was cut as well may stand between.
fn is_cut(there: &Range<usize>, text: &[u8]) -> bool {
    let (before, behind) = (&text[..there.start], &text[there.end..]);
    let left = match text[there.start] {
        b' ' => 0,
        _ => escape_end(before),
    };
    let is_start = |text: &[u8]| CUTS.iter().any(|cut| text.ends_with(cut));
    let is_end = |text: &[u8]| CUTS.iter().any(|cut| text.starts_with(cut));
    // The secret may have a mark there, too.
    let shared = &text[there.clone()];
    is_end(shared)
        || is_start(shared)
        || is_start(before)
        || is_start(&before[..before.len() - left])
        || is_end(behind)
        || is_end(&behind[escape_beginning(behind)..])
}

/// How much of what a text ends with may be the ends of escapes, such as `41;`, `u0041` or `F`.
fn escape_end(text: &[u8]) -> usize {
    let fits = |byte: &&u8| byte.is_ascii_hexdigit() || b"ux#;&%\\".contains(byte);
    let left = text.iter().rev().take(LONGEST_ESCAPE);
    left.take_while(fits).count()
}

/// How much of what a text begins with may be the beginnings of escapes.
fn escape_beginning(text: &[u8]) -> usize {
    if !matches!(text, [b'%' | b'\\' | b'&', ..]) {
        return 0;
    }
    let fits = |byte: &&u8| byte.is_ascii_alphanumeric() || b"#;&%\\".contains(byte);
    text.iter().take(LONGEST_ESCAPE).take_while(fits).count()
}

/// Of two, one within the other.
const LONGEST_ESCAPE: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn knowing(secrets: &[&str]) -> Redactor {
        let mut redactor = Redactor::default();
        for secret in secrets {
            redactor.learn(&Secret::new((*secret).to_owned()));
        }
        redactor
    }

    fn struck(secrets: &[&str], text: &str) -> String {
        knowing(secrets).strike(text)
    }

    #[test]
    fn every_spelling_is_struck() {
        for spelling in [
            "p~ss \"w/rd+ü😀",
            r#"p~ss \"w/rd+ü😀"#,
            r#"p~ss \"w\/rd\u002b\u00FC\ud83d\ude00"#,
            r#"p~ss \\\"w/rd+ü😀"#,
            r#"p~ss \\\\\\\"w/rd\\\\u002bü\\\\ud83d\\\\ude00"#,
            r#"p~ss\x20\"w/rd+\u{fc}\U0001f600"#,
            r"p\176ss\040\042w\057rd\053\303\274\360\237\230\200",
            "p%u007ess%20%u0022w%U002Frd+%u00fc😀",
            "p~ss%20%22w%2Frd%2B%C3%BC%F0%9F%98%80",
            "p%7ess+%22w/rd%2b%c3%bc😀",
            "p%257ess%2520%2522w/rd%252b%25c3%25bc😀",
            "p~ss &quot;w&sol;rd&plus;&uuml;&#128512;",
            "p~ss&#x20;&QUOT;w/rd&#43;&#xFC;&#x1f600",
            "p~ss &amp;quot;w/rd+&amp;uuml;😀",
            "707e73732022772f72642bc3bcf09f9880",
            "70:7E:73:73:20:22:77:2F:72:64:2B:C3:BC:F0:9F:98:80",
            // What is sure of it in base64, behind nothing, one byte and two.
            "cH5zcyAidy9yZCvDvPCfmI",
            "B+c3MgIncvcmQrw7zwn5iA",
            "wfnNzICJ3L3JkK8O88J+Yg",
            "wfnNzICJ3L3JkK8O88J-Yg",
            "cH5zcyAi\r\ndy9yZCvD\r\nvPCfmI",
            // And that in base64 again.
            "Y0g1emN5QWlkeTl5WkN2RHZQQ2ZtSUE",
        ] {
            let struck = struck(&["p~ss \"w/rd+ü😀"], &format!("before {spelling} after"));
            assert_eq!(struck, "before [secret] after", "{spelling}");
        }
    }

    #[test]
    fn a_secret_within_another_hides_neither() {
        for secrets in [
            ["abcd", "xxabcdyy"],
            ["xxabcdyy", "abcd"],
            ["xxabcd", "abcdyy"],
        ] {
            assert_eq!(struck(&secrets, "is xxabcdyy it"), "is [secret] it");
        }
    }

    const PEM: &str = "-----BEGIN X-----\r\nMIIEvQIBADANBgkqhkiG\r\nend\r\n";
    const TOKEN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.short.c2lnbmF0dXJl";
    const PROSE: &str = "the user has no permission to take part in it: Xy7-aQ";

    #[test]
    fn a_telling_part_is_struck() {
        for (secret, text, rest) in [
            (PEM, "is MIIEvQIBADANBgkqhkiG it", "is [secret] it"),
            // A token's segments, and what begins or ends one.
            (
                TOKEN,
                "a eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ b",
                "a [secret] b",
            ),
            (TOKEN, "a c2lnbmF0dXJl b", "a [secret] b"),
            (TOKEN, "a eyJhbGci b", "a [secret] b"),
            (TOKEN, "a I6IjEifQ b", "a [secret] b"),
            (TOKEN, "a c2lnbmF0 b", "a [secret] b"),
            // What begins or ends the secret.
            (PROSE, "let the user in", "let [secret]in"),
            (PROSE, "so: Xy7-aQ!", "so[secret]!"),
            // What is cut: by the text, and within it.
            (PROSE, "permission is lacking", "[secret]is lacking"),
            (PROSE, "lacking permission", "lacking[secret]"),
            (PROSE, "of 'permission' none", "of '[secret]' none"),
            (PROSE, "of permission… none", "of[secret]… none"),
            ("x'y some words'z", "a 'y some w b", "a [secret] b"),
            // So much is no coincidence.
            (PROSE, "a permission to take it", "a[secret]it"),
            // With what a file has around it, or without.
            (" abcd\r\n", "is abcd it", "is [secret] it"),
        ] {
            assert_eq!(struck(&[secret], text), rest, "{text}");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            r"100% of \u12 \x %zz %4 &; &#; &#x; &nothing; ünd abc",
            "the end",
            "a permission is lacking",
            "this part of short.x is not it",
            "            so            ",
        ] {
            let secrets = ["abc", "long enough", PEM, TOKEN, PROSE, "{            }"];
            assert_eq!(struck(&secrets, text), text);
        }
    }

    #[test]
    fn of_a_long_text_the_beginning_is_read() {
        let text = format!("a {} b {}", "&#x59;".repeat(3000), "y".repeat(70_000));
        let struck = struck(&["Y".repeat(3000).as_str()], &text);
        assert!(struck.starts_with("a [secret] b yyy"), "{}", &struck[..40]);
        assert!(struck.ends_with("yyy…") && struck.len() < READ[0]);
        // What can be read in more ways than are tried is not shown.
        let text = "%25\\\\&amp;".repeat(8000);
        let text = (0..9).fold(text, |text, _| {
            text.replace("%25", "%2525").replace("\\\\", "\\\\\\\\")
        });
        let struck = knowing(&["long enough"]).strike(&text);
        assert!(
            struck == STRUCK || struck.len() <= READ[0],
            "{}",
            struck.len()
        );
    }

    #[test]
    fn the_work_is_linear_in_what_is_known_and_ends() {
        let text = "The secret 'x' was not found (%20) in this key vault. eyJhbGciOiJSUzI1NiJ9 &amp; more.";
        let secret = |number: usize| format!("{number:08}").repeat(3125);
        let steps = |count: usize| {
            let secrets: Vec<_> = (0..count).map(secret).collect();
            let redactor = knowing(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(redactor.steps.load(Ordering::Relaxed), 0);
            assert_eq!(redactor.strike(text), text);
            redactor.steps.load(Ordering::Relaxed)
        };
        let known = 25_000 * 100;
        let (once, twice) = (steps(100), steps(200));
        assert!(once <= known / 2, "{once}");
        assert!(twice <= 2 * once + known / 100, "{twice} after {once}");
        // Pages of zeros are no worse.
        let line = format!("{}{}\n", "0".repeat(40), "1".repeat(23));
        let redactor = knowing(&[&*line.repeat(390), "secret"]);
        let text = format!("{} {} secret", "0".repeat(50), "1".repeat(20));
        let struck = redactor.strike(&text);
        assert!(struck.ends_with(" [secret]"), "{struck}");
        let steps = redactor.steps.load(Ordering::Relaxed);
        assert!(steps < 10 * 25_000 * 10, "{steps}");
        // What is worse has an end, and shows nothing.
        let redactor = knowing(&[&*"ab".repeat(12_500); 50]);
        redactor
            .steps
            .store(MOST_STEPS - 1_000_000, Ordering::Relaxed);
        assert_eq!(redactor.strike(&"ab".repeat(250)), STRUCK);
    }
}
