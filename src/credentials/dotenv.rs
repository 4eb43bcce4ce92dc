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

use std::io::{self, Write};

use zeroize::Zeroizing;

use super::{Refused, Variable, check_variables, measured};

/// The variables' lines, in memory that is wiped.
///
/// # Errors
/// Those whose value has a NUL.
pub fn render(variables: &[Variable]) -> Result<Zeroizing<Vec<u8>>, Refused> {
    check_variables(variables)?;
    Ok(measured(|out| {
        variables.iter().try_for_each(|(name, value)| {
            write!(out, "{name}=")?;
            spell(value.expose(), out)?;
            out.write_all(b"\n")
        })
    }))
}

fn spell(value: &str, out: &mut dyn Write) -> io::Result<()> {
    if value.bytes().all(is_plain) {
        return out.write_all(value.as_bytes());
    }
    if value.contains(['\'', '\\', '\r']) || value.contains("${") {
        return in_double_quotes(value, out);
    }
    out.write_all(b"'")?;
    out.write_all(value.as_bytes())?;
    out.write_all(b"'")
}

/// What stands for itself in every dialect, wherever it is.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_./:@%+,=-".contains(&byte)
}

fn in_double_quotes(value: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"\"")?;
    let mut rest = value.as_bytes();
    while let [byte, behind @ ..] = rest {
        match (byte, behind) {
            // No variable is called `=`, so that the default counts.
            (b'$', [b'{', ..]) => out.write_all(b"${=:-$}")?,
            // Versions before 1.2.3 take what ends in `\\"` for an escaped quote.
            (b'\\', []) => out.write_all(br"${=:-\\}")?,
            (b'\\' | b'"', _) => out.write_all(&[b'\\', *byte])?,
            (b'\r', _) => out.write_all(br"\r")?,
            _ => out.write_all(&[*byte])?,
        }
        rest = behind;
    }
    out.write_all(b"\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Secret;

    fn text(value: &str) -> String {
        let value = Secret::new(value.into());
        let text = render(&[("A", &value)]).unwrap();
        assert_eq!(text.len(), text.capacity());
        String::from_utf8(text.to_vec()).unwrap()
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
