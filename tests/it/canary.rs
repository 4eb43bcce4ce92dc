//! Looking for secrets where none should be, in every form they might take.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Whether a secret, or a telling part of it, is in there in any form it might take.
pub(crate) fn shows(bytes: &[u8], secret: &str) -> bool {
    // Most runs say nothing, and large values take long to spell.
    if bytes.is_empty() {
        return false;
    }
    let text = String::from_utf8_lossy(bytes);
    let lines = secret
        .lines()
        .filter(|line| line.len() >= 16 && !line.starts_with("-----"));
    let parts = std::iter::once(secret)
        .chain(lines)
        .filter(|part| part.len() >= 6);
    parts.flat_map(forms).any(|form| text.contains(&form))
}

/// A secret plain, as JSON, as in a form or a URL, and as base64 wherever it stands in what was encoded.
fn forms(secret: &str) -> Vec<String> {
    let json = serde_json::Value::from(secret).to_string();
    let json_ascii: String = json.chars().map(ascii_escape).collect();
    let percent = |keep: &[u8], upper: bool| -> String {
        let bytes = secret.bytes().map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || keep.contains(&byte) => {
                char::from(byte).to_string()
            }
            byte if upper => format!("%{byte:02X}"),
            byte => format!("%{byte:02x}"),
        });
        bytes.collect()
    };
    let mut forms = vec![
        secret.to_owned(),
        format!("{secret:?}").trim_matches('"').to_owned(),
        json.trim_matches('"').to_owned(),
        json_ascii.trim_matches('"').to_owned(),
    ];
    for keep in [b"-._~".as_slice(), b"-._", b"-._*"] {
        for encoded in [percent(keep, true), percent(keep, false)] {
            forms.extend([encoded.replace("%20", "+"), encoded]);
        }
    }
    for offset in 0..3 {
        // The characters that depend on nothing but the secret.
        let padded = [&vec![0; offset], secret.as_bytes()].concat();
        let encoded = STANDARD_NO_PAD.encode(&padded);
        let sure = &encoded[(offset * 8).div_ceil(6)..padded.len() * 8 / 6];
        forms.extend([sure.to_owned(), sure.replace('+', "-").replace('/', "_")]);
    }
    forms
}

fn ascii_escape(character: char) -> String {
    if character.is_ascii() {
        return character.to_string();
    }
    let mut units = [0; 2];
    let units = character.encode_utf16(&mut units).iter();
    let escapes: Vec<String> = units.map(|unit| format!("\\u{unit:04x}")).collect();
    escapes.concat()
}

#[test]
fn a_secret_is_found_in_every_form() {
    let secret = r#"~Canary+/"ü"#;
    for shown in [
        r#"a ~Canary+/"ü b"#,
        r#"{"x":"~Canary+/\"ü"}"#,
        r#"{"x":"~Canary+/\"\u00fc"}"#,
        "x=%7ECanary%2B%2F%22%C3%BC",
        "x=~Canary%2b%2f%22%c3%bc",
        "fkNhbmFyeSsvIsO8",
        // Behind `user:`, as a proxy gets it.
        "Basic dXNlcjp+Q2FuYXJ5Ky8iw7w=",
        // Behind `{"pw":"`, for a URL.
        "eyJwdyI6In5DYW5hcnkrLyLDvCJ9",
    ] {
        assert!(shows(shown.as_bytes(), secret), "{shown}");
    }
    assert!(!shows(b"~Canary and nothing else", secret));
}
