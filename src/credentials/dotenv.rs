//! Variables in the dialect of python-dotenv.
//!
//! One `NAME=…` a variable, spelled as plainly as its value allows:
//!
//! * as it is, which other dialects read as well (docker's takes quotes literally);
//! * in single quotes, between which a quote and a backslash are special;
//! * in double quotes with escapes: files are read with universal newlines, so that a CR needs one.
//!
//! Whatever the quotes, `${NAME:-DEFAULT}` is replaced at last. With a name that nothing can have, it
//! is the way to write what would be special where it stands.

use crate::buffer::Buffer;

/// One variable.
pub(super) fn assign(name: &str, value: &str, out: &mut Buffer) {
    out.push(name.as_bytes());
    out.push(b"=");
    spell(value, out);
    out.push(b"\n");
}

fn spell(value: &str, out: &mut Buffer) {
    if value.bytes().all(is_plain) {
        out.push(value.as_bytes());
    } else if value.contains(['\'', '\\', '\r']) || value.contains("${") {
        in_double_quotes(value, out);
    } else {
        out.push(b"'");
        out.push(value.as_bytes());
        out.push(b"'");
    }
}

/// What stands for itself in every dialect, wherever it is.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_./:@%+,=-".contains(&byte)
}

fn in_double_quotes(value: &str, out: &mut Buffer) {
    out.push(b"\"");
    let mut rest = value.as_bytes();
    while let [byte, behind @ ..] = rest {
        match (byte, behind) {
            // No variable is called `=`, so that the default counts.
            (b'$', [b'{', ..]) => out.push(b"${=:-$}"),
            // Versions before 1.2.3 take what ends in `\\"` for an escaped quote.
            (b'\\', []) => out.push(br"${=:-\\}"),
            (b'\\' | b'"', _) => out.push(&[b'\\', *byte]),
            (b'\r', _) => out.push(br"\r"),
            _ => out.push(&[*byte]),
        }
        rest = behind;
    }
    out.push(b"\"");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> String {
        let mut out = Buffer::default();
        assign("A", value, &mut out);
        String::from_utf8(out.as_slice().to_vec()).unwrap()
    }

    #[test]
    fn a_value_is_spelled_as_plainly_as_it_can_be() {
        for (value, spelling) in [
            ("", ""),
            ("aZ0_./:@%+,=-", "aZ0_./:@%+,=-"),
            ("a b", "'a b'"),
            ("#", "'#'"),
            ("\"", "'\"'"),
            ("two\nlines\n", "'two\nlines\n'"),
            ("$x $(id) `id` !", "'$x $(id) `id` !'"),
            ("ü\u{feff}\u{85}\u{2028}", "'ü\u{feff}\u{85}\u{2028}'"),
            ("it's", "\"it's\""),
            ("'\"", r#""'\"""#),
            (r"a\b", r#""a\\b""#),
            ("a\r\nb", "\"a\\r\nb\""),
            ("${x}", r#""${=:-$}{x}""#),
            ("$${", r#""$${=:-$}{""#),
            (r"\", r#""${=:-\\}""#),
            (r"\\", r#""\\${=:-\\}""#),
            (r"\n", r#""\\n""#),
        ] {
            assert_eq!(text(value), format!("A={spelling}\n"), "{value:?}");
        }
    }
}
